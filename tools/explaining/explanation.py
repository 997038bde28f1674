"""Policies in plain sentences, from which the reader of requests makes equal policies again."""

from dataclasses import dataclass

from tools.explaining.cilium import recover_cilium
from tools.explaining.kubernetes import recover_kubernetes
from tools.explaining.mesh import (
    recover_authorization,
    recover_peer_authentication,
    recover_request_authentication,
)
from tools.explaining.told import Recovered
from tools.intents.sentences import write_intent
from topology.model import Document

__all__ = ["Explanation", "explain", "recover"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One policy in words."""

    sentence: str
    """All that the policy says and a request can say; empty if there is no such thing."""
    beside: tuple[str, ...] = ()
    """What it says besides, in words that no request can be made of."""

    @property
    def is_whole(self) -> bool:
        """Return whether the sentence says everything."""
        return not self.beside

    @property
    def text(self) -> str:
        """Return everything as one paragraph."""
        return " ".join(part for part in (self.sentence, *self.beside) if part)


def recover(document: Document, *, root_namespace: str = "") -> Recovered | None:
    """Return what a policy says as what could have been asked for; None for other kinds.

    Args:
        document: A policy.
        root_namespace: Of the mesh; empty for `istio-system`.
    """
    match document.kind:
        case "NetworkPolicy":
            return recover_kubernetes(document)
        case "CiliumNetworkPolicy" | "CiliumClusterwideNetworkPolicy":
            return recover_cilium(document)
        case "AuthorizationPolicy":
            return recover_authorization(document, root_namespace)
        case "PeerAuthentication":
            return recover_peer_authentication(document, root_namespace)
        case "RequestAuthentication":
            return recover_request_authentication(document, root_namespace)
    return None


def explain(document: Document, *, root_namespace: str = "") -> Explanation:
    """Return a policy in words."""
    found = recover(document, root_namespace=root_namespace)
    if found is None:
        return Explanation(sentence="", beside=(f"`{document.kind}` is no kind of policy.",))
    beside = tuple(dict.fromkeys(one.text for one in found.gaps))
    return Explanation(sentence=write_intent(found.intent), beside=beside)

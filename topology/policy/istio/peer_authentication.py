"""Which traffic a workload's proxy accepts: mutual TLS only, plaintext only, or both.

Source: istio pilot/pkg/security/authn/policy_applier.go (ComposePeerAuthentication): the port's
mode, else the workload's, the namespace's, the mesh's, else PERMISSIVE; of several at one scope
the oldest counts, alone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from topology.model import Document, Location, Pod
from topology.policy.istio.bodies import mapping

__all__ = ["EffectiveMode", "Mode", "PeerAuthentications"]

Mode = Literal["STRICT", "PERMISSIVE", "DISABLE"]
_MODES: Mapping[str, Mode] = {
    "STRICT": "STRICT",
    "PERMISSIVE": "PERMISSIVE",
    "DISABLE": "DISABLE",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveMode:
    """The mode of one port, and what set it."""

    mode: Mode
    policy: str | None = None
    """`PeerAuthentication/namespace/name`; None where nothing set it."""
    rule: str | None = None
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class _Policy:
    document: Document
    selector: Mapping[str, str]
    mode: Mode | None
    ports: Mapping[str, Mode | None]
    created: str


class PeerAuthentications:
    """Every PeerAuthentication of a cluster."""

    def __init__(self, documents: Iterable[Document], *, root_namespace: str) -> None:
        self._root = root_namespace
        # Without a date a policy cannot be told to be older; its name then decides.
        self._policies = sorted(
            (_parse(document) for document in documents if document.kind == "PeerAuthentication"),
            key=lambda one: (one.created or "9999", one.document.namespace, one.document.name),
        )

    def mode(self, pod: Pod, port: int | None) -> EffectiveMode:
        """Return the mode that holds on a port of a pod.

        Args:
            pod: The pod that is spoken to.
            port: Its own port, not that of a Service; None means ports without a mode of their own.
        """
        for candidate in self._candidates(pod):
            if port is not None and candidate.selector:
                own = candidate.ports.get(str(port))
                if own:
                    return _effective(candidate, own, f"spec.portLevelMtls.{port}.mode")
            if candidate.mode:
                return _effective(candidate, candidate.mode, "spec.mtls.mode")
        return EffectiveMode(mode="PERMISSIVE")

    def _candidates(self, pod: Pod) -> list[_Policy]:
        """Return at most one policy for each scope, the narrowest scope first."""
        scopes: list[list[_Policy]] = [[], [], []]
        for policy in self._policies:
            namespace = policy.document.namespace
            if policy.selector:
                selected = policy.selector.items() <= pod.labels.items()
                if namespace == pod.namespace and namespace != self._root and selected:
                    scopes[0].append(policy)
            elif namespace == self._root:
                scopes[2].append(policy)
            elif namespace == pod.namespace:
                scopes[1].append(policy)
        return [scope[0] for scope in scopes if scope]


def _effective(policy: _Policy, mode: Mode, rule: str) -> EffectiveMode:
    return EffectiveMode(
        mode=mode,
        policy=policy.document.key,
        rule=rule,
        location=policy.document.source.at(rule),
    )


def _parse(document: Document) -> _Policy:
    spec = mapping(document.body.get("spec"))
    labels = mapping(mapping(spec.get("selector")).get("matchLabels"))
    ports = mapping(spec.get("portLevelMtls"))
    created = mapping(document.body.get("metadata")).get("creationTimestamp")
    return _Policy(
        document=document,
        selector={str(key): str(value) for key, value in labels.items()},
        mode=_mode(spec.get("mtls")),
        ports={str(port): _mode(content) for port, content in ports.items()},
        created=str(created or ""),
    )


def _mode(given: Any) -> Mode | None:
    return _MODES.get(str(mapping(given).get("mode")))

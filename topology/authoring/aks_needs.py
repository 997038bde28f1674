"""What a cluster must offer for a draft to act: ACNS, a sidecar, and no L7 rules twice."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from topology.authoring.intent import Accounts, Pods
from topology.authoring.membership import members
from topology.authoring.writing import Written
from topology.policy.validation.document import validate

if TYPE_CHECKING:
    from topology.paths import Network

__all__ = ["impossible_on_aks", "needs_of"]

_IMPOSSIBLE = frozenset(
    {
        "aks-authentication",
        "aks-clusterwide-l7",
        "aks-groups",
        "aks-host-policy",
        "aks-protocol",
    }
)
"""What AKS does not offer whatever is turned on."""
_GOING = frozenset({"kafka-deprecated"})
"""What later versions take away."""


def impossible_on_aks(network: "Network", documents: Iterable[Written]) -> Iterator[str]:
    """Yield what of a draft can have no effect on AKS."""
    for one in documents:
        for finding in validate(one.document, network.policies.profile):
            if finding.code in _IMPOSSIBLE:
                yield f"{one.key}: {finding.message} {finding.fix}"


def needs_of(network: "Network", documents: Iterable[Written]) -> Iterator[str]:
    """Yield one sentence for each thing that a draft needs of AKS or of the mesh."""
    said: set[str] = set()
    for one in documents:
        for finding in validate(one.document, network.policies.profile):
            told = finding.origin == "aks" or finding.code in _GOING
            if told and finding.code not in _IMPOSSIBLE:
                text = f"{one.key}: {finding.message} {finding.fix}"
                key = finding.message
                if key not in said:
                    said.add(key)
                    yield text
        subject = one.sheet.subject if one.sheet else None
        if one.document.kind == "AuthorizationPolicy" and isinstance(subject, Pods):
            bare = sorted(
                {
                    f"{pod.namespace}/{pod.workload}"
                    for pod in members(network.cluster, subject)
                    if network.mesh.index.state(pod).present is False
                }
            )
            if _trusts_identity(one) and not _is_strict(network, subject):
                yield (
                    f"{one.key}: a caller that sends plaintext has no identity, so a denial by "
                    "identity misses it; require mutual TLS (PeerAuthentication STRICT) as well."
                )
            if bare:
                shown = ", ".join(bare)
                yield f"{one.key}: {shown} carry no sidecar, so nothing enforces it there."


def _trusts_identity(written: Written) -> bool:
    """Return whether a policy denies by identity, which plaintext does not have."""
    rules = (written.sheet.ingress if written.sheet else None) or ()
    return any(
        rule.deny and any(isinstance(one, Accounts | Pods) for one in rule.peers) for rule in rules
    )


def _is_strict(network: "Network", subject: Pods) -> bool:
    index = network.mesh.index
    return all(index.mode(pod, None).mode == "STRICT" for pod in members(network.cluster, subject))

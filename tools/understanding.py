"""What a name was understood as, how that is said, and which pods it stands for."""

from typing import TYPE_CHECKING

from topology.model import Pod
from topology.names import Match
from topology.services import backends
from topology.targets import (
    NamespaceTarget,
    PodTarget,
    ServiceTarget,
    Target,
    WorkloadTarget,
)

if TYPE_CHECKING:
    from topology.paths import Network

__all__ = ["pods_of", "understand", "understood"]


def understand(network: "Network", text: str) -> Match:
    """Return what a name means.

    Raises:
        TopologyError: Nothing or several things are called that.
    """
    return network.names.match(text)


def understood(text: str, match: Match) -> str:
    """Return the sentence that names a guess; nothing where the name was exact.

    Misspellings, parts of names and labels are said, so that a wrong guess is seen at once.
    """
    if match.how == "exact":
        return ""
    return f"Understood `{text.strip()}` as `{match.target}`."


def pods_of(network: "Network", target: Target) -> tuple[Pod, ...]:
    """Return the pods that a target stands for; none for what lies outside the cluster."""
    if isinstance(target, PodTarget):
        return (target.pod,)
    if isinstance(target, WorkloadTarget):
        return target.workload.pods
    if isinstance(target, ServiceTarget):
        return backends(network.cluster, target.service)
    if isinstance(target, NamespaceTarget):
        return tuple(pod for pod in network.cluster.pods if pod.namespace == target.name)
    return ()

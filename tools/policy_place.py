"""The cluster that a policy is meant for, as far as validation looks at it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from topology.model import Cluster, Document, Network
from topology.policy.networks import inner_networks

if TYPE_CHECKING:
    from topology.policy.istio.situations import Situations
    from topology.policy.validation import Finding

__all__ = ["PolicyPlace"]

_OF_ISTIO = ("AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication")


@dataclass(frozen=True)
class PolicyPlace:
    """A cluster, with the policies that shall be added to it."""

    cluster: Cluster
    added: tuple[Document, ...] = ()

    @cached_property
    def networks(self) -> tuple[Network, ...]:
        """Return where the pods and nodes of the cluster are."""
        return inner_networks(self.cluster)

    def with_(self, added: Iterable[Document]) -> "PolicyPlace":
        """Return the same cluster with further policies; one of a known name replaces that one."""
        return PolicyPlace(self.cluster, (*self.added, *added))

    def find(self, document: Document) -> tuple["Finding", ...]:
        """Return what is likely not meant about an Istio policy among those of the cluster."""
        # Without workloads in the input, nothing can be said of whom a policy selects.
        if document.kind not in _OF_ISTIO or not self.cluster.workloads:
            return ()
        return self._situations.find(document)

    @cached_property
    def _situations(self) -> "Situations":
        from topology.policy.istio import MeshPolicies
        from topology.policy.istio.situations import Situations

        merged = {one.key: one for one in (*self.cluster.policies, *self.added)}
        cluster = replace(self.cluster, policies=tuple(merged.values()))
        return Situations(cluster, MeshPolicies.build(cluster).index)

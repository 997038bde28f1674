"""What a connection needs besides its own way: names that resolve, and Azure out of the way."""

from dataclasses import replace

from topology.authoring.membership import members
from topology.authoring.support import dns_party
from topology.paths import Network, PortQuery
from topology.paths.parties import resolved
from topology.policy.verdict import HttpRequest, Layer
from topology.targets import (
    AddressTarget,
    PodTarget,
    RangeTarget,
    ServiceTarget,
    Target,
    WorkloadTarget,
)

__all__ = ["DNS_PORT", "behind_azure", "closed_name_server"]

DNS_PORT = PortQuery(number=53, protocol="UDP")


def closed_name_server(network: Network, src: Target, dst: Target) -> Target | None:
    """Return the name server that a caller cannot ask for its destination; None where it can.

    Addresses are called without a name, and a name server asks nobody for its own.
    """
    source = resolved(network.cluster, src)
    target = resolved(network.cluster, dst)
    if not isinstance(source, WorkloadTarget | PodTarget):
        return None
    if isinstance(target, AddressTarget | RangeTarget):
        return None
    servers = {pod.full_name for pod in members(network.cluster, dns_party(network.cluster))}
    if not servers or servers & _pods(network, target):
        return None
    for workload in network.cluster.workloads:
        if servers.intersection(pod.full_name for pod in workload.pods):
            server = WorkloadTarget(workload)
            reach = network.reach(source, server, port=DNS_PORT)
            stops = {one.layer for one in reach.layers if one.verdict == "deny"}
            return server if reach.verdict == "deny" and stops <= _BY_POLICY else None
    return None


_BY_POLICY = frozenset({"egress-policy", "ingress-policy"})


def _pods(network: Network, target: Target) -> set[str]:
    if isinstance(target, WorkloadTarget):
        return {pod.full_name for pod in target.workload.pods}
    if isinstance(target, PodTarget):
        return {target.pod.full_name}
    if isinstance(target, ServiceTarget):
        from topology.services import backends

        return {pod.full_name for pod in backends(network.cluster, target.service)}
    return set()


def behind_azure(
    network: Network, src: Target, dst: Target, port: PortQuery | None, http: HttpRequest | None
) -> tuple[Layer, ...]:
    """Return the layers that would stop a connection once nothing of Azure does."""
    if not network.cluster.azure:
        return ()
    without = Network.build(replace(network.cluster, azure=()), profile=network.policies.profile)
    found = without.reach(src, dst, port=port, http=http)
    return tuple(one for one in found.layers if one.verdict == "deny")

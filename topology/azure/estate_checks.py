"""Ranges and sizes: the loaded Azure network handed to the checks of the address planner."""

from collections.abc import Iterator
from typing import Final

from topology.azure.network import AksCluster, AzureNetwork, Pool
from topology.errors import InvalidQuery
from topology.findings import Finding
from topology.ipam.audit import check_estate
from topology.ipam.estate import Cluster as PlannedCluster
from topology.ipam.estate import Connected, Estate, Subnet, Vnet
from topology.ipam.modes import Mode
from topology.ipam.pools import NodePool, Surge, parse_surge
from topology.model import Network
from topology.public import is_public

__all__ = ["estate_findings", "estate_of", "mode_of", "most_nodes"]

_KINDS: Final = {"cluster": "ManagedCluster", "VNet": "VirtualNetwork", "subnet": "Subnet"}


def estate_findings(azure: AzureNetwork) -> Iterator[Finding]:
    """Yield overlaps, subnets that are too small, wrong delegations and refused ranges."""
    if not azure.clusters and not azure.vnets:
        return
    for one in check_estate(estate_of(azure)):
        noun, _, name = one.subject.partition(" ")
        yield Finding(
            code=f"range-{one.code}",
            severity=one.severity,
            object=f"{_KINDS.get(noun, noun or 'Azure')}/{name}".rstrip("/"),
            location=one.location,
            why=one.message,
            fix=one.fix,
        )


def estate_of(azure: AzureNetwork) -> Estate:
    """Return the ranges of an Azure network as the address planner checks them.

    Beside peers that were not exported, prefixes of routes through a gateway or an appliance count
    as connected: something is reached there.
    """
    known = {one.id for one in azure.vnets}
    connected = [
        Connected(network=prefix, name=f"peer {peering.name}", location=peering.location)
        for peering in azure.peerings
        if peering.remote not in known
        for prefix in peering.prefixes
    ]
    local = {prefix for vnet in azure.vnets for prefix in vnet.prefixes}
    tables = [table.routes for table in azure.route_tables]
    tables += [told.routes for told in azure.effective_routes]
    for route in (one for routes in tables for one in routes):
        leads = route.hop == "gateway" or (route.hop == "virtual-appliance")
        private = route.prefix is not None and _is_private(route.prefix)
        inside = any(
            route.prefix.version == one.version and route.prefix.overlaps(one)
            for one in local
            if route.prefix
        )
        if leads and private and route.prefix and not inside:
            name = f"route {route.name}".rstrip()
            connected.append(Connected(network=route.prefix, name=name, location=route.location))
    return Estate(
        vnets=tuple(_vnets(azure)),
        clusters=tuple(_cluster(one, azure) for one in azure.clusters),
        connected=tuple(dict.fromkeys(connected)),
    )


def _is_private(prefix: Network) -> bool:
    """Return whether a prefix is a part of the private ranges, rather than everything."""
    return prefix.prefixlen > 0 and not is_public(prefix)


def _vnets(azure: AzureNetwork) -> Iterator[Vnet]:
    names = {one.id: one.name for one in azure.vnets}
    for vnet in azure.vnets:
        yield Vnet(
            name=vnet.name,
            prefixes=vnet.prefixes,
            peers=tuple(
                names.get(one.remote, one.remote.rpartition("/")[2])
                for one in azure.peerings
                if one.vnet == vnet.id
            ),
            subnets=tuple(
                Subnet(
                    name=one.name,
                    networks=one.networks,
                    delegation=next(iter(one.delegations), ""),
                    location=one.location,
                )
                for one in azure.subnets
                if one.vnet == vnet.id
            ),
            location=vnet.location,
        )


def mode_of(cluster: AksCluster) -> Mode | None:
    """Return how pods get their addresses; None for a plugin of one's own."""
    if cluster.plugin == "kubenet":
        return "kubenet"
    if cluster.overlay:
        return "overlay"
    if cluster.plugin not in ("", "azure"):
        return None
    if not any(pool.pod_subnet for pool in cluster.pools):
        return "node_subnet"
    static = any(pool.static_blocks for pool in cluster.pools)
    return "pod_subnet_static" if static else "pod_subnet_dynamic"


def _cluster(cluster: AksCluster, azure: AzureNetwork) -> PlannedCluster:
    first = next((pool for pool in cluster.pools if pool.subnet), None)
    node_subnet = azure.subnet(first.subnet) if first else None
    pod = next((pool.pod_subnet for pool in cluster.pools if pool.pod_subnet), "")
    pod_subnet = azure.subnet(pod)
    vnet = azure.vnet(node_subnet.vnet) if node_subnet else None
    return PlannedCluster(
        name=cluster.name,
        vnet=vnet.name if vnet else "",
        mode=mode_of(cluster) or "overlay",
        # Without its VNet only the ranges can be checked.
        pools=tuple(_pool(pool) for pool in cluster.pools if pool.count or pool.most),
        pod_cidrs=cluster.pod_cidrs,
        service_cidrs=cluster.service_cidrs,
        dns_service_ip=cluster.dns_service_ip,
        node_subnet=node_subnet.name if node_subnet else "",
        pod_subnet=pod_subnet.name if pod_subnet else "",
        dataplane="cilium" if cluster.dataplane == "cilium" else "",
        location=cluster.location,
    )


def _pool(pool: Pool) -> NodePool:
    return NodePool(
        name=pool.name, nodes=pool.most or pool.count, max_pods=pool.max_pods, surge=_surge(pool)
    )


def _surge(pool: Pool) -> Surge | None:
    try:
        return parse_surge(pool.surge) if pool.surge else None
    except InvalidQuery:
        return None


def most_nodes(cluster: AksCluster) -> tuple[int, int]:
    """Return the nodes of a cluster at its largest, and how many more an upgrade adds."""
    pools = [_pool(pool) for pool in cluster.pools]
    return sum(pool.nodes for pool in pools), sum(pool.surge_nodes for pool in pools)

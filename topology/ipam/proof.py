"""A finished plan as an estate again, so that the checker proves what the planner says."""

from dataclasses import replace

from topology.ipam.address_plan import AddressPlan, PlannedVnet
from topology.ipam.audit import check_estate
from topology.ipam.estate import Cluster, Estate, Subnet, Vnet
from topology.ipam.findings import Finding

__all__ = ["as_estate", "prove"]


def as_estate(plan: AddressPlan) -> Estate:
    """Return the network that a plan describes, every range filled in."""
    nodes = _subnets_of(plan, "node-subnet")
    pods = _subnets_of(plan, "pod-subnet")
    clusters = []
    for cluster in plan.estate.clusters:
        found = next((one for one in plan.clusters if one.name == cluster.name), None)
        if found is None:
            continue
        ranges = tuple(net for net in (found.pod_cidr, found.pod_cidr_v6) if net)
        services = tuple(net for net in (found.service_cidr, found.service_cidr_v6) if net)
        filled: Cluster = replace(
            cluster,
            pod_cidrs=ranges,
            service_cidrs=services,
            dns_service_ip=found.dns_service_ip,
            node_subnet=nodes.get(cluster.name, ""),
            pod_subnet=pods.get(cluster.name, ""),
        )
        clusters.append(filled)
    return replace(
        plan.estate,
        vnets=tuple(_filled(plan, vnet) for vnet in plan.vnets),
        clusters=tuple(clusters),
    )


def _subnets_of(plan: AddressPlan, purpose: str) -> dict[str, str]:
    return {
        subnet.wish.cluster: subnet.name
        for vnet in plan.vnets
        for subnet in vnet.subnets
        if subnet.wish.purpose == purpose
    }


def _filled(plan: AddressPlan, vnet: PlannedVnet) -> Vnet:
    asked = plan.estate.vnet(vnet.name)
    subnets = tuple(
        Subnet(
            name=subnet.name,
            networks=tuple(net for net in (subnet.network, subnet.network_v6) if net),
            component=subnet.wish.purpose,
            delegation=subnet.wish.delegation,
            location=asked.location if asked else None,
        )
        for subnet in vnet.subnets
    )
    v6 = (vnet.prefix_v6,) if vnet.prefix_v6 else ()
    return Vnet(
        name=vnet.name,
        region=vnet.region,
        prefixes=(*vnet.prefixes, *v6),
        peers=vnet.peers,
        subnets=subnets,
        location=asked.location if asked else None,
    )


def prove(plan: AddressPlan) -> tuple[Finding, ...]:
    """Return what a check of the finished plan finds; overlaps with given ranges, say."""
    return check_estate(as_estate(plan)) if plan.vnets else ()

"""Checks of clusters: room for nodes and pods through an upgrade, limits, and excluded features."""

from collections.abc import Iterator
from dataclasses import replace
from ipaddress import IPv4Network

from topology.errors import InvalidQuery
from topology.ipam.estate import Cluster, Estate, Subnet, Vnet
from topology.ipam.features import FEATURES
from topology.ipam.findings import Finding, Severity
from topology.ipam.modes import MODES
from topology.ipam.plan import Need, Plan
from topology.ipam.prefixes import size, usable
from topology.ipam.references import FEATURES as OVERVIEW
from topology.ipam.references import KUBENET, OVERLAY, PLANNING, STATIC, Reference
from topology.ipam.sizing import size_cluster

__all__ = ["check_clusters"]

_LONGEST_NAME = 63
_SMALL_SERVICES = 25
"""Service CIDRs of /26 and smaller hold fewer than 64 Services, those of AKS itself included."""


def check_clusters(estate: Estate) -> Iterator[Finding]:
    """Yield the faults of every cluster that do not lie in an overlap."""
    for cluster in estate.clusters:
        yield from _subnets_exist(estate, cluster)
        yield from _features(cluster)
        yield from _services(cluster)
        yield from _names(cluster)
        yield from _numbers(estate, cluster)
    yield from _shared_subnets(estate)


def _fault(
    cluster: Cluster, code: str, message: str, fix: str, source: Reference,
    severity: Severity = "error",
) -> Finding:  # fmt: skip
    return Finding(
        code=code,
        severity=severity,
        subject=f"cluster {cluster.name}".strip(),
        message=message,
        fix=fix,
        source=source,
        location=cluster.location,
    )


def _subnet(vnet: Vnet | None, name: str) -> Subnet | None:
    return next((one for one in vnet.subnets if one.name == name), None) if vnet and name else None


def _subnets_exist(estate: Estate, cluster: Cluster) -> Iterator[Finding]:
    vnet = estate.vnet(cluster.vnet)
    for role, name in (("node", cluster.node_subnet), ("pod", cluster.pod_subnet)):
        if name and not _subnet(vnet, name):
            yield _fault(cluster, "no-subnet",
                         f"The {role} subnet `{name}` is no subnet of the VNet {cluster.vnet}.",
                         "Name a subnet that the VNet has.", PLANNING)  # fmt: skip
    if cluster.pod_subnet and not cluster.mode.startswith("pod_subnet"):
        yield _fault(cluster, "pod-subnet-unused",
                     f"{MODES[cluster.mode].title} uses no pod subnet, and `{cluster.pod_subnet}` "
                     "is given.", "Remove it, or choose a Pod Subnet mode.", OVERVIEW)  # fmt: skip
    if cluster.pod_cidrs and cluster.mode not in ("overlay", "kubenet"):
        yield _fault(cluster, "pod-cidr-unused",
                     f"{MODES[cluster.mode].title} uses no pod CIDR: pods have addresses of the "
                     "VNet.", "Remove it, or choose Azure CNI Overlay.", OVERVIEW,
                     "warning")  # fmt: skip


def _features(cluster: Cluster) -> Iterator[Finding]:
    named = set(cluster.features) | {key for key, _ in cluster.components if key in FEATURES}
    if cluster.dataplane == "cilium":
        named.add("cilium")
    for key in sorted(named):
        feature = FEATURES[key]
        support = feature.modes[cluster.mode]
        if support.verdict == "no":
            note = f": {support.note}" if support.note else ""
            yield _fault(cluster, "excluded-feature",
                         f"{MODES[cluster.mode].title} excludes {feature.title}{note}.",
                         "Choose another mode (`netassist ipam compare`) or do without it.",
                         feature.source)  # fmt: skip
        for other in sorted(named & set(feature.excludes)):
            yield _fault(cluster, "features-clash",
                         f"{feature.title} and {FEATURES[other].title} exclude each other.",
                         feature.clash, feature.source)  # fmt: skip
        for need in sorted(set(feature.needs) - named):
            yield _fault(cluster, "feature-needs",
                         f"{feature.title} needs {FEATURES[need].title}.",
                         f"Add it: `dataplane: {need}`.", feature.source)  # fmt: skip


def _services(cluster: Cluster) -> Iterator[Finding]:
    for network in cluster.service_cidrs:
        if network.version == 4 and network.prefixlen > _SMALL_SERVICES:
            yield _fault(cluster, "service-small",
                         f"The service CIDR {network} holds {network.num_addresses} addresses, one "
                         "for each Service: then allocation fails with `range is full`. Before "
                         "Kubernetes 1.33 it cannot be changed; from 1.33 a ServiceCIDR object "
                         "adds to it.", "Take a /24 or larger, such as a /16.", PLANNING,
                         "warning")  # fmt: skip


def _names(cluster: Cluster) -> Iterator[Finding]:
    for name in (cluster.vnet, cluster.node_subnet):
        if cluster.mode == "overlay" and len(name) > _LONGEST_NAME:
            yield _fault(cluster, "name-length",
                         f"The name `{name}` is longer than {_LONGEST_NAME} characters.",
                         "With Overlay the names of VNet, subnet and resource group are at most "
                         f"{_LONGEST_NAME} characters long.", OVERLAY)  # fmt: skip


def _numbers(estate: Estate, cluster: Cluster) -> Iterator[Finding]:
    if not cluster.pools:
        return
    dynamic = cluster.mode == "pod_subnet_dynamic"
    try:
        plan = size_cluster(cluster.mode, cluster.pools,
                            pods_per_node=cluster.pods_per_node if dynamic else None,
                            extra=cluster.internal_load_balancers)  # fmt: skip
    except InvalidQuery as error:
        yield _fault(cluster, "numbers", error.message, error.hint, PLANNING)
        return
    for problem in plan.problems:
        yield _fault(cluster, "limit", problem, "Use more pools or clusters.", PLANNING)
    vnet = estate.vnet(cluster.vnet)
    shared = [one for one in estate.clusters if one.vnet == cluster.vnet]
    for need in plan.needs:
        if need.role == "pod CIDR":
            yield from _pod_cidr_size(cluster, need)
            continue
        name = cluster.node_subnet if need.role == "node subnet" else cluster.pod_subnet
        subnet = _subnet(vnet, name)
        if subnet:
            yield from _subnet_size(cluster, plan, need, subnet, shared)


def _pod_cidr_size(cluster: Cluster, need: Need) -> Iterator[Finding]:
    for network in cluster.pod_cidrs:
        if isinstance(network, IPv4Network) and network.num_addresses < need.addresses:
            short = network.num_addresses < need.without_surge
            when = "" if short else " during an upgrade"
            yield _fault(cluster, "pod-cidr-size",
                         f"The pod CIDR {network} has {network.num_addresses:,} addresses for "
                         f"{network.num_addresses // size(24):,} nodes, and {need.formula} are "
                         f"needed{when} (InsufficientSubnetSize).",
                         f"Take a /{need.prefix}, or expand it to a larger range that holds the "
                         "old one.", need.source)  # fmt: skip


def _subnet_size(
    cluster: Cluster, plan: Plan, need: Need, subnet: Subnet, others: list[Cluster]
) -> Iterator[Finding]:
    networks = [net for net in subnet.networks if isinstance(net, IPv4Network)]
    if not networks:
        return
    static = need.role == "pod subnet" and cluster.mode == "pod_subnet_static"
    free = sum(size(net.prefixlen) if static else usable(net.prefixlen) for net in networks)
    ranges = ", ".join(map(str, networks))
    sharing = [one.name for one in others if one is not cluster
               and subnet.name in (one.node_subnet, one.pod_subnet)]  # fmt: skip
    with_others = f" (shared with {', '.join(sharing)}, whose needs come on top)" if sharing else ""
    if free < need.without_surge:
        yield _fault(cluster, "subnet-size",
                     f"The {need.role} {ranges} ({subnet.name}) has {free:,} usable addresses, and "
                     f"{need.without_surge:,} are needed without any upgrade{with_others}.",
                     f"It takes a /{need.prefix}: {need.formula}.", need.source)  # fmt: skip
    elif free < need.addresses:
        yield _fault(cluster, "subnet-surge",
                     f"The {need.role} {ranges} ({subnet.name}) has {free:,} usable addresses: the "
                     f"cluster fits ({need.without_surge:,}), an upgrade with {plan.surge} surge "
                     f"nodes does not ({need.addresses:,}){with_others}.",
                     "Upgrade with `maxUnavailable` instead of surge, or add a pool in a larger "
                     f"subnet (/{need.prefix}).", need.source)  # fmt: skip
    elif static and free - 32 < need.addresses:
        yield _fault(cluster, "static-reserved",
                     f"The pod subnet {ranges} ({subnet.name}) is enough only if Azure's reserved "
                     "addresses cost no /28 block, which no document says.",
                     f"The safe reading is a /{need.prefix}.", STATIC, "warning")  # fmt: skip


def _shared_subnets(estate: Estate) -> Iterator[Finding]:
    for number, cluster in enumerate(estate.clusters):
        for other in estate.clusters[:number]:
            if cluster.vnet != other.vnet:
                continue
            if (
                cluster.node_subnet
                and cluster.node_subnet == other.node_subnet
                and ("kubenet" in (cluster.mode, other.mode))
            ):
                yield _fault(cluster, "kubenet-shared",
                             f"The clusters {other.name} and {cluster.name} share the subnet "
                             f"`{cluster.node_subnet}`, and kubenet cannot share one.",
                             "Give each kubenet cluster a subnet of its own.", KUBENET)  # fmt: skip
            if (
                cluster.pod_subnet
                and cluster.pod_subnet == other.pod_subnet
                and (cluster.mode != other.mode)
            ):
                yield _fault(cluster, "pod-subnet-mixed",
                             f"The pod subnet `{cluster.pod_subnet}` serves {other.mode} and "
                             f"{cluster.mode}; one subnet serves one kind of allocation.",
                             "Give each kind a pod subnet of its own.", STATIC)  # fmt: skip
    yield from _sums(estate)


def _sums(estate: Estate) -> Iterator[Finding]:
    """Find subnets that hold each of their clusters, but not all of them together."""
    for vnet in estate.vnets:
        for subnet in vnet.subnets:
            own = [one for one in estate.clusters
                   if one.vnet == vnet.name and one.node_subnet == subnet.name
                   and one.pools]  # fmt: skip
            if len(own) < 2:
                continue
            free = sum(usable(net.prefixlen) for net in subnet.networks
                       if isinstance(net, IPv4Network))  # fmt: skip
            try:
                needs = [size_cluster(one.mode, one.pools,
                                      extra=one.internal_load_balancers).needs[0].addresses
                         for one in own]  # fmt: skip
            except InvalidQuery:
                continue
            if free and max(needs) <= free < sum(needs):
                names = ", ".join(one.name for one in own)
                found = _fault(own[0], "subnet-shared-size",
                               f"The subnet `{subnet.name}` has {free:,} usable addresses, and the "
                               f"clusters {names} need {sum(needs):,} together.",
                               "Enlarge it for new pools, or part the clusters.",
                               PLANNING)  # fmt: skip
                yield replace(found, location=subnet.location)

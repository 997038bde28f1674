"""Checks of a whole network: overlaps and refused ranges, and what its parts find."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from topology.ipam.audit_clusters import check_clusters
from topology.ipam.audit_subnets import check_subnets
from topology.ipam.estate import Estate, Vnet
from topology.ipam.findings import Finding
from topology.ipam.limits import VNET_ADDRESSES
from topology.ipam.references import CHANGELOG, FEATURES, OVERLAY, PLANNING, VNET_FAQ, VNET_LIMITS
from topology.ipam.validation import (
    FORBIDDEN,
    PRIVATE,
    ClusterRanges,
    service_faults,
)
from topology.model import Location, Network

__all__ = ["check_estate"]

_NOT_IN_VNET = tuple(
    IPv4Network(text)
    for text in ("224.0.0.0/4", "255.255.255.255/32", "127.0.0.0/8", "169.254.0.0/16",
                 "168.63.129.16/32")
)  # fmt: skip
"""Ranges that no VNet may hold (Azure virtual networks FAQ)."""


@dataclass(frozen=True, slots=True)
class _Range:
    """A range with its owner."""

    network: Network
    role: str
    owner: str
    location: Location | None

    def __str__(self) -> str:
        return (
            f"{self.role} {self.network} of {self.owner}"
            if self.owner
            else (f"{self.role} {self.network}")
        )


def check_estate(estate: Estate) -> tuple[Finding, ...]:
    """Return every fault of a network, errors first; empty when it is sound.

    VNets that are not peered may overlap; what is peered, connected or part of one cluster may not.
    """
    found = [
        *_refused(estate),
        *_between_vnets(estate),
        *check_subnets(estate),
        *_pods_and_services(estate),
        *check_clusters(estate),
    ]
    unique = list(dict.fromkeys(found))
    return tuple(sorted(unique, key=lambda finding: finding.severity != "error"))


def _refused(estate: Estate) -> Iterator[Finding]:
    for each in _ranges(estate):
        for kept in FORBIDDEN:
            if each.network.version == 4 and each.network.overlaps(kept):
                yield Finding(
                    code="refused-range",
                    subject=each.owner,
                    message=f"The {each} overlaps {kept}, which AKS keeps for itself.",
                    fix="Choose a range that neither lies in it nor contains it.",
                    source=FEATURES,
                    location=each.location,
                )
    for vnet in estate.vnets:
        for prefix in vnet.prefixes:
            for never in _NOT_IN_VNET:
                if prefix.version == 4 and prefix.overlaps(never) and never not in FORBIDDEN:
                    yield Finding(
                        code="vnet-range",
                        subject=f"VNet {vnet.name}",
                        message=f"The VNet range {prefix} overlaps {never}, which no VNet may "
                        "hold.",
                        fix="Choose a private range.",
                        source=VNET_FAQ,
                        location=vnet.location,
                    )
        yield from _vnet_size(vnet)


def _vnet_size(vnet: Vnet) -> Iterator[Finding]:
    total = sum(net.num_addresses for net in vnet.prefixes if net.version == 4)
    if total > VNET_ADDRESSES:
        yield Finding(
            code="vnet-addresses",
            severity="warning",
            subject=f"VNet {vnet.name}",
            message=f"The VNet has {total:,} addresses, and Azure maps at most {VNET_ADDRESSES:,} "
            "private addresses in one VNet; static blocks count one for each /28.",
            fix="Use Azure CNI Overlay or static blocks for many pods.",
            source=VNET_LIMITS,
            location=vnet.location,
        )


def _ranges(estate: Estate) -> Iterator[_Range]:
    """Yield every range that AKS looks at."""
    for vnet in estate.vnets:
        for prefix in vnet.prefixes:
            yield _Range(prefix, "VNet range", f"VNet {vnet.name}", vnet.location)
        for subnet in vnet.subnets:
            for network in subnet.networks:
                yield _Range(
                    network, "subnet", f"subnet {vnet.name}/{subnet.name}", subnet.location
                )
    for cluster in estate.clusters:
        owner = _title(cluster.name)
        for network in cluster.pod_cidrs:
            yield _Range(network, "pod CIDR", owner, cluster.location)
        for network in cluster.service_cidrs:
            yield _Range(network, "service CIDR", owner, cluster.location)


def _linked(estate: Estate, vnet: Vnet) -> tuple[Vnet, ...]:
    """Return the VNets that are peered with one, whichever of them says so."""
    return tuple(
        other
        for other in estate.vnets
        if other.name != vnet.name and (other.name in vnet.peers or vnet.name in other.peers)
    )


def _vnet_ranges(vnet: Vnet) -> tuple[Network, ...]:
    return vnet.prefixes or tuple(net for subnet in vnet.subnets for net in subnet.networks)


def _between_vnets(estate: Estate) -> Iterator[Finding]:
    """Find ranges of VNets that overlap where packets could go either way."""
    order = {vnet.name: number for number, vnet in enumerate(estate.vnets)}
    for vnet in estate.vnets:
        for one, other in _pairs(vnet.prefixes, vnet.prefixes):
            if one is not other:
                yield _overlap("vnet-overlap", f"VNet {vnet.name}", f"prefix {one}",
                               f"prefix {other} of the same VNet", vnet.location)  # fmt: skip
        for other_vnet in _linked(estate, vnet):
            if order[other_vnet.name] < order[vnet.name]:
                continue
            for one, other in _pairs(_vnet_ranges(vnet), _vnet_ranges(other_vnet)):
                yield _overlap("peering-overlap", f"VNet {vnet.name}", f"range {one}",
                               f"range {other} of its peer {other_vnet.name}",
                               vnet.location)  # fmt: skip
        hubs = _linked(estate, vnet)
        for connected in estate.connected:
            for one, other in _pairs(_vnet_ranges(vnet), [connected.network]):
                yield _overlap("connected-overlap", f"VNet {vnet.name}", f"range {one}",
                               f"range {other} ({connected.name or 'connected'})",
                               vnet.location)  # fmt: skip
        yield from _spokes(vnet, hubs)


def _spokes(hub: Vnet, spokes: Sequence[Vnet]) -> Iterator[Finding]:
    """Find two spokes of one hub that overlap: the hub can peer with only one of them."""
    for number, one in enumerate(spokes):
        for other in spokes[:number]:
            if one.name in other.peers or other.name in one.peers:
                continue
            for left, right in _pairs(_vnet_ranges(one), _vnet_ranges(other)):
                yield _overlap("spoke-overlap", f"VNet {one.name}", f"range {left}",
                               f"range {right} of {other.name}, and both are peered with "
                               f"{hub.name}", one.location)  # fmt: skip


def _pairs(ones: Sequence[Network], others: Sequence[Network]) -> Iterator[tuple[Network, Network]]:
    seen = set()
    for one in ones:
        for other in others:
            same = one is other or frozenset((id(one), id(other))) in seen
            if one.version == other.version and one.overlaps(other) and not same:
                seen.add(frozenset((id(one), id(other))))
                yield one, other


def _title(cluster: str) -> str:
    """Return how a cluster is called in messages; nothing when it is the only one, unnamed."""
    return f"cluster {cluster}" if cluster else ""


def _overlap(
    code: str, subject: str, one: str, other: str, location: Location | None, fix: str = ""
) -> Finding:
    return Finding(
        code=code,
        subject=subject,
        message=f"The {one}{f' of {subject}' if subject else ''} overlaps the {other}.",
        fix=fix or "Renumber one of them: `netassist ipam plan` finds a free range.",
        source=PLANNING,
        location=location,
    )


def _pods_and_services(estate: Estate) -> Iterator[Finding]:
    """Find what the ranges outside the VNets may not overlap."""
    for cluster in estate.clusters:
        subject, place = _title(cluster.name), cluster.location
        vnet = estate.vnet(cluster.vnet)
        near = (vnet, *_linked(estate, vnet)) if vnet else ()
        both = (("pod CIDR", cluster.pod_cidrs), ("service CIDR", cluster.service_cidrs))
        for role, networks in both:
            for other in near:
                yield from _against_vnet(role, networks, other, cluster.vnet, subject, place)
            yield from _against_connected(role, networks, estate, subject, place)
        for one, two in _pairs(cluster.pod_cidrs, cluster.service_cidrs):
            yield _overlap("pod-service", subject, f"pod CIDR {one}", f"service CIDR {two}", place)
        ranges = ClusterRanges(
            service_cidrs=cluster.service_cidrs, dns_service_ip=cluster.dns_service_ip
        )
        for text in service_faults(ranges):
            yield Finding(code="service-range", subject=subject, message=text, source=PLANNING,
                          fix="Take a service CIDR smaller than /12 and its tenth address.",
                          location=place)  # fmt: skip
        yield from _pod_advice(estate, cluster.name)


def _against_connected(
    role: str, networks: Sequence[Network], estate: Estate, subject: str, place: Location | None
) -> Iterator[Finding]:
    fix = (
        f"Hosts of the shared part cannot be reached from pods. Choose another {role}: it cannot "
        "be changed later, only on a rebuild."
    )
    for connected in estate.connected:
        for one, two in _pairs(networks, [connected.network]):
            other = f"connected range {two} ({connected.name or 'connected'})"
            code = f"{role.split()[0]}-connected"
            yield _overlap(code, subject, f"{role} {one}", other, place, fix)


def _against_vnet(
    role: str,
    networks: Sequence[Network],
    vnet: Vnet,
    own: str,
    subject: str,
    place: Location | None,
) -> Iterator[Finding]:
    """Subnets may not be overlapped; the rest of the cluster's own VNet only should not be."""
    code = role.split()[0]
    subnets = [net for subnet in vnet.subnets for net in subnet.networks]
    hit = False
    for subnet in vnet.subnets:
        for one, two in _pairs(networks, subnet.networks):
            hit = True
            yield _overlap(f"{code}-subnet", subject, f"{role} {one}",
                           f"subnet {two} ({vnet.name}/{subnet.name})", place)  # fmt: skip
    for one, two in _pairs(networks, vnet.prefixes):
        if hit and subnets:
            return
        if vnet.name != own:
            yield _overlap(f"{code}-peer", subject, f"{role} {one}",
                           f"range {two} of the peered VNet {vnet.name}", place)  # fmt: skip
        else:
            yield Finding(
                code=f"{code}-vnet",
                severity="warning",
                subject=subject,
                message=f"The {role} {one} lies in the VNet range {two}. Documents differ: the "
                "update page forbids any overlap with the VNet, and since the release of "
                f"2024-10-25 AKS checks subnets only ({CHANGELOG}).",
                fix="Keep it outside the VNet: a later subnet may collide.",
                source=OVERLAY,
                location=place,
            )


def _pod_advice(estate: Estate, name: str) -> Iterator[Finding]:
    cluster = next(one for one in estate.clusters if one.name == name)
    for network in cluster.pod_cidrs:
        if isinstance(network, IPv6Network):
            continue
        if not any(network.subnet_of(private) for private in PRIVATE):
            yield Finding(
                code="public-pod-range",
                severity="warning",
                subject=_title(name),
                message=f"The pod CIDR {network} is a public range: it is not blocked and not "
                "supported.",
                fix="Use 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10.",
                source=OVERLAY,
                location=cluster.location,
            )
    for other in estate.clusters[: estate.clusters.index(cluster)]:
        for one, two in _pairs(cluster.pod_cidrs, other.pod_cidrs):
            fleet = "fleet-networking" in cluster.features | other.features
            flat = "overlay" not in (cluster.mode, other.mode)
            yield Finding(
                code="pod-cidr-shared",
                severity="error" if fleet or flat else "warning",
                subject=_title(name),
                message=f"The pod CIDR {one} overlaps {two} of cluster {other.name}. Overlay "
                "clusters may reuse a pod CIDR, since it exists in each cluster alone; "
                "cross-cluster networking of Fleet needs distinct ones.",
                fix="Give each cluster its own while that is still free to choose.",
                source=OVERLAY,
                location=cluster.location,
            )

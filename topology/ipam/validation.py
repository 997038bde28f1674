"""Which ranges AKS accepts for pods, services and subnets, and how a pod CIDR may grow."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from topology.model import Address, Network

__all__ = [
    "FORBIDDEN",
    "PRIVATE",
    "ClusterRanges",
    "expansion_faults",
    "range_faults",
    "range_warnings",
    "service_faults",
]

FORBIDDEN = tuple(
    IPv4Network(text)
    for text in ("169.254.0.0/16", "172.30.0.0/16", "172.31.0.0/16", "192.0.2.0/24")
)
"""Kept by AKS; any range that overlaps one of them is refused (concepts-network-cni-overview)."""
PRIVATE = tuple(
    IPv4Network(text) for text in ("10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16")
)
"""RFC 1918 and RFC 6598: what AKS supports for pods."""
_SERVICE_LARGEST = {4: 13, 6: 108}
"""Shortest prefixes of a service CIDR: smaller than /12; IPv6 at most /108."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRanges:
    """The ranges of one cluster, and those that it is connected to."""

    pod_cidrs: tuple[Network, ...] = ()
    service_cidrs: tuple[Network, ...] = ()
    dns_service_ip: Address | None = None
    vnets: tuple[Network, ...] = ()
    subnets: tuple[Network, ...] = ()
    connected: tuple[Network, ...] = ()
    """Peered and on-premises ranges."""


def range_faults(ranges: ClusterRanges) -> tuple[str, ...]:
    """Return each rule of AKS that the ranges break."""
    return (
        *_reserved(ranges),
        *_services(ranges),
        *_overlaps("pod CIDR", ranges.pod_cidrs, ranges),
        *_overlaps("service CIDR", ranges.service_cidrs, ranges),
        *_between("pod CIDR", ranges.pod_cidrs, "service CIDR", ranges.service_cidrs),
    )


def range_warnings(ranges: ClusterRanges) -> tuple[str, ...]:
    """Return what AKS accepts and is still inadvisable or unsupported."""
    found = []
    for pod_cidr in ranges.pod_cidrs:
        found += [
            f"{pod_cidr} lies in the VNet {vnet}: since the release of 2024-10-25 only subnets are "
            "checked, but a later subnet may collide."
            for vnet in ranges.vnets
            if pod_cidr.overlaps(vnet)
        ]
        if isinstance(pod_cidr, IPv4Network) and not any(
            pod_cidr.subnet_of(supported) for supported in PRIVATE
        ):
            found.append(f"{pod_cidr} is a public range: it is not blocked and not supported.")
    return tuple(found)


def expansion_faults(
    old: Network,
    new: Network,
    *,
    windows: bool = False,
    dual_stack: bool = False,
    several: bool = False,
) -> tuple[str, ...]:
    """Return why a pod CIDR cannot grow from one range to another.

    Source: azure-cni-overlay-pod-expand - only to a superset that holds the old range, on
    Linux-only clusters without IPv6 and with a single pod CIDR.
    """
    if windows:
        return ("The pod CIDR of a cluster with Windows node pools cannot grow.",)
    if dual_stack:
        return ("The pod CIDR of a dual-stack cluster cannot grow.",)
    if several:
        return ("A cluster with several pod CIDRs cannot grow them.",)
    if isinstance(old, IPv6Network) or isinstance(new, IPv6Network):
        return ("Only IPv4 pod CIDRs can grow.",)
    if old == new:
        return (f"{new} is the range that the cluster has already.",)
    if not old.subnet_of(new):
        return (f"{new} does not hold the whole of {old}.",)
    return tuple(_reserved(ClusterRanges(pod_cidrs=(new,))))


def service_faults(ranges: ClusterRanges) -> tuple[str, ...]:
    """Return what is wrong with the service CIDRs and the DNS address alone."""
    return tuple(_services(ranges))


def _reserved(ranges: ClusterRanges) -> Iterator[str]:
    named = (
        ("pod CIDR", ranges.pod_cidrs),
        ("service CIDR", ranges.service_cidrs),
        ("VNet", ranges.vnets),
        ("subnet", ranges.subnets),
    )
    for role, networks in named:
        for network in networks:
            for kept in FORBIDDEN:
                if network.version == 4 and network.overlaps(kept):
                    yield f"The {role} {network} overlaps {kept}, which AKS keeps for itself."


def _services(ranges: ClusterRanges) -> Iterator[str]:
    for network in ranges.service_cidrs:
        shortest = _SERVICE_LARGEST[network.version]
        if network.prefixlen < shortest:
            limit = "must be smaller than /12" if network.version == 4 else "is larger than /108"
            yield f"The service CIDR {network} {limit}."
    address = ranges.dns_service_ip
    if address is None:
        return
    holding = [network for network in ranges.service_cidrs if _holds(network, address)]
    if ranges.service_cidrs and not holding:
        yield f"The DNS service IP {address} is outside the service CIDR."
    for network in holding:
        if int(address) - int(network.network_address) < 2:
            yield f"The DNS service IP {address} is the first address of {network}."


def _holds(network: Network, address: IPv4Address | IPv6Address) -> bool:
    return network.version == address.version and address in network


def _overlaps(role: str, networks: Sequence[Network], ranges: ClusterRanges) -> Iterator[str]:
    yield from _between(role, networks, "subnet", ranges.subnets)
    yield from _between(role, networks, "connected range", ranges.connected)


def _between(
    role: str, networks: Sequence[Network], other_role: str, others: Sequence[Network]
) -> Iterator[str]:
    for network in networks:
        for other in others:
            if network.overlaps(other):
                yield f"The {role} {network} overlaps the {other_role} {other}."

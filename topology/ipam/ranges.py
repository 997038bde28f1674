"""Ranges outside the VNets: pod CIDRs, service CIDRs and their IPv6 twins."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network, IPv6Network, ip_address

from topology.errors import InvalidQuery
from topology.ipam.address_plan import AddressPlan
from topology.ipam.estate import Cluster, Estate
from topology.ipam.packing import Request, Room, pack
from topology.ipam.plan import Plan
from topology.ipam.space import take
from topology.ipam.validation import FORBIDDEN
from topology.model import Address, Network

__all__ = [
    "POD_V6",
    "SERVICE_V6",
    "PodRange",
    "dns_address",
    "first_v6",
    "keep_pod_ranges",
    "pick_pod_ranges",
    "pick_service_range",
    "split_v6",
]

_PODS = tuple(
    IPv4Network(text)
    for text in ("10.244.0.0/16", "10.224.0.0/11", "100.64.0.0/10", "172.16.0.0/12", "10.0.0.0/8",
                 "192.168.0.0/16")
)  # fmt: skip
"""Where pod CIDRs are looked for, AKS's default first; private or shared ranges only."""
_SERVICES = tuple(
    IPv4Network(text)
    for text in ("10.0.0.0/16", "172.16.0.0/16", "192.168.0.0/16", "100.64.0.0/16", "10.96.0.0/16")
)
_SERVICE_PREFIXES = (16, 20, 24)
_SERVICE_ROOM = tuple(
    IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
)
_DNS_OFFSET = 10
POD_V6 = IPv6Network("fd12:3456:789a::/64")
SERVICE_V6 = IPv6Network("fd12:3456:789a:1::/108")
"""The defaults of AKS for dual stack."""


@dataclass(frozen=True, slots=True)
class PodRange:
    """The pod CIDR of one cluster, and the range into which it may grow."""

    network: IPv4Network
    reserve: IPv4Network | None = None
    shared: bool = field(default=False)


def pick_pod_ranges(
    estate: Estate, sizes: dict[str, Plan], blocked: Sequence[Network]
) -> dict[str, PodRange]:
    """Return a pod CIDR for each cluster that needs one, by its name.

    Those that are given stay. The neighbour is kept free where there is room, since a pod CIDR
    can only grow into it.

    Args:
        estate: What is planned.
        sizes: The sizes of its clusters.
        blocked: Ranges that no pod CIDR may overlap: spaces, VNets, connected ranges.

    Raises:
        InvalidQuery: No range is left that is large enough.
    """
    wanted = {
        cluster.name: need.prefix
        for cluster in estate.clusters
        for need in sizes[cluster.name].needs
        if need.role == "pod CIDR" and need.prefix is not None
    }
    found: dict[str, PodRange] = {}
    taken = list(blocked)
    for cluster in estate.clusters:
        if (given := _given(cluster)) and cluster.name in wanted:
            found[cluster.name] = PodRange(given)
            taken.append(given)
    open_ = {name: prefix for name, prefix in wanted.items() if name not in found}
    if not open_:
        return found
    for growth in (True, False) if estate.growth else (False,):
        if placed := _place_pods(open_, taken, estate, growth=growth):
            return {**found, **placed}
    if shared := _place_shared(open_, taken, estate):
        return {**found, **shared}
    largest = min(open_.values())
    message = f"No private range is left for a pod CIDR of /{largest}."
    hint = "Name one with `pod_spaces`, or free a range of 10.0.0.0/8 or 100.64.0.0/10."
    raise InvalidQuery(message, hint=hint)


def keep_pod_ranges(estate: Estate, sizes: dict[str, Plan], keep: AddressPlan) -> Estate:
    """Return the estate with the pod CIDRs of an earlier plan where they are still large enough.

    One that is too small by a half grows into the neighbour that was kept for it.
    """
    old = {cluster.name: cluster for cluster in keep.clusters}

    def kept(cluster: Cluster) -> Cluster:
        before = old.get(cluster.name)
        need = next((one for one in sizes[cluster.name].needs if one.role == "pod CIDR"), None)
        if cluster.pod_cidrs or not before or not before.pod_cidr or not need or not need.prefix:
            return cluster
        if need.prefix >= before.pod_cidr.prefixlen:
            return replace(cluster, pod_cidrs=(before.pod_cidr,))
        if need.prefix == before.pod_cidr.prefixlen - 1 and before.pod_reserve:
            return replace(cluster, pod_cidrs=(before.pod_cidr.supernet(),))
        return cluster

    return replace(estate, clusters=tuple(kept(cluster) for cluster in estate.clusters))


def _given(cluster: Cluster) -> IPv4Network | None:
    return next((net for net in cluster.pod_cidrs if isinstance(net, IPv4Network)), None)


def _place_pods(
    wanted: dict[str, int], taken: Sequence[Network], estate: Estate, *, growth: bool
) -> dict[str, PodRange] | None:
    """Return ranges that do not overlap; None when there is no room for all of them."""
    if not estate.distinct_pod_cidrs:
        return _place_shared(wanted, taken, estate, growth=growth)
    requests = [
        Request(name=name, prefix=prefix, growth=growth and prefix > 9)
        for name, prefix in wanted.items()
    ]
    for room in estate.pod_spaces or _PODS:
        # Ranges from one place are easier to tell and to route than from several.
        placed = pack([Room(name="", network=room, used=(*taken, *FORBIDDEN))], requests)
        if placed:
            return {
                request.name: _with_reserve(placed[request.name], grows=request.growth)
                for request in requests
            }
    rooms = [
        Room(name=str(room), network=room, used=(*taken, *FORBIDDEN))
        for room in _disjoint(estate.pod_spaces or _PODS)
    ]
    placed = pack(rooms, requests)
    if placed is None:
        return None
    return {
        request.name: _with_reserve(placed[request.name], grows=request.growth)
        for request in requests
    }


def _place_shared(
    wanted: dict[str, int], taken: Sequence[Network], estate: Estate, *, growth: bool = False
) -> dict[str, PodRange] | None:
    """Return one range for all, which overlay clusters may share."""
    prefix = min(wanted.values())
    request = Request(name="all", prefix=prefix, growth=growth)
    for room in estate.pod_spaces or _PODS:
        placed = pack([Room(name="", network=room, used=(*taken, *FORBIDDEN))], [request])
        if placed:
            one = _with_reserve(placed["all"], grows=growth)
            shared = PodRange(one.network, one.reserve, shared=len(wanted) > 1)
            return dict.fromkeys(wanted, shared)
    return None


def _disjoint(networks: Iterable[IPv4Network]) -> Iterator[IPv4Network]:
    kept: list[IPv4Network] = []
    for network in sorted(networks, key=lambda one: one.prefixlen):
        if not any(network.overlaps(other) for other in kept):
            kept.append(network)
            yield network


def _with_reserve(network: Network, *, grows: bool) -> PodRange:
    assert isinstance(network, IPv4Network)
    if not grows:
        return PodRange(network)
    _, upper = network.supernet().subnets()
    return PodRange(network, upper)


def pick_service_range(cluster: Cluster, blocked: Sequence[Network]) -> IPv4Network:
    """Return the service CIDR of a cluster: the given one, or a free one of up to a /16.

    Raises:
        InvalidQuery: Nothing private is free.
    """
    given = next((net for net in cluster.service_cidrs if isinstance(net, IPv4Network)), None)
    if given:
        return given
    refused = (*blocked, *FORBIDDEN)
    for candidate in _SERVICES:
        if not any(candidate.version == net.version and candidate.overlaps(net) for net in refused):
            return candidate
    for prefix in _SERVICE_PREFIXES:
        for room in _SERVICE_ROOM:
            found = take(room, refused, prefix, strategy="best")
            if isinstance(found, IPv4Network):
                return found
    message = f"No private range is left for the service CIDR of `{cluster.name}`."
    raise InvalidQuery(message, hint="Name one with `service_cidr`.")


def dns_address(cluster: Cluster, service: IPv4Network) -> Address:
    """Return the DNS service IP: the given one, or the usual tenth address."""
    if cluster.dns_service_ip is not None:
        return cluster.dns_service_ip
    offset = _DNS_OFFSET if service.num_addresses > _DNS_OFFSET + 1 else 2
    return ip_address(int(service.network_address) + offset)


def split_v6(spaces: Sequence[IPv6Network], vnets: dict[str, int]) -> dict[str, IPv6Network] | None:
    """Return an IPv6 range for each VNet with a /64 for each of its subnets; None without room."""
    taken: list[Network] = []
    found: dict[str, IPv6Network] = {}
    for name, subnets in vnets.items():
        prefix = 64 - max(4, max(1, subnets - 1).bit_length())
        block = next(
            (
                net
                for space in spaces
                for length in (min(56, prefix), prefix, 64 - max(0, (subnets - 1).bit_length()))
                if length >= space.prefixlen
                and isinstance(net := take(space, taken, length, strategy="first"), IPv6Network)
            ),
            None,
        )
        if block is None:
            return None
        taken.append(block)
        found[name] = block
    return found


def first_v6(block: IPv6Network, number: int) -> IPv6Network:
    """Return the /64 of a VNet's range for its subnet of that number."""
    return IPv6Network((int(block.network_address) + (number << 64), 64))

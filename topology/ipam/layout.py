"""The planner: from what is wished for to exact ranges, or to why there are none."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, collapse_addresses

from topology.errors import InvalidQuery
from topology.ipam.address_plan import (
    AddressPlan,
    NoRoom,
    PlannedCluster,
    PlannedSubnet,
    PlannedVnet,
    Wish,
)
from topology.ipam.components import ServiceSubnet
from topology.ipam.estate import Estate, Vnet
from topology.ipam.packing import Request, Room, pack
from topology.ipam.plan import Plan
from topology.ipam.prefixes import prefix_for
from topology.ipam.ranges import (
    POD_V6,
    SERVICE_V6,
    dns_address,
    first_v6,
    keep_pod_ranges,
    pick_pod_ranges,
    pick_service_range,
    split_v6,
)
from topology.ipam.services import RESOLVER_EXCLUDED
from topology.ipam.space import free_prefixes
from topology.ipam.wishes import gather_wishes, size_clusters
from topology.model import Network

__all__ = ["plan_estate"]


def plan_estate(estate: Estate, keep: AddressPlan | None = None) -> AddressPlan:
    """Return a plan in which every subnet is aligned, disjoint, inside a space and large enough.

    VNets are contiguous with neighbours kept free where that fits; else without those neighbours;
    else a VNet gets several prefixes. So a plan is found whenever the subnets fit at all.

    Args:
        estate: What is asked for.
        keep: An earlier plan, whose ranges stay where they are as far as that is possible.

    Raises:
        InvalidQuery: What is asked for cannot be planned, wherever it were to lie.
    """
    _check(estate)
    sizes = size_clusters(estate)
    errors = tuple(
        f"Cluster `{name}`: {problem}" for name, plan in sizes.items() for problem in plan.problems
    )
    wishes, public = gather_wishes(estate, sizes)
    base = AddressPlan(
        estate=estate,
        errors=errors,
        public=tuple(_tell_public(row) for row in public),
    )
    if errors:
        return base
    if keep is not None and (kept := _place_again(estate, wishes, keep)):
        return _complete(base, sizes, kept, (), keep)
    placed, notes = place(estate, wishes)
    if placed is None:
        return replace(base, failure=NoRoom(reason=_reason(estate, wishes)))
    return _complete(base, sizes, placed, notes)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where everything lies in the VNets."""

    subnets: dict[str, tuple[Wish, IPv4Network, IPv4Network | None]]
    prefixes: dict[str, tuple[IPv4Network, ...]]


def _place_again(estate: Estate, wishes: Sequence[Wish], keep: AddressPlan) -> Placed | None:
    """Place what is new around what an earlier plan has; None when something would have to move."""
    old = {subnet.wish.key: subnet for vnet in keep.vnets for subnet in vnet.subnets}
    pinned = [_pin(wish, old.get(wish.key)) for wish in wishes]
    prefixes = {vnet.name: vnet.prefixes for vnet in keep.vnets}
    vnets = tuple(
        replace(vnet, prefixes=vnet.prefixes or prefixes.get(vnet.name, ()))
        for vnet in estate.vnets
    )
    placed, _ = place(replace(estate, vnets=vnets), pinned)
    return placed


def _pin(wish: Wish, old: PlannedSubnet | None) -> Wish:
    """Return a wish that stays where it was, or grows into the neighbour that was kept for it."""
    if old is None or wish.fixed:
        return wish
    if wish.prefix == old.network.prefixlen:
        return replace(wish, fixed=old.network, growth=old.reserve is not None)
    if wish.prefix == old.network.prefixlen - 1 and old.reserve is not None:
        return replace(wish, fixed=old.network.supernet(), growth=False)
    return wish


def place(estate: Estate, wishes: Sequence[Wish]) -> tuple[Placed | None, tuple[str, ...]]:
    """Return the first layout that fits, with what had to be given up for it."""
    plain = [replace(wish, growth=False) for wish in wishes]
    if any(wish.growth for wish in wishes):
        if found := _contiguous(estate, wishes):
            return found, ()
        note = "There is no room to keep neighbours free, so no subnet has one to grow into."
    else:
        note = ""
    if found := _contiguous(estate, plain):
        return found, (note,) if note else ()
    if found := _scattered(estate, plain):
        several = [name for name, nets in found.prefixes.items() if len(nets) > 1]
        split = (
            f"The space is too fragmented for contiguous VNets: {', '.join(several)} "
            f"{'has' if len(several) == 1 else 'have'} several address prefixes."
        )
        return found, tuple(text for text in (note, split if several else "") if text)
    return None, ()


def _rooms(estate: Estate, vnet: Vnet) -> frozenset[str]:
    """Return the spaces that a VNet may lie in."""
    return frozenset(
        str(space.network)
        for space in estate.spaces
        if (not vnet.space or vnet.space in (space.name, str(space.network)))
        and (not vnet.region or space.region in ("", vnet.region))
    )


def _open_rooms(estate: Estate, wishes: Sequence[Wish]) -> list[Room]:
    """Return the spaces with what is taken in them: given VNets and subnets included."""
    taken = [*estate.used, *(net for vnet in estate.vnets for net in vnet.prefixes)]
    taken += [wish.fixed for wish in wishes if wish.fixed]
    taken += [one.network for one in estate.connected]
    return [
        Room(name=str(space.network), network=space.network, used=tuple(taken))
        for space in estate.spaces
        if isinstance(space.network, IPv4Network)
    ]


def _contiguous(estate: Estate, wishes: Sequence[Wish]) -> Placed | None:
    """Place each VNet in one block, then its subnets inside; None when that does not fit."""
    for avoid in ((RESOLVER_EXCLUDED,), ()):
        if found := _in_blocks(estate, wishes, avoid):
            return found
        if not any(wish.purpose == "dns-resolver" for wish in wishes):
            return None
    return None


def _in_blocks(
    estate: Estate, wishes: Sequence[Wish], avoid: tuple[tuple[int, int], ...]
) -> Placed | None:
    """Place the VNets, those with a DNS resolver outside of what it excludes."""
    free = [vnet for vnet in estate.vnets if not vnet.prefixes]
    requests = []
    for vnet in free:
        own = [wish for wish in wishes if wish.vnet == vnet.name and not wish.fixed]
        total = sum(2 ** (32 - wish.prefix + wish.growth) for wish in own)
        prefix = prefix_for(total) if own else 29
        if prefix is None:
            return None
        resolves = any(wish.purpose == "dns-resolver" for wish in own)
        request = Request(name=vnet.name, prefix=prefix, rooms=_rooms(estate, vnet))
        requests.append(replace(request, avoid=avoid) if resolves else request)
    blocks = pack(_open_rooms(estate, wishes), requests)
    if blocks is None:
        return None
    prefixes = {
        vnet.name: _v4(vnet.prefixes) or (_as_v4(blocks[vnet.name]),) for vnet in estate.vnets
    }
    return _fill(estate, wishes, prefixes)


def _fill(
    estate: Estate, wishes: Sequence[Wish], prefixes: dict[str, tuple[IPv4Network, ...]]
) -> Placed | None:
    """Place the subnets of every VNet inside its prefixes."""
    subnets = {}
    for vnet in estate.vnets:
        own = [wish for wish in wishes if wish.vnet == vnet.name]
        # Of a VNet that is there already, parts may be taken; a new one is wholly its own.
        taken = list(estate.used) if vnet.prefixes else []
        taken += [_held(wish) for wish in own if wish.fixed]
        rooms = [Room(name=str(net), network=net, used=tuple(taken)) for net in prefixes[vnet.name]]
        placed = pack(rooms, [_request(wish) for wish in own if not wish.fixed])
        if placed is None:
            return None
        for wish in own:
            network = wish.fixed or _as_v4(placed[wish.key])
            subnets[wish.key] = (wish, network, _reserve(wish, network))
    return Placed(subnets, prefixes)


def _scattered(estate: Estate, wishes: Sequence[Wish]) -> Placed | None:
    """Place every subnet wherever it fits; a VNet then has as many prefixes as it takes."""
    vnets = {vnet.name: vnet for vnet in estate.vnets}
    rooms = _open_rooms(estate, wishes)
    requests = []
    for vnet in estate.vnets:
        if not vnet.prefixes:
            continue
        taken = [*estate.used, *(wish.fixed for wish in wishes if wish.fixed)]
        rooms += [
            Room(name=f"{vnet.name}:{net}", network=net, used=tuple(taken))
            for net in _v4(vnet.prefixes)
        ]
    for wish in wishes:
        if wish.fixed:
            continue
        vnet = vnets[wish.vnet]
        own = frozenset(f"{vnet.name}:{net}" for net in vnet.prefixes)
        # A VNet that is there already can be given a further prefix.
        requests.append(replace(_request(wish), rooms=own | _rooms(estate, vnet)))
    placed = pack(rooms, requests)
    if placed is None:
        return None
    subnets: dict[str, tuple[Wish, IPv4Network, IPv4Network | None]] = {
        wish.key: (wish, wish.fixed or _as_v4(placed[wish.key]), None) for wish in wishes
    }
    prefixes = {
        vnet.name: _cover(
            _v4(vnet.prefixes),
            [network for wish, network, _ in subnets.values() if wish.vnet == vnet.name],
        )
        for vnet in estate.vnets
    }
    return Placed(subnets, prefixes)


def _cover(
    given: tuple[IPv4Network, ...], subnets: Sequence[IPv4Network]
) -> tuple[IPv4Network, ...]:
    """Return the prefixes of a VNet: those that it has, and what its other subnets take."""
    further = [net for net in subnets if not any(net.subnet_of(prefix) for prefix in given)]
    return (*given, *collapse_addresses(further))


def _request(wish: Wish) -> Request:
    avoid = (RESOLVER_EXCLUDED,) if wish.purpose == "dns-resolver" else ()
    return Request(name=wish.key, prefix=wish.prefix, growth=wish.growth, avoid=avoid)


def _reserve(wish: Wish, network: IPv4Network) -> IPv4Network | None:
    if not wish.growth:
        return None
    _, upper = network.supernet().subnets()
    return upper


def _held(wish: Wish) -> IPv4Network:
    """Return what a wish with a place takes, the neighbour that is kept for it included."""
    assert wish.fixed is not None
    return wish.fixed.supernet() if wish.growth else wish.fixed


def _complete(
    base: AddressPlan,
    sizes: dict[str, Plan],
    placed: Placed,
    notes: tuple[str, ...],
    keep: AddressPlan | None = None,
) -> AddressPlan:
    """Add the ranges outside the VNets, and what there is to know of the plan."""
    estate = keep_pod_ranges(base.estate, sizes, keep) if keep else base.estate
    inside = [net for nets in placed.prefixes.values() for net in nets]
    blocked: list[Network] = [
        *(space.network for space in estate.spaces),
        *inside,
        *(one.network for one in estate.connected),
        *estate.used,
    ]
    services = {
        cluster.name: pick_service_range(cluster, [*blocked, *_given_pods(estate)])
        for cluster in estate.clusters
    }
    pods = pick_pod_ranges(estate, sizes, [*blocked, *services.values()])
    clusters = tuple(
        PlannedCluster(
            name=cluster.name,
            vnet=cluster.vnet,
            sizes=sizes[cluster.name],
            pod_cidr=pods[cluster.name].network if cluster.name in pods else None,
            pod_reserve=pods[cluster.name].reserve if cluster.name in pods else None,
            service_cidr=services[cluster.name],
            dns_service_ip=dns_address(cluster, services[cluster.name]),
            pod_cidr_v6=POD_V6 if cluster.dual_stack and cluster.name in pods else None,
            service_cidr_v6=SERVICE_V6 if cluster.dual_stack else None,
        )
        for cluster in estate.clusters
    )
    shared = any(one.shared for one in pods.values())
    further = (
        "The overlay clusters share one pod CIDR, which AKS allows; cross-cluster networking of "
        "Fleet would need distinct ones.",
    )
    return replace(
        base,
        vnets=_vnets(estate, placed),
        clusters=clusters,
        free=_left(estate, inside),
        notes=(*notes, *(further if shared else ())),
        warnings=tuple(dict.fromkeys(text for plan in sizes.values() for text in plan.warnings)),
    )


def _given_pods(estate: Estate) -> list[Network]:
    return [net for cluster in estate.clusters for net in cluster.pod_cidrs]


def _vnets(estate: Estate, placed: Placed) -> tuple[PlannedVnet, ...]:
    dual = {cluster.vnet for cluster in estate.clusters if cluster.dual_stack}
    counts = {
        vnet.name: sum(1 for wish, *_ in placed.subnets.values() if wish.vnet == vnet.name)
        for vnet in estate.vnets
        if vnet.name in dual
    }
    v6 = split_v6(estate.ipv6_spaces, counts) if dual else {}
    if v6 is None:
        spaces = ", ".join(map(str, estate.ipv6_spaces)) or "nothing"
        message = f"`{spaces}` has no room for a /64 per subnet of the dual-stack VNets."
        hint = "Give a larger one with `ipv6_spaces` (`--ipv6-space`), such as a /48 of your own."
        raise InvalidQuery(message, hint=hint)
    found = []
    for vnet in estate.vnets:
        rows = [row for row in placed.subnets.values() if row[0].vnet == vnet.name]
        rows.sort(key=lambda row: row[1])
        block = v6.get(vnet.name)
        subnets = tuple(
            PlannedSubnet(
                wish=wish,
                network=network,
                reserve=reserve,
                network_v6=first_v6(block, number) if block else None,
            )
            for number, (wish, network, reserve) in enumerate(rows)
        )
        found.append(
            PlannedVnet(
                name=vnet.name,
                region=vnet.region,
                prefixes=placed.prefixes[vnet.name],
                subnets=subnets,
                peers=_peers(estate, vnet),
                prefix_v6=block,
            )
        )
    return tuple(found)


def _peers(estate: Estate, vnet: Vnet) -> tuple[str, ...]:
    """Return the peers of a VNet; a peering counts whichever side names it."""
    others = [other.name for other in estate.vnets if vnet.name in other.peers]
    return tuple(dict.fromkeys((*vnet.peers, *others)))


def _left(estate: Estate, inside: Sequence[IPv4Network]) -> tuple[IPv4Network, ...]:
    taken = [*inside, *estate.used, *(one.network for one in estate.connected)]
    return tuple(
        _as_v4(block)
        for space in estate.spaces
        if isinstance(space.network, IPv4Network)
        for block in free_prefixes(space.network, taken)
    )


def _reason(estate: Estate, wishes: Sequence[Wish]) -> str:
    """Say what is too large for what is free."""
    free = [block for room in _open_rooms(estate, wishes) for block in room.free()]
    open_ = [wish for wish in wishes if not wish.fixed]
    needed = sum(2 ** (32 - wish.prefix) for wish in open_)
    there = sum(block.num_addresses for block in free)
    spaces = ", ".join(str(space.network) for space in estate.spaces)
    largest_wish = min(open_, key=lambda wish: wish.prefix)
    if not free:
        return f"Nothing is free in {spaces}."
    largest = min(free, key=lambda block: block.prefixlen)
    if largest.prefixlen > largest_wish.prefix:
        return (
            f"`{largest_wish.key}` needs a /{largest_wish.prefix} ({largest_wish.formula}), and "
            f"the largest free block of {spaces} is {largest}."
        )
    if needed > there:
        return (
            f"The subnets need {needed:,} addresses as aligned blocks, and {there:,} are free in "
            f"{spaces}."
        )
    return (
        f"The {len(open_)} subnets need {needed:,} addresses and {there:,} are free in {spaces}, "
        "but not in blocks that suit them all: a region, space or excluded range stands against it."
    )


def _check(estate: Estate) -> None:
    """Refuse what cannot be planned wherever it were to lie."""
    if not estate.spaces and any(not vnet.prefixes for vnet in estate.vnets):
        raise InvalidQuery("No space is given.", hint="Give one such as `10.60.0.0/20`.")
    spaces = [space.network for space in estate.spaces]
    for number, one in enumerate(spaces):
        for other in spaces[:number]:
            if one.overlaps(other):
                message = f"The spaces `{other}` and `{one}` overlap."
                raise InvalidQuery(message, hint="Name each range once.")
    if not estate.vnets:
        raise InvalidQuery("Nothing is to be planned.", hint="Name a cluster or a VNet.")
    for vnet in estate.vnets:
        if not vnet.prefixes and not _rooms(estate, vnet):
            message = f"No space suits the VNet `{vnet.name}`."
            where = f"region `{vnet.region}`" if vnet.region else f"space `{vnet.space}`"
            hint = f"Give a space of {where}, or one without a region."
            raise InvalidQuery(message, hint=hint, location=vnet.location)


def _tell_public(row: ServiceSubnet) -> str:
    return f"{row.service}: a public /{row.prefix}: {row.rule}. Source: {row.source}."


def _v4(networks: Sequence[Network]) -> tuple[IPv4Network, ...]:
    return tuple(net for net in networks if isinstance(net, IPv4Network))


def _as_v4(network: Network) -> IPv4Network:
    assert isinstance(network, IPv4Network)
    return network

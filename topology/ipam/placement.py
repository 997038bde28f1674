"""Where the subnets of an estate lie: contiguous VNets first, then whatever still fits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, collapse_addresses

from topology.ipam.address_plan import AddressPlan, PlannedSubnet, Wish
from topology.ipam.estate import Estate, Vnet
from topology.ipam.packing import Request, Room, pack
from topology.ipam.prefixes import prefix_for
from topology.ipam.services import RESOLVER_EXCLUDED
from topology.model import Network

__all__ = ["Placed", "as_v4", "open_rooms", "place", "place_again", "rooms_of"]


@dataclass(frozen=True, slots=True)
class Placed:
    """Where everything lies in the VNets."""

    subnets: dict[str, tuple[Wish, IPv4Network, IPv4Network | None]]
    prefixes: dict[str, tuple[IPv4Network, ...]]


def place_again(estate: Estate, wishes: Sequence[Wish], keep: AddressPlan) -> Placed | None:
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


def rooms_of(estate: Estate, vnet: Vnet) -> frozenset[str]:
    """Return the spaces that a VNet may lie in."""
    return frozenset(
        str(space.network)
        for space in estate.spaces
        if (not vnet.space or vnet.space in (space.name, str(space.network)))
        and (not vnet.region or space.region in ("", vnet.region))
    )


def open_rooms(estate: Estate, wishes: Sequence[Wish]) -> list[Room]:
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
        request = Request(name=vnet.name, prefix=prefix, rooms=rooms_of(estate, vnet))
        requests.append(replace(request, avoid=avoid) if resolves else request)
    blocks = pack(open_rooms(estate, wishes), requests)
    if blocks is None:
        return None
    prefixes = {
        vnet.name: _v4(vnet.prefixes) or (as_v4(blocks[vnet.name]),) for vnet in estate.vnets
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
            network = wish.fixed or as_v4(placed[wish.key])
            subnets[wish.key] = (wish, network, _reserve(wish, network))
    return Placed(subnets, prefixes)


def _scattered(estate: Estate, wishes: Sequence[Wish]) -> Placed | None:
    """Place every subnet wherever it fits; a VNet then has as many prefixes as it takes."""
    vnets = {vnet.name: vnet for vnet in estate.vnets}
    rooms = open_rooms(estate, wishes)
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
        requests.append(replace(_request(wish), rooms=own | rooms_of(estate, vnet)))
    placed = pack(rooms, requests)
    if placed is None:
        return None
    subnets: dict[str, tuple[Wish, IPv4Network, IPv4Network | None]] = {
        wish.key: (wish, wish.fixed or as_v4(placed[wish.key]), None) for wish in wishes
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


def _v4(networks: Sequence[Network]) -> tuple[IPv4Network, ...]:
    return tuple(net for net in networks if isinstance(net, IPv4Network))


def as_v4(network: Network) -> IPv4Network:
    """Return an IPv4 range as one, for what is placed in IPv4 rooms alone."""
    assert isinstance(network, IPv4Network)
    return network

"""The planner: from what is wished for to exact ranges, or to why there are none."""

from collections.abc import Sequence
from dataclasses import replace
from ipaddress import IPv4Network

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
from topology.ipam.placement import Placed, as_v4, open_rooms, place, place_again, rooms_of
from topology.ipam.plan import Plan
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
    if keep is not None and (kept := place_again(estate, wishes, keep)):
        return _complete(base, sizes, kept, (), keep)
    placed, notes = place(estate, wishes)
    if placed is None:
        return replace(base, failure=NoRoom(reason=_reason(estate, wishes)))
    return _complete(base, sizes, placed, notes)


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
        spaces = ", ".join(map(str, estate.ipv6_spaces))
        message = "Dual stack needs an IPv6 space, and none is given."
        if spaces:
            message = f"`{spaces}` has no room for a /64 per subnet of the dual-stack VNets."
        hint = "Give a /48 of your own, such as `fd00:10::/48`."
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
        as_v4(block)
        for space in estate.spaces
        if isinstance(space.network, IPv4Network)
        for block in free_prefixes(space.network, taken)
    )


def _reason(estate: Estate, wishes: Sequence[Wish]) -> str:
    """Say what is too large for what is free."""
    free = [block for room in open_rooms(estate, wishes) for block in room.free()]
    open_ = [wish for wish in wishes if not wish.fixed]
    needed = sum(2 ** (32 - wish.prefix) for wish in open_)
    there = sum(block.num_addresses for block in free)
    spaces = ", ".join(str(space.network) for space in estate.spaces)
    largest_wish = min(open_, key=lambda wish: wish.prefix)
    if not free:
        return f"Nothing is free in {spaces}: {_takers(estate)}.{_summary_hint(estate)}"
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


def _takers(estate: Estate) -> str:
    """Name what takes the spaces up: used parts, and ranges that are reached beyond the VNets."""
    rows = [(net, "in use") for net in estate.used]
    rows += [(one.network, one.name or "connected") for one in estate.connected]
    rows += [(net, f"VNet {vnet.name}") for vnet in estate.vnets for net in vnet.prefixes]
    found = [
        f"{net} ({what})"
        for net, what in rows
        if any(net.version == space.network.version and net.overlaps(space.network)
               for space in estate.spaces)
    ]  # fmt: skip
    return ", ".join(found[:6]) + (f" and {len(found) - 6} more" if len(found) > 6 else "")


def _summary_hint(estate: Estate) -> str:
    """Say what to do where a connected range holds a whole space: often it is a summary route."""
    wide = [
        one.network
        for one in estate.connected
        for space in estate.spaces
        if one.network.version == space.network.version
        and one.network.prefixlen <= space.network.prefixlen
        and one.network.overlaps(space.network)
    ]
    if not wide:
        return ""
    return f" If {wide[0]} is a summary route that leaves the space to you, name its parts instead."


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
        if not vnet.prefixes and not rooms_of(estate, vnet):
            message = f"No space suits the VNet `{vnet.name}`."
            where = f"region `{vnet.region}`" if vnet.region else f"space `{vnet.space}`"
            hint = f"Give a space of {where}, or one without a region."
            raise InvalidQuery(message, hint=hint, location=vnet.location)


def _tell_public(row: ServiceSubnet) -> str:
    return f"{row.service}: a public /{row.prefix}: {row.rule}. Source: {row.source}."

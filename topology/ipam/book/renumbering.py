"""Moving ranges to make room: which, where to, in what order, and what hangs on each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from topology.errors import InvalidQuery
from topology.ipam.book.entries import Entry
from topology.ipam.book.ranges import Span
from topology.ipam.book.usage import free_of
from topology.model import Network

__all__ = ["Move", "Renumbering", "make_room", "move_into"]

_MOST_TRIES: Final = 64
"""Regions that are tried, the cheapest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One entry on its way to a new range."""

    entry: Entry
    old: Network
    new: Network
    steps: tuple[str, ...]
    """What must change, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renumbering:
    """A plan: the moves in their order, none of which needs a range before it is free."""

    moves: tuple[Move, ...]
    gain: Network | None
    """What is free in one piece afterwards; None if nothing was to be made free."""
    reason: str = ""
    """Why there is no plan, or why nothing has to move."""

    @property
    def addresses(self) -> int:
        """Return how many addresses change; what moves with its block counts once."""
        moved = {move.entry.id for move in self.moves}
        outer = [move for move in self.moves if move.entry.parent not in moved]
        return sum(move.old.num_addresses for move in outer)


def make_room(block: Entry, everything: Sequence[Entry], prefix: int) -> Renumbering:
    """Plan the cheapest moves within a block after which a range of a size is free.

    The region in which the fewest addresses are used is emptied, if its entries fit into free
    ranges elsewhere in the block, each as small as it can be. All new ranges are free now, so old
    and new can stand beside one another while people move.

    Args:
        block: Where room is to be made.
        everything: What lies in it, at any depth.
        prefix: Of the range that is to become free.

    Raises:
        InvalidQuery: The block is smaller than that.
    """
    outer = Span.of(block.network)
    children = [entry for entry in everything if entry.parent == block.id]
    bits = block.network.max_prefixlen - prefix
    if not 0 <= bits <= outer.bits:
        message = f"`/{prefix}` does not fit into {block.label}."
        raise InvalidQuery(message, hint=f"Give one from /{block.network.prefixlen} on.")
    free = free_of(block, children)
    whole = next((span for span in free if span.bits >= bits), None)
    if whole is not None:
        gain = Span(whole.family, whole.low, bits).network
        return Renumbering(moves=(), gain=gain, reason=f"{gain} is free already.")
    for region, inside in _candidates(outer, children, bits)[:_MOST_TRIES]:
        placed = _place(inside, [span for span in free if not region.overlaps(span)])
        if placed is not None:
            moves = [
                move
                for entry, new in placed
                for move in _with_inside(entry, new, block, block, everything)
            ]
            return Renumbering(moves=tuple(moves), gain=region.network)
    total = sum(span.size for span in free)
    reason = (
        f"No /{prefix} can be emptied: {total:,} addresses are free in {block.label}, a /{prefix} "
        f"has {1 << bits:,}, and what lies in any region of that size fits nowhere else."
    )
    return Renumbering(moves=(), gain=None, reason=reason)


def move_into(
    entry: Entry, inside: Sequence[Entry], source: Entry | None, target: Entry,
    children: Sequence[Entry],
) -> Renumbering:  # fmt: skip
    """Plan the move of an entry, and all that lies in it, into a free range of another block.

    Args:
        entry: What moves.
        inside: What lies in it; keeps its distance from the beginning.
        source: The block that it leaves.
        target: The block into which it goes.
        children: What lies there.
    """
    placed = _place([entry], free_of(target, children))
    if placed is None:
        reason = f"{target.label} has no free range of the size of {entry.slot}."
        return Renumbering(moves=(), gain=None, reason=reason)
    moves = _with_inside(entry, placed[0][1], source, target, inside)
    return Renumbering(moves=tuple(moves), gain=entry.slot)


def _with_inside(
    entry: Entry,
    new: Network,
    source: Entry | None,
    target: Entry,
    everything: Sequence[Entry],
) -> list[Move]:
    """Return the move of an entry, and then of all that lies in it, at the same distance."""
    moves = [_move(entry, new, source, target)]
    offset = int(new.network_address) - int(entry.network.network_address)
    waiting = [entry.id]
    while waiting:
        outer = waiting.pop(0)
        for child in (one for one in everything if one.parent == outer):
            old = Span.of(child.network)
            place = Span(old.family, old.low + offset, old.bits).network
            moves.append(_move(child, place, entry, entry))
            waiting += [child.id] if child.role == "block" else []
    return moves


def _candidates(
    outer: Span, children: Sequence[Entry], bits: int
) -> list[tuple[Span, list[Entry]]]:
    """Return the regions of a size that only smaller entries lie in, the cheapest first."""
    found: dict[int, list[Entry]] = {}
    blocked: set[int] = set()
    for child in children:
        slot = Span.of(child.slot)
        if slot.bits >= bits:
            first = slot.low >> bits
            blocked |= set(range(first, first + (1 << min(slot.bits - bits, 16))))
        else:
            found.setdefault(slot.low >> bits, []).append(child)
    regions = [
        (Span(outer.family, number << bits, bits), inside)
        for number, inside in found.items()
        if number not in blocked
    ]
    return sorted(regions, key=lambda pair: (_cost(pair[1]), len(pair[1]), pair[0].low))


def _cost(entries: Iterable[Entry]) -> int:
    return sum(entry.network.num_addresses for entry in entries)


def _place(entries: Sequence[Entry], free: Sequence[Span]) -> list[tuple[Entry, Network]] | None:
    """Return a new range for each, the largest first into the smallest hole; None if one fails.

    The moves are returned with the smallest first: what is learnt on them costs least.
    """
    holes = sorted(free, key=lambda span: (span.bits, span.low))
    placed: list[tuple[Entry, Network]] = []
    for entry in sorted(entries, key=lambda one: (one.slot.prefixlen, one.slot)):
        slot = Span.of(entry.slot)
        hole = next((span for span in holes if span.bits >= slot.bits), None)
        if hole is None:
            return None
        taken = Span(slot.family, hole.low, slot.bits)
        holes.remove(hole)
        holes = sorted([*holes, *hole.without(taken)], key=lambda span: (span.bits, span.low))
        new = Span(slot.family, taken.low, Span.of(entry.network).bits)
        placed.append((entry, new.network))
    return placed[::-1]


def _move(entry: Entry, new: Network, source: Entry | None, target: Entry) -> Move:
    return Move(
        entry=entry,
        old=entry.network,
        new=new,
        steps=tuple(_steps(entry, new, source, target)),
    )


def _steps(entry: Entry, new: Network, source: Entry | None, target: Entry) -> Iterable[str]:
    """Yield what must change for one move.

    Source: concepts-network-ip-address-planning and the support article on subnet sizes - the
    subnet of a node pool cannot be changed or resized while in use: new subnet, new pool.
    """
    cluster = entry.tags.get("cluster", "the cluster")
    if entry.kind == "vnet":
        peers = entry.tags.get("peerings", "")
        yield f"Add {new} to the VNet's address space; remove {entry.network} once it is empty."
        yield "Sync each peering: az network vnet peering sync" + (f" ({peers})" if peers else "")
    elif entry.kind in ("nodes", "pods"):
        option = "--vnet-subnet-id" if entry.kind == "nodes" else "--pod-subnet-id"
        yield f"Create a subnet with {new}."
        yield f"Add node pools to {cluster} with {option} of the new subnet; one of mode System."
        yield "Cordon and drain the old pools, delete them, then the old subnet."
        if entry.kind == "nodes":
            yield "Internal load balancers in the old subnet get new addresses: recreate them."
    elif entry.kind == "services":
        yield "A service range is fixed for the life of a cluster: this takes a new cluster."
    elif entry.kind in ("gateway", "firewall", "bastion", "app gateway", "route server"):
        yield f"Deploy the {entry.kind} anew in a subnet with {new}, and switch over to it."
    elif entry.role == "block":
        yield f"Move everything in it, then give {entry.network} back."
    elif entry.role == "reservation":
        yield "Nothing runs there: reserve the new range and release the old one."
    else:
        yield f"Create a subnet with {new}, move what is in the old one, then delete that."
    if entry.role != "reservation":
        if source is not None and source.id != target.id:
            yield f"Routes and peerings must lead to {target.label} instead of {source.label}."
        yield (
            f"Change what names {entry.network}: NSG and firewall rules, route tables, DNS "
            "records, on-premises routes, network policies with ipBlock or CIDR."
        )

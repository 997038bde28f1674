"""Placing aligned ranges in free space: all of them or none, and never two in one place.

Sizes are powers of two, and so are free blocks. When the largest request goes first, whichever
free block it takes leaves room for exactly as many smaller ones; so taking them by size finds a
place for all whenever there is one. Ranges that a request must keep out of break that symmetry
between blocks, so a search goes through the choices where they matter.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from topology.errors import InvalidQuery
from topology.ipam.space import free_prefixes
from topology.model import Network

__all__ = ["Request", "Room", "pack"]

_DEEPEST = 300
"""Requests that a search goes back and forth over; more are placed without going back."""
_STEPS = 5_000
"""Placements that a search tries before it gives up on requests with ranges to avoid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One range to be placed."""

    name: str
    prefix: int
    rooms: frozenset[str] | None = None
    """Names of the rooms that will do; None for any."""
    avoid: tuple[tuple[int, int], ...] = ()
    """First and last addresses of what it must keep out of."""
    growth: bool = False
    """Whether the neighbour of the same size is to be kept free for it."""

    @property
    def held(self) -> int:
        """Return the prefix of what is taken, the neighbour included."""
        return self.prefix - self.growth


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A space, or what is left of it."""

    name: str
    network: Network
    used: tuple[Network, ...] = ()

    def free(self) -> tuple[Network, ...]:
        """Return the free blocks."""
        return free_prefixes(self.network, self.used)


@dataclass(frozen=True, slots=True)
class _Block:
    start: int
    bits: int
    """Address bits: the block has 2 ** bits addresses."""
    room: str

    @property
    def end(self) -> int:
        return self.start + (1 << self.bits) - 1


def pack(rooms: Sequence[Room], requests: Sequence[Request]) -> dict[str, Network] | None:
    """Return where each request goes, by name; None when they cannot all be placed.

    The smallest block that will do is taken, so that large ones stay whole. A request with growth
    gets the first half of its block; the other half stays free.

    Raises:
        InvalidQuery: Two requests bear one name, or a prefix is none of the address family.
    """
    if not requests:
        return {}
    if not rooms:
        return None
    _check(rooms, requests)
    placed: dict[str, Network] = {}
    for own, asked in _part(rooms, requests):
        found = _pack_together(own, asked)
        if found is None:
            return None
        placed |= found
    return placed


def _part(
    rooms: Sequence[Room], requests: Sequence[Request]
) -> list[tuple[list[Room], list[Request]]]:
    """Return the rooms in groups that no request joins, such as regions, with their requests.

    A request that may lie anywhere in its group is no longer tied to rooms.
    """
    groups: list[set[str]] = [{room.name} for room in rooms]
    everywhere = frozenset(room.name for room in rooms)
    for request in requests:
        wanted = everywhere if request.rooms is None else request.rooms & everywhere
        joined = set(wanted).union(*(group for group in groups if group & wanted))
        groups = [group for group in groups if not group & wanted]
        groups += [joined] if joined else []
        if not joined:
            return [([], list(requests))]
    return [
        (
            [room for room in rooms if room.name in group],
            [
                replace(request, rooms=None if group <= wanted else request.rooms)
                for request in requests
                if (wanted := everywhere if request.rooms is None else request.rooms) & group
            ],
        )
        for group in groups
    ]


def _pack_together(rooms: Sequence[Room], requests: Sequence[Request]) -> dict[str, Network] | None:
    if not requests:
        return {}
    if not rooms:
        return None
    width = rooms[0].network.max_prefixlen
    blocks = [
        _Block(int(free.network_address), width - free.prefixlen, room.name)
        for room in rooms
        for free in room.free()
    ]
    ordered = sorted(
        requests,
        key=lambda item: (item.held, not (item.avoid or item.rooms is not None), item.name),
    )
    found = _Search(width).place(ordered, blocks)
    if found is None:
        return None
    factory = type(rooms[0].network)
    return {item.name: factory((found[item.name], item.prefix)) for item in requests}


def _check(rooms: Sequence[Room], requests: Sequence[Request]) -> None:
    names = [request.name for request in requests]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        message = f"`{twice}` is asked for twice."
        raise InvalidQuery(message, hint="Give each range a name of its own.")
    width = rooms[0].network.max_prefixlen
    for request in requests:
        if not 0 <= request.prefix <= width:
            message = f"`/{request.prefix}` is no prefix of {rooms[0].network}."
            raise InvalidQuery(message, hint=f"Give one up to /{width}.")


@dataclass(slots=True)
class _Search:
    width: int
    steps: int = 0

    def place(self, requests: Sequence[Request], blocks: list[_Block]) -> dict[str, int] | None:
        """Return the start of each request, trying other blocks only where the choice matters."""
        easiest = self._greedy(requests, blocks)
        matters = any(item.avoid or item.rooms is not None for item in requests)
        # What does not fit without its conditions does not fit with them.
        if easiest is None or not matters:
            return easiest
        if len(requests) > _DEEPEST:
            return self._walk(requests, blocks)
        return self._search(list(requests), blocks)

    def _greedy(self, requests: Sequence[Request], blocks: list[_Block]) -> dict[str, int] | None:
        left, placed = list(blocks), {}
        for item in requests:
            bits = self.width - item.held
            fitting = [block for block in left if block.bits >= bits]
            if item.held < 0 or not fitting:
                return None
            block = min(fitting, key=lambda found: (found.bits, found.start))
            placed[item.name] = block.start
            left.remove(block)
            left += _split(block, block.start, bits)
        return placed

    def _walk(self, requests: Sequence[Request], blocks: list[_Block]) -> dict[str, int] | None:
        """Place each request where it harms the others least, without going back."""
        left, placed = list(blocks), {}
        for number, item in enumerate(requests):
            bits = self.width - item.held
            choices = _choices(item, bits, left, requests[number + 1 :])
            if not choices:
                return None
            block, start = choices[0]
            placed[item.name] = start
            left.remove(block)
            left += _split(block, start, bits)
        return placed

    def _search(self, requests: list[Request], blocks: list[_Block]) -> dict[str, int] | None:
        if not requests:
            return {}
        self.steps += 1
        if self.steps > _STEPS:
            return None
        item, rest = requests[0], requests[1:]
        if not any(other.avoid or other.rooms is not None for other in requests):
            return self._greedy(requests, blocks)
        bits = self.width - item.held
        for block, start in _choices(item, bits, blocks, rest):
            left = [other for other in blocks if other != block]
            found = self._search(rest, [*left, *_split(block, start, bits)])
            if found is not None:
                return {**found, item.name: start}
        return None


def _choices(
    item: Request, bits: int, blocks: Iterable[_Block], rest: Sequence[Request]
) -> list[tuple[_Block, int]]:
    """Return the places that differ for what is still to be placed, the most frugal first."""
    size = 1 << bits
    picky = [other for other in rest if other.avoid or other.rooms is not None]
    edges = {edge for other in (item, *picky) for span in other.avoid for edge in span}
    seen: set[tuple[int, str, tuple[bool, ...]]] = set()
    found: list[tuple[int, int, int, _Block]] = []
    for block in sorted(blocks, key=lambda one: (one.bits, one.start)):
        if block.bits < bits or (item.rooms is not None and block.room not in item.rooms):
            continue
        inside = [edge for edge in edges if block.start <= edge <= block.end]
        for start in _starts(block, size, inside):
            end = start + size - 1
            if start < block.start or end > block.end or _collides(item, start, end):
                continue
            wanted = _wanted(picky, start, end, block)
            shape = (block.bits, block.room, wanted)
            # Blocks that no edge cuts and that suit the same requests are one choice.
            if not inside and shape in seen:
                continue
            seen.add(shape)
            found.append((sum(wanted), block.bits, start, block))
    return [(block, start) for *_, start, block in sorted(found, key=lambda one: one[:3])]


def _starts(block: _Block, size: int, edges: Sequence[int]) -> list[int]:
    """Return the places in a block that may differ: its ends, and beside the edges in it."""
    if not edges:
        return [block.start]
    starts = {block.start, block.end + 1 - size}
    for edge in edges:
        aligned = block.start + (edge - block.start) // size * size
        starts |= {aligned - size, aligned, aligned + size}
    return sorted(starts)


def _collides(item: Request, start: int, end: int) -> bool:
    return any(start <= last and first <= end for first, last in item.avoid)


def _wanted(picky: Sequence[Request], start: int, end: int, block: _Block) -> tuple[bool, ...]:
    """Return, for each choosy request, whether it could also have lain here."""
    return tuple(
        (other.rooms is None or block.room in other.rooms)
        and not any(first <= start and end <= last for first, last in other.avoid)
        for other in picky
    )


def _split(block: _Block, start: int, bits: int) -> list[_Block]:
    """Return what is left of a block once a part of it is taken."""
    left = []
    while block.bits > bits:
        half = block.bits - 1
        lower = replace(block, bits=half)
        upper = replace(block, bits=half, start=block.start + (1 << half))
        block, other = (lower, upper) if start < upper.start else (upper, lower)
        left.append(other)
    return left

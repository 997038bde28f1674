"""Finding room for new ranges, and saying why there is none."""

from collections.abc import Sequence

import sqlalchemy as sa

from topology.errors import InvalidQuery
from topology.ipam.book.entries import Draft, Entry, Request, Shortage
from topology.ipam.book.freelist import Hole, Strategy
from topology.ipam.book.ledger import Ledger
from topology.ipam.book.ranges import Span
from topology.ipam.book.records import span_of
from topology.ipam.book.schema import ENTRIES, FREE
from topology.model import Network

__all__ = ["Allocated", "allocate"]

_LENGTH = {4: 32, 6: 128}
_ELSEWHERE = 3
Allocated = tuple[tuple[Entry, ...], bool]
"""The entries in the order of the requests, and whether all of them were there before."""


def allocate(
    ledger: Ledger,
    requests: Sequence[Request],
    space: str,
    *,
    blocks: Sequence[Entry] = (),
    strategy: Strategy = "best",
) -> Allocated | Shortage:
    """Find and take a range for each request, or for none of them.

    After a `Shortage` the transaction must be taken back, as earlier requests may have room.

    Args:
        ledger: The change that this is part of.
        requests: In the order in which they choose.
        space: Name of the space.
        blocks: Where to look; none for all blocks at the top of the space.
        strategy: Which of the free ranges to cut; `best` keeps the large ones whole.

    Raises:
        InvalidQuery: A prefix does not exist, a name is taken, or a key belongs to another request.
    """
    ledger.entries.space(space)
    found: list[Entry] = []
    fresh = False
    for request in requests:
        _check(request)
        entry = _repeated(ledger, request, space)
        if entry is None:
            fresh = True
            _check_name(ledger, request, space, blocks)
            taken = _take(ledger, request, space, blocks, strategy)
            if isinstance(taken, Shortage):
                return taken
            entry = taken
        found.append(entry)
    return tuple(found), not fresh


def _check(request: Request) -> None:
    longest = _LENGTH[request.family]
    if not 0 <= request.prefix <= longest:
        message = f"`/{request.prefix}` is no prefix of IPv{request.family}."
        raise InvalidQuery(message, hint=f"Give one from /0 to /{longest}.")
    if not 0 <= request.headroom <= request.prefix:
        message = f"`{request.headroom}` doublings of a /{request.prefix} cannot be kept free."
        raise InvalidQuery(message, hint="Give 1 to keep as much again, 2 for three times more.")
    if not request.name.strip():
        message = "The allocation has no name."
        raise InvalidQuery(message, hint="Name what it is for, such as `aks-prod-nodes`.")


def _repeated(ledger: Ledger, request: Request, space: str) -> Entry | None:
    """Return what the same request was given before."""
    entry = ledger.entries.by_key(space, request.key) if request.key else None
    if entry is None:
        return None
    same = (
        entry.name == request.name
        and entry.network.version == request.family
        and entry.slot.prefixlen <= request.prefix
    )
    if same:
        return entry
    message = f"The key `{request.key}` belongs to {entry.label}, which is another request."
    raise InvalidQuery(message, hint="Use a new key for each request, and the same for a retry.")


def _check_name(ledger: Ledger, request: Request, space: str, blocks: Sequence[Entry]) -> None:
    parents = {block.id for block in blocks}
    for other in ledger.entries.by_name(space, request.name):
        beside = other.parent in parents if parents else _at_top(ledger, other)
        if beside and other.network.version == request.family:
            message = f"`{request.name}` has {other.network} already."
            hint = (
                "Take another name, resize it with `netassist ipam resize`, or repeat a request "
                "safely with --key."
            )
            raise InvalidQuery(message, hint=hint)


def _at_top(ledger: Ledger, entry: Entry) -> bool:
    """Return whether an entry lies in a block at the top of its space."""
    block = ledger.entries.get(entry.parent) if entry.parent else None
    return block is not None and block.parent == 0


def _take(
    ledger: Ledger, request: Request, space: str, blocks: Sequence[Entry], strategy: Strategy
) -> Entry | Shortage:
    bits = _LENGTH[request.family] - request.prefix
    slot_bits = bits + request.headroom
    hole = _find(ledger, slot_bits, request.family, space, blocks, strategy)
    if hole is None:
        return _explain(ledger, request, space, blocks)
    low = hole.span.low
    if strategy == "last":
        low = hole.span.high + 1 - (1 << slot_bits)
    slot = Span(request.family, low, slot_bits)
    draft = Draft(
        network=Span(request.family, low, bits).network,
        slot=slot.network,
        role=request.role,
        name=request.name,
        kind=request.kind,
        tags=request.tags,
        notes=request.notes,
        key=request.key,
        expires=request.expires,
    )
    entry = ledger.draft(draft, space, hole.block)
    ledger.apply(None, entry)
    return entry


def _find(
    ledger: Ledger,
    bits: int,
    family: int,
    space: str,
    blocks: Sequence[Entry],
    strategy: Strategy,
) -> Hole | None:
    if not blocks:
        return ledger.free.find(bits, family, space=space, strategy=strategy)
    holes = [
        hole
        for block in blocks
        if block.network.version == family
        and (hole := ledger.free.find(bits, family, block=block.id, strategy=strategy))
    ]
    if strategy == "last":
        return max(holes, key=lambda hole: hole.span.low, default=None)
    if strategy == "first":
        return min(holes, key=lambda hole: hole.span.low, default=None)
    return min(holes, key=lambda hole: (hole.span.bits, hole.span.low), default=None)


def _explain(ledger: Ledger, request: Request, space: str, blocks: Sequence[Entry]) -> Shortage:
    """Say what there is instead; only here the whole block is read."""
    family = request.family
    bits = _LENGTH[family] - request.prefix
    searched = [block for block in blocks if block.network.version == family]
    if not blocks:
        searched = [
            entry
            for entry in ledger.entries.children(space, 0)
            if entry.role == "block" and entry.network.version == family
        ]
    holes = [hole.span for block in searched for hole in ledger.free.all(family, block=block.id)]
    largest = max(holes, key=lambda span: (span.bits, -span.low), default=None)
    held = [
        entry
        for block in searched
        for entry in ledger.entries.children(space, block.id)
        if entry.headroom >= 1 << bits
    ]
    named = ", ".join(block.label for block in (searched or blocks))
    return Shortage(
        request=request,
        where=named,
        free=sum(span.size for span in holes),
        largest=largest.network if largest else None,
        held=tuple(held),
        elsewhere=_elsewhere(ledger, space, family, bits, {block.id for block in searched}),
    )


def _elsewhere(
    ledger: Ledger, space: str, family: int, bits: int, searched: set[int]
) -> tuple[Network, ...]:
    """Return free ranges of the size in blocks that were not searched."""
    query = (
        sa.select(FREE)
        .join(ENTRIES, ENTRIES.c.id == FREE.c.block)
        .where(ENTRIES.c.space == space, FREE.c.family == family, FREE.c.bits >= bits)
        .where(FREE.c.block.not_in(searched))
        .order_by(FREE.c.bits, FREE.c.low)
        .limit(_ELSEWHERE)
    )
    spans = [span_of(row) for row in ledger.connection.execute(query)]
    return tuple(Span(family, span.low, bits).network for span in spans)

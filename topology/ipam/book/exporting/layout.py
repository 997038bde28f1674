"""How a block is laid out in a picture: rows of equal size, each cut into parts by use."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from topology.ipam.book.entries import Entry
from topology.ipam.book.ranges import Span, cover

__all__ = ["Band", "Part", "State", "bands", "parts_of", "row_bits"]

State = Literal["used", "kept", "free"]
_MOST_ROWS_BITS = 4
"""16 rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A piece of a block that is all of one use."""

    span: Span
    state: State
    entry: Entry | None = None
    """Whose it is, or for whose growth it is kept; None if it is free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One row or several like ones: the addresses on it, and what lies there."""

    low: int
    rows: int
    """How many rows of the block it stands for; more than one if one part fills all of them."""
    parts: tuple[Part, ...]


def parts_of(block: Span, children: Sequence[Entry]) -> Iterator[Part]:
    """Yield the parts of a block, ascending and without a gap."""
    found = [
        Part(span=piece, state="free")
        for piece in cover(block, (Span.of(child.slot) for child in children))
    ]
    for child in children:
        network, slot = Span.of(child.network), Span.of(child.slot)
        found.append(Part(span=network, state="used", entry=child))
        found += [Part(span=rest, state="kept", entry=child) for rest in slot.without(network)]
    return iter(sorted(found, key=lambda part: part.span.low))


def row_bits(block: Span, children: Sequence[Entry], *, finest: int) -> int:
    """Return the host bits of one row: few rows, on which the smallest entry can be seen.

    Args:
        block: The block.
        children: What lies directly in it.
        finest: The smallest entry takes a 2^finest-th of a row, unless that needs too many rows.
    """
    smallest = min((Span.of(child.network).bits for child in children), default=block.bits)
    return min(block.bits, max(smallest + finest, block.bits - _MOST_ROWS_BITS, 0))


def bands(block: Span, children: Sequence[Entry], bits: int) -> list[Band]:
    """Return the rows of a block; those that one part fills, or that are all free, are joined."""
    found: list[Band] = []
    current: list[Part] = []
    for part in parts_of(block, children):
        if part.span.bits >= bits:
            rows = 1 << (part.span.bits - bits)
            last = found[-1] if found else None
            if last and part.state == "free" and _is_free(last):
                joined = Part(span=last.parts[0].span, state="free")
                found[-1] = Band(low=last.low, rows=last.rows + rows, parts=(joined,))
            else:
                found.append(Band(low=part.span.low, rows=rows, parts=(part,)))
            continue
        current.append(part)
        if part.span.high + 1 == (part.span.low >> bits) + 1 << bits:
            found.append(Band(low=current[0].span.low, rows=1, parts=tuple(current)))
            current = []
    return found


def _is_free(band: Band) -> bool:
    return len(band.parts) == 1 and band.parts[0].state == "free"

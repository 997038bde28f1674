"""The free ranges of each block, kept as the fewest aligned pieces: a buddy system in a table.

Taking and giving back cost a few look-ups in an index, however full the block is. The pieces are
always the largest there can be, so the table follows from the entries alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from topology.ipam.book.ranges import Span, cover, write_low
from topology.ipam.book.records import span_of
from topology.ipam.book.schema import FREE

__all__ = ["FreeList", "Hole", "Strategy"]

Strategy = Literal["best", "first", "last"]

# Built once: to build a query takes longer than to run it.
_IN_BLOCK = (FREE.c.block == sa.bindparam("in_block"),)
_IN_SPACE = (FREE.c.space == sa.bindparam("in_space"), FREE.c.family == sa.bindparam("of_family"))
_ORDERS: dict[Strategy, tuple[sa.ColumnElement[Any], ...]] = {
    "best": (FREE.c.bits, FREE.c.low),
    "first": (FREE.c.low,),
    "last": (FREE.c.low.desc(),),
}
_FIND = {
    (strategy, by_block): sa.select(FREE)
    .where(*(_IN_BLOCK if by_block else _IN_SPACE), FREE.c.bits >= sa.bindparam("least"))
    .order_by(*order)
    .limit(1)
    for strategy, order in _ORDERS.items()
    for by_block in (True, False)
}
_AT = (
    sa.select(FREE)
    .where(*_IN_BLOCK, FREE.c.low <= sa.bindparam("at"))
    .order_by(FREE.c.low.desc())
    .limit(1)
)
_REMOVE = sa.delete(FREE).where(
    *_IN_BLOCK, FREE.c.bits == sa.bindparam("of_bits"), FREE.c.low == sa.bindparam("at")
)
_ADD = sa.insert(FREE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A free range of a block."""

    block: int
    span: Span


class FreeList:
    """The free ranges, within one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def find(
        self,
        bits: int,
        family: int,
        *,
        block: int | None = None,
        space: str = "",
        strategy: Strategy = "best",
    ) -> Hole | None:
        """Return the free range to cut from; None if none is large enough.

        Args:
            bits: Host bits that it must have at least.
            family: 4 or 6.
            block: Where to look; None for all top blocks of the space.
            space: Used without a block only.
            strategy: `best` takes the smallest range that is large enough, the lowest of several.
        """
        query = _FIND[strategy, block is not None]
        place = {"in_block": block, "in_space": space, "of_family": family}
        row = self._connection.execute(query, {**place, "least": bits}).first()
        return None if row is None else Hole(block=row.block, span=span_of(row))

    def largest(self, family: int, *, block: int | None = None, space: str = "") -> Span | None:
        """Return the largest free range, the lowest of several."""
        query = (
            sa.select(FREE)
            .where(*self._place(family, block, space))
            .order_by(FREE.c.bits.desc(), FREE.c.low)
            .limit(1)
        )
        row = self._connection.execute(query).first()
        return None if row is None else span_of(row)

    def all(self, family: int, *, block: int | None = None, space: str = "") -> list[Hole]:
        """Return every free range, ascending."""
        place = self._place(family, block, space)
        rows = self._connection.execute(sa.select(FREE).where(*place).order_by(FREE.c.low))
        return [Hole(block=row.block, span=span_of(row)) for row in rows]

    def carve(self, block: int, wanted: Span) -> bool:
        """Take a given range out of a block; return whether it was free."""
        place = {"in_block": block, "at": write_low(wanted.family, wanted.low)}
        row = self._connection.execute(_AT, place).first()
        if row is None or not span_of(row).holds(wanted):
            return False
        hole = span_of(row)
        self._remove(block, hole)
        self._insert(block, row.space, hole.without(wanted))
        return True

    def give(self, block: int, space: str | None, span: Span) -> None:
        """Give a range back, and join it with its neighbours as far as that goes.

        Args:
            block: Whose it is.
            space: The space if the block is at its top; None otherwise.
            span: What becomes free.
        """
        while self._remove(block, Span(span.family, span.low ^ span.size, span.bits)):
            span = span.around(span.bits + 1)
        self._insert(block, space, [span])

    def rebuild(self, block: int, space: str | None, outer: Span, taken: Iterable[Span]) -> None:
        """Compute the free ranges of a block anew.

        Args:
            block: Whose they are.
            space: See `give`.
            outer: The whole block.
            taken: The slots of its children, ascending.
        """
        self.forget(block)
        self._insert(block, space, cover(outer, taken))

    def forget(self, block: int) -> None:
        """Remove every free range of a block that is one no more."""
        self._connection.execute(sa.delete(FREE).where(FREE.c.block == block))

    def _place(self, family: int, block: int | None, space: str) -> list[Any]:
        if block is not None:
            return [FREE.c.block == block]
        return [FREE.c.space == space, FREE.c.family == family]

    def _remove(self, block: int, span: Span) -> bool:
        low = write_low(span.family, span.low)
        place = {"in_block": block, "of_bits": span.bits, "at": low}
        return self._connection.execute(_REMOVE, place).rowcount == 1

    def _insert(self, block: int, space: str | None, spans: Iterable[Span]) -> None:
        rows = [
            {
                "block": block,
                "bits": span.bits,
                "low": write_low(span.family, span.low),
                "family": span.family,
                "space": space,
            }
            for span in spans
        ]
        if rows:
            self._connection.execute(_ADD, rows)

"""How full blocks are, and in how many pieces what is left lies."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from topology.ipam.book.entries import Entry
from topology.ipam.book.ranges import Span, cover
from topology.model import Network

__all__ = ["Usage", "free_of", "percent", "use_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """The use of one block by what lies directly in it."""

    block: Entry
    children: int
    used: int
    """Addresses of its children's networks."""
    kept: int
    """Addresses that are kept for their growth."""
    free: int
    pieces: int
    """Of the free addresses, as aligned ranges."""
    largest: Network | None
    """The largest free range, the lowest of several; None if the block is full."""

    @property
    def size(self) -> int:
        """Return how many addresses the block has."""
        return self.block.network.num_addresses

    @property
    def taken(self) -> Fraction:
        """Return the share that nobody else can get, 0 to 1."""
        return Fraction(self.used + self.kept, self.size)

    @property
    def fragmentation(self) -> Fraction:
        """Return the share of the free addresses outside the largest free range, 0 to 1.

        0: one range holds all that is free; near 1: crumbs, of which none is large.
        """
        if not self.free or self.largest is None:
            return Fraction(0)
        return 1 - Fraction(self.largest.num_addresses, self.free)


def use_of(block: Entry, children: Sequence[Entry]) -> Usage:
    """Return the use of a block.

    Args:
        block: The block.
        children: What lies directly in it, ascending.
    """
    free = free_of(block, children)
    largest = max(free, key=lambda span: (span.bits, -span.low), default=None)
    return Usage(
        block=block,
        children=len(children),
        used=sum(child.network.num_addresses for child in children),
        kept=sum(child.headroom for child in children),
        free=sum(span.size for span in free),
        pieces=len(free),
        largest=largest.network if largest else None,
    )


def free_of(block: Entry, children: Iterable[Entry]) -> list[Span]:
    """Return the free ranges of a block, as few as there can be, ascending."""
    return list(cover(Span.of(block.network), (Span.of(child.slot) for child in children)))


def percent(share: float) -> str:
    """Return a share, with a digit more where a whole percent would say nothing.

    >>> percent(0.5), percent(0.0042), percent(0.9996)
    ('50 %', '0.4 %', '99.9 %')
    """
    if 0 < share < 0.01 or 0.99 < share < 1:
        return f"{min(max(share * 100, 0.1), 99.9):.1f} %"
    return f"{share * 100:.0f} %"

"""Ranges as the database keeps them: text of fixed width, which sorts as the addresses do.

SQLite has no integers of 128 bits, and text compares byte by byte in both databases.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from topology.model import Network

__all__ = ["Span", "cover", "host_bits", "read_low", "write_low"]

_WIDTH = {4: 8, 6: 32}
_BITS = {4: 32, 6: 128}


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """An aligned range: the first address and the number of host bits, 0 for a single address."""

    family: int
    low: int
    bits: int

    @classmethod
    def of(cls, network: Network) -> "Span":
        """Return the span of a network."""
        return cls(network.version, int(network.network_address), host_bits(network))

    @property
    def size(self) -> int:
        """Return how many addresses it holds."""
        return 1 << self.bits

    @property
    def high(self) -> int:
        """Return the last address."""
        return self.low + self.size - 1

    @property
    def network(self) -> Network:
        """Return the span as a network."""
        length = _BITS[self.family] - self.bits
        return (
            IPv4Network((self.low, length)) if self.family == 4 else IPv6Network((self.low, length))
        )

    def holds(self, other: "Span") -> bool:
        """Return whether another span lies wholly inside, or is the same."""
        return self.family == other.family and self.low <= other.low and other.high <= self.high

    def overlaps(self, other: "Span") -> bool:
        """Return whether both share an address."""
        return self.family == other.family and self.low <= other.high and other.low <= self.high

    def around(self, bits: int) -> "Span":
        """Return the aligned span of so many host bits that holds this one."""
        return Span(self.family, self.low >> bits << bits, bits)

    def without(self, inner: "Span") -> Iterator["Span"]:
        """Yield the aligned pieces that are left once an inner span is taken out."""
        for bits in range(inner.bits, self.bits):
            yield Span(self.family, inner.around(bits).low ^ (1 << bits), bits)


def host_bits(network: Network) -> int:
    """Return the number of host bits of a network.

    >>> host_bits(IPv4Network("10.0.0.0/24"))
    8
    """
    return network.max_prefixlen - network.prefixlen


def write_low(family: int, address: int) -> str:
    """Return an address as it is stored.

    >>> write_low(4, 167772160)
    '0a000000'
    """
    return f"{address:0{_WIDTH[family]}x}"


def read_low(text: str) -> int:
    """Return a stored address as a number."""
    return int(text, 16)


def cover(outer: Span, taken: Iterable[Span]) -> Iterator[Span]:
    """Yield the largest aligned pieces of a span that nothing takes, ascending.

    Args:
        outer: What is divided.
        taken: Disjoint spans inside it, ascending.
    """
    position = outer.low
    for span in taken:
        yield from _between(outer.family, position, span.low)
        position = span.high + 1
    yield from _between(outer.family, position, outer.high + 1)


def _between(family: int, start: int, end: int) -> Iterator[Span]:
    """Yield the fewest aligned pieces from one address up to, not including, another."""
    while start < end:
        aligned = (start & -start).bit_length() - 1 if start else _BITS[family]
        bits = min(aligned, (end - start).bit_length() - 1)
        yield Span(family, start, bits)
        start += 1 << bits

"""Single addresses of a prefix: how many are free, and how ranges lie to one another."""

from collections.abc import Iterable
from dataclasses import dataclass

from topology.model import Address, Network

__all__ = ["FreeAddresses", "Range", "free_addresses", "ranges_overlap", "ranges_within"]

Range = tuple[Address, Address]
"""First and last address, both included."""


@dataclass(frozen=True, slots=True)
class FreeAddresses:
    """How many addresses of a prefix are free, and the first of them."""

    count: int
    first: Address | None


def free_addresses(
    prefix: Network,
    used: Iterable[Address] = (),
    *,
    ranges: Iterable[Range] = (),
    pool: bool = False,
) -> FreeAddresses:
    """Count the free addresses of a prefix without listing them.

    Network and broadcast address (IPv4) and the subnet-router anycast address (IPv6) are not
    free, unless the prefix is a pool or has no room for them.
    """
    first, last = _hosts(prefix, pool=pool)
    taken = sorted(_spans(prefix, used, ranges, first, last))
    count, free_from = last - first + 1, first
    end = first - 1
    for start, stop in taken:
        start = max(start, end + 1)
        if start > stop:
            continue
        if start == free_from:
            free_from = stop + 1
        count -= stop - start + 1
        end = stop
    factory = type(prefix.network_address)
    return FreeAddresses(count, factory(free_from) if count else None)


def _hosts(prefix: Network, *, pool: bool) -> tuple[int, int]:
    first, last = int(prefix.network_address), int(prefix.broadcast_address)
    if pool or prefix.prefixlen >= prefix.max_prefixlen - 1:
        return first, last
    return (first + 1, last - 1) if prefix.version == 4 else (first + 1, last)


def _spans(
    prefix: Network,
    used: Iterable[Address],
    ranges: Iterable[Range],
    first: int,
    last: int,
) -> Iterable[tuple[int, int]]:
    pairs = [(address, address) for address in used] + list(ranges)
    for start, stop in pairs:
        if start.version != prefix.version or int(stop) < first or int(start) > last:
            continue
        yield max(int(start), first), min(int(stop), last)


def ranges_overlap(one: Range, other: Range) -> bool:
    """Return whether two ranges share an address; adjacent ones do not."""
    return (
        one[0].version == other[0].version
        and int(one[0]) <= int(other[1])
        and int(other[0]) <= int(one[1])
    )


def ranges_within(prefix: Network, ranges: Iterable[Range]) -> tuple[int, ...]:
    """Return the positions of the ranges that lie wholly inside a prefix."""
    return tuple(
        number
        for number, (start, stop) in enumerate(ranges)
        if start.version == prefix.version and start in prefix and stop in prefix
    )

"""Free prefixes of a range: what is left, which one to take, how full it is."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from ipaddress import collapse_addresses
from typing import Literal, cast

from topology.errors import InvalidQuery
from topology.model import Network

__all__ = ["allocate", "carve", "free_prefixes", "hierarchy", "take", "utilisation"]

Strategy = Literal["first", "best", "last"]


def free_prefixes(parent: Network, used: Iterable[Network]) -> tuple[Network, ...]:
    """Return the ranges of `parent` that nothing uses, aligned, ascending.

    Used ranges outside the parent take nothing from it.

    >>> from ipaddress import ip_network
    >>> [str(n) for n in free_prefixes(ip_network("10.0.0.0/24"), [ip_network("10.0.0.0/26")])]
    ['10.0.0.64/26', '10.0.0.128/25']
    """
    free: list[Network] = [parent]
    for taken in used:
        if taken.version != parent.version or not taken.overlaps(parent):
            continue
        free = [rest for block in free for rest in _without(block, taken)]
    return tuple(sorted(free, key=lambda block: (int(block.network_address), block.prefixlen)))


def _without(block: Network, taken: Network) -> Iterator[Network]:
    if not block.overlaps(taken):
        yield block
    elif _inside(taken, block) and taken != block:
        yield from cast("Iterator[Network]", block.address_exclude(taken))  # type: ignore[arg-type]


def _inside(inner: Network, outer: Network) -> bool:
    return inner.prefixlen >= outer.prefixlen and inner.overlaps(outer)


def take(
    parent: Network, used: Iterable[Network], prefix: int, *, strategy: Strategy = "best"
) -> Network | None:
    """Return the prefix that a strategy picks; None when no free block is large enough.

    `best` breaks the smallest block that fits, and so keeps the large ones whole.

    Raises:
        InvalidQuery: The address family has no such prefix.
    """
    if not 0 <= prefix <= parent.max_prefixlen:
        message = f"`/{prefix}` is no prefix of {parent}."
        raise InvalidQuery(message, hint=f"Give one up to /{parent.max_prefixlen}.")
    fitting = [block for block in free_prefixes(parent, used) if block.prefixlen <= prefix]
    if not fitting:
        return None
    if strategy == "last":
        return _child(fitting[-1], prefix, last=True)
    if strategy == "first":
        return _child(fitting[0], prefix)
    return _child(max(fitting, key=lambda block: block.prefixlen), prefix)


def _child(block: Network, prefix: int, *, last: bool = False) -> Network:
    """Return the first or last part of a block without listing all of them."""
    step = 1 << (block.max_prefixlen - prefix)
    offset = block.num_addresses - step if last else 0
    return type(block)((int(block.network_address) + offset, prefix))


def allocate(
    parent: Network,
    used: Iterable[Network],
    prefixes: Sequence[int],
    *,
    strategy: Strategy = "best",
) -> tuple[Network | None, ...]:
    """Return a prefix for each request in turn; None for those that no longer fit."""
    taken = list(used)
    found: list[Network | None] = []
    for prefix in prefixes:
        block = take(parent, taken, prefix, strategy=strategy)
        found.append(block)
        if block is not None:
            taken.append(block)
    return tuple(found)


def carve(base: Network, newbits: Sequence[int]) -> tuple[Network, ...]:
    """Cut consecutive, aligned subnets, in order and without going back to fill gaps.

    Source: Terraform `cidrsubnets`.

    Raises:
        InvalidQuery: A subnet would be longer than an address, or the base is full.
    """
    position, end = int(base.network_address), int(base.broadcast_address)
    found: list[Network] = []
    for bits in newbits:
        prefix = base.prefixlen + bits
        if bits < 0 or prefix > base.max_prefixlen:
            message = f"`{bits}` new bits do not fit {base}."
            raise InvalidQuery(message, hint=f"Give up to {base.max_prefixlen - base.prefixlen}.")
        step = 1 << (base.max_prefixlen - prefix)
        start = -(-position // step) * step
        if start + step - 1 > end:
            message = f"{base} has no room left for a /{prefix}."
            raise InvalidQuery(message, hint="Choose a larger base, or smaller subnets.")
        found.append(type(base)((start, prefix)))
        position = start + step
    return tuple(found)


def utilisation(parent: Network, children: Iterable[Network]) -> Fraction:
    """Return the share of a range that its children cover, 0 to 1; overlaps count once."""
    inside = [child for child in children if _inside(child, parent)]
    if any(child == parent for child in inside):
        return Fraction(1)
    merged: Iterable[Network] = collapse_addresses(inside)  # type: ignore[type-var]
    covered = sum(block.num_addresses for block in merged)
    return Fraction(covered, parent.num_addresses)


def hierarchy(prefixes: Sequence[Network]) -> tuple[tuple[int, int], ...]:
    """Return how many prefixes each one lies in, and how many lie in it."""
    return tuple(
        (
            sum(1 for other in prefixes if other != own and _inside(own, other)),
            sum(1 for other in prefixes if other != own and _inside(other, own)),
        )
        for own in prefixes
    )

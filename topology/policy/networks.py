"""Networks cut into parts that rules treat alike."""

from collections.abc import Iterable
from ipaddress import summarize_address_range
from itertools import pairwise

from topology.model import Network

__all__ = ["cut", "named_parts"]


def cut(whole: Network, marks: Iterable[Network]) -> list[Network]:
    """Cut a network at the ends of others; the parts are ascending and make up the whole."""
    first, last = _span(whole)
    cuts = {first, last + 1}
    for mark in marks:
        if mark.version == whole.version:
            start, end = _span(mark)
            cuts.update(edge for edge in (start, end + 1) if first < edge <= last)
    address = type(whole.network_address)
    parts: list[Network] = []
    for start, stop in pairwise(sorted(cuts)):
        parts += summarize_address_range(address(start), address(stop - 1))
    return parts


def named_parts(networks: Iterable[Network]) -> list[Network]:
    """Return the parts of all networks together, each once, without those of length 0."""
    named = {network for network in networks if network.prefixlen}
    widest = [
        one for one in named if not any(one != other and _within(one, other) for other in named)
    ]
    widest.sort(key=lambda network: (network.version, network))
    return [part for network in widest for part in cut(network, named)]


def _span(network: Network) -> tuple[int, int]:
    return int(network.network_address), int(network.broadcast_address)


def _within(inner: Network, outer: Network) -> bool:
    return inner.version == outer.version and (
        _span(outer)[0] <= _span(inner)[0] and _span(inner)[1] <= _span(outer)[1]
    )

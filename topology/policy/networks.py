"""Networks cut into parts that rules treat alike."""

from bisect import bisect_right
from collections.abc import Iterable
from ipaddress import (
    IPv4Network,
    IPv6Network,
    collapse_addresses,
    ip_network,
    summarize_address_range,
)
from itertools import pairwise

from topology.model import Address, Cluster, Network

__all__ = ["Parts", "cut", "inner_networks", "named_parts"]


def inner_networks(cluster: Cluster) -> tuple[Network, ...]:
    """Return where the pods and nodes of a cluster are."""
    found: list[Network] = [network for node in cluster.nodes for network in node.pod_cidrs]
    found += [ip_network(one) for node in cluster.nodes for one in node.addresses]
    found += [ip_network(one) for pod in cluster.pods for one in pod.addresses]
    fours = collapse_addresses(one for one in found if isinstance(one, IPv4Network))
    sixes = collapse_addresses(one for one in found if isinstance(one, IPv6Network))
    return (*fours, *sixes)


class Parts:
    """Addresses by the networks that hold them; addresses between the same marks are looked up."""

    def __init__(self, networks: Iterable[Network]) -> None:
        self._networks = tuple(networks)
        self._marks: dict[int, list[int]] = {4: [], 6: []}
        for network in self._networks:
            first, last = _span(network)
            self._marks[network.version] += (first, last + 1)
        for marks in self._marks.values():
            marks.sort()
        self._known: dict[tuple[int, int], tuple[bool, ...]] = {}

    def know(self, networks: Iterable[Network]) -> bool:
        """Return whether every one of some networks is among these."""
        return set(networks) <= set(self._networks)

    def within(self, address: Address) -> tuple[bool, ...]:
        """Return for each network whether it holds the address."""
        key = (address.version, bisect_right(self._marks[address.version], int(address)))
        found = self._known.get(key)
        if found is None:
            found = tuple(address in network for network in self._networks)
            self._known[key] = found
        return found


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
    named = sorted(
        {network for network in networks if network.prefixlen},
        key=lambda network: (network.version, _span(network)[0], network.prefixlen),
    )
    # In this order a network stands behind the widest one that holds it.
    groups: list[list[Network]] = []
    end = -1
    for network in named:
        first, last = _span(network)
        if groups and groups[-1][0].version == network.version and first <= end:
            groups[-1].append(network)
        else:
            groups.append([network])
            end = last
    return [part for group in groups for part in cut(group[0], group[1:])]


def _span(network: Network) -> tuple[int, int]:
    return int(network.network_address), int(network.broadcast_address)

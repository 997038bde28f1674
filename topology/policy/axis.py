"""The axis: every end that policies can tell apart, as one position in bitsets.

First the classes of pods and the entities, then the outside: the parts into which the networks of
the rules cut the address space, and one name for each DNS name or pattern of the rules. The
entity `world` stands for every other address.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Literal

from topology.model import Address, Cluster, Network, Pod
from topology.policy.ends import Ends
from topology.policy.identities import Identity
from topology.policy.networks import named_parts
from topology.policy.peers import AddressPeer, NamePeer, Peer, SelectorPeer
from topology.policy.pods import PodClasses
from topology.policy.rules import Rule
from topology.policy.selectors import Selector
from topology.targets import EntityTarget

__all__ = ["Axis", "Place"]


@dataclass(frozen=True, slots=True)
class Place:
    """One position on the axis."""

    kind: Literal["pods", "entity", "network", "name"]
    name: str
    """Of a pod of the class, of the entity, the network, or the DNS name."""
    identity: Identity


class Axis:
    """The ends of a ground, and which of them selectors, networks and names mean."""

    def __init__(
        self, cluster: Cluster, classes: PodClasses, ends: Ends, rules: Iterable[Rule]
    ) -> None:
        peers = {peer for rule in rules for peer in rule.peers or ()}
        self._index = classes.index
        self._networks = frozenset(_networks(peers))
        self._patterns = frozenset(one.pattern for one in peers if isinstance(one, NamePeer))
        self.pods = len(classes.classes)
        """The classes of pods have the positions below this one."""
        self.classes: tuple[tuple[Pod, ...], ...] = tuple(
            tuple(one.pods) for one in classes.classes
        )
        """The pods at each of those positions."""
        inside = [
            Place("pods" if number < self.pods else "entity", one.name, one)
            for number, one in enumerate(self._index.identities)
        ]
        parts = [
            Place("network", str(part), ends.outside(address))
            for part, address in _outside_parts(cluster, ends.api_addresses, self._networks)
        ]
        names = [
            Place("name", shown, ends.named(name)) for shown, name in sorted(_witnesses(peers))
        ]
        self.places = (*inside, *parts, *names)
        self.everything = (1 << len(self.places)) - 1
        worlds = ("world-ipv4", "world-ipv6") if classes.dual_stack else ("world",)
        self.world = tuple(classes.entities[name].number for name in worlds)
        """The positions that together stand for any address that no rule names."""
        self.entities = tuple(_entities(ends))
        """The positions of what policies call by name outside the pods."""
        outside = self.everything & ~((1 << len(inside)) - 1)
        entities = sum(1 << number for number in self.entities)
        self.ends = classes.everything | entities | outside
        """All that is at the end of connections that people ask about."""
        self._first_part, self._first_name = len(inside), len(inside) + len(parts)
        self._spans = _Spans(parts, self._first_part)
        self._groups = _by_labels(self.places[self._first_part :], self._first_part)
        addressed = self._index.everything if classes.by_address else 0
        self._addressed = [
            (number, one)
            for number, one in enumerate(self._index.identities)
            if one.outside or addressed >> number & 1
        ]
        self._known: dict[Peer, tuple[int, int]] = {}

    def covers(self, rules: Iterable[Rule]) -> bool:
        """Return whether further rules name no networks and DNS names that these do not."""
        peers = {peer for rule in rules for peer in rule.peers or ()}
        patterns = {one.pattern for one in peers if isinstance(one, NamePeer)}
        return self._networks.issuperset(_networks(peers)) and patterns <= self._patterns

    def outside(self, *, names: bool) -> int:
        """Return the named networks and, if wanted, the DNS names, as a bitset."""
        last = len(self.places) if names else self._first_name
        return (1 << last) - (1 << self._first_part)

    @property
    def dns_names(self) -> list[tuple[int, str]]:
        """Return each place that is a DNS name, with that name."""
        return [
            (number, name)
            for number in range(self._first_name, len(self.places))
            for name in self.places[number].identity.names
        ]

    def select(self, selector: Selector) -> int:
        """Return the places that a selector surely selects."""
        return self._index.select(selector) | self._outside_selected(selector)

    def may_select(self, selector: Selector) -> int:
        """Return the places that a selector selects or, labels being unknown, may select."""
        return self._index.may_select(selector) | self._outside_selected(selector)

    def _outside_selected(self, selector: Selector) -> int:
        found = 0
        for identity, bits in self._groups:
            if selector.matches(identity.labels):
                found |= bits
        return found

    def mean(self, peer: Peer) -> tuple[int, int]:
        """Return the places that a peer surely means, and those that it perhaps means.

        Of names it says whether they match; whether Cilium can know the addresses behind them
        depends on the end that asks.
        """
        found = self._known.get(peer)
        if found is None:
            if isinstance(peer, SelectorPeer):
                perhaps = self._index.may_select(peer.selector) & ~self._index.select(peer.selector)
                found = self.select(peer.selector), perhaps
            elif isinstance(peer, AddressPeer):
                found = self._mean_addresses(peer)
            else:
                found = self._mean_names(peer), 0
            self._known[peer] = found
        return found

    def _mean_addresses(self, peer: AddressPeer) -> tuple[int, int]:
        names = self.places[self._first_name :]
        candidates = [*self._addressed, *((self._first_name, one.identity) for one in names[:1])]
        certain = perhaps = 0
        for number, identity in candidates:
            bit = 1 << number
            if number == self._first_name:
                bit = self.everything & ~(bit - 1)
            matched = peer.matches(identity)
            certain |= bit if matched else 0
            perhaps |= bit if matched is None else 0
        if peer.missing:
            return certain, perhaps | self._spans.everything
        inside = holes = 0
        for network in peer.networks:
            inside |= self._spans.within(network)
        for network in peer.excepts:
            holes |= self._spans.within(network)
        return certain | inside & ~holes, perhaps

    def _mean_names(self, peer: Peer) -> int:
        found = 0
        for number in range(self._first_name, len(self.places)):
            if peer.matches(self.places[number].identity):
                found |= 1 << number
        return found


class _Spans:
    """The parts of the address space in order: a network covers a row of them."""

    def __init__(self, parts: list[Place], first: int) -> None:
        self._starts: dict[int, list[int]] = {4: [], 6: []}
        for part in parts:
            address = part.identity.addresses[0]
            self._starts[address.version].append(int(address))
        self._offsets = {4: first, 6: first + len(self._starts[4])}
        self.everything = ((1 << len(parts)) - 1) << first

    def within(self, network: Network) -> int:
        """Return the parts that lie in a network."""
        starts, offset = self._starts[network.version], self._offsets[network.version]
        low = bisect_left(starts, int(network.network_address)) + offset
        high = bisect_right(starts, int(network.broadcast_address)) + offset
        return (1 << high) - (1 << low)


def _entities(ends: Ends) -> Iterator[int]:
    for name in ("host", "kube-apiserver", "remote-node", "world"):
        entity = EntityTarget(name)
        for end in ends.of(entity, entity):
            if end.identity.number >= 0:
                yield end.identity.number


def _networks(peers: Iterable[Peer]) -> Iterator[Network]:
    for peer in peers:
        if isinstance(peer, AddressPeer):
            yield from peer.networks
            yield from peer.excepts


def _outside_parts(
    cluster: Cluster, api: Iterable[object], networks: Set[Network]
) -> Iterator[tuple[Network, Address]]:
    """Yield the parts of the named networks, in order, each with an address outside.

    A part that holds addresses of pods and nodes only is left out.
    """
    taken = {int(address) for pod in cluster.pods for address in pod.addresses}
    taken |= {int(address) for node in cluster.nodes for address in node.addresses}
    single = {ip_network(str(address)) for address in api}
    for part in named_parts({*networks, *single}):
        start, stop = int(part.network_address), int(part.broadcast_address)
        free = start
        while free <= stop and free in taken:
            free += 1
        if free <= stop:
            yield part, type(part.network_address)(free)


_ANY_LABEL = "any-name-0"
"""Stands for the wildcards of a pattern; unlikely to be what another pattern names."""


def _witnesses(peers: Iterable[Peer]) -> Iterator[tuple[str, str]]:
    """Yield each pattern with a name that it matches, of several labels where it may."""
    for peer in peers:
        if isinstance(peer, NamePeer):
            shown = str(peer.pattern)
            pattern = re.sub(r"\*+", "*", shown.strip().lower().removesuffix("."))
            rest = pattern.removeprefix("*")
            candidates = [f"{_ANY_LABEL}.{_ANY_LABEL}{rest}".replace("*", _ANY_LABEL)]
            candidates.append(pattern.replace("*", _ANY_LABEL))
            name = next((one for one in candidates if peer.pattern.matches(one)), None)
            if name is not None:
                yield shown, name


def _by_labels(places: Iterable[Place], first: int) -> list[tuple[Identity, int]]:
    """Return one identity for each set of labels, with the places that share it."""
    found: dict[object, tuple[Identity, int]] = {}
    for number, place in enumerate(places, first):
        key = tuple(sorted(place.identity.labels.items()))
        identity, bits = found.get(key, (place.identity, 0))
        found[key] = identity, bits | 1 << number
    return list(found.values())

"""Numbers behind the names of ports, and the ports that a rule covers."""

from collections.abc import Iterable, Iterator

from topology.model import ContainerPort, Protocol
from topology.policy.ports import PortSet
from topology.policy.profile import Profile
from topology.policy.rules import PortEntry, Rule
from topology.policy.verdict import Direction

__all__ = ["Declared", "Filters", "NamedPorts"]

Declared = tuple[ContainerPort, ...]
"""The ports that a pod's containers declare."""

Filters = frozenset[tuple[Protocol, int]]
"""Single ports that a rule names one by one: DNS rules are kept per such port."""


class NamedPorts:
    """Numbers behind the names of ports.

    Ingress takes the destination's own ports; egress the ports of all pods together, where a name
    with two numbers means nothing (pkg/policy/types/portmap.go). Plain Kubernetes takes the
    destination's own ports both ways.
    """

    def __init__(self, pods: Iterable[Declared], profile: Profile) -> None:
        self.per_pod = profile.name == "kubernetes"
        """Whether egress, too, takes the ports of the destination."""
        everywhere: dict[tuple[str, Protocol], set[int]] = {}
        for declared in set(pods):
            for port in declared:
                if port.name:
                    key = (port.name.lower(), port.protocol)
                    everywhere.setdefault(key, set()).add(port.number)
        self._declared = everywhere
        self._everywhere = {
            key: next(iter(numbers)) for key, numbers in everywhere.items() if len(numbers) == 1
        }

    def meanings(self, entry: PortEntry) -> Iterator[PortSet]:
        """Yield every set of ports that an entry means to some pod."""
        for protocol in entry.protocols:
            if not entry.name:
                yield PortSet.of(protocol, entry.first, entry.last)
            for number in self._declared.get((entry.name, protocol), ()):
                yield PortSet.of(protocol, number)

    def numbers(
        self, entry: PortEntry, direction: Direction, destination: Declared
    ) -> dict[Protocol, int]:
        """Return the number behind a named port, for each protocol that has one."""
        if direction == "egress" and not self.per_pod:
            return {
                protocol: self._everywhere[entry.name, protocol]
                for protocol in entry.protocols
                if (entry.name, protocol) in self._everywhere
            }
        named = [port for port in destination if port.name.lower() == entry.name]
        if not self.per_pod:
            named = named[:1]
        return {
            port.protocol: port.number
            for port in reversed(named)
            if port.protocol in entry.protocols
        }

    def resolve(self, rule: Rule, destination: Declared) -> tuple[PortSet, Filters]:
        """Return the ports that a rule covers, and those that it names one by one."""
        if rule.ports is None:
            return PortSet.ALL, frozenset()
        spans: dict[Protocol, list[tuple[int, int]]] = {}
        filters = set()
        for entry in rule.ports:
            if entry.name:
                found = self.numbers(entry, rule.direction, destination)
                numbers = {protocol: (number, number) for protocol, number in found.items()}
            else:
                numbers = dict.fromkeys(entry.protocols, (entry.first, entry.last))
            for protocol, (first, last) in numbers.items():
                spans.setdefault(protocol, []).append((first, last))
                if first == last:
                    filters.add((protocol, first))
        return PortSet(spans), frozenset(filters)

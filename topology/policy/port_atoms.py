"""Port atoms: the ports of all protocols, cut where rules tell them apart.

No rule of the ground sees a difference between two ports of one atom, so what is true of one of
them is true of all. A set of atoms is an int used as a bitset.
"""

from bisect import bisect_right
from collections.abc import Iterable

from topology.model import Protocol
from topology.policy.ports import PROTOCOLS, PortSet, last_port

__all__ = ["PortAtoms"]

_BASES = {protocol: number << 16 for number, protocol in enumerate(PROTOCOLS)}


class PortAtoms:
    """The coarsest parts of all ports of which each given set is a union."""

    def __init__(self, sets: Iterable[PortSet]) -> None:
        cuts = set(_BASES.values())
        for ports in sets:
            cuts |= _cuts(ports)
        self._starts = sorted(cuts)
        self._cuts = frozenset(cuts)
        self._masks: dict[PortSet, int] = {}
        self._sets: dict[int, PortSet] = {}

    def __len__(self) -> int:
        return len(self._starts)

    @property
    def everything(self) -> int:
        """Return the set of all atoms."""
        return (1 << len(self._starts)) - 1

    def covers(self, ports: PortSet) -> bool:
        """Return whether a set is a union of atoms."""
        return _cuts(ports) <= self._cuts

    def number(self, protocol: Protocol, port: int) -> int:
        """Return the atom that a port is in."""
        return bisect_right(self._starts, _BASES[protocol] + port) - 1

    def mask(self, ports: PortSet) -> int:
        """Return the atoms that a set covers; it must be a union of atoms."""
        found = self._masks.get(ports)
        if found is None:
            found = 0
            for protocol in PROTOCOLS:
                for first, last in ports.spans(protocol):
                    low, high = self.number(protocol, first), self.number(protocol, last)
                    found |= (1 << high + 1) - (1 << low)
            self._masks[ports] = found
        return found

    def ports(self, mask: int) -> PortSet:
        """Return the ports of a set of atoms."""
        known = self._sets.get(mask)
        if known is None:
            known = self._sets[mask] = self._ports(mask)
        return known

    def _ports(self, mask: int) -> PortSet:
        spans: dict[Protocol, list[tuple[int, int]]] = {}
        for number, start in enumerate(self._starts):
            if mask >> number & 1:
                protocol = PROTOCOLS[start >> 16]
                stop = self._starts[number + 1] if number + 1 < len(self._starts) else 1 << 30
                last = min(stop - 1 - _BASES[protocol], last_port(protocol))
                spans.setdefault(protocol, []).append((start - _BASES[protocol], last))
        return PortSet(spans)


def _cuts(ports: PortSet) -> set[int]:
    return {
        _BASES[protocol] + edge
        for protocol in PROTOCOLS
        for first, last in ports.spans(protocol)
        for edge in (first, last + 1)
        if edge <= last_port(protocol)
    }

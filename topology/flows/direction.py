"""Flows of which Hubble did not know whether they are replies, until the others tell."""

from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from typing import Final, Literal

from topology.flows.ends import Ends, ObservedEnd
from topology.flows.flow import Flow

__all__ = ["Kept", "Kind", "Undecided"]

FIRST_CLIENT_PORT: Final = 32768
"""Source: Linux, net.ipv4.ip_local_port_range, 32768 to 60999 unless it was changed."""
_FIRST_USER_PORT: Final = 1024
MOST_KEPT: Final = 100_000
"""Distinct pairs of ports that are remembered; flows beyond are decided by ports alone."""

Kind = Literal["request", "reply", "undecided"]
_Key = tuple[str, str, str, int, int, str, int, str]


@dataclass(slots=True, eq=False)
class Kept:
    """Flows that are alike but for the client's port, of which the first stands for all."""

    source: ObservedEnd
    destination: ObservedEnd
    flow: Flow
    flows: int = 0
    first: int = 0
    last: int = 0
    sockets: set[int] = field(default_factory=set)

    def add(self, flow: Flow) -> None:
        """Count one more flow."""
        self.flows += flow.stands_for
        self.sockets.add(hash((flow.source_address, flow.source_port)))
        if flow.time:
            self.first = min(self.first or flow.time, flow.time)
            self.last = max(self.last, flow.time)


class Undecided:
    """Keeps flows until it is known which connections there are, and decides then."""

    def __init__(self, ends: Ends) -> None:
        self._ends = ends
        self._kept: dict[_Key, Kept] = {}

    def add(self, source: ObservedEnd, destination: ObservedEnd, flow: Flow) -> None:
        """Keep a flow."""
        ports = (flow.source_port, flow.destination_port)
        if len(self._kept) >= MOST_KEPT or _server_port(*ports) is not None:
            # The client's port does not matter to what is decided.
            ports = _without_client(*ports)
        key = (source.key, destination.key, flow.protocol, *ports, flow.verdict,
               flow.drop_reason, flow.direction)  # fmt: skip
        kept = self._kept.get(key)
        if kept is None:
            kept = self._kept[key] = Kept(source, destination, flow)
        kept.add(flow)

    def decide(self, known: Set[tuple[str, str, str, int]]) -> Iterator[tuple[Kept, Kind]]:
        """Yield what was kept, with what it is.

        Args:
            known: Source, destination, protocol and port of connections that are certain.
        """
        for kept in self._kept.values():
            kept.source = self._ends.settled(kept.source)
            kept.destination = self._ends.settled(kept.destination)
            yield kept, self._kind(known, kept.source, kept.destination, kept.flow)

    def _kind(
        self,
        known: Set[tuple[str, str, str, int]],
        source: ObservedEnd,
        destination: ObservedEnd,
        flow: Flow,
    ) -> Kind:
        there = (source.key, destination.key, flow.protocol, flow.destination_port) in known
        back = (destination.key, source.key, flow.protocol, flow.source_port) in known
        if there != back:
            return "request" if there else "reply"
        listens = self._ends.offers(destination, flow.destination_port, flow.protocol)
        answers = self._ends.offers(source, flow.source_port, flow.protocol)
        if listens != answers:
            return "request" if listens else "reply"
        server = _server_port(flow.source_port, flow.destination_port)
        if server is None:
            return "undecided"
        return "request" if server == flow.destination_port else "reply"


def _server_port(source: int, destination: int) -> int | None:
    """Return which of two ports is the server's by its number, None where both may be."""
    for bound in (FIRST_CLIENT_PORT, _FIRST_USER_PORT):
        if (source < bound) != (destination < bound):
            return min(source, destination)
    return None


def _without_client(source: int, destination: int) -> tuple[int, int]:
    """Return the ports with that of the client left out."""
    server = _server_port(source, destination)
    if server is None:
        return source, destination
    return (-1, destination) if server == destination else (source, -1)

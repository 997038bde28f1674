"""How much goes where: talkers, HTTP by edge with errors and latencies, resets, SYNs unanswered."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from topology.flows.ends import Ends, ObservedEnd
from topology.flows.flow import ACK, RST, SYN, Flow
from topology.flows.statistics import Latencies
from topology.flows.times import NANOSECONDS

__all__ = ["Edge", "HttpEdge", "TrafficReport", "TrafficTally"]

SYN_TIMEOUT: Final = 3 * NANOSECONDS
"""Source: RFC 6298: a SYN is sent again after 1 s, then 2 s: after 3 s two tries had no answer."""
MOST_SYNS: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """What went from one end to another, whatever the port."""

    source: str
    destination: str
    flows: int
    """Of both directions, at every point of observation."""
    resets: int = 0
    """TCP resets, of either end."""
    unanswered: int = 0
    """Connections whose SYN got no answer within 3 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpEdge:
    """HTTP from one end to another."""

    source: str
    destination: str
    requests: int
    responses: int
    codes: tuple[tuple[int, int], ...]
    """Status code and number, the most frequent first."""
    p50: int
    """Latency in nanoseconds, to some 9 %; 0 where no response says."""
    p95: int
    p99: int

    @property
    def errors(self) -> int:
        """Return how many responses were 5xx."""
        return sum(number for code, number in self.codes if code >= 500)

    @property
    def error_rate(self) -> float:
        """Return the share of 5xx among responses; 0 for none."""
        return self.errors / self.responses if self.responses else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficReport:
    """What flows show of traffic."""

    flows: int = 0
    edges: tuple[Edge, ...] = ()
    """Those with the most flows first."""
    http: tuple[HttpEdge, ...] = ()
    """Those with the most errors first, then requests."""
    is_one_sided: bool = False
    """Whether no reply of TCP was seen at all, so that unanswered SYNs cannot be told."""


class _Http:
    __slots__ = ("codes", "latencies", "requests")

    def __init__(self) -> None:
        self.requests = 0
        self.codes: Counter[int] = Counter()
        self.latencies = Latencies()


_Pair = tuple[str, str]
_Socket = tuple[str, int, str, int]


class TrafficTally:
    """Adds up traffic between ends."""

    def __init__(self, ends: Ends) -> None:
        self._ends = ends
        self._flows = 0
        self._names: dict[str, str] = {}
        self._edges: Counter[_Pair] = Counter()
        self._resets: Counter[_Pair] = Counter()
        self._http: dict[_Pair, _Http] = {}
        self._syns: dict[_Socket, tuple[_Pair, int]] = {}
        self._last = 0
        self._has_replies = False

    def add(self, flow: Flow) -> None:
        """Take a flow into account."""
        self._flows += flow.stands_for
        if flow.time > self._last:
            self._last = flow.time
        if not flow.protocol or flow.kind == "SOCK":
            return
        pair = self._pair(flow)
        self._edges[pair] += flow.stands_for
        if flow.http is not None:
            self._add_http(pair, flow)
        elif flow.protocol == "TCP":
            self._add_tcp(pair, flow)

    def _pair(self, flow: Flow) -> _Pair:
        """Return the client's and the server's end, whichever way the flow goes."""
        source, destination = self._ends.both(flow)
        # A reply comes from the server, so the client is its destination.
        one, other = (destination, source) if flow.is_reply else (source, destination)
        return self._name(one), self._name(other)

    def _name(self, end: ObservedEnd) -> str:
        name = self._names.get(end.key)
        if name is None:
            name = self._names[end.key] = str(self._ends.settled(end).target)
        return name

    def _add_http(self, pair: _Pair, flow: Flow) -> None:
        http = self._http.get(pair)
        if http is None:
            http = self._http[pair] = _Http()
        if flow.l7 == "REQUEST":
            http.requests += flow.stands_for
        elif flow.http is not None and flow.http.code:
            http.codes[flow.http.code] += flow.stands_for
            if flow.latency:
                http.latencies.add(flow.latency, flow.stands_for)

    def _add_tcp(self, pair: _Pair, flow: Flow) -> None:
        flags = flow.flags
        if flags & RST:
            self._resets[pair] += flow.stands_for
        if not self._syns and not flags & SYN:
            self._has_replies = self._has_replies or bool(flow.is_reply)
            return
        there = (flow.source_address, flow.source_port, flow.destination_address,
                 flow.destination_port)  # fmt: skip
        if flow.is_reply or flags & (SYN | ACK) == SYN | ACK:
            self._has_replies = True
            self._syns.pop((*there[2:], *there[:2]), None)
        elif flags & SYN and flow.verdict in ("FORWARDED", "REDIRECTED"):
            if len(self._syns) < MOST_SYNS:
                self._syns.setdefault(there, (pair, flow.time))
        elif flags & ACK:
            # The client goes on, so it was answered even if that flow is not here.
            self._syns.pop(there, None)

    def finish(self) -> TrafficReport:
        """Return what was seen."""
        unanswered = Counter(
            pair
            for pair, time in self._syns.values()
            if self._has_replies and time and self._last - time >= SYN_TIMEOUT
        )
        edges = [
            Edge(
                source=pair[0],
                destination=pair[1],
                flows=number,
                resets=self._resets[pair],
                unanswered=unanswered[pair],
            )
            for pair, number in self._edges.items()
        ]
        http = [_http_edge(pair, one) for pair, one in self._http.items()]
        return TrafficReport(
            flows=self._flows,
            edges=tuple(sorted(edges, key=lambda one: (-one.flows, one.source, one.destination))),
            http=tuple(
                sorted(http, key=lambda e: (-e.errors, -e.requests, e.source, e.destination))
            ),
            is_one_sided=bool(self._syns) and not self._has_replies,
        )


def _http_edge(pair: _Pair, one: _Http) -> HttpEdge:
    quantile = one.latencies.quantile
    return HttpEdge(
        source=pair[0],
        destination=pair[1],
        requests=one.requests,
        responses=one.codes.total(),
        codes=tuple(sorted(one.codes.items(), key=lambda item: (-item[1], item[0]))),
        p50=quantile(0.5),
        p95=quantile(0.95),
        p99=quantile(0.99),
    )

"""Flows put together into the connections that they show, between workloads and the outside.

Use:

    observation = observed(files.read(query), cluster)
    for connection in observation.forwarded: ...
    observation.first, observation.last, observation.flows, observation.skipped

What becomes of a flow:

* *Replies* are no connections: `is_reply`, or where Hubble did not know it (drops, flows on the
  overlay, exports before 1.11) the TCP flags, the L7 message's type, a connection the other way
  that is known, a port that one of the two ends says it listens on, and last the port number: of
  two ports the one below 32768 (Linux' range of client ports starts there), or below 1024, is the
  server's. What stays undecided is left out and counted as `undecided`.
* *Both sides of a connection, every node and every point on its way* make flows of their own; all
  of them count as one `Connection`, of which `count` tells client sockets and `flows` the flows.
* *Verdicts*: FORWARDED and REDIRECTED (to the proxy, which is no refusal) are `forwarded`, DROPPED
  is `dropped`, AUDIT is `audited`: it passed only as policies were not enforced. TRACED, TRANSLATED
  and ERROR say nothing of the sort, and are counted as `no-verdict`.
* *Ends* are found as `topology.flows.ends` says. Pods on the host network, nodes and the API
  server are entities: Cilium gives them the identity of their node. Kubelet probes come from the
  entity `host`, which policies always let in to pods of its node.
* *Left out*, and counted: Cilium's own health checks (`health`), ICMP errors and neighbour
  discovery (`icmp-control`), multicast and broadcast (`multicast`), flows without L4 (`no-l4`).
"""

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, cast
from urllib.parse import urlsplit

from topology.flows.direction import Kept, Undecided
from topology.flows.ends import Ends, ObservedEnd, address_of
from topology.flows.flow import Flow
from topology.flows.observation import (
    Connection,
    DropCount,
    HttpSeen,
    NameSeen,
    Observation,
    ObservedVerdict,
)
from topology.model import Cluster, Protocol
from topology.targets import EntityTarget

__all__ = [
    "Connection",
    "ConnectionTally",
    "DropCount",
    "HttpSeen",
    "NameSeen",
    "Observation",
    "observed",
]

MOST_REQUESTS: Final = 1_000
"""Distinct requests or names that are kept of one connection."""
MOST_SOCKETS: Final = 2_000_000

_VERDICTS: Final[dict[str, ObservedVerdict]] = {
    "FORWARDED": "forwarded",
    "REDIRECTED": "forwarded",
    "DROPPED": "dropped",
    "AUDIT": "audited",
}
_ECHO: Final = {"ICMP": (8, 0), "ICMPv6": (128, 129)}
"""Types of request and reply."""


def observed(flows: Iterable[Flow], cluster: Cluster) -> Observation:
    """Return the distinct connections that flows show.

    Args:
        flows: In any order; each is looked at once and not kept.
        cluster: Whose workloads, Services and nodes the ends are; may be empty.
    """
    tally = ConnectionTally(Ends(cluster))
    for flow in flows:
        tally.add(flow)
    return tally.finish()


_Key = tuple[str, str, str, int, ObservedVerdict]


class _Open:
    """A connection while flows come in."""

    __slots__ = ("destination", "drops", "first", "flows", "last", "more", "names", "pods",
                 "policies", "queries", "requests", "sockets", "source")  # fmt: skip

    def __init__(self, source: ObservedEnd, destination: ObservedEnd, flow: Flow) -> None:
        self.source = source
        self.destination = destination
        self.first = self.last = flow.time
        self.flows = 0
        self.sockets: set[int] = set()
        self.requests: Counter[tuple[str, str, str, bool]] = Counter()
        self.queries: Counter[str] = Counter()
        self.more = 0
        self.names: set[str] = set()
        self.drops: Counter[tuple[int, str]] = Counter()
        self.policies: set[str] = set()
        self.pods = (flow.source.name, flow.destination.name)

    def see(self, first: int, last: int) -> None:
        """Widen the span of time; 0 is no time."""
        if first and (first < self.first or not self.first):
            self.first = first
        self.last = max(self.last, last)

    def mark(self, flow: Flow, number: int) -> None:
        """Keep what a flow says about names, refusals and policies."""
        if flow.destination_names:
            self.names.update(flow.destination_names)
        if flow.verdict == "DROPPED":
            self.drops[flow.drop_reason, flow.direction.lower()] += number
        for policy in flow.policies:
            self.policies.add(policy.key)

    def merge(self, other: "_Open") -> None:
        """Add what was seen of the same connection."""
        self.flows += other.flows
        self.see(other.first, other.last)
        self.sockets |= other.sockets
        self.requests += other.requests
        self.queries += other.queries
        self.drops += other.drops
        self.names |= other.names
        self.policies |= other.policies
        self.more += other.more
        self.pods = self.pods if all(self.pods) else other.pods


class ConnectionTally:
    """Adds flows up to connections, for those who look at several things in one pass."""

    def __init__(self, ends: Ends) -> None:
        self._ends = ends
        self._open: dict[_Key, _Open] = {}
        self._undecided = Undecided(ends)
        self._skipped: Counter[str] = Counter()
        self._other_drops: Counter[int] = Counter()
        self._flows = 0
        self._first = self._last = 0
        self._sockets = 0

    def add(self, flow: Flow) -> None:
        """Take a flow into account."""
        self._flows += flow.stands_for
        time = flow.time
        if time:
            self._first = min(self._first or time, time)
            self._last = max(self._last, time)
        verdict = _VERDICTS.get(flow.verdict)
        why = _why_skipped(flow) if verdict else "no-verdict"
        if why or not verdict:
            self._skip(flow, why, flow.stands_for)
            return
        source, destination = self._ends.both(flow)
        if _is_health(source) or _is_health(destination):
            self._skip(flow, "health", flow.stands_for)
        elif flow.is_reply is None and flow.protocol in ("TCP", "UDP", "SCTP"):
            self._undecided.add(source, destination, flow)
        else:
            self._add_to(self._entry(source, destination, flow, verdict), flow)

    def _skip(self, flow: Flow, why: str, number: int) -> None:
        self._skipped[why] += number
        if flow.verdict == "DROPPED":
            self._other_drops[flow.drop_reason] += number

    def finish(self) -> Observation:
        """Return what was seen."""
        self._settle()
        known = {key[:4] for key in self._open}
        for kept, kind in self._undecided.decide(known):
            if kind == "request":
                self._add_kept(kept)
            else:
                self._skip(kept.flow, kind, kept.flows)
        self._undecided = Undecided(self._ends)
        entries = sorted(
            self._open.items(),
            key=lambda item: (str(item[1].source.target), str(item[1].destination.target),
                              item[0][2:], item[0]),
        )  # fmt: skip
        ends = [end for one in self._open.values() for end in (one.source, one.destination)]
        return Observation(
            first=self._first,
            last=self._last,
            flows=self._flows,
            connections=tuple(_connection(key, entry) for key, entry in entries),
            skipped=MappingProxyType(dict(sorted(self._skipped.items()))),
            other_drops=MappingProxyType(dict(self._other_drops.most_common())),
            unknown=tuple(sorted({str(end.target) for end in ends if not end.known})),
            is_capped=self._sockets >= MOST_SOCKETS,
        )

    def _settle(self) -> None:
        """Join what was seen of a workload by its pods and by its labels alone."""
        settled: dict[_Key, _Open] = {}
        for key, entry in self._open.items():
            entry.source = self._ends.settled(entry.source)
            entry.destination = self._ends.settled(entry.destination)
            whole = (entry.source.key, entry.destination.key, *key[2:])
            if whole in settled:
                settled[whole].merge(entry)
            else:
                settled[whole] = entry
        self._open = settled

    def _entry(
        self, source: ObservedEnd, destination: ObservedEnd, flow: Flow, verdict: ObservedVerdict
    ) -> _Open:
        key = (source.key, destination.key, flow.protocol, flow.destination_port, verdict)
        entry = self._open.get(key)
        if entry is None:
            entry = self._open[key] = _Open(source, destination, flow)
        return entry

    def _add_to(self, entry: _Open, flow: Flow) -> None:
        entry.flows += flow.stands_for
        entry.see(flow.time, flow.time)
        self._count_sockets(entry, (hash((flow.source_address, flow.source_port)),))
        entry.mark(flow, flow.stands_for)
        if flow.http is not None:
            host, path, has_query = _parts_of(flow.http.url)
            key = (flow.http.method, path, host, has_query)
            _count(entry, entry.requests, key, flow.stands_for)
        elif flow.dns is not None:
            _count(entry, entry.queries, flow.dns.query, flow.stands_for)

    def _add_kept(self, kept: Kept) -> None:
        """Add flows that turned out to be no replies; none of them is of L7."""
        verdict = _VERDICTS[kept.flow.verdict]
        entry = self._entry(kept.source, kept.destination, kept.flow, verdict)
        entry.flows += kept.flows
        entry.see(kept.first, kept.last)
        self._count_sockets(entry, kept.sockets)
        entry.mark(kept.flow, kept.flows)

    def _count_sockets(self, entry: _Open, sockets: Iterable[int]) -> None:
        if self._sockets < MOST_SOCKETS:
            before = len(entry.sockets)
            entry.sockets.update(sockets)
            self._sockets += len(entry.sockets) - before


def _count(entry: _Open, counter: Counter[Any], key: Any, number: int) -> None:
    """Count one request or name, of which only so many distinct ones are kept."""
    if key in counter or len(counter) < MOST_REQUESTS:
        counter[key] += number
    else:
        entry.more += number


def _why_skipped(flow: Flow) -> str:
    """Return why a flow makes no connection; empty if it does."""
    if flow.is_reply:
        return "reply"
    if not flow.protocol:
        return "no-l4"
    if flow.protocol in _ECHO:
        request, reply = _ECHO[flow.protocol]
        if flow.destination_port != request:
            return "reply" if flow.destination_port == reply else "icmp-control"
    return "multicast" if _is_multicast(flow.destination_address) else ""


@lru_cache(maxsize=2**16)
def _is_multicast(text: str) -> bool:
    address = address_of(text)
    return address is not None and (address.is_multicast or text == "255.255.255.255")


def _is_health(end: ObservedEnd) -> bool:
    return isinstance(end.target, EntityTarget) and end.target.name == "health"


@lru_cache(maxsize=2**16)
def _parts_of(url: str) -> tuple[str, str, bool]:
    """Return host and path of the URL of a request, and whether it has a query."""
    try:
        parts = urlsplit(url)
        return parts.hostname or "", parts.path or "/", "?" in url
    except ValueError:
        return "", url.partition("?")[0], "?" in url


def _connection(key: _Key, entry: _Open) -> Connection:
    _, _, protocol, port, verdict = key
    is_icmp = protocol in _ECHO
    outside = not isinstance(entry.destination.target, EntityTarget) and not entry.pods[1]
    drops = sorted(entry.drops.items(), key=lambda item: (-item[1], item[0]))
    return Connection(
        source=entry.source.target,
        destination=entry.destination.target,
        port=port,
        protocol=cast(Protocol, protocol),
        verdict=verdict,
        count=entry.flows if is_icmp else len(entry.sockets),
        flows=entry.flows,
        first=entry.first,
        last=entry.last,
        requests=tuple(sorted(HttpSeen(*one, n) for one, n in entry.requests.items())),
        queries=tuple(sorted(NameSeen(name, n) for name, n in entry.queries.items())),
        more=entry.more,
        names=frozenset(entry.names) if outside else frozenset(),
        drops=tuple(DropCount(reason, side, n) for (reason, side), n in drops),
        pods=entry.pods,
        policies=tuple(sorted(entry.policies)),
    )

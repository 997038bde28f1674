"""DNS as flows show it: who asks what, what fails, what is asked in vain because of search paths.

Source: RFC 1035 for the codes; resolv.conf(5) for `search` and `ndots`: a name with fewer dots than
`ndots` (5 in pods) is tried with every search suffix first, so one lookup makes several queries.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from topology.flows.ends import Ends
from topology.flows.flow import Flow
from topology.flows.times import NANOSECONDS

__all__ = ["DnsClient", "DnsFailure", "DnsReport", "DnsTally", "rcode_name"]

TIMEOUT: Final = 5 * NANOSECONDS
"""Source: resolv.conf(5), `timeout`: after so long a client asks again."""
MOST_NAMES: Final = 20_000
"""Distinct names of one client that are kept apart."""

_RCODES: Final = ("NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED")
_REST: Final = "(other names)"


def rcode_name(code: int) -> str:
    """Return the name of a response code.

    >>> rcode_name(2), rcode_name(99)
    ('SERVFAIL', 'RCODE99')
    """
    return _RCODES[code] if 0 <= code < len(_RCODES) else f"RCODE{code}"


@dataclass(frozen=True, slots=True, order=True)
class DnsFailure:
    """A name that was asked for in vain."""

    name: str
    outcome: str
    """`NXDOMAIN`, `SERVFAIL`, `REFUSED`, ..., `EMPTY` (no address of the type asked for),
    `TIMEOUT` (no answer within 5 s), or `DENIED` (the DNS proxy let the query not through)."""
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsClient:
    """What one workload asked for."""

    client: str
    """`namespace/workload`, or an entity."""
    queries: int
    responses: int
    failures: tuple[DnsFailure, ...]
    """The most frequent first; without what only the search path made."""
    expansions: int
    """NXDOMAIN for a name with a search suffix, while the name without it was answered."""
    wasted: tuple[tuple[str, int], ...]
    """Names that were answered in the end, with how many vain queries each cost."""
    names: tuple[tuple[str, int], ...] = ()
    """Names asked for, the most frequent first."""

    @property
    def failed(self) -> int:
        """Return how many lookups failed for good."""
        return sum(one.count for one in self.failures)

    @property
    def is_storm(self) -> bool:
        """Return whether half of the queries or more are search-path expansions, 10 at least."""
        return self.expansions >= max(10, (self.queries or self.responses) / 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsReport:
    """What flows show of DNS."""

    queries: int = 0
    responses: int = 0
    outcomes: Mapping[str, int] = field(default_factory=dict)
    """Responses by code name, and `EMPTY`."""
    clients: tuple[DnsClient, ...] = ()
    """Those with the most trouble first."""
    dropped: int = 0
    """Packets to port 53 that were dropped before they became a query."""
    unpaired: bool = False
    """Whether there are queries and no responses at all, so that time-outs cannot be told."""


class _Client:
    __slots__ = ("answered", "asked", "failures", "queries", "responses")

    def __init__(self) -> None:
        self.queries = self.responses = 0
        self.asked: Counter[str] = Counter()
        self.failures: Counter[tuple[str, str]] = Counter()
        self.answered: set[str] = set()


class DnsTally:
    """Adds up DNS messages; a query and its response are told by client, port and name."""

    def __init__(self, ends: Ends) -> None:
        self._ends = ends
        self._clients: dict[str, _Client] = {}
        self._open: dict[tuple[str, int, str, tuple[str, ...]], tuple[str, int]] = {}
        self._outcomes: Counter[str] = Counter()
        self._dropped = 0
        self._last = 0

    def add(self, flow: Flow) -> None:
        """Take a flow into account, if it is of DNS."""
        self._last = max(self._last, flow.time)
        if flow.dns is None:
            if flow.destination_port == 53 and flow.verdict == "DROPPED":
                self._dropped += flow.stands_for
            return
        is_response = flow.l7 == "RESPONSE"
        if is_response:
            end = self._ends.of(flow.destination, flow.destination_address, is_source=True)
            socket = (flow.destination_address, flow.destination_port)
        else:
            end = self._ends.of(flow.source, flow.source_address, is_source=True)
            socket = (flow.source_address, flow.source_port)
        name = str(end.target)
        client = self._clients.get(name)
        if client is None:
            client = self._clients[name] = _Client()
        key = (*socket, flow.dns.query, flow.dns.qtypes)
        if is_response:
            self._open.pop(key, None)
            self._respond(client, flow)
        else:
            self._ask(client, flow)
            if flow.verdict != "DROPPED":
                self._open[key] = (name, flow.time)

    def _ask(self, client: _Client, flow: Flow) -> None:
        query = flow.dns.query if flow.dns else ""
        client.queries += flow.stands_for
        client.asked[_kept(client.asked, query)] += flow.stands_for
        if flow.verdict == "DROPPED":
            client.failures[query, "DENIED"] += flow.stands_for

    def _respond(self, client: _Client, flow: Flow) -> None:
        dns = flow.dns
        if dns is None:
            return
        client.responses += flow.stands_for
        outcome = rcode_name(dns.rcode)
        if dns.rcode == 0:
            if dns.ips or dns.cnames or not _wants_address(dns.qtypes):
                self._outcomes[outcome] += flow.stands_for
                client.answered.add(dns.query)
                return
            outcome = "EMPTY"
        self._outcomes[outcome] += flow.stands_for
        client.failures[dns.query, outcome] += flow.stands_for

    def finish(self) -> DnsReport:
        """Return what was seen."""
        responses = sum(one.responses for one in self._clients.values())
        queries = sum(one.queries for one in self._clients.values())
        unpaired = bool(queries and not responses)
        late: dict[str, Counter[str]] = {}
        for (_, _, query, _), (name, time) in self._open.items():
            # What was asked just before the end may have been answered after it.
            if not unpaired and time and self._last - time >= TIMEOUT:
                late.setdefault(name, Counter())[query] += 1
        clients = [
            _client_of(name, one, late.get(name, Counter())) for name, one in self._clients.items()
        ]
        return DnsReport(
            queries=queries,
            responses=responses,
            outcomes=dict(self._outcomes.most_common()),
            clients=tuple(
                sorted(clients, key=lambda one: (-one.failed, -one.expansions, one.client))
            ),
            dropped=self._dropped,
            unpaired=unpaired,
        )


def _kept(names: Counter[str], name: str) -> str:
    return name if name in names or len(names) < MOST_NAMES else _REST


def _wants_address(qtypes: tuple[str, ...]) -> bool:
    return not qtypes or bool({"A", "AAAA"} & set(qtypes))


def _client_of(name: str, one: _Client, late: Counter[str]) -> DnsClient:
    wasted: Counter[str] = Counter()
    failures: Counter[tuple[str, str]] = Counter()
    search = _SearchPath(one)
    for (query, outcome), number in one.failures.items():
        meant = search.meant_by(query) if outcome == "NXDOMAIN" else ""
        if meant:
            wasted[meant] += number
        elif not (outcome == "EMPTY" and query in one.answered):
            # No address of one family, where the name has one of the other, is no failure.
            failures[query, outcome] += number
    for query, number in late.items():
        failures[query, "TIMEOUT"] += number
    ranked = sorted(failures.items(), key=lambda item: (-item[1], item[0]))
    return DnsClient(
        client=name,
        queries=one.queries,
        responses=one.responses,
        failures=tuple(DnsFailure(query, outcome, n) for (query, outcome), n in ranked),
        expansions=wasted.total(),
        wasted=tuple(sorted(wasted.items(), key=lambda item: (-item[1], item[0]))),
        names=tuple(sorted(one.asked.items(), key=lambda item: (-item[1], item[0]))),
    )


class _SearchPath:
    """Tells which names that do not exist a client tried only because of its search path."""

    def __init__(self, client: _Client) -> None:
        self._exists = client.answered | {
            query for query, outcome in client.failures if outcome == "EMPTY"
        }
        self._missing = {query for query, outcome in client.failures if outcome == "NXDOMAIN"}
        self._tried: Counter[str] = Counter()
        for query in self._missing:
            self._tried.update(_bases(query))

    def meant_by(self, query: str) -> str:
        """Return the name that was meant, empty where the query is what was meant.

        A query is an expansion of a name if it begins with it and that name exists, or was tried
        as well; or if the same name was tried with two suffixes of the cluster or more.
        """
        end = len(query)
        while (end := query.rfind(".", 0, end)) > 0:
            base = query[:end]
            if base in self._exists or base in self._missing:
                return base
            if "." in base and self._tried[base] > 1:
                # Tried with two suffixes of the cluster: then this is a third, of the nodes.
                return base
        for base in _bases(query):
            # One label alone may be the name of a Service that does not exist: that is a failure.
            if self._tried[base] > 1 and "." in base:
                return base
        return self._other_suffix(query)

    def _other_suffix(self, query: str) -> str:
        """Return the name in the cluster of which a query has one part too many.

        `db.other.shop.svc.cluster.local` is tried before `db.other.svc.cluster.local`.
        """
        parts = query.removesuffix(".svc.cluster.local").split(".")
        if query.endswith(".svc.cluster.local"):
            for length in range(len(parts) - 1, 1, -1):
                name = ".".join((*parts[:length], "svc.cluster.local"))
                if name in self._exists:
                    return name
        return ""


def _bases(query: str) -> set[str]:
    """Return the names that a query in the cluster's zone may be an expansion of."""
    if not query.endswith(".cluster.local"):
        return set()
    inner = query.removesuffix(".cluster.local")
    found = {inner}
    if inner.endswith(".svc"):
        inner = inner.removesuffix(".svc")
        found = {inner, inner.rpartition(".")[0]}
    return found - {""}

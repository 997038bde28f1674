"""What a window of flows shows: distinct connections between workloads and the outside."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from topology.flows.ends import ObservedTarget
from topology.model import Protocol

__all__ = ["Connection", "DropCount", "HttpSeen", "NameSeen", "Observation", "ObservedVerdict"]

ObservedVerdict = Literal["forwarded", "dropped", "audited"]


@dataclass(frozen=True, slots=True, order=True)
class HttpSeen:
    """An HTTP request that was made, and how often."""

    method: str
    path: str
    """Without query; as sent, so identifiers in it are not generalised."""
    host: str
    """Without port; empty where the flow does not say."""
    has_query: bool = False
    """Whether it came with a query string, which Cilium's rules see as part of the path."""
    count: int = 0

    @property
    def target(self) -> str:
        """Return the path as a proxy sees it; a query that was sent is stood for by a short one."""
        return f"{self.path}?q=1" if self.has_query else self.path


@dataclass(frozen=True, slots=True, order=True)
class NameSeen:
    """A DNS name that was asked for, and how often."""

    name: str
    """Lower case, without trailing dot, with the search suffix that the client tried."""
    count: int = 0


@dataclass(frozen=True, slots=True, order=True)
class DropCount:
    """Why and where flows of a connection were dropped."""

    reason: int
    """See `topology.flows.drop_reasons`; 0 where an L7 rule refused a request."""
    direction: str
    """`egress` at the source, `ingress` at the destination; empty where the flow does not say."""
    flows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Everything that was seen between two ends on one port with one verdict."""

    source: ObservedTarget
    """Never a pod or its address. A workload that the cluster lacks is made from the flow (with
    one planned pod that carries its labels) and named in `Observation.unknown`."""
    destination: ObservedTarget
    """`ServiceTarget` only where a Service's own address was seen, before translation."""
    port: int
    """Of the destination: the pod's port, or the Service's for a `ServiceTarget`; the type for
    ICMP."""
    protocol: Protocol
    verdict: ObservedVerdict
    count: int
    """Distinct client sockets (address and port); flows for ICMP. See `Observation.is_capped`."""
    flows: int
    first: int
    """Nanoseconds since 1970 of the earliest flow, in whatever order they came; 0 if unknown."""
    last: int
    requests: tuple[HttpSeen, ...] = ()
    """Sorted; empty without L7 visibility, which is no sign that no HTTP was spoken."""
    queries: tuple[NameSeen, ...] = ()
    """DNS names asked for on this connection, sorted."""
    more: int = 0
    """Requests and queries beyond the first 1,000 distinct ones, which are not kept."""
    names: frozenset[str] = frozenset()
    """Every DNS name under which a destination outside was known; `DnsTarget` is the first."""
    drops: tuple[DropCount, ...] = ()
    """Of a dropped one, the most frequent first."""
    pods: tuple[str, str] = ("", "")
    """`namespace/pod` of the source and the destination of one of the flows, as an example."""
    policies: tuple[str, ...] = ()
    """Policies to which Cilium put the verdict down, sorted; from 1.15 on."""

    def __str__(self) -> str:
        return f"{self.source} -> {self.destination} {self.port}/{self.protocol}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What a window of flows shows."""

    first: int
    """Nanoseconds since 1970 of the earliest flow; 0 if no flow says when it was."""
    last: int
    flows: int
    """Flows that were looked at, those skipped included; aggregated ones by what they stand for."""
    connections: tuple[Connection, ...] = ()
    """Sorted by source, destination, protocol, port and verdict."""
    skipped: Mapping[str, int] = field(default_factory=dict)
    """Flows by why they make no connection: `reply`, `undecided`, `no-verdict`, `no-l4`,
    `icmp-control`, `multicast`, `health`."""
    other_drops: Mapping[int, int] = field(default_factory=dict)
    """Drops among the skipped flows, by reason: packets that open no connection."""
    unknown: tuple[str, ...] = ()
    """`namespace/workload` of workloads that are not in the cluster, sorted."""
    is_capped: bool = False
    """Whether there were more than 2,000,000 sockets, so that counts are lower bounds."""

    @property
    def forwarded(self) -> tuple[Connection, ...]:
        """Return the connections that were let through."""
        return tuple(one for one in self.connections if one.verdict == "forwarded")

    @property
    def dropped(self) -> tuple[Connection, ...]:
        """Return the connections of which flows were dropped."""
        return tuple(one for one in self.connections if one.verdict == "dropped")

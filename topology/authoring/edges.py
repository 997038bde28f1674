"""Connections that workloads need, by direction, subject, ports and peers."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from topology.authoring.intent import Clause, Kind, Party, Pods, PortSpan, RequestTest, Traffic

__all__ = ["MESH", "Edges", "Requests", "clauses_of"]

MESH: Kind = "AuthorizationPolicy"
Requests = tuple[RequestTest, ...]
Table = dict[tuple[str, PortSpan | None, Requests], dict[Party, None]]


@dataclass(slots=True)
class Edges:
    """Connections by direction, subject, ports and peers; each with what shows it."""

    requests: Mapping[tuple[str, str, int], Requests] = field(default_factory=dict)
    """What may be asked on a connection between workloads; everything where it says nothing."""
    kind: Kind | None = None
    inward: Table = field(default_factory=dict)
    outward: Table = field(default_factory=dict)
    evidence: dict[str, None] = field(default_factory=dict)
    gaps: dict[str, None] = field(default_factory=dict)
    has_calls: bool = False
    """Whether anything says who calls whom; what is open to the outside does not."""

    def add(
        self,
        table: Table,
        name: str,
        span: PortSpan | None,
        peer: Party,
        requests: Requests = (),
    ) -> None:
        """Add a peer of a workload on a port."""
        table.setdefault((name, span, requests), {})[peer] = None


def clauses_of(edges: Edges, subjects: Mapping[str, Pods]) -> Iterator[Clause]:
    """Yield a clause for each workload and set of peers, their ports together."""
    for side, table in (("ingress", edges.inward), ("egress", edges.outward)):
        grouped: dict[tuple[str, tuple[Party, ...], Requests], list[PortSpan | None]] = {}
        for (name, span, requests), peers in table.items():
            grouped.setdefault((name, tuple(peers), requests), []).append(span)
        for (name, parties, requests), spans in grouped.items():
            ports = () if None in spans else tuple(one for one in spans if one)
            mine: tuple[Party, ...] = (subjects[name],)
            inward = side == "ingress"
            for some in _alike(parties):
                yield Clause(
                    effect="allow",
                    sources=some if inward else mine,
                    destinations=mine if inward else some,
                    traffic=Traffic(ports=ports, requests=requests),
                    side="ingress" if inward else "egress",
                )


def _alike(parties: Iterable[Party]) -> Iterator[tuple[Party, ...]]:
    """Yield parties of one sort together, so that each has a rule of its own."""
    sorts: dict[type, list[Party]] = {}
    for party in parties:
        sorts.setdefault(type(party), []).append(party)
    for found in sorts.values():
        yield tuple(found)

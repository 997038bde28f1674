"""The rows that the tools about flows answer with, made of what was found."""

from collections.abc import Iterable

from tools.flow_results import (
    BalanceRow,
    DnsRow,
    DropRow,
    EdgeRow,
    ExplainedRow,
    FlowWindow,
    HttpRow,
    OtherDrops,
    PodRow,
    WorldRow,
)
from topology.flows.balance import Balance
from topology.flows.dns import DnsClient
from topology.flows.drop_reasons import POLICY, meaning_of, name_of
from topology.flows.drops import Drop
from topology.flows.judgement import Judgement
from topology.flows.observation import Connection, Observation
from topology.flows.reading import FlowReading
from topology.flows.times import NANOSECONDS, time_text
from topology.flows.traffic import Edge, HttpEdge

__all__ = [
    "balance_row",
    "dns_row",
    "drop_row",
    "edge_row",
    "explained_row",
    "http_row",
    "other_drops",
    "window_of",
    "world_row",
]

_MOST = 20
_MS = 10**6


def window_of(observation: Observation, reading: FlowReading, files: Iterable[str]) -> FlowWindow:
    """Return what was looked at, once it was read."""
    tally = reading.tally
    return FlowWindow(
        first=time_text(observation.first),
        last=time_text(observation.last),
        seconds=round((observation.last - observation.first) / NANOSECONDS, 3),
        flows=observation.flows,
        files=tuple(files),
        skipped=dict(observation.skipped),
        duplicates=tally.duplicates,
        malformed=tally.malformed,
        lost_events=tally.lost,
        other_lines=dict(tally.others),
    )


def _port(connection: Connection) -> str:
    kind = "type " if connection.protocol.startswith("ICMP") else ""
    return f"{kind}{connection.port}/{connection.protocol}"


def _rule(judgement: Judgement | None) -> dict[str, str]:
    layer = judgement.layer if judgement else None
    if layer is None:
        return {}
    place = layer.location or (layer.causes[0][1] if layer.causes else None)
    return {
        "policy": layer.policy or (layer.causes[0][0] if layer.causes else ""),
        "rule": layer.rule or "",
        "location": str(place) if place else "",
    }


def drop_row(drop: Drop) -> DropRow:
    """Return one drop."""
    connection, judgement = drop.connection, drop.judgement
    refused = judgement.refused if judgement else ()
    return DropRow(
        source=str(connection.source),
        destination=str(connection.destination),
        port=_port(connection),
        reason=drop.name,
        reason_code=drop.reason,
        direction=drop.direction,
        flows=drop.flows,
        count=connection.count,
        first=time_text(connection.first),
        last=time_text(connection.last),
        cause=drop.cause,
        why=drop.why,
        fix=drop.fix,
        engine=judgement.verdict if judgement else "",
        requests=(
            *(f"{one.method} {one.path}" for one in refused[:_MOST]),
            *(judgement.names[:_MOST] if judgement else ()),
        ),
        **_rule(judgement),
    )


def other_drops(reason: int, flows: int) -> OtherDrops:
    """Return the drops of one reason that belong to no connection."""
    return OtherDrops(
        reason=name_of(reason), reason_code=reason, flows=flows, meaning=meaning_of(reason)
    )


def explained_row(connection: Connection, judgement: Judgement, fix: str) -> ExplainedRow:
    """Return an observed connection beside what the engine says."""
    passed = connection.verdict == "forwarded"
    expected = {"allow": True, "deny": False}.get(judgement.verdict)
    by_policy = any(one.reason in POLICY or not one.reason for one in connection.drops)
    if connection.verdict == "dropped" and not by_policy:
        # It was policies that let it pass, and something else that dropped it.
        agrees = True
    elif connection.verdict == "audited":
        # It was let through although policies would have denied it: so they must deny it.
        agrees = judgement.verdict != "allow"
    else:
        agrees = expected is None or expected is passed
    return ExplainedRow(
        source=str(connection.source),
        destination=str(connection.destination),
        port=_port(connection),
        seen=connection.verdict,
        count=connection.count,
        flows=connection.flows,
        engine=judgement.verdict,
        agrees=agrees,
        why=judgement.reason,
        reasons=tuple(dict.fromkeys(name_of(one.reason) for one in connection.drops)),
        fix=fix,
        **_rule(judgement),
    )


def dns_row(client: DnsClient) -> DnsRow:
    """Return what one workload asked for."""
    return DnsRow(
        client=client.client,
        queries=client.queries,
        responses=client.responses,
        failed=client.failed,
        expansions=client.expansions,
        is_storm=client.is_storm,
        failures=tuple(
            {"name": one.name, "outcome": one.outcome, "count": one.count}
            for one in client.failures[:_MOST]
        ),
        wasted=_counted(client.wasted),
        names=_counted(client.names),
    )


def _counted(pairs: tuple[tuple[str, int], ...]) -> tuple[dict[str, str | int], ...]:
    return tuple({"name": name, "count": number} for name, number in pairs[:_MOST])


def edge_row(edge: Edge) -> EdgeRow:
    """Return the traffic from one end to another."""
    return EdgeRow(
        source=edge.source,
        destination=edge.destination,
        flows=edge.flows,
        resets=edge.resets,
        unanswered=edge.unanswered,
    )


def http_row(edge: HttpEdge) -> HttpRow:
    """Return the HTTP from one end to another."""
    return HttpRow(
        source=edge.source,
        destination=edge.destination,
        requests=edge.requests,
        responses=edge.responses,
        errors=edge.errors,
        error_rate=round(edge.error_rate, 4),
        codes={str(code): number for code, number in edge.codes},
        p50_ms=round(edge.p50 / _MS, 2),
        p95_ms=round(edge.p95 / _MS, 2),
        p99_ms=round(edge.p99 / _MS, 2),
    )


def world_row(connection: Connection) -> WorldRow:
    """Return a connection without what decides it."""
    return WorldRow(
        source=str(connection.source),
        destination=str(connection.destination),
        port=_port(connection),
        verdict=connection.verdict,
        count=connection.count,
        flows=connection.flows,
    )


def balance_row(balance: Balance) -> BalanceRow:
    """Return how evenly the pods of one workload are used."""
    return BalanceRow(
        workload=balance.workload,
        uneven=balance.is_uneven,
        measure=balance.measure,
        total=balance.total,
        largest=round(balance.largest, 2),
        variation=round(balance.variation, 3),
        p=balance.p,
        idle=balance.idle,
        pods=tuple(
            PodRow(
                pod=one.pod,
                connections=one.connections,
                requests=one.requests,
                share=round(getattr(one, balance.measure) / balance.total, 4),
            )
            for one in balance.pods[:_MOST]
        ),
        causes=balance.causes,
        note=balance.note,
    )

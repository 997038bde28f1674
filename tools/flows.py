"""Tools that answer from flows: what was dropped and why, DNS, load, errors, what is new."""

from collections.abc import Iterable

import orjson

from tools import flow_text
from tools.flow_reading import last_seen, observe_flows, open_flows, read_query, survey_flows
from tools.flow_results import (
    BalanceResult,
    DnsResult,
    DropsResult,
    ExplainedResult,
    FlowWindow,
    TopResult,
)
from tools.flow_rows import (
    balance_row,
    dns_row,
    drop_row,
    edge_row,
    explained_row,
    http_row,
    other_drops,
    world_row,
)
from tools.set_aside import set_aside
from tools.spec import Evidence, tool
from tools.workspace import Workspace
from topology.errors import InvalidQuery
from topology.flows.connections import observed
from topology.flows.drops import Drop, explain_drops
from topology.flows.judgement import Judge
from topology.flows.observation import Connection, Observation
from topology.flows.parsing import parse_flow
from topology.flows.recognition import flow_of
from topology.flows.since import is_clock, since_time
from topology.flows.survey import new_edges, to_world

__all__ = ["explain_flows", "flow_dns", "flow_drops", "flow_imbalance", "flow_top"]

MOST_ROWS = 50
_DNS_PORT = 53


@tool()
def flow_drops(workspace: Workspace, filters: str = "") -> DropsResult:
    """List what was dropped, by cause, each explained by the policies.

    Use it for "what is being dropped", "why are packets from X to Y dropped", "which rule is
    missing". A drop that the policies of the snapshot do not explain is said to differ.

    Args:
        workspace: The network with its flows.
        filters: Which flows, in the words of `hubble observe`, such as `--to-namespace shop
            --since 2026-11-28T10:40:00Z`.

    Returns:
        The drops with reason, side, missing or denying rule, and what to write.
    """
    observation, window, notes = observe_flows(workspace, filters)
    drops = explain_drops(observation, workspace.network.policies)
    result = DropsResult(
        summary="",
        window=window,
        drops=tuple(map(drop_row, drops[:MOST_ROWS])),
        dropped_flows=sum(drop.flows for drop in drops) + sum(observation.other_drops.values()),
        others=tuple(other_drops(*pair) for pair in observation.other_drops.items()),
        left_out=max(0, len(drops) - MOST_ROWS),
        evidence=tuple(_evidence(drops[:MOST_ROWS])),
        not_verified=(*set_aside(workspace.network, ()), *notes),
    )
    return result.model_copy(update={"summary": flow_text.describe_drops(result)})


@tool()
def flow_dns(workspace: Workspace, filters: str = "") -> DnsResult:
    """Say who asks what of DNS, what fails, and what only walks the search path.

    Use it for "is DNS slow", "which names fail", "why so many NXDOMAIN", "is DNS dropped".

    Args:
        workspace: The network with its flows.
        filters: Which flows, in the words of `hubble observe`, such as `--namespace shop`.

    Returns:
        Queries, outcomes, and per workload the failed names and vain queries.
    """
    found, window, notes = survey_flows(workspace, filters)
    drops = [
        drop
        for drop in explain_drops(found.observation, workspace.network.policies)
        if drop.connection.port == _DNS_PORT
    ]
    if found.dns.unpaired:
        notes.append("The flows hold queries and no responses, so failures cannot be told.")
    clients = found.dns.clients
    result = DnsResult(
        summary="",
        window=window,
        queries=found.dns.queries,
        responses=found.dns.responses,
        outcomes=dict(found.dns.outcomes),
        dropped=found.dns.dropped,
        clients=tuple(map(dns_row, clients[:MOST_ROWS])),
        uncovered=tuple(map(drop_row, drops[:MOST_ROWS])),
        evidence=tuple(_evidence(drops)),
        not_verified=tuple(notes),
    )
    return result.model_copy(update={"summary": flow_text.describe_dns(result)})


@tool()
def flow_top(workspace: Workspace, filters: str = "", new_since: str = "") -> TopResult:
    """Say who talks most to whom, with HTTP errors and latencies, resets, and ways out.

    Use it for "who are the top talkers", "where do the 503s come from", "what leaves the cluster",
    "what connections are new".

    Args:
        workspace: The network with its flows.
        filters: Which flows, in the words of `hubble observe`, such as `--namespace shop`.
        new_since: A time such as `10:40` or `2026-11-28T10:40:00Z` (UTC): also list the
            connections after it that the flows before it do not have.

    Returns:
        The busiest edges, edges in trouble, HTTP by edge, what leaves the cluster, what is new.
    """
    found, window, notes = survey_flows(workspace, filters)
    edges, observation = found.traffic.edges, found.observation
    trouble = sorted(
        (edge for edge in edges if edge.resets or edge.unanswered),
        key=lambda edge: (-edge.resets - edge.unanswered, edge.source, edge.destination),
    )
    if found.traffic.is_one_sided:
        notes.append("The flows hold no TCP replies, so unanswered connections cannot be told.")
    world = sorted(to_world(observation), key=lambda one: (-one.flows, str(one)))
    new = _new(workspace, filters, new_since) if new_since else ()
    result = TopResult(
        summary="",
        window=window,
        talkers=tuple(map(edge_row, edges[:MOST_ROWS])),
        trouble=tuple(map(edge_row, trouble[:MOST_ROWS])),
        http=tuple(map(http_row, found.traffic.http[:MOST_ROWS])),
        world=tuple(map(world_row, world[:MOST_ROWS])),
        new=tuple(map(world_row, new[:MOST_ROWS])),
        not_verified=tuple(notes),
    )
    return result.model_copy(update={"summary": flow_text.describe_top(result)})


@tool()
def flow_imbalance(workspace: Workspace, filters: str = "") -> BalanceResult:
    """Say how evenly the pods of each workload are used, with likely causes of a difference.

    Use it for "one pod gets all the traffic", "is the load balanced", "why is pod X hot".

    Args:
        workspace: The network with its flows.
        filters: Which flows, in the words of `hubble observe`, such as `--to-workload cart`.

    Returns:
        Each workload's shares, a chi-square test against even shares, and causes found.
    """
    found, window, notes = survey_flows(workspace, filters)
    result = BalanceResult(
        summary="",
        window=window,
        workloads=tuple(map(balance_row, found.balances[:MOST_ROWS])),
        not_verified=tuple(notes),
    )
    return result.model_copy(update={"summary": flow_text.describe_balance(result)})


@tool()
def explain_flows(workspace: Workspace, filters: str = "", flow: str = "") -> ExplainedResult:
    """Explain observed connections: what was seen, and which rule of the policies decides it.

    Use it for "explain this flow" with a line of `hubble observe -o jsonpb`, and for "do the
    policies explain what was seen between A and B".

    Args:
        workspace: The network with its flows.
        filters: Which flows, in the words of `hubble observe`, such as `--pod shop/web`.
        flow: One flow as JSON, to be explained instead of those of the workspace.

    Returns:
        Each connection with what was seen, the engine's verdict, and whether the two agree.
    """
    if flow:
        observation = observed([parse_flow(_one_flow(flow))], workspace.cluster)
        window, notes = FlowWindow(first="", last="", seconds=0.0, flows=1), list[str]()
    else:
        observation, window, notes = observe_flows(workspace, filters)
    judge = Judge(workspace.network.policies)
    fixes = {
        id(drop.connection): drop.fix
        for drop in explain_drops(observation, workspace.network.policies)
    }
    # What differs from the policies comes first: that is what a reader must not miss.
    rows = sorted(
        (
            explained_row(one, judge.judge(one), fixes.get(id(one), ""))
            for one in observation.connections
        ),
        key=lambda row: (row.agrees, row.seen != "dropped"),
    )
    result = ExplainedResult(
        summary="",
        window=window,
        connections=tuple(rows[:MOST_ROWS]),
        left_out=max(0, len(rows) - MOST_ROWS),
        not_verified=(*set_aside(workspace.network, ()), *notes),
    )
    return result.model_copy(update={"summary": flow_text.describe_explained(result)})


def _new(workspace: Workspace, filters: str, since: str) -> tuple[Connection, ...]:
    """Return the connections from a time on that were not there before it."""
    time = since_time(since, last_seen(workspace) if is_clock(since) else 0)
    query = read_query(workspace, filters)
    flows = list[Observation]()
    for is_after in (False, True):
        chosen = (one for one in open_flows(workspace, query) if (one.time >= time) is is_after)
        flows.append(observed(chosen, workspace.cluster))
    return new_edges(*flows)


def _one_flow(text: str) -> dict[str, object]:
    """Return the flow that a person pasted."""
    try:
        found = flow_of(orjson.loads(text))
        if found is not None:
            parse_flow(found)
            return dict(found)
    except (orjson.JSONDecodeError, ValueError):
        pass
    message = f"`{text[:80]}` is no flow."
    raise InvalidQuery(message, hint="Paste a whole line of `hubble observe -o jsonpb`.")


def _evidence(drops: Iterable[Drop]) -> Iterable[Evidence]:
    for drop in drops:
        layer = drop.judgement.layer if drop.judgement else None
        if layer is not None and layer.policy:
            location = str(layer.location) if layer.location else ""
            yield Evidence(claim=layer.reason, source=layer.policy, location=location)
        elif layer is not None:
            for policy, place in layer.causes:
                yield Evidence(claim="denies by default", source=policy, location=str(place))

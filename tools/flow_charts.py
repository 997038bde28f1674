"""Charts of flows: drops over time, verdicts by edge, and the DNS lookups that fail."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

from tools.flow_reading import observe_flows, open_flows, read_query, survey_flows
from tools.pictures import Chart, Edge, Node, Picture, Series
from tools.pictures.chart import FILLS
from tools.pictures.picture import Verdict
from tools.wording import count
from tools.workspace import Workspace
from topology.flows.drop_reasons import name_of
from topology.flows.observation import Connection
from topology.flows.timeline import Timeline, TimelineTally
from topology.flows.times import NANOSECONDS, duration_text

__all__ = ["chart_dns", "chart_drops", "chart_verdicts", "draw_verdicts"]

MOST_ROWS = 40
_KINDS = len(FILLS)
_REST = "other reasons"
_SEARCH = "search path only"
_PASSED, _DROPPED, _AUDITED = "passed", "dropped", "audited (would be dropped)"
_COLOURS = {_PASSED: "#1a7f37", _DROPPED: "#cf222e", _AUDITED: "#9a6700"}
_SEEN = {"forwarded": _PASSED, "dropped": _DROPPED, "audited": _AUDITED}


def chart_drops(workspace: Workspace, filters: str = "") -> Chart:
    """Return dropped flows over time, by the reason that Cilium gives.

    Args:
        workspace: The network with its flows.
        filters: Which flows, in the words of `hubble observe`.

    Raises:
        InvalidQuery: A filter is none, or there are no flows.
        UnreadableInput: There are lines, and none of them is a flow.
    """
    # Refuses what cannot be read, and knows the window; drops are few beside the flows.
    observation, window, notes = observe_flows(workspace, filters)
    tally = TimelineTally()
    for flow in open_flows(workspace, read_query(workspace, filters)):
        if flow.verdict == "DROPPED":
            reason = name_of(flow.drop_reason) if flow.drop_reason else "L7_REFUSED"
            tally.add(flow.time, reason, flow.stands_for)
    line = tally.finish(observation.first, observation.last)
    totals = line.totals
    dropped = sum(totals.values()) + line.undated
    told = f"{count(dropped, 'flow')} of {window.flows:,} dropped"
    told += f", {window.first} to {window.last}" if window.first else ""
    if line.undated:
        notes.append(f"{count(line.undated, 'dropped flow')} without a time are in no column.")
    kinds = list(totals)[: _KINDS - 1 if len(totals) > _KINDS else _KINDS]
    series = [
        Series(kind, tuple(one.get(kind, 0) for one in line.bins), FILLS[number])
        for number, kind in enumerate(kinds)
    ]
    if len(kinds) < len(totals):
        rest = tuple(sum(one.values()) - sum(one.get(k, 0) for k in kinds) for one in line.bins)
        series.append(Series(_REST, rest, FILLS[-1]))
    return Chart(
        title="Drops over time",
        told=f"{told}.",
        axis=f"time (UTC), {duration_text(line.width)} each",
        labels=tuple(_labels(line)),
        series=tuple(series),
        notes=tuple(notes),
    )


def chart_dns(workspace: Workspace, filters: str = "") -> Chart:
    """Return the DNS lookups that failed, by name and outcome, and those made in vain.

    Args:
        workspace: The network with its flows.
        filters: Which flows, in the words of `hubble observe`.

    Raises:
        InvalidQuery: A filter is none, or there are no flows.
        UnreadableInput: There are lines, and none of them is a flow.
    """
    found, window, notes = survey_flows(workspace, filters)
    numbers: dict[str, Counter[str]] = {}
    for client in found.dns.clients:
        for one in client.failures:
            numbers.setdefault(one.name, Counter())[one.outcome] += one.count
        for name, number in client.wasted:
            numbers.setdefault(name, Counter())[_SEARCH] += number
    if found.dns.unpaired:
        notes.append("The flows hold queries and no responses, so failures cannot be told.")
    if found.dns.dropped:
        text = f"{count(found.dns.dropped, 'packet')} to port 53 were dropped before they were read"
        notes.append(f"{text} as a query; `netassist flows drops --to-port 53` says why.")
    failed = sum(client.failed for client in found.dns.clients)
    told = f"{count(found.dns.queries, 'query')}, "
    told += f"{count(found.dns.responses, 'response')}; {failed:,} lookups failed"
    told += f", {window.first} to {window.last}." if window.first else "."
    ranked = sorted(
        numbers.items(), key=lambda one: (one[1][_SEARCH] - one[1].total(), -one[1][_SEARCH], one)
    )
    outcomes = Counter[str]()
    for _, counted in ranked:
        outcomes.update(counted)
    kinds = sorted(outcomes, key=lambda kind: (kind == _SEARCH, -outcomes[kind], kind))
    fills = dict(zip(kinds, FILLS, strict=False)) | {_SEARCH: FILLS[-1]}
    return Chart(
        title="DNS lookups that failed",
        told=told,
        axis="name",
        unit="lookups",
        across=True,
        labels=tuple(name for name, _ in ranked[:MOST_ROWS]),
        series=tuple(_series(kinds, fills, [one for _, one in ranked[:MOST_ROWS]])),
        notes=(*_left_out(len(ranked), "name"), *notes),
    )


def chart_verdicts(workspace: Workspace, filters: str = "") -> Chart:
    """Return what passed and what was dropped of each connection, those with drops first.

    Args:
        workspace: The network with its flows.
        filters: Which flows, in the words of `hubble observe`.

    Raises:
        InvalidQuery: A filter is none, or there are no flows.
        UnreadableInput: There are lines, and none of them is a flow.
    """
    observation, window, notes = observe_flows(workspace, filters)
    edges: dict[str, Counter[str]] = {}
    for one in observation.connections:
        name = f"{one.source} to {one.destination} {_port(one)}"
        edges.setdefault(name, Counter())[_SEEN[one.verdict]] += one.flows
    ranked = sorted(edges.items(), key=lambda one: (-one[1][_DROPPED], -one[1].total(), one[0]))
    told = f"{count(len(edges), 'connection')} in {count(window.flows, 'flow')}; replies are left "
    told += f"out, {window.first} to {window.last}." if window.first else "out."
    return Chart(
        title="Verdicts by connection",
        told=told,
        axis="connection",
        across=True,
        labels=tuple(name for name, _ in ranked[:MOST_ROWS]),
        series=tuple(_series(_COLOURS, _COLOURS, [one for _, one in ranked[:MOST_ROWS]])),
        notes=(*_left_out(len(ranked), "connection"), *notes),
    )


def draw_verdicts(workspace: Workspace, filters: str = "") -> Picture:
    """Return the same as arrows between ends, each with its ports and numbers.

    Args:
        workspace: The network with its flows.
        filters: Which flows, in the words of `hubble observe`.

    Raises:
        InvalidQuery: A filter is none, or there are no flows.
        UnreadableInput: There are lines, and none of them is a flow.
    """
    observation, _, notes = observe_flows(workspace, filters)
    pairs: dict[tuple[str, str], dict[str, Counter[str]]] = {}
    for one in observation.connections:
        ports = pairs.setdefault((str(one.source), str(one.destination)), {})
        ports.setdefault(_port(one), Counter())[_SEEN[one.verdict]] += one.flows
    ranked = sorted(
        pairs.items(), key=lambda item: (-_dropped(item[1].values()), item[0])
    )[:MOST_ROWS]  # fmt: skip
    names = dict.fromkeys(name for pair, _ in ranked for name in pair)
    nodes = tuple(Node(name, name.partition("/")[2] or name, _space(name)) for name in names)
    edges = tuple(
        Edge(source, target, _told(ports), _verdict(ports.values()))
        for (source, target), ports in ranked
    )
    notes = [*_left_out(len(pairs), "pair"), *notes]
    return Picture("Verdicts by connection", nodes, edges, notes=tuple(notes))


def _series(
    kinds: Iterable[str], fills: Mapping[str, str], rows: Sequence[Counter[str]]
) -> Iterator[Series]:
    for kind in kinds:
        values = tuple(row[kind] for row in rows)
        if any(values):
            yield Series(kind, values, fills.get(kind, FILLS[-1]))


def _left_out(number: int, noun: str) -> Iterator[str]:
    if number > MOST_ROWS:
        yield f"The first {MOST_ROWS} of {count(number, noun)} are shown; filters show others."


def _labels(line: Timeline) -> Iterator[str]:
    """Yield the beginning of each stretch, as short as its length allows."""
    for number in range(len(line.bins)):
        time = line.start + number * line.width
        moment = datetime.fromtimestamp(time // NANOSECONDS, UTC)
        if line.width >= 86_400 * NANOSECONDS:
            yield f"{moment:%Y-%m-%d}"
        elif line.width >= 3_600 * NANOSECONDS:
            yield f"{moment:%m-%d %H:%M}"
        elif line.width >= 60 * NANOSECONDS:
            yield f"{moment:%H:%M}"
        elif line.width >= NANOSECONDS:
            yield f"{moment:%H:%M:%S}"
        else:
            yield f"{moment:%H:%M:%S}.{time % NANOSECONDS // 10**6:03}"


def _port(one: Connection) -> str:
    kind = "type " if one.protocol.startswith("ICMP") else ""
    return f"{kind}{one.port}/{one.protocol}"


def _space(name: str) -> str:
    return name.removeprefix("service:").partition("/")[0] if "/" in name else "outside"


def _dropped(counted: Iterable[Counter[str]]) -> int:
    return sum(one[_DROPPED] for one in counted)


def _told(ports: Mapping[str, Counter[str]]) -> str:
    return "; ".join(
        f"{port}: " + ", ".join(f"{number:,} {kind}" for kind, number in sorted(counted.items()))
        for port, counted in sorted(ports.items())
    )


def _verdict(counted: Iterable[Counter[str]]) -> Verdict:
    seen = {kind for one in counted for kind in one}
    if seen == {_PASSED}:
        return "allow"
    return "deny" if seen == {_DROPPED} else "some"

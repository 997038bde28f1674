"""The tool that answers from Prometheus' counters: the findings of flows, from a second source."""

from pydantic import BaseModel, ConfigDict

from tools.spec import Evidence, ToolResult, tool
from tools.wording import bullets, count
from tools.workspace import Workspace
from topology.diagnosis.metrics import describe
from topology.errors import InvalidQuery, UnreadableInput
from topology.telemetry.findings import MetricFinding, metric_report
from topology.telemetry.prometheus import read_metrics

__all__ = ["MetricRow", "MetricsResult", "read_flow_metrics"]

_ROWS = 40
_TITLES = {
    "drops": "Drops by reason",
    "dns-errors": "DNS errors",
    "resets": "TCP resets",
    "http-errors": "HTTP errors",
    "imbalance": "Uneven load (chi-square, p < 0.01)",
}


class MetricRow(BaseModel):
    """One thing that counters show."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    kind: str
    """`drops`, `dns-errors`, `resets`, `http-errors` or `imbalance`."""
    what: str
    source: str
    destination: str
    count: float
    of: float
    """All of that kind between the same ends; 0 where that is not known."""
    metric: str
    location: str


class MetricsResult(ToolResult):
    """What metrics show."""

    series: int
    since_start: bool
    """Whether counters are of the time since their start, as each was read once."""
    rows: tuple[MetricRow, ...]
    left_out: int = 0
    malformed: int = 0
    other_metrics: int = 0
    not_counted: tuple[str, ...] = ()
    """Kinds of finding for which there is no metric in the input."""


@tool()
def read_flow_metrics(workspace: Workspace) -> MetricsResult:
    """Say what Hubble's, Cilium's or Retina's metrics show: drops, DNS errors, resets, HTTP, load.

    Use it for "what do the metrics say", "drops by reason in Prometheus", where there are metrics
    and no flows, or as a second source beside flows.

    Args:
        workspace: The network with files of metrics: the text format, or results of the query API.

    Returns:
        What each kind of counter shows, per workload where the metrics name pods.
    """
    if not workspace.metric_files:
        message = "The workspace holds no metrics."
        hint = "Add a scrape (`curl .../metrics > metrics.prom`), or an answer of `/api/v1/query`."
        raise InvalidQuery(message, hint=hint)
    reading = read_metrics(workspace.metric_files)
    if not reading.series and reading.problems:
        first = reading.problems[0]
        message = f"No metric could be read: {first.message} ({first.location})"
        raise UnreadableInput(message, hint=first.hint)
    report = metric_report(reading, workspace.cluster)
    absent = tuple(kind for kind in _TITLES if kind not in report.kinds)
    result = MetricsResult(
        summary="",
        series=report.series,
        since_start=report.is_since_start,
        rows=tuple(map(_row, report.findings[:_ROWS])),
        left_out=max(0, len(report.findings) - _ROWS),
        malformed=report.malformed,
        other_metrics=report.others,
        not_counted=absent,
        evidence=tuple(_evidence(one) for one in report.findings[:_ROWS]),
        not_verified=tuple(f"Not read: {one.message} ({one.location})" for one in reading.problems),
    )
    return result.model_copy(update={"summary": _describe(result, report.findings)})


def _row(one: MetricFinding) -> MetricRow:
    return MetricRow(
        kind=one.kind, what=one.what, source=one.source, destination=one.destination,
        count=one.count, of=one.of, metric=one.metric,
        location=str(one.location) if one.location else "",
    )  # fmt: skip


def _evidence(one: MetricFinding) -> Evidence:
    place = str(one.location) if one.location else ""
    return Evidence(claim=describe(one), source=one.metric, location=place)


def _describe(result: MetricsResult, findings: tuple[MetricFinding, ...]) -> str:
    parts = []
    for kind, title in _TITLES.items():
        lines = [f"{describe(one)}." for one in findings if one.kind == kind]
        if lines:
            more = [f"... and {len(lines) - 10:,} more."] if len(lines) > 10 else []
            parts.append(f"{title}:\n\n{bullets([*lines[:10], *more])}")
    if not parts:
        parts.append("The metrics show no drops, errors, resets or uneven load.")
    when = "since they started" if result.since_start else "between the first and the last scrape"
    tail = f"Looked at {count(result.series, 'series')}; counters are of the time {when}."
    if result.malformed:
        tail += f" {count(result.malformed, 'malformed line')} set aside."
    if result.not_counted:
        tail += f" No metric in the input counts: {', '.join(result.not_counted)}."
    return "\n\n".join([*parts, tail])

"""The commands about what flows and metrics show: `netassist flows drops|dns|top|...`."""

import inspect
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.flow_charts import ChartForm, ChartFormat, chart_of, write_chart
from assistant.cli.opening import JsonFlag, WorkspacePaths, open_workspace
from assistant.cli.pictures import OpenIt
from assistant.cli.render import Output
from topology.errors import InvalidQuery

if TYPE_CHECKING:
    from tools.spec import ToolSpec

__all__ = ["flows"]

_FILTERS = """
Answer from Hubble flows in the workspace (`-w`): files of `hubble observe -o jsonpb`, gzip too.

Every command takes the filters of `hubble observe` in its own words: --verdict, --pod, --from-pod,
--to-pod, --namespace, --label, --ip, --port, --protocol, --http-status, --fqdn, --since, --until,
--last, --type, --workload, --service, --not, --allowlist and the rest, with the same meaning.
--since and --until also take a time of day, such as 10:40: UTC, of the day on which the flows end.
"""

flows = typer.Typer(name="flows", help=_FILTERS, no_args_is_help=True, rich_markup_mode=None)
_WORDS = {"allow_extra_args": True, "ignore_unknown_options": True}


def _add(command: Callable[..., None]) -> None:
    """Register a command; its help keeps the line breaks of its examples."""
    text = inspect.getdoc(command) or ""
    name = command.__name__.replace("_", "-")
    flows.command(
        name, help=text.replace("Examples:\n", "\b\nExamples:\n"), context_settings=_WORDS
    )(command)


def drops(
    context: typer.Context,
    form: ChartFormat = ChartForm.TEXT,
    open_it: OpenIt = False,
    workspace: WorkspacePaths = None,
    as_json: JsonFlag = False,
) -> None:
    """List what was dropped, by cause; drops by policy are explained by the rules in force.

    The chart (--format, --open) shows drops over time, by Cilium's reason.

    Examples:
      netassist flows drops -w cluster.yaml -w flows.jsonl
      netassist flows drops -w export/ --to-namespace shop --since 10:40
      hubble observe -o jsonpb --last 5000 | netassist flows drops -w cluster.yaml -w - --json
      netassist flows drops -w export/ --open
    """
    from tools.flows import flow_drops

    chart = _Chart("drops", chart_of(form, open_it=open_it), open_it)
    _run(context, flow_drops, {}, workspace, as_json=as_json, chart=chart)


def dns(
    context: typer.Context,
    form: ChartFormat = ChartForm.TEXT,
    open_it: OpenIt = False,
    workspace: WorkspacePaths = None,
    as_json: JsonFlag = False,
) -> None:
    """Say who asks what of DNS, what fails, and what only walks the search path.

    The chart (--format, --open) shows the lookups that failed, by name and outcome.

    Examples:
      netassist flows dns -w flows.jsonl
      netassist flows dns -w export/ --namespace shop --json
      netassist flows dns -w flows.jsonl --format svg > dns.svg
    """
    from tools.flows import flow_dns

    chart = _Chart("dns", chart_of(form, open_it=open_it), open_it)
    _run(context, flow_dns, {}, workspace, as_json=as_json, chart=chart)


def top(
    context: typer.Context,
    new_since: Annotated[
        str,
        typer.Option(metavar="TIME", help="Also list connections that are new since then."),
    ] = "",
    form: ChartFormat = ChartForm.TEXT,
    open_it: OpenIt = False,
    workspace: WorkspacePaths = None,
    as_json: JsonFlag = False,
) -> None:
    """Say who talks most to whom, with HTTP errors and latencies, resets, and ways out.

    The chart (--format, --open) shows what passed and what was dropped of each connection.

    Examples:
      netassist flows top -w flows.jsonl
      netassist flows top -w export/ --http-status 5+
      netassist flows top -w export/ --new-since 10:40
      netassist flows top -w export/ --open
    """
    from tools.flows import flow_top

    chart = _Chart("verdicts", chart_of(form, open_it=open_it), open_it)
    _run(context, flow_top, {"new_since": new_since}, workspace, as_json=as_json, chart=chart)


def imbalance(
    context: typer.Context, workspace: WorkspacePaths = None, as_json: JsonFlag = False
) -> None:
    """Say how evenly the pods of each workload are used, with likely causes of a difference.

    Examples:
      netassist flows imbalance -w cluster.yaml -w flows.jsonl
      netassist flows imbalance -w export/ --to-workload cart
    """
    from tools.flows import flow_imbalance

    _run(context, flow_imbalance, {}, workspace, as_json=as_json)


def explain(
    context: typer.Context,
    flow: Annotated[
        str, typer.Option(metavar="JSON", help="One line of `hubble observe -o jsonpb`.")
    ] = "",
    workspace: WorkspacePaths = None,
    as_json: JsonFlag = False,
) -> None:
    """Set observed connections beside the rules that decide them, and say where the two differ.

    Examples:
      netassist flows explain -w cluster.yaml -w flows.jsonl --pod shop/web
      netassist flows explain -w cluster.yaml --flow '{"flow": {...}}'
    """
    from tools.flows import explain_flows

    _run(context, explain_flows, {"flow": flow}, workspace, as_json=as_json)


def metrics(
    context: typer.Context, workspace: WorkspacePaths = None, as_json: JsonFlag = False
) -> None:
    """Say what metrics show: drops, DNS errors, resets, HTTP errors and uneven load.

    Reads Prometheus' text format and answers of its query API, of the metrics `hubble_*`,
    `cilium_*` and `networkobservability_*`. Two scrapes show what happened in between.

    Examples:
      netassist flows metrics -w cluster.yaml -w metrics.prom
      netassist flows metrics -w cluster.yaml -w before.prom -w after.prom --json
    """
    from tools.metrics import read_flow_metrics

    if context.args:
        message = f"`{context.args[0]}` is a filter of flows, and metrics have none."
        raise InvalidQuery(message, hint="Leave the filters out.")
    _run(context, read_flow_metrics, {}, workspace, as_json=as_json, takes_filters=False)


for _command in (drops, dns, top, imbalance, explain, metrics):
    _add(_command)


@dataclass(frozen=True, slots=True)
class _Chart:
    """The chart that a command can show instead of its text."""

    kind: str
    form: ChartForm
    open_it: bool


def _run(
    context: typer.Context,
    spec: "ToolSpec",
    arguments: dict[str, Any],
    paths: list[str] | None,
    *,
    as_json: bool,
    takes_filters: bool = True,
    chart: _Chart | None = None,
) -> None:
    output: Output = context.obj
    opened = open_workspace(paths, output)
    if chart is not None and chart.form is not ChartForm.TEXT and not as_json:
        write_chart(chart.kind, opened, context.args, chart.form, output, open_it=chart.open_it)
        return
    with output.working("Reading flows"):
        filters = {"filters": shlex.join(context.args)} if takes_filters else {}
        result = spec.call(opened, arguments | filters)
    if as_json:
        output.write_json(result.model_dump(mode="json"))
        return
    output.write_markdown(result.summary)
    for note in result.not_verified:
        output.note(note)

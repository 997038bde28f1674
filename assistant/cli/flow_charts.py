"""The charts of the commands about flows: in which format, and where to."""

import shlex
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.pictures import write_picture

if TYPE_CHECKING:
    from assistant.cli.render import Output
    from tools.workspace import Workspace

__all__ = ["ChartForm", "ChartFormat", "chart_of", "write_chart"]


class ChartForm(StrEnum):
    """How a chart is written."""

    TEXT = "text"
    MERMAID = "mermaid"
    SVG = "svg"
    HTML = "html"


ChartFormat = Annotated[
    ChartForm,
    typer.Option("--format", help="`svg` and `mermaid` are charts, `html` one with its numbers."),
]


def chart_of(form: ChartForm, *, open_it: bool) -> ChartForm:
    """Return the format that is meant: what is opened is a page unless said otherwise."""
    return ChartForm.HTML if open_it and form is ChartForm.TEXT else form


def write_chart(
    kind: str,
    workspace: "Workspace",
    words: list[str],
    form: ChartForm,
    output: "Output",
    *,
    open_it: bool,
) -> None:
    """Print or open the chart of drops over time, of DNS lookups that failed, or of verdicts.

    Args:
        kind: `drops`, `dns` or `verdicts`.
        workspace: The network with its flows.
        words: Filters, in the words of `hubble observe`.
        form: Any format but text.
        output: Where it is printed; what could not be checked is said on stderr, too.
        open_it: Whether to open it instead.
    """
    from tools.flow_charts import chart_dns, chart_drops, chart_verdicts, draw_verdicts
    from tools.pictures import to_chart_mermaid, to_chart_page, to_chart_svg, to_mermaid

    filters = shlex.join(words)
    with output.working("Reading flows"):
        if kind == "verdicts" and form is ChartForm.MERMAID:
            picture = draw_verdicts(workspace, filters)
            notes, text = picture.notes, to_mermaid(picture)
        else:
            makers = {"drops": chart_drops, "dns": chart_dns, "verdicts": chart_verdicts}
            chart = makers[kind](workspace, filters)
            writers = {
                ChartForm.MERMAID: to_chart_mermaid,
                ChartForm.SVG: to_chart_svg,
                ChartForm.HTML: to_chart_page,
            }
            notes, text = chart.notes, writers[form](chart)
    for note in notes:
        output.note(note)
    write_picture(text, form.value, output, open_it=open_it)

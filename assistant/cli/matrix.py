"""The command that shows the whole network at once: `netassist matrix`."""

from enum import StrEnum
from typing import Annotated

import typer

from assistant.cli import exit_codes
from assistant.cli.opening import JsonFlag, WorkspacePaths, open_workspace
from assistant.cli.pictures import OpenIt, write_picture
from assistant.cli.reach import Http
from assistant.cli.render import Output

__all__ = ["matrix"]


class By(StrEnum):
    """What a row of the matrix stands for."""

    WORKLOAD = "workload"
    NAMESPACE = "namespace"


class Format(StrEnum):
    """How the matrix is written."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    MERMAID = "mermaid"
    DOT = "dot"
    SVG = "svg"
    HTML = "html"


def matrix(
    context: typer.Context,
    by: Annotated[By, typer.Option(help="One row per workload or per namespace.")] = By.WORKLOAD,
    namespace: Annotated[str, typer.Option(help="Only workloads of this namespace.")] = "",
    http: Http = "",
    form: Annotated[
        Format, typer.Option("--format", help="`dot` is for Graphviz, `html` one interactive page.")
    ] = Format.TEXT,
    open_it: OpenIt = False,
    workspace: WorkspacePaths = None,
    as_json: JsonFlag = False,
) -> None:
    """Show who may open what to whom: every workload to every other and to the outside.

    Ports are those that the destination offers. Network policies, L7 rules and the mesh count.

    Examples:
      netassist matrix
      netassist matrix --by namespace
      netassist matrix --http "GET /items"
      netassist matrix --namespace shop --format html > matrix.html
      netassist matrix --open
      netassist matrix --format dot | dot -Tsvg > matrix.svg
    """
    from tools.matrix import MatrixResult, show_matrix

    output: Output = context.obj
    if open_it and form is Format.TEXT:
        form = Format.HTML
    opened = open_workspace(workspace, output)
    with output.working("Computing"):
        result = show_matrix.call(opened, {"by": by.value, "namespace": namespace, "http": http})
        assert isinstance(result, MatrixResult)
    if as_json or form is Format.JSON:
        output.write_json(result.model_dump(mode="json"))
    elif form is Format.TEXT:
        output.write_markdown(result.summary)
        for fault in result.not_verified:
            output.note(fault)
    else:
        from assistant.cli.matrix_formats import FORMATS

        write_picture(FORMATS[form.value](result, opened), form.value, output, open_it=open_it)
    raise typer.Exit(exit_codes.ANSWERED)

"""The commands about the topology itself: `topology show`."""

import inspect
from enum import StrEnum
from typing import Annotated

import typer

from assistant.cli.opening import JsonFlag, WorkspacePaths, open_workspace
from assistant.cli.pictures import OpenIt, write_picture
from assistant.cli.render import Output

__all__ = ["topology"]

topology = typer.Typer(
    help="The network as a picture: workloads, Services, who calls whom, what is exposed.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class Format(StrEnum):
    """How the picture is written."""

    MERMAID = "mermaid"
    DOT = "dot"
    SVG = "svg"
    JSON = "json"


@topology.callback()
def group() -> None:
    """Keep `show` a command of its own, as more may come."""


def show(
    context: typer.Context,
    namespace: Annotated[
        str, typer.Option(help="Only what lies in it, and what that is connected to.")
    ] = "",
    form: Annotated[
        Format, typer.Option("--format", help="`mermaid` is for Markdown, `dot` for Graphviz.")
    ] = Format.MERMAID,
    open_it: OpenIt = False,
    workspace: WorkspacePaths = None,
    as_json: JsonFlag = False,
) -> None:
    """Show workloads with their Services: who calls whom, and what is exposed to the world.

    Calls are those that environment variables name. Large networks are shown by namespace.

    Examples:
      netassist topology show
      netassist topology show -w cluster.yaml --format svg > topology.svg
      netassist topology show --namespace shop --open
    """
    from dataclasses import asdict

    from tools.pictures import draw_topology, to_dot, to_mermaid, to_svg

    output: Output = context.obj
    opened = open_workspace(workspace, output)
    if namespace and namespace not in opened.cluster.namespaces:
        known = ", ".join(sorted(opened.cluster.namespaces)[:12])
        message = f"there is no namespace `{namespace}`; there are {known}"
        raise typer.BadParameter(message)
    picture = draw_topology(opened, namespace)
    for note in picture.notes:
        output.note(note)
    if as_json or form is Format.JSON:
        output.write_json(asdict(picture))
        return
    if open_it and form is Format.MERMAID:
        form = Format.SVG
    writers = {Format.MERMAID: to_mermaid, Format.DOT: to_dot, Format.SVG: to_svg}
    write_picture(writers[form](picture), form.value, output, open_it=open_it)


_TEXT = inspect.getdoc(show) or ""
topology.command(help=_TEXT.replace("Examples:\n", "\b\nExamples:\n"))(show)

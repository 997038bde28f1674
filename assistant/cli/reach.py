"""The commands that ask the engine directly: `reach`, `who-can-reach`, `what-can`."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli import exit_codes
from assistant.cli.opening import JsonFlag, WorkspacePaths, open_workspace
from assistant.cli.pictures import OpenIt, write_picture
from assistant.cli.render import Output

if TYPE_CHECKING:
    from tools.spec import ToolResult, ToolSpec

__all__ = ["reach", "what_can", "who_can_reach"]

_ENDS = (
    "`ns/pod`, `ns/workload`, a name that only one thing has, `service:ns/name`, an address, a "
    "CIDR, a DNS name, `world`, `host`, `remote-node` or `kube-apiserver`"
)


class Format(StrEnum):
    """How the path is written."""

    TEXT = "text"
    MERMAID = "mermaid"
    DOT = "dot"
    SVG = "svg"


Port = Annotated[
    str,
    typer.Option(
        help="`8080`, `8080/TCP`, or a port's name. The pod's port; for `service:` the Service's. "
        "Without it every port that the destination offers is answered."
    ),
]
Http = Annotated[str, typer.Option(metavar="'METHOD /PATH'", help="Ask about this HTTP request.")]


def reach(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="SRC", help=f"Source: {_ENDS}.")],
    destination: Annotated[str, typer.Argument(metavar="DST", help="Destination, likewise.")],
    port: Port = "",
    http: Http = "",
    host: Annotated[str, typer.Option(help="The request's host (`:authority`).")] = "",
    header: Annotated[
        list[str] | None, typer.Option(metavar="K=V", help="A request header; may be repeated.")
    ] = None,
    claims: Annotated[
        str, typer.Option(metavar="JSON", help="Claims of a valid token that the request carries.")
    ] = "",
    sni: Annotated[
        str, typer.Option(metavar="NAME", help="Server name that the caller's TLS handshake names.")
    ] = "",
    form: Annotated[
        Format, typer.Option("--format", help="The path as a picture instead of in words.")
    ] = Format.TEXT,
    open_it: OpenIt = False,
    workspace: WorkspacePaths = None,
    as_json: JsonFlag = False,
) -> None:
    """Say whether SRC can open a connection to DST, and which rule decides at every layer.

    Exits with 0 if allowed, 1 if denied or not decidable.

    Examples:
      netassist reach shop/web shop/cart
      netassist reach web service:shop/payments --port 443
      netassist reach shop/web shop/catalog --port 8080 --http "GET /items"
      netassist reach world shop/db --port 5432 --json
      netassist reach shop/web shop/cart --format svg > path.svg
    """
    from tools.reach import can_reach

    arguments = {
        "source": source,
        "destination": destination,
        "port": port,
        "http": http,
        "host": host,
        "headers": header or [],
        "claims": claims,
        "sni": sni,
    }
    if open_it and form is Format.TEXT:
        form = Format.SVG
    if as_json or form is Format.TEXT:
        result = _run(context, can_reach, arguments, workspace, as_json=as_json)
    else:
        result = _draw(context, can_reach, arguments, workspace, form, open_it=open_it)
    raise typer.Exit(exit_codes.ANSWERED if result.verdict == "allow" else exit_codes.NO)


def who_can_reach(
    context: typer.Context,
    destination: Annotated[str, typer.Argument(metavar="DST", help=f"Destination: {_ENDS}.")],
    port: Port = "",
    http: Http = "",
    workspace: WorkspacePaths = None,
    as_json: JsonFlag = False,
) -> None:
    """List who can reach DST, grouped by workload, with its exposure to the outside.

    Examples:
      netassist who-can-reach shop/db --port 5432
      netassist who-can-reach service:shop/web --json
    """
    from tools.reach import who_can_reach as spec

    arguments = {"destination": destination, "port": port, "http": http}
    _run(context, spec, arguments, workspace, as_json=as_json)


def what_can(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="SRC", help=f"Source: {_ENDS}.")],
    port: Port = "",
    http: Http = "",
    workspace: WorkspacePaths = None,
    as_json: JsonFlag = False,
) -> None:
    """List what SRC can reach, grouped by workload, the outside included.

    Examples:
      netassist what-can shop/web
      netassist what-can staging/web --port 5432 --json
      netassist what-can shop/web --http "GET /items"
    """
    from tools.reach import what_can_reach

    arguments = {"source": source, "port": port, "http": http}
    _run(context, what_can_reach, arguments, workspace, as_json=as_json)


def _draw(
    context: typer.Context,
    spec: "ToolSpec",
    arguments: dict[str, Any],
    paths: list[str] | None,
    form: Format,
    *,
    open_it: bool,
) -> "ToolResult":
    from tools.pictures import draw_reach, to_dot, to_mermaid, to_svg
    from tools.reach_results import ReachResult

    output: Output = context.obj
    result = spec.call(open_workspace(paths, output), arguments)
    assert isinstance(result, ReachResult)
    writers = {Format.MERMAID: to_mermaid, Format.DOT: to_dot, Format.SVG: to_svg}
    write_picture(writers[form](draw_reach(result)), form.value, output, open_it=open_it)
    return result


def _run(
    context: typer.Context,
    spec: "ToolSpec",
    arguments: dict[str, Any],
    paths: list[str] | None,
    *,
    as_json: bool,
) -> "ToolResult":
    output: Output = context.obj
    opened = open_workspace(paths, output)
    with output.working("Computing"):
        result = spec.call(opened, arguments)
    document = result.model_dump(mode="json")
    if as_json:
        output.write_json(document)
    else:
        output.write_markdown(result.summary)
        if document.get("layers"):
            output.write_layers(document["layers"])
    return result

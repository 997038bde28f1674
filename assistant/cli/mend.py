"""The commands that change policies: `netassist policy fix`, `convert`, `tighten` and others."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli import exit_codes
from assistant.cli.opening import JsonFlag, WorkspacePaths, open_workspace
from assistant.cli.reach import Http, Port
from assistant.cli.render import Output

if TYPE_CHECKING:
    from tools.rewritten import Artifact
    from tools.spec import ToolResult

__all__ = ["fix"]

Out = Annotated[
    str,
    typer.Option(
        metavar="FILE", help="Write the policies as they would be to this file; nothing is applied."
    ),
]


def fix(
    context: typer.Context,
    source: Annotated[str, typer.Argument(metavar="SRC", help="Who cannot reach, as for reach.")],
    destination: Annotated[str, typer.Argument(metavar="DST", help="Whom; as for reach.")],
    port: Port = "",
    http: Http = "",
    host: Annotated[str, typer.Option(help="The request's host (`:authority`).")] = "",
    header: Annotated[
        list[str] | None, typer.Option(metavar="K=V", help="A request header; may be repeated.")
    ] = None,
    workspace: WorkspacePaths = None,
    out: Out = "",
    as_json: JsonFlag = False,
) -> None:
    """Say why SRC cannot reach DST, and the smallest change of policies that lets it, proven.

    The change opens what was asked and nothing else; where that is not possible, everything that
    it opens besides is named. Mutual TLS is never weakened unasked.

    Exits with 0 if nothing is to mend or the change is proven, 1 if not.

    Examples:
      netassist policy fix shop/web shop/payments --port 8443
      netassist policy fix web catalog --http "GET /items" --out fixed.yaml
      netassist policy fix -w cluster.yaml staging/job service:shop/cart --json
    """
    from tools.mend import MendResult, fix_connection

    arguments = {
        "source": source,
        "destination": destination,
        "port": port,
        "http": http,
        "host": host,
        "headers": header or [],
    }
    output: Output = context.obj
    opened = open_workspace(workspace, output)
    with output.working("Computing"):
        result = fix_connection.call(opened, arguments)
    assert isinstance(result, MendResult)
    report(output, result, result.artifacts, out=out, as_json=as_json)
    is_fine = result.outcome == "open" or result.verified
    raise typer.Exit(exit_codes.ANSWERED if is_fine else exit_codes.NO)


def report(
    output: Output,
    result: "ToolResult",
    artifacts: "tuple[Artifact, ...]",
    *,
    out: str,
    as_json: bool,
) -> None:
    """Print a proposal, and write its policies where a file was named."""
    document: dict[str, Any] = result.model_dump(mode="json")
    if as_json:
        output.write_json(document)
    else:
        output.write_markdown(result.summary)
    if out and artifacts:
        _write(output, out, artifacts)


def _write(output: Output, out: str, artifacts: "tuple[Artifact, ...]") -> None:
    from topology.errors import UnreadableInput

    text = "---\n".join(one.content for one in artifacts if one.content)
    try:
        Path(out).write_text(text, encoding="utf-8")
    except OSError as error:
        message = f"`{out}` cannot be written: {error.strerror or error}."
        raise UnreadableInput(message, hint="Name another file with `--out`.") from error
    state = "proven" if all(one.verified for one in artifacts) else "NOT proven"
    output.note(f"Wrote {out} ({state}); nothing was applied.")

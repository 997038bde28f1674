"""How commands that check something run, print findings and exit."""

from typing import TYPE_CHECKING, Any

import typer

from assistant.cli import exit_codes
from assistant.cli.opening import open_workspace
from assistant.cli.render import Output

if TYPE_CHECKING:
    from tools.service_rows import CheckResult
    from tools.spec import ToolSpec

__all__ = ["run_check", "write_checks"]


def run_check(
    context: typer.Context,
    spec: "ToolSpec",
    arguments: dict[str, Any],
    paths: list[str] | None,
    doing: str,
) -> "CheckResult":
    """Run a tool that checks, on the workspace that was named."""
    from tools.service_rows import CheckResult

    output: Output = context.obj
    opened = open_workspace(paths, output)
    with output.working(doing):
        result = spec.call(opened, arguments)
    assert isinstance(result, CheckResult)
    return result


def write_checks(output: Output, result: "CheckResult", *, as_json: bool) -> None:
    """Print findings, and exit with 1 if one of them is an error or a warning."""
    from tools.service_text import finding_lines

    if as_json:
        output.write_json(result.model_dump(mode="json"))
    else:
        lines = [line for row in result.findings for line in finding_lines(row)]
        lines += [*result.facts, ""] if result.facts else []
        lines += [f"not verified: {one}" for one in result.not_verified]
        lines.append(result.summary.partition("\n")[0])
        output.write_text("\n".join(lines))
    broken = result.counts["error"] + result.counts["warning"]
    raise typer.Exit(exit_codes.NO if broken else exit_codes.ANSWERED)

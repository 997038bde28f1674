"""Every tool as a command `netassist tools NAME`, derived from its ToolSpec."""

import asyncio
import inspect
from typing import Any

import typer

from assistant.approval import Approve, Gate
from assistant.cli import exit_codes
from assistant.cli.approving import ApproveAll, approver
from assistant.cli.opening import JsonFlag, WorkspacePaths, open_workspace
from assistant.cli.render import Output
from assistant.equipping import equip
from assistant.settings import Settings
from tools import registry
from tools.spec import ToolResult, ToolSpec, WriteResult
from tools.workspace import Workspace

__all__ = ["make_tools_command"]


def make_tools_command() -> typer.Typer:
    """Return the command group: with no name it lists the tools, with one it runs that tool."""
    group = typer.Typer(
        invoke_without_command=True,
        rich_markup_mode=None,
    )

    @group.callback()
    def list_tools(context: typer.Context, as_json: JsonFlag = False) -> None:
        if context.invoked_subcommand is not None:
            return
        output: Output = context.obj
        if as_json:
            output.write_json({"tools": [_describe(spec) for spec in registry()]})
        else:
            width = max(len(spec.name) for spec in registry())
            lines = [f"{_command(spec):<{width}}  {spec.summary}" for spec in registry()]
            output.write_text("\n".join(lines))

    for spec in registry():
        group.command(_command(spec), help=spec.description)(_make_runner(spec))
    return group


def _command(spec: ToolSpec) -> str:
    return spec.name.replace("_", "-")


def _describe(spec: ToolSpec) -> dict[str, Any]:
    return {
        "name": spec.name,
        "summary": spec.summary,
        "effect": spec.effect,
        "arguments": spec.args.model_json_schema(),
    }


def _make_runner(spec: ToolSpec) -> Any:
    """Return a function whose signature Typer reads: required arguments, then options."""

    def run(
        context: typer.Context,
        workspace: list[str] | None = None,
        as_json: bool = False,
        yes: bool = False,
        **arguments: Any,
    ) -> None:
        output: Output = context.obj
        opened = equip(open_workspace(workspace, output), Settings())
        result = spec.call(opened, arguments)
        if isinstance(result, WriteResult):
            result = _settle(spec, opened, arguments, result, approver(output, yes=yes))
        if as_json:
            output.write_json(result.model_dump(mode="json"))
        else:
            output.write_markdown(result.summary)
        refused = isinstance(result, WriteResult) and not result.applied
        if refused or result.verdict in ("deny", "unknown"):
            raise typer.Exit(exit_codes.NO)

    parameters = [_parameter("context", typer.Context)]
    for name, field in spec.args.model_fields.items():
        if field.is_required():
            default = typer.Argument(help=field.description)
        else:
            value = field.get_default(call_default_factory=True)
            default = typer.Option(value, help=field.description)
        parameters.append(_parameter(name, field.annotation, default))
    parameters.append(_parameter("workspace", WorkspacePaths, default=None))
    parameters.append(_parameter("as_json", JsonFlag, False))
    if spec.effect == "write":
        parameters.append(_parameter("yes", ApproveAll, False))
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _settle(
    spec: ToolSpec,
    workspace: Workspace,
    arguments: dict[str, Any],
    preview: WriteResult,
    approve: Approve | None,
) -> ToolResult:
    """Return what a tool that writes did, if that was approved, or else would do."""
    gate = Gate(approve)
    checked = spec.check(arguments)
    permit = asyncio.run(gate.ask(spec, checked, preview))
    return preview if permit is None else spec.call(workspace, arguments, permit=permit)


def _parameter(
    name: str, annotation: Any, default: Any = inspect.Parameter.empty
) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=annotation, default=default
    )

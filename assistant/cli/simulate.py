"""The command that tries policies out: `netassist policy simulate`."""

import sys
from typing import Annotated

import typer

from assistant.cli import exit_codes
from assistant.cli.opening import JsonFlag, WorkspacePaths, open_workspace
from assistant.cli.render import Output

__all__ = ["simulate"]


def simulate(
    context: typer.Context,
    add: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE", help="Policies to add: a file, a folder, or `-` for stdin."),
    ] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND/NS/NAME", help="A policy to take away; may be repeated."),
    ] = None,
    workspace: WorkspacePaths = None,
    as_json: JsonFlag = False,
) -> None:
    """Say exactly what adding or removing policies would open and close.

    A policy that is added takes the place of one with the same kind, namespace and name.

    Exits with 0, or with 1 if a policy that is added is not valid and would not be in force.

    Examples:
      netassist policy simulate --add new.yaml
      netassist policy simulate --remove NetworkPolicy/shop/default-deny-ingress
      netassist policy simulate -w cluster.yaml --add policies/ --json
    """
    from tools.simulate import simulate_documents
    from topology.load import load
    from topology.model import Cluster

    output: Output = context.obj
    opened = open_workspace(workspace, output)
    with output.working("Computing"):
        added = load(add, stdin=sys.stdin) if add else Cluster()
        result = simulate_documents(opened, added, remove or [])
    if as_json:
        output.write_json(result.model_dump(mode="json"))
    else:
        output.write_markdown(result.summary)
        for fault in result.not_verified:
            output.note(fault)
    raise typer.Exit(exit_codes.NO if result.refused else exit_codes.ANSWERED)

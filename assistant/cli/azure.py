"""The command about the Azure network: `netassist azure check`."""

import inspect
from typing import Annotated

import typer

from assistant.cli.checks import run_check, write_checks
from assistant.cli.opening import JsonFlag, WorkspacePaths

__all__ = ["azure"]

_HELP = """
Check the Azure network around a cluster, from what `az ... -o json` printed (`-w`).

Security groups, routes, peerings, private endpoints, load balancers and AKS properties are also
layers of `netassist reach` and `netassist service path`, where they were given.
"""

azure = typer.Typer(name="azure", help=_HELP, no_args_is_help=True, rich_markup_mode=None)


@azure.callback()
def _group() -> None:
    """Keep `check` a command of its own although it is the only one."""


def check(
    context: typer.Context,
    about: Annotated[
        str, typer.Option(help="Only groups, probes, routes, peerings, endpoints, ranges, snat.")
    ] = "",
    workspace: WorkspacePaths = None,
    as_json: JsonFlag = False,
) -> None:
    """Find what security groups, routes, peerings, ranges and SNAT break, and say what AKS runs.

    Exits with 0 if there is no error and no warning, with 1 if there is.

    Examples:
      az network vnet list -o json > vnets.json; az network nsg list -o json > nsgs.json
      az network route-table list -o json > routes.json; az aks list -o json > aks.json
      netassist azure check -w vnets.json -w nsgs.json -w routes.json -w aks.json -w cluster.yaml
      netassist azure check -w export/ --json
    """
    from tools.azure import check_azure

    result = run_check(
        context, check_azure, {"about": about}, workspace, "Checking the Azure network"
    )
    write_checks(context.obj, result, as_json=as_json)


azure.command(
    "check", help=(inspect.getdoc(check) or "").replace("Examples:\n", "\b\nExamples:\n")
)(check)

"""The commands about Services: `netassist service path|check`."""

import inspect
from collections.abc import Callable
from typing import Annotated

import typer

from assistant.cli.checks import run_check, write_checks
from assistant.cli.opening import JsonFlag, WorkspacePaths, open_workspace
from assistant.cli.render import Output

__all__ = ["service"]

_HELP = """
Follow requests to the pods that serve them, and find what is wrong with Services.

Reads Services, EndpointSlices, Ingress, Gateway API, Istio gateways and VirtualServices, policies
and, where it was exported, the Azure network.
"""

service = typer.Typer(name="service", help=_HELP, no_args_is_help=True, rich_markup_mode=None)


def _add(command: Callable[..., None]) -> None:
    """Register a command; its help keeps the line breaks of its examples."""
    text = inspect.getdoc(command) or ""
    service.command(command.__name__, help=text.replace("Examples:\n", "\b\nExamples:\n"))(command)


def path(
    context: typer.Context,
    target: Annotated[
        str,
        typer.Argument(
            metavar="HOST_OR_SERVICE",
            help="`api.example.com/v1`, `shop/web`, `service:shop/web` or a Service's bare name.",
        ),
    ],
    port: Annotated[str, typer.Option(help="The Service's port; all without it.")] = "",
    source: Annotated[
        str, typer.Option("--from", metavar="world|NS/X", help="Who calls.")
    ] = "world",
    workspace: WorkspacePaths = None,
    as_json: JsonFlag = False,
) -> None:
    """Show the way of a request hop by hop: entry, gateway, Azure, Service, policies, pods.

    Exits with 0 if it arrives on some way, 1 if it does not or that is not known.

    Examples:
      netassist service path shop.example.com -w cluster.yaml
      netassist service path api.example.com/v1 -w cluster.yaml --json
      netassist service path shop/web --port 80
      netassist service path shop/payments --from shop/checkout
    """
    from assistant.cli import exit_codes
    from tools.service_path import trace_service_path
    from tools.service_rows import ServicePathResult

    output: Output = context.obj
    opened = open_workspace(workspace, output)
    with output.working("Following"):
        result = trace_service_path.call(opened, {"target": target, "port": port, "source": source})
    assert isinstance(result, ServicePathResult)
    if as_json:
        output.write_json(result.model_dump(mode="json"))
    else:
        output.write_markdown(result.summary)
    raise typer.Exit(exit_codes.ANSWERED if result.verdict == "allow" else exit_codes.NO)


def check(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="[SERVICE]", help="One Service; all without it.")
    ] = "",
    namespace: Annotated[str, typer.Option(help="Only objects of this namespace.")] = "",
    about: Annotated[str, typer.Option(help="Only endpoints, ports, entries or exposure.")] = "",
    workspace: WorkspacePaths = None,
    as_json: JsonFlag = False,
) -> None:
    """Find Services without pods, wrong ports, broken entries and what is open to the outside.

    Exits with 0 if there is no error and no warning, with 1 if there is.

    Examples:
      netassist service check -w cluster.yaml
      netassist service check shop/web -w cluster.yaml --json
      netassist service check --namespace shop
    """
    from tools.service_path import check_services

    arguments = {"service": name, "namespace": namespace, "about": about}
    result = run_check(context, check_services, arguments, workspace, "Checking Services")
    write_checks(context.obj, result, as_json=as_json)


for command in (path, check):
    _add(command)

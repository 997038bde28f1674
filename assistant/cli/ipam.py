"""The command group `netassist ipam`: planning and checking of addresses."""

import inspect
from collections.abc import Callable

import typer

from assistant.cli.ipam_plan import check, compare, migrate, plan

__all__ = ["ipam"]

ipam = typer.Typer(
    name="ipam",
    help="Plan and check addresses for AKS.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def _add(command: Callable[..., None]) -> None:
    """Register a command; its help keeps the line breaks of its examples."""
    text = inspect.getdoc(command) or ""
    name = command.__name__.replace("_", "-")
    for heading in ("Examples:\n", "FILE:\n"):
        text = text.replace(heading, f"\b\n{heading}")
    ipam.command(name, help=text)(command)


for command in (plan, check, compare, migrate):
    _add(command)

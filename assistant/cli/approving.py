"""Asking the person at the terminal before something is changed."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.render import Output

if TYPE_CHECKING:
    from assistant.approval import Proposal

__all__ = ["ApproveAll", "approver"]

ApproveAll = Annotated[
    bool,
    typer.Option(
        "--yes", "-y", help="Approve every change that this asks for; else a terminal asks."
    ),
]


def approver(
    output: Output, *, yes: bool, progress: AbstractContextManager[object] | None = None
) -> "Callable[[Proposal], bool] | None":
    """Return who decides about changes: `--yes`, the person at the terminal, or nobody.

    Args:
        output: Where to ask.
        yes: Whether everything is approved.
        progress: What moves on the terminal meanwhile; it stands still while somebody is asked.
    """
    if yes:
        return lambda _: True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return None

    def ask(proposal: "Proposal") -> bool:
        stop, start = getattr(progress, "stop", None), getattr(progress, "start", None)
        if stop is not None:
            stop()
        output.note(proposal.summary, style="bold")
        try:
            return typer.confirm(f"Let `{proposal.tool}` do that?", err=True)
        except typer.Abort:
            return False
        finally:
            if start is not None:
                start()

    return ask

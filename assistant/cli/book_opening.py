"""Opening the address book that a command is about, and asking before it is changed."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.render import Output

if TYPE_CHECKING:
    from topology.ipam.book import AddressBook, Outcome

__all__ = ["Database", "DryRun", "SpaceName", "Yes", "change_after_asking", "opened_book"]

Database = Annotated[
    str,
    typer.Option(
        "--db",
        metavar="PATH|URL",
        help="The address book: a file, or postgresql://user@host/name. Default: "
        "$NETASSIST_BOOK, else a file in your data folder.",
    ),
]
SpaceName = Annotated[
    str, typer.Option("--space", metavar="NAME", help="The address space; others may overlap it.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@contextmanager
def opened_book(database: str) -> Iterator["AddressBook"]:
    """Open the book that was named, or the one of the settings."""
    from platformdirs import user_data_path

    from assistant.settings import Settings
    from topology.ipam.book import AddressBook

    settings = Settings()
    default = user_data_path("netassist", appauthor=False) / "address-book.sqlite3"
    with AddressBook(database or settings.book or default, actor=settings.user) as book:
        yield book


def change_after_asking(
    change: Callable[..., "Outcome"],
    describe: Callable[["Outcome"], str],
    output: Output,
    *,
    yes: bool,
    dry_run: bool,
) -> "Outcome | None":
    """Show what a change would do, ask, and make it if the book is still as it was shown.

    Args:
        change: Takes `dry_run` and `basis`.
        describe: Says in words what a dry run found.
        output: Where to ask.
        yes: Whether not to ask.
        dry_run: Whether to stop after showing.

    Returns:
        What was done, or would be; None if the person said no.
    """
    if yes and not dry_run:
        return change(dry_run=False)
    shown = change(dry_run=True)
    if dry_run:
        return shown
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        message = "this would change the address book, and nobody can be asked here; add --yes"
        raise typer.BadParameter(message)
    output.note(describe(shown), style="")
    if not typer.confirm("Do it?", err=True):
        return None
    return change(dry_run=False, basis=shown.basis)

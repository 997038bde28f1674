"""What the commands that change the address book have in common: options, and what they say."""

from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli import exit_codes
from assistant.cli.render import Output

if TYPE_CHECKING:
    from datetime import datetime

    from topology.ipam.book import Outcome

__all__ = ["Kind", "Notes", "Tag", "read_until", "say", "say_undone", "tags_of", "tell"]

Kind = Annotated[
    str,
    typer.Option(
        metavar="USE", help="What it is used as: vnet (can hold subnets), nodes, pods ..."
    ),
]
Tag = Annotated[
    list[str] | None, typer.Option("--tag", metavar="NAME=TEXT", help="May be repeated.")
]
Notes = Annotated[str, typer.Option(help="Anything else to remember.")]


def tags_of(given: list[str] | None) -> dict[str, str]:
    """Read `NAME=TEXT`.

    Raises:
        BadParameter: One is no tag.
    """
    found = {}
    for text in given or []:
        name, sign, value = text.partition("=")
        if not (name.strip() and sign):
            message = f"`{text}` is no tag; write NAME=TEXT"
            raise typer.BadParameter(message)
        found[name.strip()] = value.strip()
    return found


def read_until(text: str) -> "datetime":
    """Read a date to come, or a number of days from now.

    Raises:
        BadParameter: It is neither.
    """
    from datetime import UTC, datetime, timedelta

    from topology.ipam.book.importing import read_when

    if text.isascii() and text.isdigit() and len(text) <= 5:
        return datetime.now(UTC) + timedelta(days=int(text))
    moment = read_when(text)
    if moment is None:
        message = f"`{text}` is neither a date such as 2027-06-30 nor a number of days"
        raise typer.BadParameter(message)
    if moment <= datetime.now(UTC):
        message = f"`{text}` is over already"
        raise typer.BadParameter(message)
    return moment


def say(outcome: "Outcome", verb: str) -> str:
    """Return what was done, or would be."""
    from tools.book_text import describe_outcome

    if not outcome.entries:
        return f"{verb}." if outcome.applied else f"Would be done: {verb}."
    return describe_outcome(outcome, verb, applied=outcome.applied)


def say_undone(outcome: "Outcome") -> str:
    """Return what was taken back, or would be."""
    said = outcome.change.summary if outcome.change else "nothing to undo"
    return f"{said[0].upper()}{said[1:]}." if outcome.applied else f"Would be done: {said}."


def tell(output: Output, outcome: "Outcome | None", verb: str, *, as_json: bool) -> None:
    """Print what was done, and exit with 1 if there was no room or the person said no."""
    from tools.book_rows import change_row, entry_row
    from tools.book_text import describe_shortage

    if outcome is None:
        output.note("Nothing was changed.")
        raise typer.Exit(exit_codes.NO)
    short = describe_shortage(outcome.shortage) if outcome.shortage else ""
    if as_json:
        change = outcome.change if outcome.applied else None
        output.write_json(
            {
                "applied": outcome.applied and not short,
                "repeated": outcome.repeated,
                "entries": [entry_row(entry).model_dump() for entry in outcome.entries],
                "change": change_row(change).model_dump() if change else None,
                "shortage": short or None,
            }
        )
    else:
        output.write_text((short or say(outcome, verb)).replace("`", ""))
    if short:
        raise typer.Exit(exit_codes.NO)

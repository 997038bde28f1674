"""The commands that change the address book."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.book_opening import (
    Database,
    DryRun,
    SpaceName,
    Yes,
    change_after_asking,
    opened_book,
)
from assistant.cli.book_telling import (
    Kind,
    Notes,
    Tag,
    read_until,
    say,
    say_undone,
    tags_of,
    tell,
)
from assistant.cli.opening import JsonFlag
from assistant.cli.render import Output

if TYPE_CHECKING:
    from topology.ipam.book import Outcome

__all__ = ["add_block", "add_space", "edit", "release", "resize", "undo"]

Entry = Annotated[str, typer.Argument(metavar="ENTRY", help="Range, name, BLOCK/NAME or #number.")]


def add_space(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Of the new space.")],
    notes: Notes = "",
    dry_run: DryRun = False,
    db: Database = "",
    as_json: JsonFlag = False,
) -> None:
    """Add an address space; the ranges of different spaces may overlap.

    Examples:
      netassist ipam add-space lab --notes "not connected to anything"
    """
    with opened_book(db) as book:
        outcome = book.add_space(name, notes=notes, dry_run=dry_run)
    tell(context.obj, outcome, f"Space `{name}` added", as_json=as_json)


def add_block(
    context: typer.Context,
    network: Annotated[str, typer.Argument(metavar="RANGE", help="Such as 10.20.0.0/16.")],
    name: Annotated[str, typer.Option(help="What it is called.")] = "",
    kind: Kind = "",
    tag: Tag = None,
    notes: Notes = "",
    space: SpaceName = "default",
    dry_run: DryRun = False,
    db: Database = "",
    as_json: JsonFlag = False,
) -> None:
    """Add a block, out of which ranges can be allocated; ranges it covers come to lie in it.

    Examples:
      netassist ipam add-block 10.20.0.0/16 --name corp
      netassist ipam add-block fd00:10::/48 --name corp6 --space lab
    """
    from topology.ipam.book import Draft
    from topology.ipam.prefixes import parse_network

    draft = Draft(
        network=parse_network(network), role="block", name=name, kind=kind, tags=tags_of(tag),
        notes=notes,
    )  # fmt: skip
    with opened_book(db) as book:
        outcome = book.add_block(draft, space, dry_run=dry_run)
    tell(context.obj, outcome, "Added", as_json=as_json)


def resize(
    context: typer.Context,
    entry: Entry,
    size: Annotated[str, typer.Argument(help="The new prefix, such as /23.")],
    space: SpaceName = "default",
    dry_run: DryRun = False,
    db: Database = "",
    as_json: JsonFlag = False,
) -> None:
    """Extend a range in place, into its head-room or what is free beside it, or shrink it.

    Exits with 0, or with 1 if a neighbour is in the way.

    Examples:
      netassist ipam resize aks-prod-nodes /23
    """
    from tools.range_sizes import read_size

    with opened_book(db) as book:
        outcome = book.resize(entry, read_size(size).prefix, space, dry_run=dry_run)
    tell(context.obj, outcome, "Resized", as_json=as_json)


def edit(
    context: typer.Context,
    entry: Entry,
    name: Annotated[str | None, typer.Option(help="A new name.")] = None,
    kind: Annotated[str | None, typer.Option(metavar="USE", help="What it is used as.")] = None,
    tag: Tag = None,
    notes: Annotated[str | None, typer.Option(help="Replaces the notes.")] = None,
    headroom: Annotated[
        int | None,
        typer.Option(min=0, max=64, metavar="N", help="Doublings to keep free; 0 gives up."),
    ] = None,
    until: Annotated[str, typer.Option(metavar="DATE|DAYS|never", help="When it ends.")] = "",
    space: SpaceName = "default",
    dry_run: DryRun = False,
    db: Database = "",
    as_json: JsonFlag = False,
) -> None:
    """Change the name, use, tags, notes, head-room or end of a range; `--tag NAME=` removes one.

    Examples:
      netassist ipam edit aks-prod-nodes --tag owner=payments --headroom 0
    """
    from topology.ipam.book import KEEP, Edits

    expires: Any = KEEP
    if until:
        expires = None if until == "never" else read_until(until)
    edits = Edits(
        name=name, kind=kind, tags=tags_of(tag) if tag else None, notes=notes, headroom=headroom,
        expires=expires,
    )  # fmt: skip
    with opened_book(db) as book:
        outcome = book.edit(entry, edits, space, dry_run=dry_run)
    tell(context.obj, outcome, "Edited", as_json=as_json)


def release(
    context: typer.Context,
    entry: Entry,
    with_children: Annotated[
        bool, typer.Option("--with-children", help="Release all that lies in it, too.")
    ] = False,
    space: SpaceName = "default",
    yes: Yes = False,
    dry_run: DryRun = False,
    db: Database = "",
    as_json: JsonFlag = False,
) -> None:
    """Release a range; asks first. What it was stays in the history and can be undone.

    Examples:
      netassist ipam release aks-old-nodes
      netassist ipam release vnet-old --with-children --yes
    """
    output: Output = context.obj
    with opened_book(db) as book:

        def change(**how: Any) -> "Outcome":
            return book.release(entry, space, with_children=with_children, **how)

        outcome = change_after_asking(
            change, lambda shown: say(shown, "Released"), output, yes=yes, dry_run=dry_run
        )
    tell(output, outcome, "Released", as_json=as_json)


def undo(
    context: typer.Context,
    change: Annotated[
        int, typer.Option(metavar="NUMBER", help="Of the history; default: your last change.")
    ] = 0,
    space: Annotated[
        str, typer.Option("--space", metavar="NAME", help="The last change of this space.")
    ] = "",
    yes: Yes = False,
    dry_run: DryRun = False,
    db: Database = "",
    as_json: JsonFlag = False,
) -> None:
    """Take a change back, exactly; asks first. An undo can be undone in its turn.

    Examples:
      netassist ipam undo
      netassist ipam undo --change 12 --yes
    """
    output: Output = context.obj
    with opened_book(db) as book:

        def take_back(**how: Any) -> "Outcome":
            return book.undo(change or None, space=space, own=not change, **how)

        outcome = change_after_asking(take_back, say_undone, output, yes=yes, dry_run=dry_run)
    if outcome is not None and not as_json:
        output.write_text(say_undone(outcome))
        return
    tell(output, outcome, "Undone", as_json=as_json)

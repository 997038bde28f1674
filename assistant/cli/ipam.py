"""The commands about addresses: `netassist ipam show`, `free`, `allocate` and their like."""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli import exit_codes
from assistant.cli.book_opening import Database, SpaceName, opened_book
from assistant.cli.ipam_allocate import allocate, reserve
from assistant.cli.ipam_changes import add_block, add_space, edit, release, resize, undo
from assistant.cli.ipam_files import export, import_
from assistant.cli.ipam_plan import check, compare, migrate, plan
from assistant.cli.opening import JsonFlag
from assistant.cli.pictures import OpenIt, write_picture
from assistant.cli.render import Output

if TYPE_CHECKING:
    from topology.ipam.book import AddressBook, Entry, Usage

__all__ = ["ipam"]

_EXAMPLES = """
Plan addresses, and keep the book of who has which.

\b
Examples:
  netassist ipam plan --space 10.60.0.0/16 --nodes 60
  az network vnet list -o json > vnets.json && netassist ipam import vnets.json
  netassist ipam show
  netassist ipam allocate aks-prod-nodes /24 --in vnet-prod --headroom 1
  netassist ipam forecast
"""

ipam = typer.Typer(
    name="ipam",
    help=_EXAMPLES,
    no_args_is_help=True,
    rich_markup_mode=None,
)


def show(
    context: typer.Context,
    block: Annotated[str, typer.Argument(help="A block or VNet, by name or range.")] = "",
    space: SpaceName = "default",
    spaces: Annotated[bool, typer.Option("--spaces", help="List the spaces instead.")] = False,
    warn_at: Annotated[
        int,
        typer.Option(
            min=1, max=100, metavar="PERCENT", help="Exit with 1 if a block is fuller than that."
        ),
    ] = 100,
    open_it: OpenIt = False,
    db: Database = "",
    as_json: JsonFlag = False,
) -> None:
    """Show the picture of an address space: what lies where, how full, in how many pieces.

    --open shows it drawn; `ipam export --format svg` writes that into a file.

    Exits with 0, or with 1 if a block is fuller than --warn-at.

    Examples:
      netassist ipam show
      netassist ipam show vnet-prod
      netassist ipam show --open
      netassist ipam show --warn-at 80 --json
    """
    output: Output = context.obj
    with opened_book(db) as book:
        if spaces:
            _show_spaces(book, output, as_json=as_json)
            return
        usages = book.usage(block, space)
        entries = book.entries(space)
    full = [usage for usage in usages if usage.taken * 100 > warn_at]
    if as_json:
        output.write_json(_document(space, usages, entries, bool(block)))
    elif open_it:
        from topology.ipam.book.exporting import write_svg

        write_picture(write_svg(space, usages, entries), "svg", output, open_it=True)
    else:
        _draw(output, space, usages, entries, bool(block))
    for usage in full:
        output.note(f"{usage.block.label} is fuller than {warn_at} %.", style="yellow")
    raise typer.Exit(exit_codes.NO if full else exit_codes.ANSWERED)


def free(
    context: typer.Context,
    size: Annotated[
        str, typer.Argument(help="/24, /64, a number of hosts; nothing: every free range.")
    ] = "",
    block: Annotated[str, typer.Option("--in", metavar="BLOCK", help="Only in this block.")] = "",
    space: SpaceName = "default",
    db: Database = "",
    as_json: JsonFlag = False,
) -> None:
    """Show what is free, for a size or at all; nothing is taken.

    Exits with 0, or with 1 if there is no room.

    Examples:
      netassist ipam free
      netassist ipam free /22
      netassist ipam free 300 --in vnet-prod --json
    """
    from tools.address_book import find_free_range
    from tools.book_text import describe_free
    from tools.workspace import Workspace
    from topology.model import Cluster

    output: Output = context.obj
    if size:
        workspace = Workspace(cluster=Cluster(), book=_place(db))
        result = find_free_range.call(workspace, {"size": size, "space": space, "block": block})
        document = result.model_dump(mode="json")
        text, room = result.summary, bool(document["room"])
    else:
        with opened_book(db) as book:
            found = book.free(block, space)
        text = describe_free(found, None) if found else f"The space `{space}` has no block."
        room = any(spans for _, spans in found)
        ranges = {str(one.network): [str(s.network) for s in spans] for one, spans in found}
        document = {"space": space, "room": room, "free": ranges, "next": None}
    if as_json:
        output.write_json(document)
    else:
        output.write_markdown(text)
    raise typer.Exit(exit_codes.ANSWERED if room else exit_codes.NO)


def history(
    context: typer.Context,
    entry: Annotated[str, typer.Argument(help="Only changes of this range or name.")] = "",
    space: Annotated[
        str, typer.Option("--space", metavar="NAME", help="Only this space; default: all.")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, newest first.")] = 30,
    db: Database = "",
    as_json: JsonFlag = False,
) -> None:
    """Show who changed what, and when, newest first; nothing is ever taken out of it.

    Examples:
      netassist ipam history
      netassist ipam history aks-prod-nodes --json
    """
    from tools.book_rows import change_row
    from tools.book_text import describe_change

    output: Output = context.obj
    with opened_book(db) as book:
        one = book.find(entry, space or "default") if entry else None
        changes = book.history(space=space, entry=one, limit=limit)
        if as_json:
            changes = [book.change(change.id) for change in changes]
    if as_json:
        output.write_json({"changes": [change_row(one).model_dump() for one in changes]})
    else:
        lines = [describe_change(change) for change in changes]
        output.write_text("\n".join(lines) or "Nothing has been changed yet.")


def forecast(
    context: typer.Context,
    block: Annotated[str, typer.Argument(help="A block or VNet; default: all at the top.")] = "",
    space: SpaceName = "default",
    days: Annotated[int, typer.Option(min=1, help="How far to look back.")] = 365,
    db: Database = "",
    as_json: JsonFlag = False,
) -> None:
    """Estimate when blocks are full, with the uncertainty; says so if there is too little history.

    Examples:
      netassist ipam forecast
      netassist ipam forecast vnet-prod --days 90 --json
    """
    from tools.book_rows import forecast_row
    from tools.book_text import describe_forecast
    from topology.ipam.book.forecast import STATISTIC

    output: Output = context.obj
    with opened_book(db) as book:
        found = book.forecast(block, space, days=days)
    if as_json:
        rows = [forecast_row(one).model_dump() for one in found]
        output.write_json({"space": space, "statistic": STATISTIC, "forecasts": rows})
    else:
        output.write_markdown(
            describe_forecast(found) if found else f"The space `{space}` has no block."
        )


def renumber(
    context: typer.Context,
    size: Annotated[str, typer.Argument(help="Make room for this prefix, such as /20.")] = "",
    block: Annotated[str, typer.Option("--in", metavar="BLOCK", help="In this block.")] = "",
    move: Annotated[str, typer.Option(metavar="RANGE", help="Move this range or VNet ...")] = "",
    into: Annotated[str, typer.Option(metavar="BLOCK", help="... into this block.")] = "",
    space: SpaceName = "default",
    db: Database = "",
    as_json: JsonFlag = False,
) -> None:
    """Plan which ranges to move, where to, in what order, and what hangs on each; changes nothing.

    Exits with 0, or with 1 if there is no way.

    Examples:
      netassist ipam renumber /20 --in corp
      netassist ipam renumber --move vnet-dev --into corp-new
    """
    from tools.address_book import plan_renumbering
    from tools.workspace import Workspace
    from topology.model import Cluster

    output: Output = context.obj
    workspace = Workspace(cluster=Cluster(), book=_place(db))
    arguments = {"size": size, "move": move, "into": into, "space": space, "block": block}
    document = plan_renumbering.call(workspace, arguments).model_dump(mode="json")
    if as_json:
        output.write_json(document)
    else:
        output.write_markdown(document["summary"])
    raise typer.Exit(exit_codes.ANSWERED if document["gain"] else exit_codes.NO)


def _add(command: Callable[..., None]) -> None:
    """Register a command; its help keeps the line breaks of its examples."""
    text = inspect.getdoc(command) or ""
    name = command.__name__.strip("_").replace("_", "-")
    for heading in ("Examples:\n", "FILE:\n"):
        text = text.replace(heading, f"\b\n{heading}")
    ipam.command(name, help=text)(command)


for command in (
    plan, check, compare, migrate, show, free, allocate, reserve, resize, edit, release, undo,
    history, forecast, renumber, import_, export, add_block, add_space,
):  # fmt: skip
    _add(command)


def _place(db: str) -> str:
    from assistant.settings import Settings

    return db or Settings().book


def _show_spaces(book: "AddressBook", output: Output, *, as_json: bool) -> None:
    found = [(space, len(book.entries(space.name))) for space in book.spaces()]
    if as_json:
        rows = [{"name": one.name, "notes": one.notes, "entries": number} for one, number in found]
        output.write_json({"spaces": rows})
        return
    lines = [f"{one.name}: {number:,} ranges  {one.notes}".rstrip() for one, number in found]
    output.write_text("\n".join(lines) or "There is no space yet.")


def _document(
    space: str, usages: list["Usage"], entries: list["Entry"], only: bool
) -> dict[str, object]:
    from tools.book_rows import entry_row, usage_row

    wanted = {usage.block.id for usage in usages}
    listed = [e for e in entries if not only or e.parent in wanted or e.id in wanted]
    return {
        "space": space,
        "usage": [usage_row(usage).model_dump() for usage in usages],
        "entries": [entry_row(entry).model_dump() for entry in listed],
    }


def _draw(
    output: Output, space: str, usages: list["Usage"], entries: list["Entry"], only: bool
) -> None:
    from topology.ipam.book.exporting import draw

    wanted = {usage.block.id for usage in usages}
    shown = [entry for entry in entries if not only or entry.parent in wanted]
    lines = draw(usages, shown)
    output.write_pieces(lines or [[(f"The space `{space}` is empty.", "")]])

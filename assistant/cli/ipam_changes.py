"""The commands that change the address book."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli import exit_codes
from assistant.cli.book_opening import (
    Database,
    DryRun,
    SpaceName,
    Yes,
    change_after_asking,
    opened_book,
)
from assistant.cli.opening import JsonFlag
from assistant.cli.render import Output

if TYPE_CHECKING:
    from datetime import datetime

    from topology.ipam.book import Draft, Outcome, Request
    from topology.ipam.book.freelist import Strategy

__all__ = ["add_block", "add_space", "allocate", "edit", "release", "reserve", "resize", "undo"]

InBlock = Annotated[
    str, typer.Option("--in", metavar="BLOCK", help="Block or VNet; default: any at the top.")
]
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
Headroom = Annotated[
    int,
    typer.Option(
        min=0, max=64, metavar="N", help="Keep room to double N times in place; nobody gets it."
    ),
]
Key = Annotated[
    str,
    typer.Option(metavar="TEXT", help="Repeating the request with it gives the same range again."),
]
Fit = Annotated[
    str, typer.Option(metavar="best|first|last", help="Which of the free ranges to cut.")
]
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
    _tell(context.obj, outcome, f"Space `{name}` added", as_json=as_json)


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
        network=parse_network(network), role="block", name=name, kind=kind, tags=_tags(tag),
        notes=notes,
    )  # fmt: skip
    with opened_book(db) as book:
        outcome = book.add_block(draft, space, dry_run=dry_run)
    _tell(context.obj, outcome, "Added", as_json=as_json)


def allocate(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What for; or several as NAME=SIZE.")],
    sizes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SIZE | NAME=SIZE...",
            help="/24, a number of hosts, a given range, or /64 for IPv6.",
        ),
    ] = None,
    block: InBlock = "",
    kind: Kind = "",
    headroom: Headroom = 0,
    tag: Tag = None,
    notes: Notes = "",
    key: Key = "",
    fit: Fit = "best",
    space: SpaceName = "default",
    dry_run: DryRun = False,
    db: Database = "",
    as_json: JsonFlag = False,
) -> None:
    """Allocate a range, or several at once: all of them or none.

    The smallest free range that is large enough is cut, so that large ones stay whole.

    Exits with 0, or with 1 if there is no room, which says what could be had instead.

    Examples:
      netassist ipam allocate aks-prod-nodes /24 --in vnet-prod --headroom 1
      netassist ipam allocate vnet-stage /21 --kind vnet
      netassist ipam allocate nodes=/24 pods=/22 --in vnet-stage
      netassist ipam allocate jumphosts 20 --in vnet-stage --key ticket-4711
      netassist ipam allocate on-prem 10.20.128.0/18
    """
    said = {"kind": kind, "tags": _tags(tag), "notes": notes, "key": key, "headroom": headroom}
    _allocate(
        context, _wanted(name, sizes or []), said, space=space, block=block, fit=fit,
        dry_run=dry_run, db=db, as_json=as_json,
    )  # fmt: skip


def reserve(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="What for.")],
    size: Annotated[str, typer.Argument(help="/24, a number of hosts, or a given range.")],
    until: Annotated[
        str, typer.Option(metavar="DATE|DAYS", help="When it ends; default: never.")
    ] = "",
    block: InBlock = "",
    kind: Kind = "",
    tag: Tag = None,
    notes: Notes = "",
    key: Key = "",
    space: SpaceName = "default",
    dry_run: DryRun = False,
    db: Database = "",
    as_json: JsonFlag = False,
) -> None:
    """Reserve a range for a while; when its time is over, it is free by itself.

    Examples:
      netassist ipam reserve migration /22 --until 30
      netassist ipam reserve datacenter 10.20.192.0/18 --until 2027-06-30
    """
    said = {
        "kind": kind, "tags": _tags(tag), "notes": notes, "key": key, "role": "reservation",
        "expires": _until(until) if until else None,
    }  # fmt: skip
    _allocate(
        context, [(name, size)], said, space=space, block=block, fit="best", dry_run=dry_run,
        db=db, as_json=as_json,
    )  # fmt: skip


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
    _tell(context.obj, outcome, "Resized", as_json=as_json)


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
        expires = None if until == "never" else _until(until)
    edits = Edits(
        name=name, kind=kind, tags=_tags(tag) if tag else None, notes=notes, headroom=headroom,
        expires=expires,
    )  # fmt: skip
    with opened_book(db) as book:
        outcome = book.edit(entry, edits, space, dry_run=dry_run)
    _tell(context.obj, outcome, "Edited", as_json=as_json)


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
            change, lambda shown: _said(shown, "Released"), output, yes=yes, dry_run=dry_run
        )
    _tell(output, outcome, "Released", as_json=as_json)


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

        outcome = change_after_asking(take_back, _said_undone, output, yes=yes, dry_run=dry_run)
    if outcome is not None and not as_json:
        output.write_text(_said_undone(outcome))
        return
    _tell(output, outcome, "Undone", as_json=as_json)


def _allocate(
    context: typer.Context, wanted: list[tuple[str, str]], said: dict[str, Any], *,
    space: str, block: str, fit: str, dry_run: bool, db: str, as_json: bool,
) -> None:  # fmt: skip
    from tools.range_sizes import read_size

    sizes = [(name, read_size(size)) for name, size in wanted]
    given = [size.network for _, size in sizes if size.network]
    if fit not in ("best", "first", "last"):
        message = f"`{fit}` is no way to choose; say best, first or last"
        raise typer.BadParameter(message)
    if given and (len(wanted) > 1 or block or said.get("headroom")):
        message = f"`{given[0]}` is a given range: it is allocated alone, where it lies"
        raise typer.BadParameter(message)
    if said.get("key") and len(wanted) > 1:
        message = "--key is for one request; allocate them one by one"
        raise typer.BadParameter(message)
    strategy: Strategy = fit  # type: ignore[assignment]
    with opened_book(db) as book:
        if given:
            draft = _draft(wanted[0][0], given[0], said)
            outcome = book.enter(draft, space, dry_run=dry_run)
        else:
            requests = [_request(name, size.prefix, size.family, said) for name, size in sizes]
            outcome = book.allocate(
                requests, space, block=block, strategy=strategy, dry_run=dry_run
            )
    verb = "Reserved" if said.get("role") == "reservation" else "Allocated"
    _tell(context.obj, outcome, verb, as_json=as_json)


def _request(name: str, prefix: int, family: int, said: dict[str, Any]) -> "Request":
    from topology.ipam.book import Request

    said = {"role": "block" if said["kind"] == "vnet" else "allocation"} | said
    return Request(name=name, prefix=prefix, family=family, **said)


def _draft(name: str, network: Any, said: dict[str, Any]) -> "Draft":
    from topology.ipam.book import Draft

    said = {"role": "block" if said["kind"] == "vnet" else "allocation"} | said
    said.pop("headroom", None)
    return Draft(name=name, network=network, **said)


def _wanted(name: str, sizes: list[str]) -> list[tuple[str, str]]:
    """Return names with sizes, from `NAME SIZE` or `NAME=SIZE NAME=SIZE`."""
    if len(sizes) == 1 and "=" not in name and "=" not in sizes[0]:
        return [(name, sizes[0])]
    pairs = [text.partition("=") for text in (name, *sizes)]
    bad = [before for before, sign, after in pairs if not (before and sign and after)]
    if bad:
        message = f"`{bad[0]}` has no size; write `NAME SIZE`, or `NAME=SIZE` for each of several"
        raise typer.BadParameter(message)
    return [(before, after) for before, _, after in pairs]


def _tags(given: list[str] | None) -> dict[str, str]:
    found = {}
    for text in given or []:
        name, sign, value = text.partition("=")
        if not (name.strip() and sign):
            message = f"`{text}` is no tag; write NAME=TEXT"
            raise typer.BadParameter(message)
        found[name.strip()] = value.strip()
    return found


def _until(text: str) -> "datetime":
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


def _said(outcome: "Outcome", verb: str) -> str:
    from tools.book_text import describe_outcome

    if not outcome.entries:
        return f"{verb}." if outcome.applied else f"Would be done: {verb}."
    return describe_outcome(outcome, verb, applied=outcome.applied)


def _said_undone(outcome: "Outcome") -> str:
    said = outcome.change.summary if outcome.change else "nothing to undo"
    return f"{said[0].upper()}{said[1:]}." if outcome.applied else f"Would be done: {said}."


def _tell(output: Output, outcome: "Outcome | None", verb: str, *, as_json: bool) -> None:
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
        output.write_text((short or _said(outcome, verb)).replace("`", ""))
    if short:
        raise typer.Exit(exit_codes.NO)

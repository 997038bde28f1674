"""The commands that take ranges: `netassist ipam allocate` and `reserve`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from assistant.cli.book_opening import Database, DryRun, SpaceName, opened_book
from assistant.cli.book_telling import Kind, Notes, Tag, read_until, tags_of, tell
from assistant.cli.opening import JsonFlag

if TYPE_CHECKING:
    from topology.ipam.book import Draft, Request
    from topology.ipam.book.freelist import Strategy

__all__ = ["allocate", "reserve"]

InBlock = Annotated[
    str, typer.Option("--in", metavar="BLOCK", help="Block or VNet; default: any at the top.")
]
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
    said = {
        "kind": kind,
        "tags": tags_of(tag),
        "notes": notes,
        "key": key,
        "headroom": headroom,
    }
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
        "kind": kind, "tags": tags_of(tag), "notes": notes, "key": key, "role": "reservation",
        "expires": read_until(until) if until else None,
    }  # fmt: skip
    _allocate(
        context, [(name, size)], said, space=space, block=block, fit="best", dry_run=dry_run,
        db=db, as_json=as_json,
    )  # fmt: skip


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
    tell(context.obj, outcome, verb, as_json=as_json)


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

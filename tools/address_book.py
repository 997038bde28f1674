"""Tools that look into the address book: what there is, what is free, when it runs out."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tools.book_rows import (
    ChangeRow,
    EntryRow,
    ForecastRow,
    UsageRow,
    change_row,
    entry_row,
    forecast_row,
    usage_row,
)
from tools.book_text import (
    describe_change,
    describe_entry,
    describe_forecast,
    describe_free,
    describe_renumbering,
    describe_usage,
)
from tools.spec import Evidence, ToolResult, tool
from tools.wording import bullets, shorten
from tools.workspace import Workspace
from topology.errors import InvalidQuery
from topology.ipam.book.entries import DEFAULT_SPACE
from topology.ipam.book.forecast import STATISTIC

if TYPE_CHECKING:
    from topology.ipam.book import AddressBook

__all__ = [
    "BookResult",
    "ForecastResult",
    "FreeResult",
    "HistoryResult",
    "RenumberingResult",
    "find_free_range",
    "forecast_addresses",
    "open_book",
    "plan_renumbering",
    "show_address_book",
    "show_address_history",
]

_SHOWN = 50


class BookResult(ToolResult):
    """What a space holds."""

    space: str
    spaces: tuple[str, ...]
    usage: tuple[UsageRow, ...]
    entries: tuple[EntryRow, ...]
    total: int
    """Entries in all; more than are listed if the list was cut."""


class FreeResult(ToolResult):
    """Free ranges."""

    space: str
    room: bool
    free: dict[str, tuple[str, ...]]
    """Block to its free ranges, those that are large enough."""
    next: str | None
    """What an allocation of this size would get now."""


class ForecastResult(ToolResult):
    """When blocks will be full."""

    space: str
    statistic: str
    forecasts: tuple[ForecastRow, ...]


class HistoryResult(ToolResult):
    """Changes of the book, newest first."""

    changes: tuple[ChangeRow, ...]


class MoveRow(ToolResult):
    """One move of a plan; the summary names it."""

    old: str
    new: str
    name: str
    steps: tuple[str, ...]


class RenumberingResult(ToolResult):
    """How a range would become free, or an entry would move."""

    moves: tuple[MoveRow, ...]
    gain: str | None


@contextmanager
def open_book(workspace: Workspace) -> Iterator["AddressBook"]:
    """Open the address book of a workspace: the one it names, or the user's own."""
    # SQLAlchemy takes a quarter of a second to import; most commands never need it.
    from platformdirs import user_data_path

    from topology.ipam.book import AddressBook

    place = workspace.book or user_data_path("netassist", appauthor=False) / "address-book.sqlite3"
    with AddressBook(place, actor=workspace.user) as book:
        yield book


@tool()
def show_address_book(
    workspace: Workspace, space: str = DEFAULT_SPACE, block: str = ""
) -> BookResult:
    """Show the address book: which ranges are taken by what, and how full each block is.

    Use it for "what do we use 10.20.0.0/16 for", "how full is vnet-prod", "how fragmented is our
    address space", "which ranges has the dev cluster".

    Args:
        workspace: Bound by the adapter; names the address book.
        space: Name of the address space; others may hold the same addresses.
        block: Name or range of one block, such as `vnet-prod` or `10.20.0.0/16`; empty for all.

    Returns:
        Use and fragmentation of each block, and the ranges in them, at most 50.
    """
    with open_book(workspace) as book:
        spaces = tuple(one.name for one in book.spaces())
        usages = book.usage(block, space)
        wanted = {usage.block.id for usage in usages}
        entries = [entry for entry in book.entries(space) if not block or entry.parent in wanted]
    listed = [entry for entry in entries if block or entry.role != "block"]
    lines = [describe_usage(usage) for usage in usages]
    if listed:
        lines.append(bullets(describe_entry(entry) for entry in listed[:_SHOWN]))
    if len(listed) > _SHOWN:
        lines.append(f"{len(listed) - _SHOWN:,} more; name a block to see those in it.")
    others = [name for name in spaces if name != space]
    if others and not block:
        lines.append(f"Other spaces: {shorten(others)}.")
    return BookResult(
        summary="\n\n".join(lines) or f"The space `{space}` is empty.",
        evidence=_evidence(space),
        space=space,
        spaces=spaces,
        usage=tuple(usage_row(usage) for usage in usages),
        entries=tuple(entry_row(entry) for entry in entries[:_SHOWN]),
        total=len(entries),
    )


@tool()
def find_free_range(
    workspace: Workspace, size: str, space: str = DEFAULT_SPACE, block: str = ""
) -> FreeResult:
    """Find free ranges of a size in the address book, without taking one.

    Use it for "do we have a /22 left", "where could a subnet for 300 hosts go". Somebody else may
    take the range meanwhile: to have it, allocate it.

    Args:
        workspace: Bound by the adapter; names the address book.
        size: A prefix such as `/24`, or a number of hosts such as `300`.
        space: Name of the address space.
        block: Name or range of one block; empty for all at the top.

    Returns:
        The free ranges that are large enough, and which one an allocation would be cut from.
    """
    from tools.range_sizes import read_size

    wanted = read_size(size)
    with open_book(workspace) as book:
        found = [
            (one, spans)
            for one, spans in book.free(block, space)
            if one.network.version == wanted.family
        ]
    if not found:
        message = f"The space `{space}` has no block of IPv{wanted.family}."
        raise InvalidQuery(message, hint="Add one: netassist ipam add-block RANGE")
    bits = (32 if wanted.family == 4 else 128) - wanted.prefix
    fitting = {
        str(one.network): tuple(str(span.network) for span in spans if span.bits >= bits)
        for one, spans in found
    }
    holes = [span for _, spans in found for span in spans if span.bits >= bits]
    best = min(holes, key=lambda span: (span.bits, span.low), default=None)
    following = None
    if best is not None:
        network = best.network
        following = str(type(network)((best.low, wanted.prefix)))
    text = describe_free(found, wanted.prefix)
    if following:
        text += f"\nAn allocation would get `{following}` now."
    return FreeResult(
        summary=text,
        evidence=_evidence(space),
        space=space,
        room=following is not None,
        free={name: ranges[:_SHOWN] for name, ranges in fitting.items()},
        next=following,
    )


@tool()
def forecast_addresses(
    workspace: Workspace, space: str = DEFAULT_SPACE, block: str = "", days: int = 365
) -> ForecastResult:
    """Estimate when blocks of the address book will be full, from how they filled so far.

    Args:
        workspace: Bound by the adapter; names the address book.
        space: Name of the address space.
        block: Name or range of one block; empty for all at the top.
        days: How many days of history to look at, at least 1.

    Returns:
        A date with its 90 % interval, or that there is not enough history.
    """
    if days < 1:
        message = f"`{days}` days of history cannot be looked at."
        raise InvalidQuery(message, hint="Give 1 or more.")
    with open_book(workspace) as book:
        found = book.forecast(block, space, days=days)
    return ForecastResult(
        summary=describe_forecast(found) if found else f"The space `{space}` has no block.",
        evidence=_evidence(space),
        space=space,
        statistic=STATISTIC,
        forecasts=tuple(forecast_row(one) for one in found),
    )


@tool()
def show_address_history(
    workspace: Workspace, space: str = "", entry: str = "", limit: int = 20
) -> HistoryResult:
    """Show who changed what in the address book, and when, newest first.

    Args:
        workspace: Bound by the adapter; names the address book.
        space: Only this address space; empty for all.
        entry: Only changes of this range or name.
        limit: How many, 1 to 200.

    Returns:
        The changes with their numbers, by which they can be undone.
    """
    if not 1 <= limit <= 200:
        message = f"`{limit}` changes cannot be shown."
        raise InvalidQuery(message, hint="Give 1 to 200.")
    with open_book(workspace) as book:
        one = book.find(entry, space or DEFAULT_SPACE) if entry else None
        changes = book.history(space=space, entry=one, limit=limit)
    text = "\n".join(describe_change(change) for change in changes)
    return HistoryResult(
        summary=text or "Nothing has been changed yet.",
        evidence=_evidence(space or DEFAULT_SPACE),
        changes=tuple(change_row(change) for change in changes),
    )


@tool()
def plan_renumbering(
    workspace: Workspace,
    size: str = "",
    move: str = "",
    into: str = "",
    space: str = DEFAULT_SPACE,
    block: str = "",
) -> RenumberingResult:
    """Plan which ranges to move, where to and in what order, and what hangs on each.

    Either to make room for a range of a size in a fragmented block, or to move one range or VNet
    into another block. It plans; it changes nothing.

    Args:
        workspace: Bound by the adapter; names the address book.
        size: Make room for this prefix, such as `/20`.
        move: Move this range or name instead.
        into: The block into which it moves.
        space: Name of the address space.
        block: Where to make room; empty for every block at the top.

    Returns:
        The moves in order, old to new, each with what must change.
    """
    from tools.range_sizes import read_size

    if bool(size) == bool(move) or bool(move) != bool(into):
        message = "Either a size to make room for, or a range and where it moves, must be given."
        raise InvalidQuery(message, hint="Such as size `/20`; or move `vnet-a` into `corp-new`.")
    with open_book(workspace) as book:
        if size:
            plans = book.plan_room(read_size(size).prefix, block, space)
            text = describe_renumbering(plans) or f"No block of `{space}` is as large as {size}."
        else:
            plan = book.plan_move(move, into, space)
            plans = [(book.find(into, space, blocks=True), plan)]
            text = describe_renumbering([(None, plan)])
    moves = [one for _, plan in plans for one in plan.moves]
    gains = [str(plan.gain) for _, plan in plans if plan.gain]
    return RenumberingResult(
        summary=text,
        evidence=_evidence(space),
        moves=tuple(
            MoveRow(
                summary=f"{one.old} -> {one.new}",
                old=str(one.old),
                new=str(one.new),
                name=one.entry.name,
                steps=one.steps,
            )
            for one in moves[:_SHOWN]
        ),
        gain=gains[0] if gains else None,
    )


def _evidence(space: str) -> tuple[Evidence, ...]:
    return (Evidence(claim=f"ranges of the space `{space}`", source="address book"),)

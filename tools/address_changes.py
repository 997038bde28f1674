"""Tools that change the address book; each only says what it would do until that is approved."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tools.address_book import open_book
from tools.book_rows import EntryRow, entry_row
from tools.book_text import (
    describe_entry,
    describe_import,
    describe_outcome,
    describe_problem,
    describe_shortage,
)
from tools.range_sizes import read_size
from tools.spec import Evidence, WriteResult, tool
from tools.wording import bullets
from tools.workspace import Workspace
from topology.errors import InvalidQuery
from topology.ipam.book.entries import DEFAULT_SPACE, Role

__all__ = [
    "AllocationResult",
    "ImportedResult",
    "ReleaseResult",
    "UndoResult",
    "allocate_range",
    "import_ranges",
    "release_range",
    "undo_address_change",
]

NOT_DONE = "Nothing was changed, as nobody approved it."
_SHOWN = 20


class AllocationResult(WriteResult):
    """What was allocated, or would be."""

    entries: tuple[EntryRow, ...] = ()
    change: int | None = None
    repeated: bool = False


class ReleaseResult(WriteResult):
    """What was released, or would be."""

    entries: tuple[EntryRow, ...] = ()
    change: int | None = None


class UndoResult(WriteResult):
    """What was undone, or would be."""

    undone: str = ""
    change: int | None = None


class ImportedResult(WriteResult):
    """What was imported, or would be."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: tuple[str, ...] = ()
    change: int | None = None


@tool(effect="write")
def allocate_range(
    workspace: Workspace,
    name: str,
    size: str,
    space: str = DEFAULT_SPACE,
    block: str = "",
    kind: str = "",
    headroom: int = 0,
    days: int = 0,
    key: str = "",
    *,
    basis: int | None = None,
) -> AllocationResult:
    """Allocate or reserve a free range in the address book, once that is approved.

    The smallest free range that is large enough is cut, so that large ones stay whole.

    Args:
        workspace: Bound by the adapter; names the address book.
        name: What it is for, such as `aks-prod-nodes`.
        size: A prefix such as `/24`, a number of hosts, or a given range such as `10.1.4.0/24`.
        space: Name of the address space.
        block: Name or range of the block or VNet to take it from; empty for any at the top.
        kind: What it is used as, such as `nodes`, `pods` or `vnet`; from a `vnet`, subnets can
            be allocated in turn.
        headroom: How often it may double in place later: 1 keeps as much again free beside it.
        days: Makes it a reservation that expires after so many days; 0 for an allocation.
        key: A text that makes repeating this very request safe; empty for none.
        basis: Bound by the permit; None changes nothing.

    Returns:
        The range, or why there is none and what could be had instead.
    """
    from topology.ipam.book import Draft, Request

    if days < 0:
        message = f"`{days}` days is no time."
        raise InvalidQuery(message, hint="Give 1 or more, or leave it out for an allocation.")
    wanted = read_size(size)
    expires = datetime.now(UTC) + timedelta(days=days) if days else None
    role: Role = "reservation" if days else "block" if kind == "vnet" else "allocation"
    with open_book(workspace) as book:
        if wanted.network is not None:
            draft = Draft(
                network=wanted.network, role=role, name=name, kind=kind, key=key, expires=expires
            )
            outcome = book.enter(draft, space, dry_run=basis is None, basis=basis)
        else:
            request = Request(
                name=name, prefix=wanted.prefix, family=wanted.family, headroom=headroom,
                kind=kind, key=key, role=role, expires=expires,
            )  # fmt: skip
            outcome = book.allocate(
                [request], space, block=block, dry_run=basis is None, basis=basis
            )
    if outcome.shortage is not None:
        return AllocationResult(
            summary=describe_shortage(outcome.shortage),
            evidence=_evidence(space),
            applied=False,
            basis=outcome.basis,
            possible=False,
        )
    applied = outcome.applied or outcome.repeated
    text = describe_outcome(outcome, "Reserved" if days else "Allocated", applied=applied)
    return AllocationResult(
        summary=text if applied else f"{NOT_DONE} {text}",
        evidence=_evidence(space),
        applied=applied,
        basis=outcome.basis,
        entries=tuple(entry_row(entry) for entry in outcome.entries),
        change=outcome.change.id if applied and outcome.change else None,
        repeated=outcome.repeated,
    )


@tool(effect="write")
def release_range(
    workspace: Workspace,
    entry: str,
    space: str = DEFAULT_SPACE,
    with_children: bool = False,
    *,
    basis: int | None = None,
) -> ReleaseResult:
    """Release a range of the address book, once that is approved.

    Args:
        workspace: Bound by the adapter; names the address book.
        entry: Its name or range, such as `aks-old` or `10.1.4.0/24`.
        space: Name of the address space.
        with_children: Whether to release everything in a block or VNet with it.
        basis: Bound by the permit; None changes nothing.

    Returns:
        What is free again.
    """
    with open_book(workspace) as book:
        outcome = book.release(
            entry, space, with_children=with_children, dry_run=basis is None, basis=basis
        )
    text = describe_outcome(
        replace(outcome, entries=outcome.entries[:_SHOWN]), "Released", applied=outcome.applied
    )
    return ReleaseResult(
        summary=text if outcome.applied else f"{NOT_DONE} {text}",
        evidence=_evidence(space),
        applied=outcome.applied,
        basis=outcome.basis,
        entries=tuple(entry_row(one) for one in outcome.entries[:_SHOWN]),
        change=outcome.change.id if outcome.applied and outcome.change else None,
    )


@tool(effect="write")
def undo_address_change(
    workspace: Workspace, change: int = 0, space: str = "", *, basis: int | None = None
) -> UndoResult:
    """Take a change of the address book back, exactly, once that is approved.

    Args:
        workspace: Bound by the adapter; names the address book.
        change: Its number in the history; 0 for the last one.
        space: Without a number: the last one of this address space; empty for the whole book.
        basis: Bound by the permit; None changes nothing.

    Returns:
        Which change was taken back.
    """
    with open_book(workspace) as book:
        outcome = book.undo(
            change or None, space=space, own=not change, dry_run=basis is None, basis=basis
        )
    said = outcome.change.summary if outcome.change else "nothing undone"
    text = (
        f"{said[0].upper()}{said[1:]}." if outcome.applied else f"{NOT_DONE} It would be: {said}."
    )
    return UndoResult(
        summary=text,
        evidence=_evidence(space or DEFAULT_SPACE),
        applied=outcome.applied,
        basis=outcome.basis,
        undone=said,
        change=outcome.change.id if outcome.applied and outcome.change else None,
    )


@tool(effect="write")
def import_ranges(
    workspace: Workspace,
    files: Sequence[str],
    space: str = DEFAULT_SPACE,
    *,
    basis: int | None = None,
) -> ImportedResult:
    """Import ranges into the address book from files, once that is approved.

    Reads `az network vnet list`, `az network vnet subnet list`, `az aks list`, NetBox prefixes and
    CSV. Bad rows are told of and left out; importing the same again changes nothing.

    Args:
        workspace: Bound by the adapter; names the address book.
        files: Paths below the current folder, or of the workspace.
        space: Name of the address space to import into.
        basis: Bound by the permit; None changes nothing.

    Returns:
        What is added, updated and refused.
    """
    from topology.ipam.book.importing import import_rows, read_files

    if not files:
        message = "No file to import is named."
        raise InvalidQuery(message, hint="Name one, such as `vnets.json`.")
    for file in files:
        _check_place(file, workspace)
    reading = read_files(files)
    with open_book(workspace) as book:
        result = import_rows(book, reading, space, dry_run=basis is None, basis=basis)
    shown = [describe_problem(problem) for problem in result.problems]
    text = describe_import(result)
    listed = bullets(describe_entry(entry) for entry in result.added[:_SHOWN])
    parts = [text if result.applied else f"{NOT_DONE} {text}", listed, bullets(shown[:_SHOWN])]
    return ImportedResult(
        summary="\n\n".join(part for part in parts if part),
        evidence=_evidence(space),
        applied=result.applied,
        basis=result.basis,
        possible=bool(result.added or result.updated),
        added=len(result.added),
        updated=len(result.updated),
        unchanged=result.unchanged,
        problems=tuple(shown),
        change=result.change.id if result.applied and result.change else None,
    )


def _check_place(file: str, workspace: Workspace) -> None:
    """Refuse files that the person did not lay out: what a model names is read before approval.

    Raises:
        InvalidQuery: The file lies elsewhere.
    """
    path = Path(file).resolve()
    allowed = [Path.cwd(), *(Path(source) for source in workspace.sources if source != "sample")]
    if not any(path.is_relative_to(place.resolve()) for place in allowed):
        message = f"`{file}` lies neither below the current folder nor in the workspace."
        raise InvalidQuery(message, hint=f"Run: netassist ipam import {file}")


def _evidence(space: str) -> tuple[Evidence, ...]:
    return (Evidence(claim=f"ranges of the space `{space}`", source="address book"),)

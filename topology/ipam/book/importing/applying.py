"""Bringing rows into the book: new ones added, known ones updated, the rest told of."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from topology.ipam.book.book import AddressBook, Outcome, open_space
from topology.ipam.book.entries import DEFAULT_SPACE, Action, Change, Draft, Entry
from topology.ipam.book.importing.clusters import annotate, warn_of_overlaps
from topology.ipam.book.importing.matching import match
from topology.ipam.book.importing.nesting import Node, nest
from topology.ipam.book.importing.rows import ImportRow, Reading
from topology.ipam.book.ledger import Ledger
from topology.model import Problem

__all__ = ["ImportResult", "import_rows"]

_GENERIC = ("", "subnet", "api server or pods")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """What an import did, or would do."""

    added: tuple[Entry, ...]
    updated: tuple[Entry, ...]
    unchanged: int
    problems: tuple[Problem, ...]
    change: Change | None
    applied: bool
    basis: int
    forms: dict[str, str]
    """By file: what it was read as."""


@dataclass(slots=True)
class _Tally:
    added: dict[int, Entry] = field(default_factory=dict)
    updated: dict[int, Entry] = field(default_factory=dict)
    known: int = 0


def import_rows(
    book: AddressBook,
    reading: Reading,
    space: str = DEFAULT_SPACE,
    *,
    dry_run: bool = False,
    basis: int | None = None,
) -> ImportResult:
    """Bring what was read into the book, in one change.

    A row that cannot be is refused with its place, and the others go on. Done again with the same
    files, it changes nothing.
    """
    tally = _Tally()
    given = list(reading.problems)

    def work(ledger: Ledger) -> tuple[Outcome, Action, str, str]:
        reading.problems[:] = given
        for name, rows in _by_space(reading.rows, space).items():
            _import_space(ledger, name, rows, reading, tally)
        for entry in annotate(ledger, space, reading):
            (tally.added if entry.id in tally.added else tally.updated)[entry.id] = entry
        warn_of_overlaps(ledger, space, reading)
        files = ", ".join(reading.forms) or "nothing"
        said = f"{len(tally.added)} added, {len(tally.updated)} updated from {files}"
        return Outcome(entries=tuple(tally.added.values())), "import", space, said

    outcome = book.transact(work, dry_run=dry_run, basis=basis)
    return ImportResult(
        added=tuple(tally.added.values()),
        updated=tuple(tally.updated.values()),
        unchanged=tally.known,
        problems=tuple(reading.problems),
        change=outcome.change,
        applied=outcome.applied,
        basis=outcome.basis,
        forms=dict(reading.forms),
    )


def _by_space(rows: Sequence[ImportRow], space: str) -> dict[str, list[ImportRow]]:
    found: dict[str, list[ImportRow]] = {}
    for row in rows:
        found.setdefault(row.space or space, []).append(row)
    return found


def _import_space(
    ledger: Ledger, space: str, rows: Sequence[ImportRow], reading: Reading, tally: _Tally
) -> None:
    open_space(ledger, space)
    entries = ledger.entries.all(space)
    found = match(entries, rows, reading)
    nodes = nest(entries, found.fresh, reading)
    added: list[Entry] = []
    updated: list[tuple[Entry, Entry]] = []
    for node in nodes:
        # Outer ones come first, so a parent has its number by now.
        parent = node.parent.id if node.parent else 0
        if node.row is not None:
            added.append(_enter(ledger, node, node.row, space, parent))
        elif node.entry is not None:
            before = node.entry
            told = found.known.get(before.id, ())
            after = replace(_describe(before, told), parent=parent)
            if node.promoted:
                after = replace(after, role="block")
            if after != before:
                updated.append((before, after))
            elif told:
                tally.known += 1
    ledger.write_many(added, updated)
    tally.added |= {entry.id: entry for entry in added}
    tally.updated |= {after.id: after for _, after in updated}


def _enter(ledger: Ledger, node: Node, row: ImportRow, space: str, parent: int) -> Entry:
    draft = Draft(
        network=row.network,
        role=node.role,
        name=row.name,
        kind=row.kind,
        tags={**row.tags, **({"id": row.owner} if row.owner else {})},
        notes=row.notes,
        expires=row.expires,
    )
    entry = ledger.draft(draft, space, parent)
    node.id = entry.id
    return entry


def _describe(entry: Entry, rows: Iterable[ImportRow]) -> Entry:
    """Return an entry as rows describe it; what they leave open stays as it is."""
    for row in rows:
        kind = entry.kind if row.kind in _GENERIC and entry.kind else row.kind
        owner = {"id": row.owner} if row.owner else {}
        entry = replace(
            entry,
            name=row.name or entry.name,
            kind=kind,
            tags={**entry.tags, **row.tags, **owner},
            notes=row.notes or entry.notes,
            expires=row.expires or entry.expires,
        )
    return entry

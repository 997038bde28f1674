"""Which rows tell of something that is in the book already, or was told of before."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from topology.ipam.book.entries import Entry
from topology.ipam.book.importing.nesting import level_of
from topology.ipam.book.importing.rows import ImportRow, Reading, complain
from topology.model import Network

__all__ = ["Matches", "match"]

_Place = tuple[Network, int]


@dataclass(slots=True)
class Matches:
    """The rows of one space, sorted out."""

    known: dict[int, list[ImportRow]] = field(default_factory=dict)
    """By number of the entry that they tell of."""
    fresh: list[ImportRow] = field(default_factory=list)
    """New ranges, each once."""


def match(entries: Iterable[Entry], rows: Sequence[ImportRow], reading: Reading) -> Matches:
    """Sort rows into those of known entries and new ones; complain of those that contradict."""
    there: dict[Network, list[Entry]] = {}
    for entry in entries:
        there.setdefault(entry.network, []).append(entry)
    found = Matches()
    told: dict[_Place, ImportRow] = {}
    fresh: dict[_Place, ImportRow] = {}
    for row in rows:
        level = level_of(row.role, row.kind)
        before = told.setdefault((row.network, level), row)
        if before is not row and not _is_same(row, before.owner, before.name):
            said = f"`{row.network}` of `{row.name}`" if row.name else f"`{row.network}`"
            other = f" as `{before.name}`" if before.name else ""
            message = f"{said} is told of already, at {before.location}{other}."
            hint = "The first one counts; give the other a space of its own."
            complain(reading, "repeated", message, hint, row.location)
            continue
        chosen = _choose(row, level, there.get(row.network, ()))
        if isinstance(chosen, str):
            hint = "Correct one of them, or import the file with a --space of its own."
            complain(reading, "overlap", chosen, hint, row.location)
        elif chosen is not None:
            found.known.setdefault(chosen.id, []).append(row)
        elif before is row:
            fresh[row.network, level] = row
        elif (row.network, level) in fresh:
            first = fresh[row.network, level]
            fresh[row.network, level] = replace(first, tags={**first.tags, **row.tags})
    found.fresh = list(fresh.values())
    return found


def _is_same(row: ImportRow, owner: str, name: str) -> bool:
    if row.owner and owner:
        return row.owner == owner
    return row.name == name


def _choose(row: ImportRow, level: int, there: Sequence[Entry]) -> Entry | str | None:
    """Return the entry that a row tells of, why it cannot be, or None for a new range."""
    if row.owner:
        own = next((one for one in there if one.tags.get("id") == row.owner), None)
        if own is not None:
            return own
    same = [one for one in there if level_of(one.role, one.kind) == level]
    if not same and row.role != "block" and level == 2:
        # It may have become a block because of what lies in it.
        same = [one for one in there if not one.tags.get("id") and one.name == row.name]
    for one in same:
        if row.owner and one.tags.get("id"):
            return f"`{row.network}` of `{row.name}` overlaps `{one.network}` of `{one.name}`."
        return one
    return None

"""What tools and commands tell of the address book, as rows of plain values."""

from pydantic import BaseModel, ConfigDict

from topology.ipam.book.entries import Change, Entry, RowChange, Space
from topology.ipam.book.forecast import Forecast
from topology.ipam.book.usage import Usage

__all__ = [
    "ChangeRow",
    "DiffRow",
    "EntryRow",
    "ForecastRow",
    "UsageRow",
    "change_row",
    "diff_row",
    "entry_row",
    "forecast_row",
    "usage_row",
]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)


class EntryRow(_Row):
    """A range of the book."""

    id: int
    space: str
    range: str
    role: str
    name: str
    kind: str
    kept: str | None
    """The whole range that is kept for it; None if that is the range itself."""
    block: int | None
    tags: dict[str, str]
    notes: str
    key: str | None
    expires: str | None
    created: str
    created_by: str


class UsageRow(_Row):
    """How full a block is."""

    block: EntryRow
    size: int
    used: int
    kept: int
    free: int
    taken: float
    """Share, 0 to 1, what is kept for growth included."""
    pieces: int
    largest_free: str | None
    fragmentation: float
    """Share of the free addresses that lie outside the largest free range, 0 to 1."""


class ForecastRow(_Row):
    """When a block will be full."""

    block: str
    range: str
    free: int
    days_observed: float
    changes: int
    per_day: float
    per_day_low: float
    per_day_high: float
    full: str | None
    earliest: str | None
    latest: str | None
    reason: str


class DiffRow(_Row):
    """What a change did to one range."""

    before: EntryRow | None
    after: EntryRow | None


class ChangeRow(_Row):
    """One change of the history."""

    id: int
    at: str
    actor: str
    action: str
    space: str
    summary: str
    undoes: int | None
    undone_by: int | None
    rows: tuple[DiffRow, ...] = ()


def entry_row(entry: Entry) -> EntryRow:
    """Return an entry as a row."""
    return EntryRow(
        id=entry.id,
        space=entry.space,
        range=str(entry.network),
        role=entry.role,
        name=entry.name,
        kind=entry.kind,
        kept=str(entry.slot) if entry.headroom else None,
        block=entry.parent or None,
        tags=dict(entry.tags),
        notes=entry.notes,
        key=entry.key or None,
        expires=entry.expires.isoformat() if entry.expires else None,
        created=entry.created.isoformat(),
        created_by=entry.created_by,
    )


def usage_row(usage: Usage) -> UsageRow:
    """Return the use of a block as a row."""
    return UsageRow(
        block=entry_row(usage.block),
        size=usage.size,
        used=usage.used,
        kept=usage.kept,
        free=usage.free,
        taken=round(float(usage.taken), 6),
        pieces=usage.pieces,
        largest_free=str(usage.largest) if usage.largest else None,
        fragmentation=round(float(usage.fragmentation), 6),
    )


def forecast_row(found: Forecast) -> ForecastRow:
    """Return a forecast as a row."""
    block = found.usage.block
    return ForecastRow(
        block=block.name or str(block.network),
        range=str(block.network),
        free=found.usage.free,
        days_observed=round(found.days, 2),
        changes=found.steps,
        per_day=round(found.per_day, 3),
        per_day_low=round(found.slow, 3),
        per_day_high=round(found.fast, 3),
        full=found.full.isoformat() if found.full else None,
        earliest=found.earliest.isoformat() if found.earliest else None,
        latest=found.latest.isoformat() if found.latest else None,
        reason=found.reason,
    )


def change_row(change: Change) -> ChangeRow:
    """Return a change as a row."""
    return ChangeRow(
        id=change.id,
        at=change.at.isoformat(),
        actor=change.actor,
        action=change.action,
        space=change.space,
        summary=change.summary,
        undoes=change.undoes,
        undone_by=change.undone_by,
        rows=tuple(diff_row(row) for row in change.rows),
    )


def diff_row(row: RowChange) -> DiffRow:
    """Return what a change did to one range; spaces themselves have no range to tell of."""
    return DiffRow(before=_side(row.before), after=_side(row.after))


def _side(item: Entry | Space | None) -> EntryRow | None:
    return entry_row(item) if isinstance(item, Entry) else None

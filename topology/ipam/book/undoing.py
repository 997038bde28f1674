"""Taking a change back: exactly, or not at all."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from topology.errors import InvalidQuery, UnknownName
from topology.ipam.book.entries import Change, Entry, RowChange, Space
from topology.ipam.book.errors import Outdated
from topology.ipam.book.ledger import EXPIRY, Ledger
from topology.ipam.book.records import item_of, read_time
from topology.ipam.book.schema import CHANGES, ROWS

__all__ = ["read_change", "read_changes", "undo"]


def read_changes(
    connection: sa.Connection, *, space: str = "", item: int | None = None, limit: int = 50
) -> list[Change]:
    """Return the newest changes, newest first, without their rows.

    Args:
        connection: A transaction.
        space: Only those of this space; empty for all.
        item: Only those that touched this entry.
        limit: How many at most.
    """
    query = sa.select(CHANGES).order_by(CHANGES.c.id.desc()).limit(limit)
    if space:
        query = query.where(CHANGES.c.space == space)
    if item is not None:
        touched = sa.select(ROWS.c.change).where(ROWS.c.item == item)
        query = query.where(CHANGES.c.id.in_(touched))
    undone = _undone(connection)
    return [_change(row, undone) for row in connection.execute(query).all()]


def read_change(connection: sa.Connection, number: int) -> Change:
    """Return one change with its rows.

    Raises:
        UnknownName: There is none of that number.
    """
    row = connection.execute(sa.select(CHANGES).where(CHANGES.c.id == number)).first()
    if row is None:
        message = f"The history has no change `{number}`."
        raise UnknownName(message, hint="See: netassist ipam history")
    query = sa.select(ROWS).where(ROWS.c.change == number).order_by(ROWS.c.item)
    rows = tuple(
        RowChange(before=item_of(one.before), after=item_of(one.after))
        for one in connection.execute(query)
    )
    return _change(row, _undone(connection), rows)


def undo(ledger: Ledger, number: int | None, *, space: str = "", own: bool = False) -> Change:
    """Take a change back; return it as it was.

    Args:
        ledger: The change that this is.
        number: Which; None for the newest that is not an undo and was not undone.
        space: Without a number, the newest of this space; empty for the whole book.
        own: Without a number, only a change by the same person.

    Raises:
        UnknownName: There is no such change.
        InvalidQuery: It was undone already, or, without a number, is somebody else's.
        Outdated: Something has changed since that it cannot be taken out from under.
        Overlap: A range that it would restore is taken by now.
    """
    found = _newest(ledger, space) if number is None else number
    change = read_change(ledger.connection, found)
    if change.undone_by is not None:
        message = f"Change {change.id} was undone by change {change.undone_by}."
        hint = f"To have it back, undo that: --change {change.undone_by}"
        raise InvalidQuery(message, hint=hint)
    if own and number is None and change.actor != ledger.actor:
        message = f"The last change, {change.id} ({change.summary}), is by `{change.actor}`."
        raise InvalidQuery(message, hint=f"To undo it all the same, name it: --change {change.id}")
    _check_unchanged(ledger, change)
    left = _outer_first([row.after for row in change.rows if row.after and _moved(row)])
    for item in reversed(left):
        # Places that were exchanged overlap, so everything leaves before anything returns.
        ledger.apply(item, None)
    stayed = {row.after.id: row.after for row in change.rows if row.after and not _moved(row)}
    for item in _outer_first([row.before for row in change.rows if row.before]):
        ledger.apply(stayed.get(item.id), item)
    return change


def _moved(row: RowChange) -> bool:
    """Return whether an entry came, went, or changed its place."""
    before, after = row.before, row.after
    if not isinstance(before, Entry) or not isinstance(after, Entry):
        return True
    return (before.parent, before.slot) != (after.parent, after.slot)


def _newest(ledger: Ledger, space: str) -> int:
    undone = _undone(ledger.connection)
    query = (
        sa.select(CHANGES.c.id)
        .where(CHANGES.c.undoes.is_(None), CHANGES.c.actor != EXPIRY)
        .order_by(CHANGES.c.id.desc())
    )
    if space:
        query = query.where(CHANGES.c.space == space)
    for number in ledger.connection.scalars(query.limit(len(undone) + 1)).all():
        if number not in undone:
            return int(number)
    message = "There is no change that could be undone."
    raise InvalidQuery(message, hint="See: netassist ipam history")


def _check_unchanged(ledger: Ledger, change: Change) -> None:
    """See that what the change left behind is still as it left it, and holds nothing newer."""
    items = [row.after for row in change.rows if isinstance(row.after, Entry)]
    now = ledger.entries.get_many([item.id for item in items])
    gone = [row.before for row in change.rows if row.after is None and row.before]
    back = ledger.entries.get_many([item.id for item in gone])
    for item in items:
        if now.get(item.id) != item:
            _refuse(ledger, change, item)
    for entry in back.values():
        _refuse(ledger, change, entry)
    ours = {item.id for item in items}
    for row in change.rows:
        if isinstance(row.after, Entry) and row.before is None and row.after.role == "block":
            inside = ledger.entries.children(row.after.space, row.after.id)
            later = [one for one in inside if one.id not in ours]
            if later:
                _refuse(ledger, change, later[0])
        if isinstance(row.after, Space) and row.before is None:
            left = [e for e in ledger.entries.children(row.after.name, 0) if e.id not in ours]
            if left:
                _refuse(ledger, change, left[0])


def _refuse(ledger: Ledger, change: Change, entry: Entry) -> None:
    newer = read_changes(ledger.connection, item=entry.id, limit=1)
    by = f" by change {newer[0].id}" if newer else ""
    message = f"Change {change.id} cannot be undone: {entry.label} was changed since{by}."
    raise Outdated(message, hint="Undo the newer change first.")


def _outer_first(items: Sequence[Entry | Space]) -> list[Entry | Space]:
    """Return spaces, then blocks, then what lies in them, which may be as large."""
    known = {item.id: item for item in items}

    def depth(item: Entry | Space) -> int:
        if isinstance(item, Space):
            return -1
        outer = known.get(item.parent)
        return 1 + depth(outer) if outer else 0

    return sorted(items, key=depth)


def _undone(connection: sa.Connection) -> dict[int, int]:
    """Return each undone change, and the change that undid it; what undid may be undone itself."""
    query = (
        sa.select(CHANGES.c.id, CHANGES.c.undoes)
        .where(CHANGES.c.undoes.is_not(None))
        .order_by(CHANGES.c.id.desc())
    )
    undone: dict[int, int] = {}
    for number, undoes in connection.execute(query).all():
        # Newest first: whether this undo was undone itself is known by now.
        if number not in undone:
            undone.setdefault(undoes, number)
    return undone


def _change(
    row: sa.Row[tuple[object, ...]],
    undone: Mapping[int, int],
    rows: tuple[RowChange, ...] = (),
) -> Change:
    values = row._mapping
    return Change(
        id=values["id"],
        at=read_time(values["at"]),
        actor=values["actor"],
        action=values["action"],
        space=values["space"],
        summary=values["summary"],
        undoes=values["undoes"],
        undone_by=undone.get(values["id"]),
        rows=rows,
    )

"""How the use of a block has grown, read out of the history."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from topology.ipam.book.entries import Entry, Space
from topology.ipam.book.forecast import Growth, Step
from topology.ipam.book.records import item_of, read_time, write_time
from topology.ipam.book.schema import CHANGES, ROWS

__all__ = ["growth_of"]

_GROWING = frozenset({"allocate", "reserve", "extend", "edit", "release", "expire", "undo"})
"""Actions that show how use changes; the others tell what existed."""


def growth_of(connection: sa.Connection, block: Entry, *, now: datetime, days: int) -> Growth:
    """Return the steps in which a block filled or emptied.

    Args:
        connection: A transaction.
        block: The block.
        now: End of the time observed.
        days: How far to look back.
    """
    begun = max(now - timedelta(days=days), _first_seen(connection, block))
    query = (
        sa.select(CHANGES.c.at, CHANGES.c.action, ROWS.c.before, ROWS.c.after)
        .join(CHANGES, CHANGES.c.id == ROWS.c.change)
        .where(ROWS.c.block == block.id, CHANGES.c.at >= write_time(begun))
        .where(CHANGES.c.at <= write_time(now))
        .order_by(CHANGES.c.id)
    )
    steps: dict[str, int] = {}
    for row in connection.execute(query):
        if row.action in _GROWING:
            taken = _size(item_of(row.after), block) - _size(item_of(row.before), block)
            steps[row.at] = steps.get(row.at, 0) + taken
    return Growth(
        since=begun,
        steps=tuple(
            Step(at=read_time(at), addresses=taken) for at, taken in steps.items() if taken
        ),
    )


def _first_seen(connection: sa.Connection, block: Entry) -> datetime:
    """Return when the block was entered."""
    query = (
        sa.select(sa.func.min(CHANGES.c.at))
        .join(ROWS, ROWS.c.change == CHANGES.c.id)
        .where(ROWS.c.item == block.id)
    )
    at = connection.scalar(query)
    return read_time(at) if at else block.created


def _size(item: Entry | Space | None, block: Entry) -> int:
    """Return how many addresses an entry takes from the block."""
    if not isinstance(item, Entry) or item.parent != block.id:
        return 0
    return item.slot.num_addresses

"""A change to the book while it is made: entries, free ranges and history move together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from topology.ipam.book import schema
from topology.ipam.book.catalogue import Catalogue
from topology.ipam.book.entries import Action, Change, Draft, Entry, RowChange, Space
from topology.ipam.book.errors import Outdated, Overlap
from topology.ipam.book.freelist import FreeList
from topology.ipam.book.ranges import Span
from topology.ipam.book.records import entry_row, space_row, write_item, write_time

__all__ = ["EXPIRY", "Ledger"]

# Built once: to build a query takes longer than to run it.
_LOCK = sa.select(schema.META).with_for_update()
_ENTER = sa.insert(schema.ENTRIES)
_LEAVE = sa.delete(schema.ENTRIES).where(schema.ENTRIES.c.id == sa.bindparam("number"))
_TELL = sa.insert(schema.CHANGES)
_TELL_ROWS = sa.insert(schema.ROWS)
_COUNT = sa.update(schema.META).values(
    next_item=sa.bindparam("item"), next_change=sa.bindparam("change")
)

EXPIRY = "expiry"
"""Who is said to have released a reservation whose time was over."""


@dataclass(slots=True)
class Ledger:
    """One writer's transaction; `open` takes the lock that admits one at a time.

    Args:
        connection: A writing transaction.
        actor: Who makes the change.
        now: When.
    """

    connection: sa.Connection
    actor: str
    now: datetime
    next_item: int = 1
    next_change: int = 1
    free: FreeList = field(init=False)
    entries: Catalogue = field(init=False)
    _touched: dict[int, RowChange] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.free = FreeList(self.connection)
        self.entries = Catalogue(self.connection)

    @classmethod
    def open(cls, connection: sa.Connection, *, actor: str, now: datetime) -> "Ledger":
        """Wait for other writers, then release the reservations whose time is over."""
        row = connection.execute(_LOCK).one()
        ledger = cls(connection, actor, now, row.next_item, row.next_change)
        ledger._expire()
        return ledger

    @property
    def last_change(self) -> int:
        """Return the number of the newest change; 0 in a new book."""
        return self.next_change - 1

    def add_space(self, name: str, notes: str = "") -> Space:
        """Enter a space."""
        space = Space(
            id=self._number(), name=name, notes=notes, created=self.now, created_by=self.actor
        )
        self.apply(None, space)
        return space

    def draft(self, draft: Draft, space: str, parent: int) -> Entry:
        """Return a draft as an entry with a number, not entered yet."""
        return Entry(
            id=self._number(),
            space=space,
            parent=parent,
            role=draft.role,
            network=draft.network,
            slot=draft.slot or draft.network,
            name=draft.name,
            kind=draft.kind,
            tags=draft.tags,
            notes=draft.notes,
            key=draft.key,
            expires=draft.expires,
            created=self.now,
            created_by=self.actor,
        )

    def apply(self, before: Entry | Space | None, after: Entry | Space | None) -> None:
        """Turn one state of an entry or space into another.

        Raises:
            Overlap: The range is not free.
        """
        item = after or before
        assert item is not None
        known = self._touched.get(item.id)
        first = known.before if known else before
        self._touched[item.id] = RowChange(before=first, after=after)
        if isinstance(item, Space):
            self._write_space(before, after)
        else:
            assert before is None or isinstance(before, Entry)
            assert after is None or isinstance(after, Entry)
            self._move(before, after)
            self._write_entry(before, after)
            self._divide(before, after)

    def write_many(self, added: Sequence[Entry], updated: Sequence[tuple[Entry, Entry]]) -> None:
        """Write many at once, whose places somebody has checked already.

        Args:
            added: New ones, outer ones first.
            updated: Old and new state of those that were there; their slots are the same.
        """
        table = schema.ENTRIES
        pairs: list[tuple[Entry | None, Entry]] = [(None, entry) for entry in added]
        pairs += updated
        affected: set[int] = set()
        for before, after in pairs:
            known = self._touched.get(after.id)
            self._touched[after.id] = RowChange(
                before=known.before if known else before, after=after
            )
            if before is not None:
                query = sa.update(table).where(table.c.id == after.id).values(entry_row(after))
                self.connection.execute(query)
            if before is None or before.parent != after.parent:
                affected |= {after.parent, before.parent if before else 0}
            if after.role == "block" and (
                before is None or (before.role, before.parent) != (after.role, after.parent)
            ):
                affected.add(after.id)
        # Those that were there make place first: a new block starts where its first child does.
        if added:
            self.connection.execute(_ENTER, [entry_row(one) for one in added])
        for block in self.entries.get_many(sorted(affected - {0})).values():
            self._rebuild(block)

    def finish(
        self, action: Action, space: str, summary: str, *, undoes: int | None = None
    ) -> Change | None:
        """Write what was done into the history; None if nothing was."""
        rows = {item: row for item, row in self._touched.items() if row.before != row.after}
        self._touched = {}
        if not rows:
            return None
        change = Change(
            id=self.next_change,
            at=self.now,
            actor=self.actor,
            action=action,
            space=space,
            summary=summary,
            undoes=undoes,
            rows=tuple(rows.values()),
        )
        self.next_change += 1
        self._write_change(change, rows)
        return change

    def expect(self, basis: int) -> None:
        """See that nothing has changed since change number `basis`.

        Raises:
            Outdated: Something has.
        """
        if self.last_change != basis:
            message = (
                f"The address book has changed since: {self.last_change - basis} more in its "
                "history."
            )
            raise Outdated(message, hint="Nothing was done; ask again to see what it would be now.")

    def _number(self) -> int:
        self.next_item += 1
        return self.next_item - 1

    def _expire(self) -> None:
        """Release what has expired, in a change of its own."""
        expired = self.entries.expired(write_time(self.now))
        actor, self.actor = self.actor, EXPIRY
        for entry in expired:
            self.apply(entry, None)
            self.finish("expire", entry.space, f"{entry.label} expired")
        self.actor = actor

    def _move(self, before: Entry | None, after: Entry | None) -> None:
        """Give the old range back to its block, and take the new one from its own."""
        if before and after and (before.parent, before.slot) == (after.parent, after.slot):
            return
        if before and before.parent and (block := self.entries.get(before.parent)):
            self.free.give(block.id, _top(block), Span.of(before.slot))
        if after is None:
            return
        span = Span.of(after.slot)
        if after.parent and self.free.carve(after.parent, span):
            return
        others = self.entries.overlapping(after.space, after.parent, span)
        others = [one for one in others if one.id != after.id]
        if others or after.parent:
            message, hint = _describe(after, others)
            raise Overlap(message, hint=hint)

    def _write_space(self, before: object, after: Space | Entry | None) -> None:
        if isinstance(after, Space):
            self.connection.execute(sa.insert(schema.SPACES).values(space_row(after)))
        elif isinstance(before, Space):
            query = sa.delete(schema.SPACES).where(schema.SPACES.c.id == before.id)
            self.connection.execute(query)

    def _write_entry(self, before: Entry | None, after: Entry | None) -> None:
        table = schema.ENTRIES
        if after is None:
            assert before is not None
            self.connection.execute(_LEAVE, {"number": before.id})
        elif before is None:
            self.connection.execute(_ENTER, entry_row(after))
        else:
            query = sa.update(table).where(table.c.id == after.id).values(entry_row(after))
            self.connection.execute(query)

    def _divide(self, before: Entry | None, after: Entry | None) -> None:
        """Keep the free ranges of a block that begins, ends, moves or changes its size."""
        was = before if before and before.role == "block" else None
        now = after if after and after.role == "block" else None
        if now is None:
            if was is not None:
                self.free.forget(was.id)
        elif was is None or (was.network, _top(was)) != (now.network, _top(now)):
            self._rebuild(now)

    def _rebuild(self, block: Entry) -> None:
        taken = self.entries.slots(block.space, block.id)
        self.free.rebuild(block.id, _top(block), Span.of(block.network), taken)

    def _write_change(self, change: Change, rows: dict[int, RowChange]) -> None:
        connection = self.connection
        told = {
            "id": change.id,
            "at": write_time(change.at),
            "actor": change.actor,
            "action": change.action,
            "space": change.space,
            "summary": change.summary,
            "undoes": change.undoes,
        }
        connection.execute(_TELL, told)
        connection.execute(
            _TELL_ROWS,
            [
                {
                    "change": change.id,
                    "item": item,
                    "before": write_item(row.before),
                    "after": write_item(row.after),
                    "block": getattr(row.after or row.before, "parent", None),
                }
                for item, row in rows.items()
            ],
        )
        connection.execute(_COUNT, {"item": self.next_item, "change": self.next_change})


def _top(block: Entry) -> str | None:
    """Return the space whose requests a block serves when none names a block."""
    return block.space if block.parent == 0 else None


def _describe(entry: Entry, others: Sequence[Entry]) -> tuple[str, str]:
    if not others:
        return f"`{entry.slot}` is not free in its block.", "See: netassist ipam free"
    other = others[0]
    kept = "" if other.slot == other.network else f", which keeps {other.slot} for growth"
    name = f" of `{other.name}`" if other.name else ""
    return (
        f"`{entry.network}` overlaps `{other.network}`{name}{kept}, in the space `{entry.space}`.",
        "Choose another range, or enter it into a space of its own.",
    )

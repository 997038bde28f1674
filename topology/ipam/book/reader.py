"""Looking into the address book; nothing is changed."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Self, TypeVar

import sqlalchemy as sa

from topology.ipam.book import undoing
from topology.ipam.book.catalogue import Catalogue
from topology.ipam.book.database import Database
from topology.ipam.book.entries import DEFAULT_SPACE, Change, Entry, Space
from topology.ipam.book.errors import BookUnavailable
from topology.ipam.book.forecast import Forecast, forecast
from topology.ipam.book.ledger import Ledger
from topology.ipam.book.observing import growth_of
from topology.ipam.book.ranges import Span
from topology.ipam.book.records import write_time
from topology.ipam.book.renumbering import Renumbering, make_room, move_into
from topology.ipam.book.schema import META
from topology.ipam.book.usage import Usage, free_of, use_of

__all__ = ["BookReader", "TakeBack", "find_blocks"]

T = TypeVar("T")


class TakeBack(Exception):
    """Ends a transaction of which nothing is to stay."""


class BookReader:
    """One address book, to be looked into.

    Args:
        target: Path of an SQLite file, made on first use, or a URL `postgresql://...`.
        actor: Who is said to make the changes.
        clock: Tells the time.
    """

    def __init__(
        self,
        target: str | Path,
        *,
        actor: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.database = Database(target)
        self.actor = actor or "unknown"
        self.clock = clock

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file or the connections."""
        self.database.close()

    def spaces(self) -> list[Space]:
        """Return every space, by name."""
        return self._look(lambda entries: entries.spaces())

    def entries(self, space: str = DEFAULT_SPACE) -> list[Entry]:
        """Return everything in a space, ascending, blocks before what lies in them.

        Raises:
            UnknownName: There is no such space.
        """

        def read(entries: Catalogue) -> list[Entry]:
            entries.space(space)
            return entries.all(space)

        return self._look(read)

    def find(self, text: str, space: str = DEFAULT_SPACE, *, blocks: bool = False) -> Entry:
        """Return the entry of a range, a name, `BLOCK/NAME` or `#number`; see `Catalogue`."""
        return self._look(lambda entries: entries.resolve(text, space, blocks=blocks))

    def blocks(self, text: str = "", space: str = DEFAULT_SPACE) -> list[Entry]:
        """Return the blocks of a name or range, or those at the top of a space."""
        return self._look(lambda entries: find_blocks(entries, text, space, top=True))

    def usage(self, text: str = "", space: str = DEFAULT_SPACE) -> list[Usage]:
        """Return how full the named block is, or every block of the space."""

        def read(entries: Catalogue) -> list[Usage]:
            if text:
                blocks = find_blocks(entries, text, space)
                return [use_of(one, entries.children(space, one.id)) for one in blocks]
            entries.space(space)
            everything = entries.all(space)
            inside: dict[int, list[Entry]] = {}
            for entry in everything:
                inside.setdefault(entry.parent, []).append(entry)
            blocks = [entry for entry in everything if entry.role == "block"]
            return [use_of(one, inside.get(one.id, ())) for one in blocks]

        return self._look(read)

    def free(self, text: str = "", space: str = DEFAULT_SPACE) -> list[tuple[Entry, list[Span]]]:
        """Return the free ranges of the named block, or of each block at the top."""

        def read(entries: Catalogue) -> list[tuple[Entry, list[Span]]]:
            return [
                (block, free_of(block, entries.children(space, block.id)))
                for block in find_blocks(entries, text, space, top=True)
            ]

        return self._look(read)

    def history(
        self, *, space: str = "", entry: Entry | None = None, limit: int = 50
    ) -> list[Change]:
        """Return the newest changes, newest first, without their rows."""
        with self.database.read() as connection:
            item = entry.id if entry else None
            return undoing.read_changes(connection, space=space, item=item, limit=limit)

    def change(self, number: int) -> Change:
        """Return one change with what it did to each entry.

        Raises:
            UnknownName: There is none of that number.
        """
        with self.database.read() as connection:
            return undoing.read_change(connection, number)

    def forecast(
        self, text: str = "", space: str = DEFAULT_SPACE, *, days: int = 365
    ) -> list[Forecast]:
        """Estimate when blocks are full.

        Args:
            text: A block; empty for all at the top of the space.
            space: Name of the space.
            days: How far to look back.
        """
        now = self.clock()
        with self.database.read() as connection:
            entries = Catalogue(connection)
            return [
                forecast(
                    use_of(block, entries.children(space, block.id)),
                    growth_of(connection, block, now=now, days=days),
                    now=now,
                )
                for block in find_blocks(entries, text, space, top=True)
            ]

    def plan_room(
        self, prefix: int, text: str = "", space: str = DEFAULT_SPACE
    ) -> list[tuple[Entry, Renumbering]]:
        """Plan, for each block named or at the top, how a prefix of a size would become free."""

        def read(entries: Catalogue) -> list[tuple[Entry, Renumbering]]:
            everything = entries.all(space)
            return [
                (block, make_room(block, everything, prefix))
                for block in find_blocks(entries, text, space, top=True)
                if block.network.prefixlen <= prefix <= block.network.max_prefixlen
            ]

        return self._look(read)

    def plan_move(self, text: str, target: str, space: str = DEFAULT_SPACE) -> Renumbering:
        """Plan how an entry, and all in it, would move into another block."""

        def read(entries: Catalogue) -> Renumbering:
            entry = entries.resolve(text, space)
            into = entries.resolve(target, space, blocks=True)
            source = entries.get(entry.parent)
            children = entries.children(space, into.id)
            return move_into(entry, entries.all(space), source, into, children)

        return self._look(read)

    def last_change(self) -> int:
        """Return the number of the newest change; 0 in a new book."""
        with self.database.read() as connection:
            return int(connection.execute(sa.select(META.c.next_change)).scalar_one()) - 1

    def _look(self, read: Callable[[Catalogue], T]) -> T:
        """Read; what has expired is seen as released, whether or not somebody wrote since."""
        with self.database.read() as connection:
            entries = Catalogue(connection)
            if not entries.expired(write_time(self.clock())):
                return read(entries)
        found: list[T] = []
        # A book that may only be read is seen as it was left.
        with suppress(TakeBack, BookUnavailable), self.database.write() as connection:
            ledger = Ledger.open(connection, actor=self.actor, now=self.clock())
            found.append(read(ledger.entries))
            raise TakeBack
        if found:
            return found[0]
        with self.database.read() as connection:
            return read(Catalogue(connection))


def find_blocks(entries: Catalogue, text: str, space: str, *, top: bool = False) -> list[Entry]:
    """Return the blocks that a text names; a VNet of several ranges has several of one name."""
    entries.space(space)
    if text:
        same = [one for one in entries.by_name(space, text) if one.role == "block"]
        return same or [entries.resolve(text, space, blocks=True)]
    if not top:
        return []
    return [one for one in entries.children(space, 0) if one.role == "block"]

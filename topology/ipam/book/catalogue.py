"""Looking entries up: by number, place, range or name."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from rapidfuzz import process

from topology.errors import AmbiguousName, InvalidQuery, UnknownName
from topology.ipam.book.entries import Entry, Space
from topology.ipam.book.ranges import Span, write_low
from topology.ipam.book.records import entry_of, space_of, span_of
from topology.ipam.book.schema import ENTRIES, SPACES
from topology.ipam.prefixes import parse_network
from topology.model import Network

__all__ = ["Catalogue"]

# Built once: to build a query takes longer than to run it.
_ORDER = (ENTRIES.c.family, ENTRIES.c.low, ENTRIES.c.bits.desc(), ENTRIES.c.id)
_IN_SPACE = ENTRIES.c.space == sa.bindparam("in_space")
_SPACE = sa.select(SPACES).where(SPACES.c.name == sa.bindparam("of_name"))
_GET = sa.select(ENTRIES).where(ENTRIES.c.id == sa.bindparam("number"))
_BY_KEY = sa.select(ENTRIES).where(_IN_SPACE, ENTRIES.c.key == sa.bindparam("of_key"))
_BY_NAME = (
    sa.select(ENTRIES).where(_IN_SPACE, ENTRIES.c.name == sa.bindparam("of_name")).order_by(*_ORDER)
)
_EXPIRED = (
    sa.select(ENTRIES)
    .where(ENTRIES.c.expires.is_not(None), ENTRIES.c.expires <= sa.bindparam("at"))
    .order_by(*_ORDER)
)

_PAGE = 500
"""Numbers in one query; SQLite takes some thousands."""


class Catalogue:
    """The entries and spaces, within one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def spaces(self) -> list[Space]:
        """Return every space, by name."""
        rows = self._connection.execute(sa.select(SPACES).order_by(SPACES.c.name))
        return [space_of(row) for row in rows]

    def space(self, name: str) -> Space:
        """Return a space by name.

        Raises:
            UnknownName: There is none of that name.
        """
        row = self._connection.execute(_SPACE, {"of_name": name}).first()
        if row is not None:
            return space_of(row)
        names = [space.name for space in self.spaces()]
        if not names:
            message = "The address book is empty."
            raise UnknownName(message, hint=_BEGIN)
        message = f"The address book has no space `{name}`."
        near = _nearest(name, names)
        hint = "" if near else f"It has {', '.join(f'`{one}`' for one in names[:8])}."
        raise UnknownName(message, nearest=near, hint=hint)

    def get(self, number: int) -> Entry | None:
        """Return an entry by number."""
        row = self._connection.execute(_GET, {"number": number}).first()
        return None if row is None else entry_of(row)

    def get_many(self, numbers: Sequence[int]) -> dict[int, Entry]:
        """Return entries by number, those that there are."""
        found: dict[int, Entry] = {}
        for start in range(0, len(numbers), _PAGE):
            page = numbers[start : start + _PAGE]
            for entry in self._select(ENTRIES.c.id.in_(page)):
                found[entry.id] = entry
        return found

    def by_key(self, space: str, key: str) -> Entry | None:
        """Return the entry that was allocated with a key."""
        row = self._connection.execute(_BY_KEY, {"in_space": space, "of_key": key}).first()
        return None if row is None else entry_of(row)

    def by_name(self, space: str, name: str, parent: int | None = None) -> list[Entry]:
        """Return the entries of a name, in all blocks or in one."""
        rows = self._connection.execute(_BY_NAME, {"in_space": space, "of_name": name})
        found = [entry_of(row) for row in rows]
        return [one for one in found if parent is None or one.parent == parent]

    def children(self, space: str, parent: int) -> list[Entry]:
        """Return what lies directly in a block, or at the top of a space (0), ascending."""
        return list(self._select(ENTRIES.c.space == space, ENTRIES.c.parent == parent))

    def slots(self, space: str, parent: int) -> list[Span]:
        """Return the slots of what lies directly in a block, ascending."""
        query = (
            sa.select(ENTRIES.c.family, ENTRIES.c.low, ENTRIES.c.bits)
            .where(ENTRIES.c.space == space, ENTRIES.c.parent == parent)
            .order_by(ENTRIES.c.family, ENTRIES.c.low)
        )
        return [span_of(row) for row in self._connection.execute(query)]

    def all(self, space: str) -> list[Entry]:
        """Return every entry of a space, blocks before what lies in them."""
        return list(self._select(ENTRIES.c.space == space))

    def is_empty(self, block: Entry) -> bool:
        """Return whether nothing lies in a block."""
        query = sa.select(ENTRIES.c.id).where(
            ENTRIES.c.space == block.space, ENTRIES.c.parent == block.id
        )
        return self._connection.execute(query.limit(1)).first() is None

    def overlapping(self, space: str, parent: int, span: Span) -> list[Entry]:
        """Return what lies directly in a block and overlaps a range, ascending."""
        place = [
            ENTRIES.c.space == space,
            ENTRIES.c.parent == parent,
            ENTRIES.c.family == span.family,
        ]
        below = (
            sa.select(ENTRIES)
            .where(*place, ENTRIES.c.low <= write_low(span.family, span.low))
            .order_by(ENTRIES.c.low.desc())
            .limit(1)
        )
        first = self._connection.execute(below).first()
        found = [] if first is None else [entry_of(first)]
        found += self._select(
            *place,
            ENTRIES.c.low > write_low(span.family, span.low),
            ENTRIES.c.low <= write_low(span.family, span.high),
        )
        return [entry for entry in found if Span.of(entry.slot).overlaps(span)]

    def innermost(self, space: str, span: Span) -> Entry | None:
        """Return the smallest block that holds a range; None at the top of the space."""
        holder: Entry | None = None
        while True:
            inside = self.overlapping(space, holder.id if holder else 0, span)
            inner = next((one for one in inside if _contains(one, span)), None)
            if inner is None:
                return holder
            holder = inner

    def expired(self, now: str) -> list[Entry]:
        """Return the entries whose time is over."""
        return [entry_of(row) for row in self._connection.execute(_EXPIRED, {"at": now})]

    def resolve(self, text: str, space: str, *, blocks: bool = False) -> Entry:
        """Return the entry that a person means by a range, a name or `BLOCK/NAME`.

        Of a block and what fills it wholly, the inner one is meant.

        Args:
            text: `10.1.0.0/24`, `aks-prod`, `vnet-hub/aks-prod` or `#12`.
            space: Name of the space.
            blocks: Whether only blocks can be meant.

        Raises:
            UnknownName: Nothing is meant.
            AmbiguousName: Several things are.
        """
        self.space(space)
        wanted = text.strip()
        found = [one for one in self._meant(wanted, space) if not blocks or one.role == "block"]
        if len(found) == 1:
            return found[0]
        if not found:
            raise self._unknown(wanted, space, blocks=blocks)
        names = tuple(str(one.network) for one in found)
        names = names if len(set(names)) == len(names) else tuple(f"#{one.id}" for one in found)
        message = f"`{text}` may be {len(found)} entries of the space `{space}`."
        raise AmbiguousName(message, candidates=names)

    def _meant(self, text: str, space: str) -> list[Entry]:
        if text.startswith("#") and text[1:].isdecimal():
            entry = self.get(int(text[1:]))
            return [entry] if entry and entry.space == space else []
        found = self.by_name(space, text)
        if found:
            return found
        network = _read(text)
        if network is not None:
            same = list(self._select(ENTRIES.c.space == space, ENTRIES.c.network == str(network)))
            return same[-1:]
        outer, slash, inner = text.rpartition("/")
        if not slash:
            return []
        holders = self._meant(outer, space) if outer else []
        return [one for holder in holders for one in self.by_name(space, inner, holder.id)]

    def _unknown(self, text: str, space: str, *, blocks: bool) -> Exception:
        what = "block" if blocks else "entry"
        message = f"The space `{space}` has no {what} `{text}`."
        query = sa.select(ENTRIES.c.name, ENTRIES.c.network).where(ENTRIES.c.space == space)
        if blocks:
            query = query.where(ENTRIES.c.role == "block")
        rows = self._connection.execute(query.limit(20_000)).all()
        if not rows:
            return UnknownName(message, hint=f"It is empty. {_BEGIN}")
        names = {name for row in rows for name in (row.name, row.network) if name}
        near = _nearest(text, sorted(names))
        return UnknownName(message, nearest=near, hint="" if near else "See: netassist ipam show")

    def _select(self, *conditions: Any) -> Iterator[Entry]:
        query = sa.select(ENTRIES).where(*conditions).order_by(*_ORDER)
        return (entry_of(row) for row in self._connection.execute(query).all())


_BEGIN = "Begin with `netassist ipam import FILE` or `netassist ipam add-block 10.0.0.0/16`."


def _contains(entry: Entry, span: Span) -> bool:
    return entry.role == "block" and Span.of(entry.network).holds(span)


def _read(text: str) -> Network | None:
    """Return a range if the text looks like one; a name may hold slashes, too."""
    if (
        not any(mark in text for mark in ".:")
        or not text.replace("/", "").replace(".", "").replace(":", "").isalnum()
    ):
        return None
    try:
        return parse_network(text)
    except InvalidQuery:
        if "/" in text and text[0].isdigit() and text.rpartition("/")[2].isdecimal():
            raise
        return None


def _nearest(text: str, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name, *_ in process.extract(text, list(names), limit=3, score_cutoff=70))

"""The tables, and how those of an older version become those of this one.

Version 1: spaces, entries, free ranges, history. Version 2: the block of each row of the history,
so that a forecast reads the changes of one block only.
"""

import json
from collections.abc import Callable

import sqlalchemy as sa

__all__ = [
    "CHANGES",
    "ENTRIES",
    "FREE",
    "META",
    "ROWS",
    "SPACES",
    "VERSION",
    "create",
    "migrate",
]

VERSION = 2

_metadata = sa.MetaData()
# Ranges are compared as bytes; other collations of PostgreSQL may not.
_Low = sa.String(32).with_variant(sa.String(32, collation="C"), "postgresql")

META = sa.Table(
    "book_meta",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("next_item", sa.BigInteger, nullable=False),
    sa.Column("next_change", sa.BigInteger, nullable=False),
)
"""One row; whoever writes locks it, so that there is one writer at a time."""

SPACES = sa.Table(
    "book_space",
    _metadata,
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("id", sa.BigInteger, nullable=False, unique=True),
    sa.Column("notes", sa.Text, nullable=False),
    sa.Column("created", sa.String(32), nullable=False),
    sa.Column("created_by", sa.String(200), nullable=False),
)

ENTRIES = sa.Table(
    "book_entry",
    _metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("space", sa.String(200), sa.ForeignKey("book_space.name"), nullable=False),
    sa.Column("parent", sa.BigInteger, nullable=False),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("family", sa.SmallInteger, nullable=False),
    sa.Column("low", _Low, nullable=False),
    sa.Column("bits", sa.SmallInteger, nullable=False),
    sa.Column("network", sa.String(64), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("tags", sa.Text, nullable=False),
    sa.Column("notes", sa.Text, nullable=False),
    sa.Column("key", sa.String(200)),
    sa.Column("expires", sa.String(32)),
    sa.Column("created", sa.String(32), nullable=False),
    sa.Column("created_by", sa.String(200), nullable=False),
    # Siblings never overlap, so two of them never start at one address: a second lock on the door.
    sa.Index("book_entry_sibling", "space", "parent", "family", "low", unique=True),
    sa.Index("book_entry_key", "space", "key", unique=True),
    sa.Index("book_entry_name", "space", "name"),
    sa.Index("book_entry_network", "space", "network"),
    sa.Index("book_entry_expires", "expires"),
)
"""`low` and `bits` are those of the slot, which is what nobody else may take."""

FREE = sa.Table(
    "book_free",
    _metadata,
    sa.Column("block", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("bits", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("low", _Low, primary_key=True),
    sa.Column("family", sa.SmallInteger, nullable=False),
    sa.Column("space", sa.String(200)),
    sa.Index("book_free_place", "block", "low", unique=True),
    sa.Index("book_free_space", "space", "family", "bits", "low"),
)
"""The largest aligned ranges of each block that no child takes; `space` only of top blocks."""

CHANGES = sa.Table(
    "book_change",
    _metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", sa.String(32), nullable=False),
    sa.Column("actor", sa.String(200), nullable=False),
    sa.Column("action", sa.String(16), nullable=False),
    sa.Column("space", sa.String(200), nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("undoes", sa.BigInteger),
    sa.Index("book_change_undoes", "undoes"),
    sa.Index("book_change_space", "space", "id"),
)

ROWS = sa.Table(
    "book_change_row",
    _metadata,
    sa.Column("change", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("item", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("before", sa.Text),
    sa.Column("after", sa.Text),
    sa.Column("block", sa.BigInteger),
    sa.Index("book_change_row_item", "item", "change"),
    sa.Index("book_change_row_block", "block", "change"),
)


def create(connection: sa.Connection) -> None:
    """Make the tables of this version, with nothing in them."""
    _metadata.create_all(connection)
    connection.execute(sa.insert(META).values(id=1, version=VERSION, next_item=1, next_change=1))


def migrate(connection: sa.Connection, version: int) -> None:
    """Bring tables of an older version forward, in the transaction that is open."""
    for number in range(version, VERSION):
        _STEPS[number](connection)
    connection.execute(sa.update(META).values(version=VERSION))


def _name_blocks(connection: sa.Connection) -> None:
    """Step from 1 to 2."""
    connection.execute(sa.text("ALTER TABLE book_change_row ADD COLUMN block BIGINT"))
    rows = connection.execute(sa.select(ROWS.c.change, ROWS.c.item, ROWS.c.before, ROWS.c.after))
    found = [
        {
            "of_change": row.change,
            "of_item": row.item,
            "its_block": json.loads(row.after or row.before).get("parent"),
        }
        for row in rows.all()
    ]
    if found:
        connection.execute(
            sa.update(ROWS)
            .where(
                ROWS.c.change == sa.bindparam("of_change"), ROWS.c.item == sa.bindparam("of_item")
            )
            .values(block=sa.bindparam("its_block")),
            found,
        )
    for index in ROWS.indexes:
        if index.name == "book_change_row_block":
            index.create(connection)


_STEPS: dict[int, Callable[[sa.Connection], None]] = {1: _name_blocks}
"""By the version from which each step leads on."""

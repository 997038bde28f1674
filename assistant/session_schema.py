"""The tables of the sessions, and how those of an older version become those of this one.

Version 0 had one table, `turns`, and did not say its version.
"""

import json
from typing import Any

import sqlalchemy as sa

from assistant.titles import title_of

__all__ = ["META", "SESSIONS", "TURNS", "VERSION", "create", "migrate", "older"]

VERSION = 1

_metadata = sa.MetaData()
# Names are compared as bytes; other collations of PostgreSQL may not.
_Name = sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")

META = sa.Table(
    "session_meta",
    _metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("version", sa.Integer, nullable=False),
)

SESSIONS = sa.Table(
    "session",
    _metadata,
    sa.Column("id", _Name, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("created", sa.String(32), nullable=False),
    sa.Column("updated", sa.String(32), nullable=False),
    sa.Column("turns", sa.BigInteger, nullable=False),
    sa.Index("session_updated", "updated"),
)
"""One row a session; whoever adds a turn locks it, so that numbers have no gap."""

TURNS = sa.Table(
    "session_turn",
    _metadata,
    sa.Column("session", _Name, sa.ForeignKey("session.id"), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("written", sa.String(32), nullable=False),
    sa.Column("messages", sa.Text, nullable=False),
)


def create(connection: sa.Connection) -> None:
    """Make the tables of this version, with nothing in them."""
    _metadata.create_all(connection)
    connection.execute(sa.insert(META).values(id=1, version=VERSION))


def older(connection: sa.Connection) -> int | None:
    """Return 0 for a file of the version that had no table for it; None if it is not of ours."""
    found = sa.inspect(connection)
    columns = (
        {one["name"] for one in found.get_columns("turns")} if found.has_table("turns") else ()
    )
    return 0 if {"session", "written", "messages"} <= set(columns) else None


def migrate(connection: sa.Connection, version: int) -> None:
    """Bring the tables of an older version forward, in the transaction that is open."""
    if version == 0:
        create(connection)
        _take_over(connection)
        connection.execute(sa.text("DROP TABLE turns"))
    connection.execute(sa.update(META).values(version=VERSION))


def _take_over(connection: sa.Connection) -> None:
    rows = connection.execute(
        sa.text("SELECT session, written, messages FROM turns ORDER BY session, id")
    ).all()
    turns: dict[str, list[Any]] = {}
    for row in rows:
        turns.setdefault(row.session, []).append(row)
    for session, own in turns.items():
        connection.execute(
            sa.insert(SESSIONS).values(
                id=session,
                title=title_of(json.loads(own[0].messages)),
                created=own[0].written,
                updated=own[-1].written,
                turns=len(own),
            )
        )
        rows_of = [
            {"session": session, "number": number, "written": row.written, "messages": row.messages}
            for number, row in enumerate(own, 1)
        ]
        connection.execute(sa.insert(TURNS), rows_of)

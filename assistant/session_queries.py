"""What is asked of the tables of the sessions."""

import json
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from assistant import session_schema as schema
from assistant.session_schema import SESSIONS, TURNS
from assistant.sessions import KeptTurn, Session
from assistant.titles import title_of
from topology.database import Database, Form

__all__ = ["add_turn", "open_database", "read_sessions", "read_turns", "remove"]

_FORM: Final = Form(
    name="session store",
    named_by="NETASSIST_SESSIONS",
    meta=schema.META,
    version=schema.VERSION,
    create=schema.create,
    migrate=schema.migrate,
    older=schema.older,
    lock=0x73657373,
)
_TRIES: Final = 5


def open_database(target: str | Path) -> Database:
    """Return the database of the sessions; nothing is read of it yet.

    Raises:
        DriverMissing: The URL needs a driver that is not installed.
        StoreUnreadable: The URL is of no database known here.
    """
    return Database(target, _FORM)


def read_turns(connection: sa.Connection, session: str, last: int | None) -> tuple[KeptTurn, ...]:
    """Return a session's turns, oldest first, or only the last of them."""
    query = sa.select(TURNS).where(TURNS.c.session == session).order_by(TURNS.c.number.desc())
    rows = connection.execute(query.limit(last) if last is not None else query).all()
    return tuple(
        KeptTurn(number=row.number, written=row.written, messages=tuple(json.loads(row.messages)))
        for row in reversed(rows)
    )


def read_sessions(connection: sa.Connection, limit: int | None) -> tuple[Session, ...]:
    """Return the sessions, the one that was last added to first."""
    query = sa.select(SESSIONS).order_by(SESSIONS.c.updated.desc(), SESSIONS.c.id).limit(limit)
    return tuple(
        Session(
            id=row.id, title=row.title, created=row.created, updated=row.updated, turns=row.turns
        )
        for row in connection.execute(query)
    )


def add_turn(
    connection: sa.Connection, session: str, messages: tuple[dict[str, Any], ...], now: str
) -> int:
    """Add a turn behind the others of its session, and return its number."""
    number = _next_number(connection, session, title_of(messages), now)
    text = json.dumps(list(messages), ensure_ascii=False)
    # PostgreSQL's texts hold no NUL; what JSON escapes, they do.
    connection.execute(
        sa.insert(TURNS).values(session=session, number=number, written=now, messages=text)
    )
    connection.execute(
        sa.update(SESSIONS).where(SESSIONS.c.id == session).values(turns=number, updated=now)
    )
    return number


def remove(connection: sa.Connection, session: str) -> bool:
    """Remove a session with its turns, and return whether there was one."""
    locked = sa.select(SESSIONS.c.id).where(SESSIONS.c.id == session).with_for_update()
    if connection.scalar(locked) is None:
        return False
    connection.execute(sa.delete(TURNS).where(TURNS.c.session == session))
    connection.execute(sa.delete(SESSIONS).where(SESSIONS.c.id == session))
    return True


def _next_number(connection: sa.Connection, session: str, title: str, now: str) -> int:
    """Lock the session, which begins here if there is none, and return its next number."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    new = dialect.insert(SESSIONS).values(
        id=session, title=title, created=now, updated=now, turns=0
    )
    locked = sa.select(SESSIONS.c.turns).where(SESSIONS.c.id == session).with_for_update()
    for _ in range(_TRIES):
        connection.execute(new.on_conflict_do_nothing())
        turns = connection.scalar(locked)
        # None: somebody removed it between the two.
        if turns is not None:
            return int(turns) + 1
    message = f"session {session} was removed again and again"
    raise RuntimeError(message)

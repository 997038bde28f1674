"""Conversations, kept so that a later process can go on with them.

One SQLite file; a turn is one row. Writers queue behind one another (busy timeout), and a turn
is written whole or not at all, so that two processes may share a session.
"""

import json
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["HISTORY_TURNS", "SessionStore"]

HISTORY_TURNS = 20
"""How many turns back a model is told of."""

_BUSY_SECONDS = 15.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS turns (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    session TEXT NOT NULL,
    written TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    messages TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS turns_by_session ON turns (session, id);
"""

Messages = Sequence[dict[str, Any]]


class SessionStore:
    """The turns of every session, as JSON messages.

    Args:
        path: The SQLite file, made on first use; None keeps sessions in memory.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._memory: dict[str, list[Messages]] = defaultdict(list)
        self._lock = threading.Lock()
        self._ready = False

    def read(self, session: str, *, turns: int = HISTORY_TURNS) -> list[list[dict[str, Any]]]:
        """Return the last turns of a session, oldest first; none for an unknown one.

        Raises:
            sqlite3.Error: The file cannot be read.
        """
        if self._path is None:
            return [list(turn) for turn in self._memory.get(session, [])[-turns:]]
        if not self._path.exists():
            return []
        query = "SELECT messages FROM turns WHERE session = ? ORDER BY id DESC LIMIT ?"
        with self._open() as connection:
            rows = connection.execute(query, (session, turns)).fetchall()
        return [json.loads(row[0]) for row in reversed(rows)]

    def append(self, session: str, messages: Messages) -> None:
        """Add a turn to a session.

        Raises:
            sqlite3.Error: The file cannot be written, or stayed locked.
            OSError: The folder cannot be made.
        """
        if self._path is None:
            self._memory[session].append(list(messages))
            return
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        text = json.dumps(list(messages), ensure_ascii=False)
        with self._open() as connection:
            connection.execute(
                "INSERT INTO turns (session, messages) VALUES (?, ?)", (session, text)
            )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Open a connection for one transaction; connections never cross threads."""
        assert self._path is not None
        connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS)
        try:
            with self._lock:
                if not self._ready:
                    connection.executescript(_SCHEMA)
                    self._path.chmod(0o600)
                    self._ready = True
            with connection:
                yield connection
        finally:
            connection.close()

"""The library: runbooks of one's own, kept as passages in one SQLite file."""

import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from knowledge.documents import Document
from knowledge.errors import KnowledgeError
from knowledge.split import Passage

__all__ = ["Entry", "Library", "Stand"]

PATIENCE = 30.0
"""Seconds to wait for another process that is writing."""
LAYOUT = 1
SCHEMA = """
CREATE TABLE IF NOT EXISTS library (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS documents (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    digest TEXT NOT NULL,
    size INTEGER NOT NULL,
    modified REAL NOT NULL,
    added TEXT NOT NULL,
    title TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS pieces (
    document INTEGER NOT NULL REFERENCES documents (number) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    heading TEXT NOT NULL,
    text TEXT NOT NULL,
    line INTEGER NOT NULL,
    place TEXT NOT NULL,
    PRIMARY KEY (document, position)
);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A document of the library, without its text."""

    number: int
    path: Path
    kind: str
    digest: str
    """sha256 of the file as it was read."""
    size: int
    modified: float
    """When the file had last been changed, in seconds since the epoch."""
    added: str
    """ISO time at which it was read."""
    title: str
    passages: int

    @property
    def slug(self) -> str:
        """The name under which its passages are found."""
        return f"document-{self.number}"

    @property
    def date(self) -> str:
        """ISO date of the file's last change."""
        return datetime.fromtimestamp(self.modified, UTC).date().isoformat()

    def compare_with_file(self) -> Literal["same", "changed", "missing"]:
        """Return `same`, `changed` (touched since it was read) or `missing`."""
        try:
            found = self.path.stat()
        except OSError:
            return "missing"
        same = found.st_size == self.size and abs(found.st_mtime - self.modified) < 0.01
        return "same" if same else "changed"


@dataclass(frozen=True, eq=False)
class Stand:
    """Everything in a library at one moment; the same object as long as nothing is written."""

    name: str
    """What tells this library from every other, on a server that holds several."""
    entries: dict[str, Entry]
    """By slug."""
    passages: tuple[Passage, ...]


class Library:
    """Documents that a person added, in a file that several processes may use at once.

    Args:
        path: The SQLite file; made by the first document.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Stand | None:
        """Return what is in it; None if it holds nothing.

        Raises:
            KnowledgeError: The file is no library, or cannot be read.
        """
        if not self.path.is_file():
            return None
        with self._opened() as connection:
            if not self._is_made(connection):
                return None
            revision = _recall(connection, "revision")
            stand = _read_stand(self.path, revision, connection)
        return stand if stand.entries else None

    def read_name(self) -> str:
        """Return what tells this library from every other; empty if there is none yet.

        Raises:
            KnowledgeError: The file is no library, or cannot be read.
        """
        if not self.path.is_file():
            return ""
        with self._opened() as connection:
            return _recall(connection, "name") if self._is_made(connection) else ""

    def list_entries(self) -> tuple[Entry, ...]:
        """Return the documents, ordered by path.

        Raises:
            KnowledgeError: The file is no library, or cannot be read.
        """
        if not self.path.is_file():
            return ()
        with self._opened() as connection:
            return _list_entries(connection) if self._is_made(connection) else ()

    def put(self, document: Document) -> None:
        """Add a document, in place of what was read from the same path before.

        Raises:
            KnowledgeError: The file cannot be written.
        """
        with self._opened(write=True) as connection:
            connection.execute("DELETE FROM documents WHERE path = ?", (str(document.path),))
            number = connection.execute(
                "INSERT INTO documents (path, kind, digest, size, modified, added, title)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    str(document.path),
                    document.kind,
                    document.digest,
                    document.size,
                    document.modified,
                    datetime.now(UTC).isoformat(timespec="seconds"),
                    document.title,
                ),
            ).lastrowid
            connection.executemany(
                "INSERT INTO pieces VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (number, position, piece.heading, piece.text, piece.line, piece.place)
                    for position, piece in enumerate(document.pieces)
                ],
            )

    def touch(self, path: Path, modified: float) -> None:
        """Note that a file was saved again without a change.

        Raises:
            KnowledgeError: The file cannot be written.
        """
        with self._opened(write=True) as connection:
            connection.execute(
                "UPDATE documents SET modified = ? WHERE path = ?", (modified, str(path))
            )

    def remove(self, entries: Sequence[Entry]) -> None:
        """Remove documents; one that is gone already is no error.

        Raises:
            KnowledgeError: The file cannot be written.
        """
        with self._opened(write=True) as connection:
            connection.executemany(
                "DELETE FROM documents WHERE number = ?", [(entry.number,) for entry in entries]
            )

    @contextmanager
    def _opened(self, *, write: bool = False) -> Iterator[sqlite3.Connection]:
        """Open the file for one transaction; a write counts the revision up."""
        try:
            if write:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(
                sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
            ) as connection:
                connection.execute("PRAGMA foreign_keys = ON")
                connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
                if write and not self._is_made(connection):
                    _prepare(connection)
                yield connection
                if write:
                    _note(connection, "revision", uuid.uuid4().hex)
                connection.execute("COMMIT")
        except (sqlite3.Error, OSError) as error:
            message = f"The library `{self.path}` cannot be used: {error}."
            hint = "Name another file with NETASSIST_LIBRARY, or remove this one."
            raise KnowledgeError(message, hint=hint) from error

    def _is_made(self, connection: sqlite3.Connection) -> bool:
        """Return whether the tables are there: another process may be about to make them."""
        rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        tables = {row[0] for row in rows}
        if tables and not {"library", "documents", "pieces"} <= tables:
            message = f"`{self.path}` is a database of something else than runbooks."
            raise KnowledgeError(message, hint="Name another file with NETASSIST_LIBRARY.")
        return bool(tables)


def _prepare(connection: sqlite3.Connection) -> None:
    for statement in SCHEMA.split(";"):
        connection.execute(statement)
    _note(connection, "name", uuid.uuid4().hex)
    _note(connection, "layout", str(LAYOUT))


def _recall(connection: sqlite3.Connection, name: str) -> str:
    row = connection.execute("SELECT value FROM library WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row else ""


def _note(connection: sqlite3.Connection, name: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO library VALUES (?, ?)", (name, value))


_COLUMNS = "number, path, kind, digest, size, modified, added, title"


def _list_entries(connection: sqlite3.Connection) -> tuple[Entry, ...]:
    rows = connection.execute(
        f"SELECT {_COLUMNS}, (SELECT count(*) FROM pieces WHERE document = number)"
        " FROM documents ORDER BY path"
    )
    return tuple(
        Entry(
            number=row[0],
            path=Path(row[1]),
            kind=row[2],
            digest=row[3],
            size=row[4],
            modified=row[5],
            added=row[6],
            title=row[7],
            passages=row[8],
        )
        for row in rows
    )


_stands: dict[tuple[Path, str], Stand] = {}


def _read_stand(path: Path, revision: str, connection: sqlite3.Connection) -> Stand:
    """Return the whole content; it is read again only when something was written."""
    known = _stands.get((path, revision))
    if known is not None:
        return known
    entries = {entry.slug: entry for entry in _list_entries(connection)}
    pieces = connection.execute(
        "SELECT document, position, heading, text, line, place FROM pieces"
        " ORDER BY document, position"
    ).fetchall()
    passages = tuple(
        Passage(
            slug=f"document-{row[0]}",
            title=entries[f"document-{row[0]}"].title,
            heading=row[2] or entries[f"document-{row[0]}"].title,
            text=row[3],
            file=str(entries[f"document-{row[0]}"].path),
            line=row[4],
            place=row[5],
            position=row[1],
        )
        for row in pieces
    )
    stand = Stand(_recall(connection, "name"), entries, passages)
    _stands.clear()
    _stands[(path, revision)] = stand
    return stand

"""A database of our own: opened, checked, and written by one writer at a time.

The address book and the sessions live in one each, in an SQLite file or in PostgreSQL by URL.
"""

import os
import secrets
import sqlite3
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.engine import URL, make_url

from topology.errors import DriverMissing, StoreUnavailable, StoreUnreadable

__all__ = ["BUSY_SECONDS", "Database", "Form"]

BUSY_SECONDS: Final = 60
"""How long to wait for another writer."""
_URL_PREFIXES = ("postgresql://", "postgres://", "postgresql+psycopg://")
_CORRUPT = ("not a database", "malformed", "unsupported file format")
_BUSY = ("locked", "lock timeout", "busy")


def _no_older_form(_: sa.Connection) -> int | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What a database holds, and how it is spoken of."""

    name: str
    """For people, with an article before it: `address book`."""
    named_by: str
    """Where a person names another one: `--db or NETASSIST_BOOK`."""
    meta: sa.Table
    """A table of one row, with columns `id` and `version`."""
    version: int
    create: Callable[[sa.Connection], None]
    """Makes the tables of this version."""
    migrate: Callable[[sa.Connection, int], None]
    """Brings the tables of an older version forward, in the transaction that is open."""
    lock: int
    """Number of PostgreSQL's lock, so that two processes do not make the tables at once."""
    older: Callable[[sa.Connection], int | None] = _no_older_form
    """Tells the version of a database without that table; None if it is not of ours."""
    unavailable: type[StoreUnavailable] = StoreUnavailable
    unreadable: type[StoreUnreadable] = StoreUnreadable


class Database:
    """One database in SQLite or PostgreSQL.

    Args:
        target: Path of a file, which is made on first use, or a URL `postgresql://...`.
        form: What it holds.

    Raises:
        DriverMissing: The URL needs a driver that is not installed.
        StoreUnreadable: The URL is of no database known here.
    """

    def __init__(self, target: str | Path, form: Form) -> None:
        text = str(target)
        self._form = form
        self.path: Path | None = None
        if "://" in text and not text.startswith("sqlite://"):
            url = _read_url(text, form)
            self.name = url.render_as_string(hide_password=True)
            self._engine = _open_postgres(url)
        else:
            self.path = Path(text.removeprefix("sqlite:///")).expanduser()
            self.name = str(self.path)
            self._engine = _open_sqlite(self.path)
        self._checked = False
        weakref.finalize(self, self._engine.dispose)

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Open a transaction that no other writer runs beside; an error takes all of it back.

        Raises:
            StoreUnavailable: The database cannot be reached or stayed locked.
            StoreUnreadable: It holds something else, or a newer version of this.
        """
        with self._translating():
            self._check()
            with self._engine.execution_options(writes=True).begin() as connection:
                yield connection

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Open a transaction that sees one state; see `write` for its errors.

        A file that is not there is an empty one, and is not made by looking at it.
        """
        if self.path is not None and not self.path.exists():
            with _open_sqlite(None).begin() as connection:
                self._form.create(connection)
                yield connection
            return
        with self._translating():
            self._check()
            level = {} if self.path else {"isolation_level": "REPEATABLE READ"}
            with self._engine.connect().execution_options(**level) as connection:
                yield connection

    def close(self) -> None:
        """Let go of the file or the connections."""
        self._engine.dispose()

    def _check(self) -> None:
        """Make the tables if there are none, and see that they are of a version known here."""
        if self._checked:
            return
        if self.path is not None:
            self._make_file(self.path)
        else:
            self._make_tables()
        with self._engine.connect() as connection:
            version = self._read_version(connection)
        if version < self._form.version:
            with self._engine.execution_options(writes=True).begin() as connection:
                if self.path is None:
                    connection.execute(sa.select(self._form.meta.c.id).with_for_update())
                self._form.migrate(connection, self._read_version(connection))
        self._checked = True

    def _make_file(self, path: Path) -> None:
        """Make the file whole or not at all, so that nobody ever meets half of one."""
        if path.exists() and path.stat().st_size:
            return
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
        engine = _open_sqlite(draft)
        try:
            with engine.execution_options(writes=True).begin() as connection:
                self._form.create(connection)
            with engine.connect() as connection:
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            engine.dispose()
            draft.chmod(0o600)
            try:
                os.link(draft, path)
            except FileExistsError:
                if not path.stat().st_size:
                    draft.replace(path)
            except OSError:
                # A file system without hard links; the first of several to make it is lost.
                if not path.exists():
                    draft.replace(path)
        finally:
            engine.dispose()
            draft.unlink(missing_ok=True)

    def _make_tables(self) -> None:
        with self._engine.begin() as connection:
            if sa.inspect(connection).has_table(self._form.meta.name):
                return
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(self._form.lock)))
            if not sa.inspect(connection).has_table(self._form.meta.name):
                self._form.create(connection)

    def _read_version(self, connection: sa.Connection) -> int:
        form = self._form
        try:
            version: int | None = connection.scalar(sa.select(form.meta.c.version))
        except exc.DBAPIError as error:
            if not _lacks_table(error):
                raise
            version = form.older(connection)
        if version is None:
            message = f"`{self.name}` holds a database that is no {form.name}."
            hint = f"Nothing was written to it; name another with {form.named_by}."
            raise form.unreadable(message, hint=hint)
        if version > form.version:
            message = (
                f"`{self.name}` was written by a newer netassist: its form has version {version}, "
                f"and this one knows {form.version}."
            )
            hint = (
                f"Nothing was changed; upgrade netassist, or name another {form.name} with "
                f"{form.named_by}."
            )
            raise form.unreadable(message, hint=hint)
        return version

    @contextmanager
    def _translating(self) -> Iterator[None]:
        """Turn what the drivers say into what a person can act on."""
        try:
            yield
        except exc.DBAPIError as error:
            raise self._translate(str(error.orig)) from error
        except sqlite3.Error as error:
            raise self._translate(str(error)) from error
        except OSError as error:
            message = f"The {self._form.name} `{self.name}` cannot be opened: {error.strerror}."
            hint = f"Name another place with {self._form.named_by}."
            raise self._form.unavailable(message, hint=hint) from error

    def _translate(self, said: str) -> Exception:
        form = self._form
        first = (said.strip().splitlines() or ["no reason given"])[0].rstrip(".")
        if any(words in said for words in _CORRUPT):
            message = f"`{self.name}` cannot be read as {_with_article(form.name)}: {first}."
            hint = (
                f"Nothing was written to it; restore a copy, or name another with {form.named_by}. "
                "`sqlite3 FILE .recover` may save what is left."
            )
            return form.unreadable(message, hint=hint)
        if any(words in said for words in _BUSY):
            message = f"The {form.name} `{self.name}` stayed locked for {BUSY_SECONDS} seconds."
            return form.unavailable(message, hint="Nothing was written; try again.")
        message = f"The {form.name} `{self.name}` cannot be used: {first}."
        hint = "Nothing was written; see that the place exists, may be written and is reachable."
        return form.unavailable(message, hint=hint)


def _with_article(name: str) -> str:
    return f"{'an' if name[:1] in 'aeiou' else 'a'} {name}"


def _read_url(text: str, form: Form) -> URL:
    if not text.startswith(_URL_PREFIXES):
        shown = text.partition("://")[0]
        message = f"`{shown}://` is no database that the {form.name} can live in."
        hint = "Name a file, or a URL `postgresql://user@host/name`."
        raise form.unreadable(message, hint=hint)
    try:
        url = make_url(text)
    except (exc.ArgumentError, ValueError):
        message = f"The URL of the {form.name} cannot be read."
        raise form.unreadable(message, hint="Write `postgresql://user@host:5432/name`.") from None
    return url.set(drivername="postgresql+psycopg")


def _open_postgres(url: URL) -> sa.Engine:
    settings = {"connect_timeout": 10, "options": f"-c lock_timeout={BUSY_SECONDS}s"}
    try:
        return sa.create_engine(url, connect_args=settings, pool_pre_ping=True)
    except ModuleNotFoundError:
        message = "The driver for PostgreSQL is not installed."
        raise DriverMissing(message, hint="Run: pip install 'netassist[postgres]'") from None


def _open_sqlite(path: Path | None) -> sa.Engine:
    """Return an engine for a file, or for a database in memory that ends with its connection."""
    # One connection stays open: closing the last one makes SQLite fold its log into the file.
    engine = sa.create_engine(
        URL.create("sqlite", database=str(path) if path else None),
        connect_args={"timeout": BUSY_SECONDS},
        poolclass=None if path else sa.NullPool,
    )

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _: Any) -> None:
        # Python's sqlite3 would begin late and by itself; the statement below begins.
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        _begin(connection.connection.dbapi_connection, "BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _begin(connection: Any, statement: str) -> None:
    """Begin, however often SQLite refuses at once what it should have waited for.

    It calls no busy handler while another process recovers the log of a writer that was killed,
    or takes the log away as the last one to close.
    """
    ends = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute(statement)
            return
        except sqlite3.OperationalError as error:
            if not any(word in str(error) for word in _BUSY) or time.monotonic() > ends:
                raise
        time.sleep(0.005 + secrets.randbelow(20) / 1000)


def _lacks_table(error: exc.DBAPIError) -> bool:
    said = str(error.orig)
    return "no such table" in said or "does not exist" in said

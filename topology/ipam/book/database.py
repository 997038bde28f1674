"""The database behind the book: opened, checked, and written by one writer at a time."""

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.engine import URL, make_url

from topology.ipam.book import schema
from topology.ipam.book.errors import BookUnavailable, BookUnreadable, DriverMissing

__all__ = ["Database"]

BUSY_SECONDS: Final = 60
"""How long to wait for another writer."""
_CREATE_LOCK: Final = 0x6E657461
"""Of PostgreSQL, so that two processes do not make the tables at once."""
_URL_PREFIXES = ("postgresql://", "postgres://", "postgresql+psycopg://")
_CORRUPT = ("not a database", "malformed", "unsupported file format")


class Database:
    """One address book in SQLite or PostgreSQL.

    Args:
        target: Path of a file, which is made on first use, or a URL `postgresql://...`.

    Raises:
        DriverMissing: The URL needs a driver that is not installed.
        BookUnreadable: The URL is of no database known here.
    """

    def __init__(self, target: str | Path) -> None:
        text = str(target)
        self.path: Path | None = None
        if "://" in text and not text.startswith("sqlite://"):
            url = _read_url(text)
            self.name = url.render_as_string(hide_password=True)
            self._engine = _open_postgres(url)
        else:
            self.path = Path(text.removeprefix("sqlite:///")).expanduser()
            self.name = str(self.path)
            self._engine = _open_sqlite(self.path)
        self._checked = False

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """Open a transaction that no other writer runs beside; an error takes all of it back.

        Raises:
            BookUnavailable: The database cannot be reached or stayed locked.
            BookUnreadable: It is no address book, or one of a newer version.
        """
        with self._translating():
            self._check()
            with self._engine.execution_options(writes=True).begin() as connection:
                yield connection

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """Open a transaction that sees one state of the book; see `write` for its errors.

        A file that is not there is an empty book, and is not made by looking at it.
        """
        if self.path is not None and not self.path.exists():
            with _open_sqlite(None).begin() as connection:
                schema.create(connection)
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
        if version < schema.VERSION:
            with self._engine.execution_options(writes=True).begin() as connection:
                self._lock(connection)
                schema.migrate(connection, self._read_version(connection))
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
                schema.create(connection)
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
            if sa.inspect(connection).has_table(schema.META.name):
                return
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_CREATE_LOCK)))
            if not sa.inspect(connection).has_table(schema.META.name):
                schema.create(connection)

    def _lock(self, connection: sa.Connection) -> None:
        connection.execute(sa.select(schema.META.c.id).with_for_update())

    def _read_version(self, connection: sa.Connection) -> int:
        try:
            version: int | None = connection.scalar(sa.select(schema.META.c.version))
        except exc.DBAPIError as error:
            if not _lacks_table(error):
                raise
            version = None
        if version is None:
            message = f"`{self.name}` holds a database that is no address book."
            hint = "Nothing was written to it; name another with --db or NETASSIST_BOOK."
            raise BookUnreadable(message, hint=hint)
        if version > schema.VERSION:
            message = (
                f"`{self.name}` was written by a newer netassist: its form has version {version}, "
                f"and this one knows {schema.VERSION}."
            )
            hint = "Nothing was changed; upgrade netassist, or name another book with --db."
            raise BookUnreadable(message, hint=hint)
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
            message = f"The address book `{self.name}` cannot be opened: {error.strerror}."
            hint = "Name another place with --db or NETASSIST_BOOK."
            raise BookUnavailable(message, hint=hint) from error

    def _translate(self, said: str) -> Exception:
        first = (said.strip().splitlines() or ["no reason given"])[0].rstrip(".")
        if any(words in said for words in _CORRUPT):
            message = f"`{self.name}` cannot be read as an address book: {first}."
            hint = (
                "Nothing was written to it; restore a copy, or name another with --db. "
                "`sqlite3 FILE .recover` may save what is left."
            )
            return BookUnreadable(message, hint=hint)
        if "locked" in said or "lock timeout" in said:
            message = f"The address book `{self.name}` stayed locked for {BUSY_SECONDS} seconds."
            return BookUnavailable(message, hint="Nothing was written; try again.")
        message = f"The address book `{self.name}` cannot be used: {first}."
        hint = "Nothing was written; see that the place exists, may be written and is reachable."
        return BookUnavailable(message, hint=hint)


def _read_url(text: str) -> URL:
    if not text.startswith(_URL_PREFIXES):
        shown = text.partition("://")[0]
        message = f"`{shown}://` is no database that the address book can live in."
        raise BookUnreadable(message, hint="Name a file, or a URL `postgresql://user@host/name`.")
    try:
        url = make_url(text)
    except (exc.ArgumentError, ValueError):
        message = "The URL of the address book cannot be read."
        raise BookUnreadable(message, hint="Write `postgresql://user@host:5432/name`.") from None
    return url.set(drivername="postgresql+psycopg")


def _open_postgres(url: URL) -> sa.Engine:
    settings = {"connect_timeout": 10, "options": f"-c lock_timeout={BUSY_SECONDS}s"}
    try:
        return sa.create_engine(url, connect_args=settings, pool_pre_ping=True)
    except ModuleNotFoundError:
        message = "The driver for PostgreSQL is not installed."
        raise DriverMissing(message, hint="Run: pip install 'netassist[postgres]'") from None


def _open_sqlite(path: Path | None) -> sa.Engine:
    """Return an engine for a file, or for a book in memory that ends with its connection."""
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
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _lacks_table(error: exc.DBAPIError) -> bool:
    said = str(error.orig)
    return "no such table" in said or "does not exist" in said

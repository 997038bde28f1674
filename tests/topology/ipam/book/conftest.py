"""Address books to work with: SQLite in a file, and a real PostgreSQL started for the tests."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from topology.ipam.book import AddressBook, Draft
from topology.ipam.book.schema import ENTRIES, FREE, SPACES

BEGIN = datetime(2026, 1, 1, 8, tzinfo=UTC)


@dataclass
class Clock:
    """A clock that stands still until it is told otherwise."""

    now: datetime = BEGIN
    told: list[datetime] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def book(tmp_path: Path, clock: Clock) -> Iterator[AddressBook]:
    with AddressBook(tmp_path / "book.sqlite3", actor="anna", clock=clock) as made:
        yield made


@pytest.fixture
def corp(book: AddressBook) -> AddressBook:
    """Return a book with the block `corp`, 10.0.0.0/16."""
    book.add_block(Draft(network=ip_network("10.0.0.0/16"), name="corp"))
    return book


State = dict[str, list[Any]]


@pytest.fixture
def state_of() -> Callable[[AddressBook], State]:
    """Return a function that reads everything but the history, the free ranges included."""

    def read(book: AddressBook) -> State:
        with book.database.read() as connection:
            return {
                table.name: sorted(
                    (tuple(row) for row in connection.execute(sa.select(table))), key=repr
                )
                for table in (SPACES, ENTRIES, FREE)
            }

    return read


def find_postgres() -> Path | None:
    """Return the folder of PostgreSQL's programs: Debian keeps them off the path."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return folders[-1].parent if folders else None


def _as_user(name: str) -> Callable[[], None] | None:
    """Return what makes a child process run as somebody else, as PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    user = pwd.getpwnam(name)

    def become() -> None:
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)

    return become


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Start a PostgreSQL on a free loopback port, and return the URL of its database."""
    programs = find_postgres()
    if programs is None:
        pytest.skip("PostgreSQL is not installed: no initdb on the path or in /usr/lib/postgresql")
    pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    become = _as_user("nobody")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if become:
        user = pwd.getpwnam("nobody")
        os.chown(folder, user.pw_uid, user.pw_gid)
    data = folder / "data"
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C", "HOME": str(folder)}
    initialise = [programs / "initdb", "-D", data, "-U", "book", "-A", "trust", "-E", "UTF8", "-N"]
    subprocess.run(
        initialise, check=True, capture_output=True, env=environment, preexec_fn=become, cwd=folder
    )
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [
        programs / "postgres", "-D", data, "-p", str(port), "-k", folder,
        "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=60",
    ]  # fmt: skip
    log = (folder / "log").open("wb")
    server = subprocess.Popen(
        command, stdout=log, stderr=log, env=environment, preexec_fn=become, cwd=folder
    )
    try:
        _wait_for(port, server, folder / "log")
        yield f"postgresql://book@127.0.0.1:{port}/postgres"
    finally:
        # A fast shutdown; SIGTERM would wait for whoever is still connected.
        server.send_signal(signal.SIGINT)
        try:
            server.wait(timeout=30)
        finally:
            server.kill()
            server.wait()
            log.close()
        shutil.rmtree(folder, ignore_errors=True)


def _wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        if server.poll() is not None:
            message = f"PostgreSQL ended: {log.read_text(errors='replace')[-2000:]}"
            raise RuntimeError(message)
        try:
            url = f"postgresql+psycopg://book@127.0.0.1:{port}/postgres"
            with sa.create_engine(url, poolclass=sa.NullPool).connect():
                return
        except sa.exc.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@pytest.fixture
def postgres_book(postgres: str, clock: Clock) -> Iterator[AddressBook]:
    """Return an empty book in PostgreSQL."""
    engine = sa.create_engine(postgres.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    engine.dispose()
    with AddressBook(postgres, actor="anna", clock=clock) as made:
        yield made

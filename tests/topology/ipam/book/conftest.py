"""Address books to work with: SQLite in a file, and a real PostgreSQL started for the tests."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from evals.bench.postgres import find_postgres, running_postgres
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


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Start a PostgreSQL on a free loopback port, and return the URL of its database."""
    programs = find_postgres()
    if programs is None:
        pytest.skip(
            "no PostgreSQL server here: install one, on Debian `apt-get install postgresql`"
        )
    with running_postgres(programs) as url:
        yield url


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

"""The database behind the book: made whole, refused where it is not ours, never harmed."""

import json
import sqlite3
import threading
from ipaddress import ip_network
from pathlib import Path

import pytest
import sqlalchemy as sa

from topology.ipam.book import AddressBook, BookUnavailable, BookUnreadable, Draft, Request, schema


def fill(path: Path) -> None:
    with AddressBook(path, actor="anna") as book:
        book.add_block(Draft(network=ip_network("10.0.0.0/16"), name="corp"))
        book.allocate([Request(name="web", prefix=24)])


def test_looking_at_a_book_that_is_not_there_makes_no_file(tmp_path: Path) -> None:
    with AddressBook(tmp_path / "sub" / "book.sqlite3") as book:
        assert book.spaces() == []
        assert book.history() == []
    assert not (tmp_path / "sub").exists()


def test_a_book_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "book.sqlite3"
    fill(path)
    assert path.stat().st_mode & 0o077 == 0
    assert [file.name for file in path.parent.iterdir() if file.name.startswith(".")] == []


def test_an_empty_file_becomes_a_book(tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite3"
    path.touch()
    fill(path)
    with AddressBook(path) as book:
        assert len(book.entries()) == 2


@pytest.mark.parametrize("content", [b"no database at all, only words" * 40, b"\x00" * 5000])
def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "book.sqlite3"
    path.write_bytes(content)
    with AddressBook(path) as book:
        for call in (book.spaces, lambda: book.add_space("x")):
            with pytest.raises(BookUnreadable, match=r"`.*book\.sqlite3` .*") as caught:
                call()
            assert "othing was" in caught.value.hint
    assert path.read_bytes() == content


def test_a_book_damaged_in_the_middle_is_told_of_and_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite3"
    fill(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray(path.read_bytes())
    content[4096 : len(content)] = b"\xff" * (len(content) - 4096)
    path.write_bytes(bytes(content))
    with AddressBook(path) as book, pytest.raises(BookUnreadable, match="cannot be read"):
        book.allocate([Request(name="more", prefix=24)])
    assert path.read_bytes() == bytes(content)


def test_the_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.sqlite3"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    connection.close()
    with AddressBook(path) as book, pytest.raises(BookUnreadable, match="no address book"):
        book.add_space("x")
    with sqlite3.connect(path) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master").fetchall()
    connection.close()
    assert tables == [("songs",)]


def test_a_book_of_a_newer_version_is_refused_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite3"
    fill(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE book_meta SET version = 99")
    connection.close()
    with AddressBook(path) as book:
        with pytest.raises(BookUnreadable, match="newer netassist: its form has version 99"):
            book.entries()
        with pytest.raises(BookUnreadable, match="newer"):
            book.release("web")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE book_meta SET version = ?", (schema.VERSION,))
    connection.close()
    with AddressBook(path) as book:
        assert [entry.name for entry in book.entries()] == ["corp", "web"]


def make_old(path: Path) -> None:
    """Turn a book into one of version 1, which did not know the block of a row."""
    with sqlite3.connect(path) as connection:
        connection.execute("DROP INDEX book_change_row_block")
        connection.execute("ALTER TABLE book_change_row DROP COLUMN block")
        connection.execute("UPDATE book_meta SET version = 1")
    connection.close()


def test_a_book_of_version_1_is_brought_forward(tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite3"
    fill(path)
    make_old(path)
    with AddressBook(path, actor="anna") as book:
        (found,) = book.forecast()
        assert found.steps == 1
        book.undo()
        assert [entry.name for entry in book.entries()] == ["corp"]
        with book.database.read() as connection:
            assert connection.scalar(sa.select(schema.META.c.version)) == schema.VERSION
            rows = connection.execute(sa.select(schema.ROWS)).all()
    for row in rows:
        assert row.block == json.loads(row.after or row.before).get("parent")


def test_several_may_bring_it_forward_at_once(tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite3"
    fill(path)
    make_old(path)
    failures: list[Exception] = []

    def look() -> None:
        try:
            with AddressBook(path) as book:
                book.entries()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=look) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.parametrize("target", ["mysql://root@localhost/x", "postgresql://user@host:port/x"])
def test_a_url_that_cannot_be_is_refused(target: str) -> None:
    with pytest.raises(BookUnreadable):
        AddressBook(target)


def test_a_server_that_is_not_there_is_told_of_without_its_password() -> None:
    with (
        AddressBook("postgresql://anna:s3cret@127.0.0.1:1/book") as book,
        pytest.raises(BookUnavailable) as caught,
    ):
        book.add_space("x")
    assert "s3cret" not in str(caught.value)
    assert "anna:***@127.0.0.1" in str(caught.value)


def test_a_folder_is_no_book(tmp_path: Path) -> None:
    with AddressBook(tmp_path) as book, pytest.raises(BookUnavailable):
        book.add_space("x")


def test_postgres_does_what_sqlite_does(postgres_book: AddressBook, book: AddressBook) -> None:
    said = []
    for one in (postgres_book, book):
        one.add_block(Draft(network=ip_network("10.0.0.0/16"), name="corp"))
        one.add_block(Draft(network=ip_network("fd00::/48"), name="six"))
        one.allocate([Request(name="a", prefix=24, headroom=1), Request(name="b", prefix=20)])
        one.allocate([Request(name="s", prefix=64, family=6)])
        one.release("a")
        one.undo()
        one.resize("a", 23)
        said.append([(e.id, e.name, e.network, e.slot, e.parent) for e in one.entries()])
        said[-1] += [(c.id, c.summary, c.undone_by) for c in one.history()]
        said[-1] += [spans for _, spans in one.free()]
        said[-1] += [found.reason for found in one.forecast()]
    assert said[0] == said[1]

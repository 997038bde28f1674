"""The database behind the book."""

from pathlib import Path
from typing import Final

from topology import database
from topology.ipam.book import schema
from topology.ipam.book.errors import BookUnavailable, BookUnreadable

__all__ = ["Database"]

_FORM: Final = database.Form(
    name="address book",
    named_by="--db or NETASSIST_BOOK",
    meta=schema.META,
    version=schema.VERSION,
    create=schema.create,
    migrate=schema.migrate,
    lock=0x6E657461,
    unavailable=BookUnavailable,
    unreadable=BookUnreadable,
)


class Database(database.Database):
    """One address book in SQLite or PostgreSQL.

    Args:
        target: Path of a file, which is made on first use, or a URL `postgresql://...`.

    Raises:
        DriverMissing: The URL needs a driver that is not installed.
        BookUnreadable: The URL is of no database known here.
    """

    def __init__(self, target: str | Path) -> None:
        super().__init__(target, _FORM)

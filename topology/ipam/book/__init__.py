"""The address book: who has which range, kept in SQLite or PostgreSQL, with its history."""

from topology.ipam.book.book import AddressBook, Outcome
from topology.ipam.book.editing import KEEP, Edits
from topology.ipam.book.entries import (
    DEFAULT_SPACE,
    Change,
    Draft,
    Entry,
    Request,
    RowChange,
    Shortage,
    Space,
)
from topology.ipam.book.errors import (
    BookUnavailable,
    BookUnreadable,
    DriverMissing,
    Outdated,
    Overlap,
)
from topology.ipam.book.forecast import Forecast
from topology.ipam.book.usage import Usage

__all__ = [
    "DEFAULT_SPACE",
    "KEEP",
    "AddressBook",
    "BookUnavailable",
    "BookUnreadable",
    "Change",
    "Draft",
    "DriverMissing",
    "Edits",
    "Entry",
    "Forecast",
    "Outcome",
    "Outdated",
    "Overlap",
    "Request",
    "RowChange",
    "Shortage",
    "Space",
    "Usage",
]

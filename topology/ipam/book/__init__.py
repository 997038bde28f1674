"""The address book: who has which range, kept in SQLite or PostgreSQL, with its history.

Everything in `__all__` is imported when first used: SQLAlchemy takes a quarter of a second, which
only those should wait for who open a book.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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

_HOMES = {
    "AddressBook": "book",
    "BookUnavailable": "errors",
    "BookUnreadable": "errors",
    "DriverMissing": "errors",
    "Edits": "editing",
    "Forecast": "forecast",
    "KEEP": "editing",
    "Outcome": "book",
    "Outdated": "errors",
    "Overlap": "errors",
    "Usage": "usage",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'entries')}"), name)

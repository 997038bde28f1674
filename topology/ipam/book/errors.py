"""What can go wrong with the address book, and who should hear of it.

TopologyError
  UnreadableInput
    BookUnreadable        ... a file or database that is no address book, or a newer one
  BookUnavailable         ... the database cannot be reached, or stayed locked; may be retried
  DriverMissing           ... PostgreSQL by URL without its driver (of topology.errors)
  Overlap                 ... a range that belongs to somebody already
  Outdated                ... the book has changed since the decision was taken
"No room" is an answer (`Shortage`), not an error.
"""

from topology.errors import DriverMissing, StoreUnavailable, StoreUnreadable, TopologyError

__all__ = ["BookUnavailable", "BookUnreadable", "DriverMissing", "Outdated", "Overlap"]


class BookUnreadable(StoreUnreadable):
    """A file or database that holds no address book of a version known here; it is untouched."""


class BookUnavailable(StoreUnavailable):
    """The database cannot be reached, or stayed locked; nothing was written."""


class Overlap(TopologyError):
    """A range that cannot be entered because it overlaps what is there."""


class Outdated(TopologyError):
    """The book has changed since; whoever decided must look again."""

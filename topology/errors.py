"""What can go wrong with network files and names, and who should hear of it.

TopologyError            the author of the network files or the person who asked
  UnreadableInput        ... a file that cannot be read as network objects (.location)
    StoreUnreadable      ... a database that is none of ours, is damaged, or of a newer version
  UnknownName            ... a name that nothing in the cluster has, with the nearest names
  AmbiguousName          ... a name that several things have, with each of them
  InvalidQuery           ... a port, request or address that cannot be asked about
  StoreUnavailable       ... a database of ours cannot be reached, or stayed locked; may be retried
  DriverMissing          ... PostgreSQL by URL without its driver
"""

from topology.model import Location

__all__ = [
    "AmbiguousName",
    "DriverMissing",
    "InvalidQuery",
    "StoreUnavailable",
    "StoreUnreadable",
    "TopologyError",
    "UnknownName",
    "UnreadableInput",
]


class TopologyError(Exception):
    """A fault in the network files or in a question about them.

    Args:
        message: One sentence of fact that quotes the offending text in backticks.
        hint: One sentence that says what to do; may be empty.
        location: Where the offending text stands, when it was read from a file.
    """

    def __init__(self, message: str, *, hint: str = "", location: Location | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.location = location

    def __str__(self) -> str:
        place = f" ({self.location})" if self.location else ""
        return " ".join(part for part in (self.message, self.hint) if part) + place


class UnreadableInput(TopologyError):
    """A file or stream that cannot be read as network objects."""


class UnknownName(TopologyError):
    """A name that nothing in the cluster has; `.nearest` holds what is close to it."""

    def __init__(self, message: str, *, nearest: tuple[str, ...] = (), hint: str = "") -> None:
        if not hint and nearest:
            hint = "Did you mean " + " or ".join(f"`{name}`" for name in nearest) + "?"
        super().__init__(message, hint=hint)
        self.nearest = nearest


class AmbiguousName(TopologyError):
    """A name that several things have; `.candidates` holds a distinct name of each."""

    def __init__(self, message: str, *, candidates: tuple[str, ...], hint: str = "") -> None:
        if not hint:
            hint = "Say which: " + ", ".join(f"`{name}`" for name in candidates) + "."
        super().__init__(message, hint=hint)
        self.candidates = candidates


class InvalidQuery(TopologyError):
    """A port, protocol, request or address that cannot be asked about."""


class StoreUnavailable(TopologyError):
    """A database of ours that cannot be reached, or stayed locked; nothing was written."""


class StoreUnreadable(UnreadableInput):
    """A file or database that holds nothing of ours in a version known here; it is untouched."""


class DriverMissing(TopologyError):
    """A database was named whose driver is not installed."""

"""Which flows are wanted: lists of filters as Hubble applies them, and a span of time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Predicate", "Query"]

Predicate = Callable[[Mapping[str, Any]], bool]
"""Decides on a flow as parsed JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A flow is wanted if a filter of `allow` matches, or there is none, and none of `deny` does.

    Source: pkg/hubble/filters, Apply; hubble/cmd/observe, io_reader_observer.go.
    """

    allow: tuple[Predicate, ...] = ()
    deny: tuple[Predicate, ...] = ()
    since: int | None = None
    """Nanoseconds since 1970; flows of exactly this time are wanted."""
    until: int | None = None
    first: int = 0
    """Only so many of the wanted flows, from the start; 0 for all."""
    last: int = 0
    """Only so many of the wanted flows, from the end; 0 for all."""

    @property
    def is_timed(self) -> bool:
        """Return whether it matters when a flow was printed."""
        return self.since is not None or self.until is not None

    def matches(self, flow: Mapping[str, Any], time: int) -> bool:
        """Say whether a flow is wanted, whatever the number of others.

        Args:
            flow: As parsed JSON.
            time: When it was printed, nanoseconds since 1970.
        """
        if self.since is not None and time < self.since:
            return False
        if self.until is not None and time > self.until:
            return False
        if self.allow and not any(predicate(flow) for predicate in self.allow):
            return False
        return not any(predicate(flow) for predicate in self.deny)

"""Four-valued logic: what is true, false, left open by the question, or not known.

`OPEN` is what the question did not say and the caller may choose, such as the HTTP request of a
question about a port. `UNKNOWN` is what the input cannot tell, such as the address of a planned
pod. Where both meet, `UNKNOWN` wins: a free choice cannot make up for a missing fact.
"""

from collections.abc import Iterable
from enum import Enum
from typing import Literal

__all__ = ["Gap", "Truth", "all_of", "any_of", "negate", "truth_of"]


class Truth(Enum):
    """Whether a condition holds."""

    NO = "no"
    YES = "yes"
    OPEN = "open"
    UNKNOWN = "unknown"


Gap = Literal[Truth.OPEN, Truth.UNKNOWN]
"""Stands in for the value of an attribute that is not given."""


def truth_of(holds: bool) -> Truth:
    """Return a plain truth value as a Truth."""
    return Truth.YES if holds else Truth.NO


def negate(truth: Truth) -> Truth:
    """Return the opposite; what is open or not known stays so."""
    if truth is Truth.YES:
        return Truth.NO
    return Truth.YES if truth is Truth.NO else truth


def all_of(parts: Iterable[Truth]) -> Truth:
    """Return whether every part holds; YES for no parts."""
    return _fold(parts, decisive=Truth.NO, neutral=Truth.YES)


def any_of(parts: Iterable[Truth]) -> Truth:
    """Return whether at least one part holds; NO for no parts."""
    return _fold(parts, decisive=Truth.YES, neutral=Truth.NO)


def _fold(parts: Iterable[Truth], *, decisive: Truth, neutral: Truth) -> Truth:
    result = neutral
    for part in parts:
        if part is decisive:
            return decisive
        if part is Truth.UNKNOWN or result is neutral:
            result = part
    return result

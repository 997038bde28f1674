"""Turns of phrase that the findings of a review share."""

from collections.abc import Iterable, Sequence

__all__ = ["counted", "listed", "quoted"]

_SHOWN = 3


def quoted(text: object) -> str:
    """Return a name as code."""
    return f"`{text}`"


def listed(names: Iterable[object], shown: int = _SHOWN) -> str:
    """Return names as code, cut with the number left out.

    >>> listed(["a", "b", "c", "d"])
    '`a`, `b`, `c` and 1 more'
    """
    found = list(names)
    text = ", ".join(quoted(name) for name in found[:shown])
    return text + (f" and {len(found) - shown:,} more" if len(found) > shown else "")


def counted(names: Sequence[object], noun: str) -> str:
    """Return how many there are, with the first of them.

    >>> counted(["a"], "workload"), counted(["a", "b"], "workload")
    ('1 workload (`a`)', '2 workloads (`a`, `b`)')
    """
    plural = noun if len(names) == 1 else f"{noun}s"
    return f"{len(names):,} {plural} ({listed(names)})"

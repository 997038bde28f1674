"""How often something happened, by stretches of time that are found while flows are read."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from topology.flows.times import NANOSECONDS

__all__ = ["MOST_BINS", "Timeline", "TimelineTally"]

MOST_BINS: Final = 60
_MS: Final = 10**6
_WIDTHS: Final = (
    *(_MS, 10 * _MS, 100 * _MS),
    *(n * NANOSECONDS for n in (1, 5, 10, 30, 60, 300, 900, 3_600, 21_600, 86_400, 604_800)),
)
"""Each divides the next, so that what was counted in one can be counted in the next."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """Numbers by stretches of one length, without gaps."""

    start: int
    """Nanoseconds since 1970 at which the first stretch begins; 0 for no stretch."""
    width: int
    """Nanoseconds of a stretch."""
    bins: tuple[Mapping[str, int], ...]
    """Numbers by kind, one for each stretch."""
    undated: int = 0
    """Those of which nothing says when they were."""

    @property
    def totals(self) -> dict[str, int]:
        """Return the numbers by kind, the largest first; without the undated."""
        found: Counter[str] = Counter()
        for one in self.bins:
            found.update(one)
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


class TimelineTally:
    """Counts events in any order, in no more memory than some hundred stretches take."""

    def __init__(self) -> None:
        self._level = 0
        self._bins: dict[int, Counter[str]] = {}
        self._undated = 0

    def add(self, time: int, kind: str, number: int = 1) -> None:
        """Count something.

        Args:
            time: Nanoseconds since 1970; 0 where nothing says when it was.
            kind: What it was.
            number: How often.
        """
        if not time:
            self._undated += number
            return
        self._bins.setdefault(time // _WIDTHS[self._level], Counter())[kind] += number
        if len(self._bins) > 8 * MOST_BINS and self._level + 1 < len(_WIDTHS):
            self._coarsen()

    def _coarsen(self) -> None:
        factor = _WIDTHS[self._level + 1] // _WIDTHS[self._level]
        merged: dict[int, Counter[str]] = {}
        for place, counted in self._bins.items():
            merged.setdefault(place // factor, Counter()).update(counted)
        self._level += 1
        self._bins = merged

    def finish(self, first: int = 0, last: int = 0) -> Timeline:
        """Return the numbers in the shortest stretches of which there are not too many.

        Args:
            first: Nanoseconds since 1970 from which on there are stretches, even empty ones; 0:
                from the first event on.
            last: Likewise, until when.
        """
        while self._span(first, last) > MOST_BINS and self._level + 1 < len(_WIDTHS):
            self._coarsen()
        width = _WIDTHS[self._level]
        if not self._bins:
            return Timeline(0, width, (), self._undated)
        low, high = self._ends(first, last)
        bins = tuple(dict(self._bins.get(place, {})) for place in range(low, high + 1))
        return Timeline(low * width, width, bins, self._undated)

    def _span(self, first: int, last: int) -> int:
        if not self._bins:
            return 0
        low, high = self._ends(first, last)
        return high - low + 1

    def _ends(self, first: int, last: int) -> tuple[int, int]:
        width = _WIDTHS[self._level]
        low, high = min(self._bins), max(self._bins)
        return min(low, first // width) if first else low, max(high, last // width)

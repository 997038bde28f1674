"""When a block will be full, judged by how fast it has filled so far."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from typing import Final

from topology.ipam.book.usage import Usage

__all__ = ["Forecast", "Growth", "Step", "forecast"]

LEAST_STEPS: Final = 5
LEAST_DAYS: Final = 14
"""A trend is told from no less."""
_Z90: Final = 1.6449
"""Two-sided 90 % of the normal distribution."""
_FAR: Final = 36_525
"""Days; what lies beyond a century is said to be never."""
STATISTIC: Final = (
    "mean net growth per day (sum of all changes / days observed); 90 % interval from the "
    "variance of a compound Poisson process, sqrt(sum of squares) / days; imports and the first "
    "entry of what existed count as the beginning, not as growth"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Addresses that one change took from a block; negative if it gave them back."""

    at: datetime
    addresses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What the history of a block shows."""

    since: datetime | None
    """When the block began to be recorded."""
    steps: tuple[Step, ...]
    """Without imports: those tell what existed, not how it grew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """When a block will be full, with the interval in which that lies with 90 %."""

    usage: Usage
    days: float
    """Observed."""
    steps: int
    per_day: float
    """Addresses; what the history shows even if it is too short for a forecast."""
    slow: float
    fast: float
    full: datetime | None
    """None: not at this pace, or not enough history; `reason` says which."""
    earliest: datetime | None
    latest: datetime | None
    """None: perhaps never."""
    reason: str = ""
    """Why there is no date."""


def forecast(usage: Usage, growth: Growth, *, now: datetime) -> Forecast:
    """Estimate when a block is full.

    Changes come at irregular times and sizes, so they are taken as a compound Poisson process,
    whose sum over the time observed has the variance of the sum of squares. Fragmentation may end
    the room for large ranges earlier; the forecast counts addresses.
    """
    begun = growth.since or now
    days = max((now - begun) / timedelta(days=1), 0.0)
    total = sum(step.addresses for step in growth.steps)
    error = sqrt(sum(step.addresses**2 for step in growth.steps))
    span = max(days, 1 / 24)
    rate, margin = total / span, _Z90 * error / span
    reason = _doubt(days, growth.steps)
    if not reason and total <= 0:
        reason = "It has not grown over the time observed."
    enough = not _doubt(days, growth.steps)
    return Forecast(
        usage=usage,
        days=days,
        steps=len(growth.steps),
        per_day=rate,
        slow=rate - margin,
        fast=rate + margin,
        full=None if reason else _reach(now, usage.free, rate),
        earliest=_reach(now, usage.free, rate + margin) if enough else None,
        latest=_reach(now, usage.free, rate - margin) if enough else None,
        reason=reason or _far(usage.free, rate),
    )


def _doubt(days: float, steps: Sequence[Step]) -> str:
    if len(steps) >= LEAST_STEPS and days >= LEAST_DAYS:
        return ""
    return (
        f"Not enough history: {len(steps)} change{'' if len(steps) == 1 else 's'} in {days:.0f} "
        f"days; a forecast needs {LEAST_STEPS} changes and {LEAST_DAYS} days."
    )


def _reach(now: datetime, free: int, rate: float) -> datetime | None:
    if rate <= 0 or free / rate > _FAR:
        return None
    return now + timedelta(days=free / rate)


def _far(free: int, rate: float) -> str:
    far = rate > 0 and free / rate > _FAR
    return "At this pace it lasts for more than a century." if far else ""

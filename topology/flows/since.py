"""A time of day in words, as a point in time within what flows cover."""

import re
from datetime import UTC, datetime, timedelta

from topology.errors import InvalidQuery
from topology.flows.times import NANOSECONDS, time_of

__all__ = ["is_clock", "since_time"]

_CLOCK = re.compile(r"(\d{1,2})[:.](\d\d)(?:[:.](\d\d))?(?:\s*(am|pm))?", re.I)


def is_clock(text: str) -> bool:
    """Say whether a text is a time of day without a date.

    >>> is_clock("10:40"), is_clock("10m")
    (True, False)
    """
    return bool(_CLOCK.fullmatch(text.strip()))


def since_time(text: str, last: int) -> int:
    """Return the nanoseconds since 1970 of a time of day, UTC: its last one up to a moment.

    Args:
        text: `10:40`, `10:40:05`, `9:15 pm`, or a date and time.
        last: When the flows end, nanoseconds since 1970.

    Raises:
        InvalidQuery: It is no time.

    >>> since_time("10:40", 1764412800 * NANOSECONDS) // NANOSECONDS % 86400 == 10 * 3600 + 40 * 60
    True
    """
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        return time_of(text.strip().replace(" ", "T", 1), now=lambda: datetime.now(UTC))
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if match[4]:
        hour = hour % 12 + (12 if match[4].lower() == "pm" else 0)
    if hour > 23 or minute > 59 or second > 59:
        message = f"`{text}` is no time of day."
        raise InvalidQuery(message, hint="Write it like `10:40` (UTC).")
    end = datetime.fromtimestamp(last / NANOSECONDS, UTC)
    found = end.replace(hour=hour, minute=minute, second=second, microsecond=0)
    if found > end:
        found -= timedelta(days=1)
    return int(found.timestamp()) * NANOSECONDS

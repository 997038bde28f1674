"""Points in time: RFC 3339 with nanoseconds, and the forms that `hubble observe` takes."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from topology.errors import InvalidQuery

__all__ = ["NANOSECONDS", "duration_text", "parse_time", "time_of", "time_text"]

NANOSECONDS = 1_000_000_000

_LENGTH_OF_SECONDS = 19
_FRACTION = re.compile(r"(?:\.(\d{1,9})\d*)?(Z|[+-]\d{2}:\d{2})")
_FORMS = ("%Y-%m-%d", "%Y-%m-%dT%H%z", "%Y-%m-%dT%H:%M%z")
_DURATION = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": 10**9,
          "m": 60 * 10**9, "h": 3600 * 10**9}  # fmt: skip


@lru_cache(maxsize=4096)
def _seconds(text: str) -> int:
    """Return the seconds since 1970 of `2026-11-28T10:40:00`; flows of one second share it."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def parse_time(text: str) -> int:
    """Return the nanoseconds since 1970 of an RFC 3339 time.

    Raises:
        ValueError: It is none.

    >>> parse_time("1970-01-01T00:00:01.5Z")
    1500000000
    """
    if text[19:20] == "." and text[-1] == "Z" and text[20:-1].isdecimal():
        # What Hubble writes; without a regular expression it takes a third of the time.
        return _seconds(text[:19]) * NANOSECONDS + int(text[20:29].rstrip("Z").ljust(9, "0"))
    match = _FRACTION.fullmatch(text, _LENGTH_OF_SECONDS)
    if match is None:
        message = f"`{text}` is no time"
        raise ValueError(message)
    fraction, zone = match.groups()
    found = _seconds(text[:_LENGTH_OF_SECONDS]) * NANOSECONDS
    if fraction:
        found += int(fraction.ljust(9, "0"))
    if zone != "Z":
        offset = (int(zone[1:3]) * 60 + int(zone[4:6])) * 60 * NANOSECONDS
        found += -offset if zone[0] == "+" else offset
    return found


def time_of(text: str, *, now: Callable[[], datetime]) -> int:
    """Return the time that `--since` or `--until` names, in nanoseconds since 1970.

    Args:
        text: RFC 3339, possibly without minutes or hours, RFC 1123Z, or how long ago: `90s`, `2h`.
        now: What durations are counted back from.

    Raises:
        InvalidQuery: It is none of these.
    """
    ago = _duration(text)
    if ago is not None:
        return round(now().timestamp() * 10**6) * 1000 - ago
    try:
        return parse_time(text)
    except ValueError:
        pass
    for form in (*_FORMS, "%a, %d %b %Y %H:%M:%S %z"):
        try:
            found = datetime.strptime(text, form)  # noqa: DTZ007  (a bare date is UTC, below)
        except ValueError:
            continue
        return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()) * NANOSECONDS
    message = f"`{text}` is no time."
    raise InvalidQuery(message, hint="Write `2026-11-28T10:40:00Z`, `10:40` (UTC, of the day on "
                       "which the flows end), or how long ago: `15m`, `2h`.")  # fmt: skip


def _duration(text: str) -> int | None:
    """Return the nanoseconds of a Go duration, None if it is none."""
    if text == "0":
        return 0
    parts = _DURATION.findall(text)
    if not parts or "".join(parts) != text:
        return None
    total = 0.0
    for part in parts:
        unit = re.sub(r"[\d.+-]", "", part)
        total += float(part.removesuffix(unit)) * _UNITS[unit]
    return round(total)


def time_text(time: int) -> str:
    """Return a time as RFC 3339 with milliseconds; empty for an unknown one."""
    if not time:
        return ""
    found = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=time // 1000)
    return found.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def duration_text(nanoseconds: int) -> str:
    """Return a length of time in words short enough for a sentence.

    >>> duration_text(90 * NANOSECONDS)
    '90 s'
    """
    seconds = nanoseconds / NANOSECONDS
    if seconds < 1:
        return f"{nanoseconds / 10**6:.3g} ms"
    if seconds < 300:
        return f"{seconds:.3g} s"
    if seconds < 3 * 3600:
        return f"{seconds / 60:.3g} min"
    return f"{seconds / 3600:.3g} h"

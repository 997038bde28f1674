"""Whether what a passage says may have been overtaken since its source was written."""

import re
from collections.abc import Iterator
from datetime import date

from knowledge.retrieve import Hit

__all__ = ["OLD_MONTHS", "tell_staleness"]

OLD_MONTHS = 12
"""From this age on a source of fast-moving products should be looked up again."""
DATE = re.compile(r"(?<![\d.-])(20\d\d)-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?(?![\d-]|\.\d)")


def tell_staleness(hit: Hit, today: date) -> Iterator[str]:
    """Yield a sentence for each reason to look a passage up again.

    Args:
        hit: The passage.
        today: The day on which it is read.
    """
    if hit.own and hit.state == "missing":
        yield "The file is no longer there; what was read from it is quoted."
    elif hit.own and hit.state == "changed":
        yield (
            "The file was changed since it was read: "
            f"`netassist knowledge add {hit.file}` reads it again."
        )
    yield from _tell_age(hit, today)
    for text, day in _find_dates(hit.text):
        written = _end_of(hit.reviewed)
        if written is not None and written < day < today:
            yield f"`{text}`, which lay ahead when this was written, has passed."


def _tell_age(hit: Hit, today: date) -> Iterator[str]:
    day = _end_of(hit.date)
    months = 0 if day is None else (today.year - day.year) * 12 + today.month - day.month
    if months < OLD_MONTHS:
        return
    what = {
        "page": "The source is of",
        "copy": "The copy that was read is of",
        "file": "The file was last changed on",
    }[hit.dated]
    yield f"{what} {hit.date}, {months} months ago: look for a newer one."


def _find_dates(text: str) -> Iterator[tuple[str, date]]:
    seen: set[str] = set()
    for match in DATE.finditer(text):
        day = _end_of(match[0])
        if day is not None and match[0] not in seen:
            seen.add(match[0])
            yield match[0], day


def _end_of(text: str) -> date | None:
    """Return the day, or the last day of the month, that an ISO date names."""
    match = DATE.fullmatch(text)
    if match is None:
        return None
    year, month = int(match[1]), int(match[2])
    try:
        if match[3]:
            return date(year, month, int(match[3]))
        return date(year + month // 12, month % 12 + 1, 1) - date.resolution
    except ValueError:
        return None

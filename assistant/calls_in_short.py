"""What a tool was asked, in a few words: for the line that every face shows of a call."""

from collections.abc import Mapping
from typing import Any

__all__ = ["in_short"]

_ENDS = (("source", "destination"), ("start", "goal"))


def in_short(arguments: Mapping[str, Any]) -> str:
    """Return what a tool was asked in a few words.

    >>> in_short({"source": "shop/web", "destination": "shop/db", "port": "5432", "http": ""})
    'shop/web \u2192 shop/db 5432'
    """
    given = {key: value for key, value in arguments.items() if value not in ("", None, [], {}, 0)}
    parts = []
    for first, second in _ENDS:
        if first in given and second in given:
            parts.append(f"{given.pop(first)} \u2192 {given.pop(second)}")
    parts += [str(value) for value in given.values()]
    text = " ".join(" ".join(parts).split())
    return text if len(text) <= 70 else f"{text[:69]}\u2026"

"""What a session is called: its first question, shortened."""

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["title_of"]

_LONGEST = 72


def title_of(messages: Iterable[Mapping[str, Any]]) -> str:
    """Return the question that a turn begins with, as far as it fits into a line."""
    for message in messages:
        if message.get("role") == "human":
            shown = (sign if sign.isprintable() else " " for sign in str(message.get("text", "")))
            text = " ".join("".join(shown).split())
            return text if len(text) <= _LONGEST else text[: _LONGEST - 1].rstrip() + "\u2026"
    return ""

"""Texts that come from Slack and go to it."""

import re
from collections.abc import Iterator
from html import unescape

__all__ = ["PIECE", "clean", "divide"]

PIECE = 11_000
"""Characters of one call; Slack takes 12,000."""
_MENTION = re.compile(r"<@[A-Z0-9]+(?:\|[^>]*)?>")
_LINK = re.compile(r"<(?:mailto:|tel:)?([^|>]+)\|([^>]+)>")
_BARE = re.compile(r"<((?:https?|mailto):[^|>]+)>")


def clean(text: str) -> str:
    """Return what a person typed: without mentions, links as their words, entities as signs.

    >>> clean("<@U1> can web reach <http://api.example.com|api.example.com>, A&amp;B?")
    'can web reach api.example.com, A&B?'
    """
    text = _MENTION.sub(" ", text)
    text = _LINK.sub(r"\2", text)
    text = _BARE.sub(r"\1", text)
    return " ".join(unescape(text).split(" ")).strip()


def divide(text: str, size: int = PIECE) -> Iterator[str]:
    """Yield a text in pieces that end with a paragraph, or with a line, where they can."""
    while len(text) > size:
        cut = max(text.rfind("\n\n", 0, size), text.rfind("\n", 0, size) if "\n" in text else 0)
        cut = cut if cut > size // 2 else size
        yield text[:cut]
        text = text[cut:]
    if text:
        yield text

"""Whether the passages that were found answer the question, or only touch its words."""

import re
from collections.abc import Sequence
from typing import Any

from assistant.models.rules.frame import Frame
from assistant.models.rules.topics import topics_of
from assistant.models.rules.words import singular, word_set
from tools.errors import ToolError
from tools.spec import ToolResult

__all__ = ["misses_question"]

_CLEAR = 0.35
"""Least score of a passage that is quoted: below, questions of the evaluations shared words with
the articles ("Azure", "gateway") and no subject."""
_SIDES = (
    re.compile(r"\bdifferen(?:ce|t|ces)\s+between\s+(?P<one>.+?)\s+and\s+(?P<other>[^?.,]+)", re.I),
    re.compile(
        r"\bwhat (?:is|are) (?:an? |the )?(?P<one>.+?)(?:,)? and how (?:is|does|are) \w+ "
        r"(?:differ\w*) (?:from|to) (?P<other>[^?.,]+)",
        re.I,
    ),
    re.compile(
        r"\b(?:compare|how (?:is|does|do|are))\s+(?P<one>.+?)\s+(?:with|to|and|versus|vs\.?|"
        r"differ(?:s|ent)? from)\s+(?P<other>[^?.,]+)",
        re.I,
    ),
)
_BROAD = word_set("aks azure cni subnet subnets vnet vnets dns ingress egress firewall nsg nsgs")
"""Subjects that many articles share; a title that has one of them says little."""
_LITTLE = word_set("a an the of for in on to and or is are my our azure kubernetes securing using")


def misses_question(frame: Frame, results: Sequence[ToolResult | ToolError]) -> bool:
    """Return whether articles were searched, and what they say does not answer.

    A comparison is answered only by passages that speak of both sides.
    """
    if frame.intent != "docs" or frame.kind != "search_docs":
        return False
    passages: list[Any] = [row for one in results for row in getattr(one, "passages", ())]
    if not passages:
        return False
    query = str(frame.arguments.get("query", ""))
    if max(row.score for row in passages) < _CLEAR and not _names_subject(passages[0], query):
        return True
    text = " ".join(f"{row.title} {row.heading} {row.text}" for row in passages)
    known = {singular(word) for word in re.findall(r"[a-z0-9]+", text.lower())}
    sides = next((match for pattern in _SIDES if (match := pattern.search(query))), None)
    if sides is None:
        return False
    return not all(_is_known(sides[name], known) for name in ("one", "other"))


def _names_subject(row: Any, query: str) -> bool:
    """Return whether the title has every special word of a question ("is kubenet going away?")."""
    special = {topic for topic in topics_of(query) if topic not in _BROAD}
    return bool(special) and all(topic in row.title.lower() for topic in special)


def _is_known(side: str, known: set[str]) -> bool:
    words = {singular(word) for word in re.findall(r"[a-z0-9]+", side.lower())} - _LITTLE
    return not words or len(words & known) * 2 > len(words)

"""Namespaces in a question: beside a name, or standing for everything in them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from topology.names.phrase import kind_of
from topology.names.spans import Word
from topology.names.words import DETERMINERS, ENVIRONMENTS, NEVER_LINKED, ONLY_WHEN_EXACT

if TYPE_CHECKING:
    from topology.names.resolver import NameIndex

__all__ = ["Place", "place_after", "place_at", "touching"]

_NAMESPACE_WORDS = frozenset({"namespace", "namespaces", "ns"})
_INSIDE = frozenset({"in", "inside", "within"})
_BEFORE_A_PLACE = _INSIDE | frozenset(
    {"about", "access", "across", "and", "between", "from", "into", "or", "reach", "to"}
)
_AUXILIARIES = frozenset(
    {
        "are", "can", "cannot", "could", "do", "does", "if", "is", "may", "should", "whether",
        "why", "will", "would",
    }
)  # fmt: skip
_SUBJECT = re.compile(
    r"(?:^|[,;:]|\b(?:"
    + "|".join(sorted(_AUXILIARIES))
    + r"|can't|doesn't|isn't|and|or|between)\b)"
    r"\s*(?:not\s+)?(?:(?:" + "|".join(sorted(DETERMINERS)) + r"|pods?|app|workload)\s+)*$",
    re.I,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A namespace as a question gives it."""

    name: str
    """The namespace; what was said where there is no such namespace."""
    known: bool
    first: int
    """Place of its first word among the words; prepositions do not count."""
    after: int
    """Place of the first word after it."""
    end: int
    """Offset in the question where it ends, a closing bracket included."""


def touching(question: str, left: Word, right: Word) -> bool:
    """Say whether nothing but space stands between two words."""
    return not question[left.end : right.start].strip()


def place_after(
    index: "NameIndex", question: str, tokens: Sequence[Word], at: int, start: int
) -> Place | None:
    """Return the namespace that stands behind a name, as in `web in prod` and `web (prod)`.

    Args:
        index: The names.
        question: The whole question.
        tokens: Its words.
        at: Place of the first word behind the name and its kind.
        start: Offset where the name starts.
    """
    if not 0 < at < len(tokens):
        return None
    between = question[tokens[at - 1].end : tokens[at].start]
    if re.fullmatch(r"\s*[@(]\s*", between):
        place = _place(index, tokens, at, question, behind_name=True)
        closed = place and "(" in between and question[place.end : place.end + 1] == ")"
        return _grown(place) if place and closed else place
    if between.strip() not in ("", ","):
        return None
    low = tokens[at].low
    if low in _NAMESPACE_WORDS:
        return _place(index, tokens, at, question, behind_name=True)
    if between.strip() or not (
        low in _INSIDE or (low == "from" and _SUBJECT.search(question[:start]))
    ):
        return None
    following = at + 1
    while following < len(tokens) and tokens[following].low in DETERMINERS:
        following += 1
    return _place(index, tokens, following, question, behind_name=True)


def place_at(index: "NameIndex", question: str, tokens: Sequence[Word], at: int) -> Place | None:
    """Return the namespace that a question names at a word, by itself."""
    place = _place(index, tokens, at, question)
    if not place or tokens[at].low in _NAMESPACE_WORDS or place.after > at + 1:
        return place
    if not place.known:
        return None
    low = tokens[at].low
    before = _before(tokens, at)
    behind = tokens[at + 1] if at + 1 < len(tokens) else None
    if behind and kind_of(behind.low) and touching(question, tokens[at], behind):
        return place if low not in NEVER_LINKED else None
    if low in NEVER_LINKED:
        return place if before in _INSIDE | {"from"} else None
    if low in ONLY_WHEN_EXACT - ENVIRONMENTS | {"test"}:
        return place if before in _BEFORE_A_PLACE | _AUXILIARIES or not before else None
    return place


def _before(tokens: Sequence[Word], at: int) -> str:
    """Return the word before a place, determiners left out."""
    at -= 1
    while at >= 0 and tokens[at].low in DETERMINERS:
        at -= 1
    return tokens[at].low if at >= 0 else ""


def _place(
    index: "NameIndex", tokens: Sequence[Word], at: int, question: str, *, behind_name: bool = False
) -> Place | None:
    """Return the namespace at a word: `prod`, `namespace prod` or `prod namespace`."""
    if at >= len(tokens):
        return None
    first = at
    said = tokens[at].low in _NAMESPACE_WORDS
    if said:
        at += 1
        if at >= len(tokens) or question[tokens[at - 1].end : tokens[at].start].strip(" :=`'\""):
            return None
    word = tokens[at]
    name = index.namespace(word.text)
    after = at + 1
    if (
        after < len(tokens)
        and tokens[after].low in _NAMESPACE_WORDS
        and touching(question, word, tokens[after])
        and not said
    ):
        said, after = True, after + 1
    # `web in prod` must not be answered for another namespace because there is no `prod`.
    said = said or (behind_name and word.low in ENVIRONMENTS)
    if not name and (not said or word.low in NEVER_LINKED | DETERMINERS | _AUXILIARIES):
        return None
    return Place(name=name or word.text, known=bool(name), first=first, after=after,
                 end=tokens[after - 1].end)  # fmt: skip


def _grown(place: Place) -> Place:
    """Return a place together with the bracket that closes behind it."""
    return Place(name=place.name, known=place.known, first=place.first, after=place.after,
                 end=place.end + 1)  # fmt: skip

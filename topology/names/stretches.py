"""What some words of a question that stand together may name.

In a question most words name nothing, so less is accepted here than where a name is asked for:
words of questions never link, everyday words link only as a whole name, and a misspelling is
considered only for a word that is neither.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from topology.names.match import Match
from topology.names.phrase import kind_of
from topology.names.spans import Word
from topology.names.tiers import (
    Tier,
    by_content,
    by_core,
    by_marks,
    by_one_slip,
    by_prefix,
    by_product,
    by_slips,
    by_use,
    by_words,
    exactly,
    restriction,
)
from topology.names.words import (
    DETERMINERS,
    ENTITY_PHRASES,
    FIRM_ENTITIES,
    FUNCTION_WORDS,
    NEVER_LINKED,
    ONLY_WHEN_EXACT,
    SPOKEN_KINDS,
)
from topology.targets import EntityTarget

if TYPE_CHECKING:
    from topology.names.resolver import NameIndex

__all__ = ["entity_matches", "object_matches"]

_SEVERAL: tuple[Tier, ...] = (by_core, by_words, by_marks, by_product, by_slips)
_BESIDE_KIND: tuple[Tier, ...] = (by_core, by_content, by_words)
_SHORTEST_PREFIX = 4
_NEEDS_ARTICLE = frozenset({"host", "node", "nodes", "outside"})
_ARTICLES = frozenset({"a", "any", "from", "its", "my", "onto", "our", "the", "to"})
_INFLECTED = ("ed", "ing", "ly")
"""Endings of words that are likelier forms of verbs or adverbs than misspelled names."""


def object_matches(
    index: "NameIndex",
    part: Sequence[Word],
    *,
    before: str,
    beside_kind: bool,
    place: str,
    kind: str,
) -> tuple[Match, ...]:
    """Return what some words may name.

    Args:
        index: The names.
        part: The words, which stand together.
        before: The word before them, lower case.
        beside_kind: Whether a word such as `pods` stands beside them.
        place: The namespace to look in; empty for any.
        kind: The kind that was said beside them.
    """
    text = " ".join(word.text for word in part)
    if before in ("port", "ports") or text.isdecimal():
        return ()
    allowed = restriction(kind if kind in SPOKEN_KINDS else "", place)
    exact = index.readings(text, allowed=restriction("", place), tiers=())
    exact = tuple(one for one in exact if not str(one.target).startswith("namespace:"))
    tiers = _tiers_of_several(part) if len(part) > 1 else _tiers_of_one(part[0], beside_kind)
    if tiers is None or not (tiers or exact):
        return ()
    if tiers == () and exact:
        return index.readings(text, allowed=allowed, tiers=()) or exact
    found = index.readings(text, allowed=allowed, tiers=tiers)
    return tuple(one for one in found if not str(one.target).startswith("namespace:"))


def _tiers_of_several(part: Sequence[Word]) -> tuple[Tier, ...] | None:
    """Return how far to look for several words: None not at all, empty for the exact name."""
    lows = [word.low for word in part]
    if any(low in FUNCTION_WORDS for low in lows) or all(low in NEVER_LINKED for low in lows):
        return None
    if kind_of(lows[0]) or kind_of(lows[-1]):
        return ()
    if any(low in NEVER_LINKED for low in lows):
        return (by_words,)
    return _SEVERAL


def _tiers_of_one(word: Word, beside_kind: bool) -> tuple[Tier, ...] | None:
    """Return how far to look for one word: None not at all, empty for the exact name."""
    low = word.low
    if word.quoted:
        return (by_core, by_use, by_content, by_words, by_prefix, by_slips)
    if low in NEVER_LINKED or low in DETERMINERS:
        return () if beside_kind and not kind_of(low) and low not in FUNCTION_WORDS else None
    if low in ONLY_WHEN_EXACT or kind_of(low):
        return _BESIDE_KIND if beside_kind and not kind_of(low) else ()
    tiers: tuple[Tier, ...] = (by_core, by_use, by_content, by_words)
    if len(low) >= _SHORTEST_PREFIX:
        tiers = (by_core, by_use, by_content, by_words, by_prefix)
    return (*tiers, by_one_slip if low.endswith(_INFLECTED) else by_slips)


def entity_matches(
    index: "NameIndex", tokens: Sequence[Word], at: int, part: Sequence[Word]
) -> tuple[Match, ...]:
    """Return the entity that some words name, nothing if they are an object's name.

    Args:
        index: The names.
        tokens: Every word of the question.
        at: Place of the first of the words.
        part: The words.
    """
    said = " ".join(word.low for word in part)
    before = tokens[at - 1].low if at else ""
    behind = tokens[at + len(part)].low if at + len(part) < len(tokens) else ""
    names = (said,) if said in FIRM_ENTITIES else ENTITY_PHRASES.get(said, ())
    if not names or (said in _NEEDS_ARTICLE and before not in _ARTICLES):
        return ()
    if behind in ("header", "headers", "name", "pool", "pools", "subnet", "subnets"):
        return ()
    if said not in FIRM_ENTITIES - {"host", "world"} and exactly(
        index.tables, said, lambda entry: entry.sort in ("workload", "service", "pod")
    ):
        return ()
    return tuple(Match(target=EntityTarget(name), label=f"entity:{name}") for name in names)

"""Namespaces named by a part of their name or by a label: "from orion" for `prj-orion`."""

import re
from collections.abc import Iterable

from assistant.models.rules.frame import Ref
from assistant.models.rules.lexicon import COMMON
from assistant.models.rules.mentions import Mention
from assistant.models.rules.vocabulary import Entry, Vocabulary

__all__ = ["add_places"]

_LEAD = r"\b(?:from|in|inside|within|into|to|of|for|at|and|or|tenant|team|project|zone|side)\s+"
_PLACE = re.compile(
    rf"(?:{_LEAD}(?:the\s+)?)(?P<word>[a-z][\w-]+)(?:\s+(?:tier|team|zone|env(?:ironment)?|side|stage|"
    r"tenant|project|domain|area|group|squad)\b|(?!\s*[\w/@])|(?=\s+(?:can|could|may|might|is|are|be|"
    r"does|do|will|to|and|or|on|over|has|have|should|still|ever|not|gets?|talks?|reach|calls?)\b))",
    re.I,
)
"""A word that ends its phrase: "the edge proxy" is a proxy, "from the edge" a place."""


def add_places(
    text: str, mentions: tuple[Mention, ...], vocabulary: Vocabulary
) -> tuple[Mention, ...]:
    """Return the mentions and, beside them, the places that short words name."""
    taken = [(mention.start, mention.end) for mention in mentions]
    found = []
    for match in _PLACE.finditer(text):
        start, end = match.start("word"), match.end()
        homes = _homes(match["word"].lower(), vocabulary)
        if len(homes) != 1 or _overlaps(start, end, taken):
            continue
        entry = Entry("namespace", "", homes[0])
        ref = Ref(text=match["word"], names=(homes[0],), kind="namespace", guessed=True)
        found.append(Mention(start=start, end=end, ref=ref, entries=(entry,)))
    return tuple(sorted((*mentions, *found), key=lambda mention: mention.start))


def _homes(word: str, vocabulary: Vocabulary) -> list[str]:
    if len(word) < 3 or word in COMMON:
        return []
    return [name for name in vocabulary.namespaces if word in vocabulary.words_of_namespace(name)]


def _overlaps(start: int, end: int, taken: Iterable[tuple[int, int]]) -> bool:
    return any(start < other and one < end for one, other in taken)

"""Words beside a name that say which one of several is meant: "the blue billing", "red's portal".

A word does so when it is part of the name, or a label value, of the namespaces of some of the
candidates and not of all.
"""

import re
from dataclasses import replace

from assistant.models.rules.mentions import Mention, narrow
from assistant.models.rules.vocabulary import Vocabulary

__all__ = ["narrow_by_epithets"]

_BEFORE = re.compile(
    r"(?P<word>[a-z0-9][\w-]*?)(?:'s|s')?\s+(?:(?:tenant|team|side|own|namespace|environment|env|"
    r"cluster|flavou?red|version of the)(?:'s|s')?\s+)?$",
    re.I,
)
_AFTER = re.compile(
    r"\s*(?:\(|,?\s*(?:of|in|from|on|for|at|belonging to)\s+(?:the\s+|tenant\s+|team\s+)*)"
    r"(?P<word>[a-z0-9][\w-]*)\s*(?:'s\s+|tenant\b|team\b|side\b|env(?:ironment)?\b|"
    r"namespace\b|\))?",
    re.I,
)


def narrow_by_epithets(
    text: str, mentions: tuple[Mention, ...], vocabulary: Vocabulary
) -> tuple[Mention, ...]:
    """Return the mentions, those with several candidates narrowed by the words beside them."""
    result: list[Mention] = []
    for index, mention in enumerate(mentions):
        floor = result[-1].end if result else 0
        following = mentions[index + 1].start if index + 1 < len(mentions) else len(text)
        result.append(_narrow(text, mention, vocabulary, floor, following))
    return tuple(result)


def _narrow(
    text: str, mention: Mention, vocabulary: Vocabulary, floor: int, ceiling: int
) -> Mention:
    homes = {entry.namespace for entry in mention.entries if entry.namespace}
    if len(homes) < 2 or mention.namespace:
        return mention
    before = _BEFORE.search(text[floor : mention.start])
    if before:
        chosen = _homes_called(before["word"], homes, vocabulary)
        if chosen:
            start = floor + before.start()
            return _choose(replace(mention, start=start), chosen)
    after = _AFTER.match(text[:ceiling], mention.end)
    if after:
        chosen = _homes_called(after["word"], homes, vocabulary)
        if chosen:
            return _choose(replace(mention, end=after.end()), chosen)
    return mention


def _homes_called(word: str, homes: set[str], vocabulary: Vocabulary) -> set[str]:
    """Return those namespaces that a word tells from the others; none where it fits all."""
    key = word.lower()
    called = {home for home in homes if key in vocabulary.words_of_namespace(home)}
    return called if called != homes else set()


def _choose(mention: Mention, homes: set[str]) -> Mention:
    entries = tuple(entry for entry in mention.entries if entry.namespace in homes)
    narrowed = narrow(mention, entries)
    return replace(narrowed, namespace=next(iter(homes)) if len(homes) == 1 else "")

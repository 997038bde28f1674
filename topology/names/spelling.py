"""Spellings of a name that count as the same, and spellings that are near misses."""

import re

from topology.names.words import GENERIC, SERVICE_WORDS, SYNONYMS

__all__ = [
    "allowed_slips",
    "canonical",
    "core",
    "digits",
    "fold",
    "singular",
    "slips",
    "split",
    "typed_forms",
]

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+|[A-Z]+|[0-9]+")
_VERSION = re.compile(r"v?[0-9]+")
_ENDINGS = tuple(sorted(GENERIC))
_SHORTEST_CORE = 2
_SHORT, _MIDDLE, _LONG = 5, 7, 10
"""Letters from which one slip, a wrong letter, and two slips leave a word recognizable."""
_SHORTEST_WORD = 3
"""Letters that each of several words needs: `payment db` is no misspelling of `payment`."""


def split(text: str) -> tuple[str, ...]:
    """Return the words of a name or phrase, lower case.

    >>> split("checkoutService redis-cart")
    ('checkout', 'service', 'redis', 'cart')
    """
    text = re.sub(r"['\u2019]s\b", "", text)
    text = re.sub(r"\bversion ([0-9]+)\b", r"v\1", text)
    return tuple(word.lower() for word in _WORD.findall(text))


def fold(text: str) -> str:
    """Return a name without case and separators.

    >>> fold("Redis_Cart") == fold("redis-cart") == fold("redis cart")
    True
    """
    return "".join(split(text))


def singular(word: str) -> str:
    """Return the singular of an English word, roughly; applied to both sides of a comparison."""
    if word.endswith("ies") and len(word) > len("ties"):
        return word[:-3] + "y"
    if word.endswith("sses"):
        return word[:-2]
    if len(word) > len("dns") and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def canonical(word: str) -> str:
    """Return the word that a word is taken for: singular, and the usual one of its synonyms."""
    single = singular(word)
    return SYNONYMS.get(single, single)


def core(words: tuple[str, ...], *, version: bool = True, synonyms: bool = True) -> str:
    """Return what tells a name apart: no generic words, no `service` at the end of a compound.

    Args:
        words: The words of the name, as `split` returns them.
        version: Whether a version or number at the end is part of it.
        synonyms: Whether a word may stand for its usual synonym.
    """
    same = canonical if synonyms else singular
    kept = [same(word) for word in words]
    if not version:
        while len(kept) > 1 and _VERSION.fullmatch(kept[-1]):
            kept.pop()
    kept = [word for word in kept if word not in GENERIC] or kept
    joined = "".join(kept)
    for generic in _ENDINGS:
        if joined.endswith(generic) and len(joined) - len(generic) >= _SHORTEST_CORE:
            joined = joined.removesuffix(generic)
            break
    return same(joined)


def digits(text: str) -> str:
    """Return the digits of a text: a slip of the finger never turns one number into another."""
    return "".join(letter for letter in text if letter.isdigit())


def allowed_slips(text: str) -> int:
    """Return how many slips (letters missing, added, swapped, wrong) a word may hold."""
    if len(text) < _SHORT or singular(text) in SERVICE_WORDS:
        return 0
    return 1 if len(text) < _LONG else 2


def slips(typed: str, name: str) -> int | None:
    """Return how many slips turn a name into what was typed; None if it is another word.

    A wrong letter in a word of fewer than 7 letters makes another word as often as not
    (`mongo`, `mango`), so there only letters missing, added or swapped count as slips.
    """
    from rapidfuzz.distance import OSA, Indel

    limit = allowed_slips(typed)
    if not limit or len(name) < _SHORT or abs(len(typed) - len(name)) > 1:
        return None
    if typed[:1] != name[:1] or digits(typed) != digits(name):
        return None
    distance = OSA.distance(typed, name, score_cutoff=limit)
    if distance > limit or not distance:
        return None
    swapped = sorted(typed) == sorted(name)
    replaced = len(typed) == len(name) and not swapped and Indel.distance(typed, name) > 1
    if replaced and len(typed) < _MIDDLE:
        return None
    return distance


def typed_forms(text: str) -> tuple[str, ...]:
    """Return how a phrase may be compared with names letter by letter, sorted."""
    typed = split(text)
    if len(typed) > 1 and any(len(word) < _SHORTEST_WORD and not digits(word) for word in typed):
        return ()
    return tuple(sorted({"".join(typed), core(typed, synonyms=False)}))

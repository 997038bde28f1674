"""Whether a sentence says again, in other words, what one computed or quoted sentence says."""

import re
from collections.abc import Iterable

from assistant.facts import PUNCTUATION
from assistant.wording import count_negations

__all__ = ["restates"]

_ENOUGH = 0.5
"""Share of a sentence's content that one sentence of the results must hold."""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FUNCTION_WORDS = _set("""
    about above after again all also am an and any are as at be because been before being below
    between both but by can could do does each for from had has have here how i if in into is it
    its just like may me more most must my need needs now of off on once one or other our out over
    per plus same she should so some such than that the their them then there these they this those
    through to under up use used uses using very want was we were what when where which while who
    why will with within would you your following summary details note plan result results answer
    based according source sources see means mean gives give gets get makes make takes take
    """)
_NUMBER = re.compile(r"/?\d[\d.,]*(?:/\d+)?%?")
_CONTEXT = 5


def restates(
    words: tuple[str, ...],
    names: frozenset[str],
    backed: Iterable[tuple[str, ...]],
) -> bool:
    """Return whether one backed sentence holds the content of another.

    Half of the content words must be in it, and every name and number, each number with the word
    that it counts; and it must be negated as often. A sentence without content ("Here is the
    plan.") says nothing.
    """
    content = _content(words)
    numbers = _numbers(words)
    named = {word for word in words if word in names}
    negations = count_negations(words)
    if not content and not numbers and not named and not negations:
        return True
    for sentence in backed:
        if count_negations(sentence) % 2 != negations % 2:
            continue
        if not named <= _pieces(sentence) or not _count_alike(numbers, _numbers(sentence)):
            continue
        theirs = _content(sentence) | _pieces(sentence)
        if not content or len(content & theirs) >= _ENOUGH * len(content):
            return True
    return False


def _content(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(_stem(word) for word in words if _is_content(word))


def _is_content(word: str) -> bool:
    return (
        len(word) > 2
        and word not in _FUNCTION_WORDS
        and word not in PUNCTUATION
        and not _NUMBER.fullmatch(word)
    )


def _stem(word: str) -> str:
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) > 3:
            return word[: -len(ending)]
    return word


def _pieces(words: tuple[str, ...]) -> frozenset[str]:
    whole = {piece for word in words for piece in (word, *re.split(r"[/:]", word))}
    return frozenset(whole | {_stem(word) for word in whole})


def _numbers(words: tuple[str, ...]) -> dict[str, set[str]]:
    """Return each number with the content words that it stands beside, until the next one."""
    found: dict[str, set[str]] = {}
    for position, word in enumerate(words):
        if not _NUMBER.fullmatch(word):
            continue
        beside = found.setdefault(word.replace(",", "").rstrip("."), set())
        for after in words[position + 1 : position + 1 + _CONTEXT]:
            if _NUMBER.fullmatch(after):
                break
            if _is_content(after):
                beside.add(_stem(after))
    return found


def _count_alike(ours: dict[str, set[str]], theirs: dict[str, set[str]]) -> bool:
    return all(
        number in theirs and (not beside or bool(beside & theirs[number]))
        for number, beside in ours.items()
    )

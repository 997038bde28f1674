"""Whether a sentence says again, in other words, what one computed or quoted sentence says."""

import re
from collections.abc import Iterable

from assistant.facts import PUNCTUATION
from assistant.wording import count_negations

__all__ = ["restates"]


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


_LIMITS = _set(
    "without unless only except excluding instead before after until if may might almost nearly "
    "least most maximum minimum fewer less than over every each all any some several both neither "
    "either never always partly per"
)
"""Words that, left out or put in, make another statement of the same content."""


def restates(
    words: tuple[str, ...],
    names: frozenset[str],
    backed: Iterable[tuple[str, ...]],
) -> bool:
    """Return whether one backed sentence holds everything that another says.

    All of its content must be in it, names in the same order, and each number with the word that
    it counts; and it must be negated and limited alike. A sentence without content ("Here is the
    plan.") says nothing.
    """
    content = _content(words)
    numbers = _numbers(words)
    named = [word for word in words if word in names]
    negations = count_negations(words)
    limits = {word for word in words if word in _LIMITS}
    if not content and not numbers and not named and not negations and not limits:
        return True
    for sentence in backed:
        theirs = _content(sentence) | _pieces(sentence)
        if not content <= theirs or not _in_order(named, sentence):
            continue
        if count_negations(sentence) % 2 != negations % 2:
            continue
        if limits ^ {word for word in sentence if word in _LIMITS}:
            continue
        if _count_alike(numbers, _numbers(sentence)):
            return True
    return False


def _in_order(named: list[str], sentence: tuple[str, ...]) -> bool:
    """Return whether names stand in a sentence in the same order: who comes first often acts."""
    rest = iter(sentence)
    return all(any(name == word or name in _split(word) for word in rest) for name in named)


def _split(word: str) -> list[str]:
    return re.split(r"[/:]", word)


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
    whole = {piece for word in words for piece in (word, *_split(word))}
    return frozenset(whole | {_stem(word) for word in whole})


def _numbers(words: tuple[str, ...]) -> list[tuple[str, frozenset[str]]]:
    """Return each number with the content words that it stands beside, until the next one."""
    found = []
    for position, word in enumerate(words):
        if not _NUMBER.fullmatch(word):
            continue
        beside = []
        for after in words[position + 1 : position + 1 + _CONTEXT]:
            if _NUMBER.fullmatch(after):
                break
            if _is_content(after):
                beside.append(_stem(after))
        found.append((word.replace(",", "").rstrip("."), frozenset(beside)))
    return found


def _count_alike(
    ours: list[tuple[str, frozenset[str]]], theirs: list[tuple[str, frozenset[str]]]
) -> bool:
    return all(
        any(
            number == other and (not beside or not others or bool(beside & others))
            for other, others in theirs
        )
        for number, beside in ours
    )

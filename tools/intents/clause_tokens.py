"""A sentence as the row of signs that the strict reader sees: nothing in it is left out."""

import re
from collections.abc import Iterator

from tools.intents.clause_words import WORDS
from tools.intents.frames import Sign
from tools.intents.locations import take_location
from tools.intents.parties import End
from tools.intents.shapes import MARK, Shape

__all__ = ["located", "row_of", "trimmed"]

_TOKEN = re.compile(r"<[A-Z]+\d+>|[^\W_][\w'./-]*|`[^`]*`|(?<=>)'s|\S")


_POSSESSIVE = re.compile(r"(?<=>)\s*'s?(?!\w)")


def located(signs: list[Sign]) -> tuple[list[Sign], tuple[str, ...], tuple[str, ...]]:
    """Return a sentence without the namespace that it begins with: `in x, a may reach b`."""
    signs = _moved(signs)
    if not signs or signs[0].symbol not in ("IN", "ON", "FOR"):
        return signs, (), ()
    lead = Sign("ON", None, signs[0].said)
    found, spaces, doubtful = take_location([lead, *signs[1:]])
    return (found if spaces else signs), spaces, doubtful


def _moved(signs: list[Sign]) -> list[Sign]:
    """Return a sentence with `..., in the south only` at its start, where names need it."""
    unsure = any(isinstance(one.value, End) and len(one.value.options) > 1 for one in signs)
    last = signs[:-1] if signs and signs[-1].symbol == "ONLY" else signs
    tail = [one.symbol for one in last[-3:]]
    if not unsure or tail != [",", "IN", "P"]:
        return signs
    return [*last[-2:], *last[:-3]]


def row_of(shape: Shape, sentence: str) -> list[Sign]:
    """Return a sentence as the row of signs that the strict reader sees."""
    part = Shape(_POSSESSIVE.sub(" <POSS> ", sentence), shape.values, shape.words)
    part.text = part.text.replace("<POSS>", part.add("POSS", None, "'s"))
    for symbol, pattern in WORDS:
        part.take(pattern, symbol, lambda found: found[0])
    return trimmed(list(_tokens(part)))


def trimmed(signs: list[Sign]) -> list[Sign]:
    """Return signs without what stands between nothing: marks left of what was taken out."""
    if signs and signs[0].symbol == "AG":
        # `The following example shows how to use a simple rule to ...`
        told = next((at for at, one in enumerate(signs) if one.symbol in _ORDERS), 0)
        lead = {one.symbol for one in signs[:told]}
        if told and lead <= {"AG", "W", "ART"}:
            signs = signs[told:]
    signs = [one for one in signs if one.symbol != "AG"]
    while signs and (
        signs[-1].symbol in (",", ":", "WITH", "AND", "FILL") or signs[-1].said == "?"
    ):
        signs.pop()
    while signs and signs[0].symbol in (",", ":", "AND", "BUT", "FILL", "THAT"):
        signs.pop(0)
    return signs


_ORDERS = ("ALLOW", "DENY", "LIMIT", "EXPOSE", "ISO", "NEED")


def _tokens(part: Shape) -> Iterator[Sign]:
    for found in _TOKEN.finditer(part.text):
        mark = MARK.fullmatch(found[0])
        if mark and mark[1] == "AG":
            yield Sign("AG", None, "")
            continue
        if mark:
            number = int(mark[2])
            if mark[1] == "T" and re.search(r"\bonly\b", part.words[number], re.I):
                yield Sign("ONLY", None, "only")
            yield Sign(mark[1], part.values[number], part.words[number])
        elif found[0] in ",:()":
            yield Sign(found[0], None, found[0])
        else:
            yield Sign("W", None, found[0])

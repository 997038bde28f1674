"""A sentence as the row of signs that the strict reader sees: nothing in it is left out."""

import re
from collections.abc import Iterator, Sequence

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
    return trimmed(_with_verbs(list(_tokens(part))))


_MANNER = re.compile(
    r"(?!(?:only|solely|exclusively|temporarily|initially|eventually|partially|partly"
    r"|occasionally|locally|externally"
    r"|internally|publicly|mutually|separately|conditionally|early|daily|weekly|monthly|yearly"
    r"|nightly|hourly|anonymously"
    r"|previously|formerly|normally|usually|mostly|mainly|hardly|rarely|barely|scarcely|nearly"
    r"|virtually|really|apply"
    r"|reply|rely|supply|family|assembly|likely|unlikely|possibly|potentially|optionally"
    r"|selectively|respectively"
    r"|reversely|conversely|inversely|oppositely|similarly|equally|identically|subsequently"
    r"|finally|secondly|firstly)$)"
    r"[a-z]{3,}ly$",
    re.I,
)
"""How something is done: it says nothing about who may reach whom."""
_NO_VERBS = frozenset(
    {
        "avoid",
        "ignore",
        "bypass",
        "skip",
        "lose",
        "quit",
        "leave",
        "evade",
        "circumvent",
        "escape",
        "stop",
        "cease",
        "block",
        "deny",
        "refuse",
        "reject",
        "drop",
        "accept",
        "receive",
        "serve",
        "answer",
        "admit",
        "host",
        "expose",
        "respond",
        "handle",
        "impersonate",
        "replace",
        "become",
        "be",
        "have",
        "trust",
    }
)


def _with_verbs(signs: list[Sign]) -> list[Sign]:
    """Return signs in which a word that stands where a verb has to is one: `may enqueue into x`.

    Whatever a workload may do with another one, it has to reach it for that.
    """
    found: list[Sign] = []
    for place, one in enumerate(signs):
        if one.symbol != "W":
            found.append(one)
            continue
        low = one.said.lower()
        if _MANNER.match(low):
            found.append(Sign("FILL", None, one.said))
            continue
        before = next((x.symbol for x in reversed(found) if x.symbol not in ("FILL", "ONLY")), "")
        after = [x.symbol for x in signs[place + 1 : place + 5]]
        plain = low.isalpha() and low not in _NO_VERBS and not low.endswith(("ing", "ed"))
        found.append(Sign(_verb(before, after) or "W", None, one.said) if plain else one)
    return found


def _verb(before: str, after: Sequence[str]) -> str:
    """Return what a word does as a verb, by what stands around it; empty where it is none."""
    rest = [one for one in after if one != "ART"]
    if before in ("MAY", "MAYNOT"):
        if rest[:1] == ["P"] or rest[:2] in (["WITH", "P"], ["ON", "P"], ["IN", "P"]):
            return "REACH"
        if rest[:2] == ["TO", "P"] or rest[:3] in (["W", "TO", "P"], ["NOUN", "TO", "P"]):
            return "SEND"
        if rest[:3] == ["W", "FROM", "P"]:
            return "FETCH"
    if before in ("P", "MAY", "MAYNOT") and rest[:3] == ["SEND", "TO", "P"]:
        return "FILL"
    if before == "P" and rest[:3] == ["W", "TO", "P"]:
        return "SEND"
    return ""


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

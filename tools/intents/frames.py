"""One sentence as a row of signs, and the clause that a stretch of them makes."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from tools.intents.lexicon import NOISE, SYMBOLS
from tools.intents.parties import End
from tools.intents.shapes import MARK, Shape
from tools.intents.traffic import Passing

__all__ = ["COMPLETING", "EFFECTS", "Group", "Sign", "Statement", "signs_of", "take_symbols"]

Role = Literal["subject", "object", "from", "to", "by", "for", "between", "in"]

EFFECTS = frozenset({"ALLOW", "DENY", "ISOLATE", "LOCK", "LIMIT", "EXPOSE", "KEEP", "DEFAULTDENY"})
COMPLETING = frozenset(
    {
        "REACH",
        "REACHED",
        "RECEIVE",
        "NEED",
        "LIMIT",
        "ISOLATE",
        "LOCK",
        "EXPOSE",
        "ALLOWED",
        "DENIED",
        "DEFAULTDENY",
    }
)
_WORD = re.compile(r"<[A-Z]+\d+>|[^\W_][\w'./-]*|`[^`]*`|[,:()]|\S")


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign: what a word or phrase does in the sentence."""

    symbol: str
    """Of the lexicon; `P` for an end, `T` for traffic, `W` for a word that is not understood."""
    value: object = None
    said: str = ""


@dataclass(slots=True)
class Group:
    """Ends with one role, and the traffic that was said right behind them."""

    role: Role
    ends: list[End] = field(default_factory=list)
    passing: list[Passing] = field(default_factory=list)
    only: bool = False
    excepted: list[End] = field(default_factory=list)
    after: str = ""
    """The verb that was said last before it."""
    nobody: bool = False
    """Whether it says `no one` or `nothing`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A clause that may still have several readings."""

    effect: Literal["allow", "deny"] = "allow"
    sources: tuple[End, ...] = ()
    """Empty where nothing was said."""
    destinations: tuple[End, ...] = ()
    passing: tuple[Passing, ...] = ()
    only: tuple[str, ...] = ()
    """`source` or `destination`: on which end nothing else may; both for both."""
    but_sources: tuple[End, ...] = ()
    """What is to be left out of the sources, and of the destinations."""
    but_destinations: tuple[End, ...] = ()
    only_traffic: bool = False
    side: Literal["ingress", "egress"] | None = None
    topic: Literal["source", "destination", ""] = ""
    """The end that the sentence is about."""
    said: str = ""
    beside: bool = False
    """Whether it opens something without closing the ends to others."""

    def restricted(self, *ends: str) -> "Statement":
        """Return the statement with nothing else allowed on some ends."""
        return replace(self, only=tuple(dict.fromkeys((*self.only, *ends))))


def take_symbols(shape: Shape) -> None:
    """Replace the words of the lexicon by their symbols."""
    for symbol, pattern in SYMBOLS:
        shape.take(pattern, symbol, lambda found: found[0])


def signs_of(shape: Shape, text: str) -> list[Sign]:
    """Return the signs of a sentence; words without a meaning of their own are left out."""
    return _with_verbs(list(_signs(shape, text)))


def _with_verbs(signs: list[Sign]) -> list[Sign]:
    """Return signs in which a method behind `may` is a verb: `may GET /x on y`."""
    found: list[Sign] = []
    for sign in signs:
        before = [one.symbol for one in found if one.symbol not in ("ONLY", "NOT", "STILL")]
        is_request = isinstance(sign.value, Passing) and any(
            test.methods for option in sign.value.options for test in option.requests
        )
        if is_request and before[-1:] == ["MAY"]:
            found.append(Sign("REACH", None, ""))
        found.append(sign)
    return found


def _signs(shape: Shape, text: str) -> Iterator[Sign]:
    for found in _WORD.finditer(text):
        word = found[0]
        mark = MARK.fullmatch(word)
        if mark and mark[1] == "AG":
            continue
        if mark:
            number = int(mark[2])
            if mark[1] == "T" and re.search(r"\bonly\b", shape.words[number], re.I):
                yield Sign("ONLY", None, "only")
            yield Sign(mark[1], shape.values[number], shape.words[number])
        elif word == ":":
            yield Sign(":", None, ":")
        elif word == ",":
            yield Sign(",", None, ",")
        elif word.lower() in ("it", "they", "them", "itself", "themselves"):
            yield Sign("IT", None, word)
        elif re.search(r"[^\W_]", word) and word.lower().rstrip(".'") not in NOISE:
            yield Sign("W", None, word)


def is_list(signs: Sequence[Sign], at: int) -> int:
    """Return the place behind a list of ends that starts at a place, the place itself for none."""
    place = at
    while place < len(signs) and signs[place].symbol in ("P", "IT"):
        after = place + 1
        step = after
        while step < len(signs) and signs[step].symbol in (",", "AND"):
            step += 1
        if step > after and step < len(signs) and signs[step].symbol == "P":
            place = step
        else:
            return after
    return place

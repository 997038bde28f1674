"""Whether a sentence says of two ends what was computed of them."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from assistant.facts import PUNCTUATION, Fact
from assistant.wording import ACTIVE_VERBS, KNOWN_WORDS, NOUNS, Polarity, read_polarity

__all__ = ["Judgement", "judge_claim"]

Judgement = Literal["keep", "drop", "contradicts"]


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ARTICLES = _set(
    "a an the its this that pod pods workload workloads deployment service services statefulset "
    "daemonset backend server client namespace"
)
_LISTING = frozenset({"and", "or", ","})
_FROM = frozenset({"from", "by", "source"})
_TO = _set("to with into toward towards -> => destination") | ACTIVE_VERBS
_CHAIN = _set(
    "can may is are not able unable allowed permitted authorized to does do also currently has "
    "have no blocked denied prevented from pod pods workload deployment service"
)
_POLICY = _set(
    "policy policies rule rules named networkpolicy ciliumnetworkpolicy authorizationpolicy "
    "ciliumclusterwidenetworkpolicy peerauthentication"
)
_PRONOUNS = frozenset({"it", "this", "that"})
_THINGS = frozenset({"connection", "traffic", "request", "access"})
_PORT = re.compile(r":?(\d+)(?:/[a-z]+)?")

Side = Literal["source", "destination"]


def judge_claim(words: Sequence[str], facts: Sequence[Fact], names: frozenset[str]) -> Judgement:
    """Hold a sentence against what was computed.

    Args:
        words: Of the sentence, as `split_words` gives them.
        facts: Of this turn.
        names: Of everything in the workspace, in lower case: none of them may be taken for
            another word.
    """
    polarity = read_polarity(tuple(words))
    if polarity == "unclear":
        return "drop"
    if polarity == "none":
        return "keep" if _says_nothing(words, facts, names) else "drop"
    alone = len({fact.verdict for fact in facts}) == 1
    fitting = [fact for fact in facts if _fits(words, fact, alone=alone and len(facts) == 1)]
    if not fitting:
        return "drop"
    expected = {verdict for fact in fitting for verdict in _expected(words, fact)}
    if len(expected) != 1:
        return "drop"
    if polarity not in expected:
        return "contradicts"
    # "a and b can reach c" rests on two facts: each may account for some of the words.
    unknown = [_strangers(words, fact, polarity, names) for fact in fitting]
    return "drop" if set[int].intersection(*unknown) else "keep"


def _says_nothing(words: Sequence[str], facts: Sequence[Fact], names: frozenset[str]) -> bool:
    """Return whether a sentence without a verdict is made of known words and implies no pair.

    A name alone is an item of a list, and a list of names may imply anything.
    """
    ends = {end for fact in facts for end in fact.source | fact.destination}
    named = [word for word in words if word in ends]
    if len(set(named)) > 1 or (named and len(facts) > 1):
        return False
    unknown = [_strangers(words, fact, fact.verdict, names) for fact in facts]
    return not set[int].intersection(*unknown)


def _expected(words: Sequence[str], fact: Fact) -> set[Polarity]:
    """Return the verdict of each port that the sentence names, or else the fact's own."""
    numbers = [match[1] for word in words if (match := _PORT.fullmatch(word))]
    named = {fact.ports[number] for number in numbers if number in fact.ports}
    return named or {fact.verdict}


def _fits(words: Sequence[str], fact: Fact, *, alone: bool) -> bool:
    """Return whether the sentence is about this fact's pair, in this direction."""
    shared = fact.source & fact.destination
    sides: set[Side] = set()
    oriented = False
    for position, word in enumerate(words):
        side: Side | None = None
        if word in fact.source - shared:
            side = "source"
        elif word in fact.destination - shared:
            side = "destination"
        if side is None or _beside_policy(words, position):
            continue
        role = _role(words, position)
        if role not in (None, side) or _joined_to_thing(words, position):
            return False
        oriented = oriented or role is not None
        sides.add(side)
    if any(_acts(words, place, fact) for place, word in enumerate(words) if word in NOUNS):
        return False
    if len(sides) == 2:
        return oriented
    return alone and _refers_back(words, named=bool(sides))


def _joined_to_thing(words: Sequence[str], position: int) -> bool:
    """Return whether a name is one of a list with something that is no name: "ingress and a"."""
    before, after = position - 1, position + 1
    while before >= 0 and words[before] in _ARTICLES:
        before -= 1
    if before > 0 and words[before] in _LISTING and words[before - 1] in NOUNS:
        return True
    if after < len(words) and words[after] in _LISTING:
        rest = [word for word in words[after + 1 :] if word not in {"a", "an", "the"}]
        return bool(rest) and rest[0] in NOUNS
    return False


def _acts(words: Sequence[str], position: int, fact: Fact) -> bool:
    """Return whether a thing, and not a name before it, is what opens the connection."""
    before = words[position - 1] if position else ""
    return before not in fact.source and _role(words, position, verb_only=True) == "source"


def _role(words: Sequence[str], position: int, *, verb_only: bool = False) -> Side | None:
    """Return the part that the words around a name give it, if they give it one."""
    after = position + 1
    while after < len(words) and words[after] in _CHAIN:
        after += 1
    if after < len(words) and words[after] in ACTIVE_VERBS:
        return "source"
    if verb_only:
        return None
    if after == position + 1 and after < len(words) and words[after] in {"->", "=>"}:
        return "source"
    cue = _cue(words, position)
    if cue in _FROM:
        return "source"
    return "destination" if cue in _TO else None


def _cue(words: Sequence[str], position: int) -> str:
    """Return the word that governs a name, or the list in which the name stands."""
    before = position - 1
    while before >= 0:
        word, after = words[before], words[before + 1]
        in_list = word in _LISTING or (after in _LISTING and word not in KNOWN_WORDS)
        if word not in _ARTICLES and not in_list:
            return word
        before -= 1
    return ""


def _beside_policy(words: Sequence[str], position: int) -> bool:
    near = {*words[max(position - 1, 0) : position], *words[position + 1 : position + 2]}
    return bool(near & _POLICY)


def _refers_back(words: Sequence[str], *, named: bool) -> bool:
    """Return whether a sentence that does not name both ends speaks of the pair at hand.

    One that names one end alone ("nothing", "db is closed") would speak of every other end too.
    """
    pairs = list(pairwise(words))
    points = bool(set(words) & _PRONOUNS) or any(
        first == "the" and second in _THINGS for first, second in pairs
    )
    content = [word for word in words if word not in PUNCTUATION]
    return points or (not named and len(content) <= 4)


def _strangers(
    words: Sequence[str], fact: Fact, polarity: Polarity, names: frozenset[str]
) -> set[int]:
    """Return the places of words that nothing computed stands behind."""
    deciders = fact.deciders.get(polarity, frozenset())
    found = {
        position
        for position, word in enumerate(words)
        if not _is_known(words, position, fact, deciders, names) and word not in PUNCTUATION
    }
    return found or _misplaced_lines(words, deciders)


def _is_known(
    words: Sequence[str],
    position: int,
    fact: Fact,
    deciders: frozenset[str],
    names: frozenset[str],
) -> bool:
    word = words[position]
    if word in fact.source | fact.destination | fact.words or word in {"->", "=>"}:
        return True
    if word in deciders and (word not in names or _beside_policy(words, position)):
        return True
    if ":" in word and any(known.endswith(f"/{word}") for known in deciders):
        return True
    if word == "any":
        return words[position + 1 : position + 2] in (("policy",), ["policy"])
    return word in KNOWN_WORDS and word not in names


def _misplaced_lines(words: Sequence[str], deciders: frozenset[str]) -> set[int]:
    """Return where numbers after `line` do not belong to the file that is named beside."""
    files = [word for word in words if word.endswith((".yaml", ".yml", ".json"))]
    places = [place for place in deciders if ":" in place]
    return {
        position + 1
        for position, (word, number) in enumerate(pairwise(words))
        if word == "line" and number.isdigit()
        if not any(
            place.endswith(f":{number}") and all(file in place for file in files)
            for place in places
        )
    }

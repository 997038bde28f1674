"""Sentences that explain rather than ask: text around a request that was taken from somewhere."""

import re

from tools.intents.frames import signs_of, take_symbols
from tools.intents.parties import End
from tools.intents.shapes import Shape

__all__ = ["explains", "is_question", "names_nothing", "only_tells", "tells_of"]

_FIELD = re.compile(
    r"`(?:action|kind|matchExpressions?|metadata[\w/]*|rules|selector|spec)`"
    r"|\b[a-z]+(?:[A-Z][A-Za-z0-9]*)+\b|\b\w+\.\w+\.(?:io|md)/\S+"
)
_ABOUT_TEXTS = re.compile(
    r"(?<![.\w-])(?:examples?|note|refer(?:s|red)?|see|documentation|reference|semantics?|implications?"
    r"|purpose|"
    r"useful|describes?|demonstrates?|determines?|metadata|custom\s+resource|annotations?"
    r"|experimental|"
    r"for\s+more|more\s+information|tasks?|by\s+default|in\s+general|in\s+other\s+words|means|"
    r"flags?|option|table|column|section|bottom|specification|supported|there\s+can\s+be|helps?|"
    r"this\s+reduces|this\s+(?:policy|rule)|(?:a|the)\s+policy\s+(?:applies|is)|extracted"
    r"|separator|same\s+as)\b",
    re.I,
)


def explains(shape: Shape, sentence: str) -> bool:
    """Say whether a sentence that could not be read talks about policies instead of asking for one.

    It names fields of policies, or speaks of examples, texts and defaults as documentation does.
    """
    # What is a name, such as `api.example.com`, says nothing of what the sentence is about.
    if re.search(r"\bexceptions?\b|\bexcept\b", sentence, re.I) and "<P" in sentence:
        return False
    return bool(_FIELD.search(shape.plain(sentence)) or _ABOUT_TEXTS.search(sentence))


_ASKING = frozenset(
    {
        "ALLOW", "DEFAULTDENY", "DENY", "EXCEPT", "EXPOSE", "ISOLATE", "KEEP", "LIMIT", "LOCK",
        "MAY", "NEED", "NELSE", "NONE", "ONLY", "PELSE", "REACH", "REACHED", "RECEIVE", "T",
    }
)  # fmt: skip


_CONDITION = re.compile(r"\s*(?:unless|until|except|but\s+not|save|provided|only)\b", re.I)
"""How a sentence begins that limits the one before it."""


def only_tells(shape: Shape, sentence: str) -> bool:
    """Say whether a sentence names nothing and asks for nothing, but tells something."""
    if _CONDITION.match(sentence):
        return False
    part = Shape(sentence, shape.values, shape.words)
    take_symbols(part)
    signs = signs_of(part, part.text)
    named = any(isinstance(one.value, End) and not one.value.everyone for one in signs)
    return not named and not any(one.symbol in _ASKING for one in signs)


def names_nothing(shape: Shape, sentence: str) -> bool:
    """Say whether a sentence names no workload, address, port or request, only the lot of them."""
    part = Shape(sentence, shape.values, shape.words)
    take_symbols(part)
    signs = signs_of(part, part.text)
    return not any(
        one.symbol == "T" or (isinstance(one.value, End) and not one.value.everyone)
        for one in signs
    )


_TELLS = re.compile(
    r"\s*<P\d+>\s+(?:is|are|was|were|holds?|contains?|stores?|handles?|runs?|belongs?)\b", re.I
)


def tells_of(shape: Shape, sentence: str) -> list[End]:
    """Return the end of which a sentence tells what it is: `db is our crown jewel`."""
    if not _TELLS.match(sentence):
        return []
    part = Shape(sentence, shape.values, shape.words)
    take_symbols(part)
    signs = signs_of(part, part.text)
    first = signs[0].value if signs else None
    plain = len(signs) > 1 and all(one.symbol in ("W", "P", "AND", ",", "FOR") for one in signs[1:])
    plain = plain and any(one.symbol == "W" for one in signs)
    return [first] if plain and isinstance(first, End) and not first.everyone else []


def is_question(sentence: str) -> bool:
    """Say whether a sentence asks something of the network, rather than for a policy."""
    asks = r"\s*(?:who|what|which|why|how|where|when|is|are|does|do|did|has|have)\b.*\?\s*$"
    return bool(re.match(asks, sentence, re.I | re.S))

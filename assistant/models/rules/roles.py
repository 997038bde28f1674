"""Who sends and who receives, from the words around the names."""

import re
from dataclasses import dataclass

from assistant.models.rules.frame import Ref
from assistant.models.rules.lexicon import (
    BACKWARD,
    BLOCK,
    COMMON,
    DESTINATION_PREPOSITION,
    FORWARD,
    LET,
    SOURCE_PREPOSITION,
)
from assistant.models.rules.mentions import Mention
from assistant.models.rules.order import PASSIVE_STOP, acts_by_unknown_verb, order_of
from assistant.models.rules.words import singular

__all__ = ["Roles", "Sentence", "assign_roles", "build_sentence"]


@dataclass(frozen=True, slots=True)
class Sentence:
    """The question with each group of names behind a mark `@0@`, `@1@`, ..."""

    text: str
    groups: tuple[tuple[Ref, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """The two ends; empty tuples where nothing was named."""

    sources: tuple[Ref, ...] = ()
    destinations: tuple[Ref, ...] = ()
    both_ways: bool = False
    sure: bool = True
    """False when only the order of the names speaks for it."""


_JOINT = re.compile(
    r"\s*(?:,|and|or|&|plus|as well as|nor|along with|but not)?\s*(?:,|and|or|&|nor)?\s*"
    r"(?:also\s+)?(?:(?:to|from|the|both|via)\s+)*",
    re.I,
)
_PARTICIPLES = (
    r"(?:reached|accessed|contacted|called|hit|queried|used|connected to|talked to|attacked)"
)
_RECIPROCAL = re.compile(
    r"\b(?:each other|one another|mutually|both ways|both directions|vice[- ]versa|"
    r"(?:the )?other way (?:a)?round)\b",
    re.I,
)


_APART = re.compile(
    r"\s*(?:(?:is|are|be|fully|completely|really|properly|still|well|not)\s+)*"
    r"(?:separated?|disconnected|severed|segregated|segmented|"
    r"(?:cut|shut|walled|fenced|sealed|closed|split|blocked|parted)\s+off)\s+from\s+(?:the\s+)?",
    re.I,
)


def build_sentence(text: str, mentions: tuple[Mention, ...]) -> Sentence:
    """Return the text with marks for names; names joined by "and" share a mark."""
    groups: list[list[Ref]] = []
    pieces: list[str] = []
    position = 0
    for mention in mentions:
        start = max(mention.start, position)
        gap = text[position:start]
        joint = _JOINT.fullmatch(gap) and re.search(
            r"\b(?:and|or|nor|plus|well|with|but)\b|[,&]", gap
        )
        if (
            groups
            and joint
            and _same_lead(gap, pieces)
            and mention.ref.kind != "any"
            and groups[-1][-1].kind != "any"
        ):
            groups[-1].append(mention.ref)
        else:
            pieces.append(gap.lower())
            pieces.append(f"@{len(groups)}@")
            groups.append([mention.ref])
        position = max(position, mention.end)
    pieces.append(text[position:].lower())
    joined = re.sub(r"\s+", " ", " ".join(pieces)).strip()
    return Sentence(joined, tuple(tuple(group) for group in groups))


def _same_lead(gap: str, pieces: list[str]) -> bool:
    """Return whether a preposition between two names is the one before the first.

    "from a and from b" joins the two, "b, from a" tells them apart.
    """
    lead = re.search(r"\b(to|from)\s+(?:the\s+)?$", gap.lower())
    return lead is None or re.search(rf"\b{lead[1]}\s+(?:the\s+)?$", pieces[-2]) is not None


def assign_roles(sentence: Sentence) -> Roles | None:
    """Return the roles of the first two groups of names, or None when nothing gives them.

    >>> web, db = Ref(text="web"), Ref(text="db")
    >>> assign_roles(Sentence("is @0@ reachable from @1@ ?", ((db,), (web,)))).sources
    (Ref(text='web', names=(), kind='workload', guessed=False, near=(), within=''),)
    """
    if len(sentence.groups) >= 2:
        return _assign_two(sentence)
    if len(sentence.groups) == 1:
        return _assign_one(sentence)
    return None


def _assign_two(sentence: Sentence) -> Roles | None:
    first, second = sentence.groups[0], sentence.groups[1]
    left, middle, right = re.split(r"@\d+@", sentence.text, maxsplit=2)
    if not right and "@2@" in sentence.text:
        return None
    right = re.split(r"@\d+@", right)[0]
    if _APART.fullmatch(middle):
        # It says that there is no way, and not which.
        return Roles(sources=first, destinations=second, both_ways=True)
    order = order_of(left, middle, right, first, second)
    if order is None:
        return None
    forward, sure = order
    sources, destinations = (first, second) if forward else (second, first)
    both = (
        bool(_RECIPROCAL.search(sentence.text))
        or (
            re.search(r"\bbetween\s*$", left) is not None
            and re.fullmatch(r"\s*(?:and|&|,|/|-|or|to)\s*(?:the\s+)?", middle) is not None
        )
        or "<->" in middle
    )
    return Roles(sources=sources, destinations=destinations, both_ways=both, sure=sure)


def is_turned_by_unknown(sentence: Sentence, roles: Roles) -> bool:
    """Return whether the second end was taken for the sender on words that are not known.

    In "can A read plates out of B" the subject stands first: only a passive or a verb of
    receiving turns that round, and an unknown word may be neither.
    """
    if len(sentence.groups) != 2:
        return False
    left, middle = re.split(r"@\d+@", sentence.text, maxsplit=2)[:2]
    if roles.sources != sentence.groups[1]:
        return acts_by_unknown_verb(left, middle) and not re.search(
            f"{FORWARD}|{BACKWARD}|{BLOCK}|{LET}", middle
        )
    asked = r"\b(?:can|could|may|might|will|would|does|do|did|should)\s+(?:the\s+)?$"
    if not re.search(asked, left):
        return False
    # What is taken or got ("take mail from B") may be sent or fetched; only its verb is known.
    middle = re.sub(BACKWARD, lambda match: match[0].partition(" ")[2], middle)
    words = re.findall(r"[a-z]{3,}", re.sub(f"{LET}|{BLOCK}", " ", middle))
    passive = re.match(r"\s*(?:\w+ly\s+|not\s+|ever\s+|still\s+)*(?:be|get)\s+\w+", middle)
    clause = re.search(r"\b(?:when(?:ever)?|if|once|where)\b", middle)
    return not (passive or clause) and any(
        word not in COMMON and singular(word) not in COMMON for word in words
    )


def _assign_one(sentence: Sentence) -> Roles | None:
    group = sentence.groups[0]
    left, right = re.split(r"@0@", sentence.text, maxsplit=1)
    if len(group) == 2 and (
        _RECIPROCAL.search(sentence.text)
        or re.search(r"\bbetween\s+(?:the\s+)?$", left)
        or re.search(r"^\s*(?:be able to\s+)?(?:talk|communicate|connect|speak|see each)\b", right)
    ):
        return Roles(sources=group[:1], destinations=group[1:], both_ways=True)
    shown_to = (
        r"\b(?:open|exposed|reachable|accessible|visible|available|closed)\s+"
        r"(?:to|from|by|for)\s+(?:the\s+)?$"
    )
    if re.search(rf"\b{SOURCE_PREPOSITION}\s+(?:the\s+)?$|{shown_to}", left):
        return Roles(sources=group)
    arriving = (
        r"\b(?:traffic|requests?|connections?|calls?|packets?|access|ingress|data)\s+"
        r"(?:(?:in)?to|towards?|reaching|hitting)\s+(?:the\s+)?$"
    )
    if re.search(arriving, left) or re.search(
        r"\b(?:come|originate|arrive|enter)s?\s+from\b", right
    ):
        return Roles(destinations=group)
    let_through = (
        rf"\s*(?:is|are|be|gets?|being)\s+(?:\w+\s+)?{LET}(?:\s+\w+)?\s+(?:to|into|onto)\b"
    )
    if PASSIVE_STOP.search(right) or re.match(let_through, right):
        return Roles(sources=group)
    if re.search(BACKWARD, right) and not re.search(r"^\s*(?:is |are )?(?:not )?allowed to", right):
        return Roles(destinations=group)
    if re.search(rf"\bbe\s+(?:\w+\s+)?{_PARTICIPLES}\b(?!\s+by\b)", right):
        return Roles(destinations=group)
    if re.search(FORWARD, right):
        return Roles(sources=group)
    if re.search(FORWARD, left) or re.search(rf"\b{DESTINATION_PREPOSITION}\s+(?:the\s+)?$", left):
        return Roles(destinations=group)
    return None

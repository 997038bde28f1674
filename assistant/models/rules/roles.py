"""Who sends and who receives, from the words around the names."""

import re
from dataclasses import dataclass, replace

from assistant.models.rules.frame import Ref
from assistant.models.rules.lexicon import (
    ABILITY,
    BACKWARD,
    BLOCK,
    BREACHED,
    BREACHES,
    DESTINATION_PREPOSITION,
    FOOTHOLD,
    FORWARD,
    LET,
    PULL,
    SOURCE_PREPOSITION,
)
from assistant.models.rules.mentions import Mention
from assistant.models.rules.scope import is_breach

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
_PASSIVE_STOP = re.compile(
    r"\b(?:block|stopp?|prevent|bann?|barr?|forbidd|prohibit|kept|cut off|shut out|"
    r"lock(?:ed)? out)(?:ed|en)?\s+"
    r"(?:from|off)\b|\bkept\s+(?:away\s+)?from\b",
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
_REST = re.compile(
    r"\b(?:is|are|be|get|gets|being)\s+(?:not\s+|still\s+|currently\s+|also\s+|directly\s+|"
    r"really\s+)*"
    r"(?:able|allowed|permitted|authori[sz]ed|entitled|supposed|free|meant|expected)\s+to\b",
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
        if groups and joint and mention.ref.kind != "any" and groups[-1][-1].kind != "any":
            groups[-1].append(mention.ref)
        else:
            pieces.append(gap.lower())
            pieces.append(f"@{len(groups)}@")
            groups.append([mention.ref])
        position = max(position, mention.end)
    pieces.append(text[position:].lower())
    joined = re.sub(r"\s+", " ", " ".join(pieces)).strip()
    return Sentence(joined, tuple(tuple(group) for group in groups))


def assign_roles(sentence: Sentence) -> Roles | None:
    """Return the roles of the first two groups of names, or None when nothing gives them.

    >>> web, db = Ref(text="web"), Ref(text="db")
    >>> assign_roles(Sentence("is @0@ reachable from @1@ ?", ((db,), (web,)))).sources
    (Ref(text='web', names=(), kind='workload', guessed=False, near=()),)
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
    order = _order(left, middle, right, first, second)
    if order is None:
        return None
    forward, sure = order
    sources, destinations = (first, second) if forward else (second, first)
    both = (
        bool(_RECIPROCAL.search(sentence.text))
        or (re.search(r"\bbetween\s*$", left) is not None and not re.search(r"->|<-", middle))
        or "<->" in middle
    )
    return Roles(sources=sources, destinations=destinations, both_ways=both, sure=sure)


def _order(
    left: str, middle: str, right: str, first: tuple[Ref, ...], second: tuple[Ref, ...]
) -> tuple[bool, bool] | None:
    """Return whether the first group sends, and whether the words say so."""
    if re.search(r"\b(?:white|allow|safe)-?list(?:ed)?\s+for\b", middle):
        # Either end may be the one whose list it is.
        return True, False
    for rule in (
        _by_arrow,
        _by_own_pronoun,
        _by_breach,
        _by_answer,
        _by_fronted_object,
        _by_blocker,
        _by_preposition,
        _by_middle,
        _by_noun,
    ):
        verdict = rule(left, middle, right, first, second)
        if verdict is not None:
            return verdict, True
    if re.search(FORWARD, f"{left} {right}"):
        return True, False
    return None


_Group = tuple[Ref, ...]
_LEADS = (
    r"and|so|then|from|to|by|with|list|show|me|give|tell|us|name|display|print|of|count|find|"
    r"please|out|is there|are there"
)


def _by_arrow(left: str, middle: str, right: str, first: _Group, second: _Group) -> bool | None:
    command = re.fullmatch(r"\s*(?:netassist\s+)?(?:can-)?reach\s*", left) and not middle.strip()
    if "<->" in middle or "->" in middle or command:
        return True
    return False if "<-" in middle else None


def _by_own_pronoun(
    left: str, middle: str, right: str, first: _Group, second: _Group
) -> bool | None:
    """Decide "A is up, but B cannot reach it": the pronoun stands for the first."""
    if re.match(
        rf"\s*(?:(?:{ABILITY}|not|be|able|allowed|to)\s+)*{FORWARD}\s+(?:(?:to|with|at|from)\s+)?"
        r"(?:it|them)\b",
        right,
    ):
        return False
    return None


def _by_breach(left: str, middle: str, right: str, first: _Group, second: _Group) -> bool | None:
    """Decide "if A is compromised, is B reachable"."""
    if not is_breach(f"{left}@0@{middle}@1@{right}"):
        return None
    if re.match(rf"\s*(?:\w+\s+){{0,3}}{BREACHED}", middle):
        return True
    taken = rf"\b(?:{BREACHES}|{BREACHED}|{FOOTHOLD})\s+(?:\w+\s+)?$"
    return True if re.search(taken, left) else None


def _by_answer(left: str, middle: str, right: str, first: _Group, second: _Group) -> bool | None:
    """Decide by who turns whom away or lets whom in, and by who gets no answer."""
    the = r"\s+(?:the\s+)?$"
    if re.search(
        r"\b(?:block|reject|refus|den|drop|accept|admitt|allow|let|permitt|serv|answer|ignor|"
        rf"stopp|bann|filter|turn)\w*\s*(?:in|through|away|down|out)?\s+by{the}",
        middle,
    ):
        return True
    if re.search(
        rf"\b(?:when|while|upon|after)\s+(?:it\s+)?(?:\w+\s+(?:to\s+)?)?{FORWARD}", middle
    ):
        return True
    if re.search(
        r"\b(?:time-?d?[ -]?outs?|refused|no (?:answers?|repl(?:y|ies)|responses?|data)|errors?|"
        rf"resets?|rst|[45]\d\d|failures?|nothing(?: back)?)\b[^@]*\bfrom{the}",
        middle,
    ):
        return True
    lets = rf"\s*(?:(?:{ABILITY}|not|also|ever|even|only)\s+)*{LET}\s+(?:the\s+)?"
    return False if re.fullmatch(lets, middle) else None


def _by_fronted_object(
    left: str, middle: str, right: str, first: _Group, second: _Group
) -> bool | None:
    """Decide "what can web reach", "where may web connect to", "which ports of A can B reach"."""
    if re.search(r"\b(?:which|what)\b[^@]*\b(?:of|on|at|for)\s+(?:the\s+)?$", left):
        only_ability = re.fullmatch(rf"\s*(?:{ABILITY}\s*)+(?:the\s+)?", middle)
        return False if only_ability and re.search(FORWARD, right) else None
    lead = rf"(?:\s*(?:{_LEADS}))*\s*"
    if first[0].kind != "any" or not re.fullmatch(lead, left):
        return None
    relative = (
        rf"\s*(?:(?:{ABILITY}|that|which|not|ever|still|"
        rf"also)\s+)*{FORWARD}\s*(?:(?:to|with|into|at)\s*)?[?.!]*\s*"
    )
    if not middle.strip() and re.fullmatch(relative, right):
        return False
    if not middle.strip() and re.match(rf"\s*(?!{BACKWARD}|is\b|are\b)\w+[^@]*{FORWARD}", right):
        return False if not re.search(rf"\b{SOURCE_PREPOSITION}\s*\W*$", right) else None
    if not re.fullmatch(
        rf"\s*(?:else\s+)?(?:{ABILITY}\s*)+(?:not\s+)?(?:the\s+|pods? (?:in|of)\s+)*", middle
    ):
        return None
    shown = (
        r"\s*(?:exposed|open|available|visible|accessible|closed)\b"
        r"(?!\s+(?:\w+\s+){0,2}(?:connections?|sessions?|sockets?|tunnels?|calls?|streams?)\b)"
    )
    if left.strip() in ("from", "by") or re.match(shown, right):
        return True
    if _PASSIVE_STOP.search(right):
        return False
    if re.search(BACKWARD, right) and not re.match(r"\s*(?:allowed|permitted|able)", right):
        return True
    if re.search(rf"\b{SOURCE_PREPOSITION}\s*\??$", right) and not re.search(PULL, right):
        return True
    return False if re.search(FORWARD, right) or re.search(r"\bto\b", right) else None


def _by_blocker(left: str, middle: str, right: str, first: _Group, second: _Group) -> bool | None:
    """Decide "what blocks A from (reaching) B", "which rule lets A into B"."""
    if re.search(rf"{BLOCK}\s+(?:the\s+)?(?:pods?\s+of\s+)?$", left):
        return True
    if re.search(rf"{LET}\s+(?:the\s+)?$", left) and re.search(
        r"\b(?:to|in|into|at|through|on)\b|\b" + FORWARD, middle
    ):
        return True
    if _PASSIVE_STOP.search(middle):
        return True
    return None


def _by_preposition(
    left: str, middle: str, right: str, first: _Group, second: _Group
) -> bool | None:
    """Decide "from A to B", "traffic to B from A"."""
    if re.search(rf"\b{SOURCE_PREPOSITION}\s+(?:the\s+)?$", left) and not re.search(
        rf"{PULL}[^@]*\b{SOURCE_PREPOSITION}\s+(?:the\s+)?$", left
    ):
        return True
    if re.search(rf"\b(?:{DESTINATION_PREPOSITION}|into)\s+(?:the\s+)?$", left) and re.search(
        rf"\b(?:{SOURCE_PREPOSITION}|for|available to|open to)\s+(?:the\s+)?$", middle
    ):
        return False
    if re.search(
        r"\b(?:access|traffic|connections?|requests?|calls?)\s+(?:in)?to\s+(?:the\s+)?$", left
    ) and re.search(ABILITY + r"|\bgranted\b|\bfor\b", middle):
        return False
    return None


def _by_middle(left: str, middle: str, right: str, first: _Group, second: _Group) -> bool | None:
    """Decide by the words between the names: active, passive, or pulling."""
    words = _REST.sub(" ", middle)
    pulls = re.search(rf"{PULL}\b[^@]*\bfrom\s+(?:the\s+)?$", words)
    passive = re.search(
        r"\b(?:be|is|are|been|being|gets?)\s+(?:\w+\s+)?\w+(?:ed|en)?\s+(?:by|from)\s+(?:the\s+)?$",
        words,
    )
    backward = list(re.finditer(BACKWARD, words))
    forward = list(re.finditer(FORWARD, words))
    if pulls and not (passive or _receives(words)):
        return True
    if passive:
        return False
    if backward and (_is_last(backward, forward, words) or _receives(words)):
        return False
    if forward or re.search(rf"\b(?:{DESTINATION_PREPOSITION})\s+(?:the\s+)?$", words):
        return not (re.search(rf"\b{SOURCE_PREPOSITION}\s+(?:the\s+)?$", words) and not pulls)
    if re.search(rf"\b{SOURCE_PREPOSITION}\s+(?:the\s+)?$", words):
        return False
    return True if re.search(r"\bopens?\s+(?:the\s+)?$", words) else None


def _by_noun(left: str, middle: str, right: str, first: _Group, second: _Group) -> bool | None:
    """Decide "for A, which sources are permitted" by what the unnamed end is called."""
    for group, leads in ((first, True), (second, False)):
        if group[0].kind != "any":
            continue
        if re.search(r"\b(?:sources?|callers?|origins?)\b", group[0].text, re.I):
            return leads
        if re.search(r"\b(?:destinations?|targets?)\b", group[0].text, re.I):
            return not leads
    return None


def _receives(words: str) -> bool:
    return bool(
        re.search(
            r"\b(?:receiv|accept|tak|serv|admit|allow|permit)(?:e|es|ing|"
            r"s)?\b[^@]*\b(?:from|by)\s+",
            words,
        )
        or re.search(
            r"\bgets?\s+(?:any\s+|its\s+)?(?:traffic|requests?|calls?|connections?|hit|"
            r"called|queries)\b[^@]*\b(?:from|by)\s+",
            words,
        )
    )


def _is_last(backward: list[re.Match[str]], forward: list[re.Match[str]], words: str) -> bool:
    """Return whether the passive reading covers the active word ("open to calls from")."""
    last = backward[-1]
    return (
        not forward
        or forward[-1].start() < last.end()
        or bool(re.search(rf"\b{SOURCE_PREPOSITION}\s+(?:the\s+)?$", words))
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
    if _PASSIVE_STOP.search(right):
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


def flip(roles: Roles) -> Roles:
    """Return the roles the other way round."""
    return replace(roles, sources=roles.destinations, destinations=roles.sources)

"""Which of two ends sends: rules over the words before, between and after them."""

import re

from assistant.models.rules.clauses import CLAUSE_RULES, by_dial, by_motion
from assistant.models.rules.frame import Ref
from assistant.models.rules.lexicon import (
    ABILITY,
    BACKWARD,
    BLOCK,
    BREACHED,
    BREACHES,
    COMMON,
    DESTINATION_PREPOSITION,
    FOOTHOLD,
    FORWARD,
    LET,
    PULL,
    SOURCE_PREPOSITION,
)
from assistant.models.rules.scope import is_breach

__all__ = ["PASSIVE_STOP", "acts_by_unknown_verb", "order_of"]

PASSIVE_STOP = re.compile(
    r"\b(?:block|stopp?|prevent|bann?|barr?|forbidd|prohibit|kept|shut out|"
    r"lock(?:ed)? out)(?:ed|en)?\s+"
    r"(?:from|off)\b|"
    r"\b(?:kept|shut|locked|held|left|barred|banned|excluded|turned|thrown|kicked)\s+"
    r"(?:out\s+of|away\s+from|from)\b",
    re.I,
)
_REFUSAL = re.compile(
    r"\b(?:time-?d?[ -]?outs?|refus\w*|reject\w*|den(?:y|ied|ies)|no|nothing|errors?|resets?|rst|"
    r"fail\w*|e[a-z]*(?:refused|reset|timedout|unreach|pipe)|[45]\d\ds?|unreachable|drops?|"
    r"dropped|answers?|repl(?:y|ies)|responses?|data|results?|forbidden)\b",
    re.I,
)
"""What whoever opened a connection gets back."""
_REST = re.compile(
    r"\b(?:is|are|be|get|gets|being)\s+(?:not\s+|still\s+|currently\s+|also\s+|directly\s+|"
    r"really\s+)*"
    r"(?:able|allowed|permitted|authori[sz]ed|entitled|supposed|free|meant|expected)\s+to\b",
    re.I,
)
_Group = tuple[Ref, ...]
_LEADS = (
    r"and|so|then|from|to|by|with|in|into|within|list|show|me|give|tell|us|name|display|print|of|count|find|"
    r"please|out|is there|are there"
)
_OUT = r"(?:egress|outgoing|outbound)"
_IN = r"(?:ingress|incoming|inbound)"
_TRAFFIC = r"(?:calls?|requests?|traffic|connections?|queries|packets?|sessions?)"
_OFFERED = (
    r"(?:destinations?|targets?|listen\w*|open|available|unavailable|up|down|work\w*|closed|"
    r"tim(?:es?|ed|ing)\s+out|blocked|denied|limits|reachable|unreachable|accessible|"
    r"inaccessible|fail\w*|broken|usable|visible|exposed|enabled|disabled|there)"
)


def order_of(
    left: str, middle: str, right: str, first: tuple[Ref, ...], second: tuple[Ref, ...]
) -> tuple[bool, bool] | None:
    """Return whether the first group sends, and whether the words say so."""
    if re.search(r"\b(?:white|allow|safe)-?list(?:ed)?\s+for\b", middle):
        # Either end may be the one whose list it is.
        return True, False
    if re.search(r"\b(?:cut off|separated|disconnected|severed)\s+from\s+(?:the\s+)?$", middle):
        # It says that there is no way, and not which.
        return True, False
    for rule in (
        _by_arrow,
        _by_own_pronoun,
        _by_breach,
        _by_way,
        by_dial,
        _by_answer,
        *CLAUSE_RULES,
        _by_fronted_object,
        _by_blocker,
        _by_preposition,
        _by_middle,
        _by_noun,
        by_motion,
    ):
        verdict = rule(left, middle, right, first, second)
        if verdict is not None:
            return verdict, True
    if acts_by_unknown_verb(left, middle):
        return True, True
    if re.search(FORWARD, f"{left} {right}"):
        return True, False
    return None


def acts_by_unknown_verb(left: str, middle: str) -> bool:
    """Return whether the first end does something to the second: "does A drive B".

    Whoever does it mostly opens the connection; mostly is not always, so both are computed.
    """
    asked = re.search(
        r"\b(?:can|could|may|might|will|would|does|do|did|should)\s+(?:the\s+)?$", left
    )
    manner = r"(?:(?:not|ever|still|also|even|really|\w+ly)\s+)*"
    does = rf"\s*{manner}(?P<verb>[a-z]{{3,}})\s+(?:the\s+|its\s+)?"
    found = re.fullmatch(does, middle) if asked else None
    return bool(found and found["verb"] not in COMMON)


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


def _by_way(left: str, middle: str, right: str, first: _Group, second: _Group) -> bool | None:
    """Decide by whose egress, ingress, calls or destination is spoken of."""
    the = r"\s+(?:the\s+)?$"
    if re.search(rf"\b{_OUT}\b(?:(?!\b(?:to|into|towards?|at)\b)[^@])*$", left):
        return True
    if re.search(rf"\b{_IN}\b(?:(?!\b(?:from|by)\b)[^@])*$", left):
        return False
    if re.match(rf"\s*'?s?'?\s+{_TRAFFIC}\b", right) or re.search(
        rf"\b{_TRAFFIC}\s+(?:by|from|sent by|made by){the}|"
        rf"\b(?:serv|se|accept|handl|answer|receiv|process|tak)\w*\s+(?:\w+\s+)?{_TRAFFIC}\s+of{the}",
        middle,
    ):
        return False
    if re.search(
        rf"\b(?:clients?|callers?|consumers?|users?|dependents?)\s+(?:of|for){the}", middle
    ):
        return True
    if re.match(rf"\s*'s?\s+{_TRAFFIC}\b", middle):
        return True
    if re.search(rf"\b{_OFFERED}\b[^@]*\bfor{the}", middle):
        return False
    if re.search(
        rf"\b(?:denied|closed|forbidden|off)\s+to{the}|"
        rf"\b(?:expos|offer|provid|present)(?:e|es|s|ing)?(?:\s+\w+){{0,3}}\s+to{the}",
        middle,
    ):
        return False
    return None


def _by_answer(left: str, middle: str, right: str, first: _Group, second: _Group) -> bool | None:
    """Decide by who turns whom away or lets whom in, and by who gets no answer."""
    the = r"\s+(?:the\s+)?$"
    if re.search(
        r"\b(?:block|reject|refus|den|drop|accept|admitt|allow|let|permitt|serv|answer|ignor|"
        rf"stopp|bann|filter|turn|reset|clos|kill|abort|terminat|throttl|ghost)\w*\s*(?:in|through|away|down|out)?\s+by{the}",
        middle,
    ):
        return True
    if re.search(rf"\b\w+(?:ed|en|wn|pt|nt)\s+(?:out|away|off|back)\s+by{the}", middle):
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
    if re.search(
        rf"\b(?:is|are|be|gets?|being|was)\s+(?:\w+\s+)?{LET}\s+(?:in|into|inside|through)\b",
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
    wild = first[0].kind == "any" or first[0].text.startswith("any in ")
    if not wild or not re.fullmatch(lead, left):
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
    if PASSIVE_STOP.search(right):
        return False
    if re.search(BACKWARD, right) and not re.match(r"\s*(?:allowed|permitted|able)", right):
        return True
    if re.search(rf"\b{SOURCE_PREPOSITION}\s*\??$", right) and not re.search(PULL, right):
        return True
    return False if re.search(FORWARD, right) or re.search(r"\bto\b", right) else None


def _by_blocker(left: str, middle: str, right: str, first: _Group, second: _Group) -> bool | None:
    """Decide "what blocks A from (reaching) B", "which rule lets A into B"."""
    if re.search(rf"{BLOCK}\s+(?:the\s+)?(?:pods?\s+of\s+)?$", left):
        # "prevents A (from) hearing from B" stops the way from B.
        return not re.search(r"\b(?:hear|receiv|accept|listen)\w*\b", middle)
    if re.search(rf"{LET}\s+(?:the\s+)?$", left) and re.search(
        r"\b(?:to|in|into|at|through|on)\b|\b" + FORWARD, middle
    ):
        return True
    if PASSIVE_STOP.search(middle):
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
    gets = re.search(
        r"\b(?:get|gets|got|getting|sees?|saw)\s+(?P<what>[^@]*?)\s*\bfrom\s+(?:the\s+)?$", words
    )
    if gets and not _receives(words):
        # An error comes from whoever was asked; anything else may be sent of its own accord.
        return True if _REFUSAL.search(gets["what"]) else None
    pulls = re.search(rf"{PULL}\b[^@]*\b(?:from|out of|off(?: of)?)\s+(?:the\s+)?$", words)
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

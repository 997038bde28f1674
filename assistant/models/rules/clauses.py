"""Which of two ends sends, told by a whole clause: "does A answer when B asks"."""

import re
from collections.abc import Callable

from assistant.models.rules.frame import Ref
from assistant.models.rules.lexicon import ABILITY, BACKWARD, FORWARD, LET, PULL

__all__ = ["CLAUSE_RULES", "by_dial", "by_motion"]

_Group = tuple[Ref, ...]
_Rule = Callable[[str, str, str, _Group, _Group], bool | None]


def by_dial(left: str, middle: str, right: str, first: _Group, second: _Group) -> bool | None:
    """Decide "dial tcp B: timeout from A", as logs say it: what is dialled stands first."""
    dials = re.search(
        r"\b(?:dial(?:l?ing)?|connect(?:ing)?|upstream|peer)(?:\s+(?:tcp|udp|to|at))*\s*:?\s*$",
        left,
    )
    return False if dials and re.search(r"\bfrom\s+(?:the\s+)?$", middle) else None


def _by_inverted_passive(
    left: str, middle: str, right: str, first: _Group, second: _Group
) -> bool | None:
    """Decide "is A let in at B", "was A turned away by B": the verb stands before the names."""
    asked = re.search(r"\b(?:is|are|was|were|gets?|being)\s+(?:the\s+)?$", left)
    met = (
        rf"\s*(?:(?:not|ever|still|really|also|\w+ly)\s+)*(?:{LET}|accepted|welcomed|served|"
        r"turned|refused|rejected|denied|dropped|blocked|stopped)\s+"
        r"(?:(?:in|away|out|off)\s+)?(?:at|by|into|inside|through|past|onto)\s+(?:the\s+)?"
    )
    return True if asked and re.fullmatch(met, middle) else None


def _by_return(left: str, middle: str, right: str, first: _Group, second: _Group) -> bool | None:
    """Decide "requests from A bounce off B", "A is sent back by B": who is turned away came."""
    met = r"(?:bounc|rebound|fail|stop|end|di|break|founder|strand|hang|get stuck|stall)\w*"
    where = r"(?:off|at|on|against|before|in front of|short of)\s+(?:the\s+)?"
    return True if re.fullmatch(rf"\s*(?:\w+\s+){{0,2}}{met}\s+{where}", middle) else None


def _by_circumstance(
    left: str, middle: str, right: str, first: _Group, second: _Group
) -> bool | None:
    """Decide "does A answer when B asks": who answers is asked by the other one."""
    answers = re.search(
        r"\b(?:answer|accept|serv|allow|admit|respond|repl(?:y|ie)|refus|reject|den(?:y|ie)|drop|"
        r"block|let|listen|open)\w*\b[^@]*\b(?:when(?:ever)?|if|once|where)\s+(?:the\s+)?$",
        middle,
    )
    comes = re.match(
        rf"\s*(?:(?:{ABILITY}|to)\s+)*(?:ask|tr(?:y|ie)|knock|come|arriv|want|request|{FORWARD})",
        right,
    )
    return False if answers and comes else None


def _by_relative(left: str, middle: str, right: str, first: _Group, second: _Group) -> bool | None:
    """Decide "is B what A can read", where B is what the other one opens."""
    named = re.search(r"\b(?:is|are|was)\s+(?:the\s+)?$", left)
    link = re.fullmatch(r"\s*(?:(?:that|which|what|where|a\s+\w+)\s+)*(?:the\s+)?", middle)
    return (
        False
        if named and link and re.match(rf"\s*{ABILITY}[^@]*(?:{FORWARD}|{PULL})", right)
        else None
    )


def _by_deed(left: str, middle: str, right: str, first: _Group, second: _Group) -> bool | None:
    """Decide "may A do it on B", where what is done was lifted out before."""
    may = rf"\s*(?:{ABILITY}\s+)?(?:(?:allowed|able|permitted|free|supposed)\s+to\s+)?"
    does = r"(?:do|does|make|makes|issue|perform|run|carry out|try)\s+(?:\w+\s+){0,3}?"
    where = r"(?:on|at|against|to|with)\s+(?:the\s+)?"
    return True if re.fullmatch(f"{may}{does}{where}", middle) else None


def by_motion(left: str, middle: str, right: str, first: _Group, second: _Group) -> bool | None:
    """Decide "A dumping rows in B" by the shape alone: whoever does something to the other."""
    still = r"(?:is|are|runs?|running|lives?|living|sits?|sitting|stands?|stays?|belongs?|being)"
    moves = r"(?:\w+ly\s+)?(?!be\b)[a-z]{3,}(?:ing|s|e|es)\s+(?:[\w-]+\s+){0,3}?"
    where = r"(?:into|in|onto|to|towards?|at)\s+(?:the\s+|its\s+)?"
    if re.search(rf"\b{still}\b", middle) or re.search(BACKWARD, middle):
        return None
    return True if re.fullmatch(rf"\s*{moves}{where}", middle) else None


def _by_want(left: str, middle: str, right: str, first: _Group, second: _Group) -> bool | None:
    """Decide "A wants the stream of B": what one end has is fetched from there."""
    wants = r"(?:want|need|require|get|read|fetch|see|load|watch|use)s?"
    thing = r"(?:(?:the|a|an|its|some|any|to (?:have|get|see|read))\s+)*(?:[\w-]+\s+){1,3}?"
    return True if re.fullmatch(rf"\s*{wants}\s+{thing}of\s+(?:the\s+)?", middle) else None


CLAUSE_RULES: tuple[_Rule, ...] = (
    _by_inverted_passive,
    _by_return,
    _by_circumstance,
    _by_relative,
    _by_deed,
    _by_want,
)
"""In this order: each says whether the first end sends, or None where it does not apply."""

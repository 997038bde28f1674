"""What a denial leaves open for one pair: `a may not reach b, except c calling d on 80`.

A rule that denies leaves no room for one that allows, so such a request becomes denials that go
around the pair. Each of them is a plain sentence for the readers.
"""

import re

from tools.intents.parties import End
from tools.intents.shapes import Shape
from topology.authoring import Entities, Networks, Pods

__all__ = ["spell_out"]

_P = r"<P\d+>"
_T = r"<T\d+>"
_MAY = r"(?:may|can|could|should|must|shall|will|is|are)(?:\s+be)?"
_NOT = rf"(?:{_MAY}\s+(?:not|never)(?:\s+(?:be\s+(?:able|allowed|permitted)\s+to|to\s+be|be))?)"
_VERB = (
    r"(?:reach|access|contact|call|use|query|enter|(?:talk|speak|connect|get|go)(?:\s+out)?"
    r"(?:\s+to|\s+with|\s+into)?"
    r"|communicate\s+with|initiate\s+connections\s+to)"
)
_DONE = (
    r"(?:reached|accessed|contacted|called|used|queried|entered|talked\s+to|reachable|accessible)"
)
_DOING = (
    r"(?:reaching|accessing|contacting|calling|using|querying|hitting|scraping|(?:talking"
    r"|connecting|speaking|going|getting)"
    r"(?:\s+out)?\s+to|to|(?:which|who|that)\s+(?:may|can)\s+(?:still\s+)?(?:reach|call|access"
    r"|use|contact|talk\s+to|connect\s+to)"
    r"|may\s+reach)"
)
_EXCEPT = (
    r",?\s*(?:except(?:\s+for|\s+that)?|apart\s+from|aside\s+from|besides|other\s+than|but\s+not"
    r"|save\s+for"
    r"|excluding|unless\s+it\s+is)\s+(?:for\s+|from\s+|to\s+)?"
)
_STOP = r"(?:block|deny|drop|stop|prevent|forbid|reject|disallow|prohibit)"
_NOUN = r"(?:all\s+|any\s+|the\s+)*(?:traffic|connections?|access|egress|requests?|calls?)"
_SHAPES = tuple(
    re.compile(rf"^{pattern}{_EXCEPT}(?P<rest>.*)$", re.I)
    for pattern in (
        rf"(?:(?P<no>no|never)\s+)?(?P<from>{_P}(?:(?:\s*,\s*"
        rf"|\s+and\s+){_P})*)\s+{_NOT}\s+{_VERB}\s+(?P<to>{_P})",
        rf"(?P<to>{_P})\s+{_NOT}\s+{_DONE}(?:\s+(?:by|from|for|to))?\s+(?P<from>{_P})",
        rf"{_STOP}\s+{_NOUN}\s+from\s+(?P<from>{_P})\s+(?:to|into|towards?)\s+(?P<to>{_P})",
        rf"{_STOP}\s+(?P<from>{_P})\s+(?:from\s+)?(?:reaching|accessing|contacting|calling|using"
        r"|entering"
        r"|(?:talking|connecting|speaking|going|getting)(?:\s+out)?\s+(?:to|into|with)|to"
        rf"|from)\s+(?P<to>{_P})",
    )
)
_PAIR = re.compile(
    rf"^(?P<from>{_P})\s+{_DOING}\s+(?P<to>{_P})(?:\s+\(?(?P<on>{_T})\)?)?\s*$", re.I
)
_PLACE = re.compile(rf"^(?P<to>{_P})(?:\s+\(?(?P<on>{_T})\)?)?\s*$", re.I)


def spell_out(shape: Shape, text: str) -> str:
    """Return a sentence that denies all but one pair as sentences that deny what is around it."""
    for pattern in _SHAPES:
        found = pattern.match(text.strip())
        if found is None or found.groupdict().get("no"):
            continue
        pair = _PAIR.match(found["rest"].strip())
        if pair:
            return _around(shape, found, pair) or text
        place = _PLACE.match(found["rest"].strip())
        if place and _is_world(shape, found["to"]) and _is_network(shape, place["to"]):
            return f"{found['from']} may reach {_only_there(found, place)}"
        if place and place["on"] and _holds(shape, found["to"], place["to"]):
            # Between the two only that may pass, and nothing to what is beside it.
            first = f"{found['from']} may not reach {found['to']} except {place['to']}"
            return f"{first}. {found['from']} may reach {place['to']} only {place['on']}"
    return text


def _around(shape: Shape, found: re.Match[str], pair: re.Match[str]) -> str:
    wide, inner = found["from"], pair["from"]
    if not _holds(shape, wide, inner):
        return ""
    first = f"{wide} except {inner} may not reach {found['to']}"
    if _is_world(shape, found["to"]) and _is_network(shape, pair["to"]):
        return f"{first}. {inner} may reach {_only_there(found, pair)}"
    if not _holds(shape, found["to"], pair["to"]):
        return ""
    second = f"{inner} may not reach {found['to']} except {pair['to']}"
    third = f". {inner} may reach {pair['to']} only {pair['on']}" if pair["on"] else ""
    return f"{first}. {second}{third}"


def _only_there(found: re.Match[str], pair: re.Match[str]) -> str:
    on = f" {pair['on']}" if pair["on"] else ""
    return f"{pair['to']}{on} and nothing else on {found['to']}"


def _parties(shape: Shape, mark: str) -> list[object]:
    end = shape.value(mark)
    return [one for option in end.options for one in option] if isinstance(end, End) else []


def _holds(shape: Shape, wide: str, inner: str) -> bool:
    """Say whether one workload lives where all pods of some namespaces are meant."""
    outer, mine = _parties(shape, wide), _parties(shape, inner)
    spaces = {s for one in outer if isinstance(one, Pods) for s in one.namespaces or ()}
    whole = all(isinstance(one, Pods) and not one.workload for one in outer)
    return (
        bool(spaces and mine)
        and whole
        and all(
            isinstance(one, Pods) and one.workload and set(one.namespaces or ()) <= spaces
            for one in mine
        )
    )


def _is_world(shape: Shape, mark: str) -> bool:
    parties = _parties(shape, mark)
    return bool(parties) and all(isinstance(o, Entities) and o.names == ("world",) for o in parties)


def _is_network(shape: Shape, mark: str) -> bool:
    parties = _parties(shape, mark)
    return bool(parties) and all(isinstance(one, Networks) for one in parties)

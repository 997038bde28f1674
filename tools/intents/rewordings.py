"""Turns of phrase that mean the same as a plainer one, put plainly before they are read.

They work on a text in which names, labels, ports and requests are marks already, so that each
pattern is about the words between them. What a pattern takes, it takes whole: no word is dropped
unless it says nothing about who may reach whom.
"""

import re

from tools.intents.exceptions import spell_out
from tools.intents.parties import End
from tools.intents.shapes import Shape
from tools.intents.turns import BREAK, MAY, ON, PL, REWORDINGS, SENTENCE, SO, VERB, P, T
from topology.authoring import DnsNames, Entities, Networks, Pods

__all__ = ["reword"]

_AMONG = re.compile(
    rf"^({P})(\s+{MAY}\s+{VERB})\s+(?:everything|anything|everyone|all\s+others?|others?)"
    rf"(?:\s+else)?(?:\s+in\s+({P}))?",
    re.I,
)
_OUTSIDE = re.compile(
    r"(?P<lead>,?\s*(?:and|but|while|however)?,?\s*)(?:(?P<toward>(?:to|with)\s+)?(?:nothing"
    r"|nobody|no\s?one)"
    r"|(?P<not>not\s+to\s+anything)|only)\s+(?:from\s+)?(?:outside\s+(?:of\s+)?(?:it"
    r"|the\s+namespace|that"
    r"\s+namespace|this\s+namespace|its\s+namespace|their\s+(?:own\s+)?namespace)|else)"
    r"(?P<acts>\s+(?:gets?|may\s+get|can\s+get|comes?|may\s+come|is\s+let|should\s+get"
    r"|must\s+get)\s+in(?:side)?"
    r"|\s+(?:may|can|should|must)\s+(?:reach|contact|access|talk\s+to|connect\s+to|enter)\s+(?:it"
    r"|them))?"
    rf"(?:,?\s*(?:except|apart\s+from|other\s+than|but|save)(?:\s+for)?\s+(?P<who>{PL})"
    rf"(?P<on>{ON}?))?" + BREAK,
    re.I,
)
_THEM = re.compile(
    r"\bbetween\s+(?:them|the\s+two|these\s+two|those\s+two|the\s+two\s+of\s+them)\b", re.I
)
_TWO = re.compile(rf"^({P})\s+and\s+({P})\s+(?P<tells>[^<>]*?){SO}\s+", re.I)


_GLUED = re.compile(rf"((?:{P}\s*(?:,\s*(?:and\s+|or\s+)?|and\s+|or\s+))+)({P}{T})(?![,\w]*\s*<T)")


def _apart(found: re.Match[str]) -> str:
    """Return `a and b:80` as `b:80 and a`: the port is that of b alone."""
    others = re.findall(P, found[1])
    join = " or " if re.search(r"\bor\b", found[1]) else " and "
    return join.join([found[2].replace("><", "> <"), *others])


_COMPLAINED = re.compile(
    rf"(?P<who>{P})\s+(?:is|are)\s+(?:currently\s+|just\s+|far\s+|way\s+|much\s+)*(?:too\s+"
    r"|wide\s+)?(?:open|exposed"
    r"|permissive|public|reachable|accessible)(?:\s+(?:at\s+the\s+moment|at\s+present|right\s+now"
    r"|today|to\s+everyone"
    r"|from\s+everywhere|for\s+everyone|to\s+everything|to\s+anyone))*\s*(?:[.;,]|[,;]?\s+so"
    r"|[,;]?\s+and)\s+(?:please\s+)?"
    r"(?:restrict|limit|tighten|narrow|lock)\s+(?:it|them|that|this|access)(?:\s+down)?\s+to\s+"
    rf"(?P<to>{PL})",
    re.I,
)
_FROM = re.compile(
    rf"({P})\s+(?:(?:that|which)\s+)?(?:com(?:es?|ing)|originat(?:es?|ing)|is\s+sent|sent)\s+"
    rf"(?:from|out\s+of)\s+({P})",
    re.I,
)


def reword(shape: Shape) -> None:
    """Put the turns of phrase of a text in the plainer ones that mean the same."""
    shape.text = _GLUED.sub(_apart, shape.text)
    shape.text = _COMPLAINED.sub(r"only \g<to> may reach \g<who>", shape.text)
    shape.text = _FROM.sub(
        lambda found: found[2] if getattr(shape.value(found[1]), "everyone", False) else found[0],
        shape.text,
    )
    parts = SENTENCE.split(shape.text)
    shape.text = "".join(
        _reworded(shape, one) if place % 2 == 0 else one for place, one in enumerate(parts)
    )


def _reworded(shape: Shape, text: str) -> str:
    for pattern, replacement in REWORDINGS:
        text = pattern.sub(replacement, text)
    text = _OUT_OF.sub(
        lambda found: found[2] if getattr(shape.value(found[1]), "everyone", False) else found[0],
        text,
    )
    text = _PAIRS.sub(_each_pair, text)
    text = _inner(shape, text)
    text = _OTHER_ADDRESS.sub(lambda _: f"anything else on {_world(shape)}", text)
    text = _DESCRIBED_ADDRESS.sub(
        lambda found: "" if _is_address(shape, found["what"]) else found[0], text
    )
    text = _GLUED.sub(_apart, text)
    text = _AMONG.sub(lambda found: _among(shape, found), text)
    text = _ANYTHING.sub(
        lambda found: "reach " if getattr(shape.value(found[1]), "everyone", False) else found[0],
        text,
    )
    return spell_out(shape, _named(_inside(shape, _pair(text))))


_OUT_OF = re.compile(rf"({P})\s+(outside\s+(?:of\s+)?(?:the\s+)?(?={P}))", re.I)
_ONE_PAIR = rf"{P}\s+(?:to|->)\s+{P}{ON}?"
_PAIRS = re.compile(
    rf"^(?:please\s+)?(?:allow|permit)\s+{_ONE_PAIR}(?:(?:\s*,\s*(?:and\s+)?"
    rf"|\s+and\s+){_ONE_PAIR})+\s*$",
    re.I,
)
_INNER = re.compile(
    r"(?<=[:;,.]\s)(?:all\s+|the\s+)?(?:pods?|workloads?|things?|everything)\s+(?:inside|within"
    r"|in)(?:\s+(?:it|there|the\s+namespace))?"
    rf"\s+(?={MAY}\b)",
    re.I,
)


_OTHER_ADDRESS = re.compile(
    r"\bany\s+other\s+(?:external|public|outside)\s+(?:ips?|ip\s+address(?:es)?|address(?:es)?"
    r"|hosts?|destinations?|sites?)\b",
    re.I,
)
_DESCRIBED_ADDRESS = re.compile(
    r"\bthe\s+(?:(?!and\b|or\b|to\b|from\b|but\b|only\b"
    r"|not\b)[a-z-]+\s+){1,3}(?=(?P<what><P\d+>))",
    re.I,
)


def _world(shape: Shape) -> str:
    return shape.add(
        "P", End(options=((Entities(("world",)),),), said="the internet"), "the internet"
    )


def _is_address(shape: Shape, mark: str) -> bool:
    """Say whether an end is an address or a host outside, whatever it was called besides."""
    end = shape.value(mark)
    parties = [party for option in end.options for party in option] if isinstance(end, End) else []
    return bool(parties) and all(isinstance(one, Networks | DnsNames) for one in parties)


def _each_pair(found: re.Match[str]) -> str:
    """Return `allow a to b on 80, c to d on 90` as a sentence for each pair."""
    pairs = re.findall(rf"({P})\s+(?:to|->)\s+({P})(?:\s*\(?({T})\)?)?", found[0])
    if len({bool(on) for *_, on in pairs}) > 1:
        return found[0]
    return ". ".join(f"{a} may reach {b} {on}".strip() for a, b, on in pairs)


def _inner(shape: Shape, text: str) -> str:
    """Return `isolate x: pods inside may ...` with the namespace in their place."""
    first = re.search(P, text)
    if not first or not _space(shape, first[0]):
        return text
    return _INNER.sub(f"{first[0]} ", text)


_ANYTHING = re.compile(
    rf"\b(?:initiate|start|open|send|establish)s?\s+({P})\s+(?:to|towards?|into|at|with)\s+"
    rf"(?={P})",
    re.I,
)
_ABOUT_IT = re.compile(rf"^({P})\s*:\s*(?P<rest>[^:]*)$", re.I)
_IT = re.compile(r"\b(?:it|them)\b", re.I)


def _named(text: str) -> str:
    """Return `a: only b may reach it` with the name in the place of the pronoun."""
    found = _ABOUT_IT.match(text)
    if not found or len(_IT.findall(found["rest"])) != 1:
        return text
    return _IT.sub(found[1], found["rest"])


def _inside(shape: Shape, text: str) -> str:
    """Return what shall not come from outside of a namespace, or go there, in plain sentences."""
    found = _OUTSIDE.search(text)
    first = re.match(rf"(?:(?:all|any|every|the)\s+)?({P})\s+(?:{MAY}|is|are)\b", text, re.I)
    if not found or not first or not _space(shape, first[1]):
        return text
    who, before, behind = first[1], text[: found.start()], text[found.end() :]
    if behind.strip(" .") or not before.strip():
        return text
    if not found["acts"]:
        if not (found["toward"] or found["not"]) or found["who"]:
            return text
        return f"{before}. {who} may reach nothing else"
    if found["toward"] or found["not"]:
        return text
    allowed = f". {found['who']} may reach {who}{found['on'] or ''}" if found["who"] else ""
    return f"{before}{allowed}. Nothing else may reach {who}"


def _pair(text: str) -> str:
    """Return `a and b ..., so deny traffic between them` with the names in the place of `them`."""
    found = _TWO.match(text)
    if not found or not _THEM.search(text):
        return text
    return _THEM.sub(f"between {found[1]} and {found[2]}", text[found.end() :])


def _space(shape: Shape, mark: str) -> tuple[str, ...]:
    """Return the namespaces that an end is all the pods of; empty for any other end."""
    end = shape.value(mark)
    parties = [party for option in end.options for party in option] if isinstance(end, End) else []
    if len(parties) == 1 and isinstance(parties[0], Pods):
        party = parties[0]
        if party == Pods(namespaces=party.namespaces):
            return party.namespaces or ()
    return ()


def _among(shape: Shape, found: re.Match[str]) -> str:
    """Return `everything in x may reach everything else in x` as what x may reach: x."""
    space = _space(shape, found[1])
    if not space or not re.search(r"\b(?:else|other|another)\b", found[0]):
        return found[0]
    if found[3] and _space(shape, found[3]) != space:
        return found[0]
    if not found[3] and re.search(r"\belse\b", found[0], re.I):
        return found[0]
    return f"{found[1]}{found[2]} {found[1]}"

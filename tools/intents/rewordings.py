"""Turns of phrase that mean the same as a plainer one, put plainly before they are read.

They work on a text in which names, labels, ports and requests are marks already, so that each
pattern is about the words between them. What a pattern takes, it takes whole: no word is dropped
unless it says nothing about who may reach whom.
"""

import re
from typing import Final

from tools.intents.exceptions import spell_out
from tools.intents.parties import End
from tools.intents.shapes import Shape
from topology.authoring import Pods

__all__ = ["reword"]

_P = r"<P\d+>"
_PL = rf"(?:{_P}(?:(?:\s*,\s*(?:and\s+|or\s+)?|\s+and\s+|\s+or\s+){_P})*)"
_T = r"<T\d+>"
_ON = rf"(?:\s+\(?{_T}\)?)"
_MAY = (
    r"(?:(?:may|can|could|should|must|shall|will|might)(?:\s+(?:be\s+(?:able|allowed|permitted)"
    r"\s+to|ever|still))*|(?:is|are)\s+(?:to\s+be\s+)?(?:allowed|permitted|able|supposed"
    r"|meant)\s+to"
    r"|(?:needs?|has|have|ought)\s+to(?:\s+be\s+able\s+to)?)"
)
_VERB = (
    r"(?:reach(?:es)?|access(?:es)?|contacts?|calls?|hits?|uses?|quer(?:y|ies)|sees?|touch(?:es)?"
    r"|(?:talk|speak|connect|go|get|write|send|get\s+through|open\s+connections|initiate"
    r"\s+connections|make\s+(?:calls|requests|connections))s?(?:\s+(?:out\s+)?(?:to|with|at))?"
    r"|communicates?(?:\s+with)?)"
)
_THING = (
    r"(?:things?|ones?|pods?|workloads?|services?|apps?|applications?|destinations?|places?|hosts?"
    r"|endpoints?|targets?|peers?|sites?|domains?|addresses|address|systems?|components?|clients?"
    r"|callers?|sources?)"
)
_CLOSED = (
    r"(?:forbidden|denied|blocked|refused|prohibited|disallowed|rejected|dropped|not"
    r"\s+(?:allowed|permitted|ok(?:ay)?|wanted|the\s+case|true)|off[\s-]limits|not)"
)
_FINE = r"(?:fine|ok(?:ay)?|allowed|permitted|good|legit(?:imate)?|acceptable)"
_EGRESS = r"(?:egress|outbound|outgoing)(?:\s+(?:access|traffic|connections?|connectivity))?"
_INGRESS = r"(?:ingress|inbound|incoming)(?:\s+(?:access|traffic|connections?|connectivity))?"
_BREAK = r"(?=\s*(?:[.,;)\n]|$|\s(?:and|but|while|except|apart|other|unless)\b))"
_PLAIN_WORD = (
    r"(?!(?:only|not|no|never|none|nothing|nobody|nowhere|neither|nor|except|but|unless|until|if"
    r"|when"
    r"|while|before|after|during|may|can|must|should|shall|could|will|need|needs|deny|denied|block"
    r"|blocked|allow|allowed|permit|permitted|reach|reachable|reaches|call|calls|called|talk|talks"
    r"|accept|accepts|isolate|isolated|lock|locked|restrict|restricted|limit|limited|from|by|so"
    r"|therefore|hence|thus|accessible|exposed|open|ingress|egress|inbound|outbound|dns|mtls|tls"
    r"|strict|other|others|else|rest|everyone|everything|anyone|anything|to|default)\b)"
    r"[a-z][\w'/-]*"
)
_SO = r"(?:,?\s+(?:and\s+)?(?:so|hence|therefore|thus|which\s+is\s+why|that\s+is\s+why)\b,?)"

_SENTENCE = re.compile(r"((?<=[^\s.])\s*(?:[.!?]+(?=\s|$)|;|\n+)\s*)")
_ANY_REWORDINGS: tuple[tuple[str, str], ...] = (
    # What is said to make no difference makes none.
    (r",?\s*(?:no\s+matter|regardless\s+of|irrespective\s+of)\s+(?:(?:who|what|which|where|how)\b"
     r"(?:\s+[a-z]+){1,4}|(?:the|their|its)\s+(?:source|caller|sender|client|origin|destination))"
     + _BREAK, ""),
    (rf"(?<=open|osed|ible|able)\s+(?:at\s+(?:the\s+moment|present)|right\s+now|today|as\s+it"
     rf"\s+stands|these\s+days){_BREAK}", ""),
    (r"\s*\(\s*((?:keep\s+)?dns)\s+(?:must|should|has\s+to|needs\s+to)?\s*(?:keep|still|continue"
     r"\s+to)?\s*(?:work(?:ing|s)?)?(?:\s+of\s+course)?\s*\)", ". Keep DNS working"),
    (r"(?<=>)\s+to\s+be\s+(?:able|allowed|permitted)\s+to\s+", " may "),
    # `except for a inbound on 80`
    (rf"\b(except\s+(?:for\s+)?)({_PL})\s+inbound\b", r"\1ingress from \2"),
    (r"\b(dns)\s+(?:outbound|egress)\b", r"\1"),
    # `a may reach b and be cut off from everything else`
    (rf"^({_P})(\s+{_MAY}\s+[^.;]*?),?\s+(?:and|but)\s+(?:(?:should|must|shall)\s+)?"
     r"(?:otherwise\s+be\s+"
     r"(?:cut\s+off|isolated|closed|sealed\s+off|locked\s+down)|be\s+(?:cut\s+off|isolated"
     r"|sealed\s+off|locked\s+down)"
     r"\s+(?:from\s+(?:everything|everyone|anything)\s+else|otherwise))(?:,?\s+"
     r"(?:inbound\s+as\s+well\s+as\s+outbound"
     rf"|in\s+both\s+directions|both\s+ways|inbound\s+and\s+outbound))?{_BREAK}",
     r"\1\2. Nothing else may reach \1. \1 may reach nothing else"),
    (rf"\bgive\s+({_PL})\s+(?:an?\s+)?(default[\s-]deny)\b", r"\2 for \1"),
    # `make HTTPS calls to a`
    (rf"\b(?:make|open|send|issue|perform|initiate|do|start)s?\s+(?:any\s+)?({_T})\s+(?:http\s+)?"
     r"(?:calls?|requests?"
     r"|connections?|sessions?|queries|lookups)\s+(?:to|on|against|towards?)\b", r"reach \1 of"),
    (r"\binitiate\s+(?:anything|any\s+traffic|traffic|any\s+connections?)\s+(?:to|towards?|into"
     r"|with)\b", "reach"),
    # Tokens that callers need.
    (r"(?:all\s+|any\s+|every\s+)?(?:callers?|clients?|users?|requests?|traffic|calls?"
     rf"|access)\s+(?:of|to|for)\s+({_P})\s+"
     r"(?:needs?|requires?|must\s+(?:have|carry|present|include|come\s+with|use)|(?:must|should"
     rf"|have\s+to)(?=\s+<T))\s+({_T})",
     r"\1 requires \2"),
    (rf"({_T})(\s*[,;]\s*|\s+and\s+)(?:requests?|calls?|callers?|anything|everything"
     r"|traffic)\s+without\s+(?:one|it|that|a\s+token)\s+"
     rf"(?:is|are|must\s+be|should\s+be|shall\s+be|has\s+to\s+be)\s+{_CLOSED}{_BREAK}", r"\1"),
    # Ports of an end, and whom they are for.
    (rf"({_P})(?:'s)?\s+({_T})\s+(?:{_MAY}\s+be|is|are)\s+(?:off[\s-]limits|closed|blocked|denied"
     r"|forbidden|hidden|unreachable"
     r"|inaccessible|not\s+(?:be\s+)?(?:reachable|accessible))\s+(?:for|to|from|by)\s+"
     rf"({_PL}){_BREAK}", r"\3 may not reach \1 \2"),
    (rf"({_P})(?:'s)?\s+({_T})\s+(is|are|shall\s+be|must\s+be|should\s+be)\s+(?:only\s+)?"
     rf"(?:reserved\s+)?for\s+({_PL})\s+"
     r"(?:exclusively|only|alone|solely)", r"\2 on \1 is for \4 only"),
    (rf"({_P})(?:'s)?\s+({_T})\s+(?:is|are|shall\s+be|must\s+be|should\s+be)\s+(?:only"
     rf"|exclusively|solely)\s+(?:reserved\s+)?for\s+({_PL})",
     r"\2 on \1 is for \3 only"),
    # What goes on at an end, and everything else of it.
    (r"\b((?:everything|anything|all)\s+else|all\s+other\s+traffic|any\s+other\s+traffic)\s+"
     r"(?:that\s+(?:is\s+)?)?(?:goes|going|comes|coming"
     r"|leaves|leaving|originates|originating)(?:\s+out)?\s+(?:of|from)\b", r"\1 from"),
    (r"\b((?:everything|anything|all)\s+else|all\s+other\s+traffic|any\s+other\s+traffic)\s+"
     rf"(?:leaving)\s+(?={_P})", r"\1 from "),
    (r"\b((?:everything|anything|all)\s+else|all\s+other\s+traffic|any\s+other\s+traffic)\s+"
     r"(?:that\s+(?:is\s+)?)?(?:arrives|arriving\s+at"
     r"|arrives\s+at|going\s+(?:in)?to|goes\s+(?:in)?to|coming\s+(?:in)?to|comes\s+(?:in)?to"
     r"|sent\s+to|headed\s+for|entering|hitting)",
     r"\1 to"),
    (r"\b(?:close|shut|cut)\s+(?=(?:everything|anything|all)\s+else\b)", "block "),
    # Nothing else, on both sides.
    (rf"^((?:please\s+)?(?:allow|let|permit)\s+({_P})\s+(?:to\s+)?[^.;]*?),?\s+(?:and|but)\s+"
     r"(?:to\s+)?nothing"
     r"\s+else,?\s+(?:in\s+or\s+out|in\s+and\s+out|inbound\s+or\s+outbound"
     r"|in\s+either\s+direction|in\s+both\s+directions|both\s+ways)"
     r"\s*$", r"\1. Nothing else may reach \2. \2 may reach nothing else"),
    (rf"^(({_P})\s+{_MAY}\s+[^.;]*?),?\s+(?:and|but)\s+(?:to\s+)?nothing"
     r"\s+else,?\s+(?:in\s+or\s+out|in\s+and\s+out|inbound\s+or\s+outbound"
     r"|in\s+either\s+direction|in\s+both\s+directions|both\s+ways)"
     r"\s*$", r"\1. Nothing else may reach \2. \2 may reach nothing else"),
    # What is said of an end before what is asked of it.
    (rf"^(?:please\s+)?({_P})\s+(?:{_MAY}\s+be|is\s+to\s+be|are\s+to\s+be|has\s+to\s+be)\s+"
     r"(?:locked\s+down|isolated|restricted|secured"
     r"|protected|closed\s+off|hardened|tightened|limited|configured|set\s+up)\s*,?\s*"
     r"(?:so\s+that|such\s+that|so)\s+", r"\1: "),
    (r"^(?:please\s+)?(?:secure|protect|harden|restrict|limit|lock(?:\s+down)?|isolate|tighten"
     r"|configure|set\s+up|change|fence|seal)"
     rf"(?:\s+off)?\s+({_P})(?:\s+down|\s+off)?\s*,?\s*(?:so\s+that|such\s+that|so)\s+", r"\1: "),
    (rf"^({_P})\s+(?:is|are)(?:\s+{_PLAIN_WORD}){{1,6}}\s*:\s*(?=\S)", r"\1: "),
    # `zero trust for x: default deny both directions, ...`
    (r"\b(?:zero[\s-]+trust|lock\s?down|isolation|baseline)\s+(?:for|of|on|in)\s+"
     rf"({_P})\s*[:,]\s*default[\s-]+deny\b",
     r"default deny for \1"),
    (rf"\bdefault[\s-]+deny((?:\s+(?:for|in|on)\s+{_P})?)\s+(?:in\s+|for\s+)?(?:both|all)\s+"
     r"(?:directions|ways|sides)\b",
     r"default deny\1"),
    (rf"(?<=[,;.])\s*dns\s+(?:is\s+)?allowed{_BREAK}", " keep DNS"),
    (rf"({_MAY})\s+(?:read|fetch|pull|consume|poll|download|query|load|collect|scrape"
     rf"|retrieve)\s+from\s+(?={_P})", r"\1 reach "),
    (r"^(?:please\s+)?allow\s+(?:that|this|those)(?:\s+traffic)?\s+(?:and|but)\s+(?=(?:deny|block"
     r"|drop|refuse|reject)\b)", ""),
    # `a -> b is fine`
    (rf"^({_PL}\s+may\s+reach\s+{_PL}{_ON}?)\s+(?:is|are)\s+{_FINE}\b", r"\1"),
    # The only thing that a may reach is b.
    (rf"(?:the\s+)?(?:only|sole)\s+{_THING}\s+(?:(?:that|which|who|whom)\s+)?({_PL})\s+{_MAY}\s+"
     rf"{_VERB}({_ON}?)\s+(?:is|are|be|should\s+be|must\s+be|shall\s+be)\s+({_PL})",
     r"\1 may reach only \3\2"),
    (rf"({_PL})\s+(?:is|are|be|shall\s+be|should\s+be|must\s+be|remains?)\s+the\s+(?:only|sole)\s+"
     rf"{_THING}\s+(?:(?:that|which|who|whom)\s+)?({_PL})\s+{_MAY}\s+{_VERB}({_ON}?){_BREAK}",
     r"\2 may reach only \1\3"),
    (rf"(?:all|what)\s+(?:that\s+)?({_PL})\s+{_MAY}\s+{_VERB}\s+(?:is|are)\s+(?:only\s+)?({_PL})",
     r"\1 may reach only \2"),
    (rf"\bit\s+is\s+only\s+({_PL})\s+(?:that|who|which)\s+(?={_MAY})", r"only \1 "),
    (rf"({_PL}),?\s+and\s+(?:nothing|nobody|no\s+one)\s+else,?\s+(?={_MAY}\s+(?!be\s+(?:reach"
     r"|call|acc|cont)))",
     r"only \1 "),
    # A direction that there shall be nothing of.
    (rf"({_PL})\s+(?:{_MAY}\s+(?:not|never)\s+(?:have|get|need)\s+(?:any\s+)?"
     rf"|(?:has|have|gets?|needs?|{_MAY}\s+have|(?:is|are)\s+to\s+have|does\s+not\s+need"
     r"|do\s+not\s+need)"
     rf"\s+(?:no|any|deny)\s+){_EGRESS}(?:\s+(?:at\s+all|whatsoever))?{_BREAK}",
      r"\1 may reach nothing"),
    (rf"({_PL})\s+(?:{_MAY}\s+(?:not|never)\s+(?:have|get|need)\s+(?:any\s+)?"
     rf"|(?:has|have|gets?|needs?|{_MAY}\s+have|(?:is|are)\s+to\s+have|does\s+not\s+need"
     r"|do\s+not\s+need)"
     rf"\s+(?:no|any|deny)\s+){_INGRESS}(?:\s+(?:at\s+all|whatsoever))?{_BREAK}",
      r"nothing may reach \1"),
    (rf"^({_P})\s*:\s*no\s+(?:network\s+)?(?:access|connections?|connectivity|traffic|calls"
     r"|route)\s+to"
     rf"\s+({_PL})(?:\s+(?:at\s+all|whatsoever))?", r"\1 may not reach \2"),
    (r"^no\s+(?:network\s+)?(?:access|connections?|connectivity|traffic|calls|route)\s+for\s+"
     rf"({_PL})\s+to"
     rf"\s+({_PL})", r"\1 may not reach \2"),
    # `a may reach b, the reverse is forbidden`
    (rf"({_PL})\s+({_MAY})\s+({_VERB})\s+({_PL})({_ON}?)(\s*,|\s+and|,\s*and|,?\s*but|,\s*while|;"
     r"|\.)\s+"
     r"(?:the\s+(?:reverse|opposite|other\s+direction|inverse)(?:\s+direction)?"
     r"|the\s+other\s+way\s+a?round"
     rf"|the\s+way\s+back|the\s+return\s+direction|in\s+the\s+other\s+direction\s+nothing)\s+"
     rf"(?:is|must\s+be|should\s+be|shall\s+be|has\s+to\s+be|are|must|should)\s+{_CLOSED}{_BREAK}",
     r"\1 may reach \4\5, and \4 may not reach \1"),
    (rf"({_PL})\s+({_MAY})\s+({_VERB})\s+({_PL})({_ON}?),?\s+(?:but\s+|and\s+)?(?:not\s+"
     r"(?:vice[\s-]versa"
     r"|the\s+other\s+way\s+a?round|the\s+reverse|back)|never\s+(?:vice[\s-]versa"
     rf"|the\s+other\s+way\s+a?round)){_BREAK}",
     r"\1 may reach \4\5, and \4 may not reach \1"),
    # Who goes on working for whom.
    (rf"({_PL})\s+(?:(?:must|should|shall|has\s+to|have\s+to)\s+)?(?:keeps?|stays?|remains?"
     r"|continues?\s+to"
     r"\s+be|continues?\s+to)\s+(?:working|work|reachable|available|accessible|usable|open)\s+"
     r"(?:for|from|to)\s+"
     rf"({_PL})", r"\2 may reach \1"),
    # Metrics are fetched by whoever scrapes.
    (r"\b(scrap(?:e|es|ing)|collect(?:s|ing)?|pull(?:s|ing)?|fetch(?:es|ing)?|read(?:s|ing)?)\s+"
     r"(?:the\s+|its\s+"
     rf"|their\s+)?(?:prometheus\s+)?metrics\s+(?:endpoints?\s+)?(?:(?:from|of|on)\s+(?={_P})|"
     rf"(?=<T\d+>\s+(?:from|of|on)\s+{_P}))",
     r"scrape "),
    # Reasons that tell of an end, before what is asked for it.
    (rf"^({_P})\s+(?:is|are|was|were|has|have|holds?|stores?|contains?|handles?|runs?|serves?"
     r"|processes"
     rf"|process|belongs?)(?:\s+(?:to\s+)?{_PLAIN_WORD}){{1,9}}{_SO}\s+", r"\1: "),
    # Defence in depth that is asked for of an end.
    (r"\b(defen[cs]e\s+in\s+depth|layered\s+(?:policy|policies|defen[cs]e|protection))\s+(?:for"
     r"|on|around|of|to)"
     rf"\s+({_P})\s*[:,]\s*", r"\1. \2: "),
    (r"\bwith\s+(?:an?\s+|the\s+)?exceptions?\s+(?:for|of|being)\b", "except for"),
    (r"\b(?:its|their|an?)\s+own\s+(default[\s-]deny)", r"\1"),
)  # fmt: skip
_REWORDINGS: Final = tuple(
    (re.compile(pattern, re.I), replacement) for pattern, replacement in _ANY_REWORDINGS
)
_AMONG = re.compile(
    rf"^({_P})(\s+{_MAY}\s+{_VERB})\s+(?:everything|anything|everyone|all\s+others?|others?)"
    rf"(?:\s+else)?(?:\s+in\s+({_P}))?",
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
    rf"(?:,?\s*(?:except|apart\s+from|other\s+than|but|save)(?:\s+for)?\s+(?P<who>{_PL})"
    rf"(?P<on>{_ON}?))?" + _BREAK,
    re.I,
)
_THEM = re.compile(
    r"\bbetween\s+(?:them|the\s+two|these\s+two|those\s+two|the\s+two\s+of\s+them)\b", re.I
)
_TWO = re.compile(rf"^({_P})\s+and\s+({_P})\s+(?P<tells>[^<>]*?){_SO}\s+", re.I)


_COMPLAINED = re.compile(
    rf"(?P<who>{_P})\s+(?:is|are)\s+(?:currently\s+|just\s+|far\s+|way\s+|much\s+)*(?:too\s+"
    r"|wide\s+)?(?:open|exposed"
    r"|permissive|public|reachable|accessible)(?:\s+(?:at\s+the\s+moment|at\s+present|right\s+now"
    r"|today|to\s+everyone"
    r"|from\s+everywhere|for\s+everyone|to\s+everything|to\s+anyone))*\s*(?:[.;,]|[,;]?\s+so"
    r"|[,;]?\s+and)\s+(?:please\s+)?"
    r"(?:restrict|limit|tighten|narrow|lock)\s+(?:it|them|that|this|access)(?:\s+down)?\s+to\s+"
    rf"(?P<to>{_PL})",
    re.I,
)
_FROM = re.compile(
    rf"({_P})\s+(?:(?:that|which)\s+)?(?:com(?:es?|ing)|originat(?:es?|ing)|is\s+sent|sent)\s+"
    rf"(?:from|out\s+of)\s+({_P})",
    re.I,
)


def reword(shape: Shape) -> None:
    """Put the turns of phrase of a text in the plainer ones that mean the same."""
    shape.text = _COMPLAINED.sub(r"only \g<to> may reach \g<who>", shape.text)
    shape.text = _FROM.sub(
        lambda found: found[2] if getattr(shape.value(found[1]), "everyone", False) else found[0],
        shape.text,
    )
    parts = _SENTENCE.split(shape.text)
    shape.text = "".join(
        _reworded(shape, one) if place % 2 == 0 else one for place, one in enumerate(parts)
    )


def _reworded(shape: Shape, text: str) -> str:
    for pattern, replacement in _REWORDINGS:
        text = pattern.sub(replacement, text)
    text = _AMONG.sub(lambda found: _among(shape, found), text)
    text = _ANYTHING.sub(
        lambda found: "reach " if getattr(shape.value(found[1]), "everyone", False) else found[0],
        text,
    )
    return spell_out(shape, _named(_inside(shape, _pair(text))))


_ANYTHING = re.compile(
    rf"\b(?:initiate|start|open|send|establish)s?\s+({_P})\s+(?:to|towards?|into|at|with)\s+"
    rf"(?={_P})",
    re.I,
)
_ABOUT_IT = re.compile(rf"^({_P})\s*:\s*(?P<rest>[^:]*)$", re.I)
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
    first = re.match(rf"(?:(?:all|any|every|the)\s+)?({_P})\s+(?:{_MAY}|is|are)\b", text, re.I)
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

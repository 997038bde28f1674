"""Trouble that a person tells of, or pastes: it is followed to its cause, not looked up.

What is told ("checkout times out calling payments") goes to the diagnosis. What is asked ("why
can't checkout reach payments?") is answered for what it asks; only where the policies allow the
connection, so that they are not the reason, is its cause looked for besides.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.models.rules.frame import Frame
from assistant.models.rules.observed import TOOLS

if TYPE_CHECKING:
    from topology.diagnosis.evidence import Aspect

__all__ = ["follow", "is_told", "tells_of_trouble"]

_NOT = (
    r"(?:can(?:'?t|not| not| no longer)|could(?:n'?t| not)|unable to|fail(?:s|ed|ing)? to|never|"
    r"no longer|stopped|do(?:es)?(?:n'?t| not)|did(?:n'?t| not)|won'?t|will not|is(?:n'?t| not)|"
    r"are(?:n'?t| not))"
)
_TROUBLE = re.compile(
    rf"\btim\w{{0,3}}[- ]?outs?\b|\btimeouts?\b|\bslow\w*|\bsluggish\b|\blag\w*\b|\bstuck\b|"
    rf"\bpending\b|\bcrash\w*|\b(?:not ?|un)ready\b|(?<![.\d])0/\d+\b|\bunreachable\b|"
    rf"\brefus(?:e[sd]?|ing)\b|"
    rf"\bhang(?:s|ing)?\b|\bresets?\b|"
    rf"\bfail(?:s|ed|ing|ures?)?\b|\bbroken\b|\bbreaks?\b|\bdead\b|"
    rf"\b(?:is|are|went|goes|seems?)\s+down\b|\bdown\W*$|\b(?:lost|loses?|losing)\b|\bloss\b|"
    rf"\bdrop(?:s|ping)\b|\bdropped\b|\blatenc\w+|\bspik\w+|\bintermittent\w*|\bsporadic\w*|"
    rf"\brandom(?:ly)?\b|\bflak\w+|"
    rf"\bno (?:\w+ )?(?:endpoints?|responses?|answers?|repl(?:y|ies)|traffic|ips?)\b|"
    rf"\w+exception\b|\bunknown ?host|name or service not known|\bcould not resolve\b|"
    rf"\bretransmi\w+|\bcut off\b|\bdeadline exceeded\b|\bwrong(?:ly)?\b|\bnot found\b|"
    rf"\b(?:not enough|out of|no (?:more|free)) (?:ips?|addresses)\b|\bunhealthy\b|\bdegraded\b|"
    rf"\bdisappear\w*|\bcollaps\w+|\bunavailable\b|\bunresolved\b|\bunstable\b|\berror\w*|"
    rf"(?<![\d.:/$])50\ds?(?![\d./%])|\b5xx\b|\b40[13]s?\b|\bcontainercreating\b|"
    rf"\bgetaddrinfo\b|\bE(?:CONN\w+|TIMEDOUT|NOTFOUND|AI_AGAIN|HOSTUNREACH)\b|\bno such host\b|"
    rf"nxdomain|\bERR_[A-Z_]+\b|<(?:none|pending|unknown)>|\bcrawl(?:s|ing)?\b|"
    rf"\bgrumbl\w*|\bcomplain\w*|"
    rf"\b(?:nobody|nothing|no ?one)\b.{{0,20}}\b(?:behind|answer\w*|listen\w*)\b|"
    rf"\bservfail\b|\bdial tcp\b|\bi/o timeout\b|\bcurl: \(\d+\)|access denied|"
    rf"\b(?:something|anything|what'?s?|what is|nothing)\b.{{0,12}}\b(?:wrong|up|broken)\b|"
    rf"\b(?:problems?|issues?|trouble|outage|incident)\b|\bmisbehav\w+|\bunschedul\w+|"
    rf"\b{_NOT}\s+(?:\w+\s+){{0,2}}?(?:reach|talk|connect|call|access|resolv|find|look|answer|"
    rf"respond|start|come up|get|work|work\w*|load|see|open|ping|contact|speak|receive|becom|"
    rf"be (?:reached|resolved|scheduled|contacted))\w*\b|"
    rf"\b(?:one|a single|the same) (?:of the |of its )?(?:pod|replica|instance|backend)s?\b"
    rf".{{0,40}}\b(?:all|most|every|everything|nearly all|hot|busy)\b|\bhot (?:pod|spot)\b|"
    rf"\b(?:uneven|imbalance|unbalanced|overload)\w*\b|\bno (?:\w+ )?(?:reaches|arrives|gets to)\b|"
    rf"\b(?:still|too|so|very|take\w*|forever)\s+(?:\w+\s+)?(?:long|ages|forever)\b|"
    rf"\bnothing\b.{{0,30}}\b(?:can|could)\b|\bexhaust\w+|"
    rf"\b(?:nobody|no ?one|nothing|none)\b.{{0,60}}\b(?:any ?(?:longer|more)|since)\b|"
    rf"\b(?:is|are|was|were|has|have|went)?\s*(?:vanished|gone|missing|disappeared)\b|"
    rf"\bevaporat\w*|\b\w*(?:thrown|kicked|locked|shut|turned) (?:out|away|off)\b|"
    rf"\breject(?:s|ed|ing)?\b|\bbounced?\b|\blop-?sided\b|\bdisproportion\w*|"
    rf"\bno (?:internet|connectivity|network|egress|outbound|ingress|access|dns)\b|"
    rf"\b(?:could not|cannot|can'?t|unable to) (?:translate|open|establish)\b|"
    rf"\bnot (?:reachable|available|accessible|responding|working|resolvable)\b|"
    rf"\binaccessible\b|\bpackets? (?:\w+ )?(?:denied|rejected|discarded)\b|"
    rf"\btakes? (?:about |some |over )?\d+ ?(?:ms|s|secs?|seconds?|min\w*)\b|"
    rf"\bhiccup\w*|\bglitch\w*|\bpeg(?:s|ged|ging)\b|\bsaturat\w*|\bcongest\w*|"
    rf"\btemporary failure\b|\w+(?:Error|Exception|Failure)\b|\berrno\b|"
    rf"\b{_NOT}\s+(?:\w+\s+){{0,2}}?(?:push|send|pull|write|deliver|publish|fetch|download|"
    rf"upload|subscribe|pass|establish|negotiate|authenticate|login|log in|register)\b",
    re.I,
)
_PASTED = re.compile(
    r"^\s*(?:warning|normal)\s+[A-Z]\w+\s+.{0,40}\s|"
    r"\bcurl: \(\d+\)|\bwget: |\bnc: |\bdial (?:tcp|udp)\b|\bi/o timeout\b|"
    r"\bread (?:tcp|udp) \S+->|\bwrite (?:tcp|udp) \S+->|"
    r"\b[A-Za-z_][\w.$]*(?:Error|Exception|Timeout)\b\s*[:(]|\berrno\b|\[errno |"
    r"^\s*(?:\w+=\S+\s+){3,}|"
    r"^\s*\W?(?:\w{3} +\d{1,2} |\d{4}-\d\d-\d\d[T ])\d\d:\d\d:\d\d|"
    r'"[A-Z]{3,7} \S+ HTTP/[\d.]+" \d{3}\b|'
    r"\b(?:getaddrinfo|nslookup|dig|ping)\b: |\brpc error: code = |"
    r"\bupstream connect error or disconnect|\bno healthy upstream\b|RBAC: access denied|"
    r"\bERR_[A-Z_]+\b|\bDNS_PROBE_\w+|"
    r"\bxx drop \(|\blevel=(?:error|warn\w*|fatal)\b|\bpanic: |\bTraceback \(most",
    re.I,
)
"""Marks of what a program printed: a person does not ask about such words one by one."""
_ASKS = re.compile(
    r"\?\s*$|\?\s|\bwhy\b|\bwhether\b|"
    r"[:;,]\s+(?:can|could|does|do|is|are|will|would|may|who|what|which)\s+(?!not\b)\w|^\W*(?:(?:and|so|but|ok|okay|hi|hello|hey|please|then)[,\s]+)*"
    r"(?!\w+(?:n'?t| ?not)\b)"
    r"(?:who|whom|whose|what|which|where|when|why|how|can|could|may|might|is|are|was|were|do|does|"
    r"did|should|would|will|shall|has|have|list|show|explain|describe|tell|give|find|count|check|"
    r"verify|confirm|prove|proof|evidence|demonstrate|make sure|ensure|review|audit|draft|write|"
    r"create|generate|"
    r"allow|permit|deny|block|forbid|restrict|let|only|isolate|open|close|apply|delete|remove|add|"
    r"any|suppose|supposing|assume|assuming|imagine|if|simulate|compare|plan|design|size|allocate|"
    r"reserve|release|convert|merge|migrate|tighten)\b",
    re.I,
)
_WISHES = re.compile(
    r"\b(?:should|must|shall|ought|supposed|need(?:s|ed)? to|want(?:s|ed)?|may only|"
    r"(?:can|may) only|would|could (?:i|we|you|one)|allowed to|"
    r"permitted to)\b|\bmake\b.{0,40}\bunreachable\b|"
    r"\bexcept\b|\bpolic(?:y|ies)\b.{0,40}\b(?:invalid|broken|wrong)\b|\bif\b.{0,40}\bfails?\b",
    re.I,
)
_WRONG = re.compile(
    r"\b(?:something|anything|what'?s|what is)\b.{0,12}\bwrong (?:with|in|on)\b", re.I
)
_BLAMES = re.compile(
    r"\b(?:is|are|was|were|could|may|might|can)\b.{0,40}\b(?:break(?:s|ing)?|caus(?:e|es|ing)|"
    r"(?:the|a) (?:reason|cause|culprit|problem)|to blame|behind (?:this|it|that)|"
    r"responsible (?:for)?|at fault)\b",
    re.I,
)
_MAY_BE_FLOW = re.compile(r"\{.*\}|->|<-|<>", re.S)
_LISTS = re.compile(
    r"\W*(?:which|who|whose|how many|how much|list|show)\b(?!\s+(?:pods?|services?|workloads?|"
    r"nodes?|things?|polic\w+|connections?|layer|part|component|hop)\b)",
    re.I,
)
_SERVERS = re.compile(r"\bcore-?dns\b|\bkube-dns\b", re.I)
"""The DNS servers may be one end of a connection like any other."""
_ENDS_IN_LINE = re.compile(r"->|(?:\d{1,3}\.){3}\d|HTTP/\d|^\s*(?:warning|normal)\s", re.I)
"""Ends that a program printed: which of them called is read from its own form, not from grammar."""
_LACKS = re.compile(r"\b(?:none|never|nobody|nothing|neither|no longer|any ?more)\b|n't\b", re.I)
_OURS = re.compile(
    r"\b(?:pods?|services?|replicas?|nodes?|deployments?|apps?|clusters?|endpoints?|requests?|"
    r"traffic|packets?|connections?|network|dns)\b",
    re.I,
)
_WHY = re.compile(r"\W*(?:so |and |but )?(?:why|how come)\b", re.I)
_SENTENCES = re.compile(r"(?<=[?!.])\s+")
_EMPTY = ("flows", "past", "hypothesis", "review", "")


def tells_of_trouble(text: str) -> bool:
    """Return whether words tell of something that does not work."""
    return bool(_TROUBLE.search(text))


def is_told(message: str) -> bool:
    """Return whether trouble is told, or a flow is pasted, rather than something asked.

    >>> is_told("checkout times out calling payments"), is_told("can a reach b?")
    (True, False)
    """
    if _is_flow(message) or is_pasted(message):
        return True
    asks = _ASKS.search(message) or _WISHES.search(message)
    return tells_of_trouble(message) and not asks


def is_pasted(message: str) -> bool:
    """Return whether a message is what a program printed: a log line, an event, an error.

    >>> is_pasted("curl: (28) Connection timed out"), is_pasted("web times out calling db")
    (True, False)
    """
    return bool(_PASTED.search(message)) and not message.rstrip().endswith("?")


def follow(message: str, frames: Sequence[Frame]) -> tuple[Frame, ...]:
    """Return frames that follow trouble to its cause; those of a message without any as they are.

    The ends of a connection that the frames have read are kept, as they are read with more care.
    """
    told = is_told(message)
    if told or _WRONG.search(message) or any(map(is_told, _SENTENCES.split(message))):
        # Who does not find a name was never on the way; so its ends are not of that connection.
        names = "dns" in _aspects_of(_SERVERS.sub(" ", message))
        is_path = not names and len(frames) == 1 and _is_one_path(frames[0])
        machine = is_pasted(message) and _ENDS_IN_LINE.search(message)
        if told and is_path and not machine and not _is_flow(message):
            return (replace(frames[0], symptom=message, told=True),)
        wrong = _WRONG.search(message) or _BLAMES.search(message)
        if told or all(
            frame.intent in ("docs", "decline")
            or (wrong and (frame.kind in TOOLS or frame.intent == "policies"))
            for frame in frames
        ):
            return (_diagnosis(message),)
    if _is_unanswered(frames) and _hints_at_trouble(message, frames):
        # Nothing else is made of it, and it tells of what can go wrong.
        return (_diagnosis(message),)
    if not tells_of_trouble(message) or _WISHES.search(message):
        return tuple(frames)
    if all(frame.intent == "decline" and frame.kind in _EMPTY for frame in frames):
        if _LISTS.match(message) and not _aspects_of(message):
            # "Which jobs are stuck" asks for a list of what no file holds, and for no cause.
            return tuple(frames)
        return (_diagnosis(message),)
    return tuple(
        replace(frame, symptom=message) if frame.intent == "reach" else frame for frame in frames
    )


def _hints_at_trouble(message: str, frames: Sequence[Frame]) -> bool:
    """Return whether a message of which nothing else is made may tell of trouble.

    Without a word of question it does if it is about a side of trouble, or says that something is
    not there; a question does if it asks why something is slow, uneven or does not start.
    """
    if _WISHES.search(message) or any(frame.kind == "hypothesis" for frame in frames):
        return False
    bare = message.rstrip().rstrip("?")
    if not _ASKS.search(bare):
        if bare != message.rstrip():
            return tells_of_trouble(bare)
        return bool(_aspects_of(message)) or (
            bool(_LACKS.search(message)) and bool(_OURS.search(message))
        )
    is_docs = any(frame.intent == "docs" for frame in frames)
    sides = _aspects_of(message) - {"connect", "http"}
    return bool(_WHY.match(message)) and not is_docs and tells_of_trouble(message) and bool(sides)


def _is_flow(message: str) -> bool:
    """Return whether one flow is pasted; the reader of flows is imported only where one may be."""
    if not _MAY_BE_FLOW.search(message):
        return False
    from topology.diagnosis.pasted import flow_in

    return flow_in(message) is not None


def _aspects_of(text: str) -> "frozenset[Aspect]":
    """Return which kinds of trouble a text tells of; imported when trouble is told at all."""
    from topology.diagnosis.symptom import aspects_of

    return frozenset(aspects_of(text))


def _is_unanswered(frames: Sequence[Frame]) -> bool:
    """Return whether nothing is made of a message, and no two ends wait to be put in order."""
    return all(
        frame.intent == "docs"
        or (frame.intent == "ask" and len(frame.ends) < 2)
        or (frame.intent == "decline" and frame.kind in _EMPTY)
        for frame in frames
    )


def _is_one_path(frame: Frame) -> bool:
    ends = (frame.sources, frame.destinations)
    known = all(len(refs) == 1 and len(refs[0].names) == 1 for refs in ends)
    return frame.intent == "reach" and known and not frame.alternative


def _diagnosis(message: str) -> Frame:
    return Frame(intent="check", kind="diagnose", arguments={"symptom": message.strip()})

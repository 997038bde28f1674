"""What lies outside: changes, observed traffic, hypotheses, other subjects."""

import re
from typing import Literal

from assistant.models.rules.lexicon import BREACHED, BREACHES, FOOTHOLD

__all__ = ["Outside", "find_outside", "is_breach", "measures"]

Outside = Literal["write", "change", "flows", "hypothesis", "past", "review", ""]

_POLITE = (
    r"^(?:(?:ok|okay|so|and|now|then|also|hi|hello|hey|please|kindly|just|go ahead and|next|"
    r"you should|you must)[,\s]+|"
    r"(?:can|could|would|will)\s+(?:you|u)\s+(?:please\s+|kindly\s+|also\s+|maybe\s+)?|"
    r"(?:i|we)\s+(?:want|need|would like|like)\s+(?:you\s+)?to\s+|help me(?: to)?\s+|let "
    r"us\s+|i want\s+|"
    r"(?:are you able|is it possible for you) to\s+|(?:run\s+)?kubectl\s+)*"
)
_MAKE = (
    r"(?:write|create|generate|make|draft|produce|compose|author|craft|build|define|propose|"
    r"suggest|prepare|"
    r"give me|add|need|want|design)\b"
)
_POLICY_NOUN = (
    r"(?:polic(?:y|ies)|netpols?|cnps?|ccnps?|networkpolic\w+|ciliumnetworkpolic\w+|"
    r"ciliumclusterwidenetworkpolic\w+|authorizationpolic\w+|peerauthentication\w*|"
    r"requestauthentication\w*|"
    r"rules?|manifests?|yaml|bicep|terraform)\b"
)
_DO = (
    r"(?:apply|deploy|delete|remove|restart|scale|patch|update|upgrade|change|edit|modify|"
    r"fix|repair|install|uninstall|"
    r"configure|enable|disable|block|allow|permit|deny|open up|open(?!\s+(?:(?:a|an|the|"
    r"up)\s+)?(?:\w+\s+)?(?:connections?|sessions?|sockets?|tunnels?|calls?|requests?)\b)|"
    r"close|lock down|lock|isolate|expose|reboot|drain|"
    r"cordon|kill|roll ?back|migrate|allocate|reserve|release|assign|rename|move|grant|"
    r"revoke|forbid|prevent|restrict|"
    r"tighten|harden|whitelist|blacklist|ban|quarantine|run|execute|exec|start|stop|shut "
    r"down|turn (?:on|off)|let (?:the )?@)\b"
)
_FLOWS = re.compile(
    r"\bhubble\b|\bflow ?logs?\b|\b(?:dropped|observed|recorded|recent|actual|"
    r"live)\s+(?:flows?|packets?|traffic|connections?)\b|"
    r"\b(?:packet|traffic)\s+(?:drops?|loss|volume|rates?)\b|\bdrops?\s+(?:on|in|per|by)\b|"
    r"\btop\s+(?:talkers?|\d+)\b|"
    r"\b(?:latency|throughput|bandwidth|retransmi\w+|requests? per second|rps|qps|metrics? "
    r"(?:of|for)|dashboards? for)\b|"
    r"\bhow (?:many|much|often)\b.{0,40}\bper (?:second|minute|hour|day)\b|"
    r"\bhow (?:many|much)\s+(?:flows?|packets?|requests?|traffic|bytes|connections?|drops?)\b|"
    r"\b(?:flows?|traffic|packets?)\b.{0,30}\b(?:last|past|"
    r"previous)\s+(?:\d+\s+)?(?:minutes?|hours?|days?|weeks?|night|month)\b|"
    r"\b(?:show|list|find|get|which|what)\s+(?:me\s+)?(?:all\s+)?(?:the\s+)?flows?\b|"
    r"\bload[- ]?imbalance\b|\bhot pod\b|"
    r"\bwho (?:called|talked to|connected to|contacted|hit)\b",
    re.I,
)
_HYPOTHESIS = re.compile(
    r"\bwhat (?:(?:would|will|could)\s+)?(?:breaks?|changes?|stops? working)\b|"
    r"\bwhat (?:(?:would|will|could)\s+)?happens?\b.{0,30}\b(?:if|without)\b|"
    r"\b(?:if|once|when|after|before|suppose|supposing|assuming|pretend\w*|imagin\w+|"
    r"hypothetically|assume)\b.{0,60}\b(?:deleted?|remov(?:e|ed|ing)|adds?|added|adding|"
    r"appl(?:y|ied|ying)|chang(?:e|ed|ing)|dropped? the policy|without the|deploy(?:ed|"
    r"ing)?|creat(?:e|ed|ing)|"
    r"gone|(?:do|does|did) not exist|(?:is|was|were|are) (?:not there|absent|missing|disabled))\b|"
    r"\b(?:ignoring|disregard\w*|leaving out|not counting)\s+(?:the\s+)?(?:policy|rule|netpol)\b|"
    r"\bwithout\s+(?:the\s+)?(?:policy|rule|netpol|@\d+@\s+policy)\b",
    re.I,
)
_SUPPOSES = re.compile(
    r"\b(?:if|when|once|suppos\w+|assum\w+|say|after|imagin\w+|given|in case|should|"
    r"what (?:happens|then)|worst case|blast radius)\b",
    re.I,
)
_NEEDS = re.compile(
    r"@\d+@\s+(?:not\s+)?(?:depends?|relies|rely|needs?|requires?|"
    r"trusts?)\s+(?:on\s+)?(?:the\s+)?@\d+@"
)
_PAST = re.compile(
    r"\b(?:did|was|were|has|had|have)\b.{0,80}\b(?:yesterday|last\s+(?:night|week|month|hour|year)|"
    r"\d+\s+(?:minutes?|hours?|days?|weeks?)\s+ago|earlier today|before the (?:change|"
    r"upgrade|incident|outage))\b",
    re.I,
)
_CHECK = re.compile(
    r"^(?:please\s+)?(?:make sure|ensure|verify|check|confirm|prove|validate|double[- "
    r"]check|find out|test)\b",
    re.I,
)


def is_breach(shape: str) -> bool:
    """Return whether an end is supposed to be taken over, which changes no file.

    "Can web be hacked" and "is web compromised" suppose nothing: they ask it.
    """
    the = r"\s+(?:the\s+|an?\s+|our\s+)?"
    if re.search(rf"\b{FOOTHOLD}{the}@", shape):
        return True
    if re.search(rf"\b{BREACHED}\s+(?:\w+\s+)?@", shape):
        return True
    if _SUPPOSES.search(shape) and re.search(rf"\b{BREACHES}{the}@", shape):
        return True
    asks = r"\b(?:can|could|may|might|is|are|was|has|have|did|does|how|who)\b[^@]*@\d+@[^@]*"
    told = re.search(rf"@\d+@\s+(?:\w+\s+){{0,3}}{BREACHED}", shape)
    return bool(told and (_SUPPOSES.search(shape) or not re.match(asks + BREACHED, shape)))


def measures(text: str) -> bool:
    """Return whether a number or a time of observed traffic is asked for."""
    return bool(
        re.search(
            r"\bhow (?:many|much|often)\b|\b(?:latency|throughput|bandwidth|rps|qps|volume)\b|"
            r"\btop\s+(?:talkers?|\d+)\b|\b(?:last|past|previous)\s+(?:\d+\s+)?"
            r"(?:minutes?|hours?|days?|weeks?|night|month)\b",
            text,
            re.I,
        )
    )


_REVIEW = re.compile(
    r"\b(?:which|what|list|any|are there|how many|show|find)\b.{0,20}\b(?:pods?|workloads?|"
    r"services?|"
    r"namespaces?|deployments?|apps?)\b.{0,25}\b(?:without|no|not|lack\w*|missing|unrestricted|"
    r"unprotected|uncovered|exposed|isolated|wide open|unused|open egress|unhealthy|broken|down)\b|"
    r"\b(?:everything|everyone|all pods|any pod|all workloads)\b.{0,20}\b(?:talk|reach|"
    r"connect|access)\w*\b"
    r".{0,8}\b(?:everything|everyone|each other|all|any)\b|\b(?:review|audit|assess|health "
    r"?check)\b",
    re.I,
)


def find_outside(text: str, shape: str, *, named: bool) -> Outside:
    """Return why a question lies outside, or "" if it does not.

    Args:
        text: The normalised question.
        shape: The same in lower case, with marks for names.
        named: Whether it names an end: a workload, an address, the internet.
    """
    if _CHECK.match(text):
        return ""
    plain = re.sub(_POLITE, "", shape.strip(), flags=re.I)
    if re.match(
        rf"(?:(?:i|we)\s+)?{_MAKE}.{{0,80}}\b{_POLICY_NOUN}", plain, re.I
    ) and not _asks_existing(plain):
        return "write"
    if re.search(
        rf"\b(?:write|draft|generate|create|give) (?:me |us )?(?:a|an|the|"
        rf"some)\b.{{0,30}}\b{_POLICY_NOUN}",
        plain,
        re.I,
    ):
        return "" if re.match(r"how\b", plain, re.I) else "write"
    if re.match(rf"{_DO}", plain, re.I) and not re.search(
        r"^(?:open|allow|block|stop|run)\w*\s+(?:to|from|by)\b", plain
    ):
        return "change"
    if _HYPOTHESIS.search(shape) and not is_breach(shape):
        return "hypothesis"
    if not named and _REVIEW.search(text):
        return "review"
    if _FLOWS.search(shape) or _NEEDS.search(shape):
        return "flows"
    return "past" if _PAST.search(shape) else ""


def _asks_existing(plain: str) -> bool:
    """Return whether "give me the policies of web" asks for what exists."""
    return bool(
        re.match(r"(?:give me|need|want)\b\s+(?:me\s+)?(?:(?:a\s+)?list of\s+|"
                 r"all\s+)?(?:the|all|every|which|each)?\s*"
                 r"(?:network\s+)?(?:policies|rules|netpols)\b", plain, re.I)
    )  # fmt: skip

"""Whether a text asks for a policy to be written, rather than a question to be answered."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.workspace import Workspace
    from topology.paths import Network

__all__ = ["asks_for_policy", "looks_like_request"]

_COURTESY = re.compile(
    r"^(?:(?:(?:hi|hey|hello)\s+(?:team|all|there|folks|everyone|guys|you)|hi|hey|hello|ok|okay"
    r"|so|now|then|and|also|but|well|please|pls|plz|thanks|right|great|"
    r"again|instead|cool|sorry)\b[\s,!.:-]*)+",
    re.I,
)
_ASK_TO = re.compile(
    r"^(?:(?:can|could|would|will)\s+(?:you|we|i)\s+(?:please\s+|maybe\s+|just\s+)*|(?:i"
    r"|we)\s+(?:really\s+)?(?:want|need|"
    r"would\s+like|(?:'?d)\s+like|have)\s+(?:you\s+)?to\s+|help\s+(?:me|us)\s+(?:to\s+)?"
    r"|let'?s\s+|go\s+ahead\s+and\s+)",
    re.I,
)
_WISH = re.compile(
    r"^(?:i|we|our\s+[\w-]+(?:\s+team)?)\s+(?:really\s+)?(?:wants?|needs?|would\s+like"
    r"|'?d\s+like)\b",
    re.I,
)
_QUESTION = re.compile(
    r"^(?:who|whom|whose|what|which|why|how|where|when|whether|is|are|was|were|does|do|did|can"
    r"|could|may|might|"
    r"should|shall|will|would|has|have|had|am|isn'?t|aren'?t|doesn'?t|don'?t|can'?t|couldn'?t|"
    r"show|list|explain|describe|tell|check|count|compare|simulate|validate|test|trace|find"
    r"|confirm|verify|everything\s+(?:that|which)|anything\s+(?:that|which)|is\s+there)\b",
    re.I,
)
_WRITE = re.compile(
    r"^(?:show\s+(?:me|us)\s+an?\s+(?:[\w-]+\s+){0,2}polic(?:y|ies)\s+(?:that|which|to)|write"
    r"|draft|create|generate|make|give|add|craft|produce|set\s+up|put\s+together"
    r"|come\s+up\s+with|"
    r"prepare|build|propose|apply|suggest|whip\s+up|spin\s+up)\b",
    re.I,
)
_DOCUMENT = re.compile(
    r"\b(?:\w*polic(?:y|ies)|netpols?|c?cnps?|rules?|yaml|manifest|peerauthentication|"
    r"requestauthentication|mtls|ingress|egress|access|reachable|accessible|default[\s-]deny"
    r"|baseline|lockdown|least[\s-]privilege)\b",
    re.I,
)
_ORDER = re.compile(
    r"^(?:(?:\w*polic(?:y|ies)|netpol|c?cnp|(?:peer|request)authentication)\b[^.?]*:"
    r"|[\w/-]+:\s*(?:allow|deny|only|ingress|egress|block)|only|just|nobody|no[\s-]?one"
    r"|nothing|none|no\s+(?:pods?|traffic|workloads?|other)|allow|permit|let|deny|block|forbid"
    r"|"
    r"prevent|stop|restrict|limit|confine|isolate|lock|quarantine|seal|shut|cut|expose|open"
    r"|enforce|require|"
    r"turn\s+(?:on|off)|switch\s+(?:on|off)|enable|disable|ensure|make\s+sure|keep|put"
    r"|default[\s-]+deny|zero[\s-]+trust|grant|whitelist|"
    r"allowlist|blacklist|denylist|ban|protect|shield|tighten|close|drop|reject|refuse|fence"
    r"|ring-?fence|"
    r"egress|ingress|defen[cs]e\s+in\s+depth|prohibit|disallow)\b(?!\s+(?:rules?|polic(?:y"
    r"|ies)|lists?|logs?|verdicts?|"
    r"flows?|ports?\s+of|connections?\s+of)\b(?!\s+(?:that|which|to|for|from|named)\b))",
    re.I,
)
_MUST = re.compile(
    r"\b(?:must|shall|may|should|ought\s+to|has\s+to|have\s+to|needs?\s+to|can|could|is|are"
    r"|be)\s+(?:(?:not|never|still|be|able|to|allowed|permitted|get)\s+)*"
    r"(?:only|not|never|no\s+longer|exclusively|solely|off[\s-]limits)\b|\bmust\b|\bmay\b"
    r"|\bshall\b|\bshould\b"
    r"|\bought\s+to\b|\bshould(?:n't)\b|\bmustn't\b|\b(?:everything|anything|the)\s+(?:else"
    r"|rest)\b|\btoo\s+(?:open|permissive)\b"
    r"|\b(?:nothing|no[\s-]?one|nobody|nowhere)\s+else\b|\bonly\s+(?:from|to|by|for|with|on"
    r"|via|talks?|calls?|accepts?|"
    r"reach(?:es)?|connects?|takes?)\b|\b(?:accepts?|takes?|talks?|calls?"
    r"|connects?)\s+(?:[\w-]+\s+){0,6}only\b|\bneeds?\s+(?!to\s+know)[\w`-]|\bha(?:s"
    r"|ve)\s+to\s+(?:be\s+able|reach|resolve|call|talk)\b"
    r"|->.*\bonly\b|\boff[\s-]limits\b",
    re.I,
)
_MENDING = re.compile(
    r"\bfix\s+(?:it|this|that)\b|\bwhy\b|\bbroken\b|\bsince\b|\bfails?\b|\btim(?:es|ing)\s+out\b",
    re.I,
)


_FORBIDDING = re.compile(
    r"^(?:(?:do\s+not|don'?t)\s+(?:let|allow|permit)\b|(?:i|we)\s+(?:do\s+not"
    r"|don'?t)\s+want\b.*\bto\b"
    r"|an?\s+(?:[\w-]+\s+){0,2}polic(?:y|ies)\s+(?:to|that|which)\b|no\s+plain-?\s?text\b"
    r"|make\s+\S+(?:\s+and\s+\S+)*\s+(?:unreachable|inaccessible|the\s+only)\b)",
    re.I,
)
"""Orders that begin as questions or wishes do."""


def looks_like_request(text: str) -> bool:
    """Say whether a text asks for traffic to be allowed, denied or locked down.

    It is cheap, and knows no names: a text that only sounds like a request is told apart by reading
    it.

    >>> looks_like_request("only web may call db on 5432"), looks_like_request("can web reach db?")
    (True, False)
    """
    said = " ".join(text.replace("\u2019", "'").split())
    said = _COURTESY.sub("", said).strip(" `\"'")
    if not said or _MENDING.search(said):
        return False
    if _FORBIDDING.match(said) and not said.endswith("?"):
        return True
    ordered = _ASK_TO.sub("", said)
    if _WRITE.match(ordered):
        return bool(_DOCUMENT.search(ordered)) or bool(_ORDER.search(_behind_that(ordered)))
    polite = re.match(r"(?:can|could|would|will)\s+(?:you|we|i)\b", said, re.I)
    is_asked = bool(re.search(r"\?$|\bwhere$|\bconfirm[.!]?$", said)) and not polite
    if is_asked or (ordered == said and _QUESTION.match(said) and not _WRITE.match(said)):
        return False
    if _ORDER.match(ordered):
        return True
    if ordered != said and _QUESTION.match(ordered):
        return False
    if _WISH.match(said) and (
        _DOCUMENT.search(said)
        or re.search(r"\b(?:only|closed?|locked|isolated|blocked|allowed|denied)\b", said, re.I)
    ):
        return True
    return bool(_MUST.search(said)) and not said.endswith("?")


def _behind_that(text: str) -> str:
    """Return what follows `something that` in a text."""
    found = re.search(r"\b(?:that|which|to|so)\s+(?P<rest>.*)", text, re.I)
    return re.sub(r"^(\w+?)s\b", r"\1", found["rest"]) if found else ""


_LIMITING = re.compile(
    r"\b(?:only|exclusively|solely|never|nobody|no[\s-]?one|nothing|nowhere|(?:everyone|everything"
    r"|anything|anyone|all)\s+else"
    r"|all\s+others?|the\s+rest|no\s+(?:other|access|egress|ingress|traffic)|default[\s-]deny"
    r"|zero[\s-]trust|not)\b"
    r"|^[\w`/-]+\s*:\s",
    re.I,
)
_SYMPTOM = re.compile(
    r"\b(?:can\s?not|can't|cant|could\s?n[o']t|unable\s+to|fail(?:s|ed|ing)?\s+to"
    r"|keeps?\s+failing|no\s+longer\s+(?:can"
    r"|works|reaches|gets)|stopped\s+\w+ing|times?\s+out|timed\s+out|timeouts?"
    r"|connection\s+refused|gets?\s+(?:a\s+)?(?:refused"
    r"|rejected|blocked|dropped|resets?|errors?)|(?:is|are|was|were|got|being)\s+"
    r"(?:currently\s+)?(?:blocked|dropped|refused"
    r"|rejected|denied|unreachable|broken|down)|does\s?n[o']t\s+work)\b",
    re.I,
)
_DEONTIC = re.compile(
    r"\b(?:must|should|shall|may|ought|ha(?:s|ve)\s+to|needs?|allow|permit|let|deny|block|drop"
    r"|restrict|isolate|lock"
    r"|prevent|forbid|stop|reject|require|enforce|only|nobody|exclusively)\b",
    re.I,
)
_CHECKING = re.compile(r"^(?:please\s+)?(?:make\s+sure|ensure)\b", re.I)


def asks_for_policy(where: "Workspace | Network", text: str) -> bool:
    """Say whether a text asks for a policy that its names, read on a network, make sense of.

    Other than `looks_like_request`, it reads the text, and so also takes what is told rather than
    ordered: `db is for web only`. What tells of a symptom is none: `web cannot reach db`.
    """
    from tools.intents.reading import read_intent

    said = " ".join(text.replace("\u2019", "'").split())
    sentences = [one for one in re.split(r"(?<=[.!?;:])\s+|\n", said) if one.strip()]
    asked = [one for one in sentences if one.rstrip().endswith("?")]
    if _MENDING.search(said) or any(not _polite(one) for one in asked):
        return False
    if _SYMPTOM.search(said) and not _DEONTIC.search(said):
        return False
    limits = bool(_LIMITING.search(said))
    if _CHECKING.match(said) and not limits:
        return False
    ordered = any(map(looks_like_request, (said, *sentences)))
    if not (ordered or limits) or (not ordered and _QUESTION.match(_COURTESY.sub("", said))):
        return False
    understood = read_intent(where, text)
    return understood.is_clear or (ordered and bool(understood.intents or understood.declined))


def _polite(sentence: str) -> bool:
    """Say whether a question is an order put politely: `could you block x?`."""
    said = _COURTESY.sub("", sentence).strip()
    return bool(re.match(r"(?:can|could|would|will)\s+(?:you|we|i)\b", said, re.I))

"""What a person wants done with policies, not asked about connections: mended, reviewed, tried."""

import re
from dataclasses import replace

from assistant.models.rules.frame import Frame, Ref
from assistant.models.rules.reading import Reading

__all__ = [
    "as_mend",
    "is_least_privilege",
    "read_task",
    "refers_back",
    "split_mend",
    "split_need",
    "wants_opening",
]

_POLICY = (
    r"(?:(?:network|cilium|istio|mesh|security|authorization)\s+)*(?:polic(?:y|ies)|netpols?|"
    r"cnps?|ccnps?|networkpolic\w+|ciliumnetworkpolic\w+|authorizationpolic\w+|"
    r"peerauthentication\w*|rules?)"
)
_IT = r"(?:it|this|that|them|these|those|the (?:problem|issue|policy|rule|block\w*|connection))"
_MEND = re.compile(
    rf"(?:^|[,;.:!?]|\b(?:and|so|then|but)\b|\s)\s*(?:(?:please|pls|kindly|now|then|just|so)\s+)*"
    rf"(?:(?:can|could|would|will)\s+you\s+(?:please\s+)?|help me(?: to)?\s+|how (?:do|can|would|"
    r"should|to)\s+(?:i\s+|we\s+|one\s+)?|propose (?:a|the)\s+(?:\w+\s+)?|i need (?:a"
    r"|you to)\s+)?"
    rf"(?:(?:fix|repair|mend|resolve|solve|unblock|unbreak|sort out|remedy)\b(?:\s+{_IT})?"
    rf"(?:\s+(?:up|out|please|pls|for (?:me|us)|now))*|make\s+{_IT}\s+work|"
    rf"get\s+{_IT}\s+(?:to work|working|going))\s*(?=$|[,;.:!?])",
    re.I,
)
_OPENING = re.compile(
    r"\bhow (?:do|can|could|would|should|must|to)\s+(?:i\s+|we\s+|one\s+)?(?:allow|permit|let|"
    r"enable|open|fix|make|get|unblock|repair)\b|"
    r"\bwhat\b.{0,30}\b(?:have to|need to|needs to|must|should|can)\s+(?:i\s+|we\s+|be\s+)?"
    r"(?:change|add|do|fix|edit|allow|open)\w*\b|"
    r"\b(?:smallest|minimal|least|narrowest)\s+(?:\w+\s+)?(?:change|edit|fix|patch|rule)\b|"
    r"\bwhat (?:is|would be) (?:the|a)\s+(?:\w+\s+)?(?:fix|patch|remedy|change needed)\b",
    re.I,
)
_REVIEW = re.compile(
    rf"\b(?:review|audit|assess|lint|inspect|look (?:over|through|at)|go (?:over|through)|vet|"
    rf"check|analy[sz]e|health ?check)\b.{{0,40}}\b(?:{_POLICY}|security|posture|configuration|"
    rf"config|set-?up|cluster|namespaces?|mesh|everything|@\d+@)\b|"
    rf"\b(?:any(?:thing)?|what|which|find|list|show|are there|some)\b.{{0,40}}\b(?:wrong"
    r"|problems?|"
    rf"issues?|mistakes?|errors?|smells?|misconfigur\w+|bad practices?|findings?|risks?|risky|"
    rf"dangerous|suspicious|faults?|flaws?)\b.{{0,40}}\b(?:{_POLICY}|security|cluster|"
    rf"namespaces?|mesh|setup|@\d+@)\b|\bbest practices?\b.{{0,30}}\b(?:{_POLICY}|follow|comply)|"
    rf"\b(?:what|anything)\b.{{0,12}}\bwrong\s+with\b.{{0,12}}\b(?:my|our|the)\b.{{0,20}}"
    rf"\b(?:{_POLICY}|set-?up|cluster|config\w*)\b",
    re.I,
)
_VALID = re.compile(
    rf"\b(?:valid|validate|well-?formed|syntax|syntactically|refused?|rejected|accepted|schema)\b"
    rf".{{0,40}}\b{_POLICY}\b|\b{_POLICY}\b.{{0,40}}\b(?:valid|validate|well-?formed|refused|"
    rf"rejected|accepted by (?:cilium|kubernetes|istio|the api))\b",
    re.I,
)
_IDLE = re.compile(
    rf"\b(?:unused|dead|redundant|needless|shadowed|pointless|superfluous|obsolete|useless|stale|"
    rf"duplicate\w*|overlapping|covered)\b.{{0,20}}\b{_POLICY}\b|\b{_POLICY}\b.{{0,40}}\b(?:no|"
    rf"without|any)\s+effect\b|\b{_POLICY}\b.{{0,40}}\b(?:unused|dead|redundant|needless|shadowed|"
    rf"pointless|superfluous|useless|do(?:es)? nothing|never (?:match|apply|hit)\w*|"
    rf"(?:select|match|appl)\w*\s+(?:nothing|nobody|no (?:pods?|workloads?|one)))\b",
    re.I,
)
_REMOVAL = re.compile(
    r"\b(?:if|once|when|after|suppose|supposing|assuming|imagine|what (?:breaks|changes|opens|"
    r"closes|happens))\b.{0,60}\b(?:delet\w+|remov\w+|drop\w*|tak\w+ away|g[eo]t(?:ting)? rid|"
    r"gone|without|uninstall\w*|(?:was|were|is) not there|did not exist)\b|"
    r"\bwhat (?:would|will|could)?\s*(?:break|change|open|happen|be possible)s?\b.{0,20}"
    r"\bwithout\b|\bimpact of (?:delet|remov|dropp)\w+",
    re.I,
)
_MATRIX = re.compile(
    r"\b(?:matrix|heat ?map|connectivity (?:map|table|overview)|reachability (?:map|table|"
    r"overview)|all pairs|every pair|full picture|whole picture|everything to everything|"
    r"who (?:can|may) (?:reach|talk to|open|connect to) (?:whom|what))\b",
    re.I,
)
_LEAST = re.compile(
    r"\bleast[- ]privileged?\b|\bzero[- ]trust\b|\bmicro-?segment\w*\b|\bonly what (?:it|they|"
    r"each|everything|every \w+) needs?\b",
    re.I,
)
_ENDPOINTS = ("workload", "service", "pod")
_OUTSIDE = ("address", "dns", "entity", "unknown")


_MEND_PATH = re.compile(
    r"^(?:(?:please|pls|kindly|now|then)\s+|(?:can|could|would)\s+you\s+(?:please\s+)?)*"
    r"(?:fix|repair|mend|restore|unblock|unbreak)\s+(?=(?:the\s+|our\s+)?(?:connection|"
    r"connectivity|access|path|traffic|link|route|way)?\s*(?:from|between)\b|that\b)",
    re.I,
)
_BACK = re.compile(
    rf"^(?:(?:and|but|ok|okay|so|then|now)[\s,]+)*"
    r"(?:(?:what (?:is|would be)|(?:give|show|tell) me)\s+)?(?:the\s+|a\s+)?"
    rf"(?:{_OPENING.pattern})"
    rf"(?:\s+(?:{_IT}|to (?:fix|allow|open|change)|so that {_IT} works?|for {_IT}|here|now|then"
    r"|to "
    rf"work|work|be allowed))*[\s?.!]*$",
    re.I,
)


_OBSERVED = re.compile(
    r"\b(?:flows?|observed|observations?|seen|recorded|hubble|actual\w*)\b", re.I
)


def refers_back(text: str) -> bool:
    """Return whether a message asks how to open what was asked about before.

    >>> refers_back("and how do I allow that?"), refers_back("how do I allow web?")
    (True, False)
    """
    return bool(_BACK.match(text))


def is_least_privilege(reading: Reading) -> bool:
    """Return whether policies are asked for that leave what is known to be needed."""
    return bool(_LEAST.search(reading.text))


def split_mend(text: str) -> str | None:
    """Return what is left of a message that asks to mend something; None where it does not ask.

    >>> split_mend("web can't reach db, fix it"), split_mend("fix it"), split_mend("is it fixed?")
    ("web can't reach db", '', None)
    """
    match = _MEND_PATH.match(text) or _MEND.search(text)
    if match is None:
        return None
    rest = f"{text[: match.start()]} {text[match.end() :]}"
    return rest.strip(" ,;.:!?")


_NEED = re.compile(
    r"^(?:(?:so|hi|hey|hello|ok|okay)[\s,]+)*(?P<who>[^,;?]+?)\s+(?:needs?|requires?|ha(?:s"
    r"|ve)\s+to|must|should|wants?)\s+"
    r"(?:(?:to\s+)?(?:be\s+able\s+to\s+)?(?:reach|call|talk\s+to|connect\s+to|access|use"
    r"|query)\s+|access\s+to\s+)?"
    r"(?P<what>[^,;?]+?)(?:\s*[,;.:]+\s*|\s+-\s+|\s+(?=but\b|and\b|what\b))"
    r"(?:but\s+[^,;?]*?[,;.]?\s+)?(?:and\s+|so\s+)?"
    r"what\s+(?:\w+\s+){0,4}?(?:change|add|edit|fix|adjust|open|allow)\w*\b[^?]*[?\s.!]*$",
    re.I,
)


def split_need(text: str) -> str | None:
    """Return the question about a connection that is needed, where the change for it is asked for.

    >>> split_need("web needs db on 5432, what do I change?"), split_need("what does web need?")
    ('can web reach db on 5432', None)
    """
    found = _NEED.match(text)
    return f"can {found['who']} reach {found['what']}" if found else None


def wants_opening(text: str) -> bool:
    """Return whether a message asks for the change that would open a connection."""
    return bool(_OPENING.search(text))


_OF_MESH = re.compile(r"\b(?:authori[sz]ation|istio|mesh)[ -]?polic(?:y|ies)\b", re.I)


def as_mend(frame: Frame | None) -> Frame | None:
    """Return a question about a connection as the request to mend it; None for any other."""
    if frame is None or frame.intent not in ("reach", "mend"):
        return None
    return replace(frame, intent="mend", negated=False, explain=False, text="", alternative=None)


def read_task(reading: Reading) -> Frame | None:
    """Return the tool that does what a message asks for, or None."""
    text = reading.text
    policies = reading.named("policy")
    if policies and _REMOVAL.search(text):
        return Frame(intent="remove", destinations=policies)
    if reading.named(*_ENDPOINTS, *_OUTSIDE):
        return None
    if _VALID.search(text):
        return _check("validate_policy", policy=policies)
    if _IDLE.search(text):
        return _check("find_dead_rules", namespace=reading.named("namespace"))
    if _MATRIX.search(text):
        return _check("show_matrix", namespace=reading.named("namespace"), by=_by(text))
    if not policies and _REVIEW.search(text):
        return _check("review_policies", namespace=reading.named("namespace"))
    if is_least_privilege(reading):
        frame = _check("draft_least_privilege", namespace=reading.named("namespace"))
        if _OBSERVED.search(text):
            frame = replace(frame, arguments={**frame.arguments, "from_flows": True})
        if _OF_MESH.search(text):
            frame = replace(frame, arguments={**frame.arguments, "kind": "AuthorizationPolicy"})
        return frame
    return None


def _by(text: str) -> tuple[Ref, ...]:
    by = re.search(r"\b(?:by|per|between|of)\s+(?:the\s+)?namespaces?\b", text, re.I)
    return (Ref(text="namespace", names=("namespace",)),) if by else ()


def _check(tool: str, **slots: tuple[Ref, ...]) -> Frame:
    """Return a call of a tool; one for each value where an argument was given several."""
    arguments: dict[str, object] = {
        name: tuple(ref.name for ref in refs) for name, refs in slots.items() if refs
    }
    return Frame(intent="check", kind=tool, arguments=arguments)

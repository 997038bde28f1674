"""Requests for policies: told from questions, completed from what was said before and after."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from assistant.models.rules.frame import Frame
from assistant.models.rules.scope import find_outside

if TYPE_CHECKING:
    from assistant.models.rules.reading import Reading
    from tools.intents import Amended
    from tools.workspace import Workspace

__all__ = [
    "amend_request",
    "answer_request",
    "change_request",
    "draft_of",
    "read_request",
    "request_of",
]

_ENFORCING = re.compile(
    r"\b(?:allow|permit|let|deny|block|forbid|prevent|prohibit|disallow|restrict|isolate|lock|open|"
    r"close|expose|ban|quarantine|tighten|harden|whitelist|blacklist|grant|revoke|limit|enforce|"
    r"require|segment|cut off|stop)\b",
    re.I,
)
_DEONTIC = re.compile(
    r"\b(?:may|should|must|shall|ought to|has to|have to|needs? to|is to|are to|allowed to)\b|"
    r"\b(?:default[- ]deny|mtls|mutual tls)\b",
    re.I,
)
_ASKING = re.compile(
    r"^(?:(?:and|but|so|ok|okay|then|also|hi|hey|hello|please|tell me|i wonder|do you know|show me)"
    r"[\s,]+)*(?:(?:to|from|by|with|on|at|in|for) )?"
    r"(?:who|whom|what|which|when|where|why|how|can|could|is|are|was|were|does|do|did|will|"
    r"would|may|should|must|shall|has|have|list|show|explain|describe|check|verify|confirm|make "
    r"sure|ensure|prove|if|test)\b|"
    r"\b(?:know|see|tell|find out|understand|wonder\w*|check)\s+(?:if|whether|who|what|which|"
    r"how)\b|"
    r"^(?:(?:every|any)\w*|all|those|the \w+)\s+(?:\w+\s+)?(?:that|who|which)\b",
    re.I,
)
_HOW_TO_CLOSE = re.compile(
    r"^(?:(?:and|but|so|ok|okay|then)[\s,]+)*how (?:do|can|could|would|should) (?:i|we|one)\s+"
    r"(?P<wish>(?:block|deny|forbid|prevent|stop|restrict|isolate|lock|limit|cut)\b.*?)[\s?.!]*$",
    re.I,
)
_LEAD = r"^(?:(?:ok|okay|and|now|then|so|please|yes|great|thanks|good|alright)[\s,.!]*)*"
_POLICY_WORD = r"(?:polic(?:y|ies)|netpols?|cnps?|ccnps?|rules?|yaml|manifests?)"
_WRITE_IT = re.compile(
    rf"{_LEAD}(?:(?:can|could|would) you\s+(?:please\s+)?)?(?:write|draft|create|generate|make|"
    rf"give me|show me|produce|propose)\s+(?:me\s+|us\s+)?(?:a|an|the|that|this|some)?\s*"
    rf"(?:[\w-]+\s+){{0,2}}{_POLICY_WORD}(?:\s+(?:for|that|which|to)\s+(?:\w+\s+)?(?:it|that|this|"
    rf"them|both))?[\s.!?]*$",
    re.I,
)
_DO_IT = re.compile(
    rf"{_LEAD}(?:(?:can|could|would) you\s+(?:please\s+)?)?(?:block|deny|forbid|prevent|stop|allow|"
    rf"permit|open|enable)\s+(?:it|that|this|them)(?:\s+(?:then|please|now|instead))*[\s.!?]*$",
    re.I,
)
_DENYING = re.compile(r"\b(?:block|deny|denies|forbid|prevent|stop|close)\w*\b", re.I)
_AS_KIND = re.compile(
    rf"{_LEAD}(?:(?:make|write|do|give|show|use|try|i want|i need)\s+)?(?:(?:it|that|this|me|the "
    rf"same|one)\s+)*(?:(?:as|in|into|with|to)\s+)?(?:an?\s+|the\s+)?(?:plain\s+|kubernetes\s+|"
    rf"k8s\s+|istio\s+|cilium\s+)?(?P<kind>{{kinds}})(?:\s+(?:instead|please|then|version|form|too|"
    rf"as well))*[\s.!?]*$".replace(
        "{kinds}",
        r"network ?policy|netpol|cilium ?network ?policy|cnp|"
        r"cilium ?clusterwide ?network ?policy|ccnp|authorization ?policy",
    ),
    re.I,
)
_YES = re.compile(
    r"^(?:yes|yep|yeah|y|right|correct|exactly|sure|ok|okay|indeed|that is (?:it|right|meant))\b",
    re.I,
)
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")


_TAGGED = re.compile(
    r"[,.;:-]\s*(?:(?:so|but|and)\s+)?(?:is|are|does)\s*(?:not)?\s+(?:that|it|this|they|those)\s*"
    r"(?:the case|so|true|right|correct|ok(?:ay)?|how it is|not|do|does)*\W*$|"
    r"[,.;:-]\s*(?:right|correct|true|agreed|or not|yes|no)\W*$",
    re.I,
)
"""A statement that ends by asking whether it holds."""
_RELATIVE = re.compile(
    r"\W*(?:(?:please|list|show|give me)\s+)*(?:everything|everyone|everybody|all|whatever|whoever|"
    r"anything|@\d+@|the (?:things|pods|workloads|peers))\s+(?:that\s+|which\s+)?(?:the\s+)?"
    r"@\d+@\s+(?:may|can|could|must|is allowed to|should)(?:\s+(?!only\b)[a-z]+){1,3}"
    r"(?:[\s,]+(?:please|now))?\W*|"
    r".*\b(?:because of|by|under|thanks to|due to)\s+(?:which|what)\b.*"
)
"""What it speaks of is asked for: "everything web may talk to"."""


def read_request(message: str, reading: "Reading") -> Frame | None:
    """Return the draft that a message asks for; None where it asks about what is, or nothing.

    Args:
        message: As written, which is what the one who drafts is to read.
        reading: Of the whole message, perhaps with its spelling corrected.
    """
    text = reading.text
    if reading.refs and (closing := _HOW_TO_CLOSE.match(text)):
        return draft_of(closing["wish"])
    # An end that is named, or none: either way it is the request that says what is meant.
    outside = find_outside(reading.text, reading.shape, named=True)
    # "allow web to db?" asks whether it is so; "can you allow web to db?" asks for it.
    asks = text.rstrip().endswith("?") and not re.search(r"\b(?:you|please)\b", text, re.I)
    told = outside == "write" or (outside == "change" and not asks and _ENFORCING.search(text))
    states = not (
        _ASKING.search(text) or _TAGGED.search(text) or _RELATIVE.fullmatch(reading.shape)
    ) and not text.rstrip().endswith("?")
    if told or (states and reading.refs and _DEONTIC.search(text)):
        return draft_of(message)
    return None


def request_of(text: str, state: Frame) -> Frame | None:
    """Return the draft of "now write the policy", for the connection that was asked about."""
    if state.intent not in ("reach", "mend") or not (_WRITE_IT.match(text) or _DO_IT.match(text)):
        return None
    if not (state.sources and state.destinations):
        return None
    verb = "deny" if _DENYING.search(text) else "allow"
    sources = " and ".join(f"`{ref.name}`" for ref in state.sources)
    ends = " and ".join(f"`{ref.name.removeprefix('service:')}`" for ref in state.destinations)
    ports = " and ".join(str(port.number or port.name) for port in state.ports)
    request = f"{verb} {sources} to reach {ends}"
    request += f" on port {ports}" if ports else ""
    return draft_of(request + (f" with {state.http}" if state.http else ""))


def change_request(text: str, state: Frame) -> Frame | None:
    """Return the earlier draft as another kind of policy, where a message asks for that."""
    match = _AS_KIND.match(text)
    if state.intent != "draft" or match is None:
        return None
    kind = match["kind"].replace(" ", "").lower()
    return replace(state, arguments={**state.arguments, "kind": kind})


def answer_request(workspace: "Workspace", request: str, answer: str) -> str:
    """Return a request with the reading that an answer chooses; empty where it chooses none.

    Args:
        workspace: The network whose names are meant.
        request: What was asked for, and can be read in several ways.
        answer: What was said to the question which of them is meant.
    """
    from tools.intents import read_intent, write_intent

    understood = read_intent(workspace, request)
    if understood.corrected:
        return understood.corrected if _YES.match(answer) else ""
    readings = [write_intent(one) for one in understood.intents]
    if len(readings) < 2:
        return ""
    number = _number(answer)
    if number is not None:
        return readings[number - 1] if 0 < number <= len(readings) else ""
    words = {word.strip(".,;:!?`'\"") for word in answer.lower().split()}
    kept = [one for one in readings if _differing(one, readings) & _named_by(words, readings)]
    return kept[0] if len(kept) == 1 else ""


def amend_request(
    state: Frame, said: str, change: Callable[[str, str], "Amended | None"]
) -> Frame | None:
    """Return the earlier draft as it is after a change, or the question about it.

    Args:
        state: The draft.
        said: What the person said after it.
        change: Changes a request by some words; None where they are no change.
    """
    from tools.intents import is_undo

    if is_undo(said):
        return state.earlier
    changed = change(str(state.arguments.get("request", "")), said)
    if changed is None:
        return None
    if not changed.request:
        return replace(state, intent="ask", kind="amend", text=changed.question, earlier=state)
    arguments = {**state.arguments, "request": changed.request}
    return replace(state, arguments=arguments, earlier=state)


def _names(reading: str) -> frozenset[str]:
    return frozenset(re.findall(r"`([^`]+)`", reading))


def _differing(reading: str, readings: Sequence[str]) -> frozenset[str]:
    """Return the names of a reading that not all of them have."""
    return _names(reading) - frozenset.intersection(*map(_names, readings))


def _named_by(words: set[str], readings: Sequence[str]) -> frozenset[str]:
    """Return the names that words mean: whole, or else by the namespace they are in."""
    names = frozenset().union(*(_differing(one, readings) for one in readings))
    whole = frozenset(name for name in names if name.lower() in words)
    return whole or frozenset(name for name in names if name.lower().partition("/")[0] in words)


def _number(answer: str) -> int | None:
    """Return which of several an answer means, counted from one: "2", "the second one"."""
    match = re.fullmatch(
        rf"(?:the\s+|option\s+|reading\s+|number\s+|\(|#)*(?:(?P<digit>\d)|"
        rf"(?P<word>{'|'.join(_ORDINALS)}))\)?(?:\s+(?:one|option|reading|way))?[\s.!]*",
        answer.strip(),
        re.I,
    )
    if match is None:
        return None
    return int(match["digit"]) if match["digit"] else _ORDINALS.index(match["word"].lower()) + 1


def draft_of(request: str) -> Frame:
    """Return the drafting of a request, in the person's own words."""
    return Frame(intent="draft", kind="draft_policy", arguments={"request": request})

"""Follow-ups that leave out what was said before: "can X?", "and X, does that get in?"."""

import re
from dataclasses import replace

from assistant.models.rules.frame import Frame, Ref
from assistant.models.rules.lexicon import ABILITY, BACKWARD
from assistant.models.rules.reading import Reading

__all__ = ["complete_ellipsis"]

_ENDS = ("workload", "service", "pod", "entity", "address", "dns", "namespace", "unknown")
_LEAD = r"(?:(?:and|or|but|so|then|also|ok|okay|now|well|hm+|alright|right|what about)[\s,]+)*"
_BARE = re.compile(
    rf"{_LEAD}(?P<can>{ABILITY})(?:\s+not)?\s+(?:the\s+|our\s+|also\s+|even\s+)*@0@"
    r"(?:\s*,?\s*(?:too|also|as well|then|either|instead|do (?:it|that|so)|not))*\W*$"
)
"""The subject of "can X?" does what was asked about; "is X?" leaves that open."""
_TOPIC = re.compile(
    rf"{_LEAD}(?:the\s+|our\s+|for\s+|with\s+)*@0@\s*[,:;-]*\s*(?:{ABILITY}\s+(?:not\s+)?)"
    r"(?:it|that|this|they|those|these|he|she)(?:\s+(?:one|pod|workload|service|app))?\b"
    r"(?P<rest>[^@]*)$"
)
_AS_SOURCE = re.compile(
    r"@0@\s+as\s+(?:the\s+|a\s+)?(?:new\s+)?(?:source|client|caller|sender|origin|start)\b|"
    r"\b(?:source|client|caller|sender|origin)\s*(?:is|=|:|being|set to|changed to)\s*"
    r"(?:the\s+)?@0@"
)
_AS_DESTINATION = re.compile(
    r"@0@\s+as\s+(?:the\s+|a\s+)?(?:new\s+)?(?:destination|target|server|receiver|goal|end)\b|"
    r"\b(?:destination|target|server|receiver)\s*(?:is|=|:|being|set to|changed to)\s*"
    r"(?:the\s+)?@0@"
)
_MET = re.compile(
    r"\b(?:be|get|gets)\s+(?:\w+\s+)?(?:reached|called|accessed|contacted|hit|queried)\b|"
    r"\b(?:reachable|accessible|open|exposed|closed)\b"
)


def complete_ellipsis(reading: Reading, state: Frame) -> Frame | None:
    """Return the earlier question with what a short message names in its place, or None."""
    named = reading.named(*_ENDS)
    if not state.is_path or len(reading.refs) != 1 or len(named) != 1:
        return None
    shape, ref = reading.shape, named[0]
    changed = _place(shape, ref, state)
    if changed is None:
        return None
    slots = reading.slots
    if slots.ports:
        changed = replace(changed, ports=slots.ports)
    return replace(changed, http=slots.http) if slots.http else changed


def _place(shape: str, ref: Ref, state: Frame) -> Frame | None:
    if _AS_SOURCE.search(shape):
        return _with_source(state, ref)
    if _AS_DESTINATION.search(shape):
        return _with_destination(state, ref)
    bare = _BARE.fullmatch(shape)
    if bare and not re.match(r"(?:is|are|was|were)\b", bare["can"]):
        return _with_source(state, ref)
    topic = _TOPIC.fullmatch(shape)
    if topic is None:
        return None
    met = _MET.search(topic["rest"]) or re.search(BACKWARD, topic["rest"])
    return _with_destination(state, ref) if met else _with_source(state, ref)


def _with_source(state: Frame, ref: Ref) -> Frame:
    if state.intent == "what_can":
        return replace(state, sources=(ref,), alternative=None)
    return replace(state, intent="reach", sources=(ref,), both_ways=False, alternative=None)


def _with_destination(state: Frame, ref: Ref) -> Frame:
    # The port was one of the old destination.
    changed = replace(state, destinations=(ref,), ports=(), both_ways=False, alternative=None)
    return changed if state.intent == "who_can" else replace(changed, intent="reach")

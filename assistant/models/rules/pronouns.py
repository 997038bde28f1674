"""Pronouns of a follow-up: which name of the question before stands in their place."""

import re

from assistant.models.rules.choices import is_open
from assistant.models.rules.frame import Frame
from assistant.models.rules.lexicon import ABILITY, FORWARD
from assistant.models.rules.vocabulary import Vocabulary

__all__ = ["refer"]

_SUBJECT = re.compile(
    rf"({ABILITY}\s+(?:not\s+)?|\bwhat\s+else\s+(?:can|does)\s+|\b(?:and|then)\s+)(it|they|"
    rf"that one|this one)\b(?=\s+(?!be\b)(?:\w+\s+)?{FORWARD})",
    re.I,
)
_OBJECT = re.compile(
    r"\b(it|them|that (?:one|pod|workload|service|app)|this (?:one|pod|workload|service|"
    r"app)|the same (?:one|pod|workload|service)|there)\b",
    re.I,
)
_DUMMY = re.compile(
    r"\bit\s+(?:possible|true|ok|okay|correct|right|safe|allowed|permitted|the case|that|so|"
    r"really|seems?|looks?|works?|fails?|should|would|is (?:possible|true))\b|"
    r"\b(?:make|stopping|blocking|preventing|when|if|because|doing|prove|explain|"
    r"see)\s+it\b|\bis\s+there\b|\bare\s+there\b|\bthere\s+(?:is|are|a|any)\b|\bhi there\b",
    re.I,
)


def refer(piece: str, state: Frame, vocabulary: Vocabulary) -> str:
    """Put the names of the earlier question in the place of pronouns."""
    if not state.ends or _DUMMY.search(piece):
        return piece
    subject = state.sources[0] if state.sources else state.destinations[0]
    if subject.kind in ("entity", "address") and state.destinations:
        # What is asked about is the thing in the cluster, not the world around it.
        subject = state.destinations[0]
    thing = state.destinations[0] if state.destinations else state.sources[0]
    if is_open(subject) or is_open(thing):
        return piece
    text, count = _SUBJECT.subn(lambda match: f"{match[1]}{subject.name}", piece, count=1)
    if count:
        return text
    return _OBJECT.sub(thing.name, piece, count=1)

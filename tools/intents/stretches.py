"""What one stretch of a sentence says, with what was said before it."""

from collections.abc import Sequence
from dataclasses import replace

from tools.intents.clauses import Parsed
from tools.intents.frames import Sign, Statement
from tools.intents.grouping import sort_signs
from tools.intents.roles import assign

__all__ = ["parse_stretch"]


def parse_stretch(signs: Sequence[Sign], before: Sequence[Statement]) -> Parsed:
    """Return what a stretch says, with the statements before it as its context."""
    found = sort_signs(signs)
    words = tuple(found.words)
    if found.topics and not any(group.ends for group in found.groups):
        return Parsed(keep=tuple(sorted(found.topics)), words=words)
    says = found.groups or found.loose or found.side or found.verbs or found.rest or found.rest_traffic
    if not says:
        return Parsed(words=words, keep=tuple(sorted(found.topics)))
    parsed = assign(found, before, signs)
    said = " ".join(sign.said for sign in signs if sign.said)
    return replace(
        parsed,
        words=(*words, *parsed.words),
        keep=tuple(sorted({*parsed.keep, *found.topics})),
        statements=tuple(replace(one, said=said) for one in parsed.statements),
        alternatives=tuple(tuple(replace(one, said=said) for one in each) for each in parsed.alternatives),
    )

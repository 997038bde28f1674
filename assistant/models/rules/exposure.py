"""Questions with one end: what it opens to others, and what others open to it."""

import re

from assistant.models.rules.frame import Frame, Ref
from assistant.models.rules.reading import Reading
from assistant.models.rules.scope import is_breach

__all__ = ["read_direction", "read_exposure", "read_public"]

_PUBLIC = re.compile(
    r"\b(?:public(?:ly)?|internet[- ]facing|externally|exposed externally|open to the "
    r"public|world[- ]readable)\b",
    re.I,
)
_ENDPOINTS = ("workload", "service", "pod")


def read_public(reading: Reading) -> Frame | None:
    """Read "is web public" as a request from the world."""
    ends = reading.named(*_ENDPOINTS, "namespace")
    if not _PUBLIC.search(reading.shape) or len(reading.refs) != 1 or not ends:
        return None
    world = Ref(text="the internet", names=("world",), kind="entity")
    return Frame(intent="reach", sources=(world,), destinations=ends)


def read_direction(reading: Reading) -> Frame | None:
    """Read "egress of web", "blast radius of web", "the clients of db", "db's exposure"."""
    ends = reading.named(*_ENDPOINTS, "namespace", "address")
    if len(reading.refs) - len(reading.named("any")) != 1 or len(ends) != 1:
        return None
    words = reading.slots.text.lower()
    if re.search(
        r"\b(?:blast radius|lateral\w*|attacker (?:in|on|inside|owns|controls)|outgoing|outbound|"
        r"egress|downstream|how far|next hops?|pivot\w*|"
        r"destinations?|targets?)\b|\bports? (?:can|may|could)\b",
        words,
    ) or is_breach(reading.shape):
        return Frame(intent="what_can", sources=ends)
    if re.search(
        r"\b(?:exposure|clients|callers|consumers|ingress|incoming|inbound|upstream|"
        r"attack surface|dependents|peers|whose)\b",
        words,
    ):
        return Frame(intent="who_can", destinations=ends)
    return None


def read_exposure(reading: Reading) -> Frame | None:
    """Read "is db exposed", "db: who gets in"."""
    ends = reading.named(*_ENDPOINTS, "namespace", "address")
    if len(reading.refs) - len(reading.named("any")) != 1 or not ends:
        return None
    if reading.roles and reading.roles.sources == ends:
        # "open to web" tells what web may open.
        return None
    if re.search(
        r"\b(?:exposed|open|reachable|accessible|(?:gets?|let|allowed|comes?|admitted) in)\b",
        reading.shape,
    ):
        return Frame(intent="who_can", destinations=ends)
    return None

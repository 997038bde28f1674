"""Requests to Kafka brokers in a request for a policy."""

import re
from collections.abc import Iterator

from tools.intents.shapes import Shape
from topology.authoring import KafkaTest, Traffic

__all__ = ["take_kafka"]

_NAME = r"(?:`[^`\s]+`|[A-Za-z0-9][\w.-]*\w)"
_QUOTED = r"`(?:[^`\s]+)`"
_JOIN = r"(?:\s*,\s*(?:and\s+|or\s+)?|\s+and\s+(?:to\s+|from\s+)?|\s+or\s+)"
_EXACT = re.compile(
    r"\b(?:with\s+)?kafka\s+(?:role\s+`(?P<role>produce|consume)`|key\s+`(?P<key>[A-Za-z]+)`"
    r"|requests?(?!\s*\w*`?(?:produce|consume)))"
    rf"(?:\s+on\s+topic\s+(?P<topic>{_NAME}))?(?:\s+in\s+version\s+`?(?P<version>\d+)`?)?"
    r"(?:\s+from\s+client\s+`(?P<client>[^`]+)`)?",
    re.I,
)
_PRODUCE = (
    r"produc(?:e|es|ing)|publish(?:es|ing)?|writ(?:e|es|ing)|send(?:s|ing)?|emit(?:s|ting)?"
    r"|post(?:s|ing)?"
)
_CONSUME = (
    r"consum(?:e|es|ing)|read(?:s|ing)?|fetch(?:es|ing)?|receiv(?:e|es|ing)|subscrib(?:e|es|ing)"
)
_TOPICS = (
    rf"(?:the\s+)?(?:kafka\s+)?topics?\s+(?P<after>{_NAME}(?:{_JOIN}{_QUOTED})*)"
    rf"|(?:the\s+)?(?P<before>{_NAME}(?:{_JOIN}{_QUOTED})*)\s+(?:kafka\s+)?topics?\b"
)
_SPOKEN = re.compile(
    rf"\b(?P<verb>{_PRODUCE}|{_CONSUME})\s+(?:(?:messages|records|events|data)\s+)?"
    rf"(?:(?:to|into|on|from)\s+)?(?:{_TOPICS})",
    re.I,
)
_PRODUCES = re.compile(rf"(?:{_PRODUCE})", re.I)
_NO_TOPICS = frozenset(
    {"all", "an", "any", "both", "certain", "each", "every", "other", "our", "some", "the", "these"}
)


def take_kafka(shape: Shape) -> None:
    """Replace what clients of a broker may ask of it, topic by topic."""
    shape.take(_EXACT, "T", _exact)
    shape.take(_SPOKEN, "T", _spoken)


def _exact(found: re.Match[str]) -> Traffic:
    return Traffic(
        kafka=(
            KafkaTest(
                role=(found["role"] or "").lower(),
                key=(found["key"] or "").lower(),
                topic=(found["topic"] or "").strip("`"),
                version=found["version"] or "",
                client=found["client"] or "",
            ),
        )
    )


def _spoken(found: re.Match[str]) -> Traffic | None:
    role = "produce" if _PRODUCES.fullmatch(found["verb"]) else "consume"
    written = found["after"] or found["before"] or ""
    topics = list(_names(written))
    if not topics or (written.lower() in _NO_TOPICS):
        return None
    return Traffic(kafka=tuple(KafkaTest(role=role, topic=one) for one in topics))


def _names(text: str) -> Iterator[str]:
    for one in re.split(_JOIN, text):
        if one.strip(" `"):
            yield one.strip(" `")

"""Requests to Kafka brokers, and the rules that let some of them through.

Source: Cilium 1.18, pkg/policy/api/kafka and proxylib/kafka; 1.20 has no such rules any more.
"""

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["ROLES", "KafkaRequest", "KafkaRule", "read_request"]

ROLES: Final = {
    "produce": ("produce", "metadata", "apiversions"),
    "consume": (
        "fetch", "offsets", "metadata", "offsetcommit", "offsetfetch", "findcoordinator",
        "joingroup", "heartbeat", "leavegroup", "syncgroup", "apiversions",
    ),
}  # fmt: skip
"""The kinds of request that a producer and a consumer send."""
_WITH_TOPIC: Final = frozenset(
    {
        "produce", "fetch", "offsets", "metadata", "leaderandisr", "stopreplica", "updatemetadata",
        "offsetcommit", "offsetfetch", "createtopics", "deletetopics", "deleterecords",
        "offsetforleaderepoch", "addpartitionstotxn", "writetxnmarkers", "txnoffsetcommit",
    }
)  # fmt: skip
_WRITTEN = re.compile(
    r"\s*(?P<key>[a-z]+)(?:\s+(?P<topic>[\w.-]+))?(?:\s+v(?P<version>\d{1,5}))?"
    r"(?:\s+as\s+(?P<client>\S+))?\s*",
    re.I,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaRequest:
    """One request to a broker, about one topic at most."""

    key: str
    """Its kind, in small letters: `produce`, `fetch`, `metadata` ..."""
    topic: str = ""
    version: int = 0
    client: str = ""

    def __str__(self) -> str:
        parts = [self.key, self.topic, f"v{self.version}" if self.version else ""]
        return " ".join([*filter(None, parts), *([f"as {self.client}"] if self.client else [])])


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaRule:
    """One item of `rules.kafka`: every condition must hold."""

    keys: tuple[str, ...] = ()
    """Empty for every kind of request."""
    topic: str = ""
    version: int | None = None
    client: str = ""

    def matches(self, request: KafkaRequest) -> bool:
        """Return whether the rule lets a request through.

        A kind of request that carries no topic passes whatever topic the rule names.
        """
        return (
            (not self.keys or request.key in self.keys)
            and self.version in (None, request.version)
            and self.client in ("", request.client)
            and (not self.topic or request.key not in _WITH_TOPIC or request.topic == self.topic)
        )

    def __str__(self) -> str:
        role = next((name for name, keys in ROLES.items() if keys == self.keys), "")
        parts = [role or " or ".join(self.keys) or "any request"]
        parts += [f"topic {self.topic}"] if self.topic else []
        parts += [f"version {self.version}"] if self.version is not None else []
        parts += [f"client {self.client}"] if self.client else []
        return " ".join(parts)


def read_request(text: str) -> KafkaRequest:
    """Return a request as contracts write it, such as `produce orders` or `fetch orders v4 as ui`.

    Raises:
        ValueError: It is none.
    """
    found = _WRITTEN.fullmatch(text)
    if found is None:
        message = f"`{text}` is no Kafka request."
        raise ValueError(message)
    return KafkaRequest(
        key=found["key"].lower(),
        topic=found["topic"] or "",
        version=int(found["version"] or 0),
        client=found["client"] or "",
    )

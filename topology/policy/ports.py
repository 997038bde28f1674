"""Sets of ports: intervals per protocol with Boolean algebra; ICMP types count as ports."""

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar, get_args

from topology.model import Protocol

__all__ = ["PROTOCOLS", "PortSet", "Span", "last_port"]

Span = tuple[int, int]
"""First and last port, both included."""

PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)
_LAST: dict[str, int] = {
    "TCP": 65535,
    "UDP": 65535,
    "SCTP": 65535,
    "ICMP": 255,
    "ICMPv6": 255,
}


def last_port(protocol: Protocol) -> int:
    """Return the highest port, or ICMP type, of a protocol."""
    return _LAST[protocol]


class PortSet:
    """An immutable set of (protocol, port); for ICMP and ICMPv6 the port is the message type."""

    __slots__ = ("_hash", "_spans")

    EMPTY: ClassVar["PortSet"]
    ALL: ClassVar["PortSet"]

    def __init__(self, spans: Mapping[Protocol, Iterable[Span]] | None = None) -> None:
        """Build a set from spans, which may overlap and come in any order.

        Raises:
            ValueError: A span ends before it begins or leaves the protocol's range.
        """
        clean = {}
        for protocol, given in (spans or {}).items():
            merged = _merge(protocol, given)
            if merged:
                clean[protocol] = merged
        self._spans: dict[Protocol, tuple[Span, ...]] = {
            protocol: clean[protocol] for protocol in PROTOCOLS if protocol in clean
        }
        self._hash = hash(tuple(self._spans.items()))

    @classmethod
    def of(cls, protocol: Protocol, first: int, last: int | None = None) -> "PortSet":
        """Return the ports `first` to `last` (or the one port) of a protocol."""
        return cls({protocol: [(first, first if last is None else last)]})

    @classmethod
    def every(cls, *protocols: Protocol) -> "PortSet":
        """Return every port of the protocols."""
        return cls({protocol: [(0, _LAST[protocol])] for protocol in protocols})

    @classmethod
    def union(cls, sets: Iterable["PortSet"]) -> "PortSet":
        """Return the union of any number of sets."""
        filled = [ports for ports in sets if ports._spans]
        if len(filled) < 2:
            return filled[0] if filled else cls.EMPTY
        return cls({p: [span for ports in filled for span in ports.spans(p)] for p in PROTOCOLS})

    def overlaps(self, other: "PortSet") -> bool:
        """Return whether the two sets have a port in common."""
        return any(
            a <= d and c <= b
            for protocol, spans in self._spans.items()
            for a, b in spans
            for c, d in other._spans.get(protocol, ())
        )

    def contains(self, protocol: Protocol, port: int) -> bool:
        """Return whether a port is in the set."""
        return any(first <= port <= last for first, last in self._spans.get(protocol, ()))

    def spans(self, protocol: Protocol) -> tuple[Span, ...]:
        """Return the disjoint spans of a protocol in ascending order."""
        return self._spans.get(protocol, ())

    def only(self, protocol: Protocol) -> "PortSet":
        """Return the part that is of one protocol."""
        return PortSet({protocol: self.spans(protocol)})

    def __or__(self, other: "PortSet") -> "PortSet":
        return PortSet.union((self, other))

    def __and__(self, other: "PortSet") -> "PortSet":
        if self is other or other is PortSet.ALL:
            return self
        if self is PortSet.ALL:
            return other
        return PortSet({p: list(_common(self.spans(p), other.spans(p))) for p in PROTOCOLS})

    def __sub__(self, other: "PortSet") -> "PortSet":
        if not other._spans or not self._spans:
            return self
        return self & ~other

    def __invert__(self) -> "PortSet":
        return PortSet({p: list(_gaps(self.spans(p), _LAST[p])) for p in PROTOCOLS})

    def __le__(self, other: "PortSet") -> bool:
        return all(
            any(c <= a and b <= d for c, d in other._spans.get(protocol, ()))
            for protocol, spans in self._spans.items()
            for a, b in spans
        )

    def __bool__(self) -> bool:
        return bool(self._spans)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PortSet) and self._spans == other._spans

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"PortSet({self})"

    def __str__(self) -> str:
        if not self._spans:
            return "no port"
        if self == PortSet.ALL:
            return "every port"
        return ", ".join(_text(p, span) for p, spans in self._spans.items() for span in spans)


def _merge(protocol: Protocol, given: Iterable[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for first, last in sorted(given):
        if not 0 <= first <= last <= _LAST[protocol]:
            message = f"{first}-{last} is no span of {protocol} ports"
            raise ValueError(message)
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(merged)


def _common(left: tuple[Span, ...], right: tuple[Span, ...]) -> Iterator[Span]:
    for a, b in left:
        for c, d in right:
            if max(a, c) <= min(b, d):
                yield max(a, c), min(b, d)


def _gaps(spans: tuple[Span, ...], last: int) -> Iterator[Span]:
    start = 0
    for a, b in spans:
        if start < a:
            yield start, a - 1
        start = b + 1
    if start <= last:
        yield start, last


def _text(protocol: Protocol, span: Span) -> str:
    first, last = span
    if (first, last) == (0, _LAST[protocol]):
        return f"every {protocol} type" if protocol.startswith("ICMP") else f"every {protocol} port"
    ports = str(first) if first == last else f"{first}-{last}"
    return f"type {ports}/{protocol}" if protocol.startswith("ICMP") else f"{ports}/{protocol}"


PortSet.EMPTY = PortSet()
PortSet.ALL = PortSet.every(*PROTOCOLS)

"""What may pass, put together from ports, requests, DNS names and tokens that stand together."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from tools.intents.shapes import MARK, Shape
from topology.authoring import KafkaTest, PortSpan, RequestTest, TokenTest, Traffic

__all__ = ["Passing", "take_traffic"]

_RUN = re.compile(
    r"<[OHJT]\d+>(?:(?P<gap>\s*(?:[,/]\s*)?(?:(?:and|or|with|when|for|on|plus|using|of|at|to"
    r"|via|over|as\s+well\s+as|but\s+only|only|also|in|that|which|carrying)\s+"
    r"|\s)*)<[OHJT]\d+>)*"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """Traffic with its alternatives, each of which stands in a rule of its own."""

    options: tuple[Traffic, ...]
    said: str = ""
    without_token: bool = False
    """Whether requests that carry no token are meant."""


@dataclass(slots=True)
class _Draft:
    ports: list[PortSpan] = field(default_factory=list)
    requests: list[RequestTest] = field(default_factory=list)
    tokens: list[TokenTest] = field(default_factory=list)
    kafka: tuple[KafkaTest, ...] = ()
    dns: tuple[str, ...] = ()
    server_names: tuple[str, ...] = ()

    def finish(self) -> Traffic:
        """Return the traffic; a port without a protocol is TCP, unless it is that of DNS."""
        http = bool(self.requests or self.kafka or self.tokens or self.server_names)
        return Traffic(
            ports=tuple(dict.fromkeys(_protocol(one, http=http) for one in self.ports)),
            requests=tuple(dict.fromkeys(self.requests)),
            kafka=tuple(dict.fromkeys(self.kafka)),
            dns=self.dns,
            server_names=self.server_names,
            tokens=tuple(dict.fromkeys(self.tokens)),
        )


def take_traffic(shape: Shape) -> None:
    """Replace runs of ports, requests and tokens by what may pass."""
    shape.take(_RUN, "T", lambda found: _passing(shape, found[0]))


def _passing(shape: Shape, text: str) -> Passing:
    drafts = [_Draft()]
    without = False
    end = 0
    for found in MARK.finditer(text):
        gap = text[end : found.start()].lower() if end else ""
        end = found.end()
        joins = bool(re.search(r"\b(?:and|or|plus|also|as well as)\b|[,/]", gap))
        value = shape.values[int(found[2])]
        if (
            found[1] == "O"
            and joins
            and (drafts[-1].requests or drafts[-1].kafka or drafts[-1].dns)
            and drafts[-1].ports
        ):
            drafts.append(_Draft())
        if found[1] == "J" and value.issuers == ("!",):
            without = True
        else:
            _add(drafts[-1], found[1], value, joins=joins, either=bool(re.search(r"\bor\b|,", gap)))
    return Passing(
        options=tuple(one.finish() for one in drafts), said=shape.plain(text), without_token=without
    )


def _add(draft: _Draft, kind: str, value: object, *, joins: bool, either: bool) -> None:
    if kind == "O" and isinstance(value, tuple):
        draft.ports.extend(value)
    elif isinstance(value, RequestTest):
        draft.requests = _requests(draft.requests, value, joins=joins)
    elif isinstance(value, TokenTest):
        if draft.tokens and not either:
            draft.tokens[-1] = _token(draft.tokens[-1], value)
        else:
            draft.tokens.append(value)
    elif isinstance(value, Traffic):
        draft.kafka += value.kafka
        draft.dns += value.dns
        draft.server_names += value.server_names
    elif isinstance(value, Passing):
        for one in value.options:
            draft.ports.extend(one.ports)
            draft.requests.extend(one.requests)
            draft.tokens.extend(one.tokens)
            draft.kafka += one.kafka
            draft.dns += one.dns
            draft.server_names += one.server_names


def _requests(known: list[RequestTest], new: RequestTest, *, joins: bool) -> list[RequestTest]:
    """Return requests with a further one, or with what it adds to the last."""
    if not known:
        return [new]
    last = known[-1]
    adds = not new.methods and not (new.paths and last.paths)
    adds = adds or (not joins and not last.methods and not new.paths)
    if joins and (new.methods or (new.paths and last.paths)):
        return [*known, new]
    if adds or (not last.methods and not last.paths):
        return [*known[:-1], _merged(last, new)]
    return [*known, new]


def _merged(one: RequestTest, other: RequestTest) -> RequestTest:
    return RequestTest(
        methods=one.methods or other.methods,
        paths=(*one.paths, *other.paths),
        regex=one.regex or other.regex,
        hosts=(*one.hosts, *other.hosts),
        headers=(*one.headers, *other.headers),
    )


def _token(one: TokenTest, other: TokenTest) -> TokenTest:
    return TokenTest(
        issuers=one.issuers or other.issuers,
        subjects=(*one.subjects, *other.subjects),
        audiences=(*one.audiences, *other.audiences),
        claims=(*one.claims, *other.claims),
    )


def _protocol(span: PortSpan, *, http: bool) -> PortSpan:
    if span.protocol:
        return span
    is_dns = span.first == span.last == 53 and not http
    return replace(span, protocol="ANY" if is_dns else "TCP")


def union(parts: Iterable[Passing]) -> tuple[Traffic, ...]:
    """Return the alternatives of several."""
    return tuple(one for part in parts for one in part.options)

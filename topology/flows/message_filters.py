"""Hubble's filters on what a flow carries: protocol, ports, TCP flags, HTTP and DNS.

Source: pkg/hubble/filters: protocol.go, port.go, tcp.go, http.go, fqdn.go.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote

from topology.errors import InvalidQuery
from topology.flows.patterns import compile_regex
from topology.flows.query import Predicate

__all__ = [
    "flags",
    "headers",
    "methods",
    "paths",
    "ports",
    "protocols",
    "queries",
    "statuses",
    "urls",
]

_NONE: Final[Mapping[str, Any]] = {}
_L4: Final = {
    "icmp": ("ICMPv4", "ICMPv6"),
    "icmpv4": ("ICMPv4",),
    "icmpv6": ("ICMPv6",),
    "tcp": ("TCP",),
    "udp": ("UDP",),
    "sctp": ("SCTP",),
}
_L7: Final = ("dns", "http", "kafka")
_WITH_PORTS: Final = ("TCP", "UDP", "SCTP")
_STATUS: Final = re.compile(r"[1-5][0-9]{2}")
_STATUS_PREFIX: Final = re.compile(r"[1-5][0-9]?\+")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})|[\x00-\x20\x7f]")


def protocols(values: Sequence[str]) -> Predicate:
    """Compile protocols of L4 and L7, of which one must be there."""
    lower, upper = set[str](), set[str]()
    for value in values:
        name = value.lower()
        if name in _L4:
            lower.update(_L4[name])
        elif name in _L7:
            upper.add(name)
        else:
            message = f"`{value}` is no protocol to filter by."
            raise InvalidQuery(message, hint=f"Choose from {', '.join((*_L4, *_L7))}.")
    return lambda flow: (
        not lower.isdisjoint(flow.get("l4") or _NONE)
        or not upper.isdisjoint(flow.get("l7") or _NONE)
    )


def ports(field: str) -> Callable[[Sequence[str]], Predicate]:
    """Return what compiles port numbers."""

    def build(values: Sequence[str]) -> Predicate:
        for value in values:
            if not re.fullmatch(r"[0-9]+", value) or int(value) > 65535:
                message = f"`{value}` is no port to filter by."
                raise InvalidQuery(message, hint="Write a number between 0 and 65535.")
        wanted = frozenset(map(int, values))

        def test(flow: Mapping[str, Any]) -> bool:
            l4 = flow.get("l4") or _NONE
            found = next((l4[one] for one in _WITH_PORTS if one in l4), None)
            return found is not None and found.get(field, 0) in wanted

        return test

    return build


def flags(values: Sequence[frozenset[str]]) -> Predicate:
    """Compile sets of TCP flags; all flags of one set must be raised."""

    def test(flow: Mapping[str, Any]) -> bool:
        found = ((flow.get("l4") or _NONE).get("TCP") or _NONE).get("flags")
        if found is None:
            return False
        raised = {name for name, is_set in found.items() if is_set}
        return any(wanted <= raised for wanted in values)

    return test


def _l7(flow: Mapping[str, Any], record: str) -> Mapping[str, Any] | None:
    return (flow.get("l7") or _NONE).get(record)


def statuses(values: Sequence[str]) -> Predicate:
    """Compile HTTP status codes, and their beginnings with a plus sign."""
    exact, prefixes = set[str](), list[str]()
    for value in values:
        if _STATUS.fullmatch(value):
            exact.add(value)
        elif _STATUS_PREFIX.fullmatch(value):
            prefixes.append(value[:-1])
        else:
            message = f"`{value}` is no HTTP status to filter by."
            raise InvalidQuery(message, hint="Write `404`, `40+` or `5+`.")

    def test(flow: Mapping[str, Any]) -> bool:
        code = (_l7(flow, "http") or _NONE).get("code", 0)
        text = f"{code:03d}"
        return bool(code) and (text in exact or text.startswith(tuple(prefixes)))

    return test


def methods(values: Sequence[str]) -> Predicate:
    """Compile HTTP methods, in either case."""
    wanted = {value.casefold() for value in values}
    return lambda flow: (_l7(flow, "http") or _NONE).get("method", "").casefold() in wanted - {""}


def urls(values: Sequence[str]) -> Predicate:
    """Compile regular expressions on the URL of a request."""
    patterns = [compile_regex(value) for value in values]

    def test(flow: Mapping[str, Any]) -> bool:
        url = (_l7(flow, "http") or _NONE).get("url", "")
        return bool(url) and any(pattern.search(url) for pattern in patterns)

    return test


def paths(values: Sequence[str]) -> Predicate:
    """Compile regular expressions on the path of a request's URL."""
    patterns = [compile_regex(value) for value in values]

    def test(flow: Mapping[str, Any]) -> bool:
        path = _path_of((_l7(flow, "http") or _NONE).get("url", ""))
        return path is not None and any(pattern.search(path) for pattern in patterns)

    return test


def _path_of(url: str) -> str | None:
    """Return the path of a URL as Go's `url.ParseRequestURI` reads it, None if invalid."""
    rest = url.partition("?")[0]
    if url == "*":
        return url
    if not url.startswith("/"):
        scheme = _SCHEME.match(rest)
        if scheme is None:
            return None
        rest = rest[scheme.end() :]
        if rest.startswith("//"):
            rest = "/" + rest[2:].partition("/")[2] if "/" in rest[2:] else ""
        elif not rest.startswith("/"):
            return ""
    return None if _BAD_ESCAPE.search(rest) else unquote(rest)


def headers(values: Sequence[tuple[str, str]]) -> Predicate:
    """Compile HTTP headers, name and value exactly."""
    wanted = frozenset(values)
    return lambda flow: any(
        (one.get("key", ""), one.get("value", "")) in wanted
        for one in (_l7(flow, "http") or _NONE).get("headers") or ()
    )


def queries(values: Sequence[str]) -> Predicate:
    """Compile regular expressions on the name that a DNS message asks for."""
    patterns = [compile_regex(value) for value in values]

    def test(flow: Mapping[str, Any]) -> bool:
        dns = _l7(flow, "dns")
        return dns is not None and any(one.search(dns.get("query", "")) for one in patterns)

    return test

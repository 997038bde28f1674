"""What a question asks about: a port, and perhaps one HTTP request."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args
from urllib.parse import urlsplit

from topology.errors import InvalidQuery
from topology.model import Protocol
from topology.policy.verdict import HttpRequest

__all__ = ["PortQuery", "describe_request", "parse_http", "parse_port"]

_PROTOCOLS: dict[str, Protocol] = {name.lower(): name for name in get_args(Protocol)}
_ECHO: dict[str, int] = {"ICMP": 8, "ICMPv6": 128}
"""Types of an echo request, which is what `ping` sends."""
_LAST_PORT = 65535
_LAST_TYPE = 255
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", re.IGNORECASE)
_RANGE = re.compile(r"\d+\s*-\s*\d+")
_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HINT = "Give a number from 1 to 65535, such as `8080` or `53/UDP`, or the name of a port."


@dataclass(frozen=True, slots=True, kw_only=True)
class PortQuery:
    """The port that a question names."""

    number: int | None = None
    """Of the pod, or of the Service where one is asked about; the message type for ICMP."""
    name: str = ""
    """Instead of a number; looked up at the destination."""
    protocol: Protocol = "TCP"

    def __str__(self) -> str:
        if self.number is None:
            return f"{self.name or 'every port'}/{self.protocol}"
        kind = "type " if self.protocol.startswith("ICMP") else ""
        return f"{kind}{self.number}/{self.protocol}"


def parse_port(text: str) -> PortQuery:
    """Read a port as people write it: `8080`, `8080/TCP`, `53/udp`, `http`, `icmp`.

    Raises:
        InvalidQuery: It is no port; the message quotes it.

    >>> str(parse_port("53/udp")), str(parse_port("icmp")), parse_port("http").name
    ('53/UDP', 'type 8/ICMP', 'http')
    """
    first, slash, last = (part.strip() for part in text.strip().partition("/"))
    if slash and first.lower() in _PROTOCOLS and last.isdecimal():
        first, last = last, first
    if not slash and first.lower() in _PROTOCOLS:
        protocol = _PROTOCOLS[first.lower()]
        return PortQuery(number=_ECHO.get(protocol), protocol=protocol)
    if slash and last.lower() not in _PROTOCOLS:
        message = f"`{last}` in `{text}` is no protocol."
        raise InvalidQuery(message, hint=f"Use one of {', '.join(_PROTOCOLS.values())}.")
    protocol = _PROTOCOLS[last.lower()] if slash else "TCP"
    if first.isascii() and first.isdecimal():
        return PortQuery(number=_checked(int(first), protocol, text), protocol=protocol)
    if _RANGE.fullmatch(first):
        message = f"`{text}` is a range of ports, and one question is about one port."
        raise InvalidQuery(message, hint="Ask about a single port, or name none to see all.")
    if not _NAME.fullmatch(first) or not re.search(r"[a-z]", first, re.IGNORECASE):
        message = f"`{text}` is no port."
        raise InvalidQuery(message, hint=_HINT)
    return PortQuery(name=first, protocol=protocol)


def parse_http(
    text: str, *, host: str = "", headers: tuple[tuple[str, str], ...] = (), claims: str = ""
) -> HttpRequest:
    """Read an HTTP request as people write it: `GET /data`, `/data`, `POST https://host/x?y=1`.

    Args:
        text: A method, GET if left out, and a path or a whole URL.
        host: Wins over the host of a URL.
        headers: Names and values.
        claims: A JSON object with the claims of a genuine token that the request carries.

    Raises:
        InvalidQuery: It is no request; the message quotes it.

    >>> request = parse_http("POST http://shop.example/cart?id=1")
    >>> request.method, request.host, request.path
    ('POST', 'shop.example', '/cart?id=1')
    """
    words = text.split()
    if words and words[-1].upper().startswith("HTTP/"):
        words.pop()
    if not words or len(words) > 2:
        message = f"`{text}` is no HTTP request."
        raise InvalidQuery(message, hint="Write it as `GET /path`.")
    method, target = ("GET", words[0]) if len(words) == 1 else (words[0], words[1])
    if len(words) == 1 and not target.startswith("/") and "://" not in target:
        method, target = target, "/"
    if not _METHOD.fullmatch(method):
        message = f"`{method}` in `{text}` is no HTTP method."
        raise InvalidQuery(message, hint="Write it as `GET /path`.")
    if "://" in target:
        parts = urlsplit(target)
        host = host or parts.netloc.rpartition("@")[2]
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    elif not target.startswith("/") and target != "*":
        message = f"The path `{target}` in `{text}` does not start with a slash."
        raise InvalidQuery(message, hint=f"Write it as `{method} /{target}`.")
    return HttpRequest(
        method=method, path=target, host=host, headers=headers, claims=_read_claims(claims)
    )


def describe_request(
    http: str, host: str = "", headers: Sequence[str] = (), claims: str = ""
) -> HttpRequest | None:
    """Return the request that is described in parts, or None where no part is given.

    Args:
        http: As for `parse_http`; `GET /` where only the other parts are given.
        host: The request's host.
        headers: Each `NAME=VALUE`, or `NAME: VALUE`.
        claims: As for `parse_http`.

    Raises:
        InvalidQuery: A part cannot be read; the message quotes it.
    """
    if not (http.strip() or host.strip() or headers or claims.strip()):
        return None
    pairs = []
    for header in headers:
        name, mark, value = header.partition("=" if "=" in header.partition(":")[0] else ":")
        if not mark or not name.strip():
            message = f"`{header}` is no header."
            raise InvalidQuery(message, hint="Write it as `NAME=VALUE`.")
        pairs.append((name.strip(), value.strip()))
    return parse_http(
        http.strip() or "GET /", host=host.strip(), headers=tuple(pairs), claims=claims
    )


def _read_claims(text: str) -> str:
    """Return claims in one form, so that the same ones make the same request."""
    if not text.strip():
        return ""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        message = f"`{text}` is no JSON object of claims."
        raise InvalidQuery(message, hint='Write it as `{"iss": "...", "sub": "..."}`.')
    return json.dumps(found, sort_keys=True)


def _checked(number: int, protocol: Protocol, text: str) -> int:
    """Return a number that is in the protocol's range."""
    lowest, highest = (0, _LAST_TYPE) if protocol in _ECHO else (1, _LAST_PORT)
    if not lowest <= number <= highest:
        message = f"`{text}` is no port: {number} is not between {lowest} and {highest}."
        raise InvalidQuery(message, hint=_HINT)
    return number

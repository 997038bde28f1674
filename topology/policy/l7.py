"""What the proxies look at inside a connection: HTTP and Kafka requests, DNS queries."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Literal

from topology.policy.fqdn import NamePattern
from topology.policy.kafka import KafkaRequest, KafkaRule
from topology.policy.regex import compile_regex
from topology.policy.verdict import HttpRequest

__all__ = ["HttpRule", "L7Rules"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRule:
    """One item of `rules.http`: every condition must hold; the expressions match whole values."""

    method: str = ""
    path: str = ""
    host: str = ""
    headers: tuple[tuple[str, str | None], ...] = ()
    """Name and exact value; None where the header must only be there."""
    secret: bool = False
    """Whether a header is compared with a Secret, which is not known here."""

    def matches(self, request: HttpRequest) -> bool | None:
        """Return whether the rule lets a request through; None where that cannot be decided."""
        results = [
            self._full(self.method, request.method),
            self._full(self.path, request.path),
            self._host(request),
            None if self.secret else True,
            *(_has_header(request, name, value) for name, value in self.headers),
        ]
        if False in results:
            return False
        return None if None in results else True

    def _host(self, request: HttpRequest) -> bool | None:
        if self.host and not request.host:
            return None
        return self._full(self.host, request.host)

    def _full(self, pattern: str, value: str) -> bool | None:
        if not pattern:
            return True
        regex = compile_regex(pattern)
        return None if regex is None else regex.fullmatch(value) is not None

    def __str__(self) -> str:
        parts = [self.method or "any method", self.path or "any path"]
        if self.host:
            parts.append(f"host {self.host}")
        parts += [f"header {n}" if v is None else f"header {n}: {v}" for n, v in self.headers]
        return " ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class L7Rules:
    """The L7 part of a rule: any of its items lets a request through."""

    parser: Literal["http", "dns", "kafka", "tls"] | str
    http: tuple[HttpRule, ...] = ()
    dns: tuple[NamePattern, ...] = ()
    names: tuple[str, ...] = ()
    """TLS server names."""
    kafka: tuple[KafkaRule, ...] = ()

    def admits(
        self,
        http: HttpRequest | None,
        dns: str | None,
        sni: str | None = None,
        kafka: KafkaRequest | None = None,
    ) -> bool | None:
        """Return whether a request gets through; None where this cannot be decided."""
        if http is not None and self.parser == "http":
            results = {rule.matches(http) for rule in self.http}
            return _any(results)
        if kafka is not None and self.parser == "kafka":
            return _any({rule.matches(kafka) for rule in self.kafka})
        if dns is not None and self.parser == "dns":
            return any(pattern.matches(dns) for pattern in self.dns)
        if sni is not None and self.parser == "tls":
            return any(_is_server(sni, name) for name in self.names)
        return None

    @property
    def alternatives(self) -> tuple[Hashable, ...]:
        """Return its items apart; equal items of two rules let the same requests through."""
        items: tuple[Hashable, ...] = (*self.http, *self.dns, *self.names, *self.kafka)
        return tuple((self.parser, item) for item in items) or ((self.parser, None),)

    def __str__(self) -> str:
        if self.parser == "http":
            return "HTTP " + " or ".join(f"`{rule}`" for rule in self.http)
        if self.parser == "dns":
            return "DNS queries for " + " or ".join(f"`{pattern}`" for pattern in self.dns)
        if self.parser == "tls":
            return "TLS with server name " + " or ".join(f"`{name}`" for name in self.names)
        if self.parser == "kafka":
            return "Kafka " + " or ".join(f"`{rule}`" for rule in self.kafka)
        return f"{self.parser} requests that its rules name"


def _any(results: set[bool | None]) -> bool | None:
    return True if True in results else None if None in results else False


def _is_server(sni: str, pattern: str) -> bool:
    """Return whether a pattern means a name: `*.` stands for one label, `**.` for one or more.

    Source: `serverNames` of the CiliumNetworkPolicy schema, 1.18.
    """
    name, wanted = (text.lower().rstrip(".") for text in (sni, pattern))
    stars, dot, rest = wanted.partition(".")
    if not dot or stars not in ("*", "**"):
        return name == wanted
    head = name.removesuffix(f".{rest}")
    return head not in ("", name) and (stars == "**" or "." not in head)


def _has_header(request: HttpRequest, name: str, value: str | None) -> bool:
    values = [v for n, v in request.headers if n.lower() == name.lower()]
    if value is None:
        return bool(values)
    return ",".join(values) == value if values else False

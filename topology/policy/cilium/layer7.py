"""The L7 part of a toPorts item: HTTP, DNS, Kafka, TLS server names, and other parsers."""

from collections.abc import Mapping
from typing import Any

from topology.policy.cilium.names import read_names
from topology.policy.fields import Rejected, listing, mapping, text
from topology.policy.l7 import HttpRule, L7Rules, invalid_regex
from topology.policy.profile import Profile
from topology.policy.rules import PortEntry

__all__ = ["read_l7"]

_PARSERS = ("http", "kafka", "dns")
_MISMATCH = frozenset({"LOG", "ADD", "DELETE", "REPLACE"})


def read_l7(
    item: Mapping[str, Any],
    entries: tuple[PortEntry, ...],
    path: str,
    *,
    ingress: bool,
    profile: Profile,
) -> L7Rules | None:
    """Read `rules`, `serverNames` and `listener` of a toPorts item."""
    rules = mapping(item.get("rules"), f"{path}.rules")
    where = f"{path}.rules"
    given = {name: listing(rules.get(name), f"{where}.{name}") or [] for name in (*_PARSERS, "l7")}
    used = [name for name in _PARSERS if given[name]]
    proto = text(rules.get("l7proto"), f"{where}.l7proto")
    if given["l7"] and not proto:
        message = "'l7' may only be specified when a 'l7proto' is also specified."
        raise Rejected("l7proto", message, "Add `l7proto`.", f"{where}.l7")
    parsers = used + ([proto] if proto else [])
    _check(parsers, entries, path, ingress=ingress, profile=profile)
    _check_beside(item, parsers, path, ingress=ingress)
    if parsers:
        return _rules(parsers[0], given, where, profile)
    names = listing(item.get("serverNames"), f"{path}.serverNames") or []
    if names:
        return L7Rules(parser="tls", names=tuple(str(name) for name in names))
    if item.get("listener"):
        return L7Rules(parser="listener")
    return None


def _rules(parser: str, given: Mapping[str, list[Any]], path: str, profile: Profile) -> L7Rules:
    if parser == "http":
        items = enumerate(given["http"])
        return L7Rules(
            parser="http", http=tuple(_http(rule, f"{path}.http[{n}]") for n, rule in items)
        )
    if parser == "dns":
        names = [
            name
            for n, rule in enumerate(given["dns"])
            for name in read_names(rule, f"{path}.dns[{n}]", profile)
        ]
        return L7Rules(parser="dns", dns=tuple(names))
    for number, rule in enumerate(given["kafka"]):
        _check_kafka(mapping(rule, f"{path}.kafka[{number}]"), f"{path}.kafka[{number}]")
    return L7Rules(parser=parser)


def _check(
    parsers: list[str],
    entries: tuple[PortEntry, ...],
    path: str,
    *,
    ingress: bool,
    profile: Profile,
) -> None:
    if not parsers:
        return
    where = f"{path}.rules"
    if not profile.l7_proxy:
        message = "L7 policy is not supported since L7 proxy is not enabled."
        raise Rejected("l7-proxy", message, "Take `rules` out, or enable the proxy.", where)
    if len(parsers) > 1:
        message = "Multiple L7 protocol rule types specified in single rule."
        raise Rejected("l7-types", message, "Make one item of toPorts for each type.", where)
    if parsers == ["dns"]:
        _check_dns(entries, path, ingress=ingress)
    elif any(entry.protocols != ("TCP",) for entry in entries):
        message = "L7 rules can only apply to TCP except for DNS rules."
        raise Rejected("l7-protocol", message, "Write `protocol: TCP`.", f"{path}.ports")
    if any(not entry.name and (entry.first, entry.last) == (0, 65535) for entry in entries):
        message = "L7 rules can not be used when a port is 0."
        raise Rejected("l7-port", message, "Name the port.", f"{path}.ports")


def _check_dns(entries: tuple[PortEntry, ...], path: str, *, ingress: bool) -> None:
    if ingress:
        message = "L7 protocol DNS is not supported on ingress yet."
        raise Rejected("dns-ingress", message, "Put it into an egress rule.", f"{path}.rules.dns")
    if not entries:
        message = "Port 53 must be specified for DNS rules."
        raise Rejected("dns-port", message, 'Add `ports: [{port: "53"}]`.', f"{path}.rules.dns")
    for number, entry in enumerate(entries):
        if not entry.name and 0 < entry.first < entry.last:
            message = "DNS rules do not support port ranges."
            raise Rejected("dns-range", message, "Take `endPort` out.", f"{path}.ports[{number}]")
        if "SCTP" in entry.protocols and len(entry.protocols) == 1:
            message = "DNS rules apply to TCP, UDP or ANY."
            raise Rejected("dns-protocol", message, "Write ANY.", f"{path}.ports[{number}]")


def _check_beside(item: Mapping[str, Any], parsers: list[str], path: str, *, ingress: bool) -> None:
    names = listing(item.get("serverNames"), f"{path}.serverNames") or []
    if names and parsers and not item.get("terminatingTLS"):
        message = "ServerNames are not allowed with L7 rules without TLS termination."
        raise Rejected("sni", message, "Make two rules of it.", f"{path}.serverNames")
    if "" in names:
        message = "Empty server name is not allowed."
        raise Rejected("sni", message, "Name the server.", f"{path}.serverNames")
    if item.get("listener") and (ingress or parsers):
        beside = "on ingress" if ingress else "with L7 rules"
        message = f"Listener is not allowed {beside}."
        raise Rejected("listener", message, "Take `listener` out.", f"{path}.listener")


def _check_kafka(rule: Mapping[str, Any], path: str) -> None:
    if rule.get("role") and rule.get("apiKey"):
        message = f"Cannot set both Role `{rule['role']}` and APIKey `{rule['apiKey']}` together."
        raise Rejected("kafka", message, "Keep `role`.", path)


def _http(item: Any, path: str) -> HttpRule:
    rule = mapping(item, path)
    values = {name: text(rule.get(name), f"{path}.{name}") or "" for name in ("method", "path")}
    for name, value in values.items():
        if value and invalid_regex(value):
            message = f"`{value}` is no regular expression."
            raise Rejected("http-regex", message, "Correct it (RE2 syntax).", f"{path}.{name}")
    headers: list[tuple[str, str | None]] = []
    for number, header in enumerate(listing(rule.get("headers"), f"{path}.headers") or []):
        name, space, value = (text(header, f"{path}.headers[{number}]") or "").partition(" ")
        headers.append((name.rstrip(":"), value) if space else (name, None))
    secret = False
    matches = listing(rule.get("headerMatches"), f"{path}.headerMatches") or []
    for number, header in enumerate(matches):
        where = f"{path}.headerMatches[{number}]"
        wanted = mapping(header, where)
        name = text(wanted.get("name"), f"{where}.name") or ""
        if not name:
            raise Rejected("http-header", "Header name missing.", "Add `name`.", where)
        if wanted.get("mismatch") in _MISMATCH:
            continue
        secret = secret or bool(wanted.get("secret"))
        headers.append((name, text(wanted.get("value"), f"{where}.value") or None))
    return HttpRule(
        method=values["method"],
        path=values["path"],
        host=text(rule.get("host"), f"{path}.host") or "",
        headers=tuple(headers),
        secret=secret,
    )

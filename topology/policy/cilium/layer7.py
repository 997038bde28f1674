"""The L7 part of a toPorts item: HTTP, DNS, Kafka, TLS server names, and other parsers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from topology.policy.cilium.kafka import read_kafka
from topology.policy.cilium.names import read_names
from topology.policy.fields import Faults, Rejected, listing, mapping, quoted, text
from topology.policy.fqdn import NamePattern
from topology.policy.kafka import KafkaRule
from topology.policy.l7 import HttpRule, L7Rules
from topology.policy.profile import Profile
from topology.policy.regex import invalid_regex
from topology.policy.rules import PortEntry

__all__ = ["Place", "read_l7"]

_PORTS_ALONE = frozenset({"ports"})
_PARSERS = ("http", "kafka", "dns")
_MISMATCH = frozenset({"LOG", "ADD", "DELETE", "REPLACE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a rule stands, as far as L7 rules are not taken everywhere."""

    ingress: bool
    host: bool
    """Of a policy for nodes."""


def read_l7(
    item: Mapping[str, Any],
    entries: tuple[PortEntry, ...] | None,
    path: str,
    *,
    place: Place,
    profile: Profile,
) -> L7Rules | None:
    """Read `rules`, `serverNames` and `listener` of a toPorts item.

    Args:
        item: The item of toPorts.
        entries: Its ports; None where they are faulty.
        path: Where it stands.
        place: Whether L7 rules are taken there.
        profile: Whose semantics.
    """
    if item.keys() <= _PORTS_ALONE:
        return None
    faults = Faults()
    rules = mapping(item.get("rules"), f"{path}.rules")
    where = f"{path}.rules"
    given: dict[str, list[Any] | None] = {}
    for name in (*_PARSERS, "l7"):
        with faults:
            given[name] = listing(rules.get(name), f"{where}.{name}")
    proto = text(rules.get("l7proto"), f"{where}.l7proto")
    faults.settle()
    # Lists that are all empty restrict nothing, and Cilium does not look at them.
    is_empty = not any(given.values())
    if not is_empty:
        with faults:
            _check_place(given, where, place, profile)
        with faults:
            _check_types(given, proto, where)
        with faults:
            _check_ports(given, entries, path)
    with faults:
        _check_beside(item, path, place, is_empty=is_empty)
    found: L7Rules | None = None
    with faults:
        used = [name for name in _PARSERS if given[name]] + ([proto] if proto else [])
        found = _rules(used[0], given, where, profile) if used else _unparsed(item, path)
    faults.settle()
    return found


def _unparsed(item: Mapping[str, Any], path: str) -> L7Rules | None:
    names = listing(item.get("serverNames"), f"{path}.serverNames") or []
    if names:
        return L7Rules(parser="tls", names=tuple(str(name) for name in names))
    return L7Rules(parser="listener") if item.get("listener") else None


def _rules(
    parser: str, given: Mapping[str, list[Any] | None], path: str, profile: Profile
) -> L7Rules:
    faults = Faults()
    http: list[HttpRule] = []
    dns: list[NamePattern] = []
    kafka: list[KafkaRule] = []
    for number, rule in enumerate(given["http"] or ()):
        with faults:
            http.append(_http(rule, f"{path}.http[{number}]"))
    for number, rule in enumerate(given["dns"] or ()):
        with faults:
            dns += read_names(rule, f"{path}.dns[{number}]", profile, either=False)
    for number, rule in enumerate(given["kafka"] or ()):
        with faults:
            where = f"{path}.kafka[{number}]"
            kafka.append(read_kafka(mapping(rule, where), where))
    for number, rule in enumerate(given["l7"] or ()):
        with faults:
            if "" in mapping(rule, f"{path}.l7[{number}]"):
                fix = "Name the key."
                raise Rejected("l7proto", "Empty key not allowed.", fix, f"{path}.l7[{number}]")
    faults.settle()
    return L7Rules(
        parser=parser,
        http=tuple(http) if parser == "http" else (),
        dns=tuple(dns) if parser == "dns" else (),
        kafka=tuple(kafka) if parser == "kafka" else (),
    )


def _check_place(
    given: Mapping[str, list[Any] | None], path: str, place: Place, profile: Profile
) -> None:
    out = "Take `rules` out."
    if place.host and place.ingress:
        raise Rejected("host-l7", "L7 policy is not supported on host ingress yet.", out, path)
    if not profile.l7_proxy:
        message = "L7 policy is not supported since L7 proxy is not enabled."
        raise Rejected("l7-proxy", message, "Take `rules` out, or enable the proxy.", path)
    if place.ingress and given["dns"]:
        message = "L7 protocol DNS is not supported on ingress yet."
        raise Rejected("dns-ingress", message, "Put it into an egress rule.", f"{path}.dns")
    for name, word in (("http", "HTTP"), ("kafka", "Kafka")):
        if place.host and given[name]:
            message = f"L7 protocol {word} is not supported on host egress yet."
            raise Rejected("host-l7", message, out, f"{path}.{name}")


def _check_types(given: Mapping[str, list[Any] | None], proto: str | None, path: str) -> None:
    if given["l7"] is not None and not proto:
        message = "'l7' may only be specified when a 'l7proto' is also specified."
        raise Rejected("l7proto", message, "Add `l7proto`.", f"{path}.l7")
    # A list counts here even when it is empty.
    there = [name for name in _PARSERS if given[name] is not None] + (["l7proto"] if proto else [])
    if len(there) > 1:
        message = "Multiple L7 protocol rule types specified in single rule."
        raise Rejected("l7-types", message, "Make one item of toPorts for each type.", path)


def _check_ports(
    given: Mapping[str, list[Any] | None], entries: tuple[PortEntry, ...] | None, path: str
) -> None:
    if entries is None:
        return
    if given["dns"] is not None and not entries:
        message = "Port 53 must be specified for DNS rules."
        raise Rejected("dns-port", message, 'Add `ports: [{port: "53"}]`.', f"{path}.rules.dns")
    for number, entry in enumerate(entries):
        where = f"{path}.ports[{number}]"
        whole = (entry.first, entry.last) == (0, 65535)
        if given["dns"] and not entry.name and not whole and entry.first < entry.last:
            message = "DNS rules do not support port ranges."
            raise Rejected("dns-range", message, "Take `endPort` out.", where)
        if not given["dns"] and entry.protocols != ("TCP",):
            shown = entry.protocols[0] if len(entry.protocols) == 1 else "ANY"
            message = f"L7 rules can only apply to TCP (not {shown}) except for DNS rules."
            raise Rejected("l7-protocol", message, "Write `protocol: TCP`.", where)
    if any(not entry.name and entry.first == 0 for entry in entries):
        message = "L7 rules can not be used when a port is 0."
        raise Rejected("l7-port", message, "Name the port.", f"{path}.ports")


def _check_beside(item: Mapping[str, Any], path: str, place: Place, *, is_empty: bool) -> None:
    names = listing(item.get("serverNames"), f"{path}.serverNames") or []
    if names and not is_empty and item.get("terminatingTLS") is None:
        message = "ServerNames are not allowed with L7 rules without TLS termination."
        raise Rejected("sni", message, "Make two rules of it.", f"{path}.serverNames")
    if "" in names:
        message = "Empty server name is not allowed."
        raise Rejected("sni", message, "Name the server.", f"{path}.serverNames")
    if item.get("listener") is not None and (place.ingress or not is_empty):
        beside = "on ingress" if place.ingress else "with L7 rules"
        message = f"Listener is not allowed {beside}."
        raise Rejected("listener", message, "Take `listener` out.", f"{path}.listener")


def _http(item: Any, path: str) -> HttpRule:
    rule = mapping(item, path)
    faults = Faults()
    values = {name: text(rule.get(name), f"{path}.{name}") or "" for name in ("method", "path")}
    for name, value in values.items():
        if value and invalid_regex(value):
            message = f"{quoted(value)} is no regular expression."
            fix = "Correct it (RE2 syntax); a backslash makes a sign stand for itself."
            with faults:
                raise Rejected("http-regex", message, fix, f"{path}.{name}")
    headers: list[tuple[str, str | None]] = []
    for number, header in enumerate(listing(rule.get("headers"), f"{path}.headers") or []):
        name, space, value = (text(header, f"{path}.headers[{number}]") or "").partition(" ")
        headers.append((name.rstrip(":"), value) if space else (name, None))
    secret = False
    matches = listing(rule.get("headerMatches"), f"{path}.headerMatches") or []
    for number, header in enumerate(matches):
        where = f"{path}.headerMatches[{number}]"
        with faults:
            wanted = mapping(header, where)
            name = _header_name(wanted, where)
            if wanted.get("mismatch"):
                continue
            secret = secret or bool(wanted.get("secret"))
            headers.append((name, text(wanted.get("value"), f"{where}.value") or None))
    faults.settle()
    return HttpRule(
        method=values["method"],
        path=values["path"],
        host=text(rule.get("host"), f"{path}.host") or "",
        headers=tuple(headers),
        secret=secret,
    )


def _header_name(wanted: Mapping[str, Any], path: str) -> str:
    name = text(wanted.get("name"), f"{path}.name") or ""
    if not name:
        raise Rejected("http-header", "Header name missing.", "Add `name`.", path)
    mismatch = text(wanted.get("mismatch"), f"{path}.mismatch")
    if mismatch and mismatch not in _MISMATCH:
        message = f"Invalid header action: {quoted(mismatch)}."
        fix = "Write LOG, ADD, DELETE or REPLACE, or take it out."
        raise Rejected("http-header", message, fix, f"{path}.mismatch")
    secret = wanted.get("secret")
    if secret is not None and not mapping(secret, f"{path}.secret").get("name"):
        raise Rejected("http-header", "Secret name missing.", "Add `name`.", f"{path}.secret")
    return name

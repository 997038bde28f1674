"""Sheets as CiliumNetworkPolicy and CiliumClusterwideNetworkPolicy."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from topology.authoring.intent import (
    Accounts,
    Anyone,
    DnsNames,
    Entities,
    KafkaTest,
    LabelTest,
    Networks,
    Nodes,
    Party,
    Pods,
    PortSpan,
    RequestTest,
    ServiceParty,
    Traffic,
)
from topology.authoring.phrases import say_party, say_traffic
from topology.authoring.sheets import Rule, Sheet, Side, Undraftable
from topology.policy.labels import CLUSTER, NAMESPACE, NAMESPACE_LABELS, SERVICE_ACCOUNT

__all__ = ["cilium_selector", "write_cilium"]

_NAMESPACE = f"k8s:{NAMESPACE}"
_PRINCIPAL_PARTS = 5
_MOST_PORTS = 40
_SIDES: tuple[Side, ...] = ("ingress", "egress")


def write_cilium(sheet: Sheet) -> tuple[dict[str, Any], dict[tuple[str | int, ...], list[str]]]:
    """Return the `spec` of a sheet and the comments in it, by path from the document's root.

    Raises:
        Undraftable: Cilium has no way to say it.
    """
    spec: dict[str, Any] = {}
    comments: dict[tuple[str | int, ...], list[str]] = {}
    open_sides = {
        side: False
        for side in _SIDES
        if _is_deny_only(sheet, side) or (sheet.additive and sheet.side(side))
    }
    if open_sides:
        spec["enableDefaultDeny"] = open_sides
        comments["spec", "enableDefaultDeny"] = [
            "Deny rules alone would close everything else, too; this leaves it as it is."
        ]
    if isinstance(sheet.subject, Nodes):
        spec["nodeSelector"] = _selector(sheet.subject.labels)
    else:
        spec["endpointSelector"] = cilium_selector(sheet.subject, sheet.namespace, is_subject=True)
    for side in _SIDES:
        _write_side(sheet, side, spec, comments)
    return spec, comments


def _write_side(
    sheet: Sheet,
    side: Side,
    spec: dict[str, Any],
    comments: dict[tuple[str | int, ...], list[str]],
) -> None:
    """Add the sections of one direction."""
    rules = sheet.side(side)
    if rules is not None:
        if not rules:
            spec[side] = [{}]
            comments["spec", side] = [f"An empty rule lets nothing through: default deny ({side})."]
        for section, wanted in ((side, False), (f"{side}Deny", True)):
            items: list[dict[str, Any]] = []
            for rule in rules:
                if rule.deny == wanted:
                    written = list(_rules(rule, side, sheet.namespace))
                    if rule.because:
                        comments["spec", section, len(items)] = [rule.because]
                    items += written
            if items:
                spec[section] = items


def cilium_selector(pods: Pods, namespace: str, *, is_subject: bool = False) -> dict[str, Any]:
    """Return a selector of Cilium for pods.

    Args:
        pods: Whom to select.
        namespace: That of the policy, which need not be written; empty for a clusterwide one.
        is_subject: Whether it is the policy's own subject, which is in its namespace anyway.
    """
    tests: list[LabelTest] = []
    spaces = pods.namespaces
    if spaces is not None and not (namespace and tuple(spaces) == (namespace,)) and spaces:
        tests.append(LabelTest(_NAMESPACE, "In", tuple(spaces)))
    if spaces is None and not pods.namespace_labels and namespace and not is_subject:
        tests.append(LabelTest(_NAMESPACE, "Exists"))
    tests += [
        LabelTest(f"k8s:{NAMESPACE_LABELS}{test.key}", test.operator, test.values)
        for test in pods.namespace_labels
    ]
    if pods.cluster:
        tests.append(LabelTest(CLUSTER, "In", (pods.cluster,)))
    return _selector((*tests, *pods.labels))


def _selector(tests: Iterable[LabelTest]) -> dict[str, Any]:
    labels: dict[str, str] = {}
    expressions: list[dict[str, Any]] = []
    for test in tests:
        if test.operator == "In" and len(test.values) == 1 and test.key not in labels:
            labels[test.key] = test.values[0]
            continue
        expression: dict[str, Any] = {"key": test.key, "operator": test.operator}
        if test.values:
            expression["values"] = list(test.values)
        expressions.append(expression)
    selector: dict[str, Any] = {}
    if labels:
        selector["matchLabels"] = labels
    if expressions:
        selector["matchExpressions"] = expressions
    return selector


def _is_deny_only(sheet: Sheet, side: Side) -> bool:
    rules = sheet.side(side)
    return bool(rules) and not sheet.isolates(side)


def _rules(rule: Rule, side: Side, namespace: str) -> Iterator[dict[str, Any]]:
    """Yield the items of one rule: Cilium takes one sort of peer in each."""
    word = "from" if side == "ingress" else "to"
    traffic = list(_traffic(rule))
    for peers in _peers(rule.peers, word, namespace, deny=rule.deny):
        if not peers and traffic == [{}]:
            peers = {f"{word}Entities": ["all"]}
        for item in traffic:
            yield {**peers, **item}


def _peers(
    parties: Iterable[Party], word: str, namespace: str, *, deny: bool
) -> list[dict[str, Any]]:
    """Return the peers of a rule, those of one sort together."""
    found: dict[str, list[Any]] = {}
    for party in parties:
        if isinstance(party, Anyone):
            return [{}]
        for name, value in _peer(party, word, namespace, deny=deny):
            if value not in found.setdefault(name, []):
                found[name].append(value)
    return [{name: values} for name, values in found.items()]


def _peer(party: Party, word: str, namespace: str, *, deny: bool) -> Iterator[tuple[str, Any]]:
    match party:
        case Pods():
            yield f"{word}Endpoints", cilium_selector(party, namespace)
        case Entities():
            yield from ((f"{word}Entities", name) for name in party.names)
        case Networks() if party.exceptions:
            block = {"cidr": str(party.network), "except": [str(one) for one in party.exceptions]}
            yield f"{word}CIDRSet", block
        case Networks():
            yield f"{word}CIDR", str(party.network)
        case DnsNames() if word == "to" and not deny:
            yield from (("toFQDNs", _name(name)) for name in party.names)
        case ServiceParty() if word == "to":
            yield "toServices", _service(party)
        case Nodes() if party.labels:
            yield f"{word}Nodes", _selector(party.labels)
        case Nodes():
            yield from ((f"{word}Entities", name) for name in ("host", "remote-node"))
        case Accounts():
            yield from ((f"{word}Endpoints", one) for one in _accounts(party, namespace))
        case _:
            message = f"Cilium cannot {'deny' if deny else 'name'} {say_party(party)} as a "
            message += "destination." if word == "to" else "source."
            raise Undraftable(message)


def _name(name: str) -> dict[str, str]:
    return {"matchPattern" if "*" in name else "matchName": name}


def _service(party: ServiceParty) -> dict[str, Any]:
    if party.name:
        return {"k8sService": {"serviceName": party.name, "namespace": party.namespace}}
    selector = {"selector": _selector(party.labels)}
    return {
        "k8sServiceSelector": selector | ({"namespace": party.namespace} if party.namespace else {})
    }


def _accounts(party: Accounts, namespace: str) -> Iterator[dict[str, Any]]:
    """Yield a selector for each account: Cilium's identities carry it as a label."""
    accounts = [tuple(one.partition("/")[::2]) for one in party.accounts]
    for written in party.principals:
        parts = written.split("/")
        if len(parts) != _PRINCIPAL_PARTS or "*" in written:
            message = f"Cilium knows no principal `{written}`; an AuthorizationPolicy does."
            raise Undraftable(message)
        accounts.append((parts[2], parts[4]))
    for space, name in accounts:
        test = LabelTest(f"k8s:{SERVICE_ACCOUNT}", "In", (name,))
        yield cilium_selector(Pods(labels=(test,), namespaces=(space,)), namespace)
    for space in party.namespaces:
        yield cilium_selector(Pods(namespaces=(space,)), namespace)


def _traffic(rule: Rule) -> Iterator[dict[str, Any]]:
    """Yield what a rule lets through: nothing to write for everything."""
    traffic = rule.traffic
    if traffic.tokens:
        message = f"Cilium reads no tokens, so it cannot say {say_traffic(traffic)}."
        raise Undraftable(message)
    limited = traffic.requests or traffic.kafka or traffic.dns or traffic.server_names
    if rule.deny and limited:
        message = f"Cilium denies ports, not requests, so it cannot deny {say_traffic(traffic)}."
        raise Undraftable(message)
    messages = [one for one in traffic.ports if one.protocol in ("ICMP", "ICMPv6")]
    ports = [one for one in traffic.ports if one not in messages]
    if messages:
        yield {"icmps": [{"fields": [_message(one) for one in messages]}]}
    if not ports and not limited:
        if not messages:
            yield {}
        return
    yield {"toPorts": list(_port_rules(ports, traffic))}


def _port_rules(ports: list[PortSpan], traffic: Traffic) -> Iterator[dict[str, Any]]:
    limits: dict[str, Any] = {}
    if traffic.requests:
        limits["rules"] = {"http": [one for test in traffic.requests for one in _http(test)]}
    elif traffic.kafka:
        limits["rules"] = {"kafka": [_kafka(test) for test in traffic.kafka]}
    elif traffic.dns:
        limits["rules"] = {"dns": [_name(name) for name in traffic.dns]}
    if traffic.server_names:
        limits["serverNames"] = list(traffic.server_names)
    if not ports and traffic.dns:
        ports = [PortSpan(first=53, last=53, protocol="ANY")]
    if not ports:
        message = f"Cilium needs the port to which it is limited {say_traffic(traffic)}."
        raise Undraftable(message, hint="Say on which port.")
    entries = [_port(one, is_tcp=bool(traffic.requests or traffic.kafka)) for one in ports]
    for start in range(0, len(entries), _MOST_PORTS):
        yield {"ports": entries[start : start + _MOST_PORTS], **limits}


def _kafka(test: KafkaTest) -> dict[str, str]:
    fields = {
        "role": test.role,
        "apiKey": test.key,
        "topic": test.topic,
        "apiVersion": test.version,
        "clientID": test.client,
    }
    return {name: value for name, value in fields.items() if value}


def _port(span: PortSpan, *, is_tcp: bool) -> dict[str, Any]:
    protocol = "TCP" if is_tcp and span.protocol == "ANY" else span.protocol
    if span.name:
        return {"port": span.name, "protocol": protocol}
    if not span.first:
        if protocol in ("ANY", "TCP", "UDP", "SCTP"):
            return {"port": "0", "protocol": protocol}
        return {"protocol": protocol}
    entry: dict[str, Any] = {"port": str(span.first)}
    if span.last > span.first:
        entry["endPort"] = span.last
    return entry | {"protocol": protocol}


def _message(span: PortSpan) -> dict[str, Any]:
    if not (span.name or span.first):
        message = "Cilium allows ICMP by type, not as a whole."
        raise Undraftable(message, hint="Name the type, such as EchoRequest (8).")
    family = "IPv6" if span.protocol == "ICMPv6" else "IPv4"
    return {"type": span.name or span.first, "family": family}


def _http(test: RequestTest) -> Iterator[dict[str, Any]]:
    """Yield the HTTP rules of a test: methods, paths and hosts are regular expressions there."""
    rest: dict[str, Any] = {}
    if test.headers:
        rest["headers"] = [f"{name}: {value}" if value else name for name, value in test.headers]
    for method in test.methods or ("",):
        for path in test.paths or ("",):
            for host in test.hosts or ("",):
                rule: dict[str, Any] = {"method": method} if method else {}
                if path:
                    rule["path"] = path if test.regex else _path(path, queries=test.queries)
                if host:
                    rule["host"] = _pattern(host)
                yield rule | rest


def _path(text: str, *, queries: bool) -> str:
    """Return a path as a regular expression: Cilium sees the query string as a part of it."""
    parts = re.split(r"(?<=/)(\{\*\*?\})(?=/|$)", text)
    if len(parts) == 1:
        pattern = _pattern(text)
    else:
        wild = {"{*}": "[^/?]+", "{**}": ".*"}
        pattern = "".join(wild.get(part) or _escaped(part) for part in parts)
    return rf"{pattern}(\?.*)?" if queries and not text.endswith("*") else pattern


def _pattern(text: str) -> str:
    """Return a text, with at most one `*` at an end, as a regular expression for the whole."""
    if text == "*":
        return ".*"
    if text.endswith("*"):
        return f"{_escaped(text[:-1])}.*"
    return f".*{_escaped(text[1:])}" if text.startswith("*") else _escaped(text)


def _escaped(text: str) -> str:
    # Like re.escape, but leaving alone what means itself in RE2 outside of brackets.
    return re.sub(r"([.^$*+?()\[\]{}|\\])", r"\\\1", text)

"""Parties, traffic and clauses in short words, for comments and reasons."""

from collections.abc import Iterable

from topology.authoring.intent import (
    Accounts,
    Anyone,
    Clause,
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
    TokenTest,
    Traffic,
)

__all__ = ["say_clause", "say_kafka", "say_party", "say_port", "say_traffic"]


def say_clause(clause: Clause) -> str:
    """Return a clause as one line, such as `shop/web may reach shop/db on 5432/TCP`."""
    sources = _join(map(say_party, clause.sources))
    destinations = _join(map(say_party, clause.destinations))
    may = "may not" if clause.effect == "deny" else "may"
    who = f"only {sources}" if clause.only and clause.side != "egress" else sources
    what = f"only {destinations}" if clause.only and clause.side == "egress" else destinations
    traffic = say_traffic(clause.traffic)
    if clause.only and clause.side != "egress" and clause.sources == (Anyone(),) and traffic:
        return f"anyone {may} reach {destinations} only {traffic}"
    return f"{who} {may} reach {what}{f' {traffic}' if traffic else ''}"


def say_party(party: Party) -> str:
    """Return a party in few words."""
    match party:
        case Pods():
            return _pods(party)
        case ServiceParty():
            name = party.name or _labels(party.labels)
            return f"Service {party.namespace}/{name}" if party.namespace else f"Service {name}"
        case Accounts():
            spaces = (f"any identity of namespace {one}" for one in party.namespaces)
            return _join(
                (*party.principals, *(f"account {one}" for one in party.accounts), *spaces)
            )
        case Entities():
            return _join(party.names)
        case Networks():
            holes = _join(map(str, party.exceptions))
            return f"{party.network}{f' without {holes}' if holes else ''}"
        case DnsNames():
            return _join(party.names)
        case Nodes():
            return f"nodes with {_labels(party.labels)}" if party.labels else "every node"
        case Anyone():
            return "anyone"


def say_traffic(traffic: Traffic) -> str:
    """Return what may pass in few words; empty for everything."""
    parts = [f"on {_join(map(say_port, traffic.ports))}"] if traffic.ports else []
    if traffic.requests:
        parts.append("with " + _join((_request(one) for one in traffic.requests), "or"))
    if traffic.kafka:
        parts.append("with Kafka requests to " + _join(map(say_kafka, traffic.kafka), "or"))
    if traffic.dns:
        parts.append("asking for " + _join(traffic.dns))
    if traffic.server_names:
        parts.append("for server name " + _join(traffic.server_names, "or"))
    if traffic.tokens:
        parts.append("with a valid token" + _join((_token(one) for one in traffic.tokens), "or"))
    return " ".join(parts)


def say_kafka(test: KafkaTest) -> str:
    """Return a request to a Kafka broker in few words."""
    parts = [test.role or test.key or "do anything"]
    parts += [f"topic {test.topic}"] if test.topic else []
    parts += [f"version {test.version}"] if test.version else []
    parts += [f"as client {test.client}"] if test.client else []
    return " ".join(parts)


def say_port(span: PortSpan) -> str:
    """Return a port, a range, a name or a protocol."""
    shown = "any protocol" if span.protocol == "ANY" else span.protocol
    if span.name:
        return f"{span.name}/{shown}" if span.protocol != "ANY" else span.name
    if not span.first:
        return shown
    if span.protocol in ("ICMP", "ICMPv6"):
        return f"{shown} type {span.first}"
    number = str(span.first) if span.last in (0, span.first) else f"{span.first}-{span.last}"
    return number if span.protocol == "ANY" else f"{number}/{shown}"


def _pods(party: Pods) -> str:
    if party.workload:
        return party.workload
    where = ""
    if party.namespaces is None:
        where = " of every namespace"
        if party.namespace_labels:
            where = f" of namespaces with {_labels(party.namespace_labels)}"
    elif party.namespaces:
        where = f" of namespace {_join(party.namespaces)}"
    what = f"pods with {_labels(party.labels)}" if party.labels else "every pod"
    return f"{what}{where}{f' in cluster {party.cluster}' if party.cluster else ''}"


def _labels(tests: Iterable[LabelTest]) -> str:
    return _join(map(_label, tests))


def _label(test: LabelTest) -> str:
    match test.operator:
        case "In" if len(test.values) == 1:
            return f"{test.key}={test.values[0]}"
        case "In":
            return f"{test.key} in ({', '.join(test.values)})"
        case "NotIn":
            return f"{test.key} not in ({', '.join(test.values)})"
        case "Exists":
            return f"a label {test.key}"
        case "DoesNotExist":
            return f"no label {test.key}"


def _request(test: RequestTest) -> str:
    methods = "/".join(test.methods) or "any method"
    parts = [f"{methods} {_join(test.paths, 'or')}".strip() if test.paths else methods]
    if test.hosts:
        parts.append(f"to host {_join(test.hosts, 'or')}")
    parts += [f"with header {name}{f': {value}' if value else ''}" for name, value in test.headers]
    return " ".join(parts)


def _token(test: TokenTest) -> str:
    parts = []
    if test.issuers:
        parts.append(f" of issuer {_join(test.issuers, 'or')}")
    if test.subjects:
        parts.append(f" for subject {_join(test.subjects, 'or')}")
    if test.audiences:
        parts.append(f" for audience {_join(test.audiences, 'or')}")
    parts += [
        f" with claim {'.'.join(path)}{f' {_join(values)}' if values else ''}"
        for path, values in test.claims
    ]
    return "".join(parts)


def _join(parts: Iterable[str], word: str = "and") -> str:
    items = list(dict.fromkeys(parts))
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} {word} {items[-1]}"

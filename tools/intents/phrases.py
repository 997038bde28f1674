"""Ends and traffic in the words that the reader understands completely."""

from collections.abc import Iterable, Sequence

from tools.wording import join
from topology.authoring import (
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
    TokenTest,
    Traffic,
)

__all__ = ["say_ends", "say_party", "say_traffic"]

_WITHOUT_PORTS = ("ICMP", "ICMPv6")


def say_ends(parties: Sequence[Party]) -> str:
    """Return the ends of a clause, any of which is meant."""
    return join(list(dict.fromkeys(map(say_party, parties))))


def say_party(party: Party) -> str:
    """Return one end."""
    match party:
        case Pods():
            return _pods(party)
        case ServiceParty():
            return _service(party)
        case Accounts():
            return _accounts(party)
        case Entities(names):
            return f"{'entity' if len(names) == 1 else 'entities'} {_quoted(names)}"
        case Networks(network, exceptions):
            return f"`{network}`" + (
                f" except {_quoted(map(str, exceptions))}" if exceptions else ""
            )
        case DnsNames(names):
            return _quoted(names) if "*" not in names else "DNS name `*`"
        case Nodes(labels):
            return f"nodes labelled {say_labels(labels)}" if labels else "every node"
        case Anyone():
            return "anyone"


def _pods(party: Pods) -> str:
    if party.workload and not party.labels:
        return f"`{party.workload}`"
    what = f"pods labelled {say_labels(party.labels)}" if party.labels else "every pod"
    where = " in the same namespace"
    if party.namespace_labels:
        where = f" in namespaces labelled {say_labels(party.namespace_labels)}"
    elif party.namespaces is None:
        where = " in every namespace"
    elif party.namespaces:
        noun = "namespace" if len(party.namespaces) == 1 else "namespaces"
        where = f" in {noun} {_quoted(party.namespaces, 'or')}"
    return what + where + (f" in cluster `{party.cluster}`" if party.cluster else "")


def _service(party: ServiceParty) -> str:
    if party.name:
        return f"Kubernetes Service `{party.namespace}/{party.name}`"
    where = f" in namespace `{party.namespace}`" if party.namespace else ""
    return f"services labelled {say_labels(party.labels)}{where}"


def _accounts(party: Accounts) -> str:
    parts = [f"principal `{one}`" for one in party.principals]
    parts += [f"service account `{one}`" for one in party.accounts]
    parts += [f"callers from namespace `{one}`" for one in party.namespaces]
    return join(parts)


def say_labels(tests: Iterable[LabelTest]) -> str:
    """Return conditions on labels, all of which must hold."""
    return join([_label(test) for test in tests])


def _label(test: LabelTest) -> str:
    values = ", ".join(test.values)
    match test.operator:
        case "In" if len(test.values) == 1:
            return f"`{test.key}={values}`"
        case "In":
            return f"`{test.key} in ({values})`"
        case "NotIn":
            return f"`{test.key} not in ({values})`"
        case "Exists":
            return f"`{test.key} exists`"
        case "DoesNotExist":
            return f"`{test.key} does not exist`"


def say_traffic(traffic: Traffic) -> str:
    """Return what may pass, with a space before it; empty for everything."""
    parts = [*_ports(traffic.ports)]
    if traffic.requests:
        parts.append("with " + " or ".join(map(_request, traffic.requests)))
    if traffic.kafka:
        parts.append("with " + " or ".join(map(_kafka, traffic.kafka)))
    if traffic.dns:
        names = "any name" if "*" in traffic.dns else _quoted(traffic.dns, "or")
        parts.append(f"with DNS queries for {names}")
    if traffic.server_names:
        parts.append(f"with TLS server name {_quoted(traffic.server_names, 'or')}")
    if traffic.tokens:
        parts.append(" or ".join(map(_token, traffic.tokens)))
    return "".join(f" {part}" for part in parts)


def _ports(spans: Sequence[PortSpan]) -> list[str]:
    numbered = [one for one in spans if one.first and one.protocol not in _WITHOUT_PORTS]
    named = [one for one in spans if one.name and one.protocol not in _WITHOUT_PORTS]
    others = [one for one in spans if one not in numbered and one not in named]
    parts = []
    if numbered:
        noun = "port" if len(numbered) == 1 else "ports"
        parts.append(f"on {noun} {join([_numbered(one) for one in numbered])}")
    if named:
        noun = "port named" if len(named) == 1 else "ports named"
        parts.append(f"on {noun} {join([f'`{one.name}`/{one.protocol}' for one in named])}")
    parts += map(_portless, others)
    return [" and ".join(parts)] if parts else []


def _numbered(span: PortSpan) -> str:
    number = str(span.first) if span.last <= span.first else f"{span.first}-{span.last}"
    return f"{number}/{span.protocol or 'TCP'}"


def _portless(span: PortSpan) -> str:
    if span.protocol in _WITHOUT_PORTS:
        kind = span.name or (str(span.first) if span.first else "")
        return f"over {span.protocol}" + (f" type {kind}" if kind else "")
    if span.protocol in ("TCP", "UDP", "SCTP"):
        return f"on any {span.protocol} port"
    return "on any port" if span.protocol == "ANY" else f"over {span.protocol}"


def _request(test: RequestTest) -> str:
    if test == RequestTest():
        return "any HTTP request"
    text = f"{_quoted(test.methods, 'or')} requests" if test.methods else "requests"
    if test.paths:
        noun = "path" if len(test.paths) == 1 else "paths"
        how = " matching the regex" if test.regex else ""
        text += f" on {noun}{how} {_quoted(test.paths, 'or')}"
    if test.hosts:
        text += f" for host {_quoted(test.hosts, 'or')}"
    for name, value in test.headers:
        text += f" with header `{name}: {value}`" if value else f" with header `{name}`"
    return text


def _kafka(test: KafkaTest) -> str:
    text = "Kafka requests"
    if test.role or test.key:
        text = f"Kafka role `{test.role}`" if test.role else f"Kafka key `{test.key}`"
    text += f" on topic `{test.topic}`" if test.topic else ""
    text += f" in version `{test.version}`" if test.version else ""
    return text + (f" from client `{test.client}`" if test.client else "")


def _token(test: TokenTest) -> str:
    text = "with a valid token"
    if test.issuers:
        text += f" issued by {_quoted(test.issuers, 'or')}"
    if test.subjects:
        text += f" with subject {_quoted(test.subjects, 'or')}"
    if test.audiences:
        text += f" for audience {_quoted(test.audiences, 'or')}"
    for path, values in test.claims:
        text += f" with claim `{'.'.join(path)}` = {_quoted(values, 'or')}"
    return text


def _quoted(texts: Iterable[object], word: str = "and") -> str:
    return join([f"`{one}`" for one in texts], word)

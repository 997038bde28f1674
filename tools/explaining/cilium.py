"""Cilium's policies as what could have been asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_network
from typing import Any

from tools.explaining.patterns import alternatives, plain
from tools.explaining.selectors import cilium_pods, label_tests, nodes
from tools.explaining.told import Recovered, Side
from tools.selector_text import listing, mapping
from topology.authoring import (
    Anyone,
    Clause,
    DnsNames,
    Entities,
    KafkaTest,
    Networks,
    Nodes,
    Party,
    Pods,
    PortSpan,
    RequestTest,
    ServiceParty,
    Traffic,
)
from topology.model import Document

__all__ = ["recover_cilium"]

_SECTIONS: tuple[tuple[str, Side, bool, str], ...] = (
    ("ingressDeny", "ingress", True, "from"),
    ("ingress", "ingress", False, "from"),
    ("egressDeny", "egress", True, "to"),
    ("egress", "egress", False, "to"),
)
_PEERS = ("Endpoints", "Entities", "CIDR", "CIDRSet", "FQDNs", "Services", "Nodes")
_UNSAYABLE = {
    "Requires": "further labels are required of every peer that other rules allow",
    "Groups": "addresses come from groups of a cloud provider",
}


class _Unsayable(Exception):
    """Something that no request can say; the message tells it."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a rule stands."""

    path: str
    side: Side
    deny: bool
    word: str


def recover_cilium(document: Document) -> Recovered:
    """Return what a CiliumNetworkPolicy or its clusterwide kin says."""
    found = Recovered(kind=document.kind, name=document.name, namespace=document.namespace)  # type: ignore[arg-type]
    specs: list[tuple[str, Any]] = []
    if document.body.get("spec") is not None:
        specs.append(("spec", document.body["spec"]))
    several = listing(document.body.get("specs"))
    specs += [(f"specs[{number}]", spec) for number, spec in enumerate(several)]
    switches = {_is_additive(mapping(spec)) for _, spec in specs}
    found.additive = switches == {True}
    for base, spec in specs:
        if switches == {True, False} and _is_additive(mapping(spec)):
            found.add_gap("Some of its specs close nothing (`enableDefaultDeny`), others do.", base)
        _spec(found, mapping(spec), base)
    return found


def _is_additive(spec: Mapping[str, Any]) -> bool:
    """Say whether a spec causes no default deny at all."""
    chosen = mapping(spec.get("enableDefaultDeny"))
    sides = {side for field, side, *_ in _SECTIONS if listing(spec.get(field))}
    return bool(sides) and all(chosen.get(side) is False for side in sides)


def _spec(found: Recovered, spec: Mapping[str, Any], base: str) -> None:
    chosen = mapping(spec.get("enableDefaultDeny"))
    subject: Pods | Nodes
    if spec.get("nodeSelector") is not None:
        subject = nodes(spec["nodeSelector"])
    else:
        subject = cilium_pods(spec.get("endpointSelector"), found.namespace, is_subject=True)
    closed: dict[Side, str] = {}
    for field, side, deny, word in _SECTIONS:
        for number, rule in enumerate(listing(spec.get(field))):
            path = f"{base}.{field}[{number}]"
            closed.setdefault(side, path)
            _rule(found, subject, mapping(rule), _Place(path, side, deny, word))
    for side, path in closed.items():
        if chosen.get(side) is not False:
            found.add_isolation(subject, side, path)  # type: ignore[arg-type]
        elif not found.additive and not _only_denies(spec, side):
            text = f"{side.title()} is not closed by it (`enableDefaultDeny`)."
            found.add_gap(text, f"{base}.enableDefaultDeny")


def _only_denies(spec: Mapping[str, Any], side: Side) -> bool:
    return not listing(spec.get(side))


def _rule(found: Recovered, subject: Party, rule: Mapping[str, Any], place: _Place) -> None:
    """Add what one rule says; an empty one lets nothing through."""
    for field, text in _UNSAYABLE.items():
        if listing(rule.get(place.word + field)):
            found.add_gap(f"{place.side.title()}: {text} (`{place.word}{field}`).", place.path)
            return
    if mapping(rule.get("authentication")).get("mode") == "required":
        text = "Peers must prove who they are (`authentication`), which is said beside it."
        found.add_gap(text, f"{place.path}.authentication")
    if not rule:
        return
    try:
        peers = _peers(found, rule, place)
        passing = list(_traffic(found, rule, place))
    except _Unsayable as told:
        found.add_gap(f"{place.side.title()}: {told}.", place.path)
        return
    if peers is None:
        return
    for traffic in passing:
        near, far = (subject,), peers or (Anyone(),)
        sources, destinations = (far, near) if place.side == "ingress" else (near, far)
        clause = Clause(
            effect="deny" if place.deny else "allow",
            sources=sources,
            destinations=destinations,
            traffic=traffic,
            side=place.side,
        )
        found.add_clause(clause, place.path)


def _peers(found: Recovered, rule: Mapping[str, Any], place: _Place) -> tuple[Party, ...] | None:
    """Return whom a rule names; empty for no limit, None for an empty list, which is no one."""
    parties: list[Party] = []
    for kind in _PEERS:
        field = place.word + kind
        if field not in rule:
            continue
        items = listing(rule[field])
        if not items and kind in ("Endpoints", "Entities", "CIDR", "CIDRSet", "FQDNs", "Nodes"):
            return None
        for item in items:
            parties += _peer(kind, item, found.namespace)
    entities = [name for one in parties if isinstance(one, Entities) for name in one.names]
    if "all" in entities:
        return (Anyone(),)
    rest = [one for one in parties if not isinstance(one, Entities)]
    both = ([Entities(tuple(dict.fromkeys(entities)))] if entities else []) + rest
    return tuple(dict.fromkeys(both))


def _peer(kind: str, item: Any, namespace: str) -> Iterator[Party]:
    match kind:
        case "Endpoints":
            yield cilium_pods(item, namespace)
        case "Nodes":
            yield nodes(item)
        case "Entities":
            yield Entities((str(item),))
        case "CIDR":
            yield Networks(ip_network(str(item), strict=False))
        case "CIDRSet":
            yield _block(mapping(item))
        case "FQDNs":
            fields = mapping(item)
            yield from (
                DnsNames((str(fields[key]),))
                for key in ("matchName", "matchPattern")
                if fields.get(key)
            )
        case _:
            yield _service(mapping(item))


def _block(fields: Mapping[str, Any]) -> Party:
    if not fields.get("cidr"):
        message = f"addresses come from CIDR group `{fields.get('cidrGroupRef', 'by label')}`"
        raise _Unsayable(message)
    holes = tuple(ip_network(str(one), strict=False) for one in listing(fields.get("except")))
    return Networks(ip_network(str(fields["cidr"]), strict=False), holes)


def _service(fields: Mapping[str, Any]) -> Party:
    named = mapping(fields.get("k8sService"))
    if named:
        return ServiceParty(str(named.get("namespace", "")), str(named.get("serviceName", "")))
    chosen = mapping(fields.get("k8sServiceSelector"))
    return ServiceParty(
        str(chosen.get("namespace") or ""), labels=label_tests(chosen.get("selector"))
    )


def _traffic(found: Recovered, rule: Mapping[str, Any], place: _Place) -> Iterator[Traffic]:
    """Yield what a rule lets through, items without conditions of their own together."""
    items = [mapping(one) for one in listing(rule.get("toPorts"))]
    bare: list[PortSpan] = []
    said = False
    for item in items:
        spans = [_span(mapping(one)) for one in listing(item.get("ports"))]
        limits = _limits(found, item, place)
        if limits is None:
            bare += spans or [PortSpan()]
        else:
            said = True
            yield replace(limits, ports=tuple(spans))
    for item in listing(rule.get("icmps")):
        bare += [_message(mapping(one)) for one in listing(mapping(item).get("fields"))]
    if bare or not said:
        whole = PortSpan() in bare
        yield Traffic(ports=() if whole else tuple(dict.fromkeys(bare)))


def _span(fields: Mapping[str, Any]) -> PortSpan:
    protocol = str(fields.get("protocol") or "ANY").upper()
    text = str(fields.get("port") or "0")
    if not text.isdecimal():
        return PortSpan(name=text, protocol=protocol)
    end = fields.get("endPort") or 0
    first = int(text)
    last = max(first, int(end)) if first else 0
    return PortSpan(first=first, last=last, protocol=protocol)


def _message(fields: Mapping[str, Any]) -> PortSpan:
    protocol = "ICMPv6" if fields.get("family") == "IPv6" else "ICMP"
    kind = str(fields.get("type", 0))
    if kind == "0" and protocol == "ICMP":
        return PortSpan(name="EchoReply", protocol=protocol)
    if kind.isdecimal():
        return PortSpan(first=int(kind), last=int(kind), protocol=protocol)
    return PortSpan(name=kind, protocol=protocol)


def _limits(found: Recovered, item: Mapping[str, Any], place: _Place) -> Traffic | None:
    """Return the requests to which a toPorts item is limited, None if it is not."""
    for field in ("terminatingTLS", "originatingTLS"):
        if item.get(field):
            found.add_gap(f"TLS is opened on the way (`{field}`).", f"{place.path}.toPorts")
    rules = mapping(item.get("rules"))
    if rules.get("l7proto") or item.get("listener"):
        message = "a proxy of its own decides"
        raise _Unsayable(message)
    names = tuple(str(one) for one in listing(item.get("serverNames")))
    requests = tuple(test for one in listing(rules.get("http")) for test in _http(mapping(one)))
    dns = tuple(
        str(mapping(one)[key])
        for one in listing(rules.get("dns"))
        for key in ("matchName", "matchPattern")
        if mapping(one).get(key)
    )
    kafka = tuple(_kafka(mapping(one)) for one in listing(rules.get("kafka")))
    if not (names or requests or dns or kafka):
        return None
    return Traffic(requests=requests, kafka=kafka, dns=dns, server_names=names)


def _kafka(rule: Mapping[str, Any]) -> KafkaTest:
    fields = ("role", "apiKey", "topic", "apiVersion", "clientID")
    role, key, topic, version, client = (str(rule.get(name) or "") for name in fields)
    return KafkaTest(
        role=role.lower(), key=key.lower(), topic=topic, version=version, client=client
    )


def _http(rule: Mapping[str, Any]) -> Iterator[RequestTest]:
    headers: list[tuple[str, str]] = []
    for header in listing(rule.get("headers")):
        name, colon, value = str(header).partition(":")
        name, value = (name, value.strip()) if colon else (str(header).partition(" ")[::2])
        headers.append((name.strip(), value.strip()))
    for match in listing(rule.get("headerMatches")):
        fields = mapping(match)
        if fields.get("mismatch") or fields.get("secret") or not fields.get("value"):
            message = "headers are compared in a way of their own (`headerMatches`)"
            raise _Unsayable(message)
        headers.append((str(fields.get("name", "")), str(fields["value"])))
    methods = alternatives(str(rule.get("method") or ""))
    host = plain(str(rule.get("host") or ""), dots=True)
    if methods is None or host is None:
        message = "methods or hosts are given as regular expressions"
        raise _Unsayable(message)
    written = str(rule.get("path") or "")
    path = plain(written)
    yield RequestTest(
        methods=methods,
        paths=(written if path is None else path,) if written else (),
        regex=path is None,
        hosts=(host,) if host else (),
        headers=tuple(headers),
    )

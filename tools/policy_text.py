"""A policy in plain sentences: whom it selects, and what each of its rules lets through."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools import mesh_text
from tools.selector_text import listing, mapping, selector_text
from tools.wording import join
from topology.model import Document, Location

__all__ = ["Clause", "count_rules", "describe_policy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One sentence about a policy, with the field that it tells of."""

    text: str
    path: str
    location: Location


def describe_policy(document: Document) -> tuple[Clause, ...]:
    """Return what a policy says, rule by rule; nothing for a kind that is not known."""
    writers = {
        "NetworkPolicy": _kubernetes,
        "CiliumNetworkPolicy": _cilium,
        "CiliumClusterwideNetworkPolicy": _cilium,
        "AuthorizationPolicy": mesh_text.authorization,
        "PeerAuthentication": mesh_text.peer_authentication,
        "RequestAuthentication": mesh_text.request_authentication,
    }
    write = writers.get(document.kind)
    if write is None:
        return ()
    return tuple(
        Clause(text=text, path=path, location=document.source.at(path))
        for text, path in write(document)
    )


def count_rules(document: Document, direction: str) -> int:
    """Return how many rules a network policy writes for one direction, deny rules included."""
    specs = [document.body.get("spec"), *listing(document.body.get("specs"))]
    return sum(
        len(listing(mapping(spec).get(field)))
        for spec in specs
        for field in (direction, f"{direction}Deny")
    )


# Kubernetes


def _kubernetes(document: Document) -> Iterator[tuple[str, str]]:
    spec = mapping(document.body.get("spec"))
    who = selector_text(spec.get("podSelector"))
    yield f"It selects {who} in namespace `{document.namespace}`.", "spec.podSelector"
    given = listing(spec.get("policyTypes"))
    types = given or (["Ingress", "Egress"] if listing(spec.get("egress")) else ["Ingress"])
    for title, field, word, side in (
        ("Ingress", "ingress", "from", "from"),
        ("Egress", "egress", "to", "to"),
    ):
        if title not in types:
            continue
        rules = listing(spec.get(field))
        if not rules:
            yield (
                f"{title}: allows nothing by itself.",
                f"spec.{field}" if field in spec else "spec",
            )
        for number, rule in enumerate(rules):
            fields = mapping(rule)
            peers = [_kubernetes_peer(peer) for peer in listing(fields.get(side))]
            whom = join(peers, "or") or "anyone"
            ports = _kubernetes_ports(listing(fields.get("ports")))
            yield f"{title}: allows {word} {whom} on {ports}.", f"spec.{field}[{number}]"


def _kubernetes_peer(peer: Any) -> str:
    fields = mapping(peer)
    if "ipBlock" in fields:
        block = mapping(fields["ipBlock"])
        return _range_text(block.get("cidr"), listing(block.get("except")))
    pods = selector_text(fields.get("podSelector"))
    if "namespaceSelector" not in fields:
        return f"{pods} of the same namespace"
    spaces = selector_text(
        fields["namespaceSelector"], everything="every namespace", noun="namespaces"
    )
    return f"{pods} in {spaces}"


def _kubernetes_ports(ports: Sequence[Any]) -> str:
    texts = []
    for port in ports:
        fields = mapping(port)
        number, end = fields.get("port", "every port"), fields.get("endPort")
        span = f"{number}-{end}" if end else f"{number}"
        texts.append(f"{span}/{fields.get('protocol', 'TCP')}")
    return join(texts) or "every port"


def _range_text(cidr: Any, exceptions: Sequence[Any]) -> str:
    text = f"`{cidr}`"
    if exceptions:
        text += " except " + join([f"`{each}`" for each in exceptions])
    return text


# Cilium

_ENDS = {"ingress": "from", "egress": "to"}
_DIRECTIONS = (
    ("ingress", "Ingress: allows"),
    ("ingressDeny", "Ingress: denies"),
    ("egress", "Egress: allows"),
    ("egressDeny", "Egress: denies"),
)


def _cilium(document: Document) -> Iterator[tuple[str, str]]:
    specs: list[tuple[str, Any]] = []
    if "spec" in document.body:
        specs.append(("spec", document.body["spec"]))
    specs += [
        (f"specs[{number}]", spec)
        for number, spec in enumerate(listing(document.body.get("specs")))
    ]
    for base, spec in specs:
        yield from _cilium_spec(document, base, mapping(spec))


def _cilium_spec(
    document: Document, base: str, spec: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    if "nodeSelector" in spec:
        nodes = selector_text(spec["nodeSelector"], everything="every node", noun="nodes")
        yield f"It selects {nodes}.", f"{base}.nodeSelector"
    else:
        who = selector_text(spec.get("endpointSelector"))
        where = f" in namespace `{document.namespace}`" if document.namespace else " everywhere"
        yield f"It selects {who}{where}.", f"{base}.endpointSelector"
    for direction, switch in sorted(mapping(spec.get("enableDefaultDeny")).items()):
        if switch is False:
            text = f"{direction.title()}: does not cause default deny (`enableDefaultDeny`)."
            yield text, f"{base}.enableDefaultDeny"
    for field, verb in _DIRECTIONS:
        if field not in spec:
            continue
        rules = listing(spec[field])
        if not rules and not field.endswith("Deny"):
            yield f"{verb.split(':')[0]}: allows nothing by itself.", f"{base}.{field}"
        for number, rule in enumerate(rules):
            yield _cilium_rule(field, verb, mapping(rule)), f"{base}.{field}[{number}]"


def _cilium_rule(field: str, verb: str, rule: Mapping[str, Any]) -> str:
    word = _ENDS["ingress" if field.startswith("ingress") else "egress"]
    if not rule:
        return f"{verb} nothing: an empty rule matches no traffic."
    peers = [text for key, value in rule.items() if key.startswith(word) and key != "toPorts"
             for text in _cilium_peers(key[len(word):], value)]  # fmt: skip
    named = any(key.startswith(word) and key != "toPorts" for key in rule)
    whom = join(peers, "or") if peers else ("no one (empty list)" if named else "anyone")
    return f"{verb} {word} {whom} on {_cilium_ports(rule)}."


def _cilium_peers(kind: str, value: Any) -> Iterator[str]:
    for item in listing(value):
        if kind in ("Endpoints", "Requires"):
            yield selector_text(item, everything="every endpoint in scope")
        elif kind == "Nodes":
            yield selector_text(item, everything="every node", noun="nodes")
        elif kind == "Entities":
            yield f"entity `{item}`"
        elif kind == "CIDR":
            yield f"`{item}`"
        elif kind == "CIDRSet":
            fields = mapping(item)
            group = fields.get("cidrGroupRef")
            subject = fields.get("cidr") or (f"CIDR group {group}" if group else "a CIDR group")
            yield _range_text(subject, listing(fields.get("except")))
        elif kind == "FQDNs":
            fields = mapping(item)
            yield f"DNS name `{fields.get('matchName') or fields.get('matchPattern')}`"
        elif kind == "Services":
            yield f"Service {_service_text(mapping(item))}"
        else:
            yield f"`{kind}`"


def _service_text(fields: Mapping[str, Any]) -> str:
    named = mapping(fields.get("k8sService"))
    if named:
        return f"`{named.get('namespace', '')}/{named.get('serviceName', '')}`"
    return selector_text(
        mapping(fields.get("k8sServiceSelector")).get("selector"), everything="any", noun="with"
    )


def _cilium_ports(rule: Mapping[str, Any]) -> str:
    texts = []
    for entry in listing(rule.get("toPorts")):
        fields = mapping(entry)
        spans = [_cilium_port(mapping(port)) for port in listing(fields.get("ports"))]
        names = [f"SNI `{name}`" for name in listing(fields.get("serverNames"))]
        text = join(spans) or "every port"
        requests = [*_requests(mapping(fields.get("rules"))), *names]
        texts.append(f"{text} ({'; '.join(requests)} only)" if requests else text)
    for entry in listing(rule.get("icmps")):
        for field in listing(mapping(entry).get("fields")):
            fields = mapping(field)
            texts.append(f"ICMP{fields.get('family', '')} type {fields.get('type')}")
    return join(texts) or "every port"


def _cilium_port(fields: Mapping[str, Any]) -> str:
    number, end = fields.get("port", "0"), fields.get("endPort")
    span = f"{number}-{end}" if end else "every port" if str(number) == "0" else f"{number}"
    return f"{span}/{fields.get('protocol', 'ANY')}"


def _requests(rules: Mapping[str, Any]) -> Iterator[str]:
    for request in listing(rules.get("http")):
        fields = mapping(request)
        parts = [str(fields[key]) for key in ("method", "path", "host") if fields.get(key)]
        headers = listing(fields.get("headers")) or listing(fields.get("headerMatches"))
        if headers:
            parts.append("with required headers")
        yield f"HTTP {' '.join(parts) or 'any request'}"
    for query in listing(rules.get("dns")):
        fields = mapping(query)
        yield f"DNS `{fields.get('matchName') or fields.get('matchPattern')}`"
    if listing(rules.get("kafka")):
        yield "Kafka requests"

"""NetworkPolicies as what could have been asked for."""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

from tools.explaining.selectors import kubernetes_peer, label_tests
from tools.explaining.told import Recovered, Side
from tools.selector_text import listing, mapping
from topology.authoring import Anyone, Clause, Networks, Party, Pods, PortSpan, Traffic
from topology.model import Document

__all__ = ["recover_kubernetes"]

_SIDES: tuple[tuple[str, Side, str], ...] = (
    ("Ingress", "ingress", "from"),
    ("Egress", "egress", "to"),
)


def recover_kubernetes(document: Document) -> Recovered:
    """Return what a NetworkPolicy says."""
    found = Recovered(kind="NetworkPolicy", name=document.name, namespace=document.namespace)
    spec = mapping(document.body.get("spec"))
    subject = Pods(labels=label_tests(spec.get("podSelector")), namespaces=(document.namespace,))
    given = [str(one) for one in listing(spec.get("policyTypes"))]
    types = given or (["Ingress", "Egress"] if listing(spec.get("egress")) else ["Ingress"])
    for title, side, word in _SIDES:
        if title not in types:
            continue
        for number, rule in enumerate(listing(spec.get(side))):
            _rule(found, subject, mapping(rule), (side, word, f"spec.{side}[{number}]"))
        path = f"spec.{side}" if side in spec else "spec.policyTypes" if given else "spec"
        found.add_isolation(subject, side, path)
    return found


def _rule(
    found: Recovered, subject: Pods, rule: Mapping[str, Any], place: tuple[Side, str, str]
) -> None:
    side, word, path = place
    peers = tuple(dict.fromkeys(_peer(one, found.namespace) for one in listing(rule.get(word))))
    near: tuple[Party, ...] = (subject,)
    far = peers or (Anyone(),)
    sources, destinations = (far, near) if side == "ingress" else (near, far)
    ports = tuple(dict.fromkeys(_span(mapping(one)) for one in listing(rule.get("ports"))))
    clause = Clause(
        effect="allow",
        sources=sources,
        destinations=destinations,
        traffic=Traffic(ports=ports),
        side=side,
    )
    found.add_clause(clause, path)


def _peer(peer: Any, namespace: str) -> Party:
    fields = mapping(peer)
    if "ipBlock" not in fields:
        return kubernetes_peer(peer, namespace)
    block = mapping(fields["ipBlock"])
    holes = tuple(ip_network(str(one), strict=False) for one in listing(block.get("except")))
    return Networks(ip_network(str(block.get("cidr")), strict=False), holes)


def _span(fields: Mapping[str, Any]) -> PortSpan:
    protocol = str(fields.get("protocol") or "TCP").upper()
    port = fields.get("port")
    if port is None:
        return PortSpan(protocol=protocol)
    if isinstance(port, str) and not port.isdecimal():
        return PortSpan(name=port, protocol=protocol)
    first = int(port)
    return PortSpan(
        first=first, last=max(first, int(fields.get("endPort") or 0)), protocol=protocol
    )

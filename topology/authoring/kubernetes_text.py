"""Sheets as Kubernetes NetworkPolicy."""

from collections.abc import Iterable, Iterator
from typing import Any

from topology.authoring.intent import (
    Anyone,
    Entities,
    LabelTest,
    Networks,
    Nodes,
    Party,
    Pods,
    PortSpan,
    Traffic,
)
from topology.authoring.phrases import say_party, say_traffic
from topology.authoring.sheets import Sheet, Side, Undraftable
from topology.policy.labels import NAMESPACE_NAME

__all__ = ["write_kubernetes"]

_PROTOCOLS = ("TCP", "UDP", "SCTP")
_SIDES: tuple[tuple[Side, str], ...] = (("ingress", "from"), ("egress", "to"))


def write_kubernetes(
    sheet: Sheet,
) -> tuple[dict[str, Any], dict[tuple[str | int, ...], list[str]]]:
    """Return the `spec` of a sheet and the comments in it, by path from the document's root.

    Raises:
        Undraftable: A NetworkPolicy has no way to say it.
    """
    if isinstance(sheet.subject, Nodes):
        message = "A NetworkPolicy selects pods, not nodes."
        raise Undraftable(message)
    comments: dict[tuple[str | int, ...], list[str]] = {}
    spec: dict[str, Any] = {"podSelector": _selector(sheet.subject.labels)}
    types = [side.capitalize() for side, _ in _SIDES if sheet.side(side) is not None]
    spec["policyTypes"] = types
    for side, word in _SIDES:
        rules = sheet.side(side)
        if rules is None:
            continue
        if not rules:
            comments["spec", "policyTypes"] = ["Without rules nothing passes: default deny."]
        items: list[dict[str, Any]] = []
        for rule in rules:
            if rule.deny:
                message = "A NetworkPolicy only allows; it has no rule that denies."
                raise Undraftable(message, hint="A CiliumNetworkPolicy has.")
            if rule.because:
                comments["spec", side, len(items)] = [rule.because]
            items.append(_item(rule.peers, rule.traffic, word, sheet.namespace))
        if items:
            spec[side] = items
    return spec, comments


def _item(peers: Iterable[Party], traffic: Traffic, word: str, namespace: str) -> dict[str, Any]:
    item: dict[str, Any] = {}
    found = [one for party in peers for one in _peers(party, word, namespace)]
    if not any(isinstance(party, Anyone) for party in peers):
        item[word] = found
    inside = (traffic.requests, traffic.kafka, traffic.dns, traffic.server_names, traffic.tokens)
    if any(inside):
        message = f"A NetworkPolicy knows ports only, so it cannot say {say_traffic(traffic)}."
        raise Undraftable(message, hint="A CiliumNetworkPolicy or AuthorizationPolicy can.")
    ports = [one for span in traffic.ports for one in _ports(span)]
    if ports:
        item["ports"] = ports
    return item


def _peers(party: Party, word: str, namespace: str) -> Iterator[dict[str, Any]]:
    match party:
        case Pods() if not party.cluster:
            yield _pods(party, namespace)
        case Networks():
            block: dict[str, Any] = {"cidr": str(party.network)}
            if party.exceptions:
                block["except"] = [str(one) for one in party.exceptions]
            yield {"ipBlock": block}
        case Anyone():
            return
        case Entities() if set(party.names) == {"world"}:
            yield from ({"ipBlock": {"cidr": one}} for one in ("0.0.0.0/0", "::/0"))
        case _:
            side = "source" if word == "from" else "destination"
            message = f"A NetworkPolicy cannot name {say_party(party)} as a {side}."
            raise Undraftable(message, hint="A CiliumNetworkPolicy may.")


def _pods(pods: Pods, namespace: str) -> dict[str, Any]:
    peer: dict[str, Any] = {}
    if pods.namespaces is None:
        peer["namespaceSelector"] = _selector(pods.namespace_labels)
    elif tuple(pods.namespaces) != (namespace,):
        peer["namespaceSelector"] = _selector((LabelTest(NAMESPACE_NAME, "In", pods.namespaces),))
    if pods.labels or not peer:
        peer["podSelector"] = _selector(pods.labels)
    return peer


def _selector(tests: Iterable[LabelTest]) -> dict[str, Any]:
    labels: dict[str, str] = {}
    expressions: list[dict[str, Any]] = []
    for test in tests:
        key = test.key.removeprefix("k8s:").removeprefix("any:")
        if test.operator == "In" and len(test.values) == 1 and key not in labels:
            labels[key] = test.values[0]
            continue
        expression: dict[str, Any] = {"key": key, "operator": test.operator}
        if test.values:
            expression["values"] = list(test.values)
        expressions.append(expression)
    selector: dict[str, Any] = {}
    if labels:
        selector["matchLabels"] = labels
    if expressions:
        selector["matchExpressions"] = expressions
    return selector


def _ports(span: PortSpan) -> Iterator[dict[str, Any]]:
    if span.protocol not in (*_PROTOCOLS, "ANY"):
        message = f"A NetworkPolicy knows TCP, UDP and SCTP, not {span.protocol}."
        raise Undraftable(message, hint="A CiliumNetworkPolicy may.")
    # Its port defaults to TCP, so that any protocol is three entries.
    for protocol in _PROTOCOLS if span.protocol == "ANY" else (span.protocol,):
        entry: dict[str, Any] = {"protocol": protocol}
        if span.name or span.first:
            entry["port"] = span.name or span.first
        if span.last > span.first:
            entry["endPort"] = span.last
        yield entry

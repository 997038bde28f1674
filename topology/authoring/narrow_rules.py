"""Rules written for just some connections: one for each set of ports, peers together."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from topology.authoring.cilium_openings import KINDS as CILIUM_KINDS
from topology.authoring.handles import End, cilium_peer, end_of, kubernetes_peer
from topology.authoring.wishes import Wish
from topology.model import Document, Pod
from topology.paths import Network
from topology.policy.verdict import Direction

__all__ = ["exact_rules"]

_DNS_LABELS = {"k8s-app": "kube-dns"}
_DNS_NAMESPACE = "kube-system"
_DNS_PORTS = (("UDP", 53), ("TCP", 53))


def exact_rules(
    network: Network,
    document: Document,
    wishes: Sequence[Wish],
    way: Direction,
    side: str,
    used: Iterable[str],
) -> list[dict[str, Any]] | None:
    """Return rules that allow some connections and nothing else; None where one cannot be named.

    Args:
        network: The cluster that ends are named in.
        document: The policy that the rules are for.
        wishes: The connections.
        way: Which direction of the policy.
        side: `from` or `to`.
        used: Keys of labels that are preferred.
    """
    ports: dict[str, tuple[End, dict[tuple[str, int], None]]] = {}
    for wish in wishes:
        parties = wish.destinations if way == "egress" else wish.sources
        pods: tuple[Pod, ...] = tuple(pod for party in parties for pod in party.pods)
        name = (
            f"{pods[0].namespace}/{pods[0].workload or pods[0].name}" if pods else parties[0].name
        )
        end = end_of(network.cluster, parties[0].target, pods, name, used=used)
        if end is None or wish.port is None:
            return None
        _, known = ports.setdefault(_key(end), (end, {}))
        known[wish.protocol, wish.port] = None
    if way == "egress":
        dns = End(name="kube-dns", namespace=_DNS_NAMESPACE, labels=_DNS_LABELS)
        ports.setdefault(_key(dns), (dns, {}))[1].update(dict.fromkeys(_DNS_PORTS))
    groups: dict[str, tuple[list[End], list[tuple[str, int]]]] = {}
    for end, known in ports.values():
        listed = sorted(known)
        groups.setdefault(json.dumps(listed), ([], listed))[0].append(end)
    write = _cilium if document.kind in CILIUM_KINDS else _kubernetes
    found: list[dict[str, Any]] = []
    for ends, listed in groups.values():
        rules = write(ends, listed, side, document.namespace)
        if rules is None:
            return None
        found += rules
    return found


def _key(end: End) -> str:
    if end.labels is not None:
        return f"{end.namespace} {sorted(end.labels.items())}"
    return end.name


def _kubernetes(
    ends: Sequence[End], ports: Sequence[tuple[str, int]], side: str, home: str
) -> list[dict[str, Any]] | None:
    peers = [kubernetes_peer(end, home) for end in ends]
    if None in peers or any(protocol.startswith("ICMP") for protocol, _ in ports):
        return None
    listed = [{"port": number, "protocol": protocol} for protocol, number in ports]
    return [{side: peers, "ports": listed}]


def _cilium(
    ends: Sequence[End], ports: Sequence[tuple[str, int]], side: str, home: str
) -> list[dict[str, Any]] | None:
    fields: dict[str, list[Any]] = {}
    for end in ends:
        peer = cilium_peer(end, home)
        if peer is None or any(protocol.startswith("ICMP") for protocol, _ in ports):
            return None
        fields.setdefault(peer[0], []).append(peer[1])
    listed = [{"port": str(number), "protocol": protocol} for protocol, number in ports]
    return [
        {f"{side}{field}": items, "toPorts": [{"ports": listed}]} for field, items in fields.items()
    ]

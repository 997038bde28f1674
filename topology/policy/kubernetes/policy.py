"""NetworkPolicy as rules: Kubernetes' own meaning, with Cilium's identities under it."""

import re
from collections.abc import Mapping
from typing import Any

from topology.model import Document, Network, Problem, Protocol
from topology.policy.fields import (
    Fault,
    Faults,
    Rejected,
    listing,
    mapping,
    parse_network,
    quoted,
    read_requirements,
    rejection,
    text,
)
from topology.policy.kubernetes.schema import POLICY
from topology.policy.labels import CLUSTER, K8S, NAMESPACE, NAMESPACE_LABELS
from topology.policy.peers import AddressPeer, Peer, SelectorPeer, block_networks
from topology.policy.rules import Context, PortEntry, Rule
from topology.policy.schema import fits, is_clean
from topology.policy.selectors import Requirement, Selector, exists, one_of
from topology.policy.verdict import Direction

__all__ = ["parse_network_policy", "read_network_policy"]

_FIELDS: dict[Direction, tuple[str, str]] = {
    "ingress": ("ingress", "from"),
    "egress": ("egress", "to"),
}
_PORT_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LONGEST_NAME = 15
_TYPES_FIX = "Write Ingress or Egress."
_PROTOCOLS: tuple[Protocol, ...] = ("TCP", "UDP", "SCTP")


def read_network_policy(
    document: Document, context: Context
) -> tuple[tuple[Rule, ...], tuple[Problem, ...]]:
    """Read a NetworkPolicy; one that Kubernetes would refuse gives no rules and a problem."""
    rules, faults = parse_network_policy(document, context)
    return (rules, ()) if not faults else ((), (rejection(document, faults),))


def parse_network_policy(
    document: Document, context: Context
) -> tuple[tuple[Rule, ...], tuple[Fault, ...]]:
    """Return the rules of a policy and every reason for which the API server would refuse it.

    Source: pkg/apis/networking/validation in Kubernetes.
    """
    faults = Faults()
    rules: list[Rule] = []
    if not is_clean(document.body, POLICY):
        with faults:
            fits(document.body, POLICY)
    with faults:
        rules += _Reader(document, context).rules()
    found = tuple(dict.fromkeys(faults.found))
    return () if found else tuple(rules), found


class _Reader:
    def __init__(self, document: Document, context: Context) -> None:
        self.document = document
        self.context = context
        self.faults = Faults()
        self.spec = mapping(document.body.get("spec"), "spec")
        self.home = one_of(K8S, NAMESPACE, document.namespace)
        self.subject = Selector()

    def rules(self) -> list[Rule]:
        with self.faults:
            pods = read_requirements(self.spec.get("podSelector"), "spec.podSelector", source=K8S)
            self.subject = Selector(frozenset(pods)).with_also([self.home])
        in_force: list[Direction] = []
        with self.faults:
            in_force = self.directions()
        found: list[Rule] = []
        for direction in _FIELDS:
            with self.faults:
                rules = self.section(direction)
                found += rules if direction in in_force else []
        self.faults.settle()
        return found

    def section(self, direction: Direction) -> list[Rule]:
        """Return the rules of a direction; they are checked even where it is not in force."""
        field, peers = _FIELDS[direction]
        items = listing(self.spec.get(field), f"spec.{field}") or []
        if not items:
            path = f"spec.{field}" if field in self.spec else "spec"
            return [self.rule(direction, path, (), ())]
        found: list[Rule] = []
        for number, item in enumerate(items):
            path = f"spec.{field}[{number}]"
            with self.faults:
                found.append(self.item(mapping(item or {}, path), path, direction, peers))
        return found

    def item(self, body: Mapping[str, Any], path: str, direction: Direction, side: str) -> Rule:
        faults = Faults()
        peers: tuple[Peer, ...] | None = ()
        ports: tuple[PortEntry, ...] | None = ()
        with faults:
            peers = self.peers(body.get(side), f"{path}.{side}")
        with faults:
            ports = self.ports(body.get("ports"), f"{path}.ports")
        faults.settle()
        return self.rule(direction, path, peers, ports)

    def directions(self) -> list[Direction]:
        types = listing(self.spec.get("policyTypes"), "spec.policyTypes")
        if not types:
            return list(_FIELDS) if self.spec.get("egress") else ["ingress"]
        faults = Faults()
        if len(types) > len(_FIELDS):
            message = "There may not be more than two policyTypes."
            with faults:
                raise Rejected("policy-type", message, "Name each once.", "spec.policyTypes")
        for number, name in enumerate(types):
            if name not in ("Ingress", "Egress"):
                meant = str(name).strip().title()
                fix = f"Write {meant}." if meant in ("Ingress", "Egress") else _TYPES_FIX
                message = f"{quoted(name)} is no policy type."
                with faults:
                    raise Rejected("policy-type", message, fix, f"spec.policyTypes[{number}]")
        faults.settle()
        return [way for way in _FIELDS if way.title() in types]

    def rule(
        self,
        direction: Direction,
        path: str,
        peers: tuple[Peer, ...] | None,
        ports: tuple[PortEntry, ...] | None,
    ) -> Rule:
        return Rule(
            policy=self.document.key,
            path=path,
            source=self.document.source,
            direction=direction,
            subject=self.subject,
            peers=peers,
            ports=ports,
        )

    def peers(self, value: Any, path: str) -> tuple[Peer, ...] | None:
        items = listing(value, path)
        if not items:
            return None
        faults = Faults()
        found: list[Peer] = []
        for number, item in enumerate(items):
            where = f"{path}[{number}]"
            with faults:
                found.append(self.peer(mapping(item or {}, where), where))
        faults.settle()
        return tuple(found)

    def peer(self, item: Mapping[str, Any], path: str) -> Peer:
        block, spaces, pods = (
            item.get("ipBlock"), item.get("namespaceSelector"), item.get("podSelector")
        )  # fmt: skip
        if block is not None:
            if spaces is not None or pods is not None:
                raise Rejected(
                    "mixed-peer",
                    "An `ipBlock` stands with a selector in one peer.",
                    "Make two peers of it.",
                    path,
                )
            return self.block(mapping(block, f"{path}.ipBlock"), f"{path}.ipBlock")
        if spaces is None and pods is None:
            raise Rejected(
                "empty-peer",
                "The peer names neither pods, namespaces nor addresses.",
                "Write `podSelector: {}` for every pod of the namespace, or drop the list.",
                path,
            )
        faults = Faults()
        found: list[Requirement] = []
        with faults:
            found += read_requirements(pods, f"{path}.podSelector", source=K8S)
        with faults:
            if spaces is None:
                found.append(self.home)
            else:
                found += self.spaces(spaces, f"{path}.namespaceSelector")
        faults.settle()
        if self.context.profile.local_cluster_only:
            found.append(one_of(K8S, CLUSTER, self.context.profile.cluster_name))
        return SelectorPeer(Selector(frozenset(found)))

    def spaces(self, value: Any, path: str) -> list[Requirement]:
        found = [
            Requirement(r.source, NAMESPACE_LABELS + r.key, r.operator, r.values)
            for r in read_requirements(value, path, source=K8S)
        ]
        if not found or self.context.profile.name == "kubernetes":
            found.append(exists(K8S, NAMESPACE))
        return found

    def block(self, item: Mapping[str, Any], path: str) -> Peer:
        excepts = listing(item.get("except"), f"{path}.except") or []
        network = _network(item.get("cidr"), f"{path}.cidr")
        faults = Faults()
        holes: list[Network] = []
        for number, written in enumerate(excepts):
            where = f"{path}.except[{number}]"
            with faults:
                hole = _network(written, where)
                holes.append(hole)
                _check_inside(hole, network, where)
        faults.settle()
        profile = self.context.profile
        networks = block_networks(network, profile)
        return AddressPeer(networks, tuple(holes), pods=profile.cidr_selects_pods)

    def ports(self, value: Any, path: str) -> tuple[PortEntry, ...] | None:
        items = listing(value, path)
        if not items:
            return None
        faults = Faults()
        found: list[PortEntry] = []
        for number, item in enumerate(items):
            where = f"{path}[{number}]"
            with faults:
                found.append(_port(mapping(item or {}, where), where))
        faults.settle()
        return tuple(found)


def _network(value: Any, path: str) -> Network:
    written = text(value, path) or ""
    network = parse_network(written)
    if network is not None:
        return network
    single = parse_network(written, bare=True)
    fix = f"Write `{single}`." if single else "Write an address and a length: 10.0.0.0/8."
    raise Rejected("cidr", f"{quoted(written)} is no CIDR.", fix, path)


def _check_inside(hole: Network, network: Network, path: str) -> None:
    outside = hole.version != network.version or hole.network_address not in network
    if outside or hole.prefixlen <= network.prefixlen:
        raise Rejected(
            "except-outside",
            f"`{hole}` is not a strict subset of `{network}`.",
            "Take it out, or widen `cidr`." if outside else "Make it narrower, or take it out.",
            path,
        )


def _port(item: Mapping[str, Any], path: str) -> PortEntry:
    faults = Faults()
    protocol: Any = item.get("protocol") or "TCP"
    if protocol not in _PROTOCOLS:
        meant = str(protocol).upper()
        fix = f"Write {meant}." if meant in _PROTOCOLS else "Write TCP, UDP or SCTP."
        message = f"{quoted(protocol)} is no protocol."
        with faults:
            raise Rejected("protocol", message, fix, f"{path}.protocol")
    numbers = (0, 0, "")
    with faults:
        numbers = _numbers(item.get("port"), item.get("endPort"), path)
    faults.settle()
    return PortEntry((protocol,), *numbers)


def _numbers(port: Any, end: Any, path: str) -> tuple[int, int, str]:
    if port is None and end is None:
        return 0, 65535, ""
    if isinstance(port, str) and end is None:
        _check_name(port, f"{path}.port")
        return 0, 0, port.lower()
    if end is not None and not (_is_number(port) and _is_number(end)):
        message = "`endPort` needs a `port` that is a number."
        raise Rejected("port", message, "Write both as numbers.", f"{path}.endPort")
    if _is_port(port) and (end is None or (_is_port(end) and end >= port)):
        return port, port if end is None else end, ""
    if _is_port(port) and _is_port(end):
        message = f"`endPort` {quoted(end)} is less than `port` {quoted(port)}."
        raise Rejected("port", message, "Write the greater number there.", f"{path}.endPort")
    wrong, field = (port, "port") if not _is_port(port) else (end, "endPort")
    fix = "Write a number from 1 to 65535 or the name of a container port."
    raise Rejected("port", f"{quoted(wrong)} is no port.", fix, f"{path}.{field}")


def _check_name(name: str, path: str) -> None:
    if len(name) <= _LONGEST_NAME and _PORT_NAME.fullmatch(name) and not name.isdigit():
        return
    fix = "Write the name of a container port: at most 15 of a-z, 0-9 and single `-`."
    if name.isdigit():
        fix = f"Write the number without quotes: {int(name[:9])}."
    raise Rejected("port", f"{quoted(name)} is no name of a port.", fix, path)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_port(value: Any) -> bool:
    return _is_number(value) and 1 <= value <= 65535

"""NetworkPolicy as rules: Kubernetes' own meaning, with Cilium's identities under it."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from topology.model import Document, Problem, Protocol
from topology.policy.fields import Rejected, listing, mapping, read_requirements, rejection, text
from topology.policy.labels import CLUSTER, K8S, NAMESPACE, NAMESPACE_LABELS
from topology.policy.peers import AddressPeer, Peer, SelectorPeer
from topology.policy.rules import Context, PortEntry, Rule
from topology.policy.selectors import Requirement, Selector, exists, one_of
from topology.policy.verdict import Direction

__all__ = ["read_network_policy"]

_FIELDS: dict[Direction, tuple[str, str]] = {
    "egress": ("egress", "to"),
    "ingress": ("ingress", "from"),
}
_PROTOCOLS: tuple[Protocol, ...] = ("TCP", "UDP", "SCTP")


def read_network_policy(
    document: Document, context: Context
) -> tuple[tuple[Rule, ...], tuple[Problem, ...]]:
    """Read a NetworkPolicy; one that Kubernetes would refuse gives no rules and a problem."""
    try:
        return tuple(_Reader(document, context).rules()), ()
    except Rejected as fault:
        return (), (rejection(document, fault),)


class _Reader:
    def __init__(self, document: Document, context: Context) -> None:
        self.document = document
        self.context = context
        self.spec = mapping(document.body.get("spec"), "spec")
        pods = read_requirements(self.spec.get("podSelector"), "spec.podSelector", source=K8S)
        self.home = one_of(K8S, NAMESPACE, document.namespace)
        self.subject = Selector(frozenset(pods)).with_also([self.home])

    def rules(self) -> Iterator[Rule]:
        for direction in self.directions():
            field, peers = _FIELDS[direction]
            items = listing(self.spec.get(field), f"spec.{field}") or []
            if not items:
                path = f"spec.{field}" if field in self.spec else "spec"
                yield self.rule(direction, path, (), ())
            for number, item in enumerate(items):
                path = f"spec.{field}[{number}]"
                body = mapping(item or {}, path)
                yield self.rule(
                    direction,
                    path,
                    self.peers(body.get(peers), f"{path}.{peers}"),
                    self.ports(body.get("ports"), f"{path}.ports"),
                )

    def directions(self) -> list[Direction]:
        types = listing(self.spec.get("policyTypes"), "spec.policyTypes")
        if not types:
            return ["ingress", "egress"] if self.spec.get("egress") else ["ingress"]
        for number, name in enumerate(types):
            if name not in ("Ingress", "Egress"):
                raise Rejected(
                    "policy-type",
                    f"`{name}` is no policy type.",
                    "Write Ingress or Egress.",
                    f"spec.policyTypes[{number}]",
                )
        return [way for way in ("ingress", "egress") if way.title() in types]

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
        return tuple(
            self.peer(mapping(item or {}, f"{path}[{number}]"), f"{path}[{number}]")
            for number, item in enumerate(items)
        )

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
        found = read_requirements(pods, f"{path}.podSelector", source=K8S)
        if spaces is None:
            found.append(self.home)
        else:
            found += self.spaces(spaces, f"{path}.namespaceSelector")
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
        holes = [_network(hole, f"{path}.except[{n}]") for n, hole in enumerate(excepts)]
        for number, hole in enumerate(holes):
            if hole.version != network.version or hole.network_address not in network:
                raise Rejected(
                    "except-outside",
                    f"`{hole}` does not lie in `{network}`.",
                    "Take it out, or widen `cidr`.",
                    f"{path}.except[{number}]",
                )
        return AddressPeer((network,), tuple(holes), pods=self.context.profile.cidr_selects_pods)

    def ports(self, value: Any, path: str) -> tuple[PortEntry, ...] | None:
        items = listing(value, path)
        if not items:
            return None
        return tuple(
            _port(mapping(item or {}, f"{path}[{number}]"), f"{path}[{number}]")
            for number, item in enumerate(items)
        )


def _network(value: Any, path: str) -> Any:
    written = text(value, path) or ""
    try:
        if "/" in written:
            return ip_network(written, strict=False)
    except ValueError:
        pass
    raise Rejected(
        "cidr", f"`{written}` is no CIDR.", "Write an address and a length: 10.0.0.0/8.", path
    )


def _port(item: Mapping[str, Any], path: str) -> PortEntry:
    protocol = item.get("protocol") or "TCP"
    if protocol not in _PROTOCOLS:
        raise Rejected(
            "protocol", f"`{protocol}` is no protocol.", "Write TCP, UDP or SCTP.",
            f"{path}.protocol",
        )  # fmt: skip
    return PortEntry((protocol,), *_numbers(item.get("port"), item.get("endPort"), path))


def _numbers(port: Any, end: Any, path: str) -> tuple[int, int, str]:
    if port is None and end is None:
        return 0, 65535, ""
    if isinstance(port, str) and end is None:
        return 0, 0, port.lower()
    if _is_port(port) and (end is None or (_is_port(end) and end >= port)):
        return port, port if end is None else end, ""
    raise Rejected(
        "port",
        f"`{port if end is None else f'{port} to {end}'}` is no port or range of ports.",
        "Write a number from 1 to 65535 or the name of a container port.",
        f"{path}.port",
    )


def _is_port(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 65535

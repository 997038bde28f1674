"""Connections between identities: both directions, the requests on them, and what is open."""

from topology.model import ContainerPort, Node, Protocol
from topology.policy.conflicts import conflict
from topology.policy.decision import PolicyDecision, join
from topology.policy.evaluation import CompiledRule, Row, evaluate
from topology.policy.explanation import (
    conditional_ports,
    explain,
    explain_l7,
    ports_asked,
    unenforced,
)
from topology.policy.identities import Identity
from topology.policy.named_ports import NamedPorts
from topology.policy.pods import PodClasses
from topology.policy.ports import PortSet
from topology.policy.profile import Profile
from topology.policy.rules import Rule
from topology.policy.subjects import select_subjects
from topology.policy.verdict import Direction, HttpRequest, Layer

__all__ = ["Connections"]

_DIRECTIONS: tuple[Direction, ...] = ("egress", "ingress")


class Connections:
    """Decides between identities; keeps every row that it has worked out."""

    def __init__(
        self,
        rules: tuple[Rule, ...],
        classes: PodClasses,
        *,
        nodes: tuple[Node, ...],
        profile: Profile,
    ) -> None:
        self._classes = classes
        self._profile = profile
        self._named = NamedPorts((one.ports for one in classes.classes), profile)
        self._selecting = select_subjects(rules, classes, self._named, nodes=nodes, profile=profile)
        self._rows: dict[tuple[Direction, int, Identity], Row] = {}
        self._conflicts: dict[int, str] = {}

    def selecting(self, number: int) -> list[tuple[Direction, CompiledRule]]:
        """Return the rules that select the identity with this number, by direction."""
        return [(way, one) for way in _DIRECTIONS for one in self._selecting[way][number]]

    def decide(
        self,
        source: Identity,
        destination: Identity,
        protocol: Protocol,
        port: int | None,
        http: HttpRequest | None,
        dns: str | None,
    ) -> PolicyDecision:
        """Decide one connection; the arguments are those of `PolicyEngine.decide`."""
        layers: list[Layer] = []
        l7 = []
        conditions: list[str] = []
        errors = []
        sides = self.sides(source, destination)
        for end, (way, row) in zip((source, destination), sides, strict=True):
            if row is None:
                layers.append(unenforced(way, end.name))
                continue
            fault = self._conflict(end)
            if fault:
                errors.append(fault)
                layers.append(_failed(way, fault))
                continue
            layers.append(explain(row, protocol, port))
            found = explain_l7(row, protocol, port, http=http, dns=dns)
            if found and layers[-1].verdict != "deny":
                l7.append(found)
            conditions += _authentication(row, protocol, port)
        return join(layers[0], layers[1], l7, conditions=tuple(conditions), error="; ".join(errors))

    def open(self, source: Identity, destination: Identity) -> tuple[PortSet, PortSet, PortSet]:
        """Return the ports surely open, those perhaps open, and those open to some requests."""
        allowed = possible = PortSet.ALL
        conditional = PortSet.EMPTY
        for end, (_, row) in zip(
            (source, destination), self.sides(source, destination), strict=True
        ):
            if row is None:
                continue
            if self._conflict(end):
                allowed = PortSet.EMPTY
                continue
            allowed &= row.allowed
            possible &= row.allowed | row.unknown
            conditional |= conditional_ports(row)
        return allowed, possible, conditional

    def sides(self, source: Identity, destination: Identity) -> list[tuple[Direction, Row | None]]:
        """Return egress at the source and ingress at the destination; None where none applies."""
        egress = self._row("egress", source, destination) if self._enforces(source) else None
        ingress = self._row("ingress", destination, source) if self._enforces(destination) else None
        return [("egress", egress), ("ingress", ingress)]

    def _enforces(self, identity: Identity) -> bool:
        host = self._classes.entities["host-endpoint"]
        return identity is host or 0 <= identity.number < len(self._classes.classes)

    def _row(self, direction: Direction, end: Identity, peer: Identity) -> Row:
        key = (direction, end.number, peer)
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = evaluate(
                self._selecting[direction][end.number],
                direction,
                peer,
                own_ports=self._ports(end),
                peer_ports=self._ports(peer),
                named=self._named,
                profile=self._profile,
                on_host=end is self._classes.entities["host-endpoint"],
            )
        return row

    def _ports(self, identity: Identity) -> tuple[ContainerPort, ...]:
        if 0 <= identity.number < len(self._classes.classes):
            return self._classes.classes[identity.number].ports
        return ()

    def _conflict(self, end: Identity) -> str:
        if end.number not in self._conflicts:
            faults = (
                conflict(self._selecting[way][end.number], self._named, self._ports(end))
                for way in _DIRECTIONS
            )
            self._conflicts[end.number] = next((fault for fault in faults if fault), "")
        return self._conflicts[end.number]


def _failed(direction: Direction, fault: str) -> Layer:
    reason = (
        f"Cilium cannot compute the policy of this end: {fault}. What is in force is not known."
    )
    return Layer(
        layer="egress-policy" if direction == "egress" else "ingress-policy",
        direction=direction,
        verdict="unknown",
        reason=reason,
    )


def _authentication(row: Row, protocol: Protocol, port: int | None) -> list[str]:
    asked = ports_asked(protocol, port)
    return [
        f"mutual authentication of the peers ({match.rule.name})"
        for match in row.matches
        if match.rule.auth == "required" and not match.rule.deny and match.ports.overlaps(asked)
    ]

"""Connections between identities: both directions, the requests on them, and what is open."""

from functools import cached_property
from typing import Literal

from topology.errors import InvalidQuery
from topology.model import Protocol
from topology.policy.conflicts import conflict
from topology.policy.decision import PolicyDecision, join
from topology.policy.evaluation import CompiledRule, Row
from topology.policy.explanation import conditional_ports, explain_l7, ports_asked, unenforced
from topology.policy.gates import Gate, Gates
from topology.policy.ground import Ground
from topology.policy.identities import Identity
from topology.policy.kafka import KafkaRequest
from topology.policy.matrix import Matrix
from topology.policy.ports import PortSet
from topology.policy.rows import Rows
from topology.policy.subjects import DIRECTIONS, Subjects
from topology.policy.verdict import Direction, HttpRequest, Layer

__all__ = ["Connections", "check_port"]

_PORTS_KEPT = 4096


class Connections:
    """Decides between identities; keeps every row that it has worked out."""

    def __init__(self, ground: Ground, subjects: Subjects, gates: Gates | None = None) -> None:
        self.subjects = subjects
        self.ground = ground
        self._classes = ground.classes
        self._gates = gates
        self._conflicts: dict[int, str] = {}
        self._egress: dict[int, Gate] = {}
        self._ingress: dict[int, Gate] = {}
        self._atoms: dict[tuple[Protocol, int], int] = {}

    @property
    def gates(self) -> Gates:
        """Return the gates of the ground, which every set of policies on it shares."""
        if self._gates is None:
            self._gates = Gates(self.ground)
        return self._gates

    @cached_property
    def rows(self) -> Rows:
        """Return the rows under these policies."""
        return Rows(self.ground, self.gates, self.subjects.of)

    @cached_property
    def matrix(self) -> Matrix:
        """Return what every end may open to every other."""
        places = range(len(self.ground.axis.places))
        egress, ingress = ([self.gate(way, one) for one in places] for way in DIRECTIONS)
        return Matrix(self.ground.axis, self.ground.atoms, egress, ingress)

    def changed(self, subjects: Subjects) -> "Connections":
        """Return the connections under other policies on the same ground."""
        return Connections(self.ground, subjects, self.gates)

    def selecting(self, number: int) -> list[tuple[Direction, CompiledRule]]:
        """Return the rules that select the identity with this number, by direction."""
        return [(way, one) for way in DIRECTIONS for one in self.subjects.of(way, number)]

    def gate(self, direction: Direction, number: int) -> Gate:
        """Return what the identity with this number lets through in one direction."""
        host = self._classes.entities["host-endpoint"].number
        if number >= len(self._classes.classes) and number != host:
            return self.gates.open
        if self.conflict(self._classes.index.identities[number]):
            return self.gates.faulty
        return self.gate_under(self.subjects.of(direction, number), direction, number)

    def gate_under(
        self, rules: tuple[CompiledRule, ...], direction: Direction, number: int
    ) -> Gate:
        """Return what a class of pods, or the host, would let through under some rules."""
        end = self._classes.index.identities[number]
        return self.gates.gate(
            rules,
            direction,
            own_ports=self.rows.ports(end),
            on_host=end is self._classes.entities["host-endpoint"],
        )

    def verdict(
        self, source: int, destination: int, port: int, protocol: Protocol
    ) -> Literal["allow", "deny", "unknown"]:
        """Return the verdict that `decide` gives between two identities of the index.

        Raises:
            InvalidQuery: There is no such port.
        """
        atom = self._atoms.get((protocol, port))
        if atom is None:
            atom = self.atom(protocol, port)
        out = self._egress.get(source) or self._keep(self._egress, "egress", source)
        into = self._ingress.get(destination) or self._keep(self._ingress, "ingress", destination)
        if out.allowed[atom] >> destination & into.allowed[atom] >> source & 1:
            return "allow"
        if out.possible[atom] >> destination & into.possible[atom] >> source & 1:
            return "unknown"
        return "deny"

    def atom(self, protocol: Protocol, port: int) -> int:
        """Return the port atom that a port is in.

        Raises:
            InvalidQuery: There is no such port.
        """
        atom = self._atoms.get((protocol, port))
        if atom is None:
            check_port(protocol, port)
            if len(self._atoms) >= _PORTS_KEPT:
                self._atoms.clear()
            atom = self._atoms[protocol, port] = self.ground.atoms.number(protocol, port)
        return atom

    def _keep(self, kept: dict[int, Gate], direction: Direction, number: int) -> Gate:
        gate = kept[number] = self.gate(direction, number)
        return gate

    def decide(
        self,
        source: Identity,
        destination: Identity,
        protocol: Protocol,
        port: int | None,
        http: HttpRequest | None,
        dns: str | None,
        sni: str | None = None,
        kafka: KafkaRequest | None = None,
    ) -> PolicyDecision:
        """Decide one connection; the arguments are those of `PolicyEngine.decide`."""
        layers: list[Layer] = []
        l7 = []
        conditions: list[str] = []
        errors = []
        atom = None if port is None else self.atom(protocol, port)
        sides = self.sides(source, destination)
        for end, (way, row) in zip((source, destination), sides, strict=True):
            if row is None:
                layers.append(unenforced(way, end.name))
                continue
            fault = self.conflict(end)
            if fault:
                errors.append(fault)
                layers.append(_failed(way, fault))
                continue
            told = self.rows.told(way, end, row, protocol, atom, port)
            layers.append(told.layer)
            found = told.l7
            if any(one is not None for one in (http, dns, sni, kafka)):
                found = explain_l7(row, protocol, port, http=http, dns=dns, sni=sni, kafka=kafka)
            if found and told.layer.verdict != "deny":
                l7.append(found)
            conditions += told.conditions
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
            if self.conflict(end):
                allowed = PortSet.EMPTY
                continue
            allowed &= row.allowed
            possible &= row.allowed | row.unknown
            conditional |= conditional_ports(row)
        return allowed, possible, conditional

    def sides(self, source: Identity, destination: Identity) -> list[tuple[Direction, Row | None]]:
        """Return egress at the source and ingress at the destination; None where none applies."""
        row = self.rows.row
        egress = row("egress", source, destination) if self._enforces(source) else None
        ingress = row("ingress", destination, source) if self._enforces(destination) else None
        return [("egress", egress), ("ingress", ingress)]

    def _enforces(self, identity: Identity) -> bool:
        host = self._classes.entities["host-endpoint"]
        return identity is host or 0 <= identity.number < len(self._classes.classes)

    def conflict(self, end: Identity) -> str:
        """Return why Cilium cannot compute the policy of an end, or ""."""
        if end.number not in self._conflicts:
            faults = (
                conflict(self.subjects.of(way, end.number), self.ground.named, self.rows.ports(end))
                for way in DIRECTIONS
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


def check_port(protocol: Protocol, port: int | None) -> None:
    """Refuse what is no port.

    Raises:
        InvalidQuery: There is no such port.
    """
    try:
        ports_asked(protocol, port or 0)
    except (KeyError, ValueError):
        message = f"`{port}/{protocol}` is no port."
        hint = "Give 0 to 65535 for TCP, UDP and SCTP, an ICMP type from 0 to 255."
        raise InvalidQuery(message, hint=hint) from None

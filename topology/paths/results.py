"""Answers about paths: one question (`Reach`), or everyone at one end (`Peers`)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from topology.model import Location, Protocol
from topology.paths.documents import causes_to_list, http_to_dict, verdict_to_dict
from topology.paths.queries import PortQuery
from topology.policy.verdict import Decision, HttpRequest, Layer, Verdict

__all__ = ["Group", "PeerRow", "Peers", "PortVerdict", "Reach", "best_of", "worst_of"]

Answer = Literal["allow", "deny", "unknown"]
L7 = Literal["allow", "deny", "unknown", "conditional"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Pods that get the same answer, where the pods of one end do not agree."""

    sources: tuple[str, ...]
    destinations: tuple[str, ...]
    verdict: Verdict

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "sources": list(self.sources),
            "destinations": list(self.destinations),
            **verdict_to_dict(self.verdict),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PortVerdict:
    """The answer for one port of the destination."""

    port: int | None
    """Of the destination's pods; None where the question is about every port."""
    protocol: Protocol
    name: str = ""
    service_port: int | None = None
    """Of the Service, where one was asked about."""
    verdict: Verdict
    groups: tuple[Group, ...] = ()
    """More than one where the pods do not agree; empty otherwise."""
    open_ports: str = ""
    """Which ports are open, where the question is about every port."""

    def __str__(self) -> str:
        if self.port is None and self.service_port is None:
            return self.open_ports or f"every {self.protocol} port"
        kind = "type " if self.protocol.startswith("ICMP") else ""
        return (
            f"{kind}{self.port if self.service_port is None else self.service_port}/{self.protocol}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "port": self.port,
            "protocol": self.protocol,
            "name": self.name,
            "service_port": self.service_port,
            "open_ports": self.open_ports,
            **verdict_to_dict(self.verdict),
            "groups": [group.to_dict() for group in self.groups],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whether one end can open a connection to another, on each port asked about."""

    source: str
    destination: str
    asked: PortQuery | None = None
    http: HttpRequest | None = None
    sni: str = ""
    """The server name that was asked about; empty where none was."""
    ports: tuple[PortVerdict, ...] = ()
    """Never empty."""
    notes: tuple[str, ...] = ()
    """What a reader should know besides, one sentence each."""

    @property
    def verdict(self) -> Answer:
        """Return allow if any port is allowed, else unknown if any is, else deny."""
        return best_of(port.verdict.verdict for port in self.ports)

    @property
    def allowed(self) -> bool:
        """Return whether the verdict is a plain allow."""
        return self.verdict == "allow"

    @property
    def partial(self) -> bool:
        """Return whether the pods do not agree: some get through on a port where others do not."""
        return any(
            group.verdict.verdict != "deny"
            for port in self.ports
            if port.verdict.verdict == "deny"
            for group in port.groups
        ) or any(port.groups and port.verdict.verdict == "unknown" for port in self.ports)

    @property
    def deciding(self) -> PortVerdict:
        """Return the first port that has the verdict of the whole."""
        return next(port for port in self.ports if port.verdict.verdict == self.verdict)

    @property
    def layers(self) -> tuple[Layer, ...]:
        """Return the layers of the deciding port, in the order in which a packet meets them."""
        return self.deciding.verdict.layers

    @property
    def l7(self) -> L7 | None:
        """Return what L7 rules say on the deciding port."""
        return self.deciding.verdict.l7

    @property
    def conditions(self) -> tuple[str, ...]:
        """Return what must further hold on the deciding port."""
        return self.deciding.verdict.conditions

    @property
    def groups(self) -> tuple[Group, ...]:
        """Return the groups of pods of the deciding port, where they do not agree."""
        return self.deciding.groups

    def to_dict(self) -> dict[str, Any]:
        """Return the document that `netassist reach --json` prints."""
        first = self.deciding
        return {
            "source": self.source,
            "destination": self.destination,
            "request": {
                "port": self.asked.number or self.asked.name or None if self.asked else None,
                "protocol": self.asked.protocol if self.asked else None,
                "http": http_to_dict(self.http),
                "sni": self.sni or None,
            },
            **verdict_to_dict(first.verdict),
            "ports": [port.to_dict() for port in self.ports],
            "groups": [group.to_dict() for group in self.groups],
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerRow:
    """One workload, or one part of the outside, at the other end."""

    name: str
    kind: str
    """`Deployment`, ..., or `outside`."""
    namespace: str = ""
    target: str
    """The end that was asked about: a workload where a whole namespace was."""
    verdict: Answer
    pods: int = 0
    """How many pods the row stands for."""
    ports: tuple[str, ...] = ()
    """Those that are allowed, such as `8080/TCP`."""
    unknown_ports: tuple[str, ...] = ()
    l7: L7 | None = None
    conditions: tuple[str, ...] = ()
    policy: str | None = None
    rule: str | None = None
    location: Location | None = None
    reason: str
    """The sentence of the layer that decided."""
    causes: tuple[tuple[str, Location], ...] = ()
    """The policies behind a default deny, where no rule decided."""
    mixed: bool = False
    """Whether the pods of the row do not agree; the verdict is then the worst of theirs."""

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "name": self.name,
            "kind": self.kind,
            "namespace": self.namespace,
            "target": self.target,
            "verdict": self.verdict,
            "pods": self.pods,
            "ports": list(self.ports),
            "unknown_ports": list(self.unknown_ports),
            "l7": self.l7,
            "conditions": list(self.conditions),
            "policy": self.policy,
            "rule": self.rule,
            "location": str(self.location) if self.location else None,
            "reason": self.reason,
            "causes": causes_to_list(self.causes),
            "mixed": self.mixed,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Peers:
    """Everyone who can reach one end, or everything that it can reach."""

    of: str
    """The end that was asked about."""
    direction: Literal["who-can-reach", "what-can"]
    asked: PortQuery | None = None
    http: HttpRequest | None = None
    rows: tuple[PeerRow, ...] = ()
    """One for each workload, every namespace, sorted."""
    outside: tuple[PeerRow, ...] = ()
    """The world, the nodes and the API server."""
    exposure: tuple[str, ...] = ()
    """Ways in from outside that Services open, one sentence each."""
    notes: tuple[str, ...] = ()

    @property
    def allowed(self) -> tuple[PeerRow, ...]:
        """Return the rows that are allowed, workloads first."""
        return tuple(row for row in (*self.rows, *self.outside) if row.verdict == "allow")

    @property
    def unknown(self) -> tuple[PeerRow, ...]:
        """Return the rows that could not be decided."""
        return tuple(row for row in (*self.rows, *self.outside) if row.verdict == "unknown")

    def to_dict(self) -> dict[str, Any]:
        """Return the document that `netassist who-can-reach --json` prints."""
        return {
            "of": self.of,
            "direction": self.direction,
            "request": {
                "port": self.asked.number or self.asked.name or None if self.asked else None,
                "protocol": self.asked.protocol if self.asked else None,
                "http": http_to_dict(self.http),
            },
            "rows": [row.to_dict() for row in self.rows],
            "outside": [row.to_dict() for row in self.outside],
            "exposure": list(self.exposure),
            "notes": list(self.notes),
        }


def best_of(verdicts: Iterable[Decision]) -> Answer:
    """Return allow if any is, else unknown if any is, else deny."""
    found = set(verdicts)
    if "allow" in found:
        return "allow"
    return "unknown" if "unknown" in found else "deny"


def worst_of(verdicts: Iterable[Decision]) -> Answer:
    """Return deny if any is, else unknown if any is, else allow."""
    found = set(verdicts)
    if "deny" in found:
        return "deny"
    return "unknown" if "unknown" in found else "allow"

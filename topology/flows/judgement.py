"""What the engine says of a connection that was observed: allowed or not, and by which rule."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from topology.errors import InvalidQuery
from topology.flows.ends import ObservedTarget
from topology.flows.observation import Connection, HttpSeen
from topology.model import Pod, Workload
from topology.policy.decision import PolicyDecision
from topology.policy.engine import PeerTarget, PolicyEngine
from topology.policy.istio import MeshPolicies
from topology.policy.verdict import HttpRequest, Layer
from topology.services import service_backends
from topology.targets import (
    AddressTarget,
    DnsTarget,
    EntityTarget,
    PodTarget,
    ServiceTarget,
    WorkloadTarget,
)

__all__ = ["Judge", "Judgement"]

MOST_PODS = 8
"""Pods of different classes of one workload that are asked about."""
_RANK = {"deny": 0, "unknown": 1, "allow": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The engine's verdict on one observed connection."""

    verdict: Literal["allow", "deny", "unknown"]
    """Where pods of the workload differ, that of the worst off."""
    reason: str
    """One sentence."""
    layer: Layer | None = None
    """The layer that decided; of an allowed connection its ingress, if that is enforced."""
    layers: tuple[Layer, ...] = ()
    """Egress and ingress, and L7 where requests were seen."""
    refused: tuple[HttpSeen, ...] = ()
    """HTTP requests of the connection that would be refused although the port is open."""
    names: tuple[str, ...] = ()
    """DNS names of the connection whose queries would be refused."""


class Judge:
    """Asks the network policies, and the mesh's where it is given, about observed connections."""

    def __init__(self, engine: PolicyEngine, mesh: MeshPolicies | None = None) -> None:
        self._engine = engine
        self._mesh = None if mesh is None or mesh.is_absent else mesh
        self._known = {id(one) for one in engine.cluster.workloads}

    def judge(self, connection: Connection) -> Judgement:
        """Return what the policies say of a connection.

        HTTP requests and DNS names that were seen on it are asked about one by one. A destination
        that is known by several names is allowed if it is under one of them.
        """
        if isinstance(connection.destination, DnsTarget) and len(connection.names) > 1:
            found = [
                self._judge(replace(connection, destination=DnsTarget(name)))
                for name in sorted(connection.names)
            ]
            return max(found, key=lambda one: _RANK[one.verdict])
        return self._judge(connection)

    def _judge(self, connection: Connection) -> Judgement:
        for end in (connection.source, connection.destination):
            if isinstance(end, WorkloadTarget) and id(end.workload) not in self._known:
                reason = f"`{end}` is not in the cluster that was read, so nothing decides it."
                return Judgement(verdict="unknown", reason=reason)
        try:
            found = [
                self._decide(connection, source, destination, port)
                for source in self._sources(connection.source)
                for destination, port in self._destinations(connection)
            ]
        except InvalidQuery as error:
            return Judgement(verdict="unknown", reason=str(error))
        if not found:
            reason = f"`{connection.destination}` leads to no pod that was read."
            return Judgement(verdict="unknown", reason=reason)
        return min(found, key=lambda one: _RANK[one.verdict])

    def _decide(
        self, connection: Connection, source: PeerTarget, destination: PeerTarget, port: int
    ) -> Judgement:
        ask = lru_cache(maxsize=None)(
            lambda http=None, dns=None: self._engine.decide(
                source,
                destination,
                port=port,
                protocol=connection.protocol,
                http=http,
                dns=dns,
            )
        )
        base: PolicyDecision = ask()
        if base.verdict == "deny":
            return _judgement(base)
        refused = [one for one in connection.requests if ask(http=_request(one)).verdict == "deny"]
        names = [one.name for one in connection.queries if ask(dns=one.name).verdict == "deny"]
        if refused:
            return _judgement(ask(http=_request(refused[0])), refused=refused)
        if names:
            return _judgement(ask(dns=names[0]), names=names)
        return self._in_mesh(connection, source, destination, port) or _judgement(base)

    def _in_mesh(
        self, connection: Connection, source: PeerTarget, destination: PeerTarget, port: int
    ) -> Judgement | None:
        """Return what the mesh stops of what network policies let through; None if nothing."""
        if self._mesh is None or not isinstance(destination, PodTarget):
            return None
        found = [
            (
                seen,
                self._mesh.decide(
                    destination.pod,
                    port=port,
                    protocol=connection.protocol,
                    source=source,
                    http=_request(seen) if seen else None,
                ),
            )
            for seen in connection.requests or (None,)
        ]
        worst = min((one.verdict for _, one in found), key=lambda one: _RANK[one])
        if worst == "allow":
            return None
        stopping = [(seen, one) for seen, one in found if one.verdict == worst]
        layers = stopping[0][1].layers
        layer = next(one for one in layers if one.verdict == worst)
        refused = tuple(seen for seen, _ in stopping if seen) if worst == "deny" else ()
        return Judgement(
            verdict=worst, reason=layer.reason, layer=layer, layers=layers, refused=refused
        )

    def _sources(self, target: ObservedTarget) -> list[PeerTarget]:
        match target:
            case WorkloadTarget(workload):
                return [PodTarget(pod) for pod in self._pods(workload)]
            case ServiceTarget(service):
                # A Service opens no connection: its address is that of a backend's reply at most.
                return [AddressTarget(one) for one in service.cluster_ips[:1]]
            case _:
                return [target]

    def _destinations(self, connection: Connection) -> list[tuple[PeerTarget, int]]:
        target = connection.destination
        match target:
            case WorkloadTarget(workload):
                return [(PodTarget(pod), connection.port) for pod in self._pods(workload)]
            case ServiceTarget(service):
                routes = service_backends(
                    self._engine.cluster,
                    service,
                    port=connection.port,
                    protocol=connection.protocol,
                )
                backends = [
                    (one.pod, one.port)
                    for route in routes
                    for one in route.backends
                    if one.pod is not None
                ]
                kinds = {(self._engine.class_of(pod), port): pod for pod, port in backends}
                ends: list[tuple[PeerTarget, int]] = [
                    (PodTarget(pod), port) for (_, port), pod in kinds.items()
                ]
                return ends[:MOST_PODS]
            case DnsTarget() | EntityTarget() | AddressTarget():
                return [(target, connection.port)]

    def _pods(self, workload: Workload) -> list[Pod]:
        """Return one pod of each class of a workload."""
        running: Iterable[Pod] = [pod for pod in workload.pods if pod.running] or workload.pods
        kinds = {self._engine.class_of(pod): pod for pod in running}
        return list(kinds.values())[:MOST_PODS]


def _request(seen: HttpSeen) -> HttpRequest:
    return HttpRequest(method=seen.method or "GET", path=seen.target or "/", host=seen.host)


def _judgement(
    decision: PolicyDecision, *, refused: Iterable[HttpSeen] = (), names: Iterable[str] = ()
) -> Judgement:
    layers = [decision.egress, decision.ingress]
    if decision.l7 is not None:
        layers.append(decision.l7)
    deciding = next((one for one in layers if one.verdict == decision.verdict), layers[-1])
    if decision.verdict == "allow":
        deciding = next((one for one in reversed(layers) if one.enforced), deciding)
    return Judgement(
        verdict=decision.verdict,
        reason=deciding.reason,
        layer=deciding,
        layers=tuple(layers),
        refused=tuple(refused),
        names=tuple(names),
    )

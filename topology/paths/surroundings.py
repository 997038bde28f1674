"""Everyone at one end: who can reach a target, and what a source can reach."""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

from topology.errors import InvalidQuery
from topology.model import Cluster, Workload
from topology.paths.documents import blamed
from topology.paths.hops import Hops
from topology.paths.parties import Party, parties_of
from topology.paths.queries import PortQuery
from topology.paths.results import PeerRow, Peers, PortVerdict, best_of
from topology.paths.routing import Ask, asks_of
from topology.policy.verdict import HttpRequest
from topology.services import services_of
from topology.targets import EntityTarget, NamespaceTarget, PodTarget, Target, WorkloadTarget

__all__ = ["Surroundings"]

_OUTSIDE = ("world", "kube-apiserver", "host", "remote-node")
_EXPOSING = ("LoadBalancer", "NodePort")

Asker = Callable[[Sequence[Party], Ask, HttpRequest | None], PortVerdict]


class Surroundings:
    """Asks about every workload of a cluster at once.

    Pods that are alike share their answers, so what counts is the number of classes, not of pods.
    """

    def __init__(self, cluster: Cluster, hops: Hops, ask: Asker) -> None:
        self._cluster = cluster
        self._hops = hops
        self._ask = ask

    def who_can_reach(
        self, dst: Target, *, port: PortQuery | None, http: HttpRequest | None
    ) -> Peers:
        """Return a row for each workload and each part of the outside, as the source."""
        rows: list[PeerRow] = []
        outside: list[PeerRow] = []
        sources = self._workloads
        others = self._outside()
        for target in self._targets(dst):
            asks = self._asks(target, port, http)
            name = str(target)
            rows += [self._row(one, name, parties, asks, http) for one, parties in sources]
            outside += [self._row(one.name, name, [one], asks, http) for one in others]
        return Peers(
            of=str(dst),
            direction="who-can-reach",
            asked=port,
            http=http,
            rows=tuple(rows),
            outside=tuple(outside),
            exposure=tuple(self._exposure(dst)),
        )

    def what_can(self, src: Target, *, port: PortQuery | None, http: HttpRequest | None) -> Peers:
        """Return a row for each workload and each part of the outside, as the destination."""
        sources = parties_of(self._cluster, src, self._hops.class_of)
        rows: list[PeerRow] = []
        skipped = 0
        for workload, _ in self._workloads:
            try:
                asks = self._asks(WorkloadTarget(workload), port, http)
            except InvalidQuery:
                skipped += 1
                continue
            rows.append(self._row(workload, str(src), sources, asks, http))
        outside = []
        for party in self._outside():
            asks = self._asks(party.target, port if port and port.number else None, http)
            outside.append(self._row(party.name, str(src), sources, asks, http))
        notes: tuple[str, ...] = ()
        if skipped and port:
            notes = (f"{skipped} workload(s) without a port named `{port.name}` are left out.",)
        return Peers(
            of=str(src),
            direction="what-can",
            asked=port,
            http=http,
            rows=tuple(rows),
            outside=tuple(outside),
            notes=notes,
        )

    def _targets(self, dst: Target) -> list[Target]:
        """Return what is asked about: each workload of a namespace, or the target itself."""
        if not isinstance(dst, NamespaceTarget):
            return [dst]
        found: list[Target] = [
            WorkloadTarget(workload)
            for workload in self._cluster.workloads
            if workload.namespace == dst.name
        ]
        if not found:
            message = f"Namespace `{dst.name}` has no workloads."
            raise InvalidQuery(message, hint="Name a workload, a pod or an address.")
        return found

    def _asks(
        self, target: Target, port: PortQuery | None, http: HttpRequest | None
    ) -> tuple[Ask, ...]:
        return asks_of(self._cluster, target, port, self._hops.class_of, tcp_only=http is not None)

    @cached_property
    def _workloads(self) -> list[tuple[Workload, tuple[Party, ...]]]:
        ordered = sorted(self._cluster.workloads, key=lambda one: (one.full_name, one.kind))
        return [
            (one, parties_of(self._cluster, WorkloadTarget(one), self._hops.class_of))
            for one in ordered
        ]

    def _outside(self) -> list[Party]:
        return [
            Party(target=EntityTarget(name), key=("entity", name), name=name) for name in _OUTSIDE
        ]

    def _row(
        self,
        peer: Workload | str,
        target: str,
        sources: Sequence[Party],
        asks: Sequence[Ask],
        http: HttpRequest | None,
    ) -> PeerRow:
        """Return what one peer gets, over every port asked about."""
        found = [self._ask(sources, ask, http) for ask in asks]
        verdict = best_of(one.verdict.verdict for one in found)
        first = next(one for one in found if one.verdict.verdict == verdict)
        layer = first.verdict.deciding or first.verdict.opening
        policy, location = blamed(layer)
        return PeerRow(
            name=peer if isinstance(peer, str) else peer.name,
            kind="outside" if isinstance(peer, str) else peer.kind,
            namespace="" if isinstance(peer, str) else peer.namespace,
            target=target,
            verdict=verdict,
            pods=0 if isinstance(peer, str) else len(peer.pods),
            ports=tuple(str(one) for one in found if one.verdict.verdict == "allow"),
            unknown_ports=tuple(str(one) for one in found if one.verdict.verdict == "unknown"),
            l7=first.verdict.l7,
            conditions=first.verdict.conditions,
            policy=policy,
            rule=layer.rule,
            location=location,
            reason=layer.reason,
            causes=layer.causes,
            mixed=any(one.groups for one in found),
        )

    def _exposure(self, dst: Target) -> Iterable[str]:
        """Yield the Services that open a way in from outside."""
        if isinstance(dst, (NamespaceTarget, WorkloadTarget, PodTarget)):
            parties = parties_of(self._cluster, dst, self._hops.class_of)
            pods = [pod for party in parties for pod in party.pods]
            services = services_of(self._cluster, pods)
        else:
            service = getattr(dst, "service", None)
            services = (service,) if service else ()
        for service in services:
            if service.type in _EXPOSING or service.external_addresses:
                ports = ", ".join(f"{port.port}/{port.protocol}" for port in service.ports)
                at = ", ".join(str(address) for address in service.external_addresses)
                where = f" at {at}" if at else ""
                yield (
                    f"Service `{service.full_name}` ({service.type}) opens {ports or 'no port'} to "
                    f"the outside{where}."
                )

"""What a change of Istio policies opens and closes between workloads, and from the world."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field

from topology.model import Pod, Protocol, Workload
from topology.paths import Network
from topology.paths.parties import running_pods
from topology.paths.routing import asks_of
from topology.policy.istio import MeshDecision
from topology.policy.matrix import STATES, State
from topology.policy.ports import PortSet
from topology.targets import EntityTarget, PodTarget, WorkloadTarget

__all__ = ["MeshShift", "mesh_shifts"]

_WORLD = EntityTarget("world")


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshShift:
    """Ports on which the mesh decides otherwise than before, from one end to another."""

    source: str
    destination: str
    ports: PortSet
    before: State
    after: State


@dataclass(slots=True)
class _Answers:
    """What the mesh says, each question between pods that are alike asked once."""

    network: Network
    known: dict[Hashable, MeshDecision] = field(default_factory=dict)

    def ask(self, source: Pod | None, destination: Pod, port: int | None) -> MeshDecision:
        """Return what the mesh says of a connection; of one from the world without a source."""
        mesh = self.network.mesh
        key = (mesh.class_of(source) if source else None, mesh.class_of(destination), port)
        found = self.known.get(key)
        if found is None:
            target = PodTarget(source) if source else _WORLD
            found = self.known[key] = mesh.decide(destination, port=port, source=target)
        return found

    def state(self, source: Pod | None, destination: Pod, port: int | None) -> State:
        """Return how network policies and the mesh together let a connection fare."""
        decision = self.ask(source, destination, port)
        mesh: State = decision.verdict
        if mesh == "allow" and decision.l7 in ("conditional", "unknown"):
            mesh = "conditional"
        target = PodTarget(source) if source else _WORLD
        policies = self.network.policies.decide(target, PodTarget(destination), port=port)
        return min(mesh, policies.verdict, key=STATES.index)


def mesh_shifts(before: Network, after: Network) -> tuple[MeshShift, ...]:
    """Return where the mesh decides otherwise, on the ports that workloads offer.

    Where network policies stop a connection before and after, nothing changes.

    Args:
        before: The network as it is.
        after: The same cluster with other policies.
    """
    documents = set(map(id, before.mesh_documents)) ^ set(map(id, after.mesh_documents))
    if not documents:
        return ()
    found: dict[tuple[str, str, State, State], PortSet] = {}
    answers = _Answers(before), _Answers(after)
    for destination in before.cluster.workloads:
        if _is_touched(before, after, documents, destination):
            for source, pods in _sources(before):
                for port, protocol, was, now in _ports(answers, pods, destination, source):
                    key = (source, destination.full_name, was, now)
                    number = _span(protocol, port)
                    found[key] = found.get(key, PortSet.EMPTY) | number
    return tuple(
        MeshShift(source=source, destination=destination, ports=ports, before=was, after=now)
        for (source, destination, was, now), ports in sorted(found.items())
    )


def _is_touched(before: Network, after: Network, documents: set[int], workload: Workload) -> bool:
    """Return whether a policy that comes or goes is about a workload."""
    return any(
        network.mesh.index.is_selected(document, pod)
        for network in (before, after)
        for document in network.mesh_documents
        if id(document) in documents
        for pod in workload.pods
    )


def _sources(network: Network) -> Iterator[tuple[str, tuple[Pod | None, ...]]]:
    """Yield every workload with a pod for each class that the mesh tells apart, and the world."""
    class_of = network.mesh.class_of
    for workload in network.cluster.workloads:
        pods = running_pods(network.cluster, WorkloadTarget(workload))
        yield workload.full_name, tuple({class_of(pod): pod for pod in reversed(pods)}.values())
    yield _WORLD.name, (None,)


def _ports(
    answers: tuple[_Answers, _Answers],
    sources: tuple[Pod | None, ...],
    destination: Workload,
    name: str,
) -> Iterator[tuple[int | None, Protocol, State, State]]:
    """Yield the ports of a workload that fare otherwise, with their states."""
    before, after = answers
    class_of = before.network.policies.class_of
    if name == destination.full_name and destination.kind == "Pod":
        return
    for ask in asks_of(
        before.network.cluster, WorkloadTarget(destination), None, class_of, tcp_only=True
    ):
        for party, number in ask.ends:
            for other in party.pods[:1]:
                for source in sources:
                    old, new = (one.ask(source, other, number) for one in answers)
                    if (old.verdict, old.l7, old.conditions) == (
                        new.verdict,
                        new.l7,
                        new.conditions,
                    ):
                        continue
                    was = before.state(source, other, number)
                    now = after.state(source, other, number)
                    if was != now or was == "conditional":
                        yield number, ask.protocol, was, now


def _span(protocol: Protocol, port: int | None) -> PortSet:
    return PortSet.every(protocol) if port is None else PortSet.of(protocol, port)

"""What a change of policies opens and closes between workloads, and between them and outside."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from topology.mesh_simulation import mesh_shifts
from topology.model import Document, Problem
from topology.paths import Network
from topology.paths.network import MESH_KINDS
from topology.policy.axis import Place
from topology.policy.difference import Change, Difference
from topology.policy.engine import PolicyEngine
from topology.policy.matrix import STATES, State
from topology.policy.ports import PortSet
from topology.policy.reading import read_policies

__all__ = ["EndChange", "Simulation", "simulate", "simulate_network"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndChange:
    """Ports that fare otherwise than before, from one end to another."""

    source: str
    """A workload (`namespace/name`), an entity, a network, or a DNS name."""
    destination: str
    ports: PortSet
    before: State
    after: State
    layer: Literal["network", "mesh"] = "network"
    """Which policies decide otherwise; what the mesh says is given for the ports on offer only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """What a change does."""

    opened: tuple[EndChange, ...]
    closed: tuple[EndChange, ...]
    other_requests: tuple[EndChange, ...]
    """Open before and after, but to other HTTP or DNS requests."""
    unchanged: int
    """Ordered pairs of workloads and entities between which nothing changes."""
    refused: tuple[Problem, ...]
    """What is wrong with the policies that are added; a refused one is not in force."""


def simulate(
    engine: PolicyEngine, *, add: Iterable[Document] = (), remove: Iterable[str] = ()
) -> Simulation:
    """Compare the network policies in force with what they would be.

    Args:
        engine: With the policies in force.
        add: Policies to add; one of a known name replaces that one.
        remove: Policies to take away, by `Kind/namespace/name`.

    Raises:
        UnknownName: A policy that is to be removed does not exist.
    """
    add = tuple(add)
    difference = engine.what_if(add=add, remove=remove)
    names = _Names(engine, difference)
    rows = tuple(_rows(difference, names))
    counted = names.workloads | names.entities
    changed = {(row.source, row.destination) for row in rows}
    changed = {pair for pair in changed if counted.issuperset(pair)}
    pairs = len(names.workloads) * (len(names.workloads) + 2 * len(names.entities))
    return Simulation(
        opened=tuple(row for row in rows if _rank(row.after) > _rank(row.before)),
        closed=tuple(row for row in rows if _rank(row.after) < _rank(row.before)),
        other_requests=tuple(row for row in rows if row.after == row.before),
        unchanged=pairs - len(names.bare) - len(changed),
        refused=read_policies(engine.cluster, add, engine.profile)[1],
    )


def simulate_network(
    network: Network, *, add: Iterable[Document] = (), remove: Iterable[str] = ()
) -> Simulation:
    """Compare a network with what it would be under other policies, those of the mesh included.

    Args:
        network: With the policies in force.
        add: Policies of any kind to add; one of a known name replaces that one.
        remove: Policies to take away, by `Kind/namespace/name`.

    Raises:
        UnknownName: A policy that is to be removed does not exist.
    """
    add, remove = tuple(add), tuple(remove)
    after = network.changed(add=add, remove=remove)
    known = {one.key for one in network.mesh_documents}
    ours = [key for key in remove if key not in known]
    found = simulate(network.policies, add=add, remove=ours)
    shifts = [
        EndChange(
            source=one.source,
            destination=one.destination,
            ports=one.ports,
            before=one.before,
            after=one.after,
            layer="mesh",
        )
        for one in mesh_shifts(network, after)
    ]
    earlier = (*found.opened, *found.closed, *found.other_requests)
    counted = {(row.source, row.destination) for row in earlier}
    ends = {one.full_name for one in network.cluster.workloads if not one.pods[0].host_network}
    ends.add("world")
    more = {
        (row.source, row.destination) for row in shifts if {row.source, row.destination} <= ends
    } - counted
    mesh = [one for one in add if one.kind in MESH_KINDS]
    refused = [one for one in after.mesh.problems if _is_about(one, mesh)]
    return replace(
        found,
        opened=(*found.opened, *(one for one in shifts if _rank(one.after) > _rank(one.before))),
        closed=(*found.closed, *(one for one in shifts if _rank(one.after) < _rank(one.before))),
        other_requests=(
            *found.other_requests,
            *(one for one in shifts if one.after == one.before),
        ),
        unchanged=found.unchanged - len(more),
        refused=(*found.refused, *refused),
    )


def _is_about(problem: Problem, documents: Iterable[Document]) -> bool:
    """Return whether a problem stands in one of some documents, and keeps it from acting."""
    if problem.severity != "error" or problem.location is None:
        return False
    return any(
        problem.location.file == one.source.file and problem.location.line >= one.source.at().line
        for one in documents
    )


class _Names:
    """How the places of a difference are called."""

    def __init__(self, engine: PolicyEngine, difference: Difference) -> None:
        self._of_class = [
            tuple(dict.fromkeys(f"{pod.namespace}/{pod.workload or pod.name}" for pod in pods))
            for pods in difference.axis.classes
        ]
        own = [one for one in engine.cluster.workloads if not one.pods[0].host_network]
        self.workloads = frozenset(one.full_name for one in own)
        self.bare = frozenset(one.full_name for one in own if one.kind == "Pod")
        """Those that are one pod, between which and itself no policy stands."""
        places = difference.axis.places
        self.entities = frozenset(
            name for number in difference.axis.entities for name in self.of(places[number])
        )

    def of(self, place: Place) -> tuple[str, ...]:
        """Return the workloads of a class of pods, or the one name of another place."""
        if place.kind == "pods":
            return self._of_class[place.identity.number]
        return (_ENTITIES.get(place.name, place.name),)


_ENTITIES = {"kube-apiserver-external": "kube-apiserver", "kube-apiserver-node": "kube-apiserver"}


def _rank(state: State) -> int:
    return STATES.index(state)


def _rows(difference: Difference, names: _Names) -> Iterator[EndChange]:
    """Yield the changes by workload, without what parts of the world share with all of it."""
    found: dict[tuple[str, str, State, State], PortSet] = {}
    for change in _without_echoes(difference):
        for source in names.of(change.source):
            for destination in names.of(change.destination):
                if source == destination and source in names.bare:
                    continue
                key = (source, destination, change.before, change.after)
                found[key] = found.get(key, PortSet.EMPTY) | change.ports
    for (source, destination, before, after), ports in sorted(found.items()):
        yield EndChange(
            source=source, destination=destination, ports=ports, before=before, after=after
        )


def _without_echoes(difference: Difference) -> Iterator[Change]:
    """Yield the changes but those of a network or name that the world at large has too."""
    axis = difference.axis
    world = axis.places[axis.world[0]]
    changes = [*difference.changes(axis.ends)]
    at_large = {
        (one.source.name, one.destination.name, one.ports, one.before, one.after)
        for one in changes
        if world in (one.source, one.destination)
    }
    for one in changes:
        source = world.name if one.source.kind in _PARTS else one.source.name
        destination = world.name if one.destination.kind in _PARTS else one.destination.name
        is_part = one.source.kind in _PARTS or one.destination.kind in _PARTS
        echo = (source, destination, one.ports, one.before, one.after)
        if not (is_part and echo in at_large):
            yield one


_PARTS = ("network", "name")

"""Every workload to every other and to the outside: one cell per pair, through every layer."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from topology.model import Pod, Protocol, Workload
from topology.paths import Network
from topology.paths.parties import running_pods
from topology.paths.results import Reach
from topology.paths.routing import Ask, asks_of
from topology.policy.matrix import Cell
from topology.policy.ports import PortSet
from topology.targets import EntityTarget, WorkloadTarget

__all__ = ["WORLD", "Block", "Overview", "Pair", "PairVerdict", "PortState", "fold"]

PortState = Literal["allow", "conditional", "unknown", "deny"]
"""`conditional`: allowed, but L7 rules let only some requests through."""
PairVerdict = Literal["allow", "some", "conditional", "unknown", "deny"]
"""`some`: some of the ports, or of the pairs that are taken together."""
_WORST: tuple[PortState, ...] = ("deny", "unknown", "conditional", "allow")
_EVERY_PORT = str(PortSet.ALL)
WORLD = "world"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What one end may open to another, of the ports that the other offers."""

    source: str
    destination: str
    verdict: PairVerdict
    allowed: tuple[str, ...] = ()
    """Ports, such as `8080/TCP`."""
    conditional: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    """Where an end is the world: networks and DNS names that fare better than it at large."""


@dataclass(frozen=True, slots=True)
class _Offer:
    """One port of a workload: who listens on it, by class."""

    label: str
    protocol: Protocol
    ends: tuple[tuple[int, int | None], ...]
    """Class and port; None for every port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """All pairs of workloads between two namespaces, or between one and the world."""

    source: str
    destination: str
    verdict: PairVerdict
    counts: Mapping[PairVerdict, int]
    """How many pairs there are of each verdict."""


class Overview:
    """The whole network at the level of workloads.

    Network policies are read off the matrix of the engine. Where more than they decides (a mesh
    policy, a pod on its node's network) the pair is asked about as `Network.reach` does.
    """

    def __init__(self, network: Network, workloads: Iterable[Workload] | None = None) -> None:
        """Look at some workloads only, or at all of them.

        Args:
            network: The cluster with its engines.
            workloads: At both ends; None for all.
        """
        chosen = network.cluster.workloads if workloads is None else workloads
        self._network = network
        self._engine = network.policies
        self._workloads: dict[str, Workload] = {}
        for one in sorted(chosen, key=lambda one: (one.full_name, one.kind)):
            taken = one.full_name in self._workloads
            self._workloads[f"{one.full_name} ({one.kind})" if taken else one.full_name] = one
        self._pods = {
            name: running_pods(network.cluster, WorkloadTarget(one))
            for name, one in self._workloads.items()
        }
        self._classes = {
            name: tuple(sorted({self._engine.class_of(pod) for pod in pods}))
            for name, pods in self._pods.items()
        }
        self._classes[WORLD] = self._engine.matrix().axis.world

    @property
    def names(self) -> tuple[str, ...]:
        """Return the workloads, sorted."""
        return tuple(self._workloads)

    def pods(self, name: str) -> tuple[Pod, ...]:
        """Return the pods of a workload, finished ones only if there are no others."""
        return self._pods[name]

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """Return a cell for each ordered pair of workloads and the world, sorted."""
        ends = (*self._workloads, WORLD)
        return tuple(
            self._pair(source, destination)
            for source in ends
            for destination in ends
            if source != destination or self._has_replicas(source)
        )

    def _has_replicas(self, name: str) -> bool:
        """Return whether one pod of a workload may speak to another."""
        return name != WORLD and self._workloads[name].kind != "Pod"

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """Return the pairs taken together by namespace."""
        spaces = {name: one.namespace for name, one in self._workloads.items()} | {WORLD: WORLD}
        counts: dict[tuple[str, str], dict[PairVerdict, int]] = {}
        for pair in self.pairs:
            found = counts.setdefault((spaces[pair.source], spaces[pair.destination]), {})
            found[pair.verdict] = found.get(pair.verdict, 0) + 1
        return tuple(
            Block(source=source, destination=destination, verdict=fold(found), counts=found)
            for (source, destination), found in counts.items()
        )

    def _pair(self, source: str, destination: str) -> Pair:
        if self._needs_every_layer(source, destination):
            return _of_reach(source, destination, self._reach(source, destination))
        found: dict[PortState, list[str]] = {state: [] for state in _WORST}
        for offer in self._offers[destination]:
            for state, label in self._states(source, offer):
                found[state].append(label)
        exceptions: tuple[str, ...] = ()
        if WORLD in (source, destination):
            exceptions = tuple(self._exceptions(source, destination))
        return _pair(source, destination, found, exceptions)

    def _needs_every_layer(self, source: str, destination: str) -> bool:
        if min(self._classes[source]) < 0 or min(self._classes[destination]) < 0:
            return True
        return destination in self._guarded

    @cached_property
    def _guarded(self) -> frozenset[str]:
        """Return the workloads to which mesh policies apply."""
        mesh = self._network.mesh
        if mesh.is_absent:
            return frozenset()
        return frozenset(
            name for name, pods in self._pods.items() if any(mesh.selecting(pod) for pod in pods)
        )

    def _reach(self, source: str, destination: str) -> Reach:
        world = EntityTarget(WORLD)
        ends = [
            WorkloadTarget(self._workloads[name]) if name != WORLD else world
            for name in (source, destination)
        ]
        return self._network.reach(*ends)

    @cached_property
    def _offers(self) -> dict[str, tuple[_Offer, ...]]:
        """Return what each workload offers; the world is asked about every port."""
        world = tuple((one, None) for one in self._classes[WORLD])
        found: dict[str, tuple[_Offer, ...]] = {WORLD: (_Offer("", "TCP", world),)}
        for name, workload in self._workloads.items():
            asks = asks_of(
                self._network.cluster, WorkloadTarget(workload), None, self._engine.class_of
            )
            found[name] = tuple(map(self._offer, asks))
        return found

    def _offer(self, ask: Ask) -> _Offer:
        ends = tuple(
            (self._engine.class_of(pod), number) for party, number in ask.ends for pod in party.pods
        )
        label = f"{ask.port}/{ask.protocol}"
        return _Offer(label, ask.protocol, tuple(dict.fromkeys(ends)))

    def _states(self, source: str, offer: _Offer) -> Iterator[tuple[PortState, str]]:
        """Yield how a port fares from a source; of a workload that offers none, every port."""
        matrix = self._engine.matrix()
        if offer.ends and offer.ends[0][1] is not None:
            states = (
                self._state(source, number, matrix.atoms.number(offer.protocol, port or 0))
                for number, port in offer.ends
            )
            yield _worst(states), offer.label
            return
        masks: dict[PortState, int] = {}
        for atom in range(len(matrix.atoms)):
            states = (self._state(source, number, atom) for number, _ in offer.ends)
            state = _worst(states)
            masks[state] = masks.get(state, 0) | 1 << atom
        for state, mask in masks.items():
            yield state, str(matrix.atoms.ports(mask))

    def _state(self, source: str, destination: int, atom: int) -> PortState:
        """Return the worst state over the classes of a source."""
        matrix = self._engine.matrix()
        return _worst(
            _state(matrix.cell(number, atom), destination) for number in self._classes[source]
        )

    def _exceptions(self, source: str, destination: str) -> Iterator[str]:
        """Yield the networks and names that fare otherwise than the world at large."""
        matrix = self._engine.matrix()
        outgoing = destination == WORLD
        inside = source if outgoing else destination
        found: dict[tuple[int, PortState], PortSet] = {}
        for number in self._classes[inside]:
            for ports, atom in self._atoms(inside, outgoing=outgoing):
                cell = matrix.seen("egress" if outgoing else "ingress", number, atom)
                at_large = _worst(_state(cell, one) for one in self._classes[WORLD])
                for place in matrix.axis.outside(names=outgoing):
                    state = _state(cell, place)
                    if state != at_large:
                        key = (place, state)
                        found[key] = found.get(key, PortSet.EMPTY) | ports
        for (place, state), ports in sorted(found.items(), key=lambda item: item[0]):
            yield f"{matrix.axis.places[place].name}: {state} {ports}"

    def _atoms(self, inside: str, *, outgoing: bool) -> Iterator[tuple[PortSet, int]]:
        """Yield the ports to look at, with their atoms."""
        atoms = self._engine.matrix().atoms
        offered = [] if outgoing else [offer for offer in self._offers[inside] if offer.ends]
        numbers = [(offer.protocol, port) for offer in offered for _, port in offer.ends if port]
        for protocol, port in dict.fromkeys(numbers):
            yield PortSet.of(protocol, port), atoms.number(protocol, port)
        if not numbers:
            for atom in range(len(atoms)):
                yield atoms.ports(1 << atom), atom


def fold(verdicts: Iterable[PortState | PairVerdict]) -> PairVerdict:
    """Return the verdict of several ports, or of several pairs, taken together."""
    found = set(verdicts)
    if len(found) == 1:
        return next(iter(found))
    if found <= {"allow", "conditional"}:
        return "conditional"
    return "some" if found & {"allow", "conditional", "some"} else "unknown"


def _worst(states: Iterable[PortState]) -> PortState:
    return min(states, key=_WORST.index)


def _state(cell: Cell, number: int) -> PortState:
    if not cell.possible >> number & 1:
        return "deny"
    if not cell.allowed >> number & 1:
        return "unknown"
    return "conditional" if cell.conditional >> number & 1 else "allow"


def _pair(
    source: str,
    destination: str,
    found: Mapping[PortState, list[str]],
    exceptions: tuple[str, ...] = (),
) -> Pair:
    return Pair(
        source=source,
        destination=destination,
        verdict=fold(state for state, ports in found.items() if ports),
        allowed=tuple(found["allow"]),
        conditional=tuple(found["conditional"]),
        unknown=tuple(found["unknown"]),
        denied=tuple(found["deny"]),
        exceptions=exceptions,
    )


def _of_reach(source: str, destination: str, reach: Reach) -> Pair:
    found: dict[PortState, list[str]] = {state: [] for state in _WORST}
    for one in reach.ports:
        state: PortState = one.verdict.verdict
        if state == "allow" and one.verdict.l7 in ("conditional", "unknown"):
            state = "conditional"
        is_closed = state == "deny" and one.open_ports
        found[state].append(_EVERY_PORT if is_closed else str(one))
        if state == "allow" and one.open_ports not in ("", _EVERY_PORT):
            found["deny"].append("every other port")
    return _pair(source, destination, found)

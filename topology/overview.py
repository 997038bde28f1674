"""Every workload to every other and to the outside: one cell per pair, through every layer."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import Literal

from topology.model import Pod, Protocol, Workload
from topology.paths import Network
from topology.paths.parties import running_pods
from topology.paths.results import Reach
from topology.paths.routing import Ask, asks_of
from topology.policy.matrix import STATES, Cell, State, members
from topology.policy.ports import PortSet
from topology.policy.verdict import HttpRequest
from topology.targets import EntityTarget, PodTarget, WorkloadTarget

__all__ = ["WORLD", "Block", "Overview", "Pair", "PairVerdict", "fold"]

PairVerdict = Literal["allow", "some", "conditional", "unknown", "deny"]
"""`some`: some of the ports, or of the pairs that are taken together."""
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
    """What a workload offers: one port, or every port where it declares none."""

    port: int | None
    protocol: Protocol
    cells: tuple[Cell, ...]
    """Who gets through to all who listen: one cell, or one for each port atom."""


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

    def __init__(
        self,
        network: Network,
        workloads: Iterable[Workload] | None = None,
        *,
        http: HttpRequest | None = None,
    ) -> None:
        """Look at some workloads only, or at all of them.

        Args:
            network: The cluster with its engines.
            workloads: At both ends; None for all.
            http: The request that is sent; without it, cells say where only some get through.
        """
        self._http = http
        chosen = network.cluster.workloads if workloads is None else workloads
        self._network = network
        self._matrix = network.policies.matrix()
        self._workloads: dict[str, Workload] = {}
        for one in sorted(chosen, key=lambda one: (one.full_name, one.kind)):
            taken = one.full_name in self._workloads
            self._workloads[f"{one.full_name} ({one.kind})" if taken else one.full_name] = one
        self._pods = {
            name: running_pods(network.cluster, WorkloadTarget(one))
            for name, one in self._workloads.items()
        }
        class_of = network.policies.class_of
        self._classes = {
            name: tuple(sorted({class_of(pod) for pod in pods}))
            for name, pods in self._pods.items()
        } | {WORLD: self._matrix.axis.world}
        self._bits = {
            name: sum(1 << number for number in numbers if number >= 0)
            for name, numbers in self._classes.items()
        }
        self._mesh_states: dict[Hashable, State] = {}

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
        """Return the cell of two ends, of the request where one is asked about."""
        if self._http is None:
            return self._connection(source, destination)
        found = self._connection(source, destination)
        if found.verdict == "deny" or not (found.conditional or destination in self._guarded):
            return _of_tcp(found)
        return _of_reach(source, destination, self._reach(source, destination))

    def _connection(self, source: str, destination: str) -> Pair:
        if min(self._classes[source]) < 0 or min(self._classes[destination]) < 0:
            return _of_reach(source, destination, self._reach(source, destination))
        found: dict[State, list[str]] = {state: [] for state in STATES}
        for offer in self._offers[destination]:
            if offer.port is None:
                if destination in self._guarded:
                    return _of_reach(source, destination, self._reach(source, destination))
                for state, mask in self._every_port(source, offer).items():
                    found[state].append(str(self._matrix.atoms.ports(mask)))
            else:
                state = self._state(source, destination, offer)
                found[state].append(f"{offer.port}/{offer.protocol}")
        exceptions: tuple[str, ...] = ()
        if WORLD in (source, destination):
            exceptions = tuple(self._exceptions(source, destination))
        return _pair(source, destination, found, exceptions)

    def _state(self, source: str, destination: str, offer: _Offer) -> State:
        """Return how a source fares on one port, network policies first, then the mesh."""
        state = offer.cells[0].state(self._bits[source])
        if state == "deny" or destination not in self._guarded:
            return state
        mesh = self._network.mesh
        for one in self._representatives.get(source, (None,)):
            for other in self._representatives[destination]:
                key = (mesh.class_of(one) if one else None, mesh.class_of(other), offer.port)
                found = self._mesh_states.get(key)
                if found is None:
                    found = self._mesh_states[key] = self._mesh_state(one, other, offer)
                state = min(state, found, key=STATES.index)
        return state

    def _mesh_state(self, source: Pod | None, destination: Pod, offer: _Offer) -> State:
        decision = self._network.mesh.decide(
            destination,
            port=offer.port,
            protocol=offer.protocol,
            source=PodTarget(source) if source else EntityTarget(WORLD),
        )
        verdict = decision.verdict
        return "conditional" if verdict == "allow" and _is_limited(decision.l7) else verdict

    @cached_property
    def _representatives(self) -> dict[str, tuple[Pod, ...]]:
        """Return a pod for each class of a workload's pods in the mesh."""
        class_of = self._network.mesh.class_of
        return {
            name: tuple({class_of(pod): pod for pod in reversed(pods)}.values())
            for name, pods in self._pods.items()
        }

    def _every_port(self, source: str, offer: _Offer) -> dict[State, int]:
        masks: dict[State, int] = {}
        for atom, cell in enumerate(offer.cells):
            state = cell.state(self._bits[source])
            masks[state] = masks.get(state, 0) | 1 << atom
        return masks

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
        return self._network.reach(*ends, http=self._http)

    @cached_property
    def _offers(self) -> dict[str, tuple[_Offer, ...]]:
        """Return what each workload offers; the world is asked about every port."""
        class_of = self._network.policies.class_of
        world = self._offer("TCP", [(one, None) for one in self._classes[WORLD]])
        found: dict[str, tuple[_Offer, ...]] = {WORLD: (world,)}
        for name, workload in self._workloads.items():
            if min(self._classes[name]) < 0:
                continue
            asks = asks_of(self._network.cluster, WorkloadTarget(workload), None, class_of)
            found[name] = tuple(
                self._offer(ask.protocol, _listeners(ask, class_of)) for ask in asks
            )
        return found

    def _offer(self, protocol: Protocol, ends: list[tuple[int, int | None]]) -> _Offer:
        """Work out who gets through to all who listen on a port."""
        matrix = self._matrix
        port = ends[0][1]
        if port is None:
            cells = tuple(
                Cell.together(matrix.seen("ingress", number, atom) for number, _ in ends)
                for atom in range(len(matrix.atoms))
            )
            return _Offer(None, protocol, cells)
        cell = Cell.together(
            matrix.seen("ingress", number, matrix.atoms.number(protocol, each or 0))
            for number, each in ends
        )
        return _Offer(port, protocol, (cell,))

    def _exceptions(self, source: str, destination: str) -> Iterator[str]:
        """Yield the networks and names that fare otherwise than the world at large."""
        axis = self._matrix.axis
        wanted = axis.outside(names=destination == WORLD)
        found: dict[tuple[int, State], PortSet] = {}
        for ports, cell in self._sent(source) if destination == WORLD else self._met(destination):
            at_large = cell.state(self._bits[WORLD])
            for state, bits in cell.split().items():
                for place in members(bits & wanted) if state != at_large else ():
                    found[place, state] = found.get((place, state), PortSet.EMPTY) | ports
        for (place, state), ports in sorted(found.items(), key=itemgetter(0)):
            yield f"{axis.places[place].name}: {state} {ports}"

    def _sent(self, source: str) -> Iterator[tuple[PortSet, Cell]]:
        """Yield whom a workload gets through to, by port."""
        for atom in range(len(self._matrix.atoms)):
            seen = (self._matrix.seen("egress", one, atom) for one in self._classes[source])
            yield self._ports[atom], Cell.together(seen)

    def _met(self, destination: str) -> Iterator[tuple[PortSet, Cell]]:
        """Yield who gets through to a workload, by port."""
        for offer in self._offers[destination]:
            if offer.port is not None:
                yield PortSet.of(offer.protocol, offer.port), offer.cells[0]
            else:
                yield from zip(self._ports, offer.cells, strict=True)

    @cached_property
    def _ports(self) -> list[PortSet]:
        atoms = self._matrix.atoms
        return [atoms.ports(1 << atom) for atom in range(len(atoms))]


def fold(verdicts: Iterable[State | PairVerdict]) -> PairVerdict:
    """Return the verdict of several ports, or of several pairs, taken together."""
    found = set(verdicts)
    if len(found) == 1:
        return next(iter(found))
    if found <= {"allow", "conditional"}:
        return "conditional"
    return "some" if found & {"allow", "conditional", "some"} else "unknown"


def _listeners(ask: Ask, class_of: Callable[[Pod], int]) -> list[tuple[int, int | None]]:
    return [(class_of(pod), number) for party, number in ask.ends for pod in party.pods[:1]]


def _is_limited(l7: str | None) -> bool:
    return l7 in ("conditional", "unknown")


def _pair(
    source: str,
    destination: str,
    found: Mapping[State, list[str]],
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


def _of_tcp(pair: Pair) -> Pair:
    """Return a cell without the ports that carry no HTTP."""
    given: dict[State, tuple[str, ...]] = {
        "allow": pair.allowed,
        "conditional": pair.conditional,
        "unknown": pair.unknown,
        "deny": pair.denied,
    }
    ports = {
        state: [port for port in found if "/" not in port or "TCP" in port]
        for state, found in given.items()
    }
    if not any(ports.values()):
        # Nothing there speaks HTTP, so the request is answered by what the pair is at large.
        return pair
    return _pair(pair.source, pair.destination, ports, pair.exceptions)


def _of_reach(source: str, destination: str, reach: Reach) -> Pair:
    found: dict[State, list[str]] = {state: [] for state in STATES}
    for one in reach.ports:
        state: State = one.verdict.verdict
        if state == "allow" and _is_limited(one.verdict.l7):
            state = "conditional"
        is_closed = state == "deny" and one.open_ports
        found[state].append(_EVERY_PORT if is_closed else str(one))
        if state == "allow" and one.open_ports not in ("", _EVERY_PORT):
            found["deny"].append("every other port")
    return _pair(source, destination, found)

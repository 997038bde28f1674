"""What a change of policies opens and closes: exactly, and only where it can make a difference."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from topology.policy.axis import Axis, Place
from topology.policy.connections import Connections
from topology.policy.matrix import STATES, Cell, State, members
from topology.policy.port_atoms import PortAtoms
from topology.policy.ports import PortSet
from topology.policy.subjects import DIRECTIONS
from topology.policy.verdict import Direction

__all__ = ["Change", "Difference", "difference"]

_WHOLE = 24
"""Ends concerned above which turning all gates round at once is cheaper than one by one."""


@dataclass(frozen=True, slots=True)
class Change:
    """One source and one destination between which some ports fare otherwise than before."""

    source: Place
    destination: Place
    ports: PortSet
    before: State
    after: State

    @property
    def opens(self) -> bool:
        """Return whether more gets through than before."""
        return STATES.index(self.after) > STATES.index(self.before)


@dataclass(frozen=True, slots=True)
class _Shift:
    """Pairs of ends, one of them a single one, that went from one state to another."""

    sources: int
    destinations: int
    before: State
    after: State


class Difference:
    """What fares otherwise under one set of policies than under another."""

    def __init__(self, axis: Axis, atoms: PortAtoms, shifts: Mapping[_Shift, int]) -> None:
        self.axis = axis
        self._atoms = atoms
        self._shifts = shifts

    def __bool__(self) -> bool:
        return bool(self._shifts)

    def changes(self, ends: int | None = None) -> Iterator[Change]:
        """Yield what changed for each pair of ends, sorted by their positions on the axis.

        Args:
            ends: The positions between which changes are wanted, as a bitset; None for all.
        """
        wanted = self.axis.everything if ends is None else ends
        pairs: dict[tuple[int, int], dict[tuple[State, State], int]] = {}
        for shift, atoms in self._shifts.items():
            for source in members(shift.sources & wanted):
                for destination in members(shift.destinations & wanted):
                    found = pairs.setdefault((source, destination), {})
                    key = (shift.before, shift.after)
                    found[key] = found.get(key, 0) | atoms
        for (source, destination), states in sorted(pairs.items()):
            for (before, after), atoms in sorted(states.items()):
                yield Change(
                    self.axis.places[source],
                    self.axis.places[destination],
                    self._atoms.ports(atoms),
                    before,
                    after,
                )


class _Collector:
    """Gathers the shifts, with the port atoms that they are for."""

    def __init__(self) -> None:
        self.shifts: dict[_Shift, int] = {}

    def compare(self, way: Direction, number: int, atom: int, cells: Sequence[Cell]) -> None:
        """Add what differs between two cells of one end."""
        before, after = cells
        if before == after:
            return
        old, new = before.split(), after.split()
        for was, was_bits in old.items():
            for now, now_bits in new.items():
                if was != now and (others := was_bits & now_bits):
                    self.add(way, number, atom, others, (was, now))

    def add(
        self, way: Direction, number: int, atom: int, others: int, states: tuple[State, State]
    ) -> None:
        """Add one shift on one port atom."""
        ends = (1 << number, others) if way == "egress" else (others, 1 << number)
        shift = _Shift(*ends, *states)
        self.shifts[shift] = self.shifts.get(shift, 0) | 1 << atom


def difference(
    before: Connections, after: Connections, touched: Mapping[Direction, set[int]]
) -> Difference:
    """Compare the connections under two sets of policies on one ground.

    Args:
        before: Under the one set.
        after: Under the other.
        touched: The ends at which, in each direction, other rules apply after than before.
    """
    touched = _with_faults(before, after, touched)
    views = _Views(before, after, touched)
    found = _Collector()
    senders = sum(1 << number for number in touched["egress"])
    for way in DIRECTIONS:
        others = -1 if way == "egress" else ~senders
        for number in sorted(touched[way]):
            changed = views.requests_changed(way, number)
            for atom in range(len(before.matrix.atoms)):
                cells = views.cells(way, number, atom)
                found.compare(way, number, atom, [one.among(others) for one in cells])
                if ends := changed.get(atom, 0) & cells[0].conditional & cells[1].conditional:
                    found.add(way, number, atom, ends, ("conditional", "conditional"))
    return Difference(before.ground.axis, before.ground.atoms, found.shifts)


def _with_faults(
    before: Connections, after: Connections, touched: Mapping[Direction, set[int]]
) -> dict[Direction, set[int]]:
    """Add the other direction of ends whose policy can be computed only before or only after.

    Cilium computes both directions of an end together, so that one that it cannot compute leaves
    the other one unknown as well.
    """
    identities = before.ground.classes.index.identities
    changed = {
        number
        for number in set().union(*touched.values())
        if bool(before.conflict(identities[number])) != bool(after.conflict(identities[number]))
    }
    return {way: numbers | changed for way, numbers in touched.items()}


class _Views:
    """What the ends concerned see, before and after."""

    def __init__(
        self, before: Connections, after: Connections, touched: Mapping[Direction, set[int]]
    ) -> None:
        self._before = before
        self._after = after
        # With many ends concerned, turning all gates round at once is cheaper than one by one.
        self._whole = sum(map(len, touched.values())) > _WHOLE
        self._turned = {
            way: [
                (number, old, new)
                for number in sorted(touched[way])
                if (old := before.gate(way, number)) is not (new := after.gate(way, number))
            ]
            for way in DIRECTIONS
        }

    def cells(self, way: Direction, number: int, atom: int) -> tuple[Cell, Cell]:
        """Return what an end may open, or who may open what to it, before and after."""
        old = self._before.matrix.seen(way, number, atom)
        if self._whole:
            return old, self._after.matrix.seen(way, number, atom)
        facing = self._before.matrix.facing(way, number, atom)
        for other, was, now in self._turned["ingress" if way == "egress" else "egress"]:
            if was.lets(number, atom) != now.lets(number, atom):
                facing = facing.replaced(other, now.lets(number, atom))
        return old, facing.through(self._after.gate(way, number), atom)

    def requests_changed(self, way: Direction, number: int) -> dict[int, int]:
        """Return, by port atom, the ends for which other L7 rules apply after than before."""
        old, new = (_requests(side, way, number) for side in (self._before, self._after))
        found: dict[int, int] = {}
        for key in old.keys() | new.keys():
            if bits := old.get(key, 0) ^ new.get(key, 0):
                found[key[1]] = found.get(key[1], 0) | bits
        return found


def _requests(side: Connections, way: Direction, number: int) -> dict[tuple[Hashable, int], int]:
    """Return, by request that an L7 rule lets through and port atom, the ends that it is for."""
    found: dict[tuple[Hashable, int], int] = {}
    for one in side.subjects.of(way, number):
        if one.rule.l7 is None or one.rule.deny:
            continue
        for bits, mask in side.gates.reach_of(one):
            for atom in members(mask):
                for request in one.rule.l7.alternatives:
                    found[request, atom] = found.get((request, atom), 0) | bits
    return found

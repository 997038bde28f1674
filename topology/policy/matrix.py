"""Who may open what to whom: every end to every other, over all ports, as bitsets."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple

from topology.policy.axis import Axis
from topology.policy.gates import Gate
from topology.policy.port_atoms import PortAtoms
from topology.policy.verdict import Direction

__all__ = ["STATES", "Cell", "Matrix", "State", "members"]

Column = list[int]
"""For each position on the axis: a set of ends."""
Planes = tuple[list[Column], list[Column], list[Column]]
"""By port atom: the columns of allowed, possible and conditional."""


State = Literal["deny", "unknown", "conditional", "allow"]
"""`conditional`: allowed, but L7 rules let only some requests through."""
STATES: tuple[State, ...] = ("deny", "unknown", "conditional", "allow")
"""From the one that lets least through to the one that lets most."""


class Cell(NamedTuple):
    """What one source may open to some destinations, on one port atom; the rest is denied.

    A tuple, because there are a million of them and it takes half the time to make.
    """

    allowed: int
    """Surely."""
    possible: int
    """Surely, or not known."""
    conditional: int
    """The part of `allowed` on which L7 rules let only some requests through."""

    def through(self, gate: Gate, atom: int) -> "Cell":
        """Return what is left of this behind a gate."""
        allowed = self.allowed & gate.allowed[atom]
        return Cell(
            allowed,
            self.possible & gate.possible[atom],
            (self.conditional | gate.conditional[atom]) & allowed,
        )

    def replaced(self, number: int, planes: tuple[int, int, int]) -> "Cell":
        """Return this with the three bits of one end set anew."""
        hole = ~(1 << number)
        allowed, possible, conditional = (bit << number for bit in planes)
        return Cell(
            self.allowed & hole | allowed,
            self.possible & hole | possible,
            self.conditional & hole | conditional,
        )

    def state(self, ends: int) -> State:
        """Return how the worst of some ends fares."""
        if ends & ~self.possible:
            return "deny"
        if ends & ~self.allowed:
            return "unknown"
        return "conditional" if ends & self.conditional else "allow"

    def split(self) -> dict[State, int]:
        """Return the ends by state."""
        return {
            "deny": ~self.possible,
            "unknown": self.possible & ~self.allowed,
            "conditional": self.conditional,
            "allow": self.allowed & ~self.conditional,
        }

    @classmethod
    def together(cls, cells: Iterable["Cell"]) -> "Cell":
        """Return how ends fare on all of some cells: as on the worst of them."""
        allowed = possible = -1
        conditional = 0
        for cell in cells:
            allowed &= cell.allowed
            possible &= cell.possible
            conditional |= cell.conditional
        return cls(allowed, possible, conditional & allowed)

    def among(self, ends: int) -> "Cell":
        """Return the part of this that is about some ends."""
        return Cell(self.allowed & ends, self.possible & ends, self.conditional & ends)


class Matrix:
    """The verdicts of all pairs of ends on all port atoms."""

    def __init__(
        self, axis: Axis, atoms: PortAtoms, egress: Sequence[Gate], ingress: Sequence[Gate]
    ) -> None:
        self.axis = axis
        self.atoms = atoms
        self._gates: dict[Direction, Sequence[Gate]] = {"egress": egress, "ingress": ingress}
        self._columns: dict[Direction, Planes] = {"egress": _columns(ingress, len(atoms))}

    def cell(self, source: int, atom: int) -> Cell:
        """Return what a source, given by position, may open on a port atom."""
        return self.seen("egress", source, atom)

    def seen(self, direction: Direction, number: int, atom: int) -> Cell:
        """Return what one end may open (egress), or who may open what to it (ingress)."""
        return self.facing(direction, number, atom).through(self._gates[direction][number], atom)

    def facing(self, direction: Direction, number: int, atom: int) -> Cell:
        """Return which ends would do their part, whatever the end itself does."""
        columns = self._columns.get(direction)
        if columns is None:
            columns = self._columns[direction] = _columns(self._gates["egress"], len(self.atoms))
        allowed, possible, conditional = columns
        return Cell(allowed[atom][number], possible[atom][number], conditional[atom][number])

    def cells(self) -> Iterator[tuple[int, int, Cell]]:
        """Yield every source and port atom with what is open."""
        allowed, possible, conditional = self._columns["egress"]
        for source, gate in enumerate(self._gates["egress"]):
            for atom in range(len(self.atoms)):
                open_ = allowed[atom][source] & gate.allowed[atom]
                yield (
                    source,
                    atom,
                    Cell(
                        open_,
                        possible[atom][source] & gate.possible[atom],
                        (conditional[atom][source] | gate.conditional[atom]) & open_,
                    ),
                )


def members(bits: int) -> Iterator[int]:
    """Yield the positions in a set, ascending."""
    text = bin(bits)[:1:-1]
    position = text.find("1")
    while position >= 0:
        yield position
        position = text.find("1", position + 1)


def _columns(gates: Sequence[Gate], atoms: int) -> Planes:
    """Turn gates round: for each atom and end, which of the gates let that end through.

    Atoms differ little from each other, and the planes of a gate too, so that only what differs
    is turned round.
    """
    groups: dict[int, tuple[Gate, int]] = {}
    for number, gate in enumerate(gates):
        _, bits = groups.get(id(gate), (gate, 0))
        groups[id(gate)] = gate, bits | 1 << number
    found = tuple(groups.values())
    last = atoms - 1
    nothing = [0] * len(gates)
    base = _turn(nothing, ((gate.allowed[last], bits) for gate, bits in found))
    allowed = [
        _turn(base, ((gate.allowed[k] ^ gate.allowed[last], bits) for gate, bits in found))
        for k in range(atoms)
    ]
    doubtful = [(gate, bits) for gate, bits in found if gate.possible is not gate.allowed]
    possible = [
        _turn(allowed[k], ((gate.possible[k] ^ gate.allowed[k], bits) for gate, bits in doubtful))
        for k in range(atoms)
    ]
    proxied = [(gate, bits) for gate, bits in found if any(gate.conditional)]
    conditional = [
        _turn(nothing, ((gate.conditional[k], bits) for gate, bits in proxied))
        for k in range(atoms)
    ]
    return allowed, possible, conditional


def _turn(column: Column, differences: Iterable[tuple[int, int]]) -> Column:
    """Return a column in which some gates differ: for the ends in a set, these gates flip."""
    size = len(column)
    changed = None
    everywhere = 0
    for difference, gates in differences:
        if not difference:
            continue
        if changed is None:
            changed = list(column)
        if difference.bit_count() > size // 2:
            everywhere ^= gates
            difference ^= (1 << size) - 1
        for number in members(difference):
            changed[number] ^= gates
    if changed is None:
        return column
    return [one ^ everywhere for one in changed] if everywhere else changed

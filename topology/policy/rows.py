"""Rows kept for the next question: ends that the same rules mean share what is said of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from topology.model import ContainerPort, Protocol
from topology.policy.evaluation import CompiledRule, Row, evaluate
from topology.policy.explanation import L7State, explain, explain_l7, ports_asked
from topology.policy.gates import Gates
from topology.policy.ground import Ground
from topology.policy.identities import Identity
from topology.policy.named_ports import Declared
from topology.policy.verdict import Direction, Layer

__all__ = ["Rows", "Told"]

_KEPT = 8192
"""Rows of which the next question may need one again; a question needs two."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of one direction on one port."""

    layer: Layer
    l7: tuple[L7State, Layer, tuple[str, ...]] | None
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Sieve:
    """The rules of an end, to tell which of them mean a peer; rows by the rules that do."""

    ends: tuple[int, ...]
    """By rule: the ends that it surely means."""
    doubtful: int
    """The ends of which it is not certain which rules mean them; each has a row of its own."""
    masks: tuple[int, ...]
    """The sets of port atoms that its rules name, between which explanations may differ."""
    rows: dict[int, Row] = field(default_factory=dict)
    alike: dict[int, int] = field(default_factory=dict)
    """By port atom: which of the masks it is in."""

    def likeness(self, atom: int) -> int:
        """Return a number that atoms share of which the same is said."""
        found = self.alike.get(atom)
        if found is None:
            found = 0
            for mask in self.masks:
                found = found << 1 | mask >> atom & 1
            self.alike[atom] = found
        return found


class Rows:
    """Works out rows under one set of policies."""

    def __init__(
        self,
        ground: Ground,
        gates: Gates,
        rules_of: Callable[[Direction, int], tuple[CompiledRule, ...]],
    ) -> None:
        self._ground = ground
        self._gates = gates
        self._rules_of = rules_of
        self._host = ground.classes.entities["host-endpoint"]
        self._sieves: dict[tuple[Direction, int], _Sieve] = {}
        self._single: dict[tuple[Direction, int, Identity], Row] = {}
        self._count = 0

    def row(self, direction: Direction, end: Identity, peer: Identity) -> Row:
        """Return what one end allows in one direction to one identity."""
        sieve = self._sieve(direction, end)
        number = peer.number
        if number < 0 or sieve.doubtful >> number & 1:
            return self._single_row(direction, end, peer)
        matched = 0
        for ends in sieve.ends:
            matched = matched << 1 | ends >> number & 1
        row = sieve.rows.get(matched)
        if row is None:
            self._make_room()
            row = sieve.rows[matched] = self._evaluate(direction, end, peer)
        return row

    def told(
        self,
        direction: Direction,
        end: Identity,
        row: Row,
        protocol: Protocol,
        atom: int | None,
        port: int | None,
    ) -> Told:
        """Return what is said of the row of an end on a port, no request being given.

        Args:
            direction: Which way.
            end: Whose row it is.
            row: What it allows.
            protocol: Transport protocol.
            atom: The port atom; None for every port of the protocol.
            port: A port of that atom; None likewise.
        """
        key = protocol if atom is None else self._sieve(direction, end).likeness(atom)
        found: Told | None = row.told.get(key)
        if found is None:
            found = row.told[key] = Told(
                explain(row, protocol, port),
                explain_l7(row, protocol, port, http=None, dns=None),
                _authentication(row, protocol, port),
            )
        return found

    def ports(self, identity: Identity) -> tuple[ContainerPort, ...]:
        """Return the ports that an identity declares."""
        if 0 <= identity.number < len(self._ground.classes.classes):
            return self._ground.classes.classes[identity.number].ports
        return ()

    def _sieve(self, direction: Direction, end: Identity) -> _Sieve:
        sieve = self._sieves.get((direction, end.number))
        if sieve is None:
            sieve = self._sieves[direction, end.number] = self._new_sieve(direction, end)
        return sieve

    def _new_sieve(self, direction: Direction, end: Identity) -> _Sieve:
        rules = self._rules_of(direction, end.number)
        ends, doubtful = [self._gates.hosts], 0
        masks: set[int] = set()
        for one, certain, perhaps in self._gates.meant(rules):
            ends.append(certain)
            doubtful |= perhaps
            masks.update(self._masks(one, self.ports(end)))
        if self._ground.named.per_pod and any(one.fixed is None for one in rules):
            doubtful = -1  # The ports that a rule covers depend on the other end.
            masks.update(1 << atom for atom in range(len(self._ground.atoms)))
        return _Sieve(tuple(ends), doubtful, tuple(sorted(masks)))

    def _masks(self, one: CompiledRule, own_ports: Declared) -> Iterator[int]:
        """Yield what a rule covers, what it names one by one, and what it names by number."""
        atoms = self._ground.atoms
        ports, filters = one.fixed or self._ground.named.resolve(one.rule, own_ports)
        yield atoms.mask(ports)
        yield sum(1 << atoms.number(*filter_) for filter_ in filters)
        numbered = (entry for entry in one.rule.ports or () if not entry.name)
        for entry in () if one.fixed else numbered:
            for meant in self._ground.named.meanings(entry):
                yield atoms.mask(meant)

    def _single_row(self, direction: Direction, end: Identity, peer: Identity) -> Row:
        key = (direction, end.number, peer)
        row = self._single.get(key)
        if row is None:
            self._make_room()
            row = self._single[key] = self._evaluate(direction, end, peer)
        return row

    def _evaluate(self, direction: Direction, end: Identity, peer: Identity) -> Row:
        return evaluate(
            self._rules_of(direction, end.number),
            direction,
            peer,
            own_ports=self.ports(end),
            peer_ports=self.ports(peer),
            named=self._ground.named,
            profile=self._ground.profile,
            on_host=end is self._host,
        )

    def _make_room(self) -> None:
        self._count += 1
        if self._count > _KEPT:
            self._single.clear()
            for sieve in self._sieves.values():
                sieve.rows.clear()
            self._count = 1


def _authentication(row: Row, protocol: Protocol, port: int | None) -> tuple[str, ...]:
    asked = ports_asked(protocol, port)
    return tuple(
        f"mutual authentication of the peers ({match.rule.name})"
        for match in row.matches
        if match.rule.auth == "required" and not match.rule.deny and match.ports.overlaps(asked)
    )

"""What one side of connections newly lets through, whatever the other side does.

A difference shows what becomes open from end to end. A rule that is wider than it need be may
open nothing today because the other side is closed, and much tomorrow; this is where it shows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from topology.policy.axis import Axis
from topology.policy.connections import Connections
from topology.policy.matrix import members
from topology.policy.ports import PortSet
from topology.policy.subjects import DIRECTIONS
from topology.policy.verdict import Direction

__all__ = ["Loosening", "loosenings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Loosening:
    """Ports that one end newly lets through to or from another."""

    direction: Direction
    end: tuple[str, ...]
    """At which the policies changed: the workloads of a class of pods, or the name of an entity."""
    other: tuple[str, ...]
    """Likewise; or a network, or a DNS name."""
    ports: PortSet


def loosenings(
    before: Connections, after: Connections, touched: Mapping[Direction, set[int]]
) -> Iterator[Loosening]:
    """Yield what each end that policies changed for newly lets through in each direction.

    Args:
        before: Under the one set of policies.
        after: Under the other.
        touched: The ends at which other rules apply after than before.
    """
    axis, atoms = before.ground.axis, before.ground.atoms
    for way in DIRECTIONS:
        for number in sorted(touched[way]):
            old, new = before.gate(way, number), after.gate(way, number)
            gained: dict[int, int] = {}
            for atom in range(len(atoms)):
                was = old.allowed[atom] & ~old.conditional[atom]
                now = new.possible[atom] & ~new.conditional[atom]
                partly = new.possible[atom] & ~old.possible[atom]
                for other in members((now & ~was & ~old.possible[atom] | partly
                                      | now & old.conditional[atom]) & axis.ends):  # fmt: skip
                    gained[other] = gained.get(other, 0) | 1 << atom
            for other, mask in sorted(gained.items()):
                yield Loosening(
                    direction=way,
                    end=_names(axis, number),
                    other=_names(axis, other),
                    ports=atoms.ports(mask),
                )


def _names(axis: Axis, number: int) -> tuple[str, ...]:
    if number < axis.pods:
        pods = axis.classes[number]
        return tuple(dict.fromkeys(f"{pod.namespace}/{pod.workload or pod.name}" for pod in pods))
    return (axis.places[number].name,)

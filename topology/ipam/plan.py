"""A subnet plan as values: each need with its formula, prefix and source."""

from dataclasses import dataclass

from topology.ipam.modes import MODES, Mode
from topology.ipam.pools import NodePool
from topology.ipam.references import Reference

__all__ = ["Conflict", "Need", "Plan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Documents that differ, and the reading that is safe."""

    topic: str
    documents: tuple[str, ...]
    reading: str
    """What was computed with, and why that is the safe side."""

    def __str__(self) -> str:
        return f"Documents differ on {self.topic}: {'; '.join(self.documents)}. {self.reading}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One range that a cluster needs, and the smallest prefix that holds it."""

    role: str
    """`node subnet`, `pod subnet` or `pod CIDR`."""
    addresses: int
    """Needed during an upgrade, surge nodes included."""
    without_surge: int
    """Needed between upgrades."""
    prefix: int | None
    """None when nothing in a private range is large enough."""
    usable: int
    """Addresses of the prefix that can be used; 0 without a prefix."""
    usable_smaller: int
    """What the next smaller range would hold: too little."""
    formula: str
    """The formula with its numbers filled in."""
    source: Reference

    @property
    def headroom(self) -> int:
        """Return the addresses left over during an upgrade."""
        return max(0, self.usable - self.addresses)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a cluster needs in one address mode."""

    mode: Mode
    pools: tuple[NodePool, ...]
    """As computed with: every default filled in."""
    needs: tuple[Need, ...]
    extra: int = 0
    """Further addresses of the node subnet: internal load balancers, private endpoints."""
    pods_per_node: int | None = None
    problems: tuple[str, ...] = ()
    """What stops the plan, such as a limit of AKS."""
    warnings: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    assumptions: tuple[str, ...] = ()
    """Defaults that were filled in because the question did not say."""

    @property
    def nodes(self) -> int:
        """Return the nodes of all pools, without surge."""
        return sum(pool.nodes for pool in self.pools)

    @property
    def surge(self) -> int:
        """Return the nodes that upgrades add over all pools."""
        return sum(pool.surge_nodes for pool in self.pools)

    @property
    def pods(self) -> int:
        """Return how many pods the cluster holds at most, without surge."""
        return sum(pool.nodes * (pool.max_pods or 0) for pool in self.pools)

    @property
    def title(self) -> str:
        """Return the name of the mode as Azure writes it."""
        return MODES[self.mode].title

    @property
    def fits(self) -> bool:
        """Return whether nothing stops the plan."""
        return not self.problems

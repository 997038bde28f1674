"""Node pools, and how many nodes an upgrade adds to them."""

import re
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, Decimal

from topology.errors import InvalidQuery

__all__ = [
    "CLUSTER_NODE_LIMIT",
    "MAX_PODS_LIMITS",
    "POOL_NODE_LIMIT",
    "NodePool",
    "Surge",
    "parse_pool",
    "parse_surge",
    "pools_for",
    "room_for_system_pods",
    "split_nodes",
]

POOL_NODE_LIMIT = 1000
"""Virtual machines in one pool, surge included (a virtual machine scale set)."""
CLUSTER_NODE_LIMIT = 5000
MAX_PODS_LIMITS = (10, 250)
_MINIMUM_PODS_PER_POOL = 30


@dataclass(frozen=True, slots=True)
class Surge:
    """Nodes that an upgrade adds: a number, or a percentage of the pool rounded up."""

    amount: Decimal = Decimal(1)
    percent: bool = False

    def of(self, nodes: int) -> int:
        """Return the nodes added to a pool; a percentage never adds more than the pool.

        >>> Surge(Decimal(33), True).of(10)
        4
        """
        if not self.percent:
            return int(self.amount)
        share = (nodes * self.amount / 100).to_integral_value(rounding=ROUND_CEILING)
        return min(nodes, int(share))

    def __str__(self) -> str:
        return f"{self.amount}%" if self.percent else str(self.amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePool:
    """A node pool at its largest: the autoscaler's maximum where there is one."""

    nodes: int
    max_pods: int | None = None
    """None for the default of the mode; fixed when a pool is made."""
    surge: Surge | None = None
    """None for the default, one node."""
    name: str = ""

    @property
    def surge_nodes(self) -> int:
        """Return how many nodes an upgrade adds."""
        return (self.surge or Surge()).of(self.nodes)

    @property
    def total(self) -> int:
        """Return the nodes during an upgrade."""
        return self.nodes + self.surge_nodes


def parse_surge(text: str) -> Surge:
    """Read a surge such as `2` or `33%`.

    Raises:
        InvalidQuery: The text is neither, or the percentage is above 100.
    """
    match = re.fullmatch(r"\s*(\d{1,12}(?:\.\d{1,6})?)\s*(%|percent)?\s*", text)
    if not match or ("." in match[1] and not match[2]):
        message = f"`{text}` is no surge."
        raise InvalidQuery(message, hint="Give a number of nodes such as `2`, or `33%`.")
    surge = Surge(Decimal(match[1]), bool(match[2]))
    if surge.percent and surge.amount > 100:
        message = f"`{text}` is more than the whole pool."
        raise InvalidQuery(message, hint="Give at most `100%`.")
    return surge


def parse_pool(text: str) -> NodePool:
    """Read a pool written as `NODES`, `NODES:MAX_PODS` or `NODES:MAX_PODS:SURGE`.

    Raises:
        InvalidQuery: The text has another form, or a number is out of range.
    """
    parts = [part.strip() for part in text.split(":")]
    if len(parts) > 3 or not all(re.fullmatch(r"\d{1,12}", part) for part in parts[:2] if part):
        message = f"`{text}` is no node pool."
        raise InvalidQuery(message, hint="Write `NODES:MAX_PODS:SURGE`, such as `20:50:33%`.")
    nodes, max_pods, surge = [*parts, "", ""][:3]
    if not nodes:
        message = f"`{text}` does not say how many nodes the pool has."
        raise InvalidQuery(message, hint="Write `NODES:MAX_PODS:SURGE`, such as `20:50:33%`.")
    return NodePool(
        nodes=int(nodes),
        max_pods=int(max_pods) if max_pods else None,
        surge=parse_surge(surge) if surge else None,
    )


def room_for_system_pods(nodes: int, max_pods: int) -> bool:
    """Return whether a pool has room for the 30 pods that AKS asks of it.

    Source: concepts-network-ip-address-planning - at least 10 pods per node, 30 per pool.
    """
    return max_pods >= MAX_PODS_LIMITS[0] and nodes * max_pods >= _MINIMUM_PODS_PER_POOL


def split_nodes(pool: NodePool) -> tuple[NodePool, ...]:
    """Return the fewest pools of about one size that hold the nodes of a pool that is too large.

    A pool too large for any cluster stays whole.

    >>> [pool.nodes for pool in split_nodes(NodePool(nodes=2500))]
    [834, 833, 833]
    """
    if pool.total <= POOL_NODE_LIMIT or pool.nodes > CLUSTER_NODE_LIMIT:
        return (pool,)
    for number in range(2, pool.nodes + 1):
        share, rest = divmod(pool.nodes, number)
        parts = tuple(replace(pool, nodes=share + (position < rest)) for position in range(number))
        if parts[0].total <= POOL_NODE_LIMIT:
            return parts
    return (pool,)


def pools_for(nodes: int, per_pool: int = POOL_NODE_LIMIT) -> int:
    """Return how many pools so many nodes need.

    Raises:
        InvalidQuery: A number is not positive.
    """
    if nodes < 0 or per_pool <= 0:
        message = f"`{nodes}` nodes in pools of `{per_pool}` cannot be counted."
        raise InvalidQuery(message, hint="Give numbers above zero.")
    return -(-nodes // per_pool)

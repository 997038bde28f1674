"""How pod addresses reach nodes: batches (dynamic), /28 blocks (static), /24 (overlay)."""

from dataclasses import dataclass
from fractions import Fraction
from ipaddress import IPv4Network
from math import ceil

from topology.errors import InvalidQuery
from topology.ipam.prefixes import size, usable

__all__ = [
    "BATCH",
    "Batches",
    "StaticNodes",
    "batches_in",
    "node_range",
    "nodes_in_pod_cidr",
    "static_blocks",
    "static_nodes_in",
    "target",
    "watermarks",
]

BATCH = 16
"""Addresses that a node asks for at a time, and in one static block."""
_NODE_PREFIX = 24


def target(
    demand: int,
    *,
    batch: int = BATCH,
    buffer: float = 0.5,
    maximum: int | None = None,
    exhausted: bool = False,
) -> int:
    """Return how many addresses one node holds for so many pods, dynamic allocation.

    Source: azure-container-networking, cns/ipampool/v2 - batch x ceil(buffer + demand / batch),
    at most `maximum`; both are 1 once the subnet is exhausted.

    >>> target(40, maximum=110)
    48
    """
    if demand < 0 or batch <= 0:
        message = f"`{demand}` pods in batches of `{batch}` cannot be counted."
        raise InvalidQuery(message, hint="Give numbers that are not negative.")
    step, spare = (1, Fraction(1)) if exhausted else (batch, Fraction(str(buffer)))
    wanted = step * ceil(spare + Fraction(demand, step))
    return wanted if maximum is None else min(wanted, maximum)


def watermarks(batch: int = BATCH, fraction: float = 0.5) -> tuple[int, int]:
    """Return the free addresses below which a node asks, and above which it gives back."""
    spare = Fraction(str(fraction))
    return int(batch * spare), int(batch * (1 + spare))


@dataclass(frozen=True, slots=True, kw_only=True)
class Batches:
    """What a pod subnet gives in whole batches."""

    usable: int
    batches: int
    addresses: int
    lost: int


def batches_in(prefix: int, batch: int = BATCH) -> Batches:
    """Return how many whole batches a pod subnet holds; each node takes at least one."""
    free = usable(prefix)
    count = free // batch
    return Batches(usable=free, batches=count, addresses=count * batch, lost=free - count * batch)


def static_blocks(max_pods: int) -> int:
    """Return the /28 blocks that a node takes; one address per node is used internally.

    Source: configure-azure-cni-static-block-allocation - ceil((max pods + 1) / 16).
    """
    return -(-(max_pods + 1) // BATCH)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticNodes:
    """How many nodes a pod subnet of static blocks holds, in both readings."""

    blocks: int
    optimistic: int
    conservative: int
    """Without the first and last block, which hold the addresses that Azure reserves."""


def static_nodes_in(prefix: int, max_pods: int) -> StaticNodes:
    """Return how many nodes fit a pod subnet with static block allocation.

    No document says whether the blocks with Azure's reserved addresses are lost.
    """
    blocks = size(prefix) // BATCH
    each = static_blocks(max_pods)
    return StaticNodes(
        blocks=blocks,
        optimistic=blocks // each,
        conservative=max(0, blocks - 2) // each,
    )


def nodes_in_pod_cidr(prefix: int) -> int:
    """Return how many nodes, surge included, a pod CIDR serves at one /24 per node.

    >>> nodes_in_pod_cidr(16)
    256
    """
    return size(prefix) // size(_NODE_PREFIX)


def node_range(pod_cidr: IPv4Network, index: int) -> IPv4Network:
    """Return the /24 of the node that joined as number `index`, counted from 0.

    Raises:
        InvalidQuery: The pod CIDR has no such block.
    """
    if not 0 <= index < nodes_in_pod_cidr(pod_cidr.prefixlen):
        message = f"`{pod_cidr}` has no /24 for node number {index}."
        raise InvalidQuery(message, hint="Choose a larger pod CIDR.")
    start = int(pod_cidr.network_address) + index * size(_NODE_PREFIX)
    return IPv4Network((start, _NODE_PREFIX))

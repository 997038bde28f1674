"""What a value of max pods costs: the addresses that one node takes in each mode."""

from dataclasses import dataclass

from topology.errors import InvalidQuery
from topology.ipam.batches import BATCH, static_blocks, target
from topology.ipam.modes import Mode
from topology.ipam.pools import MAX_PODS_LIMITS
from topology.ipam.prefixes import size
from topology.ipam.references import BATCHES, KUBENET, OVERLAY, PLANNING, STATIC, Reference

__all__ = ["NodeShare", "node_share"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeShare:
    """The addresses of one node."""

    max_pods: int
    addresses: int
    unused: int
    """Addresses that no pod can ever take, the node's own aside."""
    blocks: int = 0
    """/28 blocks, with static allocation."""
    formula: str
    source: Reference


def node_share(mode: Mode, max_pods: int) -> NodeShare:
    """Return what a full node takes in a mode.

    Raises:
        InvalidQuery: Max pods is outside what AKS accepts.
    """
    lowest, highest = MAX_PODS_LIMITS
    if not lowest <= max_pods <= highest:
        message = f"`{max_pods}` max pods per node is outside {lowest} to {highest}."
        raise InvalidQuery(message, hint="AKS accepts no other value in any mode.")
    if mode in ("overlay", "kubenet"):
        source = OVERLAY if mode == "overlay" else KUBENET
        return NodeShare(
            max_pods=max_pods,
            addresses=size(24),
            unused=size(24) - max_pods,
            formula="a /24 of the pod CIDR = 256, whatever max pods is",
            source=source,
        )
    if mode == "node_subnet":
        return NodeShare(
            max_pods=max_pods,
            addresses=1 + max_pods,
            unused=0,
            formula=f"1 + {max_pods} = {1 + max_pods} of the node subnet, reserved when it joins",
            source=PLANNING,
        )
    if mode == "pod_subnet_static":
        return _static(max_pods)
    most = target(max_pods, maximum=max_pods)
    return NodeShare(
        max_pods=max_pods,
        addresses=most,
        unused=0,
        formula=f"16 at the start, up to {most} when full, in batches of 16 by what runs",
        source=BATCHES,
    )


def _static(max_pods: int) -> NodeShare:
    blocks = static_blocks(max_pods)
    pods = blocks * BATCH - 1
    return NodeShare(
        max_pods=max_pods,
        addresses=blocks * BATCH,
        unused=pods - max_pods,
        blocks=blocks,
        formula=f"ceil(({max_pods} + 1) / 16) = {blocks} blocks of 16 = {blocks * BATCH}, "
        f"{pods} of them for pods, {pods - max_pods} wasted",
        source=STATIC,
    )

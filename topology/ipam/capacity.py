"""How many nodes a range serves: as pod CIDR, as node subnet and as pod subnet."""

from dataclasses import dataclass
from typing import Literal

from topology.errors import InvalidQuery
from topology.ipam.batches import BATCH, batches_in, nodes_in_pod_cidr, static_nodes_in, target
from topology.ipam.limits import DEFAULT_POD_CIDR, KUBENET_NODE_LIMIT
from topology.ipam.modes import MODES, Mode
from topology.ipam.pools import CLUSTER_NODE_LIMIT, Surge
from topology.ipam.prefixes import LARGEST_SUBNET, usable
from topology.ipam.references import (
    API_SERVER,
    BATCHES,
    KUBENET,
    OVERLAY,
    PLANNING,
    STATIC,
    Reference,
)
from topology.ipam.services import API_SERVER_ADDRESSES, private_clusters_in
from topology.ipam.sizing import nodes_in_subnet

__all__ = ["Capacity", "Role", "capacity_of", "default_mode"]

Role = Literal["pod-cidr", "node-subnet", "pod-subnet", "api-server"]
_DEFAULT_PREFIX = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What a range serves in one use."""

    role: Role
    mode: Mode
    nodes: int
    """Nodes of the cluster, those of an upgrade set aside when a surge was given; clusters, when
    the range is a subnet of API server VNet integration."""
    with_surge: int
    """All nodes that fit, an upgrade's included."""
    max_pods: int
    formula: str
    source: Reference
    remarks: tuple[str, ...] = ()


def default_mode(role: Role) -> Mode:
    """Return the mode that a role means when none is named."""
    return "pod_subnet_dynamic" if role == "pod-subnet" else "overlay"


def capacity_of(
    role: Role,
    prefix: int,
    mode: Mode,
    *,
    max_pods: int = 0,
    pods_per_node: int | None = None,
    surge: Surge | None = None,
) -> Capacity:
    """Return how many nodes a range serves.

    Args:
        role: What it is used as.
        prefix: Its prefix length.
        mode: Address mode of the cluster.
        max_pods: Max pods per node; 0 for the mode's default.
        pods_per_node: Pods that usually run on a node, for dynamic allocation.
        surge: Nodes of an upgrade; None to count them among the nodes.

    Raises:
        InvalidQuery: The mode has no such range.
    """
    pods = max_pods or MODES[mode].default_max_pods
    if role == "api-server":
        clusters = private_clusters_in(prefix)
        formula = f"{usable(prefix)} usable / {API_SERVER_ADDRESSES} per cluster = {clusters}"
        return Capacity(role=role, mode=mode, nodes=clusters, with_surge=clusters, max_pods=0,
                        formula=formula, source=API_SERVER)  # fmt: skip
    if role == "pod-cidr":
        found = _pod_cidr(prefix, mode, pods)
    elif role == "pod-subnet":
        found = _pod_subnet(prefix, mode, pods, pods_per_node)
    else:
        fit = nodes_in_subnet(mode, prefix, max_pods=max_pods)
        found = (fit.nodes, fit.formula, KUBENET if mode == "kubenet" else PLANNING, ())
    total, formula, source, remarks = found
    most = KUBENET_NODE_LIMIT if mode == "kubenet" else CLUSTER_NODE_LIMIT
    if total > most:
        remarks = (*remarks, f"One cluster has at most {most:,} nodes all the same.")
    nodes = total if surge is None else _without(total, surge)
    return Capacity(
        role=role, mode=mode, nodes=nodes, with_surge=total, max_pods=pods, formula=formula,
        source=source, remarks=remarks,
    )  # fmt: skip


_Found = tuple[int, str, Reference, tuple[str, ...]]


def _pod_cidr(prefix: int, mode: Mode, pods: int) -> _Found:
    if mode not in ("overlay", "kubenet"):
        message = f"`{mode}` has no pod CIDR."
        raise InvalidQuery(message, hint="Only Overlay and kubenet have one; ask of a pod subnet.")
    nodes = nodes_in_pod_cidr(prefix)
    remarks = [f"It is one /24 per node whatever max pods is: {pods} here changes nothing."]
    if prefix == _DEFAULT_PREFIX:
        remarks.append(
            f"{DEFAULT_POD_CIDR} is the default: for more nodes start with a larger one, or expand "
            "it later to a larger range that holds it."
        )
    elif mode == "overlay" and prefix > LARGEST_SUBNET:
        remarks.append("A pod CIDR can grow later, only to a larger range that holds it.")
    source = OVERLAY if mode == "overlay" else KUBENET
    return nodes, f"2^(24 - {prefix}) = {nodes:,} blocks of /24", source, tuple(remarks)


def _pod_subnet(prefix: int, mode: Mode, pods: int, each: int | None) -> _Found:
    if mode == "pod_subnet_static":
        fit = static_nodes_in(prefix, pods)
        formula = (
            f"({fit.blocks:,} blocks of /28 - 2) / ceil(({pods} + 1) / {BATCH}) blocks per node = "
            f"{fit.conservative:,}"
        )
        remark = (
            "No document says whether the two blocks with Azure's reserved addresses are lost; "
            f"without that it would be {fit.optimistic:,}. Counted as lost, the safe side."
        )
        return fit.conservative, formula, STATIC, (remark,)
    if mode != "pod_subnet_dynamic":
        message = f"`{mode}` has no pod subnet."
        raise InvalidQuery(message, hint="Ask of its node subnet or pod CIDR.")
    running = min(pods if each is None else each, pods)
    held = target(running, maximum=pods)
    free = usable(prefix)
    nodes = free // held
    whole = batches_in(prefix)
    formula = (
        f"{free:,} usable / {held} per node (16 x ceil(0.5 + {running} / 16), at most max pods "
        f"{pods}) = {nodes:,}"
    )
    remark = (
        f"Whole batches: {whole.batches:,} of 16 = {whole.addresses:,}, {whole.lost} lost; at 16 "
        f"addresses each at most {whole.batches:,} nodes start."
    )
    return nodes, formula, BATCHES, (remark,)


def _without(total: int, surge: Surge) -> int:
    """Return the most nodes whose upgrade still fits."""
    low, high = 0, total
    while low < high:
        middle = (low + high + 1) // 2
        if middle + surge.of(middle) <= total:
            low = middle
        else:
            high = middle - 1
    return low

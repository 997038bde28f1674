"""What stops a plan, what to look out for, and where the documents differ."""

from topology.ipam.batches import nodes_in_pod_cidr
from topology.ipam.modes import MODES
from topology.ipam.plan import Conflict, Plan
from topology.ipam.pools import CLUSTER_NODE_LIMIT, POOL_NODE_LIMIT, pools_for, room_for_system_pods
from topology.ipam.references import (
    DYNAMIC,
    KUBENET,
    LARGE_SCALE,
    OVERLAY_DEFAULTS,
    PLANNING,
    POD_PLANNING,
    ROLLING,
    VNET_LIMITS,
)

__all__ = [
    "DEFAULT_POD_CIDR",
    "KUBENET_NODE_LIMIT",
    "VNET_ADDRESSES",
    "conflicts",
    "problems",
    "warnings",
]

DEFAULT_POD_CIDR = "10.244.0.0/16"
_DEFAULT_POD_PREFIX = 16
VNET_ADDRESSES = 65_536
"""Private addresses in one VNet; static blocks count one mapping per block instead."""
KUBENET_NODE_LIMIT = 400
"""Routes in one route table; kubenet takes one per node."""
_OVERLAY_PODS = 200_000


def problems(plan: Plan) -> tuple[str, ...]:
    """Return each limit that the plan breaks."""
    found = [
        f"No Azure subnet or private range holds {need.addresses:,} addresses: the {need.role} "
        "does not fit any Azure subnet."
        for need in plan.needs
        if need.prefix is None
    ]
    if plan.nodes > CLUSTER_NODE_LIMIT:
        found.append(
            f"{plan.nodes:,} nodes exceed the {CLUSTER_NODE_LIMIT:,} of one AKS cluster: "
            f"split the load over several clusters. Source: {LARGE_SCALE}."
        )
    for number, pool in enumerate(plan.pools, 1):
        label = pool.name or f"pool {number}"
        if pool.total > POOL_NODE_LIMIT:
            found.append(
                f"{label}: {pool.nodes:,} nodes + {pool.surge_nodes:,} surge = {pool.total:,} "
                f"exceed the {POOL_NODE_LIMIT:,} of one node pool."
            )
        if pool.nodes and not room_for_system_pods(pool.nodes, pool.max_pods or 0):
            found.append(
                f"{label}: {pool.nodes} nodes x {pool.max_pods} pods are fewer than the 30 pods "
                "that AKS asks of a pool."
            )
    nodes = plan.nodes + plan.surge
    if plan.mode == "kubenet" and nodes > KUBENET_NODE_LIMIT:
        found.append(
            f"{nodes:,} nodes with surge exceed kubenet's {KUBENET_NODE_LIMIT}, one route each. "
            f"Source: {KUBENET}."
        )
    return tuple(found)


def warnings(plan: Plan) -> tuple[str, ...]:
    """Return what holds for the plan and is easily overlooked."""
    found = [MODES[plan.mode].status] if MODES[plan.mode].status else []
    if POOL_NODE_LIMIT < plan.nodes <= CLUSTER_NODE_LIMIT:
        found.append(
            f"{plan.nodes:,} nodes take at least {pools_for(plan.nodes)} pools of "
            f"{POOL_NODE_LIMIT:,}; planned with {len(plan.pools)}, surge included. "
            f"Source: {LARGE_SCALE}."
        )
    nodes = plan.nodes + plan.surge
    if plan.mode in ("overlay", "kubenet"):
        default_nodes = nodes_in_pod_cidr(_DEFAULT_POD_PREFIX)
        if nodes > default_nodes:
            found.append(
                f"The default pod CIDR {DEFAULT_POD_CIDR} serves only {default_nodes} nodes with "
                f"surge, fewer than {nodes:,}: choose the larger one when the cluster is "
                f"made. Source: {OVERLAY_DEFAULTS}."
            )
        else:
            found.append(
                f"The default pod CIDR {DEFAULT_POD_CIDR} is enough: it serves {default_nodes} "
                f"nodes, surge included. Source: {OVERLAY_DEFAULTS}."
            )
        found.append(
            "Every node takes a whole /24 of the pod CIDR: lowering max pods saves no addresses."
        )
    if plan.mode == "node_subnet":
        found.append(
            "Max pods is fixed when a pool is made: changing it means a new pool, and a subnet "
            f"in use cannot be resized for its pool. Source: {PLANNING}."
        )
    if plan.mode == "pod_subnet_static":
        found += _static_warnings(plan)
    if plan.mode in ("node_subnet", "pod_subnet_dynamic"):
        total = sum(need.addresses for need in plan.needs)
        if total > VNET_ADDRESSES:
            found.append(
                f"{total:,} addresses exceed the {VNET_ADDRESSES:,} private addresses of one VNet: "
                f"Overlay has no such limit. Source: {VNET_LIMITS}."
            )
    return tuple(found)


def _static_warnings(plan: Plan) -> list[str]:
    found = []
    for pool in plan.pools:
        waste = -((pool.max_pods or 0) + 1) % 16
        if waste:
            better = (pool.max_pods or 0) - (16 - waste)
            advice = f"{better} or {better + 16}" if better >= 10 else f"{better + 16}"
            found.append(
                f"Max pods {pool.max_pods} leaves {waste} addresses of each node's blocks unused: "
                f"16 x N - 1 wastes none, such as {advice}."
            )
    return sorted(set(found))


def conflicts(plan: Plan, *, max_pods_given: bool, surge_given: bool) -> tuple[Conflict, ...]:
    """Return the documents that differ on a number that this plan rests on."""
    found = []
    if plan.mode == "pod_subnet_dynamic" and not max_pods_given:
        found.append(
            Conflict(
                topic="the default of max pods with dynamic allocation",
                documents=(f"110 ({PLANNING})", f"250 ({DYNAMIC})"),
                reading="Computed with 250, the safe side; set `--max-pods` to be certain.",
            )
        )
    if not surge_given:
        found.append(
            Conflict(
                topic="the default surge of an upgrade",
                documents=(f"1 node ({ROLLING})", f"10% ({LARGE_SCALE})"),
                reading="Computed with 1 per pool; 33% is the advice for production.",
            )
        )
    if plan.mode == "overlay" and plan.pods > _OVERLAY_PODS:
        found.append(
            Conflict(
                topic="the pods of one Overlay cluster",
                documents=(f"200,000 ({LARGE_SCALE})", f"250,000 ({POD_PLANNING})"),
                reading=f"Plan for at most {_OVERLAY_PODS:,}; max pods allows {plan.pods:,}.",
            )
        )
    if plan.mode == "pod_subnet_static":
        found += _static_conflicts(plan)
    return tuple(found)


def _static_conflicts(plan: Plan) -> list[Conflict]:
    need = next(need for need in plan.needs if need.role == "pod subnet")
    if need.prefix is None or need.addresses > 2 ** (32 - need.prefix - 1):
        return []
    return [
        Conflict(
            topic="whether static blocks lose the two /28 with Azure's reserved addresses",
            documents=("no document says so", "no document denies it"),
            reading=f"Computed as lost, the safe side; otherwise /{need.prefix + 1} would do.",
        )
    ]

"""How large the subnets of an AKS cluster must be: pure formulas, one per address mode."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from topology.errors import InvalidQuery
from topology.ipam import limits
from topology.ipam.batches import BATCH, static_blocks, target
from topology.ipam.modes import MODES, Mode
from topology.ipam.plan import Need, Plan
from topology.ipam.pools import MAX_PODS_LIMITS, NodePool, Surge
from topology.ipam.prefixes import (
    LARGEST_SUBNET,
    SMALLEST_SUBNET,
    prefix_for,
    size,
    subnet_prefix_for,
    usable,
)
from topology.ipam.references import BATCHES, KUBENET, OVERLAY, PLANNING, STATIC, Reference

__all__ = ["NodesThatFit", "nodes_in_subnet", "size_cluster"]


def size_cluster(
    mode: Mode,
    pools: Sequence[NodePool],
    *,
    pods_per_node: int | None = None,
    extra: int = 0,
) -> Plan:
    """Compute what a cluster needs in one mode.

    Args:
        mode: The address mode.
        pools: Every node pool, each at its largest (the autoscaler's maximum).
        pods_per_node: Pods that usually run on a node; counts with dynamic allocation only,
            where a full node is assumed without it.
        extra: Further addresses of the node subnet, such as internal load balancers and
            private endpoints.

    Raises:
        InvalidQuery: A number is negative or outside what AKS accepts.
    """
    _check(pools, pods_per_node, extra)
    default = MODES[mode].default_max_pods
    filled = tuple(
        replace(pool, max_pods=pool.max_pods or default, surge=pool.surge or Surge())
        for pool in pools
    )
    _check_pods(filled, pods_per_node)
    plan = Plan(
        mode=mode,
        pools=filled,
        needs=_NEEDS[mode](_Request(filled, pods_per_node, extra)),
        extra=extra,
        pods_per_node=pods_per_node,
    )
    return replace(
        plan,
        problems=limits.problems(plan),
        warnings=limits.warnings(plan),
        conflicts=limits.conflicts(
            plan,
            max_pods_given=all(pool.max_pods for pool in pools),
            surge_given=all(pool.surge for pool in pools),
        ),
        assumptions=_assumptions(plan, pools),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class NodesThatFit:
    """How many nodes a subnet holds, and the pods on them."""

    nodes: int
    pods: int
    formula: str


def nodes_in_subnet(mode: Mode, prefix: int, *, max_pods: int = 0, surge: int = 0) -> NodesThatFit:
    """Return how many nodes fit a node subnet, `surge` nodes of an upgrade set aside.

    >>> nodes_in_subnet("node_subnet", 24, max_pods=30).nodes
    8
    """
    pods = max_pods or MODES[mode].default_max_pods
    each = 1 + pods if mode == "node_subnet" else 1
    free = usable(prefix)
    nodes = max(0, free // each - surge)
    text = f"{free:,} usable addresses of /{prefix}"
    text += f" / (1 + {pods} max pods)" if each > 1 else ", one per node"
    text += f" - {surge} surge" if surge else ""
    if mode == "kubenet" and nodes > limits.KUBENET_NODE_LIMIT - surge:
        nodes = max(0, limits.KUBENET_NODE_LIMIT - surge)
        text = f"{limits.KUBENET_NODE_LIMIT} routes in one route table, one per node"
    return NodesThatFit(
        nodes=nodes,
        pods=nodes * pods,
        formula=f"{text} = {nodes:,} node{'' if nodes == 1 else 's'}",
    )


@dataclass(frozen=True, slots=True)
class _Request:
    pools: tuple[NodePool, ...]
    pods_per_node: int | None
    extra: int

    @property
    def nodes(self) -> int:
        return sum(pool.nodes for pool in self.pools)

    @property
    def total(self) -> int:
        return sum(pool.total for pool in self.pools)

    @property
    def node_text(self) -> str:
        return f"({self.nodes:,} nodes + {self.total - self.nodes:,} surge)"


def _check(pools: Sequence[NodePool], pods_per_node: int | None, extra: int) -> None:
    if not pools:
        raise InvalidQuery("No node pool is given.", hint="Say how many nodes the cluster has.")
    lowest, highest = MAX_PODS_LIMITS
    for pool in pools:
        if pool.nodes < 1:
            message = f"`{pool.nodes}` nodes cannot be planned for."
            raise InvalidQuery(message, hint="Give at least one node.")
        if pool.max_pods is not None and not lowest <= pool.max_pods <= highest:
            message = f"`{pool.max_pods}` max pods per node is outside {lowest} to {highest}."
            raise InvalidQuery(message, hint="AKS accepts no other value in any mode.")
        if pool.surge is not None and pool.surge.amount < 0:
            message = f"`{pool.surge}` is no surge."
            raise InvalidQuery(message, hint="Give a number of nodes such as `2`, or `33%`.")
    if extra < 0:
        message = f"`{extra}` further addresses cannot be planned for."
        raise InvalidQuery(message, hint="Give zero or more.")
    if pods_per_node is not None and pods_per_node < 0:
        message = f"`{pods_per_node}` pods per node cannot be planned for."
        raise InvalidQuery(message, hint="Give zero or more.")


def _check_pods(pools: Sequence[NodePool], pods_per_node: int | None) -> None:
    for pool in pools:
        if pods_per_node is not None and pods_per_node > (pool.max_pods or 0):
            message = f"`{pods_per_node}` pods per node exceed max pods, `{pool.max_pods}`."
            raise InvalidQuery(message, hint="Give a larger max pods, or fewer pods per node.")


def _assumptions(plan: Plan, given: Sequence[NodePool]) -> tuple[str, ...]:
    found = []
    if not all(pool.max_pods for pool in given):
        default = MODES[plan.mode].default_max_pods
        found.append(f"max pods {default} (the default of {plan.title})")
    if not all(pool.surge for pool in given):
        found.append("1 surge node per pool")
    if plan.mode == "pod_subnet_dynamic" and plan.pods_per_node is None:
        found.append("every node full, because the pods per node were not given")
    return tuple(found)


def _subnet(role: str, addresses: int, base: int, formula: str, source: Reference) -> Need:
    prefix = subnet_prefix_for(addresses)
    return Need(
        role=role,
        addresses=addresses,
        without_surge=base,
        prefix=prefix,
        usable=usable(prefix) if prefix is not None else 0,
        usable_smaller=usable(LARGEST_SUBNET if prefix is None else prefix + 1),
        formula=formula,
        source=source,
    )


def _node_addresses(request: _Request) -> Need:
    """One address per node; pods have theirs elsewhere."""
    total, base = request.total + request.extra, request.nodes + request.extra
    extra = f" + {request.extra:,} further addresses" if request.extra else ""
    return _subnet("node subnet", total, base, f"{request.node_text}{extra} = {total:,}", PLANNING)


def _pod_cidr(request: _Request, source: Reference) -> Need:
    """A /24 of the pod CIDR per node, whatever max pods is."""
    total = request.total * size(24)
    prefix = prefix_for(total)
    too_large = prefix is None or prefix < LARGEST_SUBNET
    shown = None if too_large else prefix
    return Need(
        role="pod CIDR",
        addresses=total,
        without_surge=request.nodes * size(24),
        prefix=shown,
        usable=0 if shown is None else size(shown),
        usable_smaller=size(LARGEST_SUBNET if shown is None else shown + 1),
        formula=f"{request.node_text} x 256 (a /24 each) = {total:,}",
        source=source,
    )


def _node_subnet(request: _Request) -> tuple[Need, ...]:
    terms = [
        f"({pool.nodes:,} nodes + {pool.surge_nodes:,} surge) x (1 + {pool.max_pods} max pods)"
        for pool in request.pools
    ]
    terms = _grouped(terms)
    total = sum(pool.total * (1 + (pool.max_pods or 0)) for pool in request.pools)
    base = sum(pool.nodes * (1 + (pool.max_pods or 0)) for pool in request.pools)
    if request.extra:
        terms.append(f"{request.extra:,} further addresses")
    total, base = total + request.extra, base + request.extra
    formula = f"{' + '.join(terms)} = {total:,}"
    return (_subnet("node subnet", total, base, formula, PLANNING),)


def _grouped(terms: Sequence[str]) -> list[str]:
    """Return equal terms once, with how often they count."""
    counts: dict[str, int] = {}
    for term in terms:
        counts[term] = counts.get(term, 0) + 1
    return [term if times == 1 else f"{times} x {term}" for term, times in counts.items()]


def _dynamic(request: _Request) -> tuple[Need, ...]:
    terms, total, base = [], 0, 0
    for pool in request.pools:
        limit = pool.max_pods or 0
        pods = limit if request.pods_per_node is None else request.pods_per_node
        each = target(pods, maximum=limit)
        total += pool.total * each
        base += pool.nodes * each
        how = f"16 x ceil(0.5 + {pods} / {BATCH}), at most max pods {limit}"
        terms.append(
            f"({pool.nodes:,} nodes + {pool.surge_nodes:,} surge) x {each} per node ({how})"
        )
    formula = f"{' + '.join(_grouped(terms))} = {total:,}"
    return (_node_addresses(request), _subnet("pod subnet", total, base, formula, BATCHES))


def _static(request: _Request) -> tuple[Need, ...]:
    terms, total, base = [], 0, 0
    for pool in request.pools:
        blocks = static_blocks(pool.max_pods or 0)
        total += pool.total * BATCH * blocks
        base += pool.nodes * BATCH * blocks
        terms.append(
            f"({pool.nodes:,} nodes + {pool.surge_nodes:,} surge) x {BATCH} x {blocks} blocks "
            f"(ceil(({pool.max_pods} max pods + 1) / {BATCH}))"
        )
    reserved = 2 * BATCH
    fitting = prefix_for(total + reserved)
    prefix = None if fitting is None or fitting < LARGEST_SUBNET else min(fitting, SMALLEST_SUBNET)
    pods = Need(
        role="pod subnet",
        addresses=total,
        without_surge=base,
        prefix=prefix,
        usable=0 if prefix is None else size(prefix) - reserved,
        usable_smaller=max(0, size(LARGEST_SUBNET if prefix is None else prefix + 1) - reserved),
        formula=f"{' + '.join(_grouped(terms))} = {total:,}",
        source=STATIC,
    )
    return (_node_addresses(request), pods)


def _overlay(request: _Request) -> tuple[Need, ...]:
    return (_node_addresses(request), _pod_cidr(request, OVERLAY))


def _kubenet(request: _Request) -> tuple[Need, ...]:
    return (_node_addresses(request), _pod_cidr(request, KUBENET))


_NEEDS: dict[Mode, Callable[[_Request], tuple[Need, ...]]] = {
    "overlay": _overlay,
    "pod_subnet_dynamic": _dynamic,
    "pod_subnet_static": _static,
    "node_subnet": _node_subnet,
    "kubenet": _kubenet,
}

"""When a plan does not fit: what nearest does, each computed before it is said."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from topology.errors import InvalidQuery
from topology.ipam.address_plan import AddressPlan
from topology.ipam.estate import Cluster, Estate
from topology.ipam.layout import plan_estate
from topology.ipam.modes import MODES
from topology.ipam.pools import Surge
from topology.ipam.prefixes import prefix_for
from topology.ipam.wishes import gather_wishes, size_clusters

__all__ = ["plan_or_nearest"]

_FEWEST_NODES = 2
_LARGEST = 8


def plan_or_nearest(estate: Estate, keep: AddressPlan | None = None) -> AddressPlan:
    """Return a plan, or why there is none together with the nearest requests that have one.

    Args:
        estate: What is asked for.
        keep: An earlier plan, whose ranges stay where they are as far as that is possible.

    Raises:
        InvalidQuery: What is asked for cannot be planned, wherever it were to lie.
    """
    plan = plan_estate(estate, keep)
    if plan.failure is None:
        return plan
    nearest = tuple(text for search in _SEARCHES for text in search(estate))
    return replace(plan, failure=replace(plan.failure, nearest=nearest))


def _fits(estate: Estate) -> AddressPlan | None:
    try:
        plan = plan_estate(estate)
    except InvalidQuery:
        return None
    return plan if plan.fits else None


def _with_clusters(estate: Estate, change: Callable[[Cluster], Cluster]) -> Estate:
    return replace(estate, clusters=tuple(change(one) for one in estate.clusters))


def _smaller_surge(estate: Estate) -> Iterator[str]:
    if not any((pool.surge_nodes > 1) for one in estate.clusters for pool in one.pools):
        return
    calm = _with_clusters(
        estate,
        lambda one: replace(one, pools=tuple(replace(pool, surge=Surge()) for pool in one.pools)),
    )
    if _fits(calm):
        yield "With a surge of 1 node per pool it fits: upgrades take longer."


def _overlay(estate: Estate) -> Iterator[str]:
    others = [one.name for one in estate.clusters if one.mode != "overlay"]
    if not others:
        return
    moved = _with_clusters(estate, lambda one: replace(one, mode="overlay"))
    if plan := _fits(moved):
        taken = sum(net.num_addresses for vnet in plan.vnets for net in vnet.prefixes)
        yield (
            f"With Azure CNI Overlay for {', '.join(others)} it fits, in {taken:,} addresses of "
            "the VNets: pods take theirs from a range outside."
        )


def _fewer_pods(estate: Estate) -> Iterator[str]:
    """Find the highest max pods that fits, in the modes where it counts."""
    counting = [one for one in estate.clusters if one.mode not in ("overlay", "kubenet")]
    most = max(
        (
            pool.max_pods or MODES[one.mode].default_max_pods
            for one in counting
            for pool in one.pools
        ),
        default=0,
    )

    def limited(limit: int) -> Estate:
        def change(one: Cluster) -> Cluster:
            if one not in counting:
                return one
            default = MODES[one.mode].default_max_pods
            pools = tuple(
                replace(pool, max_pods=min(limit, pool.max_pods or default)) for pool in one.pools
            )
            pods = one.pods_per_node
            return replace(one, pools=pools, pods_per_node=min(pods, limit) if pods else pods)

        return _with_clusters(estate, change)

    best = _largest(lambda limit: _fits(limited(limit)) is not None, 10, most - 1)
    if best:
        yield f"With at most {best} pods per node it fits."


def _fewer_nodes(estate: Estate) -> Iterator[str]:
    """Find the share of the nodes that fits."""
    if not estate.clusters:
        return
    total = sum(pool.nodes for one in estate.clusters for pool in one.pools)

    def shrunk(nodes: int) -> Estate:
        return _with_clusters(
            estate,
            lambda one: replace(
                one,
                pools=tuple(
                    replace(pool, nodes=max(1, pool.nodes * nodes // total)) for pool in one.pools
                ),
            ),
        )

    best = _largest(lambda nodes: _fits(shrunk(nodes)) is not None, _FEWEST_NODES, total - 1)
    if best:
        real = sum(pool.nodes for one in shrunk(best).clusters for pool in one.pools)
        each = " over all pools in proportion" if len(estate.clusters) > 1 else ""
        yield f"With {real:,} nodes instead of {total:,}{each} it fits."


def _larger_space(estate: Estate) -> Iterator[str]:
    """Say how large one free space would have to be."""
    wishes, _ = gather_wishes(estate, size_clusters(estate))
    total = sum(2 ** (32 - wish.prefix) for wish in wishes if not wish.fixed)
    prefix = prefix_for(total)
    if prefix is not None and prefix >= _LARGEST:
        yield f"One free space of /{prefix} holds all of it ({2 ** (32 - prefix):,} addresses)."
    elif prefix is not None:
        yield f"It would take a /{prefix}, and no private range is larger than 10.0.0.0/8."


def _largest(holds: Callable[[int], bool], lowest: int, highest: int) -> int:
    """Return the largest number that holds, by halving; 0 when not even the lowest does."""
    if highest < lowest or not holds(lowest):
        return 0
    while lowest < highest:
        middle = (lowest + highest + 1) // 2
        if holds(middle):
            lowest = middle
        else:
            highest = middle - 1
    return lowest


_SEARCHES = (_smaller_surge, _larger_space, _overlay, _fewer_pods, _fewer_nodes)

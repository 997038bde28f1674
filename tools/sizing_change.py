"""What a change does to the sizes of a cluster: before and after, need by need."""

from collections.abc import Sequence
from dataclasses import dataclass

from tools.wording import bullets, count
from topology.ipam import Mode, NodePool, Plan, size_cluster
from topology.ipam.changes import Change, parse_change
from topology.ipam.components import parse_component, service_subnets
from topology.ipam.estate import Cluster
from topology.ipam.plan import Need

__all__ = ["SizesAfter", "change_sizes"]


@dataclass(frozen=True, slots=True)
class SizesAfter:
    """The plan after a change, and the change in words."""

    plan: Plan
    text: str


def change_sizes(
    mode: Mode,
    pools: Sequence[NodePool],
    change: str,
    *,
    pods_per_node: int | None = None,
    extra: int = 0,
    services: Sequence[str] = (),
) -> SizesAfter:
    """Return the sizes after a change, with a table of what differs.

    Raises:
        InvalidQuery: The change is not understood, or leads to what cannot be planned.
    """
    asked = parse_change(change)
    before = Cluster(
        name="cluster",
        vnet="cluster",
        mode=mode,
        pools=tuple(pools),
        pods_per_node=pods_per_node,
        internal_load_balancers=extra,
        components=tuple(parse_component(text) for text in services),
    )
    after = asked.apply(before)
    one, other = _size(before), _size(after)
    rows = [*_rows(one, other), *_service_rows(before, after)]
    return SizesAfter(other, _describe(asked, one, other, rows))


def _size(cluster: Cluster) -> Plan:
    dynamic = cluster.mode == "pod_subnet_dynamic"
    return size_cluster(
        cluster.mode,
        cluster.pools,
        pods_per_node=cluster.pods_per_node if dynamic else None,
        extra=cluster.internal_load_balancers,
    )


def _rows(one: Plan, other: Plan) -> list[tuple[str, str, str]]:
    rows = [
        ("mode", one.title, other.title),
        ("nodes", f"{one.nodes:,} + {one.surge} surge", f"{other.nodes:,} + {other.surge} surge"),
        ("pods at most", f"{one.pods:,}", f"{other.pods:,}"),
    ]
    roles = dict.fromkeys(need.role for plan in (one, other) for need in plan.needs)
    rows += [(role, _cell(one, role), _cell(other, role)) for role in roles]
    return [row for row in rows if row[1] != row[2]]


def _cell(plan: Plan, role: str) -> str:
    need: Need | None = next((one for one in plan.needs if one.role == role), None)
    if need is None:
        return "none"
    if need.prefix is None:
        return f"{need.addresses:,} addresses: fits nowhere"
    return f"`/{need.prefix}` ({need.addresses:,} of {need.usable:,})"


def _service_rows(before: Cluster, after: Cluster) -> list[tuple[str, str, str]]:
    def cells(cluster: Cluster) -> dict[str, str]:
        return {
            row.service: f"`/{row.prefix}`"
            for key, number in cluster.components
            for row in service_subnets(key, number, cluster.mode)
        }

    one, other = cells(before), cells(after)
    return [
        (name, one.get(name, "none"), other.get(name, "none"))
        for name in dict.fromkeys((*one, *other))
        if one.get(name) != other.get(name)
    ]


def _describe(change: Change, one: Plan, other: Plan, rows: Sequence[tuple[str, str, str]]) -> str:
    if not rows:
        return f"**{change.text}:** nothing changes for {count(one.nodes, 'node')}, {one.title}."
    table = ["| what | before | after |", "|---|---|---|"]
    table += [f"| {what} | {before} | {after} |" for what, before, after in rows]
    formulas = [
        f"{when}, {need.role}: {need.formula}. Source: {need.source}."
        for when, plan in (("Before", one), ("After", other))
        for need in plan.needs
    ]
    lines = [*formulas, *other.problems, *change.cautions]
    if one.mode != other.mode:
        lines.append("How the mode is changed is a plan of its own: ask how to migrate.")
    works = "" if other.fits else " This does not work as planned."
    return f"**{change.text}**:{works}\n\n" + "\n".join(table) + f"\n\n{bullets(lines)}"

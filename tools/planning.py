"""Tools that give exact ranges: a whole plan in the given space, and what a change does to it."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from tools.plan_rows import AddressPlanRow, DifferenceRow, plan_row
from tools.planning_text import describe_plan
from tools.spec import Evidence, ToolResult, tool
from tools.workspace import Workspace
from topology.errors import InvalidQuery
from topology.ipam.address_plan import AddressPlan
from topology.ipam.alternatives import Alternative, find_alternatives
from topology.ipam.changes import Difference, apply_change, compare_plans, parse_change
from topology.ipam.estate import Estate
from topology.ipam.estate_words import ClusterWords, build_estate, parse_cluster
from topology.ipam.nearest import plan_or_nearest
from topology.ipam.proof import prove

__all__ = ["AlternativeRow", "PlanResult", "plan_addresses", "plan_network"]


class AlternativeRow(BaseModel):
    """The same clusters in another mode."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    mode: str
    fits: bool
    addresses: int
    gains: str
    costs: str
    reason: str


class PlanResult(ToolResult):
    """An address plan with exact ranges, or why there is none."""

    fits: bool
    plan: AddressPlanRow
    alternatives: tuple[AlternativeRow, ...] = ()
    change: str = ""
    """The change that `plan` includes; empty when none was asked for."""
    before: AddressPlanRow | None = None
    differences: tuple[DifferenceRow, ...] = ()

    def _repr_html_(self) -> str:
        """Return the plan as a picture, which a notebook shows."""
        from tools.pictures import draw_plan, to_svg

        return to_svg(draw_plan(self))

    def to_mermaid(self) -> str:
        """Return VNets, subnets and clusters as a Mermaid flowchart."""
        from tools.pictures import draw_plan, to_mermaid

        return to_mermaid(draw_plan(self))


@tool()
def plan_addresses(
    workspace: Workspace,
    spaces: Sequence[str] = (),
    mode: str = "overlay",
    nodes: int = 0,
    max_pods: int = 0,
    surge: str = "",
    pools: Sequence[str] = (),
    pods_per_node: int = 0,
    services: Sequence[str] = (),
    internal_load_balancers: int = 0,
    clusters: Sequence[str] = (),
    hub: Sequence[str] = (),
    used: Sequence[str] = (),
    on_premises: Sequence[str] = (),
    pod_spaces: Sequence[str] = (),
    ipv6_space: str = "",
    dual_stack: bool = False,
    growth: bool = True,
    change: str = "",
) -> PlanResult:
    """Plan exact, aligned ranges for one or several AKS clusters inside the given space.

    Use it for "I own 10.60.0.0/20: lay out an Overlay cluster of 60 nodes with AGC and Bastion",
    for hub and spoke, and for "what if we add 3 pools of 50". It allocates nothing.

    Args:
        workspace: Bound by the adapter; plans do not depend on it.
        spaces: Ranges that may be used up, each `10.60.0.0/16` or `REGION=10.60.0.0/16`.
        mode: Address mode of the cluster, when only one is planned.
        nodes: Its nodes, at the autoscaler's maximum; 0 when pools or clusters are given.
        max_pods: Its max pods per node; 0 for the mode's default.
        surge: Nodes that an upgrade adds to each pool, such as `2` or `33%`; empty for 1.
        pools: Node pools instead of `nodes`, each `NODES:MAX_PODS:SURGE`.
        pods_per_node: Pods that usually run on a node, for dynamic allocation.
        services: Azure services of the cluster, each `NAME` or `NAME:COUNT`.
        internal_load_balancers: Frontends in the node subnet.
        clusters: Several clusters instead, each `NAME,mode=MODE,nodes=N,max_pods=N,surge=33%,`
            `region=REGION,components=agc+api-server,ilbs=10,pools=20:50+10:30`.
        hub: Services of a hub VNet that is peered with every cluster's VNet, one for each region:
            firewall, bastion, vpn-gateway, dns-resolver, route-server.
        used: Parts of the spaces that are taken.
        on_premises: Ranges reached beyond the VNets, which nothing may overlap.
        pod_spaces: Where pod CIDRs may lie; empty for a choice among private ranges.
        ipv6_space: IPv6 range for dual stack, such as a /48.
        dual_stack: Whether the clusters have IPv6, too.
        growth: Whether the neighbours of what may grow are kept free where that fits.
        change: A change to compare with, such as `add 3 pools of 50`, `move to overlay` or
            `max pods 110`.

    Returns:
        Every VNet, subnet, pod and service CIDR with its formula; or why it does not fit and the
        nearest that does.
    """
    if clusters and (nodes or pools):
        message = "Both one cluster and several are given."
        raise InvalidQuery(message, hint="Put the nodes into `clusters`.")
    words = [parse_cluster(text) for text in clusters]
    if not words and (nodes or pools or not hub):
        words = [
            ClusterWords(
                mode=mode,
                nodes=nodes,
                max_pods=max_pods,
                surge=surge,
                pools=tuple(pools),
                pods_per_node=pods_per_node,
                components=tuple(services),
                internal_load_balancers=internal_load_balancers,
            )
        ]
    estate = build_estate(
        spaces=spaces,
        clusters=words,
        hub=hub,
        used=used,
        on_premises=on_premises,
        pod_spaces=pod_spaces,
        ipv6_spaces=[ipv6_space] if ipv6_space else [],
        dual_stack=dual_stack,
        growth=growth,
    )
    return plan_network(estate, change=change)


def plan_network(estate: Estate, *, change: str = "", cluster: str = "") -> PlanResult:
    """Return the plan of an estate, for callers that read one from a file.

    Args:
        estate: What is to be planned.
        change: A change in words to compare with; empty for none.
        cluster: The cluster that is changed; empty for all.

    Raises:
        InvalidQuery: What is asked for cannot be planned, wherever it were to lie.
    """
    plan = plan_or_nearest(estate)
    if not change.strip():
        alternatives = find_alternatives(estate)
        return _result(plan, alternatives)
    asked = parse_change(change)
    changed = apply_change(estate, asked, cluster)
    after = plan_or_nearest(changed, plan if plan.fits else None)
    differences = compare_plans(plan, after)
    return _result(after, (), differences, asked.text, asked.cautions, before=plan)


def _result(
    plan: AddressPlan,
    alternatives: Sequence[Alternative],
    differences: Sequence[Difference] = (),
    change: str = "",
    cautions: Sequence[str] = (),
    before: AddressPlan | None = None,
) -> PlanResult:
    findings = prove(plan)
    text = describe_plan(plan, findings, alternatives, differences, change, cautions)
    return PlanResult(
        summary=text,
        evidence=_evidence(plan),
        fits=plan.fits and not any(one.severity == "error" for one in findings),
        plan=plan_row(plan, findings),
        alternatives=tuple(
            AlternativeRow(
                mode=one.mode,
                fits=one.fits,
                addresses=one.addresses,
                gains=one.gains,
                costs=one.costs,
                reason=one.reason,
            )
            for one in alternatives
        ),
        change=change,
        before=plan_row(before, ()) if before else None,
        differences=tuple(
            DifferenceRow(subject=one.subject, before=one.before, after=one.after)
            for one in differences
        ),
    )


def _evidence(plan: AddressPlan) -> tuple[Evidence, ...]:
    subnets = [
        Evidence(
            claim=f"{subnet.wish.key} {subnet.network}: {subnet.wish.formula}",
            source=str(subnet.wish.source),
            location=subnet.wish.source.url,
        )
        for vnet in plan.vnets
        for subnet in vnet.subnets
    ]
    pods = [
        Evidence(
            claim=f"pod CIDR of {cluster.name} {cluster.pod_cidr}: {need.formula}",
            source=str(need.source),
            location=need.source.url,
        )
        for cluster in plan.clusters
        for need in cluster.sizes.needs
        if need.role == "pod CIDR"
    ]
    return (*subnets, *pods)

"""Tools about the address modes themselves: which one to take, what it allows, how to change it."""

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from tools import modes_text
from tools.spec import Evidence, ToolResult, tool
from tools.workspace import Workspace
from topology.errors import InvalidQuery
from topology.ipam import NodePool, parse_mode, parse_pool, parse_surge, split_nodes
from topology.ipam.features import FEATURES, parse_feature
from topology.ipam.migration import Migration, Step, plan_migration
from topology.ipam.modes import MODES
from topology.ipam.pod_limits import NodeShare, node_share
from topology.ipam.recommend import Recommendation, recommend

__all__ = [
    "MaxPodsResult",
    "MigrationResult",
    "ModesResult",
    "compare_max_pods",
    "compare_modes",
    "plan_mode_change",
]


class ModeRow(BaseModel):
    """One mode, held against the requirements."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    mode: str
    suits: bool
    blockers: tuple[str, ...]
    limits: tuple[str, ...]
    vnet_addresses: int | None
    """None when the scale is not known."""


class ModesResult(ToolResult):
    """Modes in order of how well they suit."""

    recommended: str | None
    """None when the requirements rule out every mode, or exclude each other."""
    modes: tuple[ModeRow, ...]
    clashes: tuple[str, ...] = ()


class StepRow(BaseModel):
    """One step of a migration."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    title: str
    commands: tuple[str, ...]
    downtime: str
    irreversible: bool
    source: str


class MigrationResult(ToolResult):
    """The way from one mode or dataplane to another."""

    in_place: bool
    steps: tuple[StepRow, ...]
    cautions: tuple[str, ...]


class MaxPodsResult(ToolResult):
    """What values of max pods cost in a mode."""

    addresses_per_node: dict[str, int]
    """Max pods to addresses that a node takes."""


@tool()
def compare_modes(
    workspace: Workspace,
    features: Sequence[str] = (),
    modes: Sequence[str] = (),
    nodes: int = 0,
    max_pods: int = 0,
    surge: str = "",
    pools: Sequence[str] = (),
    pods_per_node: int = 0,
    scarce_addresses: bool = False,
) -> ModesResult:
    """Recommend an address mode for requirements, or say whether modes support features.

    Use it for "which CNI mode for 200 nodes with Windows", "does Overlay support virtual nodes",
    "Windows plus Cilium?", "on-premises must reach pod IPs: which mode".

    Args:
        workspace: Bound by the adapter; modes do not depend on it.
        features: What is required: cilium, windows, dual-stack, agic, app-gateway-for-containers,
            shared-subnet, private-link-service, static-egress-gateway, istio-egress-gateway,
            node-auto-provisioning, virtual-nodes, pod-ips-in-vnet, pod-ips-beyond-vnet,
            fleet-networking, l7-policy, azure-npm, calico, pod-cidr-growth, vm-in-pod-subnet.
        modes: Only these modes; empty for all.
        nodes: Nodes of the cluster, when known.
        max_pods: Max pods per node; 0 for each mode's default.
        surge: Nodes that an upgrade adds to each pool; empty for 1.
        pools: Node pools instead of `nodes`, each `NODES:MAX_PODS:SURGE`.
        pods_per_node: Pods that usually run on a node, for dynamic allocation.
        scarce_addresses: Whether addresses of the VNet are few.

    Returns:
        The mode to take with reasons, and what speaks against the others.
    """
    keys = [parse_feature(text) for text in features]
    only = [parse_mode(text) for text in modes]
    sized = _pools(nodes, max_pods, surge, pools)
    found = recommend(
        keys, pools=sized, pods_per_node=pods_per_node or None, scarce=scarce_addresses
    )
    rows = tuple(
        ModeRow(
            mode=one.mode,
            suits=one.suits,
            blockers=one.blockers,
            limits=one.limits,
            vnet_addresses=modes_text.vnet_addresses(one),
        )
        for one in found.candidates
        if not only or one.mode in only
    )
    best = found.best
    return ModesResult(
        summary=modes_text.describe_modes(found, keys, only),
        evidence=_evidence(found, keys),
        recommended=best.mode if best and (not only or best.mode in only) else None,
        modes=rows,
        clashes=tuple(clash.why for clash in found.clashes),
    )


def _pools(nodes: int, max_pods: int, surge: str, pools: Sequence[str]) -> tuple[NodePool, ...]:
    if nodes and pools:
        message = f"Both `{nodes}` nodes and pools are given."
        raise InvalidQuery(message, hint="Give one of them.")
    if pools:
        return tuple(parse_pool(text) for text in pools)
    if not nodes:
        return ()
    default = parse_surge(surge) if surge.strip() else None
    return split_nodes(NodePool(nodes=nodes, max_pods=max_pods or None, surge=default))


def _evidence(found: Recommendation, keys: Sequence[str]) -> tuple[Evidence, ...]:
    features = [
        Evidence(
            claim=f"{FEATURES[key].title}: "
            + "; ".join(
                f"{MODES[mode].title}: {support.verdict}{' ' if support.note else ''}{support.note}"
                for mode, support in FEATURES[key].modes.items()
            ),
            source=str(FEATURES[key].source),
            location=FEATURES[key].source.url,
        )
        for key in dict.fromkeys(keys)
    ]
    best = found.candidates[0].mode
    facts = MODES[best]
    general = Evidence(
        claim=f"{facts.title}: pods get {facts.pod_addresses}",
        source=str(facts.source),
        location=facts.source.url,
    )
    return (*features, general)


@tool()
def plan_mode_change(
    workspace: Workspace,
    start: str,
    goal: str = "",
    dataplane: Literal["", "cilium"] = "",
    addons: Sequence[str] = (),
    pod_cidr: str = "",
    cluster: str = "CLUSTER",
    resource_group: str = "GROUP",
) -> MigrationResult:
    """Plan the migration of a cluster to another address mode or to the Cilium dataplane.

    Use it for "migrate kubenet to Overlay", "Pod Subnet to Overlay in place?", "kubenet cluster
    with Calico and AGIC, plan it". It changes nothing; it prints the az commands in order.

    Args:
        workspace: Bound by the adapter.
        start: The mode that the cluster has.
        goal: The mode that it is to have; empty to keep the mode and change the dataplane alone.
        dataplane: `cilium` when the dataplane is to change as well.
        addons: What the cluster runs: agic, calico, azure-npm, windows, node-auto-provisioning,
            dual-stack.
        pod_cidr: Pod range for Overlay; empty for a placeholder.
        cluster: Name for the commands.
        resource_group: Resource group for the commands.

    Returns:
        Whether it goes in place, the steps with commands and downtime, and where there is no way
        back.
    """
    first = parse_mode(start)
    found = plan_migration(
        first,
        parse_mode(goal) if goal.strip() else first,
        dataplane=dataplane,
        addons=tuple(addons),
        pod_cidr=pod_cidr,
        cluster=cluster,
        group=resource_group,
    )
    return MigrationResult(
        summary=modes_text.describe_migration(found),
        evidence=tuple(
            Evidence(claim=_claim(found), source=str(source), location=source.url)
            for source in found.sources
        ),
        in_place=found.in_place,
        steps=tuple(_step_row(step) for step in found.steps),
        cautions=found.cautions,
    )


def _claim(found: Migration) -> str:
    way = "goes in place" if found.in_place else "does not go in place"
    return f"{MODES[found.start].title} to {MODES[found.goal].title} {way}"


def _step_row(step: Step) -> StepRow:
    return StepRow(
        title=step.title,
        commands=step.commands,
        downtime=step.downtime,
        irreversible=step.irreversible,
        source=str(step.source or ""),
    )


@tool()
def compare_max_pods(
    workspace: Workspace, mode: str, max_pods: Sequence[int] = (), nodes: int = 0
) -> MaxPodsResult:
    """Say what values of max pods cost in addresses per node, and whether lowering it saves any.

    Use it for "max pods 31 or 32 with static blocks", "does lowering max pods save IPs in Overlay".

    Args:
        workspace: Bound by the adapter; sizes do not depend on it.
        mode: The address mode.
        max_pods: The values to compare; empty for the mode's default and a half of it.
        nodes: Nodes of the cluster, surge included, to multiply with; 0 when unknown.

    Returns:
        The addresses per node for each value, with formula and source.
    """
    parsed = parse_mode(mode)
    default = MODES[parsed].default_max_pods
    values = list(dict.fromkeys(max_pods)) or [default, default // 2]
    shares: list[NodeShare] = [node_share(parsed, value) for value in values]
    return MaxPodsResult(
        summary=modes_text.describe_shares(parsed, shares, nodes),
        evidence=tuple(
            Evidence(
                claim=f"max pods {share.max_pods}: {share.formula}",
                source=str(share.source),
                location=share.source.url,
            )
            for share in shares
        ),
        addresses_per_node={str(share.max_pods): share.addresses for share in shares},
    )

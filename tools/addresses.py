"""Tools that size what a cluster needs: subnets, ranges and outbound ports."""

from collections.abc import Sequence
from ipaddress import IPv4Network
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from tools import plan_text
from tools.address_rows import NeedRow, PlanRow, ServiceRow, service_row, size_row
from tools.sizing_change import change_sizes
from tools.spec import Evidence, ToolResult, tool
from tools.workspace import Workspace
from topology.errors import InvalidQuery
from topology.ipam import (
    MODES,
    Mode,
    NodePool,
    Plan,
    parse_mode,
    parse_network,
    parse_pool,
    parse_prefix,
    parse_surge,
    size_cluster,
    split_nodes,
)
from topology.ipam.capacity import capacity_of, default_mode
from topology.ipam.components import ServiceSubnet, parse_component, service_subnets
from topology.ipam.egress import NAT_GATEWAY_PORTS, PORTS_PER_ADDRESS, default_ports, snat_addresses
from topology.ipam.references import LOAD_BALANCER, NAT_GATEWAY
from topology.ipam.services import dns_resolver_fault

__all__ = [
    "NeedRow",
    "OutboundResult",
    "PlanRow",
    "PrefixResult",
    "ServiceRow",
    "SubnetsResult",
    "describe_prefix",
    "size_outbound",
    "size_subnets",
]


def _read_mode(given: object) -> object:
    """Accept the usual names of a mode where the schema lists the exact ones."""
    if not isinstance(given, str):
        return given
    if given.strip().lower() in ("", "all", "any", "each", "every", "compare"):
        return "all"
    try:
        return parse_mode(given)
    except InvalidQuery as error:
        raise ValueError(str(error)) from error


_OUTBOUND_EVIDENCE = (
    Evidence(
        claim=f"{PORTS_PER_ADDRESS:,} ports per public address of a load balancer",
        source=str(LOAD_BALANCER),
        location=LOAD_BALANCER.url,
    ),
    Evidence(
        claim=f"{NAT_GATEWAY_PORTS:,} ports per public address of a NAT gateway",
        source=str(NAT_GATEWAY),
        location=NAT_GATEWAY.url,
    ),
)

ModeChoice = Annotated[
    Literal["all", "overlay", "pod_subnet_dynamic", "pod_subnet_static", "node_subnet", "kubenet"],
    BeforeValidator(_read_mode),
]


class SubnetsResult(ToolResult):
    """A subnet plan for one mode, or for each of them."""

    plans: tuple[PlanRow, ...] = ()
    services: tuple[ServiceRow, ...] = ()
    subnet_fits: bool | None = None
    """Whether the existing subnet lasts through an upgrade; None when none was given."""


class PrefixResult(ToolResult):
    """What prefixes hold."""

    usable: dict[str, int]
    """Prefix to usable addresses of an Azure subnet."""
    nodes: dict[str, int] = Field(default_factory=dict)
    """Prefix to the nodes that it serves, where a role was given."""


class OutboundResult(ToolResult):
    """Public addresses and ports for outbound connections."""

    nodes: int
    ports_per_node: int
    public_addresses: int
    available_ports: int
    needed_ports: int


@tool()
def size_subnets(
    workspace: Workspace,
    mode: ModeChoice = "all",
    nodes: int = 0,
    max_pods: int = 0,
    surge: str = "",
    pods_per_node: int = 0,
    pools: Sequence[str] = (),
    extra_ips: int = 0,
    subnet: str = "",
    services: Sequence[str] = (),
    change: str = "",
) -> SubnetsResult:
    """Compute which subnets and ranges an AKS cluster needs, with formula and source.

    Use it for "which subnet for 50 nodes", "does my /23 survive an upgrade", "compare the CNI
    modes for 100 nodes", "which subnet does Bastion need". It computes; it allocates nothing.

    Args:
        workspace: Bound by the adapter; sizes do not depend on it.
        mode: Address mode of the cluster; `all` compares the modes. `node_subnet` is the classic
            or legacy Azure CNI; `pod_subnet_dynamic` is Pod Subnet unless static is said.
        nodes: Nodes of the cluster, at the autoscaler's maximum; 0 when pools are given.
        max_pods: Max pods per node, 10 to 250; 0 for the mode's default.
        surge: Nodes that an upgrade adds to each pool: a number such as `2`, or `33%`; empty for
            the default of 1.
        pods_per_node: Pods that usually run on a node, for dynamic allocation; 0 when unknown.
        pools: Node pools instead of `nodes`, each `NODES`, `NODES:MAX_PODS` or
            `NODES:MAX_PODS:SURGE`, such as `20:50:33%`.
        extra_ips: Further addresses of the node subnet: internal load balancers, private
            endpoints.
        subnet: An existing node subnet to check, such as `/23` or `10.1.0.0/23`; empty for none.
        services: Azure services with a subnet of their own, each `NAME` or `NAME:COUNT`:
            api-server, app-gateway, app-gateway-for-containers, bastion, dns-resolver, firewall,
            internal-load-balancers, private-endpoints, private-link-service, route-server,
            static-egress-gateway, vpn-gateway.
        change: A what-if to compare with, such as `add 3 pools of 50`, `move to overlay` or `max
            pods 110`; needs one mode.

    Returns:
        Each range with its formula, its smallest prefix, the usable addresses and the source.
    """
    if change.strip():
        return _changed(mode, _pools(nodes, max_pods, surge, pools), change, pods_per_node,
                        extra_ips, services)  # fmt: skip
    rows = _services(services, mode)
    if not nodes and not pools and rows:
        plans: list[Plan] = []
    else:
        sized = _pools(nodes, max_pods, surge, pools)
        modes = list(MODES) if mode in ("", "all") else [parse_mode(mode)]
        plans = [
            size_cluster(each, sized, pods_per_node=_pods(each, pods_per_node), extra=extra_ips)
            for each in modes
        ]
    check = _check_services(rows, subnet) if rows and not plans else _check_subnet(plans, subnet)
    parts = [check.text if check else "", plan_text.describe(plans) if plans else ""]
    parts += [plan_text.describe_service(row) for row in rows]
    return SubnetsResult(
        summary="\n\n".join(part for part in parts if part),
        evidence=_evidence(plans, rows),
        plans=tuple(size_row(plan) for plan in plans),
        services=tuple(service_row(row) for row in rows),
        subnet_fits=check.fits if check else None,
    )


def _changed(
    mode: str,
    pools: Sequence[NodePool],
    change: str,
    pods_per_node: int,
    extra: int,
    services: Sequence[str],
) -> SubnetsResult:
    """Return the sizes after a change, and what differs from before."""
    if mode in ("", "all"):
        message = f"`{change}` cannot be compared for several modes at once."
        raise InvalidQuery(message, hint="Say which mode the cluster uses.")
    known = parse_mode(mode)
    found = change_sizes(known, pools, change, pods_per_node=_pods(known, pods_per_node),
                         extra=extra, services=services)  # fmt: skip
    return SubnetsResult(
        summary=found.text, evidence=_evidence([found.plan], ()), plans=(size_row(found.plan),)
    )


@tool()
def describe_prefix(
    workspace: Workspace,
    prefix: str,
    max_pods: int = 0,
    role: Literal["", "pod-cidr", "node-subnet", "pod-subnet", "api-server"] = "",
    mode: str = "",
    pods_per_node: int = 0,
    surge: str = "",
) -> PrefixResult:
    """Say how many usable addresses a prefix has, and how many AKS nodes it serves.

    Args:
        workspace: Bound by the adapter; sizes do not depend on it.
        prefix: One or several, such as `/28`, `10.244.0.0/16` or `/29, /28, /26`.
        max_pods: Max pods per node, 10 to 250; 0 for each mode's default.
        role: What the prefix is used as, to answer for that alone; empty for each use.
        mode: Address mode of the cluster, where a role is given.
        pods_per_node: Pods that usually run on a node, for dynamic allocation.
        surge: Nodes of an upgrade to set aside, a number; empty for none.

    Returns:
        The usable addresses of an Azure subnet, and the nodes as node subnet and as pod CIDR.
    """
    texts = [text for text in prefix.replace(",", " ").replace(" and ", " ").split() if text]
    if not texts:
        raise InvalidQuery("No prefix is given.", hint="Give one such as `/24`.")
    found = {text: parse_prefix(text) for text in texts}
    if max_pods and not 10 <= max_pods <= 250:
        message = f"`{max_pods}` max pods per node is outside 10 to 250."
        raise InvalidQuery(message, hint="AKS accepts no other value in any mode.")
    if role:
        capacities = {
            text: capacity_of(
                role,
                length,
                parse_mode(mode) if mode else default_mode(role),
                max_pods=max_pods,
                pods_per_node=pods_per_node or None,
                surge=parse_surge(surge) if surge else None,
            )
            for text, length in found.items()
        }
        return PrefixResult(
            summary="\n\n".join(
                plan_text.describe_capacity(text, one) for text, one in capacities.items()
            ),
            evidence=tuple(
                Evidence(claim=one.formula, source=str(one.source), location=one.source.url)
                for one in capacities.values()
            ),
            usable={text: plan_text.usable(length) for text, length in found.items()},
            nodes={text: one.nodes for text, one in capacities.items()},
        )
    described = [
        plan_text.describe_prefix(text, length, max_pods, short=len(found) > 1)
        for text, length in found.items()
    ]
    return PrefixResult(
        summary="\n\n".join(text for text, _ in described),
        evidence=tuple(entry for _, entries in described for entry in entries),
        usable={text: plan_text.usable(length) for text, length in found.items()},
    )


@tool()
def size_outbound(
    workspace: Workspace,
    nodes: int = 0,
    ports_per_node: int = 0,
    surge: str = "",
    public_ips: int = 0,
) -> OutboundResult:
    """Compute the public addresses that outbound connections (SNAT ports) need.

    Args:
        workspace: Bound by the adapter; sizes do not depend on it.
        nodes: Nodes of the cluster, without surge; 0 to ask what `public_ips` alone give.
        ports_per_node: SNAT ports for each node, a multiple of 8; 0 for the default that AKS
            gives by cluster size.
        surge: Nodes that an upgrade adds: a number such as `2`, or `33%`; empty for 1.
        public_ips: Public addresses that there are, to check whether they suffice; 0 to compute
            how many are needed.

    Returns:
        The addresses, the ports they give and the ports that are needed.
    """
    if nodes < 0 or (not nodes and public_ips < 1):
        message = f"`{nodes}` nodes cannot be planned for."
        raise InvalidQuery(message, hint="Give at least one node.")
    if public_ips < 0:
        message = f"`{public_ips}` public addresses cannot be checked."
        raise InvalidQuery(message, hint="Give one or more, or leave it out.")
    if not nodes:
        return OutboundResult(
            summary=plan_text.describe_addresses(public_ips, ports_per_node),
            evidence=_OUTBOUND_EVIDENCE,
            nodes=0,
            ports_per_node=ports_per_node,
            public_addresses=public_ips,
            available_ports=public_ips * PORTS_PER_ADDRESS,
            needed_ports=0,
        )
    pool = NodePool(nodes=nodes, surge=parse_surge(surge) if surge else None)
    ports = ports_per_node or default_ports(pool.total)
    needed = snat_addresses(pool.total, ports)
    text = plan_text.describe_outbound(pool, ports, needed, public_ips, default=not ports_per_node)
    return OutboundResult(
        summary=text,
        evidence=_OUTBOUND_EVIDENCE,
        nodes=pool.total,
        ports_per_node=ports,
        public_addresses=public_ips or needed,
        available_ports=(public_ips or needed) * PORTS_PER_ADDRESS,
        needed_ports=pool.total * ports,
    )


def _pools(nodes: int, max_pods: int, surge: str, pools: Sequence[str]) -> tuple[NodePool, ...]:
    """Return the pools, those that name no max pods or surge with the ones of the call."""
    default = parse_surge(surge) if surge.strip() else None
    if not pools:
        return split_nodes(NodePool(nodes=nodes, max_pods=max_pods or None, surge=default))
    if nodes:
        message = f"Both `{nodes}` nodes and pools are given."
        raise InvalidQuery(message, hint="Give one of them.")
    parsed = [parse_pool(text) for text in pools]
    return tuple(
        NodePool(
            nodes=pool.nodes,
            max_pods=pool.max_pods or max_pods or None,
            surge=pool.surge or default,
            name=f"pool {number} ({text})",
        )
        for number, (text, pool) in enumerate(zip(pools, parsed, strict=True), 1)
    )


def _pods(mode: Mode, pods_per_node: int) -> int | None:
    """Return the pods per node where they count; elsewhere addresses do not depend on them."""
    return pods_per_node if pods_per_node and mode == "pod_subnet_dynamic" else None


def _services(texts: Sequence[str], mode: str) -> list[ServiceSubnet]:
    """Return the subnets of each service; what a mode changes of them is known with one mode."""
    known = parse_mode(mode) if mode not in ("", "all") else None
    return [row for text in texts for row in service_subnets(*parse_component(text), known)]


def _check_services(rows: Sequence[ServiceSubnet], subnet: str) -> plan_text.Check | None:
    """Hold an existing subnet against the one service that is asked about."""
    if not subnet.strip():
        return None
    if len({row.component for row in rows}) != 1:
        message = f"`{subnet}` cannot be checked against several services at once."
        raise InvalidQuery(message, hint="Ask about one service.")
    check = plan_text.check_service(rows[0], parse_prefix(subnet))
    if rows[0].component != "dns-resolver" or subnet.strip().startswith("/"):
        return check
    network = parse_network(subnet)
    fault = dns_resolver_fault(network) if isinstance(network, IPv4Network) else ""
    return plan_text.Check(fits=False, text=f"**No:** {fault}") if fault else check


def _check_subnet(plans: Sequence[Plan], subnet: str) -> plan_text.Check | None:
    if not subnet.strip():
        return None
    if len(plans) != 1:
        message = f"`{subnet}` cannot be checked against several modes at once."
        raise InvalidQuery(message, hint="Say which mode the cluster uses.")
    return plan_text.check_subnet(plans[0], parse_prefix(subnet))


def _evidence(plans: Sequence[Plan], services: Sequence[ServiceSubnet]) -> tuple[Evidence, ...]:
    needs = [
        Evidence(
            claim=f"{plan.title}, {need.role}: {need.formula}",
            source=str(need.source),
            location=need.source.url,
        )
        for plan in plans
        for need in plan.needs
    ]
    return tuple(needs) + tuple(
        Evidence(
            claim=f"{row.service}: {row.rule}", source=str(row.source), location=row.source.url
        )
        for row in services
    )

"""How sizes are put in words: the answer first, then the formula, its source and what to watch."""

from collections.abc import Sequence
from dataclasses import dataclass

from tools.spec import Evidence
from tools.wording import bullets, count
from topology.ipam import MODES, Need, NodePool, Plan, nodes_in_subnet, size_cluster, usable
from topology.ipam.batches import batches_in, nodes_in_pod_cidr, static_nodes_in
from topology.ipam.capacity import Capacity
from topology.ipam.components import ServiceSubnet
from topology.ipam.egress import (
    NAT_GATEWAY_PORTS,
    PORTS_PER_ADDRESS,
    nat_gateway_ports,
    snat_max_nodes,
)
from topology.ipam.prefixes import size
from topology.ipam.references import LOAD_BALANCER, NAT_GATEWAY, OVERLAY, POD_SUBNET

__all__ = [
    "Check",
    "check_service",
    "check_subnet",
    "describe",
    "describe_addresses",
    "describe_capacity",
    "describe_outbound",
    "describe_prefix",
    "describe_service",
    "usable",
]


_DEFAULTS = (
    "The default falls as the cluster grows: 1,024 ports per node up to 50 nodes, 512 up to 100, "
    "256 up to 200, 128 up to 400, 64 up to 800, then 32. Crossing a step halves the ports and can "
    f"break connections: set them by hand before. Source: {LOAD_BALANCER}."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Whether an existing subnet holds a plan."""

    fits: bool
    text: str


def describe(plans: Sequence[Plan]) -> str:
    """Return a plan in words, or a comparison of several."""
    return _one(plans[0]) if len(plans) == 1 else _compare(plans)


def _one(plan: Plan) -> str:
    if plan.fits:
        ranges = " and ".join(_headline(need) for need in plan.needs)
        first = f"**{plan.title}**, {count(plan.nodes, 'node')}: {ranges}."
    else:
        first = f"**{plan.title}**, {count(plan.nodes, 'node')}: this does not work as planned."
    lines = [*plan.problems, *(_need(need) for need in plan.needs)]
    if plan.assumptions:
        lines.append(f"Assumed: {'; '.join(plan.assumptions)}.")
    lines += plan.warnings
    lines += [str(conflict) for conflict in plan.conflicts]
    if plan.mode in ("node_subnet", "kubenet"):
        lines.append(_alternative(plan))
    return f"{first}\n\n{bullets(lines)}"


def _headline(need: Need) -> str:
    unit = "addresses" if need.role == "pod CIDR" else "usable addresses"
    return f"a `/{need.prefix}` {need.role} ({need.addresses:,} of {need.usable:,} {unit})"


def _need(need: Need) -> str:
    title = need.role[0].upper() + need.role[1:]
    if need.prefix is None:
        return f"{title}: {need.formula} addresses; no private range holds them. {_source(need)}"
    reserved = "" if need.role == "pod CIDR" else " usable"
    text = (
        f"{title}: {need.formula} addresses -> `/{need.prefix}` with {need.usable:,}{reserved}, "
        f"{need.headroom:,} left"
    )
    smaller = need.prefix + 1
    if need.usable_smaller < need.addresses:
        text += f"; `/{smaller}` has only {need.usable_smaller:,}"
    if need.without_surge != need.addresses:
        text += f". Without surge it is {need.without_surge:,}"
    return f"{text}. {_source(need)}"


def _source(need: Need) -> str:
    return f"Source: {need.source}."


def _alternative(plan: Plan) -> str:
    pools = [NodePool(nodes=pool.nodes, surge=pool.surge, name=pool.name) for pool in plan.pools]
    node = size_cluster("overlay", pools, extra=plan.extra).needs[0]
    if node.prefix is None:
        return "No mode holds so many nodes in one cluster."
    if node.addresses == plan.needs[0].addresses:
        return "Azure CNI Overlay needs the same node subnet."
    return (
        f"Azure CNI Overlay would need only {node.addresses:,} addresses of the VNet for the same "
        f"nodes, a `/{node.prefix}`."
    )


def _compare(plans: Sequence[Plan]) -> str:
    rows = [
        "| mode | node subnet | pods | addresses of the VNet |",
        "|---|---|---|---|",
    ]
    rows += [_row(plan) for plan in plans]
    fitting = [plan for plan in plans if plan.fits and not MODES[plan.mode].status]
    nodes, surge = plans[0].nodes, plans[0].surge
    first = f"{count(nodes, 'node')} + {surge:,} surge, in each mode:"
    common = [text for text in plans[0].problems if all(text in one.problems for one in plans)]
    if common:
        first = f"**This does not work in any mode:** {' '.join(common)}\n\n{first}"
    notes = [
        f"{plan.title}: {problem}"
        for plan in plans
        for problem in plan.problems
        if problem not in common
    ]
    notes += [MODES[plan.mode].status for plan in plans if MODES[plan.mode].status]
    notes += [str(conflict) for conflict in dict.fromkeys(c for p in plans for c in p.conflicts)]
    if fitting:
        least = min(fitting, key=_vnet_addresses)
        notes.insert(0, f"{least.title} takes the fewest addresses of the VNet.")
    return "\n\n".join([first, "\n".join(rows), bullets(notes), bullets(_formulas(plans))])


def _formulas(plans: Sequence[Plan]) -> list[str]:
    """Return each formula once, with the modes that it holds for."""
    modes: dict[str, list[str]] = {}
    for plan in plans:
        for need in plan.needs:
            text = f"{need.role}: {need.formula}. {_source(need)}"
            modes.setdefault(text, []).append(plan.mode)
    return [f"{', '.join(names)} {text}" for text, names in modes.items()]


def _row(plan: Plan) -> str:
    node, *rest = (_cell(need) for need in plan.needs)
    pods = rest[0] if rest else "in the node subnet"
    return f"| {plan.title} | {node} | {pods} | {_vnet_addresses(plan):,} |"


def _cell(need: Need) -> str:
    if need.prefix is None:
        return f"{need.addresses:,}: fits nowhere"
    role = "" if need.role == "node subnet" else f"{need.role} "
    return f"{role}`/{need.prefix}` ({need.addresses:,} of {need.usable:,})"


def _vnet_addresses(plan: Plan) -> int:
    return sum(need.addresses for need in plan.needs if need.role != "pod CIDR")


def check_subnet(plan: Plan, prefix: int) -> Check:
    """Return whether an existing node subnet lasts through an upgrade, and what to do if not."""
    need = plan.needs[0]
    free = usable(prefix)
    subject = f"The existing `/{prefix}` has {free:,} usable addresses"
    if free >= need.addresses:
        text = f"{subject}: enough, also during an upgrade ({need.addresses:,}), "
        return Check(fits=True, text=f"{text}{free - need.addresses:,} left.")
    if free >= need.without_surge:
        text = (
            f"{subject}: the nodes fit ({need.without_surge:,}), but an upgrade with "
            f"{count(plan.surge, 'surge node')} needs {need.addresses:,} and fails."
        )
    else:
        text = f"{subject}: too few even without an upgrade ({need.without_surge:,} needed)."
    return Check(fits=False, text=f"**{text}** {_advice(plan, free)}")


def _advice(plan: Plan, free: int) -> str:
    each = [1 + (pool.max_pods or 0) if plan.mode == "node_subnet" else 1 for pool in plan.pools]
    base = sum(pool.nodes * size for pool, size in zip(plan.pools, each, strict=True)) + plan.extra
    room = (free - base) // max(each)
    if room > 0:
        advice = f"It has room for {count(room, 'surge node')}."
    elif free >= base:
        advice = "It has no room for a single surge node."
    else:
        advice = ""
    parts = [
        advice,
        "Upgrade with `maxUnavailable` instead of surge, run fewer nodes, or add a pool in a "
        "larger subnet; a subnet in use cannot be resized for its pool.",
    ]
    return " ".join(part for part in parts if part)


def describe_service(subnet: ServiceSubnet) -> str:
    """Return the subnet of an Azure service in words."""
    return f"**{subnet.service}**: `/{subnet.prefix}`. {subnet.rule}. Source: {subnet.source}."


def describe_prefix(
    text: str, prefix: int, max_pods: int, *, short: bool
) -> tuple[str, tuple[Evidence, ...]]:
    """Return what a prefix holds, and what that rests on; `short` leaves AKS aside."""
    total, free = size(prefix), usable(prefix)
    first = (
        f"`{text}` has {total:,} addresses; as an Azure subnet {free:,} are usable "
        f"({total:,} - 5, which Azure reserves). Source: {OVERLAY}."
    )
    claim = f"2^(32 - {prefix}) - 5 = {free:,} usable addresses"
    evidence = [Evidence(claim=claim, source=str(OVERLAY))]
    if prefix > 29:
        return f"{first} An Azure subnet is at least a `/29`.", tuple(evidence)
    if short:
        return first, tuple(evidence)
    lines = []
    if prefix <= 24:
        nodes = nodes_in_pod_cidr(prefix)
        lines.append(
            f"As a pod CIDR (Overlay, kubenet): {count(nodes, 'node')}, surge included, at one "
            f"/24 each, whatever max pods is. Source: {OVERLAY}."
        )
        formula = f"2^(24 - {prefix}) = {nodes:,} nodes at a /24 each"
        evidence.append(Evidence(claim=formula, source=str(OVERLAY), location=OVERLAY.url))
    for mode in ("overlay", "node_subnet"):
        fit = nodes_in_subnet(mode, prefix, max_pods=max_pods)
        lines.append(f"As the node subnet of {MODES[mode].title}: {fit.formula}, surge included.")
    held = batches_in(prefix)
    pods = max_pods or MODES["pod_subnet_static"].default_max_pods
    static = static_nodes_in(prefix, pods)
    if held.batches:
        lines.append(
            f"As a pod subnet: dynamic, {count(held.batches, 'whole batch')} of 16 for at most as "
            f"many nodes; static, {count(static.conservative, 'node')} at max pods {pods}. "
            f"Source: {POD_SUBNET}."
        )
    return f"{first}\n\n{bullets(lines)}", tuple(evidence)


def describe_outbound(pool: NodePool, ports: int, needed: int, given: int, *, default: bool) -> str:
    """Return outbound ports in words."""
    total = pool.total
    want = total * ports
    origin = ", the default for this size" if default else ""
    nodes = f"{pool.nodes:,} nodes + {pool.surge_nodes:,} surge"
    formula = f"({nodes}) x {ports:,} ports{origin} = {want:,} ports"
    gateway = -(-want // NAT_GATEWAY_PORTS)
    lines = [
        f"Needed: {formula}.",
        f"Load balancer: {needed} x {PORTS_PER_ADDRESS:,} = {needed * PORTS_PER_ADDRESS:,} ports, "
        f"for up to {snat_max_nodes(needed, ports):,} nodes.",
    ]
    if default:
        lines.insert(1, _DEFAULTS)
    if needed > 1:
        fewer = needed - 1
        lines.append(
            f"{count(fewer, 'public address')} would serve only "
            f"{snat_max_nodes(fewer, ports):,} nodes."
        )
    if gateway <= 16:
        lines.append(
            f"NAT gateway: {gateway} x {NAT_GATEWAY_PORTS:,} = {gateway * NAT_GATEWAY_PORTS:,} "
            "ports, shared by all nodes as they need them (16 addresses at most)."
        )
    else:
        lines.append(
            f"NAT gateway: it would take {gateway} addresses, and one gateway has 16 at most: "
            "spread the nodes over several subnets, each with its own."
        )
    first = f"**{needed} public {'address' if needed == 1 else 'addresses'}** of the load balancer."
    if given:
        served = snat_max_nodes(given, ports)
        enough = "enough" if given >= needed else "too few"
        first = (
            f"**{given} public {'address is' if given == 1 else 'addresses are'} {enough}**: "
            f"{given * PORTS_PER_ADDRESS:,} ports serve {served:,} of {total:,} nodes."
        )
        if given >= needed:
            first = first.replace(f"serve {served:,} of {total:,} nodes", f"serve {served:,} nodes")
    return f"{first}\n\n{bullets(lines)}"


def describe_capacity(text: str, found: Capacity) -> str:
    """Return how many nodes a range serves in one use."""
    role = {"pod-cidr": "pod CIDR", "node-subnet": "node subnet", "pod-subnet": "pod subnet"}
    lines = [f"{found.formula}. Source: {found.source}.", *found.remarks]
    if found.role == "api-server":
        clusters = f"**{count(found.nodes, 'cluster')}**"
        return f"{clusters}: `{text}` for API server VNet integration.\n\n{bullets(lines)}"
    first = f"**{count(found.nodes, 'node')}**"
    surge = "surge included"
    if found.nodes != found.with_surge:
        surge = f"and {found.with_surge - found.nodes:,} more for an upgrade"
    if found.mode == "node_subnet":
        lines.insert(1, f"That is {found.nodes * found.max_pods:,} pods at max pods "
                     f"{found.max_pods}.")  # fmt: skip
    title = MODES[found.mode].title
    return f"{first}, {surge}: `{text}` as {role[found.role]} of {title}.\n\n{bullets(lines)}"


def check_service(row: ServiceSubnet, prefix: int) -> Check:
    """Return whether an existing subnet will do for a service."""
    fits = prefix == row.prefix if row.exact else prefix <= row.prefix
    free = usable(prefix)
    word = "is enough" if fits else "will not do" if row.exact else "is too small"
    return Check(fits=fits, text=f"**The `/{prefix}` ({free:,} usable) {word}.**")


def describe_addresses(addresses: int, ports: int) -> str:
    """Return what public addresses give, whatever the nodes."""
    balancer = addresses * PORTS_PER_ADDRESS
    text = (
        f"**{count(addresses, 'public address')}**: {balancer:,} ports of a load balancer "
        f"({addresses} x {PORTS_PER_ADDRESS:,}). Source: {LOAD_BALANCER}."
    )
    lines = []
    if ports:
        lines.append(f"At {ports:,} ports each that is {snat_max_nodes(addresses, ports):,} nodes, "
                     "surge included.")  # fmt: skip
    if addresses <= 16:
        gateway = nat_gateway_ports(addresses)
        lines.append(f"As a NAT gateway: {addresses} x {NAT_GATEWAY_PORTS:,} = {gateway:,} ports, "
                     f"shared by all nodes. Source: {NAT_GATEWAY}.")  # fmt: skip
    else:
        lines.append("One NAT gateway has 16 addresses at most.")
    return f"{text}\n\n{bullets(lines)}"

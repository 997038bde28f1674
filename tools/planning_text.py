"""How an address plan is put in words: fits or not, tables of ranges, formulas, what else."""

from collections.abc import Sequence

from tools.wording import bullets, count, join, shorten
from topology.ipam import MODES
from topology.ipam.address_plan import AddressPlan, PlannedCluster, PlannedSubnet, PlannedVnet
from topology.ipam.alternatives import Alternative
from topology.ipam.batches import nodes_in_pod_cidr
from topology.ipam.changes import Difference
from topology.ipam.findings import Finding

__all__ = ["describe_finding", "describe_plan"]

_FREE_SHOWN = 8


def describe_plan(
    plan: AddressPlan,
    findings: Sequence[Finding],
    alternatives: Sequence[Alternative] = (),
    differences: Sequence[Difference] = (),
    change: str = "",
    cautions: Sequence[str] = (),
) -> str:
    """Return a plan in words, the answer first.

    Args:
        plan: The plan, after the change if there is one.
        findings: What the checker says of it.
        alternatives: The same in other modes.
        differences: What a change does.
        change: The change in words.
        cautions: What to know of the change.
    """
    parts = []
    if change:
        parts.append(_describe_change(plan, differences, change, cautions))
    errors = [finding for finding in findings if finding.severity == "error"]
    if not plan.fits or errors:
        parts.append(_describe_failure(plan, errors))
        if not plan.vnets:
            parts.append(_describe_needs(plan))
            return "\n\n".join(part for part in (*parts, _describe_others(alternatives)) if part)
    elif not change:
        parts.append(_headline(plan))
    parts += [_table(vnet) for vnet in plan.vnets]
    parts.append(bullets(_describe_cluster(cluster) for cluster in plan.clusters))
    parts.append(bullets([*plan.public, *plan.notes, *_remarks(plan, findings)]))
    parts.append(f"Formulas:\n\n{bullets(_formulas(plan))}")
    parts.append(_describe_others(alternatives))
    return "\n\n".join(part for part in parts if part)


def _headline(plan: AddressPlan) -> str:
    subnets = sum(len(vnet.subnets) for vnet in plan.vnets)
    ranges = [str(net) for vnet in plan.vnets for net in vnet.prefixes]
    vnets = count(len(plan.vnets), "VNet")
    return (
        f"**It fits:** {vnets} with {count(subnets, 'subnet')} in {shorten(ranges)}. "
        f"{_describe_free(plan)}"
    )


def _describe_free(plan: AddressPlan) -> str:
    whole = sum(space.network.num_addresses for space in plan.estate.spaces)
    free = sum(block.num_addresses for block in plan.free)
    if not whole:
        return ""
    spaces = join([str(space.network) for space in plan.estate.spaces])
    blocks = shorten([str(block) for block in plan.free], _FREE_SHOWN)
    rest = f": {blocks}" if plan.free else ""
    inside = sum(net.num_addresses for vnet in plan.vnets for net in vnet.prefixes) - sum(
        subnet.network.num_addresses for vnet in plan.vnets for subnet in vnet.subnets
    )
    more = f" Inside the VNets {inside:,} more are not assigned to a subnet." if inside else ""
    return (
        f"{free:,} of {whole:,} addresses of {spaces} stay free ({free * 100 // whole}%){rest}."
        f"{more}"
    )


def _describe_failure(plan: AddressPlan, errors: Sequence[Finding]) -> str:
    lines = [*plan.errors, *(describe_finding(finding) for finding in errors)]
    if plan.failure:
        text = f"**It does not fit:** {plan.failure.reason}"
        if plan.failure.nearest:
            text += f"\n\nThe nearest that does:\n\n{bullets(plan.failure.nearest)}"
        return text
    return f"**This does not work as planned:**\n\n{bullets(lines)}"


def _describe_needs(plan: AddressPlan) -> str:
    """Return the sizes of clusters that found no place."""
    from topology.ipam.wishes import size_clusters

    lines = [
        f"`{name}`, {sizes.title}: {need.role} {need.formula}"
        + (f" -> `/{need.prefix}`" if need.prefix is not None else "")
        + f". Source: {need.source}."
        for name, sizes in size_clusters(plan.estate).items()
        for need in sizes.needs
    ]
    return f"What it needs:\n\n{bullets(lines)}" if lines else ""


def _table(vnet: PlannedVnet) -> str:
    where = f", {vnet.region}" if vnet.region else ""
    peers = f", peered with {join(vnet.peers)}" if vnet.peers else ""
    ranges = join([f"`{net}`" for net in (*vnet.prefixes, vnet.prefix_v6) if net])
    v6 = vnet.prefix_v6 is not None
    rows = [
        f"| subnet | range | {'IPv6 | ' if v6 else ''}needs | usable | kept free | delegated to |",
        f"|---|---|{'---|' if v6 else ''}---|---|---|---|",
    ]
    rows += [_row(subnet, v6=v6) for subnet in vnet.subnets]
    return f"VNet `{vnet.name}` {ranges}{where}{peers}:\n\n" + "\n".join(rows)


def _row(subnet: PlannedSubnet, *, v6: bool) -> str:
    wish = subnet.wish
    cells = [f"`{subnet.name}`", f"`{subnet.network}`"]
    if v6:
        cells.append(f"`{subnet.network_v6}`")
    cells += [f"{wish.addresses:,}", f"{subnet.usable:,}"]
    cells += [f"`{subnet.reserve}`" if subnet.reserve else "", wish.delegation]
    return f"| {' | '.join(cells)} |"


def _describe_cluster(cluster: PlannedCluster) -> str:
    sizes = cluster.sizes
    text = (
        f"Cluster `{cluster.name}`: {sizes.title}, {count(sizes.nodes, 'node')} + {sizes.surge} "
        f"surge"
    )
    if cluster.pod_cidr:
        nodes = nodes_in_pod_cidr(cluster.pod_cidr.prefixlen)
        text += f"; pod CIDR `{cluster.pod_cidr}`, for {count(nodes, 'node')}"
        if cluster.pod_reserve:
            text += f", can grow to `{cluster.pod_cidr.supernet()}`"
        if cluster.pod_cidr_v6:
            text += f" and `{cluster.pod_cidr_v6}`"
    text += f"; service CIDR `{cluster.service_cidr}`"
    if cluster.service_cidr_v6:
        text += f" and `{cluster.service_cidr_v6}`"
    return f"{text}; DNS service IP `{cluster.dns_service_ip}`."


def _remarks(plan: AddressPlan, findings: Sequence[Finding]) -> list[str]:
    lines = []
    if any(cluster.pod_cidr for cluster in plan.clusters):
        lines.append(
            "Pod CIDRs lie outside the space: nothing in the VNet routes to them. They are apart "
            "from each other, though AKS lets overlay clusters share one, so that cross-cluster "
            "networking stays possible."
            if len([one for one in plan.clusters if one.pod_cidr]) > 1
            else "The pod CIDR lies outside the space: it must overlap neither subnets nor "
            "connected ranges, and only grows into what follows it."
        )
    if len(plan.clusters) > 1:
        lines.append("Service CIDRs exist in each cluster alone and may be the same.")
    if any(subnet.reserve for vnet in plan.vnets for subnet in vnet.subnets):
        lines.append(
            "A neighbour that is kept free is room for the next pool: a subnet in use cannot be "
            "resized for its pool."
        )
    lines += [describe_finding(finding) for finding in findings if finding.severity == "warning"]
    # Which pod CIDR was taken says more than whether the default would have done.
    lines += [text for text in plan.warnings if "default pod CIDR" not in text]
    lines += _assumed(plan)
    if not any(finding.severity == "error" for finding in findings):
        lines.append(
            "Checked: aligned, disjoint, inside the space, apart from every given range, large "
            "enough through an upgrade, and of the size and delegation that each service asks for."
        )
    return lines


def _assumed(plan: AddressPlan) -> list[str]:
    """Return the defaults that were filled in, and where documents differ on what counted."""
    names: dict[str, list[str]] = {}
    for cluster in plan.clusters:
        for text in cluster.sizes.assumptions:
            names.setdefault(text, []).append(f"`{cluster.name}`")
    lines = [f"Assumed for {join(owners)}: {text}." for text, owners in names.items()]
    conflicts = [str(one) for cluster in plan.clusters for one in cluster.sizes.conflicts]
    return [*lines, *dict.fromkeys(conflicts)]


def _formulas(plan: AddressPlan) -> list[str]:
    lines: dict[str, list[str]] = {}
    for vnet in plan.vnets:
        for subnet in vnet.subnets:
            text = f"{subnet.wish.formula}. Source: {subnet.wish.source}."
            lines.setdefault(text, []).append(f"`{subnet.wish.key}` /{subnet.network.prefixlen}")
    for cluster in plan.clusters:
        for need in cluster.sizes.needs:
            if need.role == "pod CIDR" and cluster.pod_cidr:
                text = f"{need.formula}. Source: {need.source}."
                name = f"pod CIDR of `{cluster.name}` /{cluster.pod_cidr.prefixlen}"
                lines.setdefault(text, []).append(name)
    return [f"{', '.join(names)}: {text}" for text, names in lines.items()]


def _describe_others(alternatives: Sequence[Alternative]) -> str:
    if not alternatives:
        return ""
    lines = []
    for one in alternatives:
        title = MODES[one.mode].title
        if one.fits:
            size = f"{one.addresses:,} addresses of the VNets"
            lines.append(f"{title}: {size}. For it: {one.gains}. Against it: {one.costs}.")
        else:
            lines.append(f"{title}: does not fit. {one.reason}")
    return f"The same in another mode:\n\n{bullets(lines)}"


def _describe_change(
    plan: AddressPlan, differences: Sequence[Difference], change: str, cautions: Sequence[str]
) -> str:
    fits = "it still fits" if plan.fits else "it no longer fits"
    if not differences:
        return f"**{change}:** nothing changes."
    shown = differences if plan.fits else [one for one in differences if one.subject == "fits"]
    rows = ["| what | before | after |", "|---|---|---|"]
    rows += [f"| {one.subject} | {one.before} | {one.after} |" for one in shown]
    text = f"**{change}:** {fits}.\n\n" + "\n".join(rows)
    return f"{text}\n\n{bullets(cautions)}" if cautions else text


def describe_finding(finding: Finding) -> str:
    """Return a finding in one line: the fault, what to do, where, and by which document."""
    place = f" ({finding.location})" if finding.location else ""
    source = f" Source: {finding.source}." if finding.source else ""
    fix = f" {finding.fix}" if finding.fix else ""
    return f"{finding.message}{fix}{source}{place}"

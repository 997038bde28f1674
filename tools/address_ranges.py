"""Tools that hold ranges against the rules of AKS: overlaps, refused ranges, growth."""

from collections.abc import Sequence

from tools.plan_rows import FindingRow, finding_row
from tools.planning_text import describe_finding
from tools.spec import Evidence, ToolResult, tool
from tools.wording import bullets, count, join
from tools.workspace import Workspace
from topology.errors import InvalidQuery
from topology.ipam.audit import check_estate
from topology.ipam.batches import nodes_in_pod_cidr
from topology.ipam.estate import Estate
from topology.ipam.estate_words import checked_estate, parse_ranges
from topology.ipam.findings import Finding
from topology.ipam.references import OVERLAY, POD_EXPAND
from topology.ipam.validation import expansion_faults

__all__ = ["RangesResult", "check_network", "check_ranges"]


class RangesResult(ToolResult):
    """What is wrong with the ranges of a network."""

    ok: bool
    """Whether there is no error; warnings may remain."""
    findings: tuple[FindingRow, ...]


@tool()
def check_ranges(
    workspace: Workspace,
    pod_cidrs: Sequence[str] = (),
    service_cidrs: Sequence[str] = (),
    dns_service_ip: str = "",
    vnets: Sequence[str] = (),
    subnets: Sequence[str] = (),
    peered: Sequence[str] = (),
    on_premises: Sequence[str] = (),
    mode: str = "overlay",
    features: Sequence[str] = (),
    grow_pod_cidr_to: str = "",
) -> RangesResult:
    """Check pod, service, VNet, subnet, peered and on-premises ranges against the rules of AKS.

    Use it for "may my pod CIDR be 172.30.0.0/16", "is 10.244.8.5 on-premises a problem", "two
    overlay clusters with the same pod CIDR", "can the pod CIDR grow to a /16".

    Args:
        workspace: Bound by the adapter; rules do not depend on it.
        pod_cidrs: Pod ranges; several IPv4 ones belong to several clusters of one VNet.
        service_cidrs: Service ranges of the cluster.
        dns_service_ip: The DNS service IP; empty when not given.
        vnets: Ranges of the cluster's VNet.
        subnets: Subnets of that VNet.
        peered: Ranges of peered VNets.
        on_premises: Ranges or single addresses that are reached beyond the VNets.
        mode: Address mode of the cluster.
        features: Features that the cluster uses, as `compare_modes` takes them.
        grow_pod_cidr_to: A larger pod CIDR, to see whether the (only) one given may grow to it.

    Returns:
        Whether AKS accepts the ranges, and every rule that they break with what to do.
    """
    if not (pod_cidrs or service_cidrs or vnets or subnets or peered or on_premises):
        raise InvalidQuery("No range is given.", hint="Give a pod or service CIDR, say.")
    estate = checked_estate(
        pod_cidrs=pod_cidrs,
        service_cidrs=service_cidrs,
        dns_service_ip=dns_service_ip,
        vnets=vnets,
        subnets=subnets,
        peered=peered,
        on_premises=on_premises,
        mode=mode,
        features=features,
    )
    growth = _check_growth(pod_cidrs, grow_pod_cidr_to) if grow_pod_cidr_to.strip() else None
    result = check_network(estate)
    if growth is None:
        return result
    text, found = growth
    rows = (*result.findings, *(finding_row(one) for one in found))
    others = f"\n\n{result.summary}" if result.findings else ""
    return RangesResult(
        summary=text + others,
        evidence=(
            *result.evidence,
            Evidence(claim=text.split("\n")[0], source=str(POD_EXPAND), location=POD_EXPAND.url),
        ),
        ok=result.ok and not found,
        findings=rows,
    )


def _check_growth(pod_cidrs: Sequence[str], goal: str) -> tuple[str, tuple[Finding, ...]]:
    old = parse_ranges(pod_cidrs)
    if len(old) != 1:
        message = f"`{goal}` is to be grown to from {len(old)} pod CIDRs."
        raise InvalidQuery(message, hint="Give the one that the cluster has.")
    new = parse_ranges([goal])[0]
    faults = expansion_faults(old[0], new)
    found = tuple(
        Finding(
            code="pod-cidr-growth",
            subject="cluster",
            message=fault,
            fix="Take a larger range that holds the old one.",
            source=POD_EXPAND,
        )
        for fault in faults
    )
    rule = (
        "It grows only to a larger range that holds the old one, on Linux-only clusters without "
        f"IPv6; check with `kubectl get nnc -n kube-system`. Source: {POD_EXPAND}."
    )
    if faults:
        return f"**No:** {old[0]} cannot grow to {new}. {' '.join(faults)} {rule}", found
    before, after = nodes_in_pod_cidr(old[0].prefixlen), nodes_in_pod_cidr(new.prefixlen)
    return (
        f"**Yes:** {old[0]} can grow to {new}, from {before} to {count(after, 'node')}, surge "
        f"included: `az aks update -n CLUSTER -g GROUP --pod-cidr {new}`. {rule}",
        (),
    )


def check_network(estate: Estate) -> RangesResult:
    """Return what a check of a whole network finds, for callers that read one from a file."""
    findings = check_estate(estate)
    errors = [finding for finding in findings if finding.severity == "error"]
    return RangesResult(
        summary=_describe(estate, findings),
        evidence=_evidence(findings),
        ok=not errors,
        findings=tuple(finding_row(finding) for finding in findings),
    )


def _evidence(findings: Sequence[Finding]) -> tuple[Evidence, ...]:
    if not findings:
        claim = "no range overlaps another that it may not, and none is refused by AKS"
        return (Evidence(claim=claim, source=str(OVERLAY), location=OVERLAY.url),)
    return tuple(
        Evidence(
            claim=finding.message,
            source=str(finding.source or "rules of AKS"),
            location=str(finding.location or (finding.source.url if finding.source else "")),
        )
        for finding in findings
    )


def _describe(estate: Estate, findings: Sequence[Finding]) -> str:
    errors = [finding for finding in findings if finding.severity == "error"]
    warnings = [finding for finding in findings if finding.severity == "warning"]
    if errors:
        first = f"No: this does not go together ({count(len(errors), 'fault')})."
    elif warnings:
        first = "Yes: AKS accepts this, with something to look out for."
    else:
        first = f"Yes: nothing is wrong with {_named(estate)}."
    lines = [f"{one.severity}: {describe_finding(one)}" for one in findings]
    return f"{first}\n\n{bullets(lines)}" if lines else first


def _named(estate: Estate) -> str:
    """Return the ranges that were looked at."""
    named = [f"pod CIDR {net}" for cluster in estate.clusters for net in cluster.pod_cidrs] + [
        f"service CIDR {net}" for cluster in estate.clusters for net in cluster.service_cidrs
    ]
    named += [f"VNet {vnet.name} {net}" for vnet in estate.vnets for net in vnet.prefixes]
    named += [
        f"subnet {subnet.name} {net}"
        for vnet in estate.vnets
        for subnet in vnet.subnets
        for net in subnet.networks
    ]
    named += [f"{one.name or 'connected'} {one.network}" for one in estate.connected]
    return join(named) if named else "what was given"

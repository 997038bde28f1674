"""Address plans and findings as data for results: plain texts and numbers."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from topology.ipam.address_plan import AddressPlan, PlannedCluster, PlannedVnet
from topology.ipam.findings import Finding

__all__ = [
    "AddressPlanRow",
    "ClusterRow",
    "DifferenceRow",
    "FindingRow",
    "SubnetRow",
    "VnetRow",
    "finding_row",
    "plan_row",
]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)


class SubnetRow(_Row):
    """One subnet."""

    name: str
    cidr: str
    cidr_v6: str | None
    addresses: int
    usable: int
    reserve: str | None
    """The neighbour that is kept free for it."""
    cluster: str
    delegation: str
    formula: str
    source: str
    url: str


class VnetRow(_Row):
    """One VNet."""

    name: str
    region: str
    prefixes: tuple[str, ...]
    prefix_v6: str | None
    peers: tuple[str, ...]
    subnets: tuple[SubnetRow, ...]


class ClusterRow(_Row):
    """One cluster with its ranges outside the VNet."""

    name: str
    vnet: str
    mode: str
    nodes: int
    surge: int
    pods: int
    pod_cidr: str | None
    pod_cidr_grows_into: str | None
    service_cidr: str
    dns_service_ip: str
    pod_cidr_v6: str | None
    service_cidr_v6: str | None


class FindingRow(_Row):
    """One fault that a check found."""

    code: str
    severity: str
    subject: str
    message: str
    fix: str
    source: str
    location: str


class DifferenceRow(_Row):
    """One line of what a change does."""

    subject: str
    before: str
    after: str


class AddressPlanRow(_Row):
    """A whole plan."""

    vnets: tuple[VnetRow, ...]
    clusters: tuple[ClusterRow, ...]
    free: tuple[str, ...]
    public: tuple[str, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    errors: tuple[str, ...]
    reason: str
    """Why it does not fit; empty when it does."""
    nearest: tuple[str, ...]
    """Changes that were computed to fit."""
    findings: tuple[FindingRow, ...]


def plan_row(plan: AddressPlan, findings: Sequence[Finding]) -> AddressPlanRow:
    """Return a plan as data, with what the check of it found."""
    return AddressPlanRow(
        vnets=tuple(_vnet(vnet) for vnet in plan.vnets),
        clusters=tuple(_cluster(cluster) for cluster in plan.clusters),
        free=tuple(map(str, plan.free)),
        public=plan.public,
        notes=plan.notes,
        warnings=plan.warnings,
        errors=plan.errors,
        reason=plan.failure.reason if plan.failure else "",
        nearest=plan.failure.nearest if plan.failure else (),
        findings=tuple(finding_row(finding) for finding in findings),
    )


def finding_row(finding: Finding) -> FindingRow:
    """Return a finding as data."""
    return FindingRow(
        code=finding.code,
        severity=finding.severity,
        subject=finding.subject,
        message=finding.message,
        fix=finding.fix,
        source=str(finding.source or ""),
        location=str(finding.location or ""),
    )


def _vnet(vnet: PlannedVnet) -> VnetRow:
    return VnetRow(
        name=vnet.name,
        region=vnet.region,
        prefixes=tuple(map(str, vnet.prefixes)),
        prefix_v6=_text(vnet.prefix_v6),
        peers=vnet.peers,
        subnets=tuple(
            SubnetRow(
                name=subnet.name,
                cidr=str(subnet.network),
                cidr_v6=_text(subnet.network_v6),
                addresses=subnet.wish.addresses,
                usable=subnet.usable,
                reserve=_text(subnet.reserve),
                cluster=subnet.wish.cluster,
                delegation=subnet.wish.delegation,
                formula=subnet.wish.formula,
                source=str(subnet.wish.source),
                url=subnet.wish.source.url,
            )
            for subnet in vnet.subnets
        ),
    )


def _cluster(cluster: PlannedCluster) -> ClusterRow:
    return ClusterRow(
        name=cluster.name,
        vnet=cluster.vnet,
        mode=cluster.sizes.mode,
        nodes=cluster.sizes.nodes,
        surge=cluster.sizes.surge,
        pods=cluster.sizes.pods,
        pod_cidr=_text(cluster.pod_cidr),
        pod_cidr_grows_into=_text(cluster.pod_reserve),
        service_cidr=str(cluster.service_cidr),
        dns_service_ip=str(cluster.dns_service_ip),
        pod_cidr_v6=_text(cluster.pod_cidr_v6),
        service_cidr_v6=_text(cluster.service_cidr_v6),
    )


def _text(value: object | None) -> str | None:
    return None if value is None else str(value)

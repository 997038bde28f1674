"""Everything wrong or worth knowing about Services and what leads to them."""

from collections.abc import Iterator

from topology.findings import Finding, ranked
from topology.memo import per_cluster
from topology.model import Cluster, Service
from topology.service_path.backend_checks import backend_findings
from topology.service_path.entry_checks import entry_findings
from topology.service_path.gateway_checks import gateway_findings
from topology.service_path.mesh_checks import mesh_findings
from topology.service_path.traffic_checks import exposure_findings, traffic_findings

__all__ = ["service_findings"]


def service_findings(
    cluster: Cluster, *, namespace: str = "", service: Service | None = None
) -> tuple[Finding, ...]:
    """Return what is wrong with Services, their endpoints and the entries that lead to them.

    Args:
        cluster: As loaded.
        namespace: Only findings about objects of this namespace; empty for all.
        service: Only findings about this Service and what leads to it; None for all.

    Returns:
        The worst first.
    """
    found: list[Finding] = []
    for finding, about in _entries(cluster):
        if service is None or about == service.full_name:
            found.append(finding)
    for each in cluster.services if service is None else (service,):
        found += _of_service(cluster, each)
    kept = [one for one in found if not namespace or one.object.split("/")[1] == namespace]
    return ranked(kept)


def _of_service(cluster: Cluster, service: Service) -> Iterator[Finding]:
    yield from backend_findings(cluster, service)
    yield from traffic_findings(cluster, service)
    yield from exposure_findings(cluster, service)
    yield from mesh_findings(cluster, service)


@per_cluster
def _entries(cluster: Cluster) -> tuple[tuple[Finding, str], ...]:
    """Return what is wrong with entries and gateways, each with the Service it is about."""
    return (*entry_findings(cluster), *gateway_findings(cluster))

"""Everything wrong or worth knowing about Services and what leads to them."""

from topology.findings import Finding, ranked
from topology.model import Cluster, Service

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
    return ranked([])

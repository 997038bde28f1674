"""Everything wrong or worth knowing in the Azure network around a cluster."""

from topology.findings import Finding, ranked
from topology.model import Cluster

__all__ = ["azure_findings"]


def azure_findings(cluster: Cluster) -> tuple[Finding, ...]:
    """Return what is wrong in the Azure network that was loaded beside a cluster.

    Args:
        cluster: As loaded; without anything of Azure there are no findings.

    Returns:
        The worst first.
    """
    return ranked([])

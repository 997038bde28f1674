"""Everything wrong or worth knowing in the Azure network around a cluster."""

from topology.azure.cluster_checks import cluster_findings
from topology.azure.context import AzureContext
from topology.azure.estate_checks import estate_findings
from topology.azure.group_checks import group_findings
from topology.azure.reading import azure_of
from topology.azure.route_checks import route_findings
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
    azure = azure_of(cluster)
    if azure.is_empty:
        return ()
    context = AzureContext(cluster, azure)
    return ranked(
        [
            *group_findings(context),
            *route_findings(context),
            *cluster_findings(context),
            *estate_findings(azure),
        ]
    )

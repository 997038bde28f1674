"""The Azure network around a cluster: security groups, routes, load balancers, and what is wrong.

`azure_of(cluster)` is what was loaded; `azure_findings(cluster)` what is wrong with it.
"""

from topology.azure.findings import azure_findings
from topology.azure.network import AzureNetwork
from topology.azure.reading import azure_of

__all__ = ["AzureNetwork", "azure_findings", "azure_of"]

"""The tool about the Azure network around the cluster."""

from tools.service_path import check_result, topical
from tools.service_rows import CheckResult
from tools.spec import tool
from tools.topics import AZURE_TOPICS, pick
from tools.wording import count
from tools.workspace import Workspace
from topology.errors import InvalidQuery

__all__ = ["check_azure"]

_WANTED = (
    ("NetworkSecurityGroup", "security groups", "az network nsg list -o json"),
    ("VirtualNetwork", "VNets and subnets", "az network vnet list -o json"),
    ("RouteTable", "route tables", "az network route-table list -o json"),
    ("ManagedCluster", "AKS clusters", "az aks list -o json"),
)


@tool()
def check_azure(workspace: Workspace, about: str = "") -> CheckResult:
    """Find what is wrong in the Azure network: security groups, routes, peerings, ranges, SNAT.

    Use it for "does an NSG block the pods", "is the health probe of the load balancer let in",
    "does the pod CIDR overlap on-premises", "will SNAT ports last", "is the Azure network sound",
    "which CNI, dataplane and Istio revision does the cluster run".

    Args:
        workspace: The network, with what `az ... -o json` printed.
        about: Only `groups` (NSGs), `probes`, `routes`, `peerings`, `endpoints` (private ones),
            `ranges`, `snat` or `cluster` (what AKS runs); empty for all.

    Returns:
        Findings with file, line and fix, the worst first, and what the clusters are.
    """
    from topology.azure import azure_findings, azure_of
    from topology.azure.facts import cluster_facts, node_places, probe_facts

    cluster = workspace.cluster
    azure = azure_of(cluster)
    if azure.is_empty:
        message = "Nothing of Azure is in the workspace."
        commands = ", ".join(f"`{command}`" for _, _, command in _WANTED)
        raise InvalidQuery(message, hint=f"Add what these print with `-w`: {commands}.")
    lacking = tuple(
        f"No {what} are in the input, so what they do is not known: `{command}`."
        for kind, what, command in _WANTED
        if kind not in azure.kinds
    )
    faults = tuple(
        f"{problem.message} ({problem.location})" if problem.location else problem.message
        for problem in azure.problems
    )
    checked = [
        count(len(azure.vnets), "VNet"),
        count(len(azure.subnets), "subnet"),
        count(len(azure.security_groups), "security group"),
        count(len(azure.route_tables), "route table"),
        count(len(azure.clusters), "AKS cluster"),
    ]
    if not node_places(cluster) and (azure.security_groups or azure.route_tables):
        lacking += (
            "In which subnets the nodes are is not known, so no security group and no route was "
            "checked for them: add nodes (`kubectl get nodes -o yaml`), VNets and AKS clusters.",
        )
    findings, others = pick(azure_findings(cluster), about, AZURE_TOPICS)
    topic = about.strip().lower()
    facts = probe_facts(cluster) if topic == "probes" else ()
    if topic in ("", "cluster", "ranges", "snat"):
        facts = cluster_facts(azure)
    return check_result(
        topical(f"Azure network ({', '.join(checked)})", about),
        findings,
        (*lacking, *faults),
        facts=facts,
        others=others,
    )

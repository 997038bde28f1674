"""What AKS clusters are, in sentences."""

from collections.abc import Iterator

from topology.azure.context import AzureContext
from topology.azure.estate_checks import mode_of, most_nodes
from topology.azure.judging import Traffic
from topology.azure.network import AksCluster, AzureNetwork
from topology.azure.reading import azure_of
from topology.azure.wording import group_reason
from topology.ipam.egress import default_ports
from topology.ipam.modes import MODES
from topology.model import Cluster

__all__ = ["cluster_facts", "node_places", "probe_facts"]


def cluster_facts(azure: AzureNetwork) -> tuple[str, ...]:
    """Return what the clusters of an export are: network, features, pools and way out."""
    return tuple(text for cluster in azure.clusters for text in _facts(cluster))


def node_places(cluster: Cluster) -> tuple[str, ...]:
    """Return the ids of the subnets in which the cluster's nodes are known to be."""
    return tuple(place.subnet for place in AzureContext(cluster, azure_of(cluster)).node_places)


def probe_facts(cluster: Cluster) -> tuple[str, ...]:
    """Return which rules let the health probes of load balancers in."""
    context = AzureContext(cluster, azure_of(cluster))
    found: dict[str, None] = {}
    for place in context.node_places:
        nodes = context.node_range(place)
        traffic = Traffic(source=context.host, destination=nodes, protocol="TCP", port=None)
        for group in context.groups(place):
            judgement = context.ask(group, "inbound", traffic, place)
            if judgement.verdict == "allow":
                found[f"Health probes: {group_reason(judgement, 'inbound', traffic)}"] = None
    return tuple(found)


def _facts(cluster: AksCluster) -> Iterator[str]:
    name = f"Cluster `{cluster.name}`"
    mode = mode_of(cluster)
    kind = MODES[mode].title if mode else f"network plugin `{cluster.plugin or 'not told'}`"
    version = f", Kubernetes {cluster.version}" if cluster.version else ""
    dataplane = f", dataplane `{cluster.dataplane}`" if cluster.dataplane else ""
    policy = f", network policy `{cluster.policy}`" if cluster.policy else ""
    yield f"{name}: {kind}{dataplane}{policy}{version}."
    ranges = [f"pods {one}" for one in cluster.pod_cidrs]
    ranges += [f"Services {one}" for one in cluster.service_cidrs]
    if ranges:
        dns = f", DNS at {cluster.dns_service_ip}" if cluster.dns_service_ip else ""
        yield f"{name}: {', '.join(ranges)}{dns}."
    if cluster.observability is not None or cluster.istio:
        words = {True: "on", False: "off", None: "not told"}
        parts = [
            f"ACNS observability {words[cluster.observability]}",
            f"security {words[cluster.security]}",
        ]
        parts += [f"advanced policies `{cluster.l7_policies}`"] if cluster.l7_policies else []
        parts += [f"encryption `{cluster.encryption}`"] if cluster.encryption else []
        mesh = f"; Istio {', '.join(cluster.istio)}" if cluster.istio else ""
        yield f"{name}: {', '.join(parts)}{mesh}."
    if cluster.outbound:
        yield f"{name}: outbound type `{cluster.outbound}`{_ports(cluster)}."


def _ports(cluster: AksCluster) -> str:
    """Return the SNAT ports of each node at the largest size, where a load balancer gives them."""
    nodes, surge = most_nodes(cluster)
    if cluster.outbound.lower() != "loadbalancer" or not nodes:
        return ""
    ports = cluster.outbound_ports or default_ports(nodes + surge)
    return f", {ports} SNAT ports for each of {nodes} + {surge} surge nodes"

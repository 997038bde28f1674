"""What every connection leans on: the DNS servers and the agents of the network, found by label."""

from typing import Final

from topology.memo import per_cluster
from topology.model import Cluster, Pod, Service, Workload
from topology.services import service_workloads

__all__ = ["AGENTS", "agent_of", "dns_services", "dns_workloads", "is_down", "node_local_dns"]

AGENTS: Final = (
    ("k8s-app", "cilium", "the Cilium agent"),
    ("app.kubernetes.io/name", "cilium-agent", "the Cilium agent"),
    ("io.cilium/app", "operator", "the Cilium operator"),
    ("name", "cilium-operator", "the Cilium operator"),
    ("k8s-app", "azure-cns", "Azure's address service (azure-cns)"),
    ("k8s-app", "azure-npm", "Azure's policy agent (azure-npm)"),
    ("component", "kube-proxy", "kube-proxy"),
    ("k8s-app", "kube-proxy", "kube-proxy"),
    ("k8s-app", "istio-cni-node", "Istio's CNI agent"),
    ("app", "ztunnel", "Istio's ztunnel"),
    ("app", "istiod", "Istio's control plane"),
)
"""Labels by which pods that carry traffic for others are known, with what they are."""
_DNS_LABELS: Final = ("kube-dns", "coredns")
_DNS_PORT: Final = 53


def agent_of(workload: Workload) -> str:
    """Return which agent of the network a workload is; empty for any other."""
    return next(
        (what for key, value, what in AGENTS if workload.labels.get(key) == value),
        "",
    )


@per_cluster
def dns_services(cluster: Cluster) -> tuple[Service, ...]:
    """Return the Services that answer DNS for the pods of the cluster."""
    return tuple(
        one
        for one in cluster.services
        if any(port.port == _DNS_PORT for port in one.ports)
        and (one.name in _DNS_LABELS or one.labels.get("k8s-app") in _DNS_LABELS)
    )


@per_cluster
def dns_workloads(cluster: Cluster) -> tuple[Workload, ...]:
    """Return the workloads that answer DNS: behind those Services, or known by their label."""
    found = {
        one.full_name: one
        for service in dns_services(cluster)
        for one in service_workloads(cluster, service)
    }
    for one in cluster.workloads:
        if one.labels.get("k8s-app") in _DNS_LABELS or one.name == "coredns":
            found.setdefault(one.full_name, one)
    return tuple(found.values())


@per_cluster
def node_local_dns(cluster: Cluster) -> tuple[Workload, ...]:
    """Return the DaemonSets of NodeLocal DNSCache."""
    return tuple(
        one
        for one in cluster.workloads
        if one.kind == "DaemonSet"
        and (
            "node-local-dns" in (one.name, one.labels.get("k8s-app")) or "nodelocaldns" in one.name
        )
    )


def is_down(pod: Pod) -> bool:
    """Say whether a real pod does no work although it should."""
    return not pod.planned and pod.running and not pod.ready

"""Cluster values built from the JSON of a case, without any file in between."""

from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import Any

from topology.model import (
    Cluster,
    ContainerPort,
    Document,
    Endpoint,
    Namespace,
    Pod,
    Service,
    Source,
    Workload,
)

__all__ = ["build_snapshot", "document_of"]

_CLUSTER_WIDE = frozenset({"CiliumCIDRGroup", "CiliumClusterwideNetworkPolicy"})


def build_snapshot(
    *,
    namespaces: Mapping[str, Mapping[str, str]],
    pods: Iterable[Mapping[str, Any]],
    policies: Iterable[Mapping[str, Any]],
    cidr_groups: Mapping[str, list[str]] | None = None,
    api_server: str = "",
) -> Cluster:
    """Build a cluster of bare pods.

    Args:
        namespaces: Labels by name.
        pods: Mappings with `namespace`, `name`, `labels`, and perhaps `ip`, `ports` and
            `serviceAccount`.
        policies: Policy objects as Kubernetes has them.
        cidr_groups: CIDRs by name of the CiliumCIDRGroup.
        api_server: Address of the control plane, where it runs outside the cluster.
    """
    workloads = tuple(_workload(pod) for pod in pods)
    groups = [
        {
            "apiVersion": "cilium.io/v2",
            "kind": "CiliumCIDRGroup",
            "metadata": {"name": name},
            "spec": {"externalCIDRs": cidrs or []},
        }
        for name, cidrs in (cidr_groups or {}).items()
    ]
    return Cluster(
        namespaces={
            name: Namespace(name=name, labels=(namespaces.get(name) or {}))
            for name in (*namespaces, *(workload.namespace for workload in workloads))
        },
        workloads=workloads,
        services=(_control_plane(api_server),) if api_server else (),
        policies=tuple(document_of(policy) for policy in policies),
        documents=tuple(document_of(group) for group in groups),
    )


def document_of(body: Mapping[str, Any]) -> Document:
    """Wrap an object as if it had been read from a file."""
    kind, metadata = str(body["kind"]), body.get("metadata") or {}
    return Document(
        kind=kind,
        api_version=str(body.get("apiVersion") or ""),
        namespace="" if kind in _CLUSTER_WIDE else metadata.get("namespace") or "default",
        name=str(metadata.get("name") or ""),
        body=body,
        source=Source(file="case"),
    )


def _control_plane(address: str) -> Service:
    endpoint = Endpoint(address=ip_address(address))
    return Service(namespace="default", name="kubernetes", endpoints=(endpoint,))


def _workload(given: Mapping[str, Any]) -> Workload:
    pod = Pod(
        namespace=given["namespace"],
        name=given["name"],
        labels=given.get("labels") or {},
        addresses=(ip_address(given["ip"]),) if given.get("ip") else (),
        service_account=given.get("serviceAccount") or "default",
        ports=tuple(
            ContainerPort(int(port["port"]), port.get("protocol") or "TCP", port.get("name") or "")
            for port in given.get("ports") or ()
        ),
        workload=given["name"],
    )
    return Workload(
        kind="Pod", namespace=pod.namespace, name=pod.name, labels=pod.labels, pods=(pod,)
    )

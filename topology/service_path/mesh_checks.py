"""Istio's client side against its server side: what a DestinationRule sends, what a pod takes."""

from collections.abc import Iterator

from topology.findings import Finding
from topology.memo import per_cluster
from topology.model import Cluster, Pod, Service
from topology.policy.istio import MeshPolicies
from topology.policy.istio.destination_rules import client_mode
from topology.services import service_backends

__all__ = ["mesh_findings"]


def mesh_findings(cluster: Cluster, service: Service) -> Iterator[Finding]:
    """Yield the DestinationRule that makes callers of a Service speak what its pods refuse."""
    for route in service_backends(cluster, service):
        found = client_mode(cluster, service, route.port.port)
        if found is None or not found.is_refused_by_strict:
            continue
        if any(one.pod and _is_strict(cluster, one.pod, one.port) for one in route.backends):
            yield Finding(
                code="mtls-not-sent",
                severity="error",
                object=found.policy,
                location=found.location,
                subjects=(service.full_name,),
                why=f"`{found.policy}` sets TLS mode `{found.mode}` for Service "
                f"`{service.full_name}`, while its pods take mutual TLS only (STRICT), so "
                "sidecars of callers are refused with connection resets.",
                fix="Set the mode to `ISTIO_MUTUAL`, or leave `tls` out: Istio then chooses.",
            )
            return


def _is_strict(cluster: Cluster, pod: Pod, port: int | None) -> bool:
    index = _mesh(cluster).index
    return index.state(pod).present is True and index.mode(pod, port).mode == "STRICT"


@per_cluster
def _mesh(cluster: Cluster) -> MeshPolicies:
    return MeshPolicies.build(cluster)

"""Istio's client side against its server side: what a DestinationRule sends, what a pod takes.

Source: Istio docs, "Understanding TLS configuration": a DestinationRule with TLS mode `DISABLE`
makes callers' sidecars send plaintext, which a PeerAuthentication with `STRICT` refuses.
"""

from collections.abc import Iterator

from topology.findings import Finding
from topology.memo import per_cluster
from topology.model import Cluster, Document, Pod, Service
from topology.policy.istio import MeshPolicies
from topology.policy.istio.bodies import listing, mapping, spec_of
from topology.service_path.entry_checks import is_host
from topology.services import service_backends

__all__ = ["mesh_findings"]

_NO_MUTUAL_TLS = ("DISABLE", "SIMPLE")
_OF_ISTIO = "ISTIO_MUTUAL"


def mesh_findings(cluster: Cluster, service: Service) -> Iterator[Finding]:
    """Yield the DestinationRules that make callers of a Service speak what its pods refuse."""
    for document in cluster.documents:
        if document.kind != "DestinationRule" or not is_host(document, service):
            continue
        for route in service_backends(cluster, service):
            mode, path = _mode(document, route.port.port)
            pods = [one.pod for one in route.backends if one.pod is not None]
            strict = next((pod for pod in pods if _is_strict(cluster, pod, route.backends[0].port)),
                          None)  # fmt: skip
            if mode in _NO_MUTUAL_TLS and strict is not None:
                yield Finding(
                    code="mtls-not-sent",
                    severity="error",
                    object=document.key,
                    location=document.source.at(path),
                    subjects=(service.full_name,),
                    why=f"`{document.key}` sets TLS mode `{mode}` for Service "
                    f"`{service.full_name}`, while its pods take mutual TLS only (STRICT), so "
                    "sidecars of callers are refused with connection resets.",
                    fix=f"Set the mode to `{_OF_ISTIO}`, or leave `tls` out: Istio then chooses.",
                )
                return


def _mode(document: Document, port: int) -> tuple[str, str]:
    """Return the TLS mode of callers on a port of a Service, and where it stands."""
    policy = mapping(spec_of(document.body).get("trafficPolicy"))
    for number, each in enumerate(listing(policy.get("portLevelSettings"))):
        own = mapping(each)
        if mapping(own.get("port")).get("number") == port and own.get("tls"):
            place = f"spec.trafficPolicy.portLevelSettings[{number}].tls"
            return str(mapping(own.get("tls")).get("mode") or ""), place
    return str(mapping(policy.get("tls")).get("mode") or ""), "spec.trafficPolicy.tls"


def _is_strict(cluster: Cluster, pod: Pod, port: int | None) -> bool:
    index = _mesh(cluster).index
    return index.state(pod).present is True and index.mode(pod, port).mode == "STRICT"


@per_cluster
def _mesh(cluster: Cluster) -> MeshPolicies:
    return MeshPolicies.build(cluster)

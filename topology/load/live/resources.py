"""What is asked of an API server: lists of kinds that are read here, and never a Secret."""

from dataclasses import dataclass
from typing import Final

__all__ = ["RESOURCES", "Resource"]


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind with the places where its list may stand, the newest version first."""

    kind: str
    paths: tuple[str, ...]
    fields: str = ""
    """A field selector that leaves out what is of no use."""
    optional: bool = True
    """Whether a cluster may well not know the kind, so that its absence is nothing to tell."""


def _core(kind: str, plural: str, fields: str = "") -> Resource:
    return Resource(kind, (f"/api/v1/{plural}",), fields, optional=False)


def _group(kind: str, group: str, plural: str, *versions: str) -> Resource:
    return Resource(kind, tuple(f"/apis/{group}/{one}/{plural}" for one in versions))


_CONFIG_MAPS: Final = ("coredns", "coredns-custom", "node-local-dns", "cilium-config")
"""Read by name: other ConfigMaps are nobody's business here."""

RESOURCES: Final = (
    _core("Namespace", "namespaces"),
    _core("Node", "nodes"),
    _core("Pod", "pods"),
    _core("Service", "services"),
    _core("Event", "events", "type=Warning"),
    *(
        Resource("ConfigMap", ("/api/v1/namespaces/kube-system/configmaps",),
                 f"metadata.name={name}")
        for name in _CONFIG_MAPS
    ),
    *(
        Resource("ConfigMap", (f"/api/v1/namespaces/{space}/configmaps",))
        for space in ("istio-system", "aks-istio-system")
    ),
    _group("EndpointSlice", "discovery.k8s.io", "endpointslices", "v1"),
    _group("Deployment", "apps", "deployments", "v1"),
    _group("ReplicaSet", "apps", "replicasets", "v1"),
    _group("StatefulSet", "apps", "statefulsets", "v1"),
    _group("DaemonSet", "apps", "daemonsets", "v1"),
    _group("Job", "batch", "jobs", "v1"),
    _group("CronJob", "batch", "cronjobs", "v1"),
    _group("NetworkPolicy", "networking.k8s.io", "networkpolicies", "v1"),
    _group("Ingress", "networking.k8s.io", "ingresses", "v1"),
    _group("IngressClass", "networking.k8s.io", "ingressclasses", "v1"),
    _group("CiliumNetworkPolicy", "cilium.io", "ciliumnetworkpolicies", "v2"),
    _group("CiliumClusterwideNetworkPolicy", "cilium.io", "ciliumclusterwidenetworkpolicies", "v2"),
    _group("CiliumCIDRGroup", "cilium.io", "ciliumcidrgroups", "v2", "v2alpha1"),
    _group("CiliumLocalRedirectPolicy", "cilium.io", "ciliumlocalredirectpolicies", "v2"),
    _group("AuthorizationPolicy", "security.istio.io", "authorizationpolicies", "v1", "v1beta1"),
    _group("PeerAuthentication", "security.istio.io", "peerauthentications", "v1", "v1beta1"),
    _group("RequestAuthentication", "security.istio.io", "requestauthentications", "v1", "v1beta1"),
    _group("ServiceEntry", "networking.istio.io", "serviceentries", "v1", "v1beta1"),
    _group("Gateway", "networking.istio.io", "gateways", "v1", "v1beta1"),
    _group("VirtualService", "networking.istio.io", "virtualservices", "v1", "v1beta1"),
    _group("DestinationRule", "networking.istio.io", "destinationrules", "v1", "v1beta1"),
    _group("Gateway", "gateway.networking.k8s.io", "gateways", "v1", "v1beta1"),
    _group("HTTPRoute", "gateway.networking.k8s.io", "httproutes", "v1", "v1beta1"),
    _group("GRPCRoute", "gateway.networking.k8s.io", "grpcroutes", "v1", "v1alpha2"),
    _group("TLSRoute", "gateway.networking.k8s.io", "tlsroutes", "v1", "v1alpha3", "v1alpha2"),
    _group("TCPRoute", "gateway.networking.k8s.io", "tcproutes", "v1alpha2"),
    _group("ReferenceGrant", "gateway.networking.k8s.io", "referencegrants", "v1", "v1beta1"),
    _group("NodeNetworkConfig", "acn.azure.com", "nodenetworkconfigs", "v1alpha"),
)  # fmt: skip

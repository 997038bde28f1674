"""Which kinds are read, and into what."""

from typing import Final

__all__ = [
    "CLUSTER_WIDE",
    "DOCUMENTS",
    "GROUPS",
    "KEPT_WHOLE",
    "POLICIES",
    "REPORTS",
    "RULES_NOT_EVALUATED",
    "canonical_kind",
    "is_dns_config",
    "is_mesh_config",
]

# Source: design.md section 4, "A cluster export is ...". The first group is the one in use, the
# others are older homes of the same kind.
GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "Namespace": ("v1",),
    "Node": ("v1",),
    "Pod": ("v1",),
    "Service": ("v1",),
    "Endpoints": ("v1",),
    "EndpointSlice": ("discovery.k8s.io",),
    "ConfigMap": ("v1",),
    "Deployment": ("apps", "extensions"),
    "StatefulSet": ("apps",),
    "DaemonSet": ("apps", "extensions"),
    "ReplicaSet": ("apps", "extensions"),
    "ReplicationController": ("v1",),
    "Job": ("batch",),
    "CronJob": ("batch",),
    "NetworkPolicy": ("networking.k8s.io", "extensions"),
    "CiliumNetworkPolicy": ("cilium.io",),
    "CiliumClusterwideNetworkPolicy": ("cilium.io",),
    "CiliumCIDRGroup": ("cilium.io",),
    "AuthorizationPolicy": ("security.istio.io",),
    "PeerAuthentication": ("security.istio.io",),
    "RequestAuthentication": ("security.istio.io",),
    "ServiceEntry": ("networking.istio.io",),
    "Gateway": ("networking.istio.io", "gateway.networking.k8s.io"),
    "Event": ("v1", "events.k8s.io"),
    "CiliumLocalRedirectPolicy": ("cilium.io",),
    "NodeNetworkConfig": ("acn.azure.com",),
    "VirtualService": ("networking.istio.io",),
    "DestinationRule": ("networking.istio.io",),
    "GatewayClass": ("gateway.networking.k8s.io",),
    "HTTPRoute": ("gateway.networking.k8s.io",),
    "GRPCRoute": ("gateway.networking.k8s.io",),
    "TLSRoute": ("gateway.networking.k8s.io",),
    "TCPRoute": ("gateway.networking.k8s.io",),
    "ReferenceGrant": ("gateway.networking.k8s.io",),
    "Ingress": ("networking.k8s.io", "extensions"),
    "IngressClass": ("networking.k8s.io",),
    "ApplicationLoadBalancer": ("alb.networking.azure.io",),
}

POLICIES: Final = frozenset(
    {
        "AuthorizationPolicy",
        "CiliumClusterwideNetworkPolicy",
        "CiliumNetworkPolicy",
        "NetworkPolicy",
        "PeerAuthentication",
        "RequestAuthentication",
    }
)
DOCUMENTS: Final = frozenset(
    {
        "ApplicationLoadBalancer",
        "CiliumCIDRGroup",
        "DestinationRule",
        "GRPCRoute",
        "Gateway",
        "GatewayClass",
        "HTTPRoute",
        "Ingress",
        "IngressClass",
        "ReferenceGrant",
        "ServiceEntry",
        "TCPRoute",
        "TLSRoute",
        "VirtualService",
    }
)
REPORTS: Final = frozenset({"CiliumLocalRedirectPolicy", "Event", "NodeNetworkConfig"})
"""Kinds that tell of the state of a cluster and decide no verdict."""
KEPT_WHOLE: Final = POLICIES | DOCUMENTS | {"ConfigMap"}
"""Kinds of which every field, with its line, may be asked for."""

CLUSTER_WIDE: Final = frozenset(
    {
        "CiliumCIDRGroup",
        "CiliumClusterwideNetworkPolicy",
        "GatewayClass",
        "IngressClass",
        "Namespace",
        "Node",
    }
)

RULES_NOT_EVALUATED: Final = frozenset(
    {
        "AdminNetworkPolicy",
        "BaselineAdminNetworkPolicy",
        "ClusterNetworkPolicy",
        "GlobalNetworkPolicy",
        *(f"{kind}.crd.projectcalico.org" for kind in ("NetworkPolicy", "StagedNetworkPolicy")),
        "NetworkPolicy.projectcalico.org",
    }
)
"""Kinds that decide who reaches whom and that nothing here evaluates: worth a warning."""

_MESH_CONFIG_PREFIX: Final = "istio"
_CILIUM_CONFIG: Final = "cilium-config"
_DNS_CONFIGS: Final = ("coredns", "coredns-custom", "node-local-dns")


def canonical_kind(kind: str, api_version: str) -> str:
    """Return a kind, with its group where the plain kind belongs to another API.

    >>> canonical_kind("Service", "v1"), canonical_kind("Service", "serving.knative.dev/v1")
    ('Service', 'Service.serving.knative.dev')
    """
    group = api_version.rpartition("/")[0]
    known = GROUPS.get(kind)
    if known is None or not api_version or (group or "v1") in known:
        return kind
    return f"{kind}.{group}" if group else kind


def is_mesh_config(name: str) -> bool:
    """Say whether a ConfigMap of this name configures Istio or Cilium."""
    return name.startswith(_MESH_CONFIG_PREFIX) or name == _CILIUM_CONFIG


def is_dns_config(name: str) -> bool:
    """Say whether a ConfigMap of this name configures the cluster's DNS."""
    return name in _DNS_CONFIGS

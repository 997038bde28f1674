"""Which policies apply to which pod: scope, selectors, and attachment to gateways.

Source: istio pilot/pkg/model/policyattachment.go and authorization.go.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from topology.model import Pod
from topology.policy.istio.rules import AuthorizationPolicy, TargetRef

__all__ = ["Role", "is_gateway", "name_of", "role_of", "selects", "selects_labels"]

Role = Literal["sidecar", "gateway", "waypoint"]

GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name"
MANAGED_BY = "gateway.istio.io/managed"
WAYPOINT_CONTROLLER = "istio.io-mesh-controller"


def name_of(pod: Pod) -> str:
    """Return how explanations call a pod: a planned one by its workload."""
    return f"{pod.namespace}/{pod.workload}" if pod.planned and pod.workload else pod.full_name


def role_of(pod: Pod) -> Role:
    """Return what the proxy of a pod is: a sidecar, a Gateway API gateway, or a waypoint."""
    if GATEWAY_NAME not in pod.labels:
        return "sidecar"
    return "waypoint" if pod.labels.get(MANAGED_BY) == WAYPOINT_CONTROLLER else "gateway"


def is_gateway(pod: Pod) -> bool:
    """Return whether a pod stands at the edge of the mesh, where callers have no sidecar."""
    return role_of(pod) == "gateway" or "gateway" in pod.labels.get("istio", "")


def selects_labels(selector: Mapping[str, str], pod: Pod) -> bool:
    """Return whether a pod carries every label of a selector; an empty one selects every pod."""
    return selector.items() <= pod.labels.items()


def selects(policy: AuthorizationPolicy, pod: Pod, *, root_namespace: str) -> bool:
    """Return whether a policy applies to the proxy of a pod.

    Args:
        policy: A policy of any namespace.
        pod: The pod whose proxy enforces it.
        root_namespace: Whose policies apply in every namespace.
    """
    if policy.namespace not in (root_namespace, pod.namespace):
        return False
    role = role_of(pod)
    if not policy.target_refs:
        return role != "waypoint" and selects_labels(policy.selector, pod)
    return role != "sidecar" and _is_attached(
        policy.target_refs, pod, in_root=policy.namespace == root_namespace
    )


def _is_attached(references: Iterable[TargetRef], pod: Pod, *, in_root: bool) -> bool:
    for reference in references:
        own = reference.name == pod.labels[GATEWAY_NAME]
        if reference.kind == "Gateway" and own:
            return True
        if reference.kind == "GatewayClass" and in_root and role_of(pod) == "waypoint":
            return True
    return False

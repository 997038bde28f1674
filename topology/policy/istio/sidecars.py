"""Whether a pod carries an Istio proxy: what a real pod holds, what a planned one would get.

Source: Istio "Installing the sidecar" (which labels the four webhooks select by); for the AKS
add-on Microsoft's istio-deploy-addon page: only `istio.io/rev` injects there, and
`istio-injection=enabled` makes the add-on skip the namespace.
"""

from dataclasses import dataclass

from topology.model import Cluster, Namespace, Pod
from topology.policy.istio.mesh import is_addon

__all__ = ["PROXY_CONTAINER", "ProxyState", "bypasses_inbound", "bypasses_outbound", "proxy_state"]

PROXY_CONTAINER = "istio-proxy"
_INJECT = "sidecar.istio.io/inject"
_REVISION = "istio.io/rev"
_NAMESPACE_SWITCH = "istio-injection"
_DATAPLANE = "istio.io/dataplane-mode"
_EXCLUDED_INBOUND = "traffic.sidecar.istio.io/excludeInboundPorts"
_INCLUDED_INBOUND = "traffic.sidecar.istio.io/includeInboundPorts"
_EXCLUDED_OUTBOUND = "traffic.sidecar.istio.io/excludeOutboundPorts"


@dataclass(frozen=True, slots=True)
class ProxyState:
    """Whether a pod carries a proxy, and how that is known."""

    present: bool | None
    """None where the input does not tell."""
    reason: str
    """A clause such as ``its namespace has the label `istio.io/rev=asm-1-24` ``."""
    ambient: bool = False
    """Whether its node's ztunnel stands in for a sidecar."""


def proxy_state(cluster: Cluster, pod: Pod) -> ProxyState:
    """Return whether a pod carries an Istio proxy."""
    if PROXY_CONTAINER in pod.containers:
        return ProxyState(True, f"it has a container `{PROXY_CONTAINER}`")
    if pod.host_network:
        return ProxyState(False, "it uses the network of its node, where Istio injects no sidecar")
    namespace = cluster.namespaces.get(pod.namespace, Namespace(name=pod.namespace, declared=False))
    if pod.labels.get(_DATAPLANE, namespace.labels.get(_DATAPLANE)) == "ambient":
        return ProxyState(None, "ambient mode is on for it, so its node's ztunnel guards it", True)
    planned = _planned_state(cluster, namespace, pod)
    if not pod.containers or pod.planned:
        return planned
    missing = f"it has no container `{PROXY_CONTAINER}`"
    if planned.present:
        # Injection happens when a pod starts, never later.
        missing += f", although {planned.reason}: it was not restarted since"
    return ProxyState(False, missing)


def bypasses_inbound(pod: Pod, port: int | None) -> str:
    """Return the annotation by which connections to a port pass the sidecar by; else empty."""
    if port is None:
        return ""
    if str(port) in _ports(pod, _EXCLUDED_INBOUND):
        return _EXCLUDED_INBOUND
    included = _ports(pod, _INCLUDED_INBOUND)
    given = _INCLUDED_INBOUND in pod.annotations
    return _INCLUDED_INBOUND if given and not {"*", str(port)} & included else ""


def bypasses_outbound(pod: Pod, port: int | None) -> str:
    """Return the annotation by which connections out to a port pass the sidecar by; else empty."""
    excluded = port is not None and str(port) in _ports(pod, _EXCLUDED_OUTBOUND)
    return _EXCLUDED_OUTBOUND if excluded else ""


def _ports(pod: Pod, annotation: str) -> set[str]:
    return {part.strip() for part in pod.annotations.get(annotation, "").split(",")} - {""}


def _planned_state(cluster: Cluster, namespace: Namespace, pod: Pod) -> ProxyState:
    """Return what injection would do to a pod that does not exist yet."""
    wish = pod.labels.get(_INJECT, pod.annotations.get(_INJECT, ""))
    if wish == "false":
        return ProxyState(False, f"it has `{_INJECT}: false`")
    if not namespace.declared:
        return ProxyState(
            None, f"the input holds neither its containers nor the namespace `{namespace.name}`"
        )
    switch = namespace.labels.get(_NAMESPACE_SWITCH, "")
    revision = namespace.labels.get(_REVISION, "")
    if switch:
        return _switched_state(cluster, namespace.name, switch)
    if revision:
        return ProxyState(
            True, f"namespace `{namespace.name}` has the label `{_REVISION}={revision}`"
        )
    if pod.labels.get(_REVISION):
        return ProxyState(True, f"it has the label `{_REVISION}={pod.labels[_REVISION]}`")
    if pod.labels.get(_INJECT) == "true" and not is_addon(cluster):
        return ProxyState(True, f"it has the label `{_INJECT}=true`")
    return ProxyState(False, f"nothing on it or on namespace `{namespace.name}` asks for a sidecar")


def _switched_state(cluster: Cluster, namespace: str, switch: str) -> ProxyState:
    """Return what the label `istio-injection` of the namespace leads to."""
    label = f"`{_NAMESPACE_SWITCH}={switch}`"
    if switch != "enabled":
        return ProxyState(False, f"namespace `{namespace}` has the label {label}")
    if is_addon(cluster):
        return ProxyState(
            False,
            f"namespace `{namespace}` has the label {label}, which makes the AKS add-on skip it "
            f"(it injects by `{_REVISION}` only)",
        )
    return ProxyState(True, f"namespace `{namespace}` has the label {label}")

"""What a proxy takes a port to speak, by the Services in front of it.

Source: istio pkg/config/kube/conversion.go (appProtocol, then the port name's prefix, then the
well-known ports that are never sniffed) and Istio "Protocol Selection".
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from topology.model import Cluster, Pod, ServicePort
from topology.policy.istio.selection import role_of
from topology.services import selected_pods

__all__ = ["Application", "PortProtocols", "application_of"]

Application = Literal["http", "tcp", "sniffed"]

_HTTP = frozenset({"http", "http2", "grpc", "grpc-web", "http_proxy"})
_TCP = frozenset({"tcp", "https", "tls", "mongo", "redis", "mysql", "udp"})
_KUBERNETES_NAMES: Mapping[str, Application] = {
    "kubernetes.io/h2c": "http",
    "kubernetes.io/ws": "http",
    "kubernetes.io/wss": "tcp",
}
_NEVER_SNIFFED = frozenset({25, 53, 3306, 27017})


@dataclass(frozen=True, slots=True)
class PortUse:
    """What a port speaks, and how that is known."""

    application: Application
    reason: str


def application_of(port: ServicePort) -> Application:
    """Return what a Service says of one of its ports."""
    if port.app_protocol in _KUBERNETES_NAMES:
        return _KUBERNETES_NAMES[port.app_protocol]
    name = (port.app_protocol or port.name).lower()
    prefix = "grpc-web" if name.startswith("grpc-web") else name.partition("-")[0]
    if prefix in _HTTP:
        return "http"
    if prefix in _TCP or port.port in _NEVER_SNIFFED:
        return "tcp"
    return "sniffed"


class PortProtocols:
    """What each port of each pod speaks."""

    def __init__(self, cluster: Cluster) -> None:
        self._by_pod: dict[str, list[tuple[ServicePort, str]]] = defaultdict(list)
        for service in cluster.services:
            for pod in selected_pods(cluster, service):
                self._by_pod[pod.full_name] += [(port, service.full_name) for port in service.ports]
        self._names: dict[str, tuple[tuple[str, ServicePort], ...]] = {}

    def names(self, pod: Pod) -> tuple[tuple[str, ServicePort], ...]:
        """Return the Service ports in front of a pod, for telling pods apart."""
        known = self._names.get(pod.full_name)
        if known is None:
            found = self._by_pod.get(pod.full_name, ())
            known = tuple(sorted(((service, port) for port, service in found), key=str))
            self._names[pod.full_name] = known
        return known

    def use(self, pod: Pod, port: int | None) -> PortUse:
        """Return what the proxy of a pod takes one of its ports to speak."""
        if role_of(pod) != "sidecar":
            return PortUse("http", "a gateway listens there")
        named = {offered.name: offered.number for offered in pod.ports}
        found = {
            (application_of(each), service, each.app_protocol or each.name)
            for each, service in self._by_pod.get(pod.full_name, ())
            if each.protocol == "TCP"
            and port
            in (
                named.get(each.target)
                if isinstance(each.target, str)
                else each.target or each.port,
            )
        }
        applications = {application for application, _, _ in found}
        if len(applications) != 1:
            return PortUse("sniffed", "no Service says what it speaks, so the proxy looks")
        application, service, name = min(found)
        if application == "sniffed":
            return PortUse("sniffed", f"Service `{service}` does not say what it speaks")
        source = f"as the port `{name}`" if name else "as a port that is never sniffed"
        return PortUse(application, f"Service `{service}` names it {source}")

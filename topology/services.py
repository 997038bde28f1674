"""Where a connection to a Service ends: from the Service's port to a port of each backend.

Source: Kubernetes "Service" (port, targetPort by number or name, headless Services, Services
without selector, ExternalName, publishNotReadyAddresses) and "EndpointSlice" (a port of a slice
belongs to the Service port of the same name; a slice without ports stands for every port).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from topology.memo import per_cluster
from topology.model import (
    Address,
    Cluster,
    Endpoint,
    Pod,
    Service,
    ServicePort,
    Workload,
)

__all__ = [
    "Backend",
    "ServiceRoute",
    "backends",
    "selected_pods",
    "service_backends",
    "service_workloads",
    "services_of",
]

ANY_PORT = 0
"""Stands for "whatever port is dialled" where a Service does not list its ports."""

PodsByLabel = Mapping[tuple[str, str, str], tuple[Pod, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """One end of a Service's route."""

    pod: Pod | None
    """None when the address belongs to no pod of the input."""
    address: Address | None
    """None when the pod is planned or its address was not exported."""
    port: int
    """The port that the backend gets the connection on; 0 stands for the port that is dialled."""
    ready: bool = True
    """Whether connections are sent there; true too where not-ready addresses are published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRoute:
    """One port of a Service, with every backend behind it."""

    port: ServicePort
    """`port.port` is 0 where the Service lists no ports (ExternalName, headless)."""
    backends: tuple[Backend, ...] = ()
    problem: str = ""
    """Why no connection arrives, one sentence; empty when at least one backend is ready."""
    external_name: str = ""
    """The DNS name that an ExternalName Service stands for."""
    note: str = ""
    """Something worth saying about the route, such as that a headless Service maps no ports."""


def service_backends(
    cluster: Cluster,
    service: Service,
    *,
    port: int | str | None = None,
    protocol: str | None = None,
) -> tuple[ServiceRoute, ...]:
    """Return one route for each port of a Service that is asked for.

    Args:
        cluster: The cluster that the Service belongs to.
        service: The Service that is dialled.
        port: The Service's port by number or name; None means each of its ports.
        protocol: Only ports of this protocol; None means any.

    Returns:
        In the order of the Service's ports; empty when the Service has no such port.
    """
    ports = _ports_asked(service, port, protocol)
    if service.type == "ExternalName":
        return tuple(_external_route(service, each) for each in ports)
    if service.endpoints is not None:
        return tuple(_sliced_route(cluster, service, each) for each in ports)
    return tuple(_selected_route(cluster, service, each) for each in ports)


def backends(cluster: Cluster, service: Service) -> tuple[Pod, ...]:
    """Return the pods behind a Service, ready or not, by slice if present, else by selector."""
    if service.type == "ExternalName":
        return ()
    if service.endpoints is None:
        return selected_pods(cluster, service)
    found = (_endpoint_pod(cluster, service, endpoint) for endpoint in service.endpoints)
    return _sorted_pods(pod for pod in found if pod is not None)


def selected_pods(cluster: Cluster, service: Service) -> tuple[Pod, ...]:
    """Return the pods that a Service's selector matches; finished pods do not count."""
    return _matching(cluster, service.namespace, service.selector)


def service_workloads(cluster: Cluster, service: Service) -> tuple[Workload, ...]:
    """Return the workloads whose pods stand behind a Service, sorted."""
    owners = {(pod.namespace, pod.workload) for pod in backends(cluster, service)}
    return tuple(
        workload
        for workload in cluster.workloads
        if (workload.namespace, workload.name) in owners
        and any(pod.workload_kind == workload.kind for pod in workload.pods)
    )


def services_of(cluster: Cluster, pods: Iterable[Pod]) -> tuple[Service, ...]:
    """Return the Services that stand before any of these pods, sorted."""
    table = _services_by_pod(cluster)
    found = {service.full_name: service for pod in pods for service in table.get(pod.full_name, ())}
    return tuple(service for _, service in sorted(found.items()))


def _ports_asked(
    service: Service, port: int | str | None, protocol: str | None
) -> tuple[ServicePort, ...]:
    """Return the ports of a Service that a number or name stands for."""
    number = int(port) if isinstance(port, str) and port.isdecimal() else port
    found = tuple(
        each
        for each in service.ports
        if (number is None or number in (each.port, each.name))
        and (protocol is None or each.protocol == protocol)
    )
    # No proxy stands before these, so a port that they do not list can be dialled all the same.
    direct = service.headless or service.type == "ExternalName"
    if found or not direct or isinstance(number, str) or (number is None and service.ports):
        return found
    dialled = ANY_PORT if number is None else number
    known = protocol if protocol in ("TCP", "UDP", "SCTP") else "TCP"
    return (ServicePort(port=dialled, protocol=known, target=dialled),)  # type: ignore[arg-type]


def _external_route(service: Service, port: ServicePort) -> ServiceRoute:
    """Return the route of an alias of a DNS name."""
    problem = "" if service.external_name else "The Service names no external name."
    return ServiceRoute(port=port, external_name=service.external_name, problem=problem)


def _sliced_route(cluster: Cluster, service: Service, port: ServicePort) -> ServiceRoute:
    """Return the route that the Service's EndpointSlices describe."""
    endpoints = service.endpoints or ()
    found: dict[tuple[Address, int], Backend] = {}
    for endpoint in endpoints:
        pod = _endpoint_pod(cluster, service, endpoint)
        number = _endpoint_port(service, port, endpoint, pod)
        if number is None:
            continue
        ready = endpoint.ready or service.publish_not_ready
        key = (endpoint.address, number)
        if key not in found or ready:
            found[key] = Backend(pod=pod, address=endpoint.address, port=number, ready=ready)
    problem = ""
    if not endpoints:
        problem = "Its EndpointSlices hold no address"
        if service.selector and not selected_pods(cluster, service):
            problem += f": selector {_quoted(service)} matches no pod in `{service.namespace}`"
        problem += "."
    elif not found:
        problem = f"No endpoint offers its port `{port.name or port.port}`."
    return _route(service, port, found.values(), problem)


def _selected_route(cluster: Cluster, service: Service, port: ServicePort) -> ServiceRoute:
    """Return the route that the Service's selector describes."""
    if not service.selector:
        problem = "It has no selector, and the input holds no EndpointSlice of it."
        return ServiceRoute(port=port, problem=problem)
    pods = selected_pods(cluster, service)
    found = []
    for pod in pods:
        number = _target_port(service, port, pod)
        if number is None:
            continue
        ready = pod.ready or service.publish_not_ready
        address = pod.addresses[0] if pod.addresses else None
        found.append(Backend(pod=pod, address=address, port=number, ready=ready))
    problem = ""
    if not pods:
        problem = f"Selector {_quoted(service)} matches no pod in `{service.namespace}`."
    elif not found:
        problem = f"No pod behind it has a {port.protocol} port named `{port.target}`."
    return _route(service, port, found, problem)


def _route(
    service: Service, port: ServicePort, found: Iterable[Backend], problem: str
) -> ServiceRoute:
    """Return a route with its backends sorted, ready ones first."""
    ordered = tuple(
        sorted(
            found,
            key=lambda one: (
                not one.ready,
                one.pod.full_name if one.pod else "",
                str(one.address),
                one.port,
            ),
        )
    )
    if ordered and not ordered[0].ready:
        problem = "No backend is ready."
    note = ""
    if service.headless and port.port and port.target not in (0, port.port):
        note = (
            f"The Service is headless, so its targetPort `{port.target}` does not apply: "
            f"clients reach the pods on port {port.port} itself."
        )
    return ServiceRoute(port=port, backends=ordered, problem=problem, note=note)


def _endpoint_pod(cluster: Cluster, service: Service, endpoint: Endpoint) -> Pod | None:
    """Return the pod of an endpoint, by name if the slice says, else by address."""
    if endpoint.pod:
        return _pods_by_name(cluster).get((service.namespace, endpoint.pod))
    return _pods_by_address(cluster).get(endpoint.address)


def _endpoint_port(
    service: Service, port: ServicePort, endpoint: Endpoint, pod: Pod | None
) -> int | None:
    """Return the port of an endpoint that a Service port leads to."""
    if service.headless or port.port == ANY_PORT:
        return port.port
    for offered in endpoint.ports:
        if (offered.name, offered.protocol) == (port.name, port.protocol):
            return offered.number
    if endpoint.ports:
        return None
    if isinstance(port.target, int):
        return port.target or port.port
    return _target_port(service, port, pod) if pod else None


def _target_port(service: Service, port: ServicePort, pod: Pod) -> int | None:
    """Return the port of a pod that a Service port leads to, None if the pod has none."""
    if service.headless or port.port == ANY_PORT:
        return port.port
    if isinstance(port.target, int):
        return port.target or port.port
    for offered in pod.ports:
        if (offered.name, offered.protocol) == (port.target, port.protocol):
            return offered.number
    return None


def _quoted(service: Service) -> str:
    """Return a selector as kubectl writes it."""
    pairs = ",".join(f"{key}={value}" for key, value in sorted(service.selector.items()))
    return f"`{pairs}`"


def _matching(cluster: Cluster, namespace: str, selector: Mapping[str, str]) -> tuple[Pod, ...]:
    """Return the running pods of a namespace that carry every label of a selector."""
    if not selector:
        return ()
    table = _pods_by_label(cluster)
    shelves = [table.get((namespace, key, value), ()) for key, value in selector.items()]
    wanted = selector.items()
    return tuple(pod for pod in min(shelves, key=len) if wanted <= pod.labels.items())


@per_cluster
def _pods_by_label(cluster: Cluster) -> PodsByLabel:
    """Return the running pods of each namespace by each of their labels, sorted."""
    table: dict[tuple[str, str, str], list[Pod]] = {}
    for pod in _sorted_pods(cluster.pods):
        if pod.running:
            for key, value in pod.labels.items():
                table.setdefault((pod.namespace, key, value), []).append(pod)
    return {key: tuple(pods) for key, pods in table.items()}


@per_cluster
def _services_by_pod(cluster: Cluster) -> Mapping[str, list[Service]]:
    """Return the Services before each pod, by the pod's full name."""
    table: dict[str, list[Service]] = {}
    for service in cluster.services:
        for pod in backends(cluster, service):
            table.setdefault(pod.full_name, []).append(service)
    return table


@per_cluster
def _pods_by_name(cluster: Cluster) -> Mapping[tuple[str, str], Pod]:
    """Return every pod by namespace and name."""
    return {(pod.namespace, pod.name): pod for pod in cluster.pods}


@per_cluster
def _pods_by_address(cluster: Cluster) -> Mapping[Address, Pod]:
    """Return the running pods that have an address of their own, by that address."""
    return {
        address: pod
        for pod in cluster.pods
        if pod.running and not pod.host_network
        for address in pod.addresses
    }


def _sorted_pods(pods: Iterable[Pod]) -> tuple[Pod, ...]:
    """Return pods by namespace and name, each once."""
    return tuple(pod for _, pod in sorted({pod.full_name: pod for pod in pods}.items()))

"""Which ports of which pods a question is about: a Service's routes, or what a workload offers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from topology.errors import InvalidQuery
from topology.model import Cluster, Location, Pod, Protocol, Service
from topology.paths.parties import ClassOf, Party, group_pods, parties_of
from topology.paths.queries import PortQuery
from topology.policy.verdict import Layer
from topology.services import ServiceRoute, service_backends, services_of
from topology.targets import AddressTarget, DnsTarget, NamespaceTarget, ServiceTarget, Target

__all__ = ["Ask", "asks_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One port of the destination, and who answers on it."""

    protocol: Protocol
    ends: tuple[tuple[Party, int | None], ...]
    """Each party with its own port; None for every port. Empty where nobody answers."""
    name: str = ""
    service_port: int | None = None
    service: Layer | None = None
    """What the Service does; verdict deny where no connection arrives."""
    via: Service | None = None
    """The Service that was asked about."""

    @property
    def port(self) -> int | None:
        """Return the port of the first party."""
        return self.ends[0][1] if self.ends else None


def asks_of(
    cluster: Cluster,
    target: Target,
    query: PortQuery | None,
    class_of: ClassOf,
    *,
    tcp_only: bool = False,
) -> tuple[Ask, ...]:
    """Return what to ask, one entry for each port.

    Args:
        cluster: The cluster of the target.
        target: The destination.
        query: The port asked about; None means each that the destination offers.
        class_of: Tells pods apart.
        tcp_only: Leave other protocols out, as for a question about an HTTP request.

    Raises:
        InvalidQuery: The destination has no port of this name, or no pod at all.
    """
    if isinstance(target, ServiceTarget):
        return _of_service(cluster, target.service, query, class_of, tcp_only=tcp_only)
    parties = parties_of(cluster, target, class_of)
    pods = [pod for party in parties for pod in party.pods]
    if query is not None and (query.number is not None or not query.name):
        ends = tuple((party, query.number) for party in parties)
        return (Ask(protocol=query.protocol, name=_name_of(pods, query), ends=ends),)
    if query is not None:
        return (_named(cluster, parties, query, target),)
    offered = _offered(cluster, pods)
    chosen = [one for one in offered if one[1] == "TCP" or not tcp_only]
    if not chosen:
        return (Ask(protocol="TCP", ends=tuple((party, None) for party in parties)),)
    asks = []
    for number, protocol, name in chosen:
        asked = parties
        if isinstance(target, NamespaceTarget):
            # Workloads of a namespace are different things: each is asked for its own ports.
            asked = tuple(one for one in parties if (number, protocol) in _ports(cluster, one.pods))
        asks.append(
            Ask(protocol=protocol, name=name, ends=tuple((party, number) for party in asked))
        )
    return tuple(asks)


def _ports(cluster: Cluster, pods: Sequence[Pod]) -> set[tuple[int, Protocol]]:
    return {(number, protocol) for number, protocol, _ in _offered(cluster, pods)}


def _of_service(
    cluster: Cluster,
    service: Service,
    query: PortQuery | None,
    class_of: ClassOf,
    *,
    tcp_only: bool,
) -> tuple[Ask, ...]:
    """Return one entry for each port of a Service that is asked about."""
    wanted = (query.number or query.name or None) if query else None
    protocol = query.protocol if query else ("TCP" if tcp_only else None)
    routes = service_backends(cluster, service, port=wanted, protocol=protocol)
    if not routes:
        return (_no_route(service, query, protocol or "TCP"),)
    return tuple(_of_route(service, route, class_of) for route in routes)


def _of_route(service: Service, route: ServiceRoute, class_of: ClassOf) -> Ask:
    ready = [backend for backend in route.backends if backend.ready]
    ends: list[tuple[Party, int | None]] = []
    for port in sorted({backend.port for backend in ready}):
        pods = [backend.pod for backend in ready if backend.port == port and backend.pod]
        ends += [(party, port or None) for party in group_pods(pods, class_of)]
    for backend in ready:
        if backend.pod is None and backend.address is not None:
            ends.append((_outside(AddressTarget(backend.address)), backend.port or None))
    if route.external_name:
        ends.append((_external(route.external_name), route.port.port or None))
    return Ask(
        protocol=route.port.protocol,
        name=route.port.name,
        service_port=route.port.port or None,
        ends=tuple(ends),
        service=_service_layer(service, route, ends),
        via=service,
    )


def _service_layer(
    service: Service, route: ServiceRoute, ends: Sequence[tuple[Party, int | None]]
) -> Layer:
    """Say what becomes of a connection to the Service."""
    port = f"{route.port.port}/{route.port.protocol}" if route.port.port else "every port"
    if not ends:
        reason = f"Service `{service.full_name}` sends {port} nowhere. {route.problem}"
        return _layer("deny", reason.strip(), service.location)
    if route.external_name:
        reason = f"Service `{service.full_name}` is another name for `{route.external_name}`."
        return _layer("allow", reason, service.location)
    count = sum(len(party.members) for party, _ in ends)
    places = dict.fromkeys(f"{party.name}:{number or 'same port'}" for party, number in ends)
    shown = ", ".join(list(places)[:3]) + (
        f" and {len(places) - 3} more" if len(places) > 3 else ""
    )
    reason = (
        f"Service `{service.full_name}` sends {port} to {count} "
        f"{'backend' if count == 1 else 'backends'}: {shown}."
    )
    return _layer("allow", f"{reason} {route.note}".strip(), service.location)


def _no_route(service: Service, query: PortQuery | None, protocol: Protocol) -> Ask:
    """Say that a Service does not have the port asked about."""
    offered = ", ".join(f"{port.port}/{port.protocol}" for port in service.ports) or "none"
    reason = f"Service `{service.full_name}` has no port `{query or protocol}`; it has {offered}."
    return Ask(
        protocol=protocol,
        ends=(),
        name=query.name if query else "",
        service_port=query.number if query else None,
        service=_layer("deny", reason, service.location),
    )


def _layer(verdict: str, reason: str, location: Location | None) -> Layer:
    return Layer(
        layer="service",
        verdict="allow" if verdict == "allow" else "deny",
        reason=reason,
        enforced=verdict != "allow",
        location=location,
    )


def _external(name: str) -> Party:
    try:
        return _outside(AddressTarget(ip_address(name)))
    except ValueError:
        return _outside(DnsTarget(name.rstrip(".").lower()))


def _outside(target: AddressTarget | DnsTarget) -> Party:
    return Party(target=target, key=target, name=str(target))


def _named(cluster: Cluster, parties: Iterable[Party], query: PortQuery, target: Target) -> Ask:
    """Return the port that a name stands for, by the pods' own names or else their Services'."""
    ends = [(party, number) for party in parties for number in _numbers(cluster, party.pods, query)]
    if not ends:
        pods = [pod for party in parties for pod in party.pods]
        offered = [f"`{name}`" for _, _, name in _offered(cluster, pods) if name]
        message = f"`{target}` has no {query.protocol} port named `{query.name}`."
        hint = f"It names {', '.join(offered)}." if offered else "Give the port's number."
        raise InvalidQuery(message, hint=hint)
    return Ask(protocol=query.protocol, name=query.name, ends=tuple(ends))


def _numbers(cluster: Cluster, pods: Sequence[Pod], query: PortQuery) -> list[int]:
    """Return the numbers that pods know by a name."""
    found = {
        port.number
        for pod in pods
        for port in pod.ports
        if port.name == query.name and port.protocol == query.protocol
    }
    if found or not pods:
        return sorted(found)
    names = {pod.full_name for pod in pods}
    return sorted(
        {
            backend.port
            for service in services_of(cluster, pods)
            for route in service_backends(
                cluster, service, port=query.name, protocol=query.protocol
            )
            for backend in route.backends
            if backend.pod and backend.pod.full_name in names
        }
    )


def _offered(cluster: Cluster, pods: Sequence[Pod]) -> list[tuple[int, Protocol, str]]:
    """Return the ports that pods declare, or else those that Services send to them."""
    declared = {
        (port.number, port.protocol): port.name for pod in reversed(pods) for port in pod.ports
    }
    if not declared and pods:
        names = {pod.full_name for pod in pods}
        for service in services_of(cluster, pods):
            for route in service_backends(cluster, service):
                for backend in route.backends:
                    if backend.port and backend.pod and backend.pod.full_name in names:
                        declared[backend.port, route.port.protocol] = route.port.name
    return sorted((number, protocol, name) for (number, protocol), name in declared.items())


def _name_of(pods: Iterable[Pod], query: PortQuery) -> str:
    """Return the name that pods give to a port, if any does."""
    names = {
        port.name
        for pod in pods
        for port in pod.ports
        if (port.number, port.protocol) == (query.number, query.protocol) and port.name
    }
    return min(names, default="")

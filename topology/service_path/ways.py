"""The ways to a host name or a Service, each hop by hop."""

from collections.abc import Sequence
from dataclasses import replace

from topology.errors import InvalidQuery, UnknownName
from topology.findings import Finding
from topology.model import Cluster, Service, ServicePort
from topology.paths import Network, PortQuery
from topology.policy.verdict import HttpRequest
from topology.service_path.entries import Entry, entries_of, matching_entries
from topology.service_path.findings import service_findings
from topology.service_path.gateways import Front, fronts_of
from topology.service_path.hops import (
    OPEN_TYPES,
    door,
    entry_hops,
    front_hops,
    inner_hops,
    is_outside,
    reach_hops,
    unplaced,
)
from topology.service_path.way import Way
from topology.services import service_backends
from topology.targets import EntityTarget, Target

__all__ = ["WORLD", "hosts_of", "relevant_findings", "ways_to_host", "ways_to_service"]

_HOST_ANNOTATION = "external-dns.alpha.kubernetes.io/hostname"
WORLD = EntityTarget("world")


def hosts_of(cluster: Cluster) -> tuple[str, ...]:
    """Return the host names that entries and annotations of Services name, sorted."""
    found = {host for entry in entries_of(cluster) for host in entry.hosts}
    for service in cluster.services:
        found |= set(_announced(service))
    return tuple(sorted(found - {"*"}))


def _announced(service: Service) -> list[str]:
    """Return the names that external-dns publishes for a Service."""
    text = service.annotations.get(_HOST_ANNOTATION, "")
    return [one.strip().lower().rstrip(".") for one in text.split(",") if one.strip()]


def ways_to_host(
    network: Network, host: str, *, path: str | None = None, source: Target = WORLD
) -> tuple[Way, ...]:
    """Return the ways that a request for a host name takes.

    Args:
        network: With its engines.
        host: The host name, without port.
        path: The path of the request, without query; None for every path that some entry names.
        source: Who sends it.

    Returns:
        One for each entry that takes it; the best fitting first.

    Raises:
        UnknownName: Nothing in the input names the host.
    """
    cluster = network.cluster
    found = [
        _by_entry(network, entry, front, host=host, path=path or entry.path, source=source)
        for entry in matching_entries(cluster, host, path)
        for front in fronts_of(cluster, entry) or (None,)
    ]
    for service in cluster.services:
        if host.lower() in _announced(service):
            found += [replace(way, host=host) for way in _direct(network, service, None, source)]
    if not found:
        known = hosts_of(cluster)
        message = f"No Ingress, route or VirtualService in the input takes `{host}`"
        named = [one for one in entries_of(cluster) if host.lower() in one.hosts]
        if named:
            paths = ", ".join(dict.fromkeys(f"`{one.path}`" for one in named[:3]))
            message += f" with path `{path}`."
            raise UnknownName(message, hint=f"{named[0].key} takes it for {paths}.")
        message += "."
        raise UnknownName(message, nearest=_nearest(host, known))
    return tuple(found)


def _nearest(host: str, known: Sequence[str]) -> tuple[str, ...]:
    from rapidfuzz import fuzz, process

    return tuple(one for one, _, _ in process.extract(host, known, scorer=fuzz.ratio, limit=3))


def ways_to_service(
    network: Network,
    service: Service,
    *,
    port: PortQuery | None = None,
    source: Target = WORLD,
) -> tuple[Way, ...]:
    """Return the ways to a Service: through every entry that leads to it, and to itself.

    Args:
        network: With its engines.
        service: One of its cluster.
        port: One of the Service's; None for all.
        source: Who calls. Callers inside dial the Service itself.

    Returns:
        Never empty.
    """
    cluster = network.cluster
    outside = is_outside(source)
    found: list[Way] = []
    if outside:
        for entry in entries_of(cluster):
            if entry.full_name == service.full_name and _is_port(entry, service, port):
                host = next((one for one in entry.hosts if not one.startswith("*")), "")
                found += [
                    _by_entry(network, entry, front, host=host, path=entry.path, source=source)
                    for front in fronts_of(cluster, entry) or (None,)
                ]
    opens = service.type in OPEN_TYPES or bool(service.external_addresses)
    if not outside or opens or not found:
        found += _direct(network, service, port, source)
    return tuple(found)


def _is_port(entry: Entry, service: Service, port: PortQuery | None) -> bool:
    if port is None:
        return True
    named = next((one for one in service.ports if entry.port in (one.port, one.name)), None)
    return named is not None and _asks(port, named)


def _asks(query: PortQuery, port: ServicePort) -> bool:
    """Return whether a question names a port of a Service."""
    return query.number == port.port or bool(query.name and query.name == port.name)


def _by_entry(
    network: Network,
    entry: Entry,
    front: Front | None,
    *,
    host: str,
    path: str,
    source: Target,
) -> Way:
    """Return the way through one entry and one gateway."""
    cluster = network.cluster
    service = next((one for one in cluster.services if one.full_name == entry.full_name), None)
    own = list(entry_hops(cluster, entry))
    hops = list(front_hops(network, front, source)) if front else []
    hops += own
    if front is None and not any(hop.verdict == "deny" for hop in own):
        hops.append(unplaced(entry))
    way = Way(
        source=str(source),
        host=host,
        path=path,
        entry=entry.key,
        service=entry.full_name.strip("/"),
        weight=entry.weight,
    )
    if service is None:
        return replace(way, hops=tuple(hops))
    request = HttpRequest(method="GET", path=path or "/", host=host)
    http = request if entry.document.kind in ("HTTPRoute", "Ingress", "VirtualService") else None
    query = _query(entry, service)
    hops += inner_hops(network, front, service, query, http)
    return _with_pods(cluster, replace(way, hops=tuple(hops)), service, query)


def _direct(
    network: Network, service: Service, port: PortQuery | None, source: Target
) -> list[Way]:
    """Return the ways of a caller who dials the Service itself, one for each port."""
    ports = [
        one for one in service.ports
        if port is None or port.number == one.port or (port.name and port.name == one.name)
    ]  # fmt: skip
    if not ports and (port is not None or service.type != "ExternalName"):
        offered = ", ".join(f"{one.port}/{one.protocol}" for one in service.ports) or "none"
        if port is None and not service.ports:
            ports = []
        else:
            message = f"Service `{service.full_name}` has no port `{port}`; it has {offered}."
            raise InvalidQuery(message, hint="Name one of its ports, or none to see all.")
    queries: list[PortQuery | None] = [
        PortQuery(number=one.port, protocol=one.protocol) for one in ports
    ]
    queries = queries or [None]
    found = []
    for query in queries:
        hops = tuple(reach_hops(network, source, service, query))
        way = Way(
            source=str(source),
            service=service.full_name,
            port=str(query) if query else "",
            hops=(*door(network.cluster, service, source), *hops),
        )
        found.append(_with_pods(network.cluster, way, service, query))
    return found


def _with_pods(cluster: Cluster, way: Way, service: Service, query: PortQuery | None) -> Way:
    """Return a way with the pods that it ends at."""
    routes = service_backends(
        cluster, service, port=query.number if query else None,
        protocol=query.protocol if query else None,
    )  # fmt: skip
    ready: dict[str, None] = {}
    waiting: dict[str, None] = {}
    for route in routes:
        for one in route.backends:
            name = one.pod.full_name if one.pod else str(one.address)
            (ready if one.ready else waiting)[name] = None
    port = way.port or (str(query) if query else "")
    return replace(way, ready=tuple(ready), waiting=tuple(waiting), port=port)


def relevant_findings(cluster: Cluster, ways: Sequence[Way]) -> tuple[Finding, ...]:
    """Return the findings about Services and entries that ways lead over."""
    names = {way.service for way in ways if way.service}
    entries = {way.entry for way in ways if way.entry}
    found: dict[Finding, None] = {}
    for service in cluster.services:
        if service.full_name in names:
            found |= dict.fromkeys(service_findings(cluster, service=service))
    about = {f"Service/{name}" for name in names}
    for one in service_findings(cluster):
        if one.object in entries and (not one.subjects or about & set(one.subjects)):
            found[one] = None
    return tuple(found)


def _query(entry: Entry, service: Service) -> PortQuery | None:
    """Return the Service's port that an entry names; its only one where it names none."""
    for port in service.ports:
        if entry.port in (port.port, port.name) or (entry.port is None and len(service.ports) == 1):
            return PortQuery(number=port.port, protocol=port.protocol)
    return None

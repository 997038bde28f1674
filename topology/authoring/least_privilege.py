"""The least that workloads need: from who says that it calls whom, and from what was seen."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from topology.authoring.contract import Demand
from topology.authoring.contract_check import check_demand
from topology.authoring.edges import MESH, Edges, clauses_of
from topology.authoring.intent import (
    Anyone,
    DnsNames,
    Entities,
    Intent,
    Kind,
    Networks,
    Party,
    PortSpan,
    Side,
)
from topology.authoring.kind_choice import is_in_mesh
from topology.authoring.learned_requests import RequestsSeen, learn
from topology.authoring.membership import ports_of
from topology.authoring.stable_labels import pods_of_workload
from topology.calls import Call, calls
from topology.errors import InvalidQuery, UnknownName
from topology.model import Cluster, Service, Workload
from topology.policy.ports import PROTOCOLS
from topology.services import service_backends, service_workloads

if TYPE_CHECKING:
    from topology.paths import Network

__all__ = ["LeastPrivilege", "least_privilege"]

_SYSTEM = ("kube-system", "kube-public", "kube-node-lease", "gatekeeper-system", "calico-system")
_EXPOSING = ("LoadBalancer", "NodePort")
_WORLD: tuple[Party, ...] = (Entities(("world",)),)
_EVERYWHERE: tuple[Party, ...] = (
    Networks(ip_network("0.0.0.0/0")),
    Networks(ip_network("::/0")),
)
_DNS = 53


@dataclass(frozen=True, slots=True, kw_only=True)
class LeastPrivilege:
    """An intent that allows what is needed and nothing else, with what it rests on."""

    intent: Intent
    evidence: tuple[str, ...] = ()
    """One sentence for each connection that is allowed."""
    gaps: tuple[str, ...] = ()
    """What may be needed and could not be known."""


def least_privilege(
    network: "Network",
    *,
    namespace: str = "",
    workload: str = "",
    kind: Kind | None = None,
    observed: Sequence[Demand] = (),
    window: str = "",
    requests: Sequence[RequestsSeen] = (),
    ids: bool = False,
) -> LeastPrivilege:
    """Return the intent that isolates workloads both ways but for what they are known to need.

    Known are the Services and hosts that environment variables name, what Services open to the
    outside, and connections that were observed.

    Args:
        network: The cluster.
        namespace: Only workloads of this namespace; empty for all but the system's.
        workload: Only this workload, `namespace/name`.
        kind: Of the policies; a NetworkPolicy cannot name nodes, and an AuthorizationPolicy says
            only who may call workloads with a sidecar, and for what.
        observed: Connections that were seen to be made.
        window: When they were seen, in words, such as `2026-08-01 to 2026-08-14`.
        requests: What workloads were seen to ask of each other, so that nothing else may pass.
        ids: Whether identifiers in paths are generalised; see `learned_requests`.

    Raises:
        UnknownName: There is no such namespace or workload.
        InvalidQuery: Nothing is known of what any of the workloads needs.
    """
    cluster = network.cluster
    scope = {one.full_name: one for one in _scope(cluster, namespace, workload)}
    edges = Edges(kind=kind)
    if kind == MESH:
        scope = _in_mesh(network, scope, edges)
    learned = learn(tuple(_usable(network, requests, edges, scope)), ids=ids)
    edges.requests = learned.tests
    edges.gaps.update(dict.fromkeys(learned.notes))
    for call in calls(cluster):
        _add_call(network, edges, scope, call)
    for service in cluster.services:
        _add_exposure(cluster, edges, scope, service)
    for demand in observed:
        _add_observed(network, edges, scope, demand, window)
    if not edges.has_calls and not observed:
        message = "Nothing in the input says what these workloads need."
        hint = "Give observed flows, or manifests whose environment variables name Services."
        raise InvalidQuery(message, hint=hint)
    known = {name for name, *_ in (*edges.inward, *edges.outward)}
    for name in sorted(scope.keys() - known):
        text = f"Nothing says what `{name}` calls, or who calls it: all but DNS is closed."
        if kind == MESH:
            text = f"Nothing says who calls `{name}`: all is closed."
        edges.gaps[text] = None
    sides: tuple[Side, ...] = ("ingress",) if kind == MESH else ("ingress", "egress")
    subjects = {name: pods_of_workload(cluster, one) for name, one in scope.items()}
    clauses = [*clauses_of(edges, subjects)]
    intent = Intent(
        clauses=tuple(clauses),
        isolate=tuple((subject, side) for subject in subjects.values() for side in sides),
        kinds=(kind,) if kind else ("CiliumNetworkPolicy",),
        keep=() if kind == MESH else ("dns",),
        request="least privilege",
    )
    return LeastPrivilege(intent=intent, evidence=tuple(edges.evidence), gaps=tuple(edges.gaps))


def _in_mesh(
    network: "Network", scope: Mapping[str, Workload], edges: Edges
) -> dict[str, Workload]:
    """Return the workloads before which a sidecar stands, as no other is guarded by the mesh.

    Raises:
        InvalidQuery: There is none.
    """
    found = {name: one for name, one in scope.items() if is_in_mesh(network, one.pods)}
    for name in sorted(scope.keys() - found.keys()):
        edges.gaps[
            f"`{name}` has no sidecar for certain, so an AuthorizationPolicy would not guard it."
        ] = None
    if not found:
        message = "No workload has a sidecar for certain, so an AuthorizationPolicy guards none."
        raise InvalidQuery(message, hint="Draft a CiliumNetworkPolicy instead.")
    return found


def _usable(
    network: "Network",
    requests: Sequence[RequestsSeen],
    edges: Edges,
    scope: Mapping[str, Workload],
) -> Iterator[RequestsSeen]:
    """Yield the requests that policies of the kind can limit: Cilium reads no mutual TLS."""
    for one in requests:
        target = scope.get(one.destination)
        if target is None:
            continue
        if edges.kind == "NetworkPolicy":
            text = "A NetworkPolicy limits no requests, so that ports are open to all of them."
        elif edges.kind != MESH and any(
            network.mesh.index.state(pod).present for pod in target.pods
        ):
            text = (
                f"`{one.destination}` has a sidecar, whose mutual TLS Cilium does not read: its "
                "requests are for an AuthorizationPolicy to limit."
            )
        else:
            yield one
            continue
        edges.gaps[text] = None


def _scope(cluster: Cluster, namespace: str, workload: str) -> list[Workload]:
    own = [one for one in cluster.workloads if not one.pods[0].host_network]
    if workload:
        found = [one for one in own if one.full_name == workload]
        if not found:
            message = f"There is no workload `{workload}` that a policy could select."
            raise UnknownName(message)
        return found
    if namespace:
        found = [one for one in own if one.namespace == namespace]
        if not found:
            known = ", ".join(f"`{name}`" for name in sorted({one.namespace for one in own}))
            message = f"No workload is in a namespace `{namespace}`."
            raise UnknownName(message, hint=f"There are {known}.")
        return found
    return [one for one in own if one.namespace not in _SYSTEM]


def _add_call(network: "Network", edges: Edges, scope: dict[str, Workload], call: Call) -> None:
    cluster = network.cluster
    caller = call.caller.full_name
    said = f"`{caller}` names `{call.host}` in `{call.variable}`"
    if call.service is not None:
        for target, span in _targets(cluster, call.service, call.port):
            if target is call.caller:
                continue
            _connect(network, edges, scope, (call.caller, target), span, said)
        return
    if caller not in scope:
        return
    if not call.outside:
        edges.gaps[f"{said}, which nothing in the input is."] = None
        return
    edges.has_calls = True
    span = _span(call.port) if call.port else None
    edges.add(edges.outward, caller, span, _outside(call.host))
    edges.evidence[f"{said}."] = None
    if span is None:
        edges.gaps[f"{said} without a port, so every port is left open to it."] = None


def _add_exposure(
    cluster: Cluster,
    edges: Edges,
    scope: dict[str, Workload],
    service: Service,
) -> None:
    """Add what a Service opens to the outside."""
    if service.type not in _EXPOSING and not service.external_addresses:
        return
    for target, span in _targets(cluster, service, None):
        if target.full_name not in scope:
            continue
        peers: tuple[Party, ...] = _WORLD
        if edges.kind == "NetworkPolicy":
            peers = _EVERYWHERE
        elif edges.kind == MESH:
            peers = (Anyone(),)
        elif service.external_traffic_policy != "Local":
            # A node that forwards to another one may put its own address in the packet.
            peers = (Entities(("world", "remote-node")),)
        for peer in peers:
            edges.add(edges.inward, target.full_name, span, peer)
        text = f"Service `{service.full_name}` ({service.type}) opens `{target.full_name}` to the"
        edges.evidence[f"{text} outside."] = None
        if edges.kind == MESH:
            edges.gaps[
                f"The mesh knows nobody outside by name, so `{target.full_name}` is open to any "
                "caller there."
            ] = None


def _add_observed(
    network: "Network",
    edges: Edges,
    scope: dict[str, Workload],
    demand: Demand,
    window: str,
) -> None:
    kind = edges.kind
    by_name = {one.full_name: one for one in network.cluster.workloads}
    source, destination = by_name.get(demand.source), by_name.get(demand.destination)
    if destination and destination.labels.get("k8s-app") == "kube-dns" and demand.port == _DNS:
        return  # DNS is kept open to whoever is closed, and through the proxy where names need it.
    span = _span(demand.port, demand.protocol) if demand.port else None
    when = f" ({window})" if window else ""
    port = f" on {demand.port}/{demand.protocol}" if demand.port else ""
    said = f"`{demand.source}` was seen to open `{demand.destination}`{port}{when}"
    if source and destination:
        _connect(network, edges, scope, (source, destination), span, said)
        return
    if kind == MESH and not destination:
        return
    mine, other, table = source, demand.destination, edges.outward
    if destination:
        mine, other, table = destination, demand.source, edges.inward
    if mine is None or mine.full_name not in scope:
        return
    peers = _outsiders(other, kind)
    if not peers:
        edges.gaps[f"{said}, which a {kind} cannot name, so it is left out."] = None
        return
    for peer in peers:
        edges.add(table, mine.full_name, span, peer)
    edges.evidence[f"{said}."] = None


def _outsiders(host: str, kind: Kind | None) -> tuple[Party, ...]:
    """Return what a kind can name an end outside as; nothing if it cannot."""
    party = _outside(host)
    if kind == MESH and isinstance(party, Entities):
        return (Anyone(),) if party in _WORLD else ()
    if kind != "NetworkPolicy" or isinstance(party, Networks):
        return (party,)
    return _EVERYWHERE if party in _WORLD else ()


def _forbidden(
    network: "Network", caller: Workload, target: Workload, span: PortSpan | None
) -> str:
    """Return why a connection cannot be made whatever is allowed beside; empty if it can."""
    if span is None:
        return ""
    ports = ports_of((span,), target.pods)
    protocol = next((one for one in PROTOCOLS if ports.spans(one)), None)
    if protocol is None:
        return ""
    first = ports.spans(protocol)[0][0]
    demand = Demand(
        source=caller.full_name, destination=target.full_name, port=first, protocol=protocol
    )
    outcome = check_demand(network, demand, "allow")
    return outcome.reason if outcome.forbidden else ""


def _connect(
    network: "Network",
    edges: Edges,
    scope: dict[str, Workload],
    ends: tuple[Workload, Workload],
    span: PortSpan | None,
    said: str,
) -> None:
    """Add a connection between workloads, on each side that is in scope."""
    caller, target = ends
    if not {caller.full_name, target.full_name} & scope.keys():
        return
    stop = _forbidden(network, caller, target, span)
    if stop:
        edges.gaps[f"{said}, but it is left out: {stop}"] = None
        return
    cluster = network.cluster
    edges.has_calls = True
    if edges.kind == MESH:
        if any(network.mesh.index.state(pod).present is False for pod in caller.pods):
            text = f"{said}, but it has no sidecar to prove who it is, so it is left out."
            edges.gaps[text] = None
            return
    elif caller.full_name in scope:
        edges.add(edges.outward, caller.full_name, span, pods_of_workload(cluster, target))
        edges.evidence[f"{said}."] = None
    if target.full_name in scope:
        number = span.first if span and span.protocol == "TCP" else 0
        tests = edges.requests.get((caller.full_name, target.full_name, number), ())
        peer = pods_of_workload(cluster, caller)
        edges.add(edges.inward, target.full_name, span, peer, tests)
        edges.evidence[f"{said}."] = None


def _targets(
    cluster: Cluster, service: Service, port: int | None
) -> Iterator[tuple[Workload, PortSpan | None]]:
    """Yield the workloads behind a Service with the port of their pods."""
    behind = service_workloads(cluster, service)
    owners = {pod.full_name: one for one in behind for pod in one.pods}
    routes = service_backends(cluster, service, port=port)
    found: dict[tuple[str, PortSpan | None], Workload] = {}
    for route in routes or service_backends(cluster, service):
        for backend in route.backends:
            owner = owners.get(backend.pod.full_name) if backend.pod else None
            if owner is not None:
                span = _span(backend.port, route.port.protocol) if backend.port else None
                found[owner.full_name, span] = owner
    for (_, span), owner in found.items():
        yield owner, span


def _span(port: int, protocol: str = "TCP") -> PortSpan:
    return PortSpan(first=port, last=port, protocol=protocol)


def _outside(host: str) -> Party:
    if host in ("world", "host", "remote-node", "kube-apiserver"):
        return Entities((host,))
    try:
        address = ip_address(host)
    except ValueError:
        return DnsNames((host.rstrip(".").lower(),))
    return Networks(ip_network(address))

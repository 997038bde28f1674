"""The least that workloads need: from who says that it calls whom, and from what was seen."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from topology.authoring.contract import Demand
from topology.authoring.contract_check import check_demand
from topology.authoring.intent import (
    Anyone,
    Clause,
    DnsNames,
    Entities,
    Intent,
    Kind,
    Networks,
    Party,
    Pods,
    PortSpan,
    Traffic,
)
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


@dataclass(slots=True)
class _Edges:
    """Connections by direction, subject, ports and peers; each with what shows it."""

    inward: dict[tuple[str, PortSpan | None], dict[Party, None]] = field(default_factory=dict)
    outward: dict[tuple[str, PortSpan | None], dict[Party, None]] = field(default_factory=dict)
    evidence: dict[str, None] = field(default_factory=dict)
    gaps: dict[str, None] = field(default_factory=dict)
    has_calls: bool = False
    """Whether anything says who calls whom; what is open to the outside does not."""

    def add(
        self, table: dict[tuple[str, PortSpan | None], dict[Party, None]], name: str,
        span: PortSpan | None, peer: Party,
    ) -> None:  # fmt: skip
        """Add a peer of a workload on a port."""
        table.setdefault((name, span), {})[peer] = None


def least_privilege(
    network: "Network",
    *,
    namespace: str = "",
    workload: str = "",
    kind: Kind | None = None,
    observed: Sequence[Demand] = (),
    window: str = "",
) -> LeastPrivilege:
    """Return the intent that isolates workloads both ways but for what they are known to need.

    Known are the Services and hosts that environment variables name, what Services open to the
    outside, and connections that were observed.

    Args:
        network: The cluster.
        namespace: Only workloads of this namespace; empty for all but the system's.
        workload: Only this workload, `namespace/name`.
        kind: Of the policies; a NetworkPolicy cannot name nodes.
        observed: Connections that were seen to be made.
        window: When they were seen, in words, such as `2026-08-01 to 2026-08-14`.

    Raises:
        UnknownName: There is no such namespace or workload.
        InvalidQuery: Nothing is known of what any of the workloads needs.
    """
    cluster = network.cluster
    scope = {one.full_name: one for one in _scope(cluster, namespace, workload)}
    edges = _Edges()
    for call in calls(cluster):
        _add_call(network, edges, scope, call)
    for service in cluster.services:
        _add_exposure(cluster, edges, scope, service, kind)
    for demand in observed:
        _add_observed(network, edges, scope, (demand, kind), window)
    if not edges.has_calls and not observed:
        message = "Nothing in the input says what these workloads need."
        hint = "Give observed flows, or manifests whose environment variables name Services."
        raise InvalidQuery(message, hint=hint)
    known = {name for name, _ in (*edges.inward, *edges.outward)}
    for name in sorted(scope.keys() - known):
        edges.gaps[f"Nothing says what `{name}` calls, or who calls it: all but DNS is closed."] = (
            None
        )
    subjects = {name: pods_of_workload(cluster, one) for name, one in scope.items()}
    clauses = [*_clauses(edges, subjects)]
    intent = Intent(
        clauses=tuple(clauses),
        isolate=tuple(
            (subject, side) for subject in subjects.values() for side in ("ingress", "egress")
        ),
        kinds=(kind,) if kind else ("CiliumNetworkPolicy",),
        keep=("dns",),
        request="least privilege",
    )
    return LeastPrivilege(intent=intent, evidence=tuple(edges.evidence), gaps=tuple(edges.gaps))


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


def _add_call(network: "Network", edges: _Edges, scope: dict[str, Workload], call: Call) -> None:
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
    edges: _Edges,
    scope: dict[str, Workload],
    service: Service,
    kind: Kind | None,
) -> None:
    """Add what a Service opens to the outside."""
    if service.type not in _EXPOSING and not service.external_addresses:
        return
    for target, span in _targets(cluster, service, None):
        if target.full_name not in scope:
            continue
        peers: tuple[Party, ...] = _WORLD
        if kind == "NetworkPolicy":
            peers = _EVERYWHERE
        elif service.external_traffic_policy != "Local":
            # A node that forwards to another one may put its own address in the packet.
            peers = (Entities(("world", "remote-node")),)
        for peer in peers:
            edges.add(edges.inward, target.full_name, span, peer)
        text = f"Service `{service.full_name}` ({service.type}) opens `{target.full_name}` to the"
        edges.evidence[f"{text} outside."] = None


def _add_observed(
    network: "Network",
    edges: _Edges,
    scope: dict[str, Workload],
    wanted: tuple[Demand, Kind | None],
    window: str,
) -> None:
    demand, kind = wanted
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
    edges: _Edges,
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
    if caller.full_name in scope:
        edges.add(edges.outward, caller.full_name, span, pods_of_workload(cluster, target))
        edges.evidence[f"{said}."] = None
    if target.full_name in scope:
        edges.add(edges.inward, target.full_name, span, pods_of_workload(cluster, caller))
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


def _clauses(edges: _Edges, subjects: dict[str, Pods]) -> Iterator[Clause]:
    """Yield a clause for each workload and set of peers, their ports together."""
    for side, table in (("ingress", edges.inward), ("egress", edges.outward)):
        grouped: dict[tuple[str, tuple[Party, ...]], list[PortSpan | None]] = {}
        for (name, span), peers in table.items():
            grouped.setdefault((name, tuple(peers)), []).append(span)
        for (name, parties), spans in grouped.items():
            ports = () if None in spans else tuple(one for one in spans if one)
            mine: tuple[Party, ...] = (subjects[name],)
            inward = side == "ingress"
            for some in _alike(parties):
                yield Clause(
                    effect="allow",
                    sources=some if inward else mine,
                    destinations=mine if inward else some,
                    traffic=Traffic(ports=ports),
                    side="ingress" if inward else "egress",
                )


def _alike(parties: Iterable[Party]) -> Iterator[tuple[Party, ...]]:
    """Yield parties of one sort together, so that each has a rule of its own."""
    sorts: dict[type, list[Party]] = {}
    for party in parties:
        if not isinstance(party, Anyone):
            sorts.setdefault(type(party), []).append(party)
    for found in sorts.values():
        yield tuple(found)

"""The cluster as a graph: what contains, owns, selects and calls what.

The graph itself stays inside this package; the functions below it hand out values.

| node         | identity                     | attributes                                |
|--------------|------------------------------|-------------------------------------------|
| namespace    | `namespace:NAME`             | sort, name, namespace, value              |
| node         | `node:NAME`                  | value: Node                               |
| workload     | `workload:KIND/NS/NAME`      | value: Workload                           |
| pod          | `pod:NS/NAME`                | value: Pod                                |
| service      | `service:NS/NAME`            | value: Service                            |
| address      | `address:ADDRESS`            | value: an endpoint that is no known pod   |
| name         | `name:DNS-NAME`              | value: the DNS name outside the cluster   |
| range        | `range:CIDR`                 | value: the pod range of a node            |
| entity       | `entity:world`               | what a Service is exposed to              |

Edges carry `relation`: contains, owns, runs_on, holds, selects, backs, calls, stands_for, exposes.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from topology.calls import Call, calls
from topology.memo import per_cluster
from topology.model import Cluster, Pod, Service, Workload
from topology.services import service_backends, service_workloads
from topology.targets import (
    AddressTarget,
    DnsTarget,
    EntityTarget,
    NamespaceTarget,
    PodTarget,
    RangeTarget,
    ServiceTarget,
    Target,
)

if TYPE_CHECKING:
    import networkx

__all__ = ["Neighbour", "build_graph", "neighbours"]

_OPEN_TYPES = ("LoadBalancer", "NodePort")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Neighbour:
    """One thing beside another in the graph."""

    relation: str
    """The verb of the edge, such as `selects`."""
    outgoing: bool
    """Whether the edge leads from the object asked about to this one."""
    sort: str
    """`namespace`, `node`, `workload`, `pod`, `service`, `address`, `name`, `range`, `entity`."""
    name: str
    """As `resolve` would take it, such as `shop/web` or `service:shop/web`."""
    detail: str = ""
    """The evidence of the edge, such as the environment variable of a call."""


@per_cluster
def build_graph(cluster: Cluster) -> "networkx.DiGraph[str]":
    """Return the graph of a cluster, frozen."""
    import networkx

    graph: networkx.DiGraph[str] = networkx.DiGraph()
    for name, namespace in sorted(cluster.namespaces.items()):
        _add(graph, f"namespace:{name}", "namespace", f"namespace:{name}", name, namespace)
    for node in cluster.nodes:
        _add(graph, f"node:{node.name}", "node", f"node/{node.name}", "", node)
        for network in node.pod_cidrs:
            _add(graph, f"range:{network}", "range", str(network), "", network)
            graph.add_edge(f"node:{node.name}", f"range:{network}", relation="holds")
    for workload in cluster.workloads:
        _add_workload(graph, workload)
    for service in cluster.services:
        _add_service(graph, cluster, service)
    for call in calls(cluster):
        if call.service or call.outside:
            end = _called(graph, call)
            _connect_call(graph, _workload_id(call.caller), end, call.variable)
    frozen: networkx.DiGraph[str] = networkx.freeze(graph)
    return frozen


def neighbours(cluster: Cluster, target: Target) -> tuple[Neighbour, ...]:
    """Return everything beside what a name means, sorted; nothing for what is not in the graph."""
    graph = build_graph(cluster)
    identity = _identity(target)
    if identity not in graph:
        return ()
    found = set()
    for outgoing, edges in ((True, graph.out_edges), (False, graph.in_edges)):
        for start, end, attributes in edges(identity, data=True):
            other = graph.nodes[end if outgoing else start]
            found.add(
                Neighbour(
                    relation=attributes["relation"],
                    outgoing=outgoing,
                    sort=other["sort"],
                    name=other["name"],
                    detail=", ".join(attributes.get("variables", ())),
                )
            )
    return tuple(sorted(found))


def _add(
    graph: "networkx.DiGraph[str]", identity: str, sort: str, name: str, namespace: str, value: Any
) -> None:
    """Add a node with its attributes, and the namespace that contains it."""
    graph.add_node(identity, sort=sort, name=name, namespace=namespace, value=value)
    if namespace and sort in ("workload", "service"):
        if f"namespace:{namespace}" not in graph:
            _add(graph, f"namespace:{namespace}", "namespace", f"namespace:{namespace}",
                 namespace, None)  # fmt: skip
        graph.add_edge(f"namespace:{namespace}", identity, relation="contains")


def _add_workload(graph: "networkx.DiGraph[str]", workload: Workload) -> None:
    """Add a workload with its pods and the nodes that they run on."""
    identity = _workload_id(workload)
    _add(graph, identity, "workload", workload.full_name, workload.namespace, workload)
    for pod in workload.pods:
        _add(graph, _pod_id(pod), "pod", f"pod/{pod.full_name}", pod.namespace, pod)
        graph.add_edge(identity, _pod_id(pod), relation="owns")
        if pod.node:
            if f"node:{pod.node}" not in graph:
                _add(graph, f"node:{pod.node}", "node", f"node/{pod.node}", "", None)
            graph.add_edge(_pod_id(pod), f"node:{pod.node}", relation="runs_on")


def _add_service(graph: "networkx.DiGraph[str]", cluster: Cluster, service: Service) -> None:
    """Add a Service with what stands behind it and what it is open to."""
    identity = _service_id(service)
    _add(graph, identity, "service", f"service:{service.full_name}", service.namespace, service)
    for workload in service_workloads(cluster, service):
        graph.add_edge(identity, _workload_id(workload), relation="selects")
    for route in service_backends(cluster, service):
        for backend in route.backends:
            end = _pod_id(backend.pod) if backend.pod else f"address:{backend.address}"
            if not backend.pod:
                _add(graph, end, "address", str(backend.address), "", backend.address)
            graph.add_edge(end, identity, relation="backs")
    if service.external_name:
        end = f"name:{service.external_name}"
        _add(graph, end, "name", service.external_name, "", service.external_name)
        graph.add_edge(identity, end, relation="stands_for")
    if service.type in _OPEN_TYPES:
        _add(graph, "entity:world", "entity", "world", "", None)
        graph.add_edge(identity, "entity:world", relation="exposes")


def _called(graph: "networkx.DiGraph[str]", call: Call) -> str:
    """Return the node that a call leads to, added if it lies outside."""
    if call.service:
        return _service_id(call.service)
    host = call.host.lower().rstrip(".")
    sort = "address" if host.replace(".", "").isdecimal() or ":" in host else "name"
    _add(graph, f"{sort}:{host}", sort, host, "", host)
    return f"{sort}:{host}"


def _connect_call(graph: "networkx.DiGraph[str]", start: str, end: str, variable: str) -> None:
    """Add a call, or one more environment variable that speaks for it."""
    known = graph.get_edge_data(start, end, {}).get("variables", ())
    variables = tuple(sorted({*known, variable}))
    graph.add_edge(start, end, relation="calls", variables=variables)


def _identity(target: Target) -> str:
    """Return the node that stands for what a name means."""
    match target:
        case PodTarget(pod):
            return _pod_id(pod)
        case ServiceTarget(service):
            return _service_id(service)
        case NamespaceTarget(name):
            return f"namespace:{name}"
        case AddressTarget(address):
            return f"address:{address}"
        case RangeTarget(network):
            return f"range:{network}"
        case DnsTarget(name):
            return f"name:{name}"
        case EntityTarget(name):
            return f"entity:{name}"
        case _:
            return _workload_id(target.workload)


def _workload_id(workload: Workload) -> str:
    """Return the identity of a workload's node."""
    return f"workload:{workload.kind}/{workload.full_name}"


def _pod_id(pod: Pod) -> str:
    """Return the identity of a pod's node."""
    return f"pod:{pod.full_name}"


def _service_id(service: Service) -> str:
    """Return the identity of a Service's node."""
    return f"service:{service.full_name}"

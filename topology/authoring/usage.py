"""What is used: connections that workloads announce, and where traffic comes in from outside."""

from collections.abc import Iterator, Sequence

from topology.authoring.contract import Demand
from topology.authoring.wishes import Wish, wishes_of
from topology.calls import calls
from topology.errors import InvalidQuery, TopologyError
from topology.model import Cluster, Protocol
from topology.paths import Network, PortQuery
from topology.services import service_backends

__all__ = ["announced", "name_lookups", "wishes_for"]

_DNS: tuple[Protocol, ...] = ("UDP", "TCP")
_EXPOSED = ("LoadBalancer", "NodePort")


def announced(cluster: Cluster) -> tuple[Demand, ...]:
    """Return the connections that the objects of a cluster announce.

    These are the Services, or outside hosts, that environment variables name, and the backends of
    Services that are open to the outside. Calls that no variable names are not among them.
    """
    return tuple(dict.fromkeys((*_calls(cluster), *_exposed(cluster))))


def _calls(cluster: Cluster) -> Iterator[Demand]:
    for call in calls(cluster):
        because = f"`{call.variable}` of {call.caller.full_name} names it"
        if call.service is not None:
            yield Demand(
                source=call.caller.full_name,
                destination=f"service:{call.service.full_name}",
                port=call.port,
                because=because,
            )
        elif call.outside:
            yield Demand(
                source=call.caller.full_name,
                destination=call.host,
                port=call.port,
                because=because,
            )


def _exposed(cluster: Cluster) -> Iterator[Demand]:
    for service in cluster.services:
        if service.type not in _EXPOSED:
            continue
        for route in service_backends(cluster, service):
            for backend in route.backends:
                if backend.pod is not None and backend.port:
                    yield Demand(
                        source="world",
                        destination=f"{backend.pod.namespace}/{backend.pod.workload}",
                        port=backend.port,
                        protocol=route.port.protocol,
                        because=f"Service {service.full_name} is a {service.type}",
                    )


def name_lookups(cluster: Cluster, used: Sequence[Demand]) -> Iterator[Demand]:
    """Yield the DNS queries that whoever sends anything depends on."""
    servers = [
        workload
        for workload in cluster.workloads
        if workload.namespace == "kube-system" and workload.labels.get("k8s-app") == "kube-dns"
    ]
    known = {workload.full_name for workload in cluster.workloads}
    for source in dict.fromkeys(demand.source for demand in used):
        if source not in known:
            continue
        for server in servers:
            for protocol in _DNS:
                yield Demand(
                    source=source,
                    destination=server.full_name,
                    port=53,
                    protocol=protocol,
                    because="names must go on being resolved",
                )


def wishes_for(
    network: Network, used: Sequence[Demand]
) -> tuple[tuple[tuple[Demand, Wish], ...], tuple[str, ...]]:
    """Return what must stay open for each demand, and the demands that mean nothing here.

    Args:
        network: The cluster that the names are of.
        used: As observed or announced.
    """
    found: list[tuple[Demand, Wish]] = []
    faults: list[str] = []
    for demand in used:
        try:
            source = network.names.match(demand.source).target
            destination = network.names.match(demand.destination).target
            port = None
            if demand.port is not None:
                port = PortQuery(number=demand.port, protocol=demand.protocol)
            asks = wishes_of(network, source, destination, port=port, http=demand.http)
        except (InvalidQuery, TopologyError) as error:
            faults.append(f"`{demand.source}` -> `{demand.destination}`: {error}")
            continue
        found += [(demand, wish) for _, wishes in asks for wish in wishes]
    return tuple(found), tuple(faults)

"""Observed connections as demands: what was seen to be let through, in the terms of drafts.

Use:

    known = seen(network.cluster, observation)
    draft(network, intent, observed=known.demands)
    known.window, known.left_out

Only what was forwarded counts: what was dropped is no need. Replies are told from requests where
flows are put together; here what remains is left out that a policy need not, or should not, name:

* what comes from `host`: kubelet probes, which Cilium always lets in to pods of the node;
* ports above 32767 that no pod of the destination declares and no Service leads to: of such a
  port it is not certain that it is the server's (Linux' range of client ports starts at 32768);
* ends that the cluster does not have, and ICMP, which no draft names.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from topology.authoring.contract import Demand
from topology.authoring.flow_effects import window_of
from topology.authoring.learned_requests import RequestsSeen
from topology.flows.observation import Connection, Observation
from topology.model import Cluster
from topology.policy.verdict import HttpRequest
from topology.services import service_backends
from topology.targets import (
    AddressTarget,
    DnsTarget,
    EntityTarget,
    PodTarget,
    ServiceTarget,
    WorkloadTarget,
)

if TYPE_CHECKING:
    from topology.paths import Network

__all__ = ["Excess", "Seen", "excess", "seen"]

EPHEMERAL: Final = 32768
"""Source: net.ipv4.ip_local_port_range of Linux."""
MOST_DEMANDS: Final = 5_000
MOST_OF_ONE: Final = 20
"""Distinct requests of one connection that a draft is held to."""
_MOST_WORKLOADS: Final = 300
_ASKABLE: Final = ("host", "kube-apiserver", "remote-node", "world")
_HOST = "What the node `host` opens (kubelet probes) needs no rule: it is always let in"
_DROPPED = "Dropped connections are not learned"
_UNKNOWN = "Ends that are not in the input are left out"
_ICMP = "ICMP is left out"
_PORT = f"Ports from {EPHEMERAL} on that nothing declares are left out, as client ports are"
_NO_END = "Ends that no policy can name are left out"
_MORE = f"Only {MOST_OF_ONE} requests of each connection are tried"
_FULL = f"Only {MOST_DEMANDS} requests are tried"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What flows show to be needed."""

    demands: tuple[Demand, ...]
    window: str
    """When it was seen, in words; empty where flows do not say."""
    left_out: tuple[str, ...] = ()
    """What was seen and is not demanded, a sentence each with the number of connections."""
    requests: tuple[RequestsSeen, ...] = ()
    """What workloads asked of each other, where a proxy looked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """What policies let through between workloads, against what was seen."""

    seen: int
    """Distinct source, destination and port."""
    allowed: int
    """Likewise, of the ports that anyone declares or was seen to be called on."""

    @property
    def ratio(self) -> float:
        """Return allowed for each one seen: 1.0 where nothing more is open than was seen."""
        return self.allowed / self.seen if self.seen else float(self.allowed)


def seen(cluster: Cluster, observation: Observation) -> Seen:
    """Return what an observation shows to be needed.

    Args:
        cluster: Whose workloads the ends are.
        observation: Of flows, put together on the same cluster.
    """
    left_out: Counter[str] = Counter()
    found: dict[Demand, None] = {}
    requests: list[RequestsSeen] = []
    for connection in observation.connections:
        why = _why_not(connection, frozenset(observation.unknown), cluster)
        if why:
            left_out[why] += 1
            continue
        ends = [*_ends(cluster, connection)]
        if not ends:
            left_out[_NO_END] += 1
        requests += _asked(connection, ends)
        for demand in ends:
            for asked, request in enumerate(_requests(connection, demand)):
                if asked >= MOST_OF_ONE or len(found) >= MOST_DEMANDS:
                    left_out[_MORE if asked >= MOST_OF_ONE else _FULL] += 1
                    break
                found[request] = None
    return Seen(
        demands=tuple(found),
        window=window_of(observation),
        left_out=tuple(f"{why} ({number})." for why, number in sorted(left_out.items())),
        requests=_joined(requests),
    )


def excess(
    network: "Network",
    demands: Sequence[Demand],
    scope: Collection[str],
    *,
    both_ways: bool = True,
) -> Excess | None:
    """Return how much more is open between workloads than was seen; None for large clusters.

    Args:
        network: With the policies that are judged in force.
        demands: What was seen.
        scope: `namespace/workload` of those that the policies are for; pairs of which neither end
            is one of them do not count.
        both_ways: Whether the policies say whom those call, and not only who calls them.
    """
    known = {
        one.full_name: PodTarget(one.pods[0])
        for one in network.cluster.workloads
        if one.pods and not one.pods[0].host_network
    }
    if len(known) > _MOST_WORKLOADS:
        return None
    calls = {
        (one.source, one.destination, one.port, one.protocol)
        for one in demands
        if one.port is not None
        and {one.source, one.destination} <= known.keys()
        and (one.destination in scope or (both_ways and one.source in scope))
    }
    allowed = set(calls)
    for name, target in known.items():
        ports = {call[2:] for call in calls if call[1] == name}
        ports |= {(port.number, port.protocol) for port in target.pod.ports}
        calling = known.keys() & scope if both_ways else ()
        callers = known if name in scope else calling
        for caller in callers:
            for number, protocol in ports if caller != name else ():
                verdict = network.policies.verdict(
                    known[caller], target, port=number or 0, protocol=protocol
                )
                if verdict == "allow" and _meshed(network, known[caller], target, number or 0):
                    allowed.add((caller, name, number, protocol))
    return Excess(seen=len(calls), allowed=len(allowed))


def _meshed(network: "Network", source: PodTarget, destination: PodTarget, port: int) -> bool:
    """Return whether the mesh lets a connection through, some requests on it at least."""
    if network.mesh.is_absent:
        return True
    return network.mesh.decide(destination.pod, port=port, source=source).verdict != "deny"


def _why_not(connection: Connection, unknown: frozenset[str], cluster: Cluster) -> str:
    """Return why a connection is no demand; empty if it is one."""
    ends = (connection.source, connection.destination)
    if connection.verdict != "forwarded":
        return _DROPPED
    if isinstance(connection.source, EntityTarget) and connection.source.name == "host":
        return _HOST
    if connection.protocol.startswith("ICMP"):
        return _ICMP
    if any(isinstance(end, WorkloadTarget) and str(end) in unknown for end in ends):
        return _UNKNOWN
    return _PORT if connection.port >= EPHEMERAL and not _offers(cluster, connection) else ""


def _offers(cluster: Cluster, connection: Connection) -> bool:
    """Return whether the destination says that it listens on a port."""
    match connection.destination:
        case ServiceTarget():
            return True
        case WorkloadTarget(workload):
            declared = {port.number for pod in workload.pods for port in pod.ports}
            return connection.port in declared or any(
                backend.port == connection.port and backend.pod in workload.pods
                for service in cluster.services
                if service.namespace == workload.namespace
                for route in service_backends(cluster, service)
                for backend in route.backends
            )
        case _:
            return False


def _ends(cluster: Cluster, connection: Connection) -> Iterator[Demand]:
    """Yield the connection between ends that drafts name, for each workload behind a Service."""
    source, target = connection.source, connection.destination
    for end in (source, target):
        if isinstance(end, EntityTarget) and end.name not in _ASKABLE:
            return
    if isinstance(source, ServiceTarget):
        return
    demand = Demand(
        source=str(source),
        destination=str(target),
        port=connection.port,
        protocol=connection.protocol,
        because="it was seen",
    )
    if isinstance(target, DnsTarget) and connection.names:
        # Which of the names its client looked up, the address does not tell.
        yield from (replace(demand, destination=name) for name in sorted(connection.names))
        return
    if not isinstance(target, ServiceTarget):
        yield demand
        return
    routes = service_backends(
        cluster, target.service, port=connection.port, protocol=connection.protocol
    )
    for backend in (one for route in routes for one in route.backends):
        if backend.pod is not None and backend.port:
            name = f"{backend.pod.namespace}/{backend.pod.workload}"
            yield replace(demand, destination=name, port=backend.port)


def _asked(connection: Connection, ends: Sequence[Demand]) -> Iterator[RequestsSeen]:
    """Yield what one workload asked of another; what comes from outside says little of the next."""
    if not connection.requests or not isinstance(connection.source, WorkloadTarget):
        return
    for demand in ends:
        if isinstance(connection.destination, WorkloadTarget | ServiceTarget):
            yield RequestsSeen(
                source=demand.source,
                destination=demand.destination,
                port=demand.port or 0,
                requests=connection.requests,
                is_complete=not connection.more,
            )


def _joined(requests: Sequence[RequestsSeen]) -> tuple[RequestsSeen, ...]:
    """Return requests with those of one source, destination and port together."""
    found: dict[tuple[str, str, int], RequestsSeen] = {}
    for one in requests:
        known = found.get(one.edge)
        if known is not None:
            one = replace(
                one,
                requests=(*known.requests, *one.requests),
                is_complete=known.is_complete and one.is_complete,
            )
        found[one.edge] = one
    return tuple(found.values())


def _requests(connection: Connection, demand: Demand) -> Iterator[Demand]:
    """Yield what was asked on a connection; where nobody looked, that it was opened."""
    between = isinstance(connection.source, WorkloadTarget) and not isinstance(
        connection.destination, AddressTarget | EntityTarget
    )
    if connection.requests:
        for one in connection.requests:
            request = HttpRequest(method=one.method or "GET", path=one.target or "/", host=one.host)
            yield replace(demand, http=request)
    elif connection.queries and between:
        for query in connection.queries:
            yield replace(demand, dns=query.name)
    else:
        yield demand

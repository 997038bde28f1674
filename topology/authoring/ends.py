"""The ends between which a contract is tried: workloads, and samples of what is outside."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import NamedTuple

from topology.authoring.intent import (
    Anyone,
    DnsNames,
    Entities,
    Networks,
    Nodes,
    Party,
    Pods,
    ServiceParty,
)
from topology.authoring.membership import means, services_meant
from topology.authoring.witnesses import sample_name
from topology.memo import per_cluster
from topology.model import Cluster, Network, Pod, Protocol, Workload
from topology.policy.istio.sidecars import PROXY_CONTAINER

__all__ = ["End", "Port", "ends_of", "every_end", "offered"]

_ASKABLE = ("host", "kube-apiserver", "remote-node", "world")
_WORLD = "world"
_PROXY_PORTS = range(15000, 15100)
"""Istio's own, which are not what a workload offers to others."""
_FURTHEST = 256
"""Addresses of a network that are tried for one that is no exception and no pod's."""


class Port(NamedTuple):
    """A port of a destination; None for every port of the protocol."""

    number: int | None
    protocol: Protocol


@dataclass(frozen=True, slots=True)
class End:
    """A workload, or a sample of something outside."""

    name: str
    """As `netassist reach` takes it."""
    pods: tuple[Pod, ...] = ()

    def __hash__(self) -> int:
        return hash(self.name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, End) and other.name == self.name

    def is_of(self, party: Party) -> bool:
        """Return whether a party means this end, which is not a pod."""
        match party:
            case Anyone():
                return True
            case Entities():
                return _is_entity(self.name, party.names)
            case Networks():
                return _is_within(self.name, party)
            case DnsNames():
                return any(_matches(self.name, one) for one in party.names)
            case Nodes():
                return self.name in ("host", "remote-node") and not party.labels
            case _:
                return False


def ends_of(cluster: Cluster, party: Party) -> tuple[End, ...]:
    """Return the ends that a party of a clause, its namespaces written out, means."""
    match party:
        case Anyone():
            return every_end(cluster)
        case Networks():
            sample = _address_in(cluster, party)
            return (End(sample),) if sample else ()
        case DnsNames():
            return tuple(End(sample_name(one)) for one in party.names)
        case Nodes():
            return (End("host"), End("remote-node")) if not party.labels else ()
        case Entities():
            named = [End(one) for one in party.names if one in _ASKABLE]
            if {"cluster", "all"}.intersection(party.names):
                named += [one for one in every_end(cluster) if one.pods]
            if "all" in party.names:
                named.append(End(_WORLD))
            return tuple(dict.fromkeys(named))
        case ServiceParty() if not any(one.selector for one in services_meant(cluster, party)):
            found = services_meant(cluster, party)
            return tuple(End(f"service:{one.full_name}") for one in found)
        case _:
            return tuple(_workloads(cluster, party))


@per_cluster
def every_end(cluster: Cluster) -> tuple[End, ...]:
    """Return every workload that policies apply to, and the world."""
    found = [
        End(one.full_name, one.pods)
        for one in cluster.workloads
        if not one.pods[0].host_network and any(pod.running for pod in one.pods)
    ]
    return (*dict.fromkeys(found), End(_WORLD))


def offered(end: End) -> tuple[Port, ...]:
    """Return the ports that an end declares, its proxy's aside, else every TCP port."""
    ports = {
        Port(port.number, port.protocol): None
        for pod in end.pods
        for port in pod.ports
        if not (PROXY_CONTAINER in pod.containers and port.number in _PROXY_PORTS)
    }
    return tuple(sorted(ports, key=str)) or (Port(None, "TCP"),)


def _workloads(cluster: Cluster, party: Party) -> Iterator[End]:
    for workload in _candidates(cluster, party):
        pods = tuple(pod for pod in workload.pods if pod.running)
        meant = tuple(pod for pod in pods if means(cluster, party, pod))
        if meant and len(meant) == len(pods):
            yield End(workload.full_name, workload.pods)
        else:
            yield from (End(pod.full_name, (pod,)) for pod in meant if not pod.planned)


def _candidates(cluster: Cluster, party: Party) -> Iterable[Workload]:
    """Return the workloads of which a party may mean a pod."""
    if not isinstance(party, Pods) or party.namespaces is None:
        return cluster.workloads
    if party.workload:
        return _by_name(cluster).get(party.workload, ())
    return [one for one in cluster.workloads if one.namespace in party.namespaces]


@per_cluster
def _by_name(cluster: Cluster) -> dict[str, tuple[Workload, ...]]:
    found: dict[str, tuple[Workload, ...]] = {}
    for one in cluster.workloads:
        found[one.full_name] = (*found.get(one.full_name, ()), one)
    return found


def _address_in(cluster: Cluster, party: Networks) -> str:
    taken = {address for pod in cluster.pods for address in pod.addresses}
    taken |= {address for node in cluster.nodes for address in node.addresses}
    network: Network = party.network
    start = int(network.network_address)
    step = max(1, network.num_addresses // _FURTHEST)
    # The first address of a network is nobody's: 0.0.0.0 is no peer.
    first = min(step, network.num_addresses - 1)
    for offset in range(first, network.num_addresses, step):
        address = type(network.network_address)(start + offset)
        if address not in taken and not any(address in hole for hole in party.exceptions):
            return str(address)
    return ""


def _is_entity(name: str, entities: tuple[str, ...]) -> bool:
    if "all" in entities or name in entities:
        return True
    if "cluster" in entities and name in ("host", "remote-node"):
        return True
    return "world" in entities and name not in ("host", "remote-node")


def _is_within(name: str, party: Networks) -> bool:
    if name == _WORLD:
        return not party.network.prefixlen and not party.exceptions
    try:
        address = ip_address(name)
    except ValueError:
        return False
    return address in party.network and not any(address in one for one in party.exceptions)


def _matches(name: str, pattern: str) -> bool:
    from topology.policy.fqdn import NamePattern

    made = NamePattern.pattern(pattern, deep=False) if "*" in pattern else NamePattern.name(pattern)
    return made.matches(name)

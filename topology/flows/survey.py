"""Everything that findings need of flows, taken in one pass."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from topology.flows.balance import Balance, BalanceTally
from topology.flows.connections import ConnectionTally
from topology.flows.dns import DnsReport, DnsTally
from topology.flows.ends import Ends
from topology.flows.flow import Flow
from topology.flows.observation import Connection, Observation
from topology.flows.traffic import TrafficReport, TrafficTally
from topology.model import Cluster
from topology.targets import AddressTarget, DnsTarget, EntityTarget

__all__ = ["Survey", "new_edges", "survey", "to_world"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What a window of flows shows."""

    observation: Observation
    traffic: TrafficReport = field(default_factory=TrafficReport)
    dns: DnsReport = field(default_factory=DnsReport)
    balances: tuple[Balance, ...] = ()


def survey(flows: Iterable[Flow], cluster: Cluster) -> Survey:
    """Read flows once and return connections, traffic, DNS and balance.

    Args:
        flows: In any order; each is looked at once and not kept.
        cluster: Whose workloads, Services and nodes the ends are; may be empty.
    """
    ends = Ends(cluster)
    connections, traffic = ConnectionTally(ends), TrafficTally(ends)
    dns, balances = DnsTally(ends), BalanceTally(ends)
    for flow in flows:
        connections.add(flow)
        traffic.add(flow)
        dns.add(flow)
        balances.add(flow)
    return Survey(
        observation=connections.finish(),
        traffic=traffic.finish(),
        dns=dns.finish(),
        balances=balances.finish(cluster),
    )


def to_world(observation: Observation) -> tuple[Connection, ...]:
    """Return the connections that leave the cluster: to names, addresses and `world`."""
    return tuple(
        one
        for one in observation.connections
        if isinstance(one.destination, (DnsTarget, AddressTarget))
        or one.destination == EntityTarget("world")
    )


def new_edges(before: Observation, after: Observation) -> tuple[Connection, ...]:
    """Return the connections of a window that an earlier one does not have, whatever the verdict.

    Two connections are the same if they have the same ends, port and protocol.
    """
    known = {str(one) for one in before.connections}
    return tuple(one for one in after.connections if str(one) not in known)

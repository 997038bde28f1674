"""Which of the changes that a draft makes were not asked for."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import TYPE_CHECKING, Literal

from topology.authoring.contract import Demand
from topology.authoring.contract_check import check_demand
from topology.authoring.demands import Allowance
from topology.authoring.ends import End
from topology.authoring.intent import DnsNames, Networks, Nodes, Party
from topology.authoring.membership import means, ports_of
from topology.authoring.sheets import Side
from topology.authoring.witnesses import requests_out
from topology.authoring.writing import Written
from topology.memo import per_cluster
from topology.model import Cluster, Pod
from topology.policy.ports import PortSet
from topology.simulation import EndChange, Simulation

if TYPE_CHECKING:
    from topology.paths import Network

__all__ = ["Unasked", "unasked_changes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unasked:
    """A change that no clause of the request accounts for."""

    way: Literal["opened", "closed"]
    change: EndChange
    demand: Demand | None = None
    """A request that passes although none like it was asked for."""


def unasked_changes(
    before: "Network",
    after: "Network",
    change: Simulation,
    permitted: Sequence[Allowance],
    documents: Sequence[Written],
) -> Iterator[Unasked]:
    """Yield what opens beyond what was allowed, and what closes beyond what was isolated.

    Whom a clause means is decided by its labels and names, not by the engine that decides the
    policies, so that a selector that means more than its clause is found.

    Args:
        before: The network as it is.
        after: With the draft.
        change: What the draft does on the whole cluster.
        permitted: What clauses allow and deny, and what the draft lets through besides.
        documents: The draft, whose subjects may become default-deny.
    """
    cluster = before.cluster
    for row in (*change.opened, *change.other_requests):
        if row.ports - _allowed(cluster, row, permitted):
            yield Unasked(way="opened", change=row)
            continue
        for demand in _requests(cluster, row, permitted):
            opens = check_demand(after, demand, "allow").found == "allow"
            if opens and check_demand(before, demand, "allow").found != "allow":
                yield Unasked(way="opened", change=row, demand=demand)
    for row in change.closed:
        if not _may_close(cluster, row, permitted, documents):
            yield Unasked(way="closed", change=row)


def _about(
    cluster: Cluster, row: EndChange, permitted: Iterable[Allowance], *, deny: bool
) -> list[Allowance]:
    source, destination = (_end(cluster, name) for name in (row.source, row.destination))
    return [
        one
        for one in permitted
        if one.deny == deny
        and _touches(cluster, one.sources, source)
        and _touches(cluster, one.destinations, destination)
    ]


def _allowed(cluster: Cluster, row: EndChange, permitted: Iterable[Allowance]) -> PortSet:
    pods = _end(cluster, row.destination).pods
    found = _about(cluster, row, permitted, deny=False)
    return PortSet.union(ports_of(one.traffic.ports, pods) for one in found)


def _requests(cluster: Cluster, row: EndChange, permitted: Iterable[Allowance]) -> Iterator[Demand]:
    """Yield requests that were not asked for, where only some were."""
    found = _about(cluster, row, permitted, deny=False)
    if not found or row.after != "conditional":
        return
    for first, _ in row.ports.spans("TCP"):
        for http in requests_out(one.traffic for one in found):
            yield Demand(source=row.source, destination=row.destination, port=first, http=http)


def _may_close(
    cluster: Cluster,
    row: EndChange,
    permitted: Sequence[Allowance],
    documents: Sequence[Written],
) -> bool:
    """Return whether a denial, or default deny at one of the ends, accounts for a closing."""
    denied = _about(cluster, row, permitted, deny=True)
    if denied:
        pods = _end(cluster, row.destination).pods
        ports = PortSet.union(ports_of(one.traffic.ports, pods) for one in denied)
        if row.ports <= ports:
            return True
    ends: tuple[tuple[Side, str], ...] = (("ingress", row.destination), ("egress", row.source))
    for side, name in ends:
        pods = _end(cluster, name).pods
        for one in documents:
            if one.sheet is None or isinstance(one.sheet.subject, Nodes) or not pods:
                continue
            subject = one.sheet.subject
            if not any(means(cluster, subject, pod) for pod in pods):
                continue
            strict = one.sheet.mode == "STRICT" and side == "ingress"
            if strict or one.sheet.isolates(side):
                return True
    return False


def _touches(cluster: Cluster, parties: Iterable[Party], end: End) -> bool:
    """Return whether parties mean an end: every pod of a workload, or all of an outside."""
    parties = tuple(parties)
    if end.pods:
        return all(any(means(cluster, one, pod) for one in parties) for pod in end.pods)
    return any(_means_outside(one, end.name) for one in parties)


def _means_outside(party: Party, name: str) -> bool:
    end = End(name)
    if end.is_of(party):
        return True
    if isinstance(party, DnsNames):
        return name in party.names
    if isinstance(party, Networks):
        try:
            network = ip_network(name)
        except ValueError:
            return False
        return (
            network.version == party.network.version
            and network.subnet_of(party.network)  # type: ignore[arg-type]
            and not any(network.overlaps(one) for one in party.exceptions)
        )
    return False


def _end(cluster: Cluster, name: str) -> End:
    return End(name, _pods_by_workload(cluster).get(name, ()))


@per_cluster
def _pods_by_workload(cluster: Cluster) -> dict[str, tuple[Pod, ...]]:
    found: dict[str, tuple[Pod, ...]] = {}
    for one in cluster.workloads:
        running = tuple(pod for pod in one.pods if pod.running) or one.pods
        found[one.full_name] = (*found.get(one.full_name, ()), *running)
    return found

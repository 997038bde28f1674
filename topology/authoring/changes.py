"""Which of the changes that a draft makes were not asked for."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from topology.authoring.allowances import Allowance, Allowances
from topology.authoring.contract import Demand
from topology.authoring.contract_check import check_demand
from topology.authoring.ends import End
from topology.authoring.intent import Pods
from topology.authoring.membership import means
from topology.authoring.sheets import Side
from topology.authoring.witnesses import requests_out
from topology.authoring.writing import Written
from topology.memo import per_cluster
from topology.model import Cluster, Pod
from topology.simulation import EndChange, Simulation

if TYPE_CHECKING:
    from topology.paths import Network

__all__ = ["Unasked", "unasked_changes"]

_SIDES: tuple[Side, ...] = ("ingress", "egress")


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
    known = Allowances(cluster, permitted)
    isolated = {side: _isolated(cluster, documents, side) for side in _SIDES}
    for row in _certain((*change.opened, *change.other_requests)):
        source, destination = _end(cluster, row.source), _end(cluster, row.destination)
        if row.ports - known.ports(source, destination):
            yield Unasked(way="opened", change=row)
            continue
        for demand in _requests(row, known.about(source, destination)):
            opens = check_demand(after, demand, "allow").found == "allow"
            if opens and check_demand(before, demand, "allow").found != "allow":
                yield Unasked(way="opened", change=row, demand=demand)
    for row in _certain(change.closed):
        if row.destination in isolated["ingress"] or row.source in isolated["egress"]:
            continue
        source, destination = _end(cluster, row.source), _end(cluster, row.destination)
        if row.after == "unknown" and known.may_touch(source, destination):
            continue
        if not row.ports <= known.ports(source, destination, deny=True):
            yield Unasked(way="closed", change=row)


def _certain(rows: Iterable[EndChange]) -> Iterator[EndChange]:
    """Yield the changes but those of an API server whose address is not in the input.

    A network in a rule may hold that address or not, so that what was certain becomes unknown.
    """
    for row in rows:
        if row.after != "unknown" or "kube-apiserver" not in (row.source, row.destination):
            yield row


def _requests(row: EndChange, found: list[Allowance]) -> Iterator[Demand]:
    """Yield requests that were not asked for, where only some were."""
    if not found or row.after != "conditional":
        return
    for first, _ in row.ports.spans("TCP"):
        for http in requests_out(one.traffic for one in found):
            yield Demand(source=row.source, destination=row.destination, port=first, http=http)


def _isolated(cluster: Cluster, documents: Iterable[Written], side: Side) -> frozenset[str]:
    """Return the workloads that the draft puts in default deny, or in STRICT, in a direction."""
    subjects = [
        one.sheet.subject
        for one in documents
        if one.sheet
        and isinstance(one.sheet.subject, Pods)
        and (one.sheet.isolates(side) or (one.sheet.mode == "STRICT" and side == "ingress"))
    ]
    return frozenset(
        name
        for name, pods in _pods_by_workload(cluster).items()
        if any(means(cluster, subject, pod) for subject in subjects for pod in pods)
    )


def _end(cluster: Cluster, name: str) -> End:
    return End(name, _pods_by_workload(cluster).get(name, ()))


@per_cluster
def _pods_by_workload(cluster: Cluster) -> dict[str, tuple[Pod, ...]]:
    found: dict[str, tuple[Pod, ...]] = {}
    for one in cluster.workloads:
        running = tuple(pod for pod in one.pods if pod.running) or one.pods
        found[one.full_name] = (*found.get(one.full_name, ()), *running)
    return found

"""How evenly the pods of a workload are used, against the even share, with likely causes."""

from collections import Counter
from dataclasses import dataclass
from typing import Final, Literal

from topology.flows.ends import Ends, ObservedEnd
from topology.flows.flow import Flow
from topology.flows.statistics import chi_square_p, variation
from topology.model import Cluster, Pod, Service, Workload
from topology.services import services_of
from topology.targets import WorkloadTarget

__all__ = ["Balance", "BalanceTally", "PodShare"]

SIGNIFICANT: Final = 0.01
"""A smaller p is no accident."""
_LARGE: Final = 1.5
"""Times the even share; below, even what is no accident is of no use to anyone."""
_HINTS: Final = (
    "service.kubernetes.io/topology-mode",
    "service.kubernetes.io/topology-aware-hints",
)
_MANY: Final = 10
"""Requests on each connection beyond which connections say little about load."""
_MOST: Final = 0.6
"""Share of one client address that dominates."""

Measure = Literal["connections", "requests"]


@dataclass(frozen=True, slots=True, order=True)
class PodShare:
    """What one pod got."""

    pod: str
    connections: int
    requests: int
    known: bool = True
    """Whether the cluster that was read has this pod."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The shares of the pods of one workload."""

    workload: str
    pods: tuple[PodShare, ...]
    """The busiest first; idle ones included where the cluster that was read has them."""
    measure: Measure
    """What is compared: requests where there are any, else connections."""
    total: int
    largest: float
    """Largest share over the even share; 1 is even."""
    variation: float
    """Coefficient of variation of the shares."""
    p: float | None
    """Of a chi-square test against even shares; None for fewer than five expected per pod."""
    idle: int
    """Pods that got nothing."""
    causes: tuple[str, ...] = ()
    """Likely causes of an imbalance, one sentence each; the strongest evidence first."""
    note: str = ""
    """What the comparison could not take into account."""

    @property
    def is_uneven(self) -> bool:
        """Return whether the shares differ by more than chance, and enough to matter."""
        return self.p is not None and self.p < SIGNIFICANT and self.largest >= _LARGE


class _Load:
    __slots__ = ("end", "requests", "sockets", "sources")

    def __init__(self, end: ObservedEnd) -> None:
        self.end = end
        self.sockets: dict[str, set[int]] = {}
        self.requests: Counter[str] = Counter()
        self.sources: Counter[str] = Counter()


class BalanceTally:
    """Adds up the connections and requests that each pod got."""

    def __init__(self, ends: Ends) -> None:
        self._ends = ends
        self._loads: dict[str, _Load] = {}

    def add(self, flow: Flow) -> None:
        """Take a flow into account, if it goes to a pod and is no reply."""
        if flow.is_reply is not False or not flow.destination.pod:
            return
        if flow.verdict not in ("FORWARDED", "REDIRECTED") or flow.protocol not in ("TCP", "UDP"):
            return
        end = self._ends.both(flow)[1]
        if not isinstance(end.target, WorkloadTarget):
            return
        load = self._loads.get(end.key)
        if load is None:
            load = self._loads[end.key] = _Load(end)
        pod = flow.destination.name
        if flow.l7 == "REQUEST":
            load.requests[pod] += flow.stands_for
        sockets = load.sockets.get(pod)
        if sockets is None:
            sockets = load.sockets[pod] = set()
        before = len(sockets)
        sockets.add(hash((flow.source_address, flow.source_port, flow.destination_port)))
        if len(sockets) > before:
            load.sources[flow.source_address] += 1

    def finish(self, cluster: Cluster) -> tuple[Balance, ...]:
        """Return the balance of each workload with two pods or more, the most uneven first."""
        found = [
            balance
            for load in self._loads.values()
            if (balance := _balance(cluster, load)) is not None
        ]
        return tuple(sorted(found, key=lambda one: (not one.is_uneven, -one.largest, one.workload)))


def _balance(cluster: Cluster, load: _Load) -> Balance | None:
    """Return the balance of one workload; None for a single pod."""
    target = load.end.target
    if not isinstance(target, WorkloadTarget):
        return None
    real = [pod for pod in target.workload.pods if not pod.planned]
    expected = {pod.full_name: pod for pod in real if pod.running}
    names = sorted(expected.keys() | load.sockets.keys())
    if len(names) < 2:
        return None
    measure: Measure = "requests" if load.requests.total() else "connections"
    shares = [
        PodShare(name, len(load.sockets.get(name, ())), load.requests[name], name in expected)
        for name in names
    ]
    counts = [getattr(one, measure) for one in shares]
    total = sum(counts)
    if not total:
        return None
    balance = Balance(
        workload=str(target),
        pods=tuple(sorted(shares, key=lambda one: (-getattr(one, measure), one.pod))),
        measure=measure,
        total=total,
        largest=max(counts) * len(counts) / total,
        variation=variation(counts),
        p=chi_square_p(counts),
        idle=counts.count(0),
        note=_note(expected, shares),
    )
    if not balance.is_uneven:
        return balance
    causes = _causes(cluster, target.workload, load, shares, list(expected.values()))
    return Balance(**{name: getattr(balance, name) for name in _FIELDS}, causes=tuple(causes))


_FIELDS: Final = ("workload", "pods", "measure", "total", "largest", "variation", "p", "idle",
                  "note")  # fmt: skip


def _note(expected: dict[str, Pod], shares: list[PodShare]) -> str:
    if not expected:
        return (
            "The cluster that was read has no pods of it, so idle pods are not known: only pods "
            "that got something are compared."
        )
    gone = [one.pod for one in shares if not one.known]
    if gone:
        return (
            f"{len(gone)} of the pods are not in the cluster that was read: pods came or went "
            "while flows were collected, which makes shares uneven by itself."
        )
    return ""


def _causes(
    cluster: Cluster, workload: Workload, load: _Load, shares: list[PodShare], pods: list[Pod]
) -> list[str]:
    """Return what could make the shares uneven, as far as the input shows it."""
    causes = []
    for service in services_of(cluster, workload.pods):
        causes += _service_causes(service)
    unready = [pod.full_name for pod in pods if not pod.ready]
    if unready:
        causes.append(f"`{unready[0]}` is not ready, so a Service sends it nothing.")
    connections = [one.connections for one in shares]
    requests = load.requests.total()
    even = chi_square_p(connections)
    if requests and sum(connections) and requests / sum(connections) >= _MANY:
        text = f"{requests:,} requests came on {sum(connections):,} connections: long-lived "
        text += "connections (HTTP/2, gRPC, keep-alive) are spread when they are opened, not by "
        text += "request"
        if even is not None and even >= SIGNIFICANT:
            text += "; the connections themselves are spread evenly"
        causes.append(f"{text}.")
    total = sum(load.sources.values())
    address, most = load.sources.most_common(1)[0] if load.sources else ("", 0)
    if total and most / total >= _MOST and len(load.sources) > 1:
        causes.append(
            f"{most / total:.0%} of the connections come from one address, `{address}`: a client "
            "that keeps few connections, or many clients behind one (SNAT)."
        )
    elif total and len(load.sources) == 1:
        causes.append(f"Everything comes from one address, `{address}`.")
    return causes


def _service_causes(service: Service) -> list[str]:
    """Return the settings of a Service that keep it from spreading evenly."""
    name = f"`{service.full_name}`"
    found = []
    if service.session_affinity == "ClientIP":
        found.append(f"Service {name} has `sessionAffinity: ClientIP`: a client stays on its pod.")
    if service.headless:
        found.append(
            f"Service {name} is headless: clients choose a pod from DNS themselves, and many keep "
            "the first."
        )
    if service.internal_traffic_policy == "Local" or service.external_traffic_policy == "Local":
        found.append(f"Service {name} has a traffic policy `Local`: each node uses its own pods.")
    if any(service.annotations.get(hint, "").lower() == "auto" for hint in _HINTS):
        found.append(f"Service {name} prefers pods of the client's zone (topology-aware routing).")
    return found

"""What observed connections say of a change: which it would drop, and which it was made for."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from topology.authoring.checks import Check
from topology.flows.drops import Drop, explain_drops
from topology.flows.observation import Observation
from topology.flows.replay import Replay, Replayed, replay
from topology.flows.times import duration_text, time_text
from topology.model import Pod
from topology.services import backends
from topology.targets import NamespaceTarget, PodTarget, ServiceTarget, Target, WorkloadTarget

if TYPE_CHECKING:
    from topology.paths import Network

__all__ = ["FlowEffect", "connections_between", "drops_between", "flow_effect", "window_of"]

_SHOWN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowEffect:
    """What a change does to observed connections."""

    check: Check
    """`flows`: it fails where a connection that passed would be dropped."""
    replay: Replay

    @property
    def dropped(self) -> tuple[str, ...]:
        """Return what would be dropped, a line each."""
        return tuple(map(_line, self.replay.now_dropped))


def flow_effect(before: "Network", after: "Network", observation: Observation) -> FlowEffect:
    """Judge every observed connection before and after a change of policies.

    Args:
        before: With the policies in force.
        after: The same cluster under the changed ones.
        observation: Of flows, put together on the same cluster.
    """
    found = replay(before, after, observation)
    total = len(observation.connections)
    of = f"of {total} observed connection{'' if total == 1 else 's'}"
    window = window_of(observation)
    when = f" ({window})" if window else ""
    detail = f"None {of}{when} would be dropped."
    if found.now_dropped:
        detail = f"{len(found.now_dropped)} {of}{when} would be dropped: {_list(found.now_dropped)}"
    if found.now_admitted:
        detail += f" Dropped when seen, and let through then: {_list(found.now_admitted)}"
    if found.now_doubtful:
        detail += f" Not certain any more: {_list(found.now_doubtful)}"
    if found.unknown:
        detail += f" {found.unknown} of them cannot be decided: an end is not in the input."
    return FlowEffect(
        check=Check(check="flows", ok=not found.now_dropped, detail=detail), replay=found
    )


def connections_between(
    network: "Network", observation: Observation, src: Target, dst: Target
) -> Observation:
    """Return what was observed from one end to another, of whatever port and verdict."""
    sources, destinations = _names(network, src), _names(network, dst)
    return replace(
        observation,
        connections=tuple(
            one
            for one in observation.connections
            if str(one.source) in sources and str(one.destination) in destinations
        ),
    )


def drops_between(network: "Network", between: Observation, port: int | None) -> tuple[Drop, ...]:
    """Return the drops among some connections, on one port where one is asked about."""
    chosen = tuple(one for one in between.dropped if port in (None, one.port))
    return explain_drops(replace(between, connections=chosen), network.policies)


def window_of(observation: Observation) -> str:
    """Return when something was observed, in words; empty where the flows do not say."""
    if not observation.first:
        return ""
    length = duration_text(observation.last - observation.first)
    first, last = time_text(observation.first), time_text(observation.last)
    return f"{first} to {last}, {length}, {observation.flows} flows"


def _names(network: "Network", target: Target) -> frozenset[str]:
    """Return how flows name an end: by its workloads, or as it is."""
    match target:
        case PodTarget(pod):
            pods: Iterable[Pod] = (pod,)
        case WorkloadTarget(workload):
            return frozenset({workload.full_name})
        case NamespaceTarget(name):
            pods = (pod for pod in network.cluster.pods if pod.namespace == name)
        case ServiceTarget(service):
            pods = backends(network.cluster, service)
        case _:
            return frozenset({str(target)})
    workloads = {f"{pod.namespace}/{pod.workload or pod.name}" for pod in pods}
    return frozenset(workloads | {str(target)})


def _list(found: tuple[Replayed, ...]) -> str:
    shown = "; ".join(map(_line, found[:_SHOWN]))
    more = f"; {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return f"{shown}{more}."


def _line(one: Replayed) -> str:
    asked = [f"{seen.method} {seen.path}" for seen in one.after.refused] + [*one.after.names]
    some = f" ({', '.join(asked[:_SHOWN])})" if asked else ""
    return f"{one.connection}{some}"

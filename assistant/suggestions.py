"""Questions worth asking first, made of the names of the workspace that is open."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.workspace import Workspace
    from topology.model import Workload

__all__ = ["Suggestion", "suggest"]

_FEWEST_NODES = 10
_LOOKED_AT = 200
"""Calls that are looked at, so that the first screen waits for no large cluster."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question and what to call it where there is room for two words only."""

    title: str
    question: str


def suggest(workspace: "Workspace") -> tuple[Suggestion, ...]:
    """Return up to five questions that this workspace can answer, the most telling first.

    The names come from its objects: whoever is known to call something, or else two neighbours.
    """
    cluster = workspace.cluster
    found: list[Suggestion] = []
    pair = _pair(workspace)
    if pair is not None:
        source, destination = pair
        question = f"Can {source.full_name} reach {destination.full_name}?"
        found.append(Suggestion("Can it connect", question))
        found.append(Suggestion("Who can reach it", f"Who can reach {destination.full_name}?"))
    if workspace.flow_files:
        found.append(Suggestion("What was dropped", "What was dropped, and why?"))
    policy = next((one for one in cluster.policies if one.namespace), None)
    if policy is not None:
        question = f"What breaks if I delete {policy.namespace}/{policy.name}?"
        found.append(Suggestion("What would break", question))
    nodes = max(_FEWEST_NODES, 2 * len(cluster.nodes))
    question = f"Which subnet do I need for {nodes} nodes with Azure CNI Overlay?"
    found.append(Suggestion("Plan a subnet", question))
    return tuple(found[:5])


def _pair(workspace: "Workspace") -> "tuple[Workload, Workload] | None":
    """Return a caller and what it calls, guarded by a policy if any such is."""
    from topology.calls import calls
    from topology.services import service_workloads

    cluster = workspace.cluster
    pairs = [
        (call.caller, workload)
        for call in calls(cluster)[:_LOOKED_AT]
        if call.service is not None
        for workload in service_workloads(cluster, call.service)[:1]
        if workload.full_name != call.caller.full_name
    ]
    if not pairs:
        found = [one for one in cluster.workloads if one.pods][:2]
        return (found[0], found[1]) if len(found) > 1 else None
    return next((pair for pair in pairs if _is_guarded(workspace, pair[1])), pairs[0])


def _is_guarded(workspace: "Workspace", workload: "Workload") -> bool:
    """Return whether a policy closes the ingress of a workload."""
    rows = workspace.network.policies.selecting(workload.pods[0]) if workload.pods else ()
    return any(row.default_deny and row.direction == "ingress" for row in rows)

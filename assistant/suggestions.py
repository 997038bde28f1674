"""Questions worth asking first, made of the names of the workspace that is open."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.workspace import Workspace
    from topology.model import Workload

__all__ = ["Suggestion", "suggest"]

_FEWEST_NODES = 10
_LOOKED_AT = 200
"""Workloads that are looked at, so that the first screen waits for no large cluster."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question and what to call it where there is room for two words only."""

    title: str
    question: str


def suggest(workspace: "Workspace") -> tuple[Suggestion, ...]:
    """Return up to five questions that this workspace can answer, the most telling first.

    The names come from its objects: a workload that a policy selects is a destination worth
    asking about, and a workload beside it a source.
    """
    cluster = workspace.cluster
    found: list[Suggestion] = []
    guarded = _guarded(workspace)
    if guarded is not None:
        source = _neighbour(workspace, guarded)
        if source is not None:
            question = f"Can {source.full_name} reach {guarded.full_name}?"
            found.append(Suggestion("Can it connect", question))
        found.append(Suggestion("Who can reach it", f"Who can reach {guarded.full_name}?"))
    if workspace.flow_files:
        found.append(Suggestion("What was dropped", "What was dropped, and why?"))
    if cluster.policies:
        policy = cluster.policies[0]
        question = f"What breaks if I delete {policy.namespace or policy.kind}/{policy.name}?"
        found.append(Suggestion("What would break", question))
    nodes = max(_FEWEST_NODES, 2 * len(cluster.nodes))
    question = f"Which subnet do I need for {nodes} nodes with Azure CNI Overlay?"
    found.append(Suggestion("Plan a subnet", question))
    return tuple(found[:5])


def _guarded(workspace: "Workspace") -> "Workload | None":
    """Return a workload whose ingress a policy closes, or else any."""
    policies = workspace.network.policies
    workloads = [one for one in workspace.cluster.workloads if one.pods]
    for workload in workloads[:_LOOKED_AT]:
        found = policies.selecting(workload.pods[0])
        if any(one.default_deny and one.direction == "ingress" for one in found):
            return workload
    return workloads[0] if workloads else None


def _neighbour(workspace: "Workspace", other: "Workload") -> "Workload | None":
    """Return another workload, of the same namespace where there is one."""
    others = [one for one in workspace.cluster.workloads if one.pods and one is not other]
    same = [one for one in others if one.namespace == other.namespace]
    return next(iter(same or others), None)

"""Which policies select a pod, of the network and of the mesh, in one form."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from tools.spec import Evidence
from tools.wording import count, quote, shorten
from topology.model import Pod, Workload

if TYPE_CHECKING:
    from topology.paths import Network

__all__ = [
    "Direction",
    "SelectionRow",
    "describe_direction",
    "describe_mesh",
    "evidence_of",
    "group",
    "select",
    "selected_workloads",
]

Direction = Literal["egress", "ingress"]


class SelectionRow(BaseModel):
    """A policy that selects a pod, in one direction."""

    model_config = ConfigDict(frozen=True)

    policy: str
    layer: Literal["network", "mesh"] = "network"
    direction: Direction
    default_deny: bool = False
    """Whether it makes the direction deny what no rule allows."""
    action: str = ""
    """Of a mesh policy: ALLOW, DENY, AUDIT, CUSTOM, a mode of mutual TLS, or JWT."""
    enforced: bool = True
    """False for a mesh policy on a pod without proxy, or one that only logs."""
    rules: int
    location: str


def select(network: "Network", pod: Pod) -> tuple[SelectionRow, ...]:
    """Return every policy that selects a pod: by layer, direction and name."""
    rows = [
        SelectionRow(
            policy=each.policy,
            direction=each.direction,
            default_deny=each.default_deny,
            rules=each.rules,
            location=str(each.location),
        )
        for each in network.policies.selecting(pod)
    ]
    rows += [
        SelectionRow(
            policy=each.policy,
            layer="mesh",
            direction="ingress",
            action=each.action,
            enforced=each.enforced,
            rules=each.rules,
            location=str(each.location),
        )
        for each in network.mesh.selecting(pod)
    ]
    return tuple(sorted(rows, key=lambda row: (row.layer == "mesh", row.direction, row.policy)))


def group(
    network: "Network", pods: Iterable[Pod]
) -> tuple[tuple[tuple[SelectionRow, ...], tuple[Pod, ...]], ...]:
    """Return pods grouped by the policies that select them, in the order of the pods."""
    by_class: dict[object, tuple[SelectionRow, ...]] = {}
    groups: dict[tuple[SelectionRow, ...], list[Pod]] = {}
    for pod in pods:
        number = (network.policies.class_of(pod), network.mesh.class_of(pod))
        if number not in by_class:
            by_class[number] = select(network, pod)
        groups.setdefault(by_class[number], []).append(pod)
    return tuple((rows, tuple(members)) for rows, members in groups.items())


def selected_workloads(network: "Network", policy: str) -> tuple[Workload, ...]:
    """Return the workloads with a pod that a policy (`Kind/namespace/name`) selects."""
    names = {
        (pod.namespace, pod.workload_kind, pod.workload)
        for rows, pods in group(network, network.cluster.pods)
        if any(row.policy == policy for row in rows)
        for pod in pods
    }
    return tuple(
        workload
        for workload in network.cluster.workloads
        if (workload.namespace, workload.kind, workload.name) in names
    )


def describe_direction(rows: Iterable[SelectionRow], direction: Direction) -> str:
    """Return in a sentence what restricts one direction."""
    word = direction.title()
    own = [row for row in rows if row.direction == direction and row.layer == "network"]
    if not own:
        return f"{word}: no network policy selects it, so everything is allowed."
    names = shorten([f"{quote(row.policy)} ({row.location})" for row in own])
    if any(row.default_deny for row in own):
        return f"{word}: denied by default; only what a rule of {names} allows passes."
    return f"{word}: {names} select it without default deny, so what none of them denies passes."


def describe_mesh(rows: Iterable[SelectionRow]) -> str:
    """Return in a sentence what the mesh restricts; nothing where it has no policy."""
    own = [row for row in rows if row.layer == "mesh"]
    if not own:
        return ""
    names = [
        f"{quote(row.policy)} {row.action} ({row.location})"
        + ("" if row.enforced else ", not enforced here")
        for row in own
    ]
    return f"Mesh: {shorten(names)}."


def evidence_of(rows: Iterable[SelectionRow], subject: str) -> tuple[Evidence, ...]:
    """Return what shows that policies select something."""
    return tuple(
        Evidence(
            claim=f"selects {subject} for {row.direction} ({count(row.rules, 'rule')})",
            source=row.policy,
            location=row.location,
        )
        for row in rows
    )

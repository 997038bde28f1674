"""Which policies select a pod, of the network and of the mesh, in one form."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict

from tools.rule_counts import count_rules
from tools.spec import Evidence
from tools.wording import count, quote, shorten
from topology.memo import per_cluster
from topology.model import Cluster, Document, Pod, Workload

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

    model_config = ConfigDict(frozen=True, defer_build=True)

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
    """Rules that the policy writes for the direction; without any it only denies."""
    location: str


def select(network: "Network", pod: Pod) -> tuple[SelectionRow, ...]:
    """Return every policy that selects a pod: by layer, direction and name."""
    documents = _by_key(network.cluster)
    rows = [
        SelectionRow(
            policy=each.policy,
            direction=each.direction,
            default_deny=each.default_deny,
            rules=count_rules(documents[each.policy], each.direction),
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


@per_cluster
def _by_key(cluster: Cluster) -> Mapping[str, Document]:
    return {policy.key: policy for policy in cluster.policies}


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


def describe_direction(
    rows: Iterable[SelectionRow], direction: Direction, *, places: bool = True
) -> str:
    """Return in a sentence what restricts one direction; `places` adds file and line."""
    word = direction.title()
    own = [row for row in rows if row.direction == direction and row.layer == "network"]
    if not own:
        return f"{word}: no network policy selects it, so everything is allowed."

    def named(some: list[SelectionRow]) -> str:
        return shorten(
            [quote(row.policy) + (f" ({row.location})" if places else "") for row in some]
        )

    if not any(row.default_deny for row in own):
        return f"{word}: not denied by default; what {named(own)} does not deny passes."
    opening = [row for row in own if row.rules]
    closing = [row for row in own if not row.rules]
    if not opening:
        return f"{word}: nothing passes; {named(closing)} denies by default and no rule opens it."
    text = f"{word}: denied by default; the rules of {named(opening)} decide what passes"
    return text + (f"; {named(closing)} adds none." if closing else ".")


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

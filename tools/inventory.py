"""Tools that say what there is: one object in full, or all objects of a kind."""

from collections.abc import Callable, Iterator

from pydantic import BaseModel, ConfigDict

from tools import object_text
from tools.kinds import POLICY_KINDS, WORKLOAD_KINDS, parse_kind
from tools.lookup import find_object
from tools.spec import Evidence, ToolResult, tool
from tools.wording import bullets, count, quote
from tools.workspace import Workspace
from topology.errors import UnknownName
from topology.model import Cluster, Location

__all__ = ["ObjectResult", "ObjectRow", "ObjectsResult", "inspect_object", "list_objects"]

MOST_ROWS = 50


class ObjectRow(BaseModel):
    """One object in a list."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    kind: str
    namespace: str
    name: str
    detail: str = ""
    location: str = ""


class ObjectsResult(ToolResult):
    """Objects of a kind, cut at fifty."""

    total: int
    left_out: int = 0
    objects: tuple[ObjectRow, ...] = ()
    kinds: dict[str, int]
    """How many objects of each kind the input holds, whichever was asked for."""


class ObjectResult(ToolResult):
    """The facts of one object."""

    kind: str
    namespace: str
    name: str
    location: str = ""
    facts: tuple[str, ...] = ()


@tool()
def inspect_object(workspace: Workspace, name: str, kind: str = "") -> ObjectResult:
    """Describe one object: a pod, workload, Service, namespace, node or policy.

    Use it for "what is X", "which ports does X have", "which pods are behind the service X",
    "explain this policy".

    Args:
        workspace: The network.
        name: Its name, such as `shop/cart`, `cart`, or `NetworkPolicy/shop/cart`.
        kind: Its kind where several things have the name, such as `Service` or `NetworkPolicy`;
            `Policy` for any kind of policy.

    Returns:
        What it is and where it was read; for a policy, whom it selects and what each rule allows.
    """
    found = find_object(workspace.network, name, parse_kind(kind))
    facts, evidence = object_text.describe(workspace.network, found)
    head = object_text.headline(found)
    parts = [head, bullets(facts), found.note]
    return ObjectResult(
        summary="\n\n".join(part for part in parts if part),
        evidence=(
            Evidence(claim=head, source=found.key, location=_place(found.location)),
            *evidence,
        ),
        kind=found.kind,
        namespace=found.namespace,
        name=found.name,
        location=_place(found.location),
        facts=facts,
    )


@tool()
def list_objects(workspace: Workspace, kind: str = "", namespace: str = "") -> ObjectsResult:
    """List what the loaded input holds: namespaces, workloads, pods, Services, nodes, policies.

    Use it for "what is in the cluster", "which policies are there", "list the services in prod".

    Args:
        workspace: The network.
        kind: Kind to list, such as `Pod`, `Service`, `Namespace`, `Node`, `Workload`, `Policy`,
            `NetworkPolicy`, or `Problem` for faults in the input; empty for an overview.
        namespace: Only objects of this namespace; empty for all.

    Returns:
        At most fifty objects in order, how many there are, and how many of each kind.
    """
    cluster = workspace.cluster
    wanted = parse_kind(kind)
    place = _namespace(cluster, namespace)
    rows = [row for row in _rows(cluster, wanted or "Workload") if not place or _inside(row, place)]
    shown = tuple(rows[:MOST_ROWS])
    noun = wanted if wanted in (*POLICY_KINDS, *WORKLOAD_KINDS, "Service") else wanted.lower()
    noun = noun or "workload"
    where = f" in namespace {quote(place)}" if place else ""
    first = f"{count(len(rows), noun)}{where}:"
    if not rows:
        first = f"No {noun}{where} in what was loaded."
    lines = [_line(row) for row in shown]
    if len(rows) > len(shown):
        lines.append(f"... and {len(rows) - len(shown):,} more; name a namespace or kind.")
    head = "" if wanted or place else workspace.summary()
    return ObjectsResult(
        summary="\n\n".join(part for part in (head, first, bullets(lines)) if part),
        evidence=tuple(
            Evidence(
                claim=f"{row.kind} {row.namespace}/{row.name}".replace(" /", " "),
                source="input",
                location=row.location,
            )
            for row in shown
        ),
        total=len(rows),
        left_out=len(rows) - len(shown),
        objects=shown,
        kinds=dict(sorted(cluster.kinds.items())),
    )


def _namespace(cluster: Cluster, given: str) -> str:
    name = given.strip().removeprefix("namespace:").removeprefix("namespace/")
    if not name or name in cluster.namespaces:
        return name
    from topology.names import index_of

    known = index_of(cluster).namespace(name)
    if known:
        return known
    message = f"There is no namespace `{name}`."
    raise UnknownName(message, nearest=tuple(sorted(cluster.namespaces))[:5])


def _inside(row: ObjectRow, namespace: str) -> bool:
    return namespace in (row.namespace, row.name if row.kind == "Namespace" else "")


def _line(row: ObjectRow) -> str:
    name = f"{row.namespace}/{row.name}" if row.namespace else row.name
    text = f"{row.kind} {quote(name)}" if name else row.kind
    detail = f": {row.detail}" if row.detail else ""
    return f"{text}{detail}" + (f" ({row.location})" if row.location else "")


def _rows(cluster: Cluster, kind: str) -> Iterator[ObjectRow]:
    if kind == "Workload" or kind in WORKLOAD_KINDS:
        return (row for row in _workloads(cluster) if kind in ("Workload", row.kind))
    if kind == "Policy" or kind in POLICY_KINDS:
        return (row for row in _policies(cluster) if kind in ("Policy", row.kind))
    return _LISTS[kind](cluster)


def _workloads(cluster: Cluster) -> Iterator[ObjectRow]:
    for each in cluster.workloads:
        detail = object_text.workload_line(each)
        yield _row(each.kind, each.namespace, each.name, detail, each.location)


def _policies(cluster: Cluster) -> Iterator[ObjectRow]:
    for each in cluster.policies:
        yield _row(each.kind, each.namespace, each.name, "", each.source.at())


def _nodes(cluster: Cluster) -> Iterator[ObjectRow]:
    for each in cluster.nodes:
        addresses = ", ".join(str(address) for address in each.addresses)
        yield _row("Node", "", each.name, addresses, each.location)


def _pods(cluster: Cluster) -> Iterator[ObjectRow]:
    for each in cluster.pods:
        yield _row("Pod", each.namespace, each.name, object_text.pod_line(each), each.location)


def _services(cluster: Cluster) -> Iterator[ObjectRow]:
    for each in cluster.services:
        detail = object_text.service_line(each)
        yield _row("Service", each.namespace, each.name, detail, each.location)


def _problems(cluster: Cluster) -> Iterator[ObjectRow]:
    for each in cluster.problems:
        yield _row(each.code, "", "", each.message, each.location)


def _namespaces(cluster: Cluster) -> Iterator[ObjectRow]:
    for name, namespace in sorted(cluster.namespaces.items()):
        workloads = sum(1 for workload in cluster.workloads if workload.namespace == name)
        policies = sum(1 for policy in cluster.policies if policy.namespace == name)
        detail = f"{count(workloads, 'workload')}, {count(policies, 'policy')}"
        yield _row("Namespace", "", name, detail, namespace.location)


_LISTS: dict[str, Callable[[Cluster], Iterator[ObjectRow]]] = {
    "Namespace": _namespaces,
    "Node": _nodes,
    "Pod": _pods,
    "Problem": _problems,
    "Service": _services,
}


def _row(kind: str, namespace: str, name: str, detail: str, location: Location | None) -> ObjectRow:
    return ObjectRow(
        kind=kind, namespace=namespace, name=name, detail=detail, location=_place(location)
    )


def _place(location: Location | None) -> str:
    return str(location) if location else ""

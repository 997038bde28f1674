"""Workloads: pods under what owns them, and planned pods for what has none."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from topology.load.fields import Fields
from topology.load.objects import Manifest
from topology.load.owners import Owners
from topology.load.pods import PodShape, Shapes, read_pod, read_shape
from topology.load.problems import Report
from topology.model import Labels, Node, Pod, Workload

__all__ = ["build_workloads"]

MOST_PLANNED: Final = 5_000
"""Planned pods of one workload; they are all alike, so more would answer nothing more."""

_REPLICAS: Final = {
    "Deployment": "replicas",
    "StatefulSet": "replicas",
    "ReplicaSet": "replicas",
    "ReplicationController": "replicas",
    "Job": "parallelism",
    "CronJob": "parallelism",
}
_HASH_LABEL: Final = "pod-template-hash"


class _Plan(NamedTuple):
    """What a controller says about its pods."""

    manifest: Manifest
    kind: str
    name: str
    """Of the workload: that of the controller's own owner when only the controller is known."""
    labels: Labels
    annotations: Labels
    shape: PodShape
    replicas: int | None
    node_selector: Labels


def build_workloads(
    manifests: Mapping[str, Sequence[Manifest]], nodes: Sequence[Node], report: Report
) -> tuple[Workload, ...]:
    """Return every workload by namespace, name and kind, each with its pods.

    Args:
        manifests: By kind.
        nodes: Known nodes; a DaemonSet without pods is planned on each that it selects.
        report: Takes what is wrong.
    """
    owners = Owners(manifests)
    plans: dict[tuple[str, str, str], _Plan] = {}
    for manifest, (kind, name) in owners.controllers():
        key = (manifest.namespace, name, kind)
        if key not in plans:
            plans[key] = _read_plan(manifest, kind, name, report)
    pods: dict[tuple[str, str, str], list[tuple[Pod, Labels]]] = {}
    shapes = Shapes()
    for manifest in manifests.get("Pod", ()):
        kind, name = owners.of_pod(manifest)
        pod = read_pod(manifest, (kind, name), shapes, report)
        pods.setdefault((manifest.namespace, name, kind), []).append(pod)
    workloads = []
    for key in sorted(plans.keys() | pods.keys()):
        plan = plans.get(key)
        if key in pods:
            workloads.append(_workload_of_pods(key, sorted(pods[key], key=_pod_order), plan))
        elif plan is not None:
            workloads.append(_workload_of_plan(plan, nodes, report))
    return tuple(workloads)


def _pod_order(entry: tuple[Pod, Labels]) -> tuple[str, int, str]:
    """Order pods by name, `db-2` before `db-10`."""
    name = entry[0].name
    match = re.search(r"[0-9]{1,9}\Z", name)
    if match is None:
        return (name, 0, name)
    return (name[: match.start()], int(match.group()), name)


def _workload_of_pods(
    key: tuple[str, str, str], entries: Iterable[tuple[Pod, Labels]], plan: _Plan | None
) -> Workload:
    """Return a workload with its real pods."""
    namespace, name, kind = key
    pods, environments = zip(*entries, strict=True)
    first: Pod = pods[0]
    if plan is not None:
        return Workload(
            kind=kind,
            namespace=namespace,
            name=name,
            labels=plan.labels,
            pods=pods,
            replicas=plan.replicas,
            environment=plan.shape.environment,
            location=plan.manifest.source.at(),
        )
    return Workload(
        kind=kind,
        namespace=namespace,
        name=name,
        labels=first.labels,
        pods=pods,
        replicas=1 if kind == "Pod" else None,
        environment=environments[0],
        location=first.location,
    )


def _workload_of_plan(plan: _Plan, nodes: Sequence[Node], report: Report) -> Workload:
    """Return a workload with the pods that it would make."""
    return Workload(
        kind=plan.kind,
        namespace=plan.manifest.namespace,
        name=plan.name,
        labels=plan.labels,
        pods=_plan_pods(plan, nodes, report),
        replicas=plan.replicas,
        environment=plan.shape.environment,
        location=plan.manifest.source.at(),
    )


def _plan_pods(plan: _Plan, nodes: Sequence[Node], report: Report) -> tuple[Pod, ...]:
    """Return the pods that a controller would make, at least one so that it can be asked about."""
    pod = Pod(
        namespace=plan.manifest.namespace,
        name="",
        labels=plan.labels,
        annotations=plan.annotations,
        service_account=plan.shape.service_account,
        host_network=plan.shape.host_network,
        ports=plan.shape.ports,
        containers=plan.shape.containers,
        workload=plan.name,
        workload_kind=plan.kind,
        planned=True,
        location=plan.manifest.source.at(),
    )
    stem = plan.name if plan.kind == "StatefulSet" else f"{plan.name}-planned"
    if plan.kind == "DaemonSet":
        wanted = plan.node_selector.items()
        hosts = [node.name for node in nodes if wanted <= node.labels.items()] or [""]
        return tuple(replace(pod, name=f"{stem}-{i}", node=host) for i, host in enumerate(hosts))
    count = max(1, plan.replicas or 0)
    if count > MOST_PLANNED:
        report.add(
            "warning",
            "many-replicas",
            f"`{plan.manifest.namespace}/{plan.name}` asks for `{count}` replicas; "
            f"{MOST_PLANNED} planned pods stand for them.",
            hint="They are all alike, so every answer stays the same.",
            location=plan.manifest.source.at("spec.replicas"),
        )
    return tuple(replace(pod, name=f"{stem}-{i}") for i in range(min(count, MOST_PLANNED)))


def _read_plan(manifest: Manifest, kind: str, name: str, report: Report) -> _Plan:
    """Return what a controller says about its pods."""
    fields = Fields(manifest.source, report)
    path = "spec."
    spec = fields.mapping(manifest.body, "spec", "")
    if manifest.kind == "CronJob":
        path = "spec.jobTemplate.spec."
        spec = fields.mapping(
            fields.mapping(spec, "jobTemplate", "spec."), "spec", "spec.jobTemplate."
        )
    template = fields.mapping(spec, "template", path)
    metadata = fields.mapping(template, "metadata", f"{path}template.")
    inner = fields.mapping(template, "spec", f"{path}template.")
    inner_path = f"{path}template.spec."
    labels = fields.labels(metadata, "labels", f"{path}template.metadata.")
    if kind == "Deployment" and _HASH_LABEL in labels:
        labels = {key: value for key, value in labels.items() if key != _HASH_LABEL}
    return _Plan(
        manifest=manifest,
        kind=kind,
        name=name,
        labels=labels,
        annotations=fields.labels(metadata, "annotations", f"{path}template.metadata."),
        shape=read_shape(inner, inner_path, fields),
        replicas=_read_replicas(manifest.kind, spec, path, fields),
        node_selector=fields.labels(inner, "nodeSelector", inner_path),
    )


def _read_replicas(kind: str, spec: Mapping[str, Any], path: str, fields: Fields) -> int | None:
    """Return how many pods a controller asks for; None for a DaemonSet, which asks for nodes."""
    key = _REPLICAS.get(kind)
    if key is None:
        return None
    number = fields.number(spec, key, path)
    return 1 if number is None else number

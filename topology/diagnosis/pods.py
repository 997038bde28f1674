"""Pods that are not scheduled, cannot start, or are not ready, by workload."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from topology.diagnosis.evidence import Aspect, Cause, Check, Fact, Gap, fact_of
from topology.diagnosis.infrastructure import agent_of, dns_workloads, is_down
from topology.diagnosis.scene import Scene
from topology.diagnosis.states import (
    container_of,
    mapping,
    mappings,
    pod_document,
    pod_facts,
    text_of,
)
from topology.model import Document, Pod, Workload

__all__ = ["check_pods"]

_MISSING: Final = Gap(
    what="the pods with their status",
    command="kubectl get pods -A -o yaml > pods.yaml",
)
_NO_EVENTS: Final = Gap(
    what="warning events", command="kubectl get events -A -o yaml > events.yaml"
)
_SERVING: Final[frozenset[Aspect]] = frozenset({"connect", "http", "start", "balance", "loss"})


def check_pods(scene: Scene) -> Check:
    """Look for pods of the concerned workloads that do no work, and why."""
    workloads = [
        one
        for one in scene.workloads
        if not agent_of(one) and one not in dns_workloads(scene.cluster)
    ]
    real = [pod for one in workloads for pod in one.pods if not pod.planned]
    gaps = () if "Event" in scene.cluster.kinds else (_NO_EVENTS,)
    causes = tuple(cause for one in workloads for cause in _causes(scene, one))
    if causes:
        return Check(
            name="Pods",
            state="fault",
            result="; ".join(cause.summary.rstrip(".") for cause in causes[:3]) + ".",
            facts=tuple(fact for cause in causes for fact in cause.facts[:1]),
            causes=causes,
            gaps=gaps,
        )
    if not real:
        result = "The input holds no pods with a status, so whether they run is not known."
        return Check(name="Pods", state="unknown", result=result, gaps=(_MISSING, *gaps))
    number = len([pod for pod in real if pod.running])
    return Check(name="Pods", state="ok", result=f"All {number} concerned pods are ready.")


def _causes(scene: Scene, workload: Workload) -> Iterator[Cause]:
    if workload.replicas == 0 and workload.kind != "DaemonSet":
        yield Cause(
            code="scaled-to-zero",
            summary=f"`{workload.full_name}` is scaled to 0 replicas.",
            explains=_SERVING,
            about=frozenset({workload.full_name}),
            weight=88,
            facts=(Fact("`replicas: 0`", workload.full_name, workload.location),),
            fix="Scale it up.",
            commands=(_scale(workload),),
            verify=(f"kubectl -n {workload.namespace} get pods",),
        )
    real = [pod for pod in workload.pods if not pod.planned and pod.running]
    groups: dict[str, list[tuple[Pod, Document]]] = {}
    for pod in real:
        document = pod_document(scene, pod) if is_down(pod) else None
        if document is not None:
            groups.setdefault(_state(document), []).append((pod, document))
    for state, pods in groups.items():
        yield _cause(scene, workload, state, pods, len(real))


def _state(document: Document) -> str:
    """Return how far a pod got."""
    status = mapping(document.body.get("status"))
    for one in mappings(status.get("conditions")):
        if one.get("type") == "PodScheduled" and str(one.get("status")) == "False":
            return "unschedulable"
    if status.get("phase") == "Running":
        return "not-ready"
    return "not-started"


def _cause(
    scene: Scene, workload: Workload, state: str, pods: list[tuple[Pod, Document]], of: int
) -> Cause:
    first, document = pods[0]
    facts = tuple(fact for pod, _ in pods[:3] for fact in pod_facts(scene, pod))
    how_many = f"{len(pods)} of {of} pods of `{workload.full_name}`"
    are = "is" if len(pods) == 1 else "are"
    verify = (f"kubectl -n {workload.namespace} get pods -o wide",)
    about = frozenset({workload.full_name, *(pod.full_name for pod, _ in pods)})
    weight = 86 if len(pods) == of else 62
    if state == "unschedulable":
        said = _condition(document, "PodScheduled")
        return Cause(
            code="pod-unschedulable",
            summary=f"{how_many} {are} Pending: the scheduler finds no node (unschedulable)"
            + (f": {said}" if said else "."),
            explains=_SERVING, about=about, weight=weight + 4, facts=facts,
            fix=_scheduling_fix(said),
            verify=(*verify, f"kubectl -n {workload.namespace} describe pod {first.name}"),
        )  # fmt: skip
    if state == "not-ready":
        return _not_ready(workload, first, document, facts, how_many, about, weight, verify)
    reason = _waiting_reason(document)
    return Cause(
        code="pod-not-started",
        summary=f"{how_many} {are} not started{f' ({reason})' if reason else ''}"
        + _last_event(facts),
        explains=_SERVING, about=about, weight=weight, facts=facts,
        fix="Remove what the event names; the pod starts by itself then.",
        verify=verify,
    )  # fmt: skip


def _not_ready(
    workload: Workload, pod: Pod, document: Document, facts: tuple[Fact, ...], how_many: str,
    about: frozenset[str], weight: int, verify: tuple[str, ...],
) -> Cause:  # fmt: skip
    """Return why running pods are not ready: their probe, or what the container waits for."""
    status = mapping(document.body.get("status"))
    waiting = _waiting_reason(document)
    probe = next(
        (
            found
            for one in mappings(status.get("containerStatuses"))
            if one.get("ready") is False
            and (found := _probe(document, str(one.get("name") or ""))) is not None
        ),
        None,
    )
    if waiting or probe is None:
        return Cause(
            code="pod-not-ready",
            summary=f"{how_many} run and are not ready{f' ({waiting})' if waiting else ''}"
            + _last_event(facts),
            explains=_SERVING, about=about, weight=weight, facts=facts,
            fix="Look at the container's log: it ends or waits by itself.",
            commands=(),
            verify=(*verify, f"kubectl -n {pod.namespace} logs {pod.name} --previous"),
        )  # fmt: skip
    text, path, container = probe
    wrong = _wrong_port(container)
    summary = f"{how_many} run and are not ready: the readiness probe ({text}) fails"
    summary += f"; {wrong}" if wrong else _last_event(facts)
    return Cause(
        code="readiness-failing",
        summary=summary.rstrip(".") + ".",
        explains=_SERVING, about=about, weight=weight + 2,
        facts=(fact_of(document, f"readiness probe: {text}", path), *facts),
        fix="Point the probe at what the container serves, or make it answer there."
        if wrong else "Make the container answer its probe: look at its log and at what it needs.",
        verify=(*verify, f"kubectl -n {workload.namespace} describe pod {pod.name}"),
    )  # fmt: skip


def _probe(document: Document, name: str) -> tuple[str, str, Mapping[str, Any]] | None:
    """Return a container's readiness probe in words, its place, and the container."""
    index, container = container_of(document, name)
    probe = mapping(container.get("readinessProbe"))
    if not probe:
        return None
    path = f"spec.containers[{index}].readinessProbe"
    for form in ("httpGet", "tcpSocket", "grpc", "exec"):
        inner = mapping(probe.get(form))
        if form == "exec" and inner:
            return "exec", path, container
        if inner:
            return f"{form} {inner.get('path') or ''}:{inner.get('port')}".replace(
                " :", " :"), path, container  # fmt: skip
    return "no known form", path, container


def _wrong_port(container: Mapping[str, Any]) -> str:
    """Say that a probe asks a port that its container does not declare; empty if it does."""
    probe = mapping(container.get("readinessProbe"))
    inner = next(
        (mapping(probe[one]) for one in ("httpGet", "tcpSocket", "grpc") if one in probe), {}
    )
    port = inner.get("port")
    declared = mappings(container.get("ports"))
    known = {one.get("containerPort") for one in declared} | {one.get("name") for one in declared}
    if port is None or not declared or port in known or port in map(str, known):
        return ""
    shown = ", ".join(f"`{one.get('containerPort')}`" for one in declared)
    return f"it asks port `{port}`, while the container declares {shown}"


def _condition(document: Document, kind: str) -> str:
    status = mapping(document.body.get("status"))
    for one in mappings(status.get("conditions")):
        if one.get("type") == kind and str(one.get("status")) == "False":
            return text_of(one.get("message") or one.get("reason"))
    return ""


def _waiting_reason(document: Document) -> str:
    status = mapping(document.body.get("status"))
    for field in ("initContainerStatuses", "containerStatuses"):
        for one in mappings(status.get(field)):
            reason = mapping(mapping(one.get("state")).get("waiting")).get("reason")
            if reason:
                return str(reason)
    return ""


def _last_event(facts: tuple[Fact, ...]) -> str:
    events = [fact for fact in facts if fact.source.startswith("Event/")]
    return f": {events[-1].text}" if events else "."


def _scheduling_fix(said: str) -> str:
    """Return what makes room, by what the scheduler itself counts up."""
    low = said.lower()
    ways = [
        advice
        for words, advice in (
            (("insufficient", "too many pods"), "add nodes, or lower what the pod requests"),
            (("taint",), "tolerate the taint, or take it from a node"),
            (("affinity", "selector", "didn't match"), "label a node, or loosen the selector"),
            (("volume", "persistentvolume"), "make the volume available in the node's zone"),
        )
        if any(word in low for word in words)
    ]
    return f"To be scheduled: {'; or '.join(ways)}." if ways else "Make room on a node for it."


def _scale(workload: Workload) -> str:
    kind = workload.kind.lower()
    return f"kubectl -n {workload.namespace} scale {kind}/{workload.name} --replicas=1"

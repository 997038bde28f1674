"""What Kubernetes itself says of a pod that is not ready: its conditions, containers and events."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from topology.diagnosis.evidence import Fact, fact_of
from topology.diagnosis.scene import Scene
from topology.model import Document, Pod

__all__ = ["container_of", "event_facts", "mapping", "mappings", "pod_document", "pod_facts",
           "text_of"]  # fmt: skip

_SHOWN = 220


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a mapping, empty for what is none."""
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> Sequence[Mapping[str, Any]]:
    """Return a list of mappings, with an empty one for what is none, so that indexes hold."""
    return [mapping(one) for one in value] if isinstance(value, list) else []


def text_of(value: Any) -> str:
    """Return a message of Kubernetes in one line of bounded length."""
    text = " ".join(str(value or "").replace("`", "'").split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN].rstrip()} ..."


def pod_document(scene: Scene, pod: Pod) -> Document | None:
    """Return a pod as written, if it was not ready."""
    return next(
        (
            one
            for one in scene.reports("Pod")
            if (one.namespace, one.name) == (pod.namespace, pod.name)
        ),
        None,
    )


def pod_facts(scene: Scene, pod: Pod) -> Iterator[Fact]:
    """Yield what is said of a pod: conditions that do not hold, waiting containers, events."""
    document = pod_document(scene, pod)
    if document is not None:
        status = mapping(document.body.get("status"))
        for index, one in enumerate(mappings(status.get("conditions"))):
            if str(one.get("status")) == "False" and one.get("type") in ("PodScheduled", "Ready"):
                said = text_of(one.get("message") or one.get("reason"))
                text = f"`{pod.full_name}`: {one.get('type')} is False" + (
                    f": {said}" if said else "")  # fmt: skip
                yield fact_of(document, text, f"status.conditions[{index}]")
        yield from _waiting(document, pod, status)
    yield from event_facts(scene, pod.namespace, pod.name)


def _waiting(document: Document, pod: Pod, status: Mapping[str, Any]) -> Iterator[Fact]:
    for field in ("initContainerStatuses", "containerStatuses"):
        for index, one in enumerate(mappings(status.get(field))):
            state = mapping(mapping(one.get("state")).get("waiting"))
            if state:
                said = text_of(state.get("message"))
                text = f"container `{one.get('name')}` of `{pod.full_name}` waits: "
                text += str(state.get("reason") or "no reason given") + (
                    f": {said}" if said else ""
                )
                yield fact_of(document, text, f"status.{field}[{index}].state.waiting")


def event_facts(scene: Scene, namespace: str, name: str) -> Iterator[Fact]:
    """Yield the warnings about an object, with how often they came."""
    for event in scene.events_of(namespace, name):
        body = event.body
        series = mapping(body.get("series"))
        times = body.get("count") or series.get("count") or body.get("deprecatedCount") or 1
        text = f"{body.get('reason') or 'Event'} ({times}x): "
        yield fact_of(event, text + text_of(body.get("message") or body.get("note")), "message")


def container_of(document: Document, name: str) -> tuple[int, Mapping[str, Any]]:
    """Return place and specification of a container; an empty one if there is none of the name."""
    spec = mapping(document.body.get("spec"))
    for index, one in enumerate(mappings(spec.get("containers"))):
        if one.get("name") == name:
            return index, one
    return 0, {}

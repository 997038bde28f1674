"""Which workload a pod belongs to, when ReplicaSets and Jobs stand between the two."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from topology.load.objects import Manifest

__all__ = ["Owners"]

_CONTROLLERS: Final = (
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "CronJob",
    "ReplicaSet",
    "ReplicationController",
    "Job",
)
# Source: a CronJob names its Jobs after the minute of the schedule since 1970, eight digits today.
_SCHEDULED = re.compile(r"(?P<owner>.+)-[0-9]{8,10}")
_HASH_LABEL: Final = "pod-template-hash"


class Owners:
    """Resolves owner references up to the object that a person would name."""

    def __init__(self, manifests: Mapping[str, Sequence[Manifest]]) -> None:
        self._manifests = manifests
        self._between = {
            (manifest.kind, manifest.namespace, manifest.name): manifest
            for kind in ("ReplicaSet", "Job")
            for manifest in manifests.get(kind, ())
        }

    def controllers(self) -> Iterator[tuple[Manifest, tuple[str, str]]]:
        """Yield what makes pods, with the workload's kind and name; the best known first.

        A ReplicaSet or Job that something else owns stands for its owner only while it asks for
        pods: an old revision scaled to nothing is no workload.
        """
        for kind in _CONTROLLERS:
            for manifest in self._manifests.get(kind, ()):
                owner = _owner(manifest.body)
                if owner is None:
                    yield manifest, (kind, manifest.name)
                elif kind in ("ReplicaSet", "Job") and _asks_for_pods(manifest.body):
                    yield manifest, owner
                elif kind not in ("ReplicaSet", "Job"):
                    # Owned by an operator's own object; people ask about the Deployment.
                    yield manifest, (kind, manifest.name)

    def of_pod(self, pod: Manifest) -> tuple[str, str]:
        """Return kind and name of the workload of a pod; a bare pod is its own."""
        owner = _owner(pod.body)
        if owner is None or owner[0] == "Node":
            return "Pod", pod.name
        kind, name = owner
        if kind == "ReplicaSet":
            return self._above_replica_set(pod, name)
        if kind == "Job":
            return self._above_job(pod, name)
        return kind, name

    def _above_replica_set(self, pod: Manifest, name: str) -> tuple[str, str]:
        """Return what owns a ReplicaSet: as it says, or as its pods' template hash implies."""
        known = self._between.get(("ReplicaSet", pod.namespace, name))
        if known is not None:
            return _owner(known.body) or ("ReplicaSet", name)
        labels = pod.body["metadata"].get("labels")
        template_hash = labels.get(_HASH_LABEL) if isinstance(labels, dict) else None
        suffix = f"-{template_hash}"
        if template_hash and name.endswith(suffix) and len(name) > len(suffix):
            return "Deployment", name.removesuffix(suffix)
        return "ReplicaSet", name

    def _above_job(self, pod: Manifest, name: str) -> tuple[str, str]:
        """Return what owns a Job: as it says, or as its name implies."""
        known = self._between.get(("Job", pod.namespace, name))
        if known is not None:
            return _owner(known.body) or ("Job", name)
        scheduled = _SCHEDULED.fullmatch(name)
        return ("CronJob", scheduled["owner"]) if scheduled else ("Job", name)


def _owner(body: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return kind and name of what controls an object, or None."""
    references = body["metadata"].get("ownerReferences")
    if not isinstance(references, list):
        return None
    named = [one for one in references if isinstance(one, dict) and one.get("name")]
    for reference in sorted(named, key=lambda one: one.get("controller") is not True):
        return str(reference.get("kind", "")), str(reference["name"])
    return None


def _asks_for_pods(body: Mapping[str, Any]) -> bool:
    """Say whether a ReplicaSet or Job has not been scaled to nothing."""
    spec = body.get("spec")
    return not isinstance(spec, dict) or spec.get("replicas") != 0

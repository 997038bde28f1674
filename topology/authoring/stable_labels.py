"""The labels by which a policy should name a workload: few, and the same after every rollout."""

from collections.abc import Iterable, Mapping
from itertools import combinations

from topology.authoring.intent import LabelTest, Pods
from topology.model import Cluster, Pod, Workload
from topology.services import services_of

__all__ = ["is_stable", "labels_of", "pods_of_workload"]

_VOLATILE = frozenset(
    {
        "apps.kubernetes.io/pod-index",
        "controller-revision-hash",
        "controller-uid",
        "job-name",
        "pod-template-generation",
        "pod-template-hash",
        "statefulset.kubernetes.io/pod-name",
    }
)
"""Written by controllers, for one rollout or one pod."""
_VOLATILE_PREFIXES = ("batch.kubernetes.io/", "kubectl.kubernetes.io/")
_RELEASE = frozenset(
    {
        "app.kubernetes.io/managed-by",
        "app.kubernetes.io/version",
        "chart",
        "helm.sh/chart",
        "heritage",
        "istio.io/rev",
        "service.istio.io/canonical-revision",
        "sidecar.istio.io/inject",
    }
)
"""They change with a release, or say nothing of what the workload is."""
_FIRST = (
    "app.kubernetes.io/name",
    "app",
    "k8s-app",
    "name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/component",
    "component",
    "role",
    "tier",
)
"""What people name workloads by, in the order of preference."""
_MOST = 3
"""Labels that a selector should need at most."""


def is_stable(key: str) -> bool:
    """Return whether a label stays the same from one rollout of a workload to the next."""
    return key not in _VOLATILE and key not in _RELEASE and not key.startswith(_VOLATILE_PREFIXES)


def labels_of(cluster: Cluster, workload: Workload) -> dict[str, str]:
    """Return the fewest stable labels that select a workload's pods and no others beside them.

    The selector of a Service before the workload is taken if it does so; where no labels tell the
    workload apart, all of its stable labels are returned.
    """
    shared = {key: value for key, value in _shared(workload.pods).items() if is_stable(key)}
    others = [
        pod.labels
        for one in cluster.workloads
        if one.namespace == workload.namespace and one is not workload
        for pod in one.pods
    ]
    services = services_of(cluster, workload.pods)
    for service in sorted(services, key=lambda one: (len(one.selector), one.name)):
        selector = dict(service.selector)
        if selector and selector.items() <= shared.items() and _tells_apart(selector, others):
            return selector
    ordered = sorted(shared, key=_preference)
    for size in range(1, min(_MOST, len(ordered)) + 1):
        for keys in combinations(ordered, size):
            chosen = {key: shared[key] for key in keys}
            if _tells_apart(chosen, others):
                return chosen
    return {key: shared[key] for key in ordered}


def pods_of_workload(cluster: Cluster, workload: Workload) -> Pods:
    """Return a workload as the party of a clause."""
    return Pods(
        labels=tuple(
            LabelTest(key, "In", (value,)) for key, value in labels_of(cluster, workload).items()
        ),
        namespaces=(workload.namespace,),
        workload=workload.full_name,
    )


def _shared(pods: Iterable[Pod]) -> dict[str, str]:
    """Return the labels that all pods of a workload have."""
    first, *rest = pods
    return {
        key: value
        for key, value in first.labels.items()
        if all(pod.labels.get(key) == value for pod in rest)
    }


def _tells_apart(selector: Mapping[str, str], others: Iterable[Mapping[str, str]]) -> bool:
    return not any(selector.items() <= labels.items() for labels in others)


def _preference(key: str) -> tuple[int, str]:
    return (_FIRST.index(key) if key in _FIRST else len(_FIRST), key)

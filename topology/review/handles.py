"""How a repair names a pod: by its lasting labels, its workload, or its identity in the mesh."""

from topology.model import Pod
from topology.review.context import ReviewContext

__all__ = ["NAMESPACE", "labels_of", "name_of", "principal_of"]

NAMESPACE = "k8s:io.kubernetes.pod.namespace"
_VOLATILE = ("pod-template-hash", "controller-revision-hash", "pod-template-generation")


def labels_of(pod: Pod) -> dict[str, str]:
    """Return the labels of a pod that outlast a rollout."""
    return {key: value for key, value in sorted(pod.labels.items()) if key not in _VOLATILE}


def name_of(pod: Pod) -> str:
    """Return the workload of a pod, `namespace/name`."""
    return f"{pod.namespace}/{pod.workload or pod.name}"


def principal_of(context: ReviewContext, pod: Pod) -> str | None:
    """Return the identity that a pod surely proves, as Istio's policies write it; else None."""
    if not context.mesh.index.state(pod).present:
        return None
    domain = context.mesh.settings.trust_domain
    return f"{domain}/ns/{pod.namespace}/sa/{pod.service_account}"

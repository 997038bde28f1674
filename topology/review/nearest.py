"""The label value nearest to one that no pod has: what was most likely meant."""

from collections.abc import Mapping
from difflib import get_close_matches

from topology.model import Document
from topology.policy.labels import split_key
from topology.review.context import ReviewContext
from topology.review.edits import edited, field_at
from topology.review.finding import Repair
from topology.review.wording import quoted

__all__ = ["nearest_labels"]

_CUTOFF = 0.6
"""Low enough for two letters that changed places in a word of three."""


def nearest_labels(context: ReviewContext, document: Document, path: str) -> Repair:
    """Return the repair of a selector that fits no pod of the policy's namespace.

    Args:
        context: The cluster.
        document: The policy.
        path: Of its selector.

    Returns:
        One that writes the nearest value that pods carry; else one that deletes the policy.
    """
    labels = field_at(document.body, f"{path}.matchLabels")
    labels = labels if isinstance(labels, Mapping) else {}
    pods = [pod for pod in context.cluster.pods if pod.namespace == document.namespace]
    for key, value in labels.items():
        name = split_key(str(key))[1]
        rest = {split_key(str(k))[1]: str(v) for k, v in labels.items() if k != key}
        known = {
            pod.labels[name]
            for pod in pods
            if name in pod.labels and rest.items() <= pod.labels.items()
        }
        near = get_close_matches(str(value), sorted(known), n=1, cutoff=_CUTOFF)
        if near:
            changed = edited(document, f"{path}.matchLabels", {**labels, key: near[0]})
            text = f"Write {quoted(f'{key}: {near[0]}')}, which pods of the namespace carry."
            return Repair(text=text, add=(changed,))
    text = "Correct the selector, or delete the policy."
    return Repair(text=text, remove=(document.key,), promise="no-change")

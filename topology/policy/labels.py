"""Labels as Cilium's identities carry them: a key, a value, and the source that gave it."""

from collections.abc import Mapping

__all__ = [
    "ANY",
    "CLUSTER",
    "K8S",
    "NAMESPACE",
    "NAMESPACE_LABELS",
    "NAMESPACE_NAME",
    "RESERVED",
    "SERVICE_ACCOUNT",
    "IdentityLabels",
    "split_key",
]

ANY = "any"
K8S = "k8s"
RESERVED = "reserved"
_RESERVED = f"{RESERVED}."

NAMESPACE = "io.kubernetes.pod.namespace"
NAMESPACE_LABELS = "io.cilium.k8s.namespace.labels."
NAMESPACE_NAME = "kubernetes.io/metadata.name"
"""The label that every namespace has: its name."""
CLUSTER = "io.cilium.k8s.policy.cluster"
SERVICE_ACCOUNT = "io.cilium.k8s.policy.serviceaccount"

IdentityLabels = Mapping[str, tuple[str, str]]
"""Key to (source, value)."""


def split_key(text: str) -> tuple[str, str]:
    """Split `k8s:app` into source and key; a key without source is of any source.

    Only the first colon splits; `$host` and `reserved.host` mean `reserved:host` (pkg/labels,
    GetExtendedKeyFrom).
    """
    if text.startswith("$"):
        return RESERVED, text[1:]
    source, colon, key = text.partition(":")
    if colon:
        return source or ANY, key
    if text.startswith(_RESERVED):
        return RESERVED, text.removeprefix(_RESERVED)
    return ANY, text

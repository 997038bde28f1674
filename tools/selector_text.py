"""Parts of a policy's body as they were written, and label selectors in words."""

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["listing", "mapping", "selector_text"]

NAMESPACE_LABEL = "io.kubernetes.pod.namespace"
_OPERATORS = {
    "In": "{key} in ({values})",
    "NotIn": "{key} not in ({values})",
    "Exists": "{key} set",
    "DoesNotExist": "{key} not set",
}


def mapping(given: Any) -> Mapping[str, Any]:
    """Return a mapping as it is, and anything else as an empty one."""
    return given if isinstance(given, Mapping) else {}


def listing(given: Any) -> Sequence[Any]:
    """Return a list as it is, and anything else as an empty one."""
    return given if isinstance(given, list | tuple) else ()


def selector_text(selector: Any, *, everything: str = "every pod", noun: str = "pods") -> str:
    """Return a label selector in words.

    >>> selector_text({"matchLabels": {"app": "web"}})
    'pods `app=web`'
    """
    parts = [
        f"`{_plain(key)}={value}`"
        for key, value in sorted(mapping(mapping(selector).get("matchLabels")).items())
    ]
    for expression in listing(mapping(selector).get("matchExpressions")):
        fields = mapping(expression)
        form = _OPERATORS.get(str(fields.get("operator")), "{key} {operator} ({values})")
        values = ", ".join(str(value) for value in listing(fields.get("values")))
        text = form.format(
            key=_plain(str(fields.get("key"))), values=values, operator=fields.get("operator")
        )
        parts.append(f"`{text}`")
    return f"{noun} {' and '.join(parts)}" if parts else everything


def _plain(key: str) -> str:
    """Return a Cilium label key without its source, and the namespace label by its meaning."""
    bare = key.split(":", 1)[1] if key.startswith(("k8s:", "any:")) else key
    return "namespace" if bare == NAMESPACE_LABEL else bare

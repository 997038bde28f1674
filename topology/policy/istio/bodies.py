"""Parts of a policy's body as they were written; what has another form counts as nothing."""

from collections.abc import Mapping
from typing import Any

__all__ = ["listing", "mapping", "spec_of"]


def mapping(given: Any) -> Mapping[str, Any]:
    """Return a mapping as it is, and anything else as an empty one."""
    return given if isinstance(given, Mapping) else {}


def listing(given: Any) -> list[Any]:
    """Return the items of a list, and none of anything else."""
    return list(given) if isinstance(given, list | tuple) else []


def spec_of(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the `spec` of an object."""
    return mapping(body.get("spec"))

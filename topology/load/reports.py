"""What tells of the state of a cluster, chosen from its objects and kept as written.

Healthy pods and nodes are left out: there are thousands of them, and they tell nothing here.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from topology.load.kinds import REPORTS, is_dns_config
from topology.load.objects import Manifest

__all__ = ["choose_reports"]

_READY: Final = "Ready"
_EFFECTS: Final = ("NoSchedule", "NoExecute")
_FINISHED: Final = ("Succeeded", "Failed")
_NONE: Final[Mapping[str, Any]] = {}


def choose_reports(by_kind: Mapping[str, Sequence[Manifest]]) -> list[Manifest]:
    """Return the objects that tell of the state of things.

    Args:
        by_kind: Every object that was read.
    """
    found = [one for one in by_kind.get("Pod", ()) if _is_troubled_pod(one.body)]
    found += [one for one in by_kind.get("Node", ()) if _is_troubled_node(one.body)]
    found += [one for one in by_kind.get("ConfigMap", ()) if is_dns_config(one.name)]
    for kind in sorted(REPORTS - {"Event"}):
        found += by_kind.get(kind, ())
    return found + [one for one in by_kind.get("Event", ()) if one.body.get("type") != "Normal"]


def _is_troubled_pod(body: Mapping[str, Any]) -> bool:
    """Say whether a pod is there and not ready; one without status is only planned."""
    status = body.get("status")
    if not isinstance(status, dict) or not status or status.get("phase") in _FINISHED:
        return False
    for condition in _mappings(status.get("conditions")):
        if condition.get("type") == _READY:
            return str(condition.get("status")) != "True"
    return bool(status.get("phase", "Running") != "Running")


def _is_troubled_node(body: Mapping[str, Any]) -> bool:
    """Say whether a node has a condition that it should not have, or takes no pods."""
    spec, status = body.get("spec") or _NONE, body.get("status") or _NONE
    if not isinstance(spec, dict) or not isinstance(status, dict):
        return False
    if spec.get("unschedulable") is True:
        return True
    if any(taint.get("effect") in _EFFECTS for taint in _mappings(spec.get("taints"))):
        return True
    return any(
        (str(one.get("status")) != "True") is (one.get("type") == _READY)
        for one in _mappings(status.get("conditions"))
    )


def _mappings(value: Any) -> Iterable[Mapping[str, Any]]:
    """Return the mappings of a list; nothing of what is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []

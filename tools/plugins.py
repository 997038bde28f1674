"""Tools that other packages bring along: the entry points `netassist.tools`.

An entry point names a ToolSpec, or several in a list or tuple. What cannot be loaded is left out
and logged, so that one faulty package takes nothing else along.
"""

import logging
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from tools.spec import ToolSpec

__all__ = ["GROUP", "plugged_tools"]

GROUP = "netassist.tools"

logger = logging.getLogger(__name__)


def plugged_tools() -> tuple[ToolSpec, ...]:
    """Return the tools of every installed plugin, in the order of their entry points' names."""
    found: list[ToolSpec] = []
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        found += _load(point)
    return tuple(found)


def _load(point: EntryPoint) -> list[ToolSpec]:
    try:
        loaded: Any = point.load()
    except Exception:
        logger.exception("the plugin `%s` (%s) cannot be loaded", point.name, point.value)
        return []
    specs = list(loaded) if isinstance(loaded, list | tuple) else [loaded]
    for spec in specs:
        if not isinstance(spec, ToolSpec):
            logger.error(
                "the plugin `%s` gives a `%s`, no ToolSpec", point.name, type(spec).__name__
            )
            return []
    return specs

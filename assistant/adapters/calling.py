"""One call of a tool, for any framework: a result, or the error that whoever called can correct."""

import logging
from functools import cache
from typing import Any

from tools.errors import ToolError
from tools.spec import Permit, ToolResult, ToolSpec
from tools.workspace import Workspace
from topology.errors import AmbiguousName, TopologyError, UnknownName

__all__ = ["call_tool", "describe_error", "read_error", "schema_of"]

logger = logging.getLogger(__name__)


def call_tool(
    spec: ToolSpec, workspace: Workspace, arguments: dict[str, Any], permit: Permit | None = None
) -> ToolResult | ToolError:
    """Run a tool and return what came of it; a fault of ours is logged and told as such."""
    try:
        return spec.call(workspace, arguments, permit=permit)
    except ToolError as error:
        return error
    except TopologyError as error:
        return _translate(error)
    except Exception:
        logger.exception("the tool %s failed", spec.name)
        return ToolError(
            f"`{spec.name}` failed on this input, so this could not be computed.",
            hint="It is a fault of netassist; the log has the details.",
        )


def describe_error(error: ToolError) -> dict[str, Any]:
    """Return an error as JSON data: `error`, `hint`, and the candidates if there are any."""
    data: dict[str, Any] = {"error": error.message, "hint": error.hint}
    if error.candidates:
        data |= {"candidates": list(error.candidates), "ambiguous": error.ambiguous}
    return data


def read_error(data: dict[str, Any]) -> ToolError:
    """Return the error that `describe_error` made this data of."""
    return ToolError(
        str(data.get("error", "")),
        hint=str(data.get("hint", "")),
        candidates=tuple(data.get("candidates", ())),
        ambiguous=bool(data.get("ambiguous", False)),
    )


@cache
def schema_of(spec: ToolSpec) -> dict[str, Any]:
    """Return the JSON schema of a tool's arguments without the titles that pydantic adds.

    Kept, as those of all tools took a tenth of a second of each turn.
    """
    schema = spec.args.model_json_schema()
    schema.pop("title", None)
    for field in schema.get("properties", {}).values():
        field.pop("title", None)
    return schema


def _translate(error: TopologyError) -> ToolError:
    """Return a fault in a name or query as something that whoever called can correct."""
    candidates: tuple[str, ...] = ()
    if isinstance(error, AmbiguousName):
        candidates = error.candidates
    elif isinstance(error, UnknownName):
        candidates = error.nearest
    return ToolError(
        error.message,
        hint=error.hint,
        candidates=candidates,
        ambiguous=isinstance(error, AmbiguousName),
    )

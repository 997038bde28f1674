"""A ToolSpec as a langchain tool: the model reads compact JSON, we keep the typed result."""

import asyncio
import json
import logging
from functools import cache
from typing import Any

from langchain_core.tools import StructuredTool

from assistant.approval import Gate
from tools.errors import ToolError
from tools.spec import Permit, ToolResult, ToolSpec, WriteResult
from tools.workspace import Workspace
from topology.errors import AmbiguousName, TopologyError, UnknownName

__all__ = ["CONTENT_LIMIT", "as_langchain", "describe_error", "read_error"]

CONTENT_LIMIT = 24_000
"""Characters of a result that a model reads; of a longer one it reads the summary."""

Said = tuple[str, ToolResult | ToolError]
"""What the model reads, and what we keep."""

logger = logging.getLogger(__name__)


def as_langchain(spec: ToolSpec, workspace: Workspace, gate: Gate | None = None) -> StructuredTool:
    """Return the tool bound to a workspace; one that writes changes nothing but through the gate.

    Its content is JSON for the model. Its artifact is the ToolResult, or the ToolError of a call
    that cannot be answered as it stands. The schema is given as data, so that `ToolSpec.call`
    alone checks arguments and says in our words what is wrong with them.
    """

    def call(permit: Permit | None, arguments: dict[str, Any]) -> Said:
        try:
            result = spec.call(workspace, arguments, permit=permit)
        except ToolError as error:
            return json.dumps(describe_error(error)), error
        except TopologyError as error:
            translated = _translate(error)
            return json.dumps(describe_error(translated)), translated
        except Exception:
            logger.exception("the tool %s failed", spec.name)
            failure = ToolError(
                f"`{spec.name}` failed on this input, so this could not be computed.",
                hint="It is a fault of netassist; the log has the details.",
            )
            return json.dumps(describe_error(failure)), failure
        return _write(result), result

    def call_now(**arguments: Any) -> Said:
        return call(None, arguments)

    async def acall(**arguments: Any) -> Said:
        said = await asyncio.to_thread(call, None, arguments)
        if gate is None or not isinstance(said[1], WriteResult):
            return said
        permit = await gate.ask(spec, spec.check(arguments), said[1])
        return said if permit is None else await asyncio.to_thread(call, permit, arguments)

    return StructuredTool(
        name=spec.name,
        description=spec.description or spec.summary,
        args_schema=_schema(spec),
        func=call_now,
        coroutine=acall,
        response_format="content_and_artifact",
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


@cache
def _schema(spec: ToolSpec) -> dict[str, Any]:
    """Return the arguments' JSON schema without the titles that pydantic adds.

    Kept, as those of all tools took a tenth of a second of each turn.
    """
    schema = spec.args.model_json_schema()
    schema.pop("title", None)
    for field in schema.get("properties", {}).values():
        field.pop("title", None)
    return schema


def _write(result: ToolResult) -> str:
    content = result.model_dump_json(exclude_none=True)
    if len(content) <= CONTENT_LIMIT:
        return content
    short: dict[str, Any] = {
        "summary": result.summary[:CONTENT_LIMIT],
        "not_verified": list(result.not_verified)[:20],
        "shortened": "The full result is kept; ask about a part of it for details.",
    }
    if result.verdict:
        short["verdict"] = result.verdict
    return json.dumps(short)

"""A ToolSpec as a langchain tool: the model reads compact JSON, we keep the typed result."""

import asyncio
import json
from typing import Any

from langchain_core.tools import StructuredTool

from assistant.adapters.calling import call_tool, describe_error, schema_of
from assistant.approval import Gate
from tools.errors import ToolError
from tools.spec import Permit, ToolResult, ToolSpec, WriteResult
from tools.workspace import Workspace

__all__ = ["CONTENT_LIMIT", "as_langchain"]

CONTENT_LIMIT = 24_000
"""Characters of a result that a model reads; of a longer one it reads the summary."""

Said = tuple[str, ToolResult | ToolError]
"""What the model reads, and what we keep."""


def as_langchain(spec: ToolSpec, workspace: Workspace, gate: Gate | None = None) -> StructuredTool:
    """Return the tool bound to a workspace; one that writes changes nothing but through the gate.

    Its content is JSON for the model. Its artifact is the ToolResult, or the ToolError of a call
    that cannot be answered as it stands. The schema is given as data, so that `ToolSpec.call`
    alone checks arguments and says in our words what is wrong with them.
    """

    def call(permit: Permit | None, arguments: dict[str, Any]) -> Said:
        result = call_tool(spec, workspace, arguments, permit)
        if isinstance(result, ToolError):
            return json.dumps(describe_error(result)), result
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
        args_schema=schema_of(spec),
        func=call_now,
        coroutine=acall,
        response_format="content_and_artifact",
    )


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

"""A ToolSpec as a tool of the Model Context Protocol: schemas both ways, and errors as results."""

import json
from typing import Any

from mcp_types import CallToolResult, TextContent, Tool, ToolAnnotations

from assistant.adapters.calling import call_tool, describe_error, schema_of
from tools.errors import ToolError
from tools.spec import ToolResult, ToolSpec
from tools.workspace import Workspace

__all__ = ["as_mcp", "call_for_mcp"]


def as_mcp(spec: ToolSpec) -> Tool:
    """Return how a client sees a tool.

    The protocol's defaults are pessimistic (not read-only, destructive, open world), so every hint
    is given.
    """
    changes = spec.effect == "write"
    return Tool(
        name=spec.name,
        title=spec.name.replace("_", " ").capitalize(),
        description=spec.description or spec.summary,
        input_schema=schema_of(spec),
        output_schema=spec.result.model_json_schema(mode="serialization"),
        annotations=ToolAnnotations(
            read_only_hint=not changes,
            destructive_hint=changes,
            idempotent_hint=not changes,
            open_world_hint=False,
        ),
    )


def call_for_mcp(spec: ToolSpec, workspace: Workspace, arguments: dict[str, Any]) -> CallToolResult:
    """Run a tool; what cannot be answered as it stands is a result with `is_error`.

    Clients that read no structured content find the same JSON as text.
    """
    result = call_tool(spec, workspace, arguments)
    if isinstance(result, ToolError):
        return _failed(result)
    return _done(result)


def _done(result: ToolResult) -> CallToolResult:
    data = result.model_dump(mode="json")
    return CallToolResult(
        content=[TextContent(type="text", text=json.dumps(data, ensure_ascii=False))],
        structured_content=data,
    )


def _failed(error: ToolError) -> CallToolResult:
    data = describe_error(error)
    candidates = f" Candidates: {', '.join(error.candidates)}." if error.candidates else ""
    return CallToolResult(
        content=[TextContent(type="text", text=f"{data['error']} {data['hint']}{candidates}")],
        is_error=True,
    )

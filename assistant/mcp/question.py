"""The tool `ask`: a question in plain words, answered by the assistant as everywhere else."""

import json
from typing import TYPE_CHECKING, Any

from mcp_types import CallToolResult, TextContent, Tool, ToolAnnotations

from assistant.errors import AssistantError

if TYPE_CHECKING:
    from assistant.agent import Assistant

__all__ = ["ASK", "ask_for_mcp"]

_ARGUMENTS = {
    "question": "A question about the network, a request for a policy, or for a plan.",
    "session": "Goes on with this conversation, which an earlier answer named.",
}
ASK = Tool(
    name="ask",
    title="Ask in plain words",
    description="Answer a question about this network in plain words, with evidence; asks back "
    "where it can be read in two ways, and declines what cannot be computed.",
    input_schema={
        "type": "object",
        "properties": {
            name: {"type": "string", "description": text} for name, text in _ARGUMENTS.items()
        },
        "required": ["question"],
        "additionalProperties": False,
    },
    output_schema={
        "type": "object",
        "properties": {
            "text": {"type": "string", "description": "The answer, as Markdown."},
            "verdict": {"enum": ["allow", "deny", None]},
            "session": {"type": "string"},
            "needs": {"type": "array", "items": {"type": "string"}},
            "declined": {"type": "boolean"},
        },
        "required": ["text", "verdict", "session", "needs", "declined"],
    },
    annotations=ToolAnnotations(
        read_only_hint=True, destructive_hint=False, idempotent_hint=False, open_world_hint=False
    ),
)


async def ask_for_mcp(assistant: "Assistant", arguments: dict[str, Any]) -> CallToolResult:
    """Answer a question; what is wrong with it comes back as a result with `is_error`."""
    fault = _fault(arguments)
    if fault:
        return _failed(fault)
    try:
        answer = await assistant.aask(
            arguments["question"], session=arguments.get("session") or None
        )
    except AssistantError as error:
        return _failed(str(error))
    data = answer.to_dict()
    return CallToolResult(
        content=[TextContent(type="text", text=json.dumps(data, ensure_ascii=False))],
        structured_content=data,
    )


def _fault(arguments: dict[str, Any]) -> str:
    unknown = sorted(arguments.keys() - _ARGUMENTS.keys())
    if unknown:
        return f"There is no argument `{unknown[0]}`. It takes `question`, [`session`]."
    for name, value in arguments.items():
        if not isinstance(value, str):
            return f"`{name}` is no text (got `{str(value)[:80]}`)."
    if not arguments.get("question", "").strip():
        return "`question` is missing. It takes `question`, [`session`]."
    return ""


def _failed(text: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text)], is_error=True)

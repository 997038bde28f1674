"""The messages of a turn as JSON and back, for sessions."""

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from pydantic import ValidationError

from assistant.adapters.calling import describe_error, read_error
from assistant.answer import Answer
from assistant.proving import OURS
from tools.errors import ToolError
from tools.spec import ToolResult, ToolSpec

if TYPE_CHECKING:
    from assistant.turn import Turn

__all__ = ["preserve", "revive"]


def preserve(turn: "Turn", answer: Answer) -> list[dict[str, Any]]:
    """Return the turn as JSON: the question, the calls, their results, the checked answer.

    What a model said before and between its calls is left out: it was never checked.
    """
    answered = {m.tool_call_id for m in turn.messages if isinstance(m, ToolMessage)}
    kept: list[dict[str, Any]] = []
    for message in turn.messages:
        if isinstance(message, HumanMessage) and not message.additional_kwargs.get(OURS):
            kept.append({"role": "human", "text": str(message.text)})
        elif isinstance(message, ToolMessage):
            kept.append(_preserve_result(message))
        elif isinstance(message, AIMessage):
            calls = [
                {"id": call["id"], "name": call["name"], "args": call["args"]}
                for call in message.tool_calls
                if call["id"] in answered
            ]
            if calls:
                kept.append({"role": "ai", "text": "", "calls": calls})
    said = {
        "needs": list(answer.needs),
        "declined": answer.declined,
        "verdict": answer.verdict,
        "tier": answer.tier,
        "model": answer.model,
    }
    return [*kept, {"role": "ai", "text": answer.text, "said": said}]


def revive(turn: Iterable[dict[str, Any]], specs: Sequence[ToolSpec]) -> list[BaseMessage]:
    """Return a kept turn as messages; results are typed again where the tool still exists."""
    results = {spec.name: spec.result for spec in specs}
    messages: list[BaseMessage] = []
    for item in turn:
        if item["role"] == "human":
            messages.append(HumanMessage(item["text"]))
        elif item["role"] == "tool":
            messages.append(_revive_result(item, results.get(item["name"])))
        else:
            calls = [{**call, "type": "tool_call"} for call in item.get("calls", ())]
            metadata = {"netassist": item["said"]} if "said" in item else {}
            messages.append(AIMessage(item["text"], tool_calls=calls, response_metadata=metadata))
    return messages


def _preserve_result(message: ToolMessage) -> dict[str, Any]:
    artifact = message.artifact
    item = {"role": "tool", "id": message.tool_call_id, "name": message.name or ""}
    if isinstance(artifact, ToolError):
        return {**item, "error": describe_error(artifact)}
    return {**item, "result": artifact.model_dump(mode="json")}


def _revive_result(item: dict[str, Any], kind: type[ToolResult] | None) -> ToolMessage:
    if "error" in item:
        return ToolMessage(
            json.dumps(item["error"]),
            name=item["name"],
            tool_call_id=item["id"],
            artifact=read_error(item["error"]),
            status="error",
        )
    result = item["result"]
    # A model reads the gist of an old result: what counts now must be computed now.
    gist = {"summary": result.get("summary", ""), "verdict": result.get("verdict")}
    return ToolMessage(
        json.dumps(gist, ensure_ascii=False),
        name=item["name"],
        tool_call_id=item["id"],
        artifact=_type(result, kind or ToolResult),
    )


def _type(result: dict[str, Any], kind: type[ToolResult]) -> ToolResult:
    try:
        return kind.model_validate(result)
    except ValidationError:
        return ToolResult.model_validate(result)

"""Conversations that are longer than a model reads, made shorter without losing what they found.

A turn before the current one becomes one line: what was asked, what each tool was called with, its
verdict and the beginning of its summary, and the question that is still open.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage

__all__ = ["LEVELS", "compact", "estimate_tokens"]

LEVELS = 2
"""1 shortens the earlier turns, 2 also the results of the current one."""
_CHARACTERS = 3.5
"""Of a token, on the careful side for English and JSON."""
_ASKED, _FOUND, _RESULT = 200, 240, 700
_TURNS = 40
"""Earlier turns that are kept, the newest; a verdict of before is computed again when asked for."""


def estimate_tokens(messages: Sequence[BaseMessage], schemas: int = 0) -> int:
    """Return about how many tokens messages take, with tools of so many characters."""
    texts = sum(len(str(message.text)) for message in messages)
    calls = sum(
        len(str(message.tool_calls)) for message in messages if isinstance(message, AIMessage)
    )
    return int((texts + calls + schemas) / _CHARACTERS)


def compact(messages: Sequence[BaseMessage], level: int) -> list[BaseMessage]:
    """Return the conversation, shortened.

    Args:
        messages: Without the system message; the last human one begins the current turn.
        level: 0 changes nothing; see LEVELS.
    """
    if level < 1:
        return list(messages)
    start = max(
        (place for place, item in enumerate(messages) if isinstance(item, HumanMessage)), default=0
    )
    earlier = [_tell(turn) for turn in _turns(messages[:start])]
    current = [_shorten(item) if level > 1 else item for item in messages[start:]]
    if not earlier:
        return current
    kept = earlier[-_TURNS:]
    lines = ["Earlier in this conversation, shortened:", *kept]
    if len(earlier) > len(kept):
        lines.insert(1, f"- ({len(earlier) - len(kept)} turns before these are left out.)")
    return [HumanMessage("\n".join(lines)), *current]


def _turns(messages: Sequence[BaseMessage]) -> Iterator[list[BaseMessage]]:
    turn: list[BaseMessage] = []
    for message in messages:
        if isinstance(message, HumanMessage) and turn:
            yield turn
            turn = []
        turn.append(message)
    if turn:
        yield turn


def _tell(turn: Sequence[BaseMessage]) -> str:
    """Return one line for a turn."""
    asked = next((str(item.text) for item in turn if isinstance(item, HumanMessage)), "")
    if asked.startswith("Earlier in this conversation, shortened:"):
        return asked.partition("\n")[2]
    parts = [f'- asked: "{_cut(asked, _ASKED)}"']
    calls: dict[str, Any] = {}
    for item in turn:
        if isinstance(item, AIMessage):
            calls |= {call["id"] or "": call for call in item.tool_calls}
        if isinstance(item, ToolMessage):
            parts.append(_tell_result(item, calls.get(item.tool_call_id)))
    last = turn[-1]
    said = last.response_metadata.get("netassist", {}) if isinstance(last, AIMessage) else {}
    parts += [f"open question: {_cut(str(need), _FOUND)}" for need in said.get("needs", ())]
    if said.get("declined"):
        parts.append("declined")
    return "; ".join(parts)


def _tell_result(message: ToolMessage, call: Any) -> str:
    arguments = json.dumps(call["args"], ensure_ascii=False) if call else ""
    data = _read(message)
    said = data.get("summary") or data.get("error") or ""
    verdict = f" verdict {data['verdict']}:" if data.get("verdict") else ""
    return f"{message.name}{_cut(arguments, _ASKED)} ->{verdict} {_cut(str(said), _FOUND)}"


def _shorten(message: BaseMessage) -> BaseMessage:
    """Return a tool's message with verdict, the beginning of its summary and what is open."""
    if not isinstance(message, ToolMessage) or len(str(message.text)) <= _RESULT:
        return message
    data = _read(message)
    short = {key: data[key] for key in ("verdict", "error", "hint") if data.get(key)}
    short["summary"] = _cut(str(data.get("summary", "")), _RESULT)
    if data.get("not_verified"):
        short["not_verified"] = [_cut(str(item), _FOUND) for item in data["not_verified"][:5]]
    short["shortened"] = "Ask about a part of it for details."
    return message.model_copy(update={"content": json.dumps(short, ensure_ascii=False)})


def _read(message: ToolMessage) -> dict[str, Any]:
    try:
        data = json.loads(str(message.text))
    except ValueError:
        return {"summary": str(message.text)}
    return data if isinstance(data, dict) else {"summary": str(message.text)}


def _cut(text: str, length: int) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= length else f"{plain[:length]}..."

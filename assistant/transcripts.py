"""A kept session as a document: Markdown for people, JSON for programs."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from assistant.sessions import KeptTurn, Session

__all__ = ["SCHEMA_VERSION", "as_data", "as_markdown"]

SCHEMA_VERSION = 1
_LONGEST = 200
"""Characters of the arguments of a call that Markdown shows."""


def as_data(session: Session, turns: Iterable[KeptTurn]) -> dict[str, Any]:
    """Return a session as JSON data.

    Returns:
        `{schema_version, session, title, created, updated, turns: [{number, written, question,
        text, verdict, tier, model, needs, declined, tools: [{name, arguments, ok, result}]}]}`.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "session": session.id,
        "title": session.title,
        "created": session.created,
        "updated": session.updated,
        "turns": [_turn(turn) for turn in turns],
    }


def as_markdown(session: Session, turns: Iterable[KeptTurn]) -> str:
    """Return a session as Markdown: each question, its answer, and what was computed for it."""
    parts = [f"# {_inline(session.title or session.id)}", _head(session)]
    for turn in turns:
        data = _turn(turn)
        parts.append(f"## {turn.number}. {_inline(data['question']) or '(no question)'}")
        parts.append(data["text"].strip() or "_No answer was kept._")
        if data["tools"]:
            parts.append("\n".join(["Computed with:", "", *map(_call, data["tools"])]))
        answered = f", answered by {data['tier']} ({data['model']})" if data["tier"] else ""
        parts.append(f"_{turn.written}{answered}_")
    return "\n\n".join(parts) + "\n"


def _head(session: Session) -> str:
    turns = "1 turn" if session.turns == 1 else f"{session.turns} turns"
    return f"Session `{session.id}`, {turns}, {session.created} to {session.updated}."


def _turn(turn: KeptTurn) -> dict[str, Any]:
    human = [message for message in turn.messages if message.get("role") == "human"]
    answers = [message for message in turn.messages if message.get("role") == "ai"]
    last: Mapping[str, Any] = answers[-1] if answers else {}
    said = last.get("said") or {}
    return {
        "number": turn.number,
        "written": turn.written,
        "question": str(human[0].get("text", "")) if human else "",
        "text": str(last.get("text", "")),
        "verdict": said.get("verdict"),
        "tier": said.get("tier", ""),
        "model": said.get("model", ""),
        "needs": list(said.get("needs") or ()),
        "declined": bool(said.get("declined")),
        "tools": list(_calls(turn.messages)),
    }


def _calls(messages: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    messages = list(messages)
    made = {
        call["id"]: call
        for message in messages
        if message.get("role") == "ai"
        for call in message.get("calls", ())
    }
    for message in messages:
        if message.get("role") != "tool":
            continue
        call = made.get(message.get("id"), {})
        yield {
            "name": message.get("name", ""),
            "arguments": call.get("args", {}),
            "ok": "error" not in message,
            "result": message.get("error", message.get("result", {})),
        }


def _call(call: Mapping[str, Any]) -> str:
    arguments = json.dumps(call["arguments"], ensure_ascii=False)
    if len(arguments) > _LONGEST:
        arguments = arguments[: _LONGEST - 1] + "\u2026"
    verdict = call["result"].get("verdict")
    outcome = f": {verdict}" if verdict else "" if call["ok"] else ": could not be answered"
    return f"- `{call['name']}` `{arguments.replace('`', chr(39))}`{outcome}"


def _inline(text: str) -> str:
    """Return a text as one line of Markdown in which nothing is a mark but what was typed so."""
    return " ".join(text.split())

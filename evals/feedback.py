"""What people said about answers in Slack, as question cases that a person goes through.

A right answer becomes a case that expects the same verdict again. Of a wrong one nobody knows what
would be right: its case expects nothing until somebody writes it there.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.sessions import SessionStore, open_sessions
from assistant.settings import Settings

__all__ = ["Told", "read_votes", "write_cases"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How many answers were called what."""

    right: int
    wrong: int


def write_cases(out: Path, settings: Settings | None = None) -> Told:
    """Write the votes of the Slack bot as cases, the last vote of a person on a question counting.

    Args:
        out: JSON Lines, in the form that `python -m evals questions --cases FILE` takes.
        settings: Where votes and conversations are kept.

    Raises:
        FileNotFoundError: There is no vote yet.
        ValueError: A line is no vote; the message names file and line.
    """
    chosen = settings or Settings()
    votes = read_votes(chosen.state_dir / "feedback.jsonl")
    sessions = open_sessions(chosen)
    last = {(one["session"], one["question"], one["user"]): one for one in votes}
    rows = [_case(number, one, sessions, chosen) for number, one in enumerate(last.values(), 1)]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    out.write_text(text, encoding="utf-8")
    wrong = sum(row["vote"] == "wrong" for row in rows)
    return Told(right=len(rows) - wrong, wrong=wrong)


def read_votes(path: Path) -> tuple[dict[str, Any], ...]:
    """Return every vote of a file, oldest first; see `write_cases` for the errors."""
    if not path.exists():
        message = f"there are no votes yet: {path} does not exist"
        raise FileNotFoundError(message)
    return tuple(_read(path))


def _read(path: Path) -> Iterator[dict[str, Any]]:
    needed = {"vote", "session", "question", "user"}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            vote = json.loads(line)
        except json.JSONDecodeError:
            vote = None
        if not isinstance(vote, dict) or not needed <= vote.keys():
            message = f"{path}:{number} is no vote: {line[:80]}"
            raise ValueError(message)
        yield vote


def _case(
    number: int, vote: dict[str, Any], sessions: SessionStore, settings: Settings
) -> dict[str, Any]:
    said = _said(sessions, vote["session"], vote["question"])
    channel = vote["session"].split("-")[2] if vote["session"].count("-") > 2 else ""
    path = settings.slack_workspaces.get(channel, "")
    right = vote["vote"] == "right"
    return {
        "id": f"feedback-{number:03}",
        "workspace": Path(path).stem if path else "default",
        "family": "feedback",
        "turns": said,
        "expected": {"verdict": vote.get("verdict")} if right else {},
        "vote": vote["vote"],
        "answered": vote.get("verdict"),
        "model": vote.get("model", ""),
        "prompt": vote.get("prompt", ""),
        "time": vote.get("time", ""),
    }


def _said(sessions: SessionStore, session: str, question: str) -> list[str]:
    """Return what was asked in the thread up to the question that the vote is about."""
    asked = [
        str(message.get("text", ""))
        for turn in sessions.transcript(session)
        for message in turn.messages
        if message.get("role") == "human"
    ]
    for place in range(len(asked) - 1, -1, -1):
        if asked[place].startswith(question):
            return asked[: place + 1]
    return [question]

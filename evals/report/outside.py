"""Questions from outside: key facts that were written down, and prompts of other assistants."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from assistant.agent import Assistant
from assistant.answer import Answer
from assistant.settings import Settings

__all__ = ["OutsideRow", "ask_outside", "kind_of", "read_outside"]

_CASES = Path(__file__).resolve().parents[2] / ".." / "shared" / "cases"
_QUESTION = re.compile(
    r"^- \((?P<level>\w)\) \*(?P<question>.+?)\* \*\*Key:\*\* (?P<key>.+)$", re.M
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideRow:
    """One question and how it was answered."""

    case: str
    question: str
    key: str
    """Key facts of a right answer; empty where none are written down."""
    kind: str
    """`answered with evidence`, `answered without evidence`, `asks for the missing input`,
    `declines` or `drafted, not verified`."""
    answer: str
    """The start of what was said."""


def read_outside(folder: Path = _CASES) -> Iterator[tuple[str, str, str]]:
    """Yield the identifier, the question and the key facts; nothing where the files are absent."""
    facts = folder / "questions" / "questions.md"
    if facts.is_file():
        text = facts.read_text(encoding="utf-8")
        for number, match in enumerate(_QUESTION.finditer(text), 1):
            key = re.sub(r"\s*\*\*Tool:\*\*.*$", "", match["key"])
            yield f"key-{number:02d}", match["question"], key
    prompts = folder / "external" / "prompts.jsonl"
    if prompts.is_file():
        for line in prompts.read_text(encoding="utf-8").splitlines():
            row = orjson.loads(line)
            yield row["id"], row["prompt"], ""


def ask_outside(*, model: str = "rules", folder: Path = _CASES) -> Iterator[OutsideRow]:
    """Ask each question of the bundled sample and yield how it was answered."""
    assistant: Assistant | None = None
    for case, question, key in read_outside(folder):
        assistant = assistant or Assistant(model=model, settings=Settings(keep_sessions=False))
        answer = assistant.ask(question, session=None)
        first = answer.text.strip().splitlines()[0] if answer.text.strip() else ""
        yield OutsideRow(
            case=case, question=question, key=key, kind=kind_of(answer), answer=first[:300]
        )


def kind_of(answer: Answer) -> str:
    """Return in one phrase what an answer does."""
    if answer.needs:
        return "asks for the missing input"
    if answer.declined:
        return "declines"
    if any(not artifact.verified for artifact in answer.artifacts):
        return "drafted, not verified"
    computed = answer.evidence or answer.citations or any(call.ok for call in answer.tools)
    return "answered with evidence" if computed else "answered without evidence"

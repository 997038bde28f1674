"""The form of question cases, and which files make up each split."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["CASES", "SPLITS", "Case", "Expected", "ExpectedCall", "files_of"]

CASES = Path(__file__).resolve().parents[1] / "cases" / "questions.jsonl"

SPLITS = {
    "dev": (
        "questions.jsonl",
        "questions-design.jsonl",
        "questions-made-dev.jsonl",
    ),
    "test": (
        "questions-test.jsonl",
        "questions-made-test.jsonl",
        "questions-test-2.jsonl",
        "questions-test-3.jsonl",
        "questions-test-4.jsonl",
        "questions-test-5.jsonl",
        "questions-test-6.jsonl",
        "questions-test-7.jsonl",
        "questions-test-8.jsonl",
        "questions-test-9.jsonl",
    ),
}
"""Development and test share neither a workspace nor a wording of `evals/making/wordings.py`."""


class ExpectedCall(BaseModel):
    """A tool call that must be among those of the turn."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    """Those that matter; a call may have more."""


class Expected(BaseModel):
    """What the last turn's answer must be."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    verdict: str | None = None
    """`allow`, `deny` or `unknown`; None where the question has no single verdict."""
    must_mention: tuple[str, ...] = ()
    """Regular expressions, each of which must match the answer's text or evidence."""
    must_not_mention: tuple[str, ...] = ()
    needs_clarification: bool = False
    declines: bool = False
    may_refrain: bool = False
    """Whether asking back or declining is a fair answer, too (a bare or doubtful question)."""
    tools: tuple[ExpectedCall, ...] = ()
    """Calls that the answer must rest on; none where any way will do."""


class Case(BaseModel):
    """One conversation over one workspace."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    workspace: str
    family: str
    question: str = ""
    turns: tuple[str, ...] = ()
    expected: Expected = Field(default_factory=Expected)

    @property
    def said(self) -> tuple[str, ...]:
        """Return what the person says, one message after the other."""
        return self.turns or (self.question,)


def files_of(split: str) -> tuple[Path, ...]:
    """Return the case files of a split; of both for an empty name.

    Raises:
        ValueError: There is no such split.
    """
    if split and split not in SPLITS:
        message = f"there is no split `{split}`; choose from {', '.join(sorted(SPLITS))}"
        raise ValueError(message)
    names = SPLITS[split] if split else tuple(name for one in SPLITS.values() for name in one)
    return tuple(CASES.with_name(name) for name in names)

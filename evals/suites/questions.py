"""Questions with known answers, asked of the same Assistant that people use."""

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from assistant.agent import Assistant
from assistant.answer import Answer
from assistant.settings import Settings
from evals.suites.case_files import read_cases
from evals.suites.result import SuiteResult

__all__ = ["CASES", "Case", "Expected", "Score", "run", "score"]

CASES = Path(__file__).resolve().parents[1] / "cases" / "questions.jsonl"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How one answer compares."""

    faults: tuple[str, ...]
    wrong: bool
    """Whether the answer states something as fact that is not so (rather than asks or declines)."""

    @property
    def agrees(self) -> bool:
        """Return whether nothing is amiss."""
        return not self.faults


def run(cases: Path | None = None, *, model: str = "rules") -> SuiteResult:
    """Ask every question and compare the last answer of each conversation.

    Args:
        cases: A JSON Lines file with a folder `workspaces` beside it; None for our own.
        model: As `Assistant` takes it.

    Raises:
        FileNotFoundError: There is no such file or workspace.
        ValueError: A line is no case.
    """
    path = cases or CASES
    begun = time.perf_counter()
    total = agree = skipped = 0
    disagreements: list[dict[str, Any]] = []
    assistants: dict[str, Assistant] = {}
    for case in read_cases(path, Case, what="question case"):
        assistant = assistants.get(case.workspace)
        if assistant is None:
            workspace = path.parent / "workspaces" / case.workspace
            assistant = _open(workspace, model)
            assistants[case.workspace] = assistant
        answer = _converse(assistant, case)
        total += 1
        found = score(case.expected, answer)
        agree += found.agrees
        if not found.agrees:
            disagreements.append(_row(case, answer, found))
    return SuiteResult(
        suite="questions",
        cases=total,
        checks=total,
        agree=agree,
        skipped=skipped,
        disagreements=tuple(disagreements),
        seconds=round(time.perf_counter() - begun, 3),
    )


def score(expected: Expected, answer: Answer) -> Score:
    """Return how an answer compares with what is expected of it.

    Asking back and declining are told from a wrong statement: only the latter misleads.
    """
    faults: list[str] = []
    asks, declines = bool(answer.needs), answer.declined
    text = _everything(answer)
    if expected.may_refrain and (asks or declines) and answer.verdict is None:
        said = [p for p in expected.must_not_mention if re.search(p, answer.text)]
        return Score(faults=tuple(f"mentions `{p}`" for p in said), wrong=bool(said))
    if asks != expected.needs_clarification:
        faults.append("asked back" if asks else "did not ask back")
    if declines != expected.declines:
        faults.append("declined" if declines else "did not decline")
    wanted = None if expected.verdict == "unknown" else expected.verdict
    judged = expected.verdict is not None or asks or declines
    verdict_differs = judged and answer.verdict != wanted
    if verdict_differs and not (asks or declines):
        faults.append(f"verdict {answer.verdict}, expected {expected.verdict}")
    faults += [f"lacks `{p}`" for p in expected.must_mention if not re.search(p, text)]
    said = [p for p in expected.must_not_mention if re.search(p, answer.text)]
    faults += [f"mentions `{p}`" for p in said]
    # What asks or declines does not mislead; any other fault is counted as a wrong answer, even
    # where only the words are missing, since the answer may be about something else.
    wrong = bool(faults) and not (asks or declines)
    return Score(faults=tuple(faults), wrong=wrong)


def _everything(answer: Answer) -> str:
    """Return the text and the evidence, which every surface shows beneath it."""
    lines = [f"{item.claim} {item.source} {item.location}" for item in answer.evidence]
    return "\n".join([answer.text, *answer.needs, *lines])


def _open(workspace: Path, model: str) -> Assistant:
    if not workspace.exists():
        message = f"there is no workspace `{workspace}`"
        raise FileNotFoundError(message)
    return Assistant(workspace, model=model, settings=Settings(keep_sessions=False))


def _converse(assistant: Assistant, case: Case) -> Answer:
    answer = assistant.ask(case.said[0], session=None)
    for message in case.said[1:]:
        answer = assistant.ask(message, session=answer.session)
    return answer


def _row(case: Case, answer: Answer, found: Score) -> dict[str, Any]:
    return {
        "case": case.id,
        "query": " >> ".join(case.said),
        "expected": case.expected.model_dump(exclude_defaults=True),
        "got": {
            "verdict": answer.verdict,
            "needs": list(answer.needs),
            "declined": answer.declined,
            "faults": list(found.faults),
            "wrong": found.wrong,
            "family": case.family,
            "text": answer.text[:400],
        },
    }

"""Questions with known answers, asked of the same Assistant that people use."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.agent import Assistant
from assistant.answer import Answer
from assistant.settings import Settings
from evals.suites.case_files import read_cases
from evals.suites.families import Row, count_outcomes, summarise
from evals.suites.question_cases import CASES, Case, Expected, files_of
from evals.suites.question_scores import Score, score
from evals.suites.result import SuiteResult

__all__ = ["CASES", "Case", "Expected", "Judged", "Score", "judge", "run", "score", "to_result"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A case, the answer of its last turn, and how the two compare."""

    case: Case
    answer: Answer
    score: Score


def run(cases: Path | None = None, *, model: str = "rules", split: str = "") -> SuiteResult:
    """Ask every question and compare the last answer of each conversation.

    Args:
        cases: A JSON Lines file with a folder `workspaces` beside it; None for our own.
        model: As `Assistant` takes it.
        split: `dev` or `test` of our own files; empty for both.

    Raises:
        FileNotFoundError: There is no such file or workspace.
        ValueError: A line is no case, or there is no such split.
    """
    begun = time.perf_counter()
    judged = list(judge((cases,) if cases else files_of(split), model=model))
    return to_result(judged, seconds=time.perf_counter() - begun)


def judge(paths: tuple[Path, ...], *, model: str = "rules") -> Iterator[Judged]:
    """Yield every case of some files with its answer, one Assistant for each workspace."""
    assistants: dict[Path, Assistant] = {}
    for path in paths:
        for case in read_cases(path, Case, what="question case"):
            workspace = path.parent / "workspaces" / case.workspace
            if workspace not in assistants:
                assistants[workspace] = _open(workspace, model)
            answer = _converse(assistants[workspace], case)
            yield Judged(case=case, answer=answer, score=score(case.expected, answer))


def to_result(judged: list[Judged], *, seconds: float) -> SuiteResult:
    """Return the document of a run: agreement, and what is right of each family."""
    rows = [
        Row(
            case=one.case.id,
            family=one.case.family,
            workspace=one.case.workspace,
            outcome=one.score.outcome,
            seconds=one.answer.seconds,
        )
        for one in judged
    ]
    return SuiteResult(
        suite="questions",
        cases=len(judged),
        checks=len(judged),
        agree=sum(one.score.agrees for one in judged),
        skipped=0,
        disagreements=tuple(_row(one) for one in judged if not one.score.agrees),
        seconds=round(seconds, 3),
        details={
            "outcomes": count_outcomes(rows),
            "families": [row.to_dict() for row in summarise(rows)],
        },
    )


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


def _row(one: Judged) -> dict[str, Any]:
    answer = one.answer
    return {
        "case": one.case.id,
        "query": " >> ".join(one.case.said),
        "expected": one.case.expected.model_dump(exclude_defaults=True),
        "got": {
            "outcome": one.score.outcome,
            "verdict": answer.verdict,
            "tools": [{"name": call.name, "arguments": call.arguments} for call in answer.tools],
            "needs": list(answer.needs),
            "declined": answer.declined,
            "faults": list(one.score.faults),
            "wrong": one.score.wrong,
            "family": one.case.family,
            "text": answer.text[:400],
        },
    }

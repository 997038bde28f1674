"""Questions in unfamiliar wording: are they read as what they ask, or left alone?

A reading is right if the calls of the answer are the expected one (for a connection whose direction
was left open, both ways, with one common answer). Asking back and declining mislead nobody and are
counted apart; any other call is wrong. Questions without an expected call are outside the field.
"""

import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from assistant.agent import Assistant
from assistant.answer import Answer
from assistant.settings import Settings
from evals.suites.case_files import read_cases
from evals.suites.result import SuiteResult

__all__ = ["CASES", "Case", "ReadingsResult", "judge", "run"]

CASES = Path(__file__).resolve().parents[1] / "cases" / "readings.jsonl"
Outcome = Literal["right", "refrained", "wrong"]


class Call(BaseModel):
    """A tool call that answers a question."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    arguments: dict[str, Any]


class Case(BaseModel):
    """One question over one workspace."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    split: Literal["dev", "test", "unseen"]
    """`dev` was looked at while the reader was made, `test` when it was measured first, `unseen`
    was written after the last change to it."""
    workspace: str
    question: str
    calls: tuple[Call, ...]
    """Each of them answers the question; none: it is outside the field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingsResult(SuiteResult):
    """How many questions were read rightly, left alone, or read wrongly."""

    right: int
    refrained: int
    wrong: int
    median_seconds: float


def run(
    cases: Path | None = None,
    *,
    model: str = "rules",
    split: Literal["dev", "test", "unseen", ""] = "",
) -> ReadingsResult:
    """Ask every question and compare the calls.

    Args:
        cases: A JSON Lines file with a folder `workspaces` beside it; None for our own.
        model: As `Assistant` takes it.
        split: Only these cases; empty: all.

    Raises:
        FileNotFoundError: There is no such file or workspace.
        ValueError: A line is no case.
    """
    path = cases or CASES
    begun = time.perf_counter()
    outcomes: Counter[Outcome] = Counter()
    rows: list[dict[str, Any]] = []
    unread: list[dict[str, str]] = []
    seconds: list[float] = []
    assistants: dict[str, Assistant] = {}
    for case in read_cases(path, Case, what="reading case"):
        if split and case.split != split:
            continue
        if case.workspace not in assistants:
            place = path.parent / "workspaces" / case.workspace
            assistants[case.workspace] = Assistant(
                place, model=model, settings=Settings(keep_sessions=False)
            )
        answer = assistants[case.workspace].ask(case.question)
        outcome = judge(case, answer)
        outcomes[outcome] += 1
        seconds.append(answer.seconds)
        if outcome == "wrong":
            rows.append(_row(case, answer))
        if outcome == "refrained":
            did = "asked back" if answer.needs else "declined"
            unread.append({"case": case.id, "reason": f"{did}: {case.question}"})
    total = outcomes.total()
    return ReadingsResult(
        suite="readings",
        cases=total,
        checks=total,
        agree=outcomes["right"],
        skipped=outcomes["refrained"],
        disagreements=tuple(rows),
        unread=tuple(unread),
        seconds=round(time.perf_counter() - begun, 3),
        right=outcomes["right"],
        refrained=outcomes["refrained"],
        wrong=outcomes["wrong"],
        median_seconds=round(sorted(seconds)[total // 2], 3) if seconds else 0.0,
    )


def judge(case: Case, answer: Answer) -> Outcome:
    """Return how an answer reads a question."""
    refrains = bool(answer.needs) or answer.declined
    if not case.calls:
        return "right" if refrains else "wrong"
    if refrains:
        return "refrained"
    made = [_plain(call.name, call.arguments) for call in answer.tools]
    for call in case.calls:
        wanted = _plain(call.name, call.arguments)
        both = [wanted, _swapped(wanted)]
        if made and wanted in made and all(one in both for one in made):
            return "right"
    return "wrong"


Plain = tuple[str, tuple[tuple[str, str], ...]]


def _plain(name: str, arguments: Mapping[str, Any]) -> Plain:
    """Return a call without what does not change whom or what it is about."""
    if name == "inspect_object":
        # What a policy is, and what it does, answer the same question.
        name, arguments = "explain_policy", {"policy": arguments.get("name", "")}
    kept = {
        key: str(value).removeprefix("service:").removeprefix("namespace:").rstrip("s")
        for key, value in arguments.items()
        if value and key not in ("http", "by")
    }
    if name == "explain_policy":
        kept["policy"] = kept["policy"].rsplit("/", 1)[-1]
    return name, tuple(sorted(kept.items()))


def _swapped(call: Plain) -> Plain:
    ends = {"source": "destination", "destination": "source"}
    return call[0], tuple(sorted((ends.get(key, key), value) for key, value in call[1]))


def _row(case: Case, answer: Answer) -> dict[str, Any]:
    return {
        "case": case.id,
        "query": case.question,
        "expected": [call.model_dump() for call in case.calls],
        "got": {
            "calls": [f"{call.name} {json.dumps(dict(call.arguments))}" for call in answer.tools],
            "text": answer.text[:300],
        },
    }

"""Shares of right answers by family, with how sure they are."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from evals.suites.question_scores import OUTCOMES, Outcome

__all__ = ["FamilyRow", "Row", "count_outcomes", "summarise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One case and how it ended."""

    case: str
    family: str
    workspace: str
    outcome: Outcome
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyRow:
    """What is right of one family."""

    family: str
    cases: int
    mean: float
    """Share of right answers, 0 to 1."""
    error: float
    """Standard error of the mean, 0 to 0.5."""
    wrong: int
    """How many were confidently wrong."""

    def to_dict(self) -> dict[str, Any]:
        """Return the row for JSON, rounded to a tenth of a percent."""
        return {
            "family": self.family,
            "cases": self.cases,
            "mean": round(self.mean, 3),
            "standard_error": round(self.error, 3),
            "confidently_wrong": self.wrong,
        }


def summarise(rows: Iterable[Row]) -> tuple[FamilyRow, ...]:
    """Return one row for each family, by name, and last one for all."""
    every = list(rows)
    families: dict[str, list[Row]] = {}
    for row in every:
        families.setdefault(row.family, []).append(row)
    return (
        *(_row(family, families[family]) for family in sorted(families)),
        *((_row("all", every),) if every else ()),
    )


def count_outcomes(rows: Iterable[Row]) -> dict[str, int]:
    """Return how many cases ended in each way, from best to worst."""
    counts = Counter(row.outcome for row in rows)
    return {outcome: counts[outcome] for outcome in OUTCOMES}


def _row(family: str, rows: Sequence[Row]) -> FamilyRow:
    right = sum(row.outcome == "right" for row in rows)
    mean = right / len(rows)
    return FamilyRow(
        family=family,
        cases=len(rows),
        mean=mean,
        error=math.sqrt(mean * (1 - mean) / len(rows)),
        wrong=sum(row.outcome == "confidently wrong" for row in rows),
    )

"""What a suite of evaluations found."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from topology.errors import InvalidQuery

__all__ = ["UNREADABLE", "SuiteResult", "Tally"]

UNREADABLE = (KeyError, IndexError, TypeError, ValueError, AttributeError, InvalidQuery)
"""What is raised where a case has another form than those that a suite knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteResult:
    """Agreement of one suite with its ground truth."""

    suite: str
    cases: int
    """How many cases were read."""
    checks: int
    """How many single expectations were checked, those skipped included."""
    agree: int
    skipped: int
    """Checks that the code under test answered with `unknown`: never counted as agreement."""
    disagreements: tuple[dict[str, Any], ...] = ()
    """Rows of `case`, `query`, `expected` and `got`."""
    unread: tuple[dict[str, str], ...] = ()
    """Rows of `case` and `reason`: what of the cases could not be understood, and was skipped."""
    seconds: float = 0.0
    details: Mapping[str, Any] = field(default_factory=dict)
    """What a suite tells beyond agreement; its keys stand beside the others in the document."""

    def to_dict(self) -> dict[str, Any]:
        """Return the document that `python -m evals SUITE --json` prints."""
        lists = {"disagreements": list(self.disagreements), "unread": list(self.unread)}
        document = asdict(self) | lists | dict(self.details)
        del document["details"]
        return document

    def tell_figures(self) -> tuple[str, ...]:
        """Return lines of figures that say more than agreement; none for most suites."""
        return ()


class Tally:
    """Counts of one run."""

    def __init__(self, suite: str) -> None:
        self._suite = suite
        self.cases = self.checks = self.agree = self.skipped = 0
        self._rows: list[dict[str, Any]] = []
        self._unread: list[dict[str, str]] = []

    def check(self, case: str, query: str, wanted: Any, got: Any) -> None:
        """Count one expectation; `unknown` is what the code under test says when it cannot tell."""
        self.checks += 1
        if got == wanted:
            self.agree += 1
        elif got == "unknown":
            self.skipped += 1
        else:
            self._rows.append({"case": case, "query": query, "expected": wanted, "got": got})

    def pass_over(self, case: str, reason: object, checks: int = 1) -> None:
        """Count expectations that could not be read, and say why."""
        self.checks += checks
        self.skipped += checks
        shown = f"{type(reason).__name__}: {reason}" if isinstance(reason, Exception) else reason
        self._unread.append({"case": case, "reason": str(shown)})

    def result(self, seconds: float) -> SuiteResult:
        """Return what was found."""
        return SuiteResult(
            suite=self._suite,
            cases=self.cases,
            checks=self.checks,
            agree=self.agree,
            skipped=self.skipped,
            disagreements=tuple(self._rows),
            unread=tuple(self._unread),
            seconds=round(seconds, 3),
        )

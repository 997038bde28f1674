"""What a suite of evaluations found."""

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["SuiteResult"]


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
    seconds: float = 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the document that `python -m evals SUITE --json` prints."""
        return asdict(self) | {"disagreements": list(self.disagreements)}

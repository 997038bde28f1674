"""What was wrong with the input, collected while the rest is read."""

from collections import Counter

from topology.model import Location, Problem, Severity

__all__ = ["Report", "shorten"]

MOST_OF_A_KIND = 20
_SHOWN = 80


def shorten(text: str) -> str:
    """Return a text on one line and short enough to be quoted in a sentence."""
    text = " ".join(text.split("\n"))
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


class Report:
    """The problems found so far; of one code in one file only the first are kept, then a count."""

    def __init__(self) -> None:
        self._problems: list[Problem] = []
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(
        self,
        severity: Severity,
        code: str,
        message: str,
        *,
        hint: str = "",
        location: Location | None = None,
    ) -> None:
        """Note one problem."""
        self.extend(
            Problem(severity=severity, code=code, message=message, hint=hint, location=location)
        )

    def extend(self, *problems: Problem) -> None:
        """Note problems that were described elsewhere."""
        for problem in problems:
            counted = (problem.location.file if problem.location else "", problem.code)
            self._counts[counted] += 1
            if self._counts[counted] <= MOST_OF_A_KIND:
                self._problems.append(problem)

    @property
    def has_errors(self) -> bool:
        """Say whether anything was set aside."""
        return any(problem.severity == "error" for problem in self._problems)

    @property
    def has_any(self) -> bool:
        """Say whether anything was noted."""
        return bool(self._problems)

    def finish(self) -> tuple[Problem, ...]:
        """Return every problem by file and line, and how many more there are of a kind."""
        problems = list(self._problems)
        for (file, code), count in self._counts.items():
            if count > MOST_OF_A_KIND:
                problems.append(_describe_rest(file, code, count - MOST_OF_A_KIND, problems))
        return tuple(sorted(problems, key=_order))


def _describe_rest(file: str, code: str, count: int, problems: list[Problem]) -> Problem:
    """Say in one problem how many of a kind are not shown."""
    first = next(problem for problem in problems if problem.code == code)
    return Problem(
        severity=first.severity,
        code=code,
        message=f"`{file}` holds {count} more problems of the kind `{code}`.",
        hint=first.hint,
        location=Location(file) if file else None,
    )


def _order(problem: Problem) -> tuple[str, float, str, str]:
    """Order problems by place; a problem of a whole file that counts others comes last."""
    if problem.location is None:
        return ("", 0, problem.code, problem.message)
    line = problem.location.line or float("inf")
    return (problem.location.file, line, problem.code, problem.message)

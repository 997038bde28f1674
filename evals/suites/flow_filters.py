"""Filters of flows against what the real `hubble observe` printed."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evals.suites.result import SuiteResult
from topology.errors import InvalidQuery
from topology.flows import FlowFiles, parse_observe

__all__ = ["DEFAULT_CASES", "run"]

DEFAULT_CASES = (
    Path(__file__).resolve().parents[3] / "shared" / "cases" / "flows" / "filter-expected.jsonl"
)
FLOWS = "filter-flows.jsonl"
"""The file of flows that every case of a folder is about."""
_SHOWN = 5


def run(cases: Path | None = None) -> SuiteResult:
    """Filter the flows that stand beside a file of cases, with the command line of each case.

    A case agrees if the same flows come out in the same order or, where Hubble ended with an
    error, the command line is refused, too.

    Args:
        cases: A file of cases, or the folder that holds `filter-expected.jsonl`.

    Raises:
        FileNotFoundError: There is no such file, or no flows beside it.
        ValueError: The file holds no such cases.
    """
    started = time.perf_counter()
    path = cases or DEFAULT_CASES
    if path.is_dir():
        path /= DEFAULT_CASES.name
    expected = list(_read(path))
    flows = path.parent / FLOWS
    if not flows.is_file():
        message = f"there are no flows `{flows}` beside the cases"
        raise FileNotFoundError(message)
    disagreements = []
    for case in expected:
        wanted: list[str] | str = case["uuids"] if case.get("rc", 0) == 0 else "refused"
        got = _filter(FlowFiles([flows]), case["argv"])
        if got != wanted:
            row = {"case": path.name, "query": case.get("args") or " ".join(case["argv"])}
            disagreements.append(row | _difference(wanted, got))
    return SuiteResult(
        suite="flow-filters",
        cases=len(expected),
        checks=len(expected),
        agree=len(expected) - len(disagreements),
        skipped=0,
        disagreements=tuple(disagreements),
        seconds=time.perf_counter() - started,
    )


def _filter(flows: FlowFiles, words: list[str]) -> list[str] | str:
    """Return the identifiers of the flows that a command line selects, or `refused`."""
    try:
        query = parse_observe(words)
    except InvalidQuery:
        return "refused"
    return [flow.get("uuid", "") for flow in flows.read(query, deduplicate=False).raw()]


def _difference(wanted: list[str] | str, got: list[str] | str) -> dict[str, Any]:
    """Return how many flows there should be and are, and the first that differ."""
    if isinstance(wanted, str) or isinstance(got, str):
        return {"expected": _short(wanted), "got": _short(got)}
    missing = [one for one in wanted if one not in set(got)]
    extra = [one for one in got if one not in set(wanted)]
    return {
        "expected": {"flows": len(wanted), "missing": missing[:_SHOWN]},
        "got": {"flows": len(got), "extra": extra[:_SHOWN]},
    }


def _short(value: list[str] | str) -> Any:
    return value if isinstance(value, str) else {"flows": len(value)}


def _read(path: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            case = json.loads(line)
        except json.JSONDecodeError as error:
            message = f"line {number} of `{path}` is no JSON: {error}"
            raise ValueError(message) from error
        if not isinstance(case, dict) or not isinstance(case.get("argv"), list):
            message = f"line {number} of `{path}` is no case with `argv` and `uuids`"
            raise ValueError(message)
        if case.get("rc", 0) == 0 and not isinstance(case.get("uuids"), list):
            message = f"line {number} of `{path}` has no `uuids`"
            raise ValueError(message)
        yield case

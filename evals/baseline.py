"""Baselines of question suites, and what changed since."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

__all__ = [
    "BASELINES",
    "compare_with_baseline",
    "read_first_contacts",
    "read_tiers",
    "write_baseline",
]

BASELINES = Path(__file__).with_name("baselines")


def compare_with_baseline(
    result: Mapping[str, Any], split: str, *, folder: Path = BASELINES
) -> tuple[str, ...]:
    """Return one sentence for each change for the worse, then for the better.

    Args:
        result: As `python -m evals questions --json` prints it.
        split: `dev`, `test`, or empty for both.
        folder: Where the baselines are.

    Returns:
        Nothing where nothing changed or there is no baseline.
    """
    path = folder / _name(split)
    if not path.is_file():
        return ()
    before = orjson.loads(path.read_bytes())
    old = {row["case"]: row["outcome"] for row in before["missed"]}
    new = {row["case"]: row["got"]["outcome"] for row in result["disagreements"]}
    worse = [
        f"worse: {case} was {old.get(case, 'right')}, is {outcome}"
        for case, outcome in sorted(new.items())
        if old.get(case) != outcome
    ]
    better = [
        f"better: {case} was {outcome}, is right"
        for case, outcome in sorted(old.items())
        if case not in new
    ]
    return (*worse, *better)


def write_baseline(
    result: Mapping[str, Any], split: str, *, model: str, folder: Path = BASELINES
) -> Path:
    """Keep the outcome of a run as the baseline of a split; return the file."""
    path = folder / _name(split)
    document = {
        "suite": result["suite"],
        "split": split,
        "model": model,
        "cases": result["cases"],
        "agree": result["agree"],
        "outcomes": result["outcomes"],
        "families": result["families"],
        "missed": [
            {"case": row["case"], "outcome": row["got"]["outcome"]}
            for row in result["disagreements"]
        ],
    }
    folder.mkdir(exist_ok=True)
    path.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")
    return path


def read_first_contacts(folder: Path = BASELINES) -> tuple[dict[str, Any], ...]:
    """Return what each batch gave before anything was mended against it, in their order."""
    return tuple(
        sorted(
            (orjson.loads(path.read_bytes()) for path in folder.glob("*-first-contact.json")),
            key=lambda one: one["split"],
        )
    )


def read_tiers(folder: Path = BASELINES) -> dict[str, Any]:
    """Return how each tier read questions in odd wording, as last measured; empty if never."""
    path = folder / "readings.json"
    found: dict[str, Any] = orjson.loads(path.read_bytes()) if path.is_file() else {}
    return found


def _name(split: str) -> str:
    return f"questions-{split or 'all'}.json"

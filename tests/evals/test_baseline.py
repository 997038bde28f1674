from pathlib import Path
from typing import Any

from evals.baseline import (
    BASELINES,
    compare_with_baseline,
    read_first_contacts,
    write_baseline,
)


def result(**missed: str) -> dict[str, Any]:
    return {
        "suite": "questions",
        "cases": 3,
        "agree": 3 - len(missed),
        "outcomes": {},
        "families": [],
        "disagreements": [
            {"case": case, "got": {"outcome": outcome}} for case, outcome in missed.items()
        ],
    }


def test_changes_for_the_worse_come_before_those_for_the_better(tmp_path: Path) -> None:
    write_baseline(result(b="declined", c="asked back"), "test", model="rules", folder=tmp_path)

    found = compare_with_baseline(
        result(a="confidently wrong", b="confidently wrong"), "test", folder=tmp_path
    )

    assert found == (
        "worse: a was right, is confidently wrong",
        "worse: b was declined, is confidently wrong",
        "better: c was asked back, is right",
    )


def test_the_same_run_again_shows_no_change(tmp_path: Path) -> None:
    write_baseline(result(b="declined"), "dev", model="rules", folder=tmp_path)

    assert compare_with_baseline(result(b="declined"), "dev", folder=tmp_path) == ()


def test_without_a_baseline_nothing_is_compared(tmp_path: Path) -> None:
    assert compare_with_baseline(result(a="declined"), "dev", folder=tmp_path) == ()


def test_every_split_has_a_baseline() -> None:
    assert {"questions-dev.json", "questions-test.json"} <= {
        one.name for one in BASELINES.iterdir()
    }


def test_first_contacts_are_kept_in_their_order_and_add_up() -> None:
    found = read_first_contacts()

    assert [one["split"] for one in found] == ["test", *(f"test-{n}" for n in range(2, 10))]
    assert all(one["agree"] + len(one["missed"]) == one["cases"] for one in found)

"""Filters of flows agree with the real `hubble observe`: the same flows in the same order."""

import json
from pathlib import Path
from typing import Any

import pytest

from evals.command import main
from evals.suites.flow_filters import run

FLOW = {"verdict": "FORWARDED", "uuid": "a", "l4": {"TCP": {}}, "time": "2026-11-28T10:00:00Z"}


def test_every_command_line_agrees(shared: Path) -> None:
    result = run(shared / "cases" / "flows" / "filter-expected.jsonl")
    assert result.disagreements == ()
    assert (result.agree, result.skipped) == (56, 0)


def written(folder: Path, **case: Any) -> Path:
    (folder / "filter-flows.jsonl").write_text(json.dumps({"flow": FLOW}) + "\n")
    path = folder / "cases.jsonl"
    path.write_text(json.dumps(case) + "\n")
    return path


def test_other_flows_than_expected_are_a_disagreement(tmp_path: Path) -> None:
    result = run(written(tmp_path, argv=["--verdict", "DROPPED"], rc=0, uuids=["a"]))
    assert result.agree == 0
    assert result.disagreements[0]["expected"] == {"flows": 1, "missing": ["a"]}


def test_a_command_line_that_hubble_refused_must_be_refused(tmp_path: Path) -> None:
    path = written(tmp_path, argv=["--verdict", "dropped"], rc=1, uuids=[])
    assert run(path).agree == 1
    path = written(tmp_path, argv=["--verdict", "FORWARDED"], rc=1, uuids=[])
    assert run(path).agree == 0


def test_cases_without_flows_beside_them_are_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cases.jsonl"
    path.write_text('{"argv": [], "uuids": []}\n')
    assert main(["flow-filters", "--cases", str(path)]) == 2
    assert "no flows" in capsys.readouterr().err

"""The product's answers against those of a real Envoy."""

from pathlib import Path

import pytest

from evals.suites.istio import run


def test_no_request_is_answered_otherwise_than_by_envoy(shared: Path) -> None:
    result = run(shared / "cases" / "istio" / "cases.jsonl")
    assert result.disagreements == ()
    assert result.checks == 2243


def test_no_request_is_left_undecided(shared: Path) -> None:
    result = run(shared / "cases" / "istio" / "cases.jsonl")
    assert (result.agree, result.skipped) == (result.checks, 0)


def test_a_line_that_is_no_case_is_named_with_its_number(tmp_path: Path) -> None:
    cases = tmp_path / "cases.jsonl"
    cases.write_text('{"id": "only-an-id"}\n')
    with pytest.raises(ValueError, match=r"cases\.jsonl:1: not a case of this suite"):
        run(cases)


def test_a_wrong_expectation_shows_as_a_disagreement(tmp_path: Path) -> None:
    cases = tmp_path / "cases.jsonl"
    cases.write_text(
        '{"id": "c", "origin": "own", "proto": "http", "policies": [],'
        ' "requests": [{"request": {"path": "/x"}, "verdict": "deny"}]}\n'
    )
    result = run(cases)
    assert [(row["case"], row["got"]) for row in result.disagreements] == [("c", "allow")]

"""Validation against what Cilium's own parser said of the shared policies."""

from pathlib import Path

import pytest

from evals.suites import cilium_validity


@pytest.mark.parametrize(
    ("cases", "checks"), [("validity.jsonl", 147), ("examples-validity.jsonl", 147)]
)
def test_valid_and_invalid_agree_with_cilium(shared: Path, cases: str, checks: int) -> None:
    result = cilium_validity.run(shared / "cases/cilium" / cases)
    assert result.disagreements == ()
    assert result.agree == result.checks == checks


def test_a_wrong_truth_is_a_disagreement_that_names_the_case(tmp_path: Path) -> None:
    row = (
        '{"id": "turned", "valid": false, "policy": {"apiVersion": "cilium.io/v2", '
        '"kind": "CiliumNetworkPolicy", "metadata": {"name": "x"}, '
        '"spec": {"endpointSelector": {}, "ingress": [{}]}}}'
    )
    (tmp_path / "cases.jsonl").write_text(row, encoding="utf-8")
    result = cilium_validity.run(tmp_path / "cases.jsonl")
    assert result.disagreements == (
        {"case": "turned", "query": "valid [1.19]", "expected": False, "got": True},
    )


def test_a_row_without_policy_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cases.jsonl").write_text('{"id": "x", "valid": true}', encoding="utf-8")
    with pytest.raises(ValueError, match="neither `policy` nor `file`"):
        cilium_validity.run(tmp_path / "cases.jsonl")

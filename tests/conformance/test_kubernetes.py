"""NetworkPolicy against the truth tables of others, on the shared cases."""

from pathlib import Path

from evals.suites import kubernetes


def test_every_cell_of_the_truth_tables_agrees(shared: Path) -> None:
    result = kubernetes.run(shared / "cases/kubernetes")
    assert result.disagreements == ()
    assert result.skipped == 0
    assert result.agree == result.checks > 300_000

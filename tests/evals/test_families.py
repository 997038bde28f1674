import pytest

from evals.suites.families import Row, count_outcomes, summarise


def row(family: str, outcome: str) -> Row:
    return Row(case="c", family=family, workspace="w", outcome=outcome, seconds=0.1)  # type: ignore[arg-type]


def test_each_family_has_its_mean_with_its_standard_error_and_all_come_last() -> None:
    rows = [row("reach", "right")] * 3 + [row("reach", "confidently wrong"), row("http", "right")]

    found = summarise(rows)

    assert [one.family for one in found] == ["http", "reach", "all"]
    assert (found[1].mean, found[1].wrong) == (0.75, 1)
    assert found[1].error == pytest.approx((0.75 * 0.25 / 4) ** 0.5)
    assert found[0].error == 0


def test_nothing_gives_no_rows_and_counts_of_zero() -> None:
    assert summarise([]) == ()
    assert set(count_outcomes([]).values()) == {0}

import json
from pathlib import Path

import pytest

from evals.command import main
from evals.suites.retrieval import CASES, measure, run
from knowledge.split import read_corpus


@pytest.mark.parametrize(
    ("ranked", "articles", "wanted"),
    [
        (["a"], ["a"], (1, 1, 1, 1)),
        (["x", "a"], ["a"], (1, 1, 0, 0.6309)),
        (["a", "x", "b"], ["a", "b"], (1, 1, 1, 0.9197)),
        (["x", "y", "z", "u", "v", "a"], ["a"], (0, 0, 0, 0)),
        ([], ["a"], (0, 0, 0, 0)),
        (["a", "b", "c", "d", "e"], ["a", "b", "c", "d", "e", "f"], (1, 1, 1, 1)),
    ],
)
def test_a_ranking_is_measured_by_hand_worked_figures(
    ranked: list[str], articles: list[str], wanted: tuple[float, ...]
) -> None:
    assert measure(ranked, articles) == pytest.approx(wanted, abs=1e-4)


def test_the_pairs_name_articles_that_exist_and_are_enough() -> None:
    rows = [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]
    known = {article.slug for article in read_corpus()}

    assert len(rows) >= 150
    assert len({row["query"] for row in rows}) == len(rows)
    assert {slug for row in rows for slug in row["articles"]} <= known


def test_the_hybrid_is_better_than_either_of_its_parts() -> None:
    figures = run().variants
    hybrid = figures["hybrid"]["all"]

    for part in ("bm25", "embeddings"):
        assert hybrid.recall > figures[part]["all"].recall
        assert hybrid.ndcg > figures[part]["all"].ndcg
    assert hybrid.recall >= 0.92
    assert hybrid.ndcg >= 0.87
    assert figures["answered"]["all"].hit >= 0.95


def test_the_command_prints_the_figures_of_each_variant(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cases = tmp_path / "cases.jsonl"
    cases.write_text(
        json.dumps(
            {"id": "a", "query": "when does kubenet retire", "articles": ["kubenet-retirement"]}
        )
    )
    assert main(["retrieval", "--cases", str(cases), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["variants"]["hybrid"]["held_out"]["hit"] == 1.0
    assert main(["retrieval", "--cases", str(cases)]) == 0
    assert "nDCG@5" in capsys.readouterr().out


def test_a_line_that_is_no_pair_is_named(tmp_path: Path) -> None:
    cases = tmp_path / "cases.jsonl"
    cases.write_text('{"id": "a", "query": "x", "articles": []}')

    with pytest.raises(ValueError, match=r"cases\.jsonl:1"):
        run(cases)

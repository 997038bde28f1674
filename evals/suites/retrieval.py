"""The search of the articles, measured on questions whose answering articles are known."""

import math
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from evals.suites.case_files import read_cases
from evals.suites.result import SuiteResult
from knowledge import search
from knowledge.meaning import Vectors, compare_meaning
from knowledge.ranking import Ranked
from knowledge.retrieve import open_shelf
from knowledge.words import expand

__all__ = ["CASES", "Figures", "Pair", "RetrievalResult", "measure", "run"]

CASES = Path(__file__).resolve().parents[1] / "cases" / "retrieval.jsonl"
DEPTH = 5
"""How many articles are looked at."""
ANSWERED = "answered"
"""What a person gets: the hybrid with its floor, below which nothing is shown."""
VARIANTS = ("bm25", "embeddings", "hybrid")


class Pair(BaseModel):
    """A question with the articles that answer it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    query: str
    articles: tuple[str, ...] = Field(min_length=1)
    """Slugs; any of them answers."""
    split: Literal["development", "held_out"] = "held_out"
    """Whether the search may have been tuned on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How well the first five articles answer, 0 to 1, averaged over questions."""

    pairs: int
    recall: float
    """Share of the answering articles among the first five (of five, if there are more)."""
    hit: float
    """Share of questions with any answering article among the first five."""
    first: float
    """Share of questions whose first article answers."""
    ndcg: float
    """Discounted gain of the first five by rank, over that of the best order."""


@dataclass(frozen=True, kw_only=True)
class RetrievalResult(SuiteResult):
    """Agreement, and the figures of each variant by split."""

    variants: dict[str, dict[str, Figures]]
    """By variant, then by `all`, `development` and `held_out`."""
    median_ms: float
    """Of one whole search, once the index is open."""

    def tell_figures(self) -> tuple[str, ...]:
        """Return a table: a line for each variant and split."""
        rows = [f"{'variant':<12}{'split':<14}recall@5  nDCG@5  hit@5  hit@1  pairs"]
        for variant, splits in self.variants.items():
            rows += [
                f"{variant:<12}{split:<14}{found.recall:8.3f}{found.ndcg:8.3f}{found.hit:7.3f}"
                f"{found.first:7.3f}{found.pairs:7}"
                for split, found in splits.items()
            ]
        return (*rows, f"median of one search: {self.median_ms:.1f} ms")


def run(cases: Path | None = None) -> RetrievalResult:
    """Search with every variant; a question agrees if what is shown names an answering article.

    Args:
        cases: A JSON Lines file of `{id, query, articles, split}`; None for our own.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: A line is no pair, or embeddings cannot be had.
    """
    begun = time.perf_counter()
    pairs = list(read_cases(cases or CASES, Pair, what="pair of question and articles"))
    with tempfile.TemporaryDirectory() as folder:
        found, seconds = _search_all(pairs, Path(folder))
    missed = [pair for pair in pairs if not set(found[ANSWERED][pair.id]) & set(pair.articles)]
    return RetrievalResult(
        suite="retrieval",
        cases=len(pairs),
        checks=len(pairs),
        agree=len(pairs) - len(missed),
        skipped=0,
        disagreements=tuple(_row(pair, found[ANSWERED][pair.id]) for pair in missed),
        seconds=round(time.perf_counter() - begun, 3),
        variants={name: _split(pairs, ranked) for name, ranked in found.items()},
        median_ms=round(1000 * median(seconds), 2) if seconds else 0.0,
    )


def measure(ranked: Sequence[str], articles: Iterable[str]) -> tuple[float, float, float, float]:
    """Return recall, hit, first and nDCG of one ranking of slugs, as `Figures` has them."""
    wanted = set(articles)
    top = list(ranked[:DEPTH])
    best = min(DEPTH, len(wanted))
    gains = [1 / math.log2(rank + 1) for rank in range(1, DEPTH + 1)]
    gain = sum(gains[place] for place, slug in enumerate(top) if slug in wanted)
    found = len(wanted.intersection(top))
    first = float(bool(top) and top[0] in wanted)
    return found / best, float(found > 0), first, gain / sum(gains[:best])


def _search_all(
    pairs: Sequence[Pair], folder: Path
) -> tuple[dict[str, dict[str, list[str]]], list[float]]:
    """Return the slugs found, by variant and pair, and the seconds of each whole search."""
    shelf = open_shelf()
    found: dict[str, dict[str, list[str]]] = {name: {} for name in (*VARIANTS, ANSWERED)}
    seconds = []
    for pair in pairs:
        similar, note = compare_meaning(expand(pair.query), Vectors(folder=folder), None)
        if similar is None:
            raise ValueError(note)
        for variant in VARIANTS:
            ranked = shelf.rank(pair.query, similar, variant)  # type: ignore[arg-type]
            found[variant][pair.id] = _name_articles(ranked)
        begun = time.perf_counter()
        hits = search(pair.query, count=DEPTH, index=folder)
        seconds.append(time.perf_counter() - begun)
        found[ANSWERED][pair.id] = list(dict.fromkeys(hit.slug for hit in hits))
    return found, seconds


def _name_articles(ranked: Iterable[Ranked]) -> list[str]:
    return list(dict.fromkeys(item.passage.slug for item in ranked))[:DEPTH]


def _split(pairs: Sequence[Pair], ranked: dict[str, list[str]]) -> dict[str, Figures]:
    groups = {
        "all": list(pairs),
        "development": [pair for pair in pairs if pair.split == "development"],
        "held_out": [pair for pair in pairs if pair.split == "held_out"],
    }
    return {name: _average(group, ranked) for name, group in groups.items() if group}


def _average(pairs: Sequence[Pair], ranked: dict[str, list[str]]) -> Figures:
    rows = [measure(ranked[pair.id], pair.articles) for pair in pairs]
    recall, hit, first, ndcg = (round(fmean(column), 4) for column in zip(*rows, strict=True))
    return Figures(pairs=len(pairs), recall=recall, hit=hit, first=first, ndcg=ndcg)


def _row(pair: Pair, got: Sequence[str]) -> dict[str, Any]:
    return {
        "case": pair.id,
        "query": pair.query,
        "expected": list(pair.articles),
        "got": list(got),
    }

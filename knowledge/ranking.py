"""Passages in the order of their fitness for a question: three rankings, fused by rank."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from knowledge.split import Passage
from knowledge.words import WordIndex, expand

__all__ = ["Ranked", "Shelf", "Variant"]

Variant = Literal["hybrid", "bm25", "embeddings"]
"""What is compared: `hybrid` is what a search uses, the others are what it is measured against."""

RANK_CONSTANT = 10
"""`k` of reciprocal rank fusion. The 60 of the paper that introduced it is for lists of a
thousand; 10 was better on every set that the search was tuned on (docs/adr/0004)."""
LITERAL_RELEVANCE = 0.4
"""Least relevance of a passage that holds a rare address, number or code of the question."""
TITLE_WEIGHT = 3
"""How often the title counts among the words of a whole document."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A passage with how well it fits."""

    passage: Passage
    relevance: float
    """0 to 1: the mean of cosine and of the share of the question's words found; without
    embeddings that share alone. It decides what is shown at all, not the order."""


class Shelf:
    """Passages, indexed by their words and by the words of the documents they belong to.

    Args:
        passages: What is searched; those of one document (`slug`) stand together.
    """

    def __init__(self, passages: Sequence[Passage]) -> None:
        self.passages = tuple(passages)
        self._words = WordIndex([passage.searchable for passage in self.passages])
        texts: dict[str, list[str]] = {}
        for passage in self.passages:
            parts = texts.setdefault(passage.slug, [passage.title] * TITLE_WEIGHT)
            parts.append(f"{passage.heading}.\n{passage.text}")
        places = {slug: place for place, slug in enumerate(texts)}
        self._document = [places[passage.slug] for passage in self.passages]
        self._whole = WordIndex(["\n".join(parts) for parts in texts.values()])

    def rank(
        self,
        query: str,
        similar: Mapping[str, float] | None,
        variant: Variant = "hybrid",
    ) -> list[Ranked]:
        """Return the passages that anything speaks for, best first.

        Args:
            query: The question in a person's words.
            similar: Cosine of the nearest passages by key; None when no embeddings are at hand.
            variant: What is compared.
        """
        text = expand(query)
        matches = self._words.match(text)
        near = [(similar or {}).get(passage.key, 0.0) for passage in self.passages]
        shares = [match.coverage for match in matches]
        relevance = shares if similar is None else _average(near, shares)
        relevance = [
            max(value, LITERAL_RELEVANCE) if match.literal else value
            for value, match in zip(relevance, matches, strict=True)
        ]
        bm25 = [match.bm25 for match in matches]
        if variant == "hybrid":
            documents = [match.bm25 for match in self._whole.match(text)]
            scores = _fuse((bm25, near, [documents[place] for place in self._document]))
        else:
            scores = bm25 if variant == "bm25" else near
        order = sorted(range(len(scores)), key=lambda item: -scores[item])
        return [Ranked(self.passages[item], relevance[item]) for item in order if scores[item] > 0]


def _average(near: Sequence[float], shares: Sequence[float]) -> list[float]:
    return [(max(0.0, cosine) + share) / 2 for cosine, share in zip(near, shares, strict=True)]


def _fuse(rankings: Sequence[Sequence[float]]) -> list[float]:
    """Return the sum of 1 / (k + rank) over the rankings in which an item has any value.

    Ranks are fused because BM25 and cosine are not on one scale.
    """
    fused = [0.0] * len(rankings[0])
    for values in rankings:
        found = [item for item, value in enumerate(values) if value > 0]
        for rank, item in enumerate(sorted(found, key=lambda item: -values[item]), start=1):
            fused[item] += 1 / (RANK_CONSTANT + rank)
    return fused

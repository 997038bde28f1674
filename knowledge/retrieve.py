"""Hybrid search: nearness of meaning and sameness of words, fused by rank."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Literal

from knowledge.errors import KnowledgeError

if TYPE_CHECKING:
    from knowledge.index import PassageIndex
    from knowledge.split import Article, Passage
    from knowledge.words import Match, WordIndex

__all__ = ["Hit", "Mode", "search"]

Mode = Literal["hybrid", "words"]

CANDIDATES = 50
"""Nearest passages that the embeddings contribute to the fusion."""
RANK_CONSTANT = 60
"""`k` of reciprocal rank fusion, as in the paper that introduced it."""
HYBRID_FLOOR = 0.30
"""Least relevance of a hit. Measured on tests/knowledge/queries.yaml (docs/adr/0004): the
best passage of a question about the corpus has 0.37 or more, of one about anything else 0.26 or
less; questions about other parts of Kubernetes lie between."""
WORDS_FLOOR = 0.35
"""The same for words alone, where the two groups overlap a little."""

_lock = Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A passage that answers a query, with what it rests on."""

    title: str
    heading: str
    text: str
    source: str
    """Title of the source that the passage names, else of the article's first."""
    url: str
    """Address of that source: a path in a public repository, an issue, or a URL."""
    date: str
    """ISO date of that source, of the month at least."""
    dated: Literal["page", "copy"]
    """Whether `date` is the source's own, or only that of the copy that was read."""
    sources: tuple[str, ...]
    """Every source of the article as `title (address, date)`."""
    versions: str
    reviewed: str
    score: float
    """Relevance from 0 to 1; passages under the floor of the mode are not returned."""
    slug: str
    file: str
    """Path below the package, such as `corpus/entities.md`."""
    line: int
    mode: Mode
    note: str = ""
    """Why the search used words alone; empty in hybrid mode."""


def search(query: str, *, count: int = 3, index: Path | None = None) -> tuple[Hit, ...]:
    """Return the passages that fit a query, best first, or nothing when none fits.

    Args:
        query: A question or a few words.
        count: How many passages at most.
        index: Folder for the index of embeddings, built there on first use (about five
            seconds). Without it, or when embeddings cannot be had, words alone are compared;
            the hits say so in `mode` and `note`.

    Raises:
        KnowledgeError: The articles of the package are missing or malformed.
    """
    from knowledge.words import expand, tokenize

    if count < 1 or not tokenize(query):
        return ()
    text = expand(query)
    articles, passages, words = _read()
    matches = words.match(text)
    similar, note = _compare_meaning(text, index)
    ranked = _rank(passages, matches, similar)
    fitting = _spread([item for item in ranked if item[1] >= _floor(similar)])
    return tuple(
        _describe(articles[passage.slug], passage, score, note)
        for passage, score in fitting[:count]
    )


@cache
def _read() -> "tuple[dict[str, Article], tuple[Passage, ...], WordIndex]":
    from knowledge.split import read_corpus
    from knowledge.words import WordIndex

    articles = {article.slug: article for article in read_corpus()}
    passages = tuple(passage for article in articles.values() for passage in article.passages)
    return articles, passages, WordIndex([passage.searchable for passage in passages])


@cache
def _open_index(folder: Path) -> "PassageIndex":
    from knowledge.embeddings import Embedder
    from knowledge.index import PassageIndex

    return PassageIndex(folder, _read()[1], Embedder())


def _compare_meaning(query: str, folder: Path | None) -> tuple[dict[str, float] | None, str]:
    """Return the similarity of the nearest passages, or None and the reason."""
    if folder is None:
        return None, "Words alone were compared: no index folder was named."
    try:
        with _lock:
            index = _open_index(folder.resolve())
            return index.find_similar(query, count=CANDIDATES), ""
    except KnowledgeError as error:
        return None, f"Words alone were compared. {error}"
    except ImportError as error:
        return None, f"Words alone were compared: the package `{error.name}` is not installed."


def _rank(
    passages: "tuple[Passage, ...]", matches: "list[Match]", similar: dict[str, float] | None
) -> "list[tuple[Passage, float]]":
    """Return passages with their relevance, ordered by reciprocal rank fusion.

    Ranks are fused because BM25 and cosine are not on one scale. The third list is the relevance
    (mean of cosine and coverage of words), which also decides what is shown at all.
    """
    nearness = [0.0 if similar is None else similar.get(item.key, 0.0) for item in passages]
    relevance = [match.coverage for match in matches]
    if similar is not None:
        relevance = [
            (max(0.0, near) + share) / 2 for near, share in zip(nearness, relevance, strict=True)
        ]
    fused = [0.0] * len(passages)
    for values in ([match.bm25 for match in matches], nearness, relevance):
        found = [item for item, value in enumerate(values) if value > 0]
        for rank, item in enumerate(sorted(found, key=lambda item: -values[item]), start=1):
            fused[item] += 1 / (RANK_CONSTANT + rank)
    order = sorted(range(len(passages)), key=lambda item: -fused[item])
    return [(passages[item], relevance[item]) for item in order]


def _spread(
    ranked: "list[tuple[Passage, float]]",
) -> "list[tuple[Passage, float]]":
    """Put the best passage of each article before the second one of any."""
    seen: set[str] = set()
    first: list[tuple[Passage, float]] = []
    later: list[tuple[Passage, float]] = []
    for item in ranked:
        (later if item[0].slug in seen else first).append(item)
        seen.add(item[0].slug)
    return first + later


def _floor(similar: dict[str, float] | None) -> float:
    return WORDS_FLOOR if similar is None else HYBRID_FLOOR


def _describe(article: "Article", passage: "Passage", score: float, note: str) -> Hit:
    named = (item for item in article.sources if item.address in passage.text)
    first = next(named, article.sources[0])
    return Hit(
        title=article.title,
        heading=passage.heading,
        text=passage.text,
        source=first.title,
        url=first.address,
        date=first.date,
        dated=first.dated,
        sources=tuple(f"{item.title} ({item.address}, {item.date})" for item in article.sources),
        versions=article.versions,
        reviewed=article.reviewed,
        score=round(score, 4),
        slug=article.slug,
        file=passage.file,
        line=passage.line,
        mode="words" if note else "hybrid",
        note=note,
    )

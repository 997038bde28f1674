"""Hybrid search over the articles and over runbooks of one's own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from knowledge.errors import KnowledgeError
from knowledge.meaning import Vectors, compare_meaning

if TYPE_CHECKING:
    from knowledge.library import Entry, Stand
    from knowledge.ranking import Ranked, Shelf
    from knowledge.split import Article, Passage

__all__ = ["Hit", "Mode", "open_shelf", "search"]

Mode = Literal["hybrid", "words"]

HYBRID_FLOOR = 0.30
"""Least relevance of a hit. Measured on tests/knowledge/queries.yaml (docs/adr/0004)."""
WORDS_FLOOR = 0.35
"""The same for words alone, where the two groups overlap a little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A passage that answers a query, with what it rests on."""

    title: str
    heading: str
    text: str
    source: str
    """Title of the source that the passage names, else of the article's first; for a runbook of
    one's own `own document`."""
    url: str
    """Address of that source: a path in a public repository, an issue, or a URL; of a runbook
    its path."""
    date: str
    """ISO date of that source, of the month at least; of a runbook the file's last change."""
    dated: Literal["page", "copy", "file"]
    """Whether `date` is the source's own, or only that of the copy that was read."""
    sources: tuple[str, ...]
    """Every source of the article as `title (address, date)`."""
    versions: str
    reviewed: str
    """ISO date on which the text was last checked against its sources."""
    score: float
    """Relevance from 0 to 1; passages under the floor of the mode are not returned."""
    slug: str
    file: str
    """Path below the package, such as `corpus/entities.md`; of a runbook the whole path."""
    line: int
    mode: Mode = "hybrid"
    note: str = ""
    """Why the search used words alone, or left the runbooks out; empty if it did neither."""
    own: bool = False
    """Whether it stands in a runbook of one's own: what it says is nobody's but its author's."""
    place: str = ""
    """Such as `page 3` where a line does not say it."""
    state: Literal["same", "changed", "missing"] = "same"
    """What became of a runbook's file since it was read."""
    computed: tuple[str, ...] = ()
    """Tools that compute, for one's own network, what the passage can only describe."""
    conflicts: tuple[str, ...] = ()
    """What the article's sources disagree on, each as `topic: text`, without this passage."""


def search(
    query: str,
    *,
    count: int = 3,
    index: Path | None = None,
    library: Path | None = None,
    server: str = "",
    token: str = "",
) -> tuple[Hit, ...]:
    """Return the passages that fit a query, best first, or nothing when none fits.

    Args:
        query: A question or a few words.
        count: How many passages at most.
        index: Folder for the index of embeddings, built there on first use. Without it, or when
            embeddings cannot be had, words alone are compared; the hits say so in `mode` and
            `note`.
        library: File of runbooks of one's own, which are searched as well.
        server: Address of a Chroma server that keeps the vectors instead of the folder.
        token: What that server asks for.

    Raises:
        KnowledgeError: The articles of the package are missing or malformed.
    """
    from knowledge.words import expand, tokenize

    if count < 1 or not tokenize(query):
        return ()
    stand, missing = _read_library(library)
    vectors = Vectors(folder=index, server=server, token=token)
    similar, note = compare_meaning(expand(query), vectors, stand)
    floor = WORDS_FLOOR if similar is None else HYBRID_FLOOR
    ranked = open_shelf(stand).rank(query, similar)
    fitting = spread([item for item in ranked if item.relevance >= floor])
    mode: Mode = "words" if similar is None else "hybrid"
    note = " ".join(part for part in (note, missing) if part)
    return tuple(replace(_describe(item, stand), mode=mode, note=note) for item in fitting[:count])


def spread(ranked: "Sequence[Ranked]") -> "list[Ranked]":
    """Put the best passage of each document before the second one of any."""
    seen: set[str] = set()
    first: list[Ranked] = []
    later: list[Ranked] = []
    for item in ranked:
        (later if item.passage.slug in seen else first).append(item)
        seen.add(item.passage.slug)
    return first + later


def open_shelf(stand: "Stand | None" = None) -> "Shelf":
    """Return everything that is searched, indexed by its words."""
    return _open_shelf(stand)


@lru_cache(maxsize=2)
def _open_shelf(stand: "Stand | None") -> "Shelf":
    from knowledge.ranking import Shelf

    passages = [passage for article in _read_articles().values() for passage in article.passages]
    return Shelf([*passages, *(stand.passages if stand else ())])


@cache
def _read_articles() -> "dict[str, Article]":
    from knowledge.split import read_corpus

    return {article.slug: article for article in read_corpus()}


def _read_library(path: Path | None) -> "tuple[Stand | None, str]":
    """Return what the library holds, or why it cannot be read: articles answer all the same."""
    if path is None or not path.is_file():
        return None, ""
    from knowledge.library import Library

    try:
        return Library(path).read(), ""
    except KnowledgeError as error:
        return None, f"Your runbooks were not searched. {error}"


def _describe(item: "Ranked", stand: "Stand | None") -> Hit:
    entry = stand.entries.get(item.passage.slug) if stand else None
    if entry is not None:
        return _describe_own(item, entry)
    passage = item.passage
    article = _read_articles()[passage.slug]
    named = (source for source in article.sources if source.address in passage.text)
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
        score=round(item.relevance, 4),
        slug=article.slug,
        file=passage.file,
        line=passage.line,
        computed=article.computed,
        conflicts=tuple(_tell_conflicts(article, passage)),
    )


def _tell_conflicts(article: "Article", shown: "Passage") -> Iterator[str]:
    for passage in article.conflicts:
        if passage is not shown:
            topic = passage.heading.partition(":")[2].strip() or passage.heading
            yield f"{topic}: {' '.join(passage.text.split())}"


def _describe_own(item: "Ranked", entry: "Entry") -> Hit:
    passage = item.passage
    return Hit(
        title=entry.title,
        heading=passage.heading,
        text=passage.text,
        source="own document",
        url=passage.file,
        date=entry.date,
        dated="file",
        sources=(f"{entry.title} ({passage.file}, {entry.date})",),
        versions="",
        reviewed=entry.date,
        score=round(item.relevance, 4),
        slug=entry.slug,
        file=passage.file,
        line=passage.line,
        own=True,
        place=passage.place,
        state=entry.compare_with_file(),
    )

"""Which commands a question comes near to: by meaning, and by words."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from assistant.models.local.routes import NONE, ROUTES, Route
from assistant.models.rules.reading import Reading
from assistant.models.rules.words import word_set

if TYPE_CHECKING:
    from knowledge.embeddings import Embedder

__all__ = ["Near", "mask", "nearest_examples", "rank"]

_NEAREST = 3
"""Examples of a command that count, so that one odd example decides nothing."""
_WORD_SHARE = 0.5
"""How much common words count beside meaning."""
_STOP = word_set(
    "a an the of to is are be do does can may will would it its that this there in on at for "
    "and or please me my our i we you x y"
)


@dataclass(frozen=True, slots=True)
class Near:
    """A command, and how near a question is to its examples, from 0 to about 1.5."""

    route: Route
    score: float


def mask(reading: Reading) -> str:
    """Return the question with `X` and `Y` where names stand, as the examples have it."""
    letters = iter("XY")
    groups = reading.sentence.groups

    def show(match: re.Match[str]) -> str:
        group = groups[int(match[1])]
        if group[0].kind == "any":
            return group[0].text.lower()
        return next(letters, "X")

    text = re.sub(r"@(\d+)@", show, reading.shape)
    return re.sub(r"\s+", " ", text).strip(" ?!.")


def rank(question: str, routes: Sequence[Route] = (*ROUTES, NONE)) -> tuple[Near, ...]:
    """Return the commands, nearest first.

    Args:
        question: With `X` and `Y` where names stand.
        routes: Those that can be asked.
    """
    scores = _score(question)
    found = []
    for route in routes:
        best = sorted((scores[text] for text in _texts(route)), reverse=True)[:_NEAREST]
        found.append(Near(route, sum(best) / len(best)))
    return tuple(sorted(found, key=lambda near: -near.score))


def nearest_examples(question: str, route: Route) -> tuple[str, ...]:
    """Return the examples of a command, the nearest to a question first."""
    scores = _score(question)
    return tuple(sorted(route.examples, key=lambda text: -scores[text]))


@lru_cache(maxsize=64)
def _score(question: str) -> Mapping[str, float]:
    """Return how near a question is to every example."""
    meaning, words = _similar(question), _alike(question)
    return {
        text: meaning.get(text, 0.0) + _WORD_SHARE * words.get(text, 0.0) for text in _all_texts()
    }


def _texts(route: Route) -> tuple[str, ...]:
    return (route.meaning, *route.examples)


@cache
def _all_texts() -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for route in (*ROUTES, NONE) for text in _texts(route)))


def _similar(question: str) -> dict[str, float]:
    """Return the cosine with every example; nothing where no embeddings are installed."""
    vectors = _vectors()
    if vectors is None:
        return {}
    embedder, matrix = vectors
    asked = embedder.embed([question])[0]
    return {
        text: sum(one * other for one, other in zip(asked, vector, strict=True))
        for text, vector in zip(_all_texts(), matrix, strict=True)
    }


@cache
def _vectors() -> "tuple[Embedder, list[list[float]]] | None":
    """Return the embedder and the examples' vectors, computed once a process."""
    from knowledge.embeddings import Embedder
    from knowledge.errors import KnowledgeError

    try:
        embedder = Embedder()
    except KnowledgeError:
        return None
    return embedder, embedder.embed(_all_texts())


def _alike(question: str) -> dict[str, float]:
    """Return the share of rare words that a question has in common with every example."""
    weights = _weights()
    asked = _words(question)
    scores = {}
    for text in _all_texts():
        there = _words(text)
        shared = sum(weights.get(word, 0.0) for word in asked & there)
        size = math.sqrt(_length(asked) * _length(there))
        scores[text] = shared / size if size else 0.0
    return scores


def _length(words: frozenset[str]) -> float:
    weights = _weights()
    return sum(weights.get(word, 3.0) for word in words)


@cache
def _weights() -> dict[str, float]:
    texts = _all_texts()
    counts = Counter(word for text in texts for word in _words(text))
    return {word: math.log(len(texts) / count) for word, count in counts.items()}


@cache
def _words(text: str) -> frozenset[str]:
    found = re.findall(r"[a-z]+", text.lower())
    return frozenset(_stem(word) for word in found if word not in _STOP)


def _stem(word: str) -> str:
    return re.sub(r"(?<=\w{3})(?:ies|es|s|ing|ed)$", "", word)

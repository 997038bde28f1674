"""How near a question is to texts: by meaning where embeddings are installed, and by words."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache, cached_property, lru_cache
from typing import TYPE_CHECKING

from assistant.models.rules.words import word_set

if TYPE_CHECKING:
    from knowledge.embeddings import Embedder

__all__ = ["Nearness"]

_WORD_SHARE = 0.5
"""How much common words count beside meaning."""
_UNSEEN = 3.0
"""Weight of a word that stands in no text."""
_STOP = word_set(
    "a an the of to is are be do does can may will would it its that this there in on at for "
    "and or please me my our i we you x y"
)


class Nearness:
    """Texts that questions are held against; their vectors are computed once.

    Args:
        texts: Each once.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = tuple(texts)
        counts = Counter(word for text in self._texts for word in _words(text))
        size = len(self._texts)
        self._weights = {word: math.log(size / count) for word, count in counts.items()}

    def score(self, question: str) -> Mapping[str, float]:
        """Return for every text how near it is, from about 0 to 1.5."""
        meaning = self._compare_meaning(question)
        asked = _words(question)
        return {
            text: meaning.get(text, 0.0) + _WORD_SHARE * self._compare_words(asked, _words(text))
            for text in self._texts
        }

    def _compare_meaning(self, question: str) -> dict[str, float]:
        embedder = _embedder()
        if embedder is None:
            return {}
        asked = embedder.embed([question])[0]
        return {
            text: sum(one * other for one, other in zip(asked, vector, strict=True))
            for text, vector in zip(self._texts, self._vectors, strict=True)
        }

    @cached_property
    def _vectors(self) -> list[list[float]]:
        embedder = _embedder()
        return embedder.embed(self._texts) if embedder else []

    def _compare_words(self, asked: frozenset[str], there: frozenset[str]) -> float:
        """Return the share of rare words that both have."""
        size = math.sqrt(self._weigh(asked) * self._weigh(there))
        return sum(self._weights.get(word, 0.0) for word in asked & there) / size if size else 0.0

    def _weigh(self, words: frozenset[str]) -> float:
        return sum(self._weights.get(word, _UNSEEN) for word in words)


@cache
def _embedder() -> "Embedder | None":
    """Return what embeds; None where the package with its weights is missing."""
    from knowledge.embeddings import Embedder
    from knowledge.errors import KnowledgeError

    try:
        return Embedder()
    except KnowledgeError:
        return None


@lru_cache(maxsize=1024)
def _words(text: str) -> frozenset[str]:
    found = re.findall(r"[a-z]+", text.lower())
    return frozenset(_stem(word) for word in found if word not in _STOP)


def _stem(word: str) -> str:
    return re.sub(r"(?<=\w{3})(?:ies|es|s|ing|ed)$", "", word)

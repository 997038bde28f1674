"""Words of a text, and BM25 over them: the lexical half of the search."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["WordIndex", "expand", "tokenize"]

WORD = re.compile(r"[A-Za-z0-9]+(?:[._/:-][A-Za-z0-9]+)*")
THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])")
LITERAL = re.compile(r"(?=.*\d)[\w./:-]{4,}")
"""An address, a long number or a code: a word that nobody writes by chance."""
CAMEL = re.compile(r"[A-Z]+s?(?![a-z])|[A-Z]?[a-z]+|\d+")
RARE = 0.05
"""Share of the texts that a literal may stand in and still point to them."""
SHORTEST_MENDED = 6
"""Letters from which a word that no text holds is taken for a misspelling."""
MENDED_LIKENESS = 0.84
"""One letter in six or seven may be wrong, or two in thirteen."""
STOP = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be been but by can could do does for from had has have how i if in "
        "into is it its me my no not of on or our should so than that the their them then there "
        "these they this to us was we were what when where which who why will with would you your",
    )
)
ABBREVIATIONS = {
    "agc": "application gateway for containers",
    "agic": "application gateway ingress controller",
    "asm": "istio add-on",
    "ccnp": "ciliumclusterwidenetworkpolicy",
    "cnp": "ciliumnetworkpolicy",
    "knp": "networkpolicy",
    "lb": "load balancer",
    "mtls": "mutual tls",
    "netpol": "networkpolicy",
    "nsg": "network security group",
    "on-prem": "on-premises",
    "vnet": "virtual network",
}


def tokenize(text: str) -> list[str]:
    """Return the words of a text, lower case and without plural endings.

    Compounds stand whole and in parts, so that `fromEndpoints` is found by `endpoints`, and
    `10.244.0.0/16` only by itself; `64,512` is the number `64512`.
    """
    text = THOUSANDS.sub(lambda number: number[0].replace(",", ""), text)
    return [word for match in WORD.finditer(text) for word in _take_apart(match[0])]


@lru_cache(maxsize=50_000)
def _take_apart(whole: str) -> tuple[str, ...]:
    words: list[str] = []
    parts = re.split(r"[._/:-]", whole)
    if len(parts) > 1:
        words.append(whole.lower())
    if not all(part.isdigit() for part in parts) or len(parts) == 1:
        for part in parts:
            words.extend(_split_camel(part))
    return tuple(_strip_ending(word) for word in words if word not in STOP)


def expand(query: str) -> str:
    """Return the query with the long forms of the abbreviations in it added."""
    words = re.findall(r"[a-z]+(?:-[a-z]+)*", query.lower())
    found = [ABBREVIATIONS[word] for word in dict.fromkeys(words) if word in ABBREVIATIONS]
    return " ".join([query, *found])


def _split_camel(word: str) -> list[str]:
    parts = CAMEL.findall(word)
    lower = word.lower()
    if len(parts) < 2 or any(part.isdigit() for part in parts):
        return [lower]
    return [lower, *(part.lower() for part in parts)]


def _strip_ending(word: str) -> str:
    if word == "ips":
        return "ip"
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


@dataclass(frozen=True, slots=True)
class Match:
    """How well a text answers a query by its words."""

    bm25: float
    coverage: float
    """Share of the query's words found in the text, 0 to 1, rare words counting more."""
    literal: bool = False
    """Whether the text holds an address, long number or code of the query that few texts hold."""


class WordIndex:
    """Okapi BM25 over a few hundred short texts, held in memory.

    Args:
        texts: What is searched; matches come back in this order.
        saturation: `k1`, how soon a repeated word stops adding.
        length_weight: `b`, how much a long text is marked down.
    """

    def __init__(
        self, texts: Sequence[str], *, saturation: float = 1.2, length_weight: float = 0.75
    ) -> None:
        self._counts = [Counter(tokenize(text)) for text in texts]
        self._lengths = [max(1, counts.total()) for counts in self._counts]
        self._mean = sum(self._lengths) / max(1, len(texts))
        self._spread = Counter(word for counts in self._counts for word in counts)
        self._mended: dict[str, str] = {}
        self._k1 = saturation
        self._b = length_weight

    def match(self, query: str) -> list[Match]:
        """Return the match of each text with the query."""
        words = dict.fromkeys(self._mend(word) for word in tokenize(query))
        weights = {word: self._weigh(word) for word in words}
        total = sum(weights.values())
        return [
            self._match_one(counts, length, weights, total)
            for counts, length in zip(self._counts, self._lengths, strict=True)
        ]

    def _mend(self, word: str) -> str:
        """Return the word of the texts that a misspelt one stands for; others as they are."""
        if word in self._spread or len(word) < SHORTEST_MENDED or not word.isalpha():
            return word
        if word not in self._mended:
            from rapidfuzz import process
            from rapidfuzz.distance import DamerauLevenshtein

            found = process.extractOne(
                word,
                self._spread.keys(),
                scorer=DamerauLevenshtein.normalized_similarity,
                score_cutoff=MENDED_LIKENESS,
            )
            near = found[0] if found and found[0][0] == word[0] else word
            # Another form of a word is spelt rightly, and means another thing.
            inflected = near.removeprefix(word) in ("d", "ed", "ing", "er")
            self._mended[word] = word if inflected else near
        return self._mended[word]

    def _weigh(self, word: str) -> float:
        """Return the inverse document frequency of a word; an unknown word weighs most."""
        spread = self._spread[word]
        return math.log(1 + (len(self._counts) - spread + 0.5) / (spread + 0.5))

    def _match_one(
        self, counts: Counter[str], length: int, weights: dict[str, float], total: float
    ) -> Match:
        score = found = 0.0
        literal = False
        norm = self._k1 * (1 - self._b + self._b * length / self._mean)
        for word, weight in weights.items():
            count = counts[word]
            if count:
                score += weight * count * (self._k1 + 1) / (count + norm)
                found += weight
                rare = self._spread[word] <= RARE * len(self._counts)
                literal = literal or (rare and bool(LITERAL.fullmatch(word)))
        return Match(bm25=score, coverage=found / total if total else 0.0, literal=literal)

"""Which commands a question comes near to, by their examples."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from assistant.models.local.routes import NONE, ROUTES, Route
from assistant.models.nearness import Nearness
from assistant.models.rules.reading import Reading

__all__ = ["Near", "mask", "nearest_examples", "rank"]

_NEAREST = 3
"""Examples of a command that count, so that one odd example decides nothing."""


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
    return _nearness().score(question)


@cache
def _nearness() -> Nearness:
    return Nearness(
        tuple(dict.fromkeys(text for route in (*ROUTES, NONE) for text in _texts(route)))
    )


def _texts(route: Route) -> tuple[str, ...]:
    return (route.meaning, *route.examples)

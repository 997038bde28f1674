"""What a question is like by its meaning, where its grammar is not understood.

Examples are compared with the question by the embeddings of the knowledge base. They tell what is
asked ("who gets in", "what is guarded", "nothing about a network"), and not who of two ends sends:
measured, the direction was right in two of three cases only (docs/adr/0022), so that it is never
taken from here.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.models.rules.examples import Label, make_examples
from assistant.models.rules.frame import Frame, Ref
from assistant.models.rules.lexicon import COMMON
from assistant.models.rules.reading import Reading
from assistant.models.rules.words import singular

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from knowledge.embeddings import Embedder

__all__ = ["VECTORS", "Likeness", "doubt_frame", "guess_frame", "likeness_of", "write_vectors"]

VECTORS = Path(__file__).with_name("examples.npy")
"""One row for each example, float16; made by `make examples`."""
_NAMES = ("alpha", "beta", "gamma", "delta")
_ENDS = ("workload", "service", "pod", "namespace")
_ONE_END: tuple[Label, ...] = ("who_can", "what_can", "policies", "none")
_LEAST = 0.65
"""Similarity (cosine) under which a question is like none of the examples."""
_MARGIN = 0.08
"""By how much the best label must lead: 28 of 32 questions were labelled rightly from here on."""
_MARGIN_OF_NONE = 0.05


@dataclass(frozen=True, slots=True)
class Likeness:
    """The label whose examples come nearest, how near, and how far ahead of the next."""

    label: Label
    similarity: float
    margin: float


def likeness_of(reading: Reading, labels: tuple[Label, ...]) -> Likeness | None:
    """Return which of some labels a question is most like; None without embeddings."""
    found = _examples()
    if found is None:
        return None
    embedder, vectors, names = found
    scores = vectors @ _vector(embedder, _mask(reading))
    best = sorted(
        ((_nearness(scores, names, label), label) for label in labels),
        key=lambda item: -item[0],
    )
    return Likeness(best[0][1], best[0][0], best[0][0] - best[1][0])


def guess_frame(reading: Reading) -> Frame:
    """Return what a question asks that the grammar does not understand: to answer, ask or decline.

    Never a verdict between two ends: those are asked about.
    """
    ends = reading.named(*_ENDS)
    if len(ends) != 1 or len(reading.refs) - len(reading.named("any")) != 1:
        return Frame(intent="decline")
    like = likeness_of(reading, _ONE_END)
    if like is None or like.similarity < _LEAST or like.label == "none":
        return Frame(intent="decline")
    if like.margin < _MARGIN:
        name = ends[0].name.removeprefix("service:")
        text = (
            f"What of `{name}` is asked for: who can reach it, what it can reach, or which "
            "policies select it?"
        )
        return Frame(intent="ask", text=text)
    return _frame_of(like.label, ends)


def doubt_frame(frame: Frame, reading: Reading) -> Frame:
    """Return the frame, or a refusal where strange words make the question one of another field.

    "What will the gateway cost" has the grammar of "what will the gateway reach".
    """
    if frame.intent not in ("who_can", "what_can", "inspect") or not _strange_words(reading):
        return frame
    if reading.named("policy") or len(frame.ends) != 1 or frame.ends[0].kind == "unknown":
        return frame
    like = likeness_of(reading, (*_ONE_END, "inspect"))
    foreign = like and like.label == "none" and like.margin >= _MARGIN_OF_NONE
    return Frame(intent="decline") if foreign else frame


def write_vectors(path: Path = VECTORS) -> int:
    """Embed the examples and keep their vectors; return how many."""
    import numpy as np

    from knowledge.embeddings import Embedder

    embedder = Embedder()
    rows = [_vector(embedder, _with_names(text)) for text, _ in make_examples()]
    np.save(path, np.array(rows, np.float16))
    return len(rows)


@cache
def _examples() -> "tuple[Embedder, NDArray[np.float64], tuple[Label, ...]] | None":
    """Return the embedder and the vectors of the examples, or None where they cannot be had."""
    import numpy as np

    from knowledge.embeddings import Embedder
    from knowledge.errors import KnowledgeError

    labels = tuple(label for _, label in make_examples())
    try:
        vectors = np.load(VECTORS).astype(np.float64)
        return (Embedder(), vectors, labels) if len(vectors) == len(labels) else None
    except (KnowledgeError, OSError, ValueError):
        return None


def _vector(embedder: "Embedder", text: str) -> "NDArray[np.float64]":
    import numpy as np

    return np.array(embedder.embed([text])[0], np.float64)


def _nearness(scores: "NDArray[np.float64]", names: tuple[Label, ...], label: Label) -> float:
    """Return the mean of the two best examples of a label."""
    own = sorted((float(score) for score, name in zip(scores, names, strict=True) if name == label))
    return sum(own[-2:]) / 2


def _mask(reading: Reading) -> str:
    """Return the question with plain names for what it names, so that meaning alone counts."""
    text, used = reading.shape, 0
    for number, group in enumerate(reading.sentence.groups):
        if group[0].kind == "any":
            word = group[0].text.lower()
        else:
            word = _NAMES[min(used, len(_NAMES) - 1)]
            used += 1
        text = text.replace(f"@{number}@", word)
    return text


def _with_names(example: str) -> str:
    text = re.sub(r"\bA\b", _NAMES[0], example)
    return re.sub(r"\bB\b", _NAMES[1], text).lower()


def _strange_words(reading: Reading) -> bool:
    words = re.findall(r"(?<![@\w])[a-z]{3,}(?![@\w])", reading.shape)
    return any(word not in COMMON and singular(word) not in COMMON for word in words)


def _frame_of(label: Label, ends: tuple[Ref, ...]) -> Frame:
    said = {
        "who_can": "who can reach it",
        "what_can": "what it can reach",
        "policies": "which policies select it",
    }
    text = f"Understood as: {said[label]}."
    if label == "what_can":
        return Frame(intent="what_can", sources=ends, text=text)
    intent: str = label
    return Frame(intent=intent, destinations=ends, text=text)  # type: ignore[arg-type]

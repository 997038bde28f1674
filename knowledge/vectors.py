"""Vectors of texts that were embedded before, so that nobody waits for them again."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from knowledge.embeddings import Embedder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Embeds", "embed_once", "name_text", "read_shipped", "write_shipped"]

FILE = "vectors.npz"
"""In the package: the vectors of the articles, half precision, by name of text."""


class Embeds(Protocol):
    """What turns texts into vectors."""

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return a vector of length 1 for each text."""


def name_text(text: str) -> str:
    """Return a name that changes whenever the vector of the text would."""
    return hashlib.sha256(f"{Embedder.fingerprint}\0{text}".encode()).hexdigest()[:32]


@cache
def read_shipped() -> "dict[str, NDArray[np.float32]]":
    """Return the vectors that the package ships, by name of text; none if it ships no file."""
    from importlib.resources import as_file, files

    import numpy as np

    place = files("knowledge").joinpath(FILE)
    if not place.is_file():
        return {}
    with as_file(place) as path, np.load(path, allow_pickle=False) as held:
        names, vectors = held["names"], held["vectors"].astype(np.float32)
    return dict(zip(names.tolist(), vectors, strict=True))


def write_shipped(texts: Iterable[str], embedder: Embeds, path: Path) -> None:
    """Embed texts and write the file that the package ships."""
    import numpy as np

    unique = {name_text(text): text for text in texts}
    vectors = np.asarray(embedder.embed(list(unique.values())), np.float16)
    np.savez_compressed(path, names=np.array(list(unique)), vectors=vectors)


def embed_once(
    texts: Sequence[str], embedder: Embeds, told: Callable[[int, int], None] | None = None
) -> "list[NDArray[np.float32]]":
    """Return the vector of each text, embedding only those that the package does not ship.

    Args:
        texts: What is embedded.
        embedder: What turns a text into a vector.
        told: Called after each text with how many are done, and how many there are.
    """
    import numpy as np

    shipped = read_shipped()
    vectors: list[NDArray[np.float32]] = []
    for done, text in enumerate(texts, start=1):
        known = shipped.get(name_text(text))
        vector = np.asarray(embedder.embed([text])[0], np.float32) if known is None else known
        vectors.append(vector)
        if told is not None:
            told(done, len(texts))
    return vectors

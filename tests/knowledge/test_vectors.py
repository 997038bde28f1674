"""The vectors that the package ships: those of the articles as they are."""

from pathlib import Path

import numpy as np

from knowledge import index
from knowledge.embeddings import Embedder
from knowledge.split import read_corpus
from knowledge.vectors import embed_once, name_text, read_shipped, write_shipped

TEXTS = [passage.searchable for article in read_corpus() for passage in article.passages]


def test_every_passage_has_its_vector_in_the_package() -> None:
    stale = [text[:60] for text in TEXTS if name_text(text) not in read_shipped()]

    assert not stale, "run `python -m knowledge.prebuild`"
    assert len(read_shipped()) == len(set(TEXTS))


def test_the_shipped_vectors_are_those_of_the_model() -> None:
    embedder = Embedder()
    for text in TEXTS[::60]:
        fresh = np.asarray(embedder.embed([text])[0])
        assert float(fresh @ read_shipped()[name_text(text)]) > 0.98


class Counting:
    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: list[str]) -> list[list[float]]:
        self.asked += texts
        return [[1.0, 0.0] for _ in texts]


def test_only_unknown_texts_are_embedded() -> None:
    counting = Counting()
    embed_once([TEXTS[0], "a new text", TEXTS[1]], counting)  # type: ignore[arg-type]

    assert counting.asked == ["a new text"]


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    write_shipped(["one", "two", "one"], Counting(), tmp_path / "v.npz")  # type: ignore[arg-type]

    with np.load(tmp_path / "v.npz") as held:
        assert held["names"].tolist() == [name_text("one"), name_text("two")]
        assert held["vectors"].shape == (2, 2)


def test_the_first_index_embeds_nothing(tmp_path: Path) -> None:
    embedder = Embedder()
    asked: list[str] = []
    whole, embedder.embed = embedder.embed, lambda texts: (asked.extend(texts), whole(texts))[1]  # type: ignore[method-assign]
    passages = [passage for article in read_corpus() for passage in article.passages]
    index.PassageIndex(tmp_path, passages, embedder).close()

    assert asked == []

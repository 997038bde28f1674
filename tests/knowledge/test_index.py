import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from knowledge.embeddings import Embedder
from knowledge.errors import KnowledgeError
from knowledge.index import PackagedMiniLM, PassageIndex
from knowledge.split import Passage

ROOT = Path(__file__).resolve().parents[2]


def make_passages(*texts: str) -> tuple[Passage, ...]:
    return tuple(
        Passage(
            slug="example", title="Example", heading=text, text=text, file="corpus/x.md", line=line
        )
        for line, text in enumerate(texts, start=1)
    )


PASSAGES = make_passages("network policies deny traffic", "bread needs flour", "cats sleep a lot")


class CountingEmbedder(Embedder):
    """The real embedder, which also counts the texts that it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.texts = 0

    def embed(self, texts: list[str]) -> list[list[float]]:  # type: ignore[override]
        self.texts += len(texts)
        return super().embed(texts)


@pytest.fixture(scope="module")
def embedder() -> CountingEmbedder:
    return CountingEmbedder()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


def ask(folder: Path, embedder: Embedder, passages: tuple[Passage, ...] = PASSAGES) -> str:
    index = PassageIndex(folder, passages, embedder)
    try:
        similar = index.find_similar("how is a loaf baked", count=2)
    finally:
        index.close()
    return max(similar, key=lambda key: similar[key])


def test_the_nearest_passage_is_found(folder: Path, embedder: CountingEmbedder) -> None:
    assert ask(folder, embedder) == "example:2"


def test_an_unchanged_corpus_is_not_embedded_again(
    folder: Path, embedder: CountingEmbedder
) -> None:
    ask(folder, embedder)
    before = embedder.texts
    ask(folder, embedder)

    assert embedder.texts == before + 1


def test_a_changed_corpus_is_embedded_again(folder: Path, embedder: CountingEmbedder) -> None:
    ask(folder, embedder)
    changed = make_passages("network policies deny traffic", "cats sleep a lot", "loaves of bread")

    assert ask(folder, embedder, changed) == "example:3"


def truncate(place: Path) -> None:
    database = place / "chroma.sqlite3"
    database.write_bytes(database.read_bytes()[:1000])


def scribble(place: Path) -> None:
    database = place / "chroma.sqlite3"
    content = bytearray(database.read_bytes())
    content[100:] = b"\xff" * (len(content) - 100)
    database.write_bytes(content)


def scribble_vectors(place: Path) -> None:
    for file in place.glob("*/*.bin"):
        file.write_bytes(b"\xff" * 64)


def empty(place: Path) -> None:
    shutil.rmtree(place)
    place.mkdir()


def remove_vectors(place: Path) -> None:
    for folder in place.iterdir():
        if folder.is_dir():
            shutil.rmtree(folder)


@pytest.mark.parametrize(
    "damage",
    [truncate, scribble, scribble_vectors, empty, remove_vectors],
    ids=["truncate", "scribble", "scribble_vectors", "empty", "remove_vectors"],
)
def test_a_damaged_index_answers_all_the_same(
    folder: Path, embedder: CountingEmbedder, damage: Callable[[Path], None]
) -> None:
    index = PassageIndex(folder, PASSAGES, embedder)
    index.close()
    damage(index.place)

    assert ask(folder, embedder) == "example:2"
    assert [path.name for path in folder.iterdir()] == [index.place.name]


def test_an_index_that_is_damaged_while_open_answers_all_the_same(
    folder: Path, embedder: CountingEmbedder
) -> None:
    index = PassageIndex(folder, PASSAGES, embedder)
    shutil.rmtree(index.place)

    similar = index.find_similar("how is a loaf baked", count=2)
    index.close()
    assert max(similar, key=lambda key: similar[key]) == "example:2"


def test_a_folder_that_cannot_be_made_is_named(folder: Path, embedder: CountingEmbedder) -> None:
    folder.write_text("in the way")

    with pytest.raises(KnowledgeError, match="cannot be written") as caught:
        PassageIndex(folder / "index", PASSAGES, embedder)
    assert str(folder / "index") in caught.value.message


BUILD = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_index import ask
from knowledge.embeddings import Embedder
print(ask(Path(sys.argv[1]), Embedder()))
"""


def test_two_processes_build_at_once_and_both_answer(
    folder: Path, embedder: CountingEmbedder
) -> None:
    command = [sys.executable, "-c", BUILD, str(folder), str(Path(__file__).parent)]
    processes = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    outputs = [process.communicate()[0] for process in processes]

    assert outputs == ["example:2\n", "example:2\n"]
    assert len(list(folder.iterdir())) == 1
    before = embedder.texts
    assert ask(folder, embedder) == "example:2"
    assert embedder.texts == before + 1


def test_a_collection_reopens_without_being_told_its_function(
    folder: Path, embedder: CountingEmbedder
) -> None:
    import chromadb

    index = PassageIndex(folder, PASSAGES, embedder)
    index.close()
    client: Any = chromadb.PersistentClient(path=str(index.place))
    try:
        found = client.get_collection("passages").query(query_texts=["bread"], n_results=1)
    finally:
        client.close()

    assert found["ids"] == [["example:2"]]
    assert PackagedMiniLM.build_from_config({}).name() == "netassist-packaged-minilm"

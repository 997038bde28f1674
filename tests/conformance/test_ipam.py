"""Address planning agrees with the worked vectors of documents and of other tools."""

import json
from pathlib import Path

import pytest

from evals.suites.ipam import DEFAULT_CASES, run


def test_every_vector_agrees_and_none_is_skipped(shared: Path) -> None:
    result = run(shared / "cases" / "ipam" / "vectors.json")
    assert result.disagreements == ()
    assert (result.agree, result.skipped) == (98, 0)


def test_the_suite_brings_its_own_vectors() -> None:
    assert run().agree == len(json.loads(DEFAULT_CASES.read_text())["vectors"])


def written(folder: Path, vectors: object) -> Path:
    path = folder / "vectors.json"
    path.write_text(json.dumps({"vectors": vectors}))
    return path


def test_a_wrong_expectation_is_a_disagreement(tmp_path: Path) -> None:
    vector = {"id": "X", "kind": "usable", "input": {"prefix": 24}, "expected": {"usable": 256}}
    result = run(written(tmp_path, [vector]))
    assert result.agree == 0
    assert result.disagreements[0]["got"] == {"usable": 251}


def test_a_kind_that_nothing_computes_is_skipped(tmp_path: Path) -> None:
    vector = {"id": "X", "kind": "moon_phase", "input": {}, "expected": {"full": True}}
    assert run(written(tmp_path, [vector])).skipped == 1


def test_a_file_without_vectors_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no list of vectors"):
        run(written(tmp_path, "nothing"))

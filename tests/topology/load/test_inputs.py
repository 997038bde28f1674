import json
import os
import random
from pathlib import Path

import pytest

from topology.errors import UnreadableInput
from topology.load import inputs, load
from topology.model import Location

OK = "apiVersion: v1\nkind: Pod\nmetadata: {name: ok}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder that holds one good file."""
    (tmp_path / "good.yaml").write_text(OK)
    return tmp_path


def codes(folder: Path) -> list[tuple[str, str]]:
    cluster = load([folder])
    assert [pod.name for pod in cluster.pods] == ["ok"]
    assert all(problem.hint for problem in cluster.problems)
    return [
        (problem.code, Path(problem.location.file).name if problem.location else "")
        for problem in cluster.problems
    ]


def test_an_empty_folder_is_refused_with_help(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(UnreadableInput, match=r"1 other files are ignored.*kubectl get") as caught:
        load([tmp_path])
    assert caught.value.location is not None


def test_two_hundred_megabytes_of_yaml_are_refused_unread(folder: Path) -> None:
    with (folder / "huge.yaml").open("wb") as stream:
        stream.write(b"a: b\n" * 20_000)
        stream.truncate(200 * 2**20)
    assert codes(folder) == [("too-large", "huge.yaml")]


def test_yaml_over_the_limit_is_refused_with_the_way_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "huge.yaml").write_text("a: b\n" * 1000)
    monkeypatch.setattr(inputs, "LARGEST_YAML", 4000)
    cluster = load([folder])
    (problem,) = cluster.problems
    assert (problem.severity, problem.code) == ("error", "too-large")
    assert "-o json" in problem.hint


def test_json_may_be_larger_than_yaml(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "more.json").write_text(json.dumps({"kind": "List", "items": [], "x": "y" * 5000}))
    monkeypatch.setattr(inputs, "LARGEST_YAML", 4000)
    assert codes(folder) == []


def test_binary_junk_is_no_text_file(folder: Path) -> None:
    for seed, size in enumerate((60, 5_000, 200_000)):
        (folder / f"junk-{size}.yaml").write_bytes(random.Random(seed).randbytes(size))
    (folder / "zip.json").write_bytes(b"PK\x03\x04\x00\x00")
    found = codes(folder)
    assert len(found) == 4
    assert {code for code, _ in found} == {"binary-file"}


def test_a_byte_order_mark_and_wide_encodings_are_understood(tmp_path: Path) -> None:
    for number, encoding in enumerate(("utf-8-sig", "utf-16", "utf-32", "utf-16-le")):
        text = OK.replace("ok", f"p{number}")
        bom = "\ufeff" if encoding == "utf-16-le" else ""
        (tmp_path / f"{number}.yaml").write_bytes((bom + text).encode(encoding))
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p9"}}
    (tmp_path / "9.json").write_bytes(json.dumps(body).encode("utf-16"))
    cluster = load([tmp_path])
    assert [pod.name for pod in cluster.pods] == ["p0", "p1", "p2", "p3", "p9"]
    assert cluster.problems == ()


def test_cut_utf16_is_no_text_file(folder: Path) -> None:
    (folder / "cut.yaml").write_bytes(OK.encode("utf-16")[:-1])
    assert codes(folder) == [("binary-file", "cut.yaml")]


def test_text_in_a_western_encoding_is_read_and_said_so(folder: Path) -> None:
    text = "# first\nmetadata: {name: ok, annotations: {owner: René}}\napiVersion: v1\nkind: Pod\n"
    (folder / "good.yaml").write_bytes(text.encode("latin-1"))
    cluster = load([folder])
    assert cluster.pods[0].annotations == {"owner": "René"}
    (problem,) = cluster.problems
    assert (problem.severity, problem.code) == ("warning", "encoding")
    assert problem.location is not None
    assert problem.location.line == 2


@pytest.mark.parametrize("text", ["", " \n\n", "# only a comment\n", "---\n"])
def test_a_file_that_holds_nothing_is_said_to(folder: Path, text: str) -> None:
    (folder / "none.yaml").write_text(text)
    assert codes(folder) == [("empty-file", "none.yaml")]


def test_a_file_that_cannot_be_opened_is_reported(folder: Path) -> None:
    (folder / "gone.yaml").symlink_to(folder / "nowhere.yaml")
    assert codes(folder) == [("missing-path", "gone.yaml")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_read_permission_is_reported(folder: Path) -> None:
    (folder / "secret.yaml").write_text(OK)
    (folder / "secret.yaml").chmod(0)
    assert codes(folder) == [("unreadable-file", "secret.yaml")]


def test_a_path_that_leads_through_a_file_is_reported(folder: Path) -> None:
    cluster = load([folder, folder / "good.yaml" / "inner.yaml"])
    assert [problem.code for problem in cluster.problems] == ["unreadable-file"]


def test_a_pipe_is_read_like_a_file(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, OK.encode())
    os.close(writing)
    assert [pod.name for pod in load([f"/dev/fd/{reading}"]).pods] == ["ok"]
    os.close(reading)


@pytest.mark.parametrize("unit", ["a,", "--- a\n", "[", "- - ", "# x\n", "? a\n"])
def test_small_yaml_of_very_many_values_is_refused_before_it_is_read(
    tmp_path: Path, unit: str
) -> None:
    (tmp_path / "many.yaml").write_text("a: " + unit * 4_100_000)
    (tmp_path / "pod.yaml").write_text("{kind: Pod, apiVersion: v1, metadata: {name: web}}")
    (problem,) = load([tmp_path]).problems
    assert (problem.code, problem.location) == ("too-large", Location(str(tmp_path / "many.yaml")))
    assert "-o json" in problem.hint

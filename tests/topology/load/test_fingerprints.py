import os
import sys
from pathlib import Path

import pytest

from topology.load import deserves_cache
from topology.load.fingerprints import SMALLEST, take_fingerprint

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    (folder / "inner").mkdir(parents=True)
    (folder / "a.yaml").write_text(POD + "#" * SMALLEST)
    (folder / "inner" / "b.yaml").write_text(POD)
    return folder


def test_the_same_files_have_the_same_fingerprint(export: Path) -> None:
    assert take_fingerprint([export]) == take_fingerprint([str(export)])
    assert take_fingerprint([export]) is not None


def test_touching_a_file_changes_nothing(export: Path) -> None:
    before = take_fingerprint([export])
    os.utime(export / "a.yaml", (1, 1))
    assert take_fingerprint([export]) == before


def test_one_byte_changes_it(export: Path) -> None:
    before = take_fingerprint([export])
    text = (export / "a.yaml").read_text()
    (export / "a.yaml").write_text(text.replace("name: web", "name: wab"))
    assert take_fingerprint([export]) != before


def test_a_new_a_removed_and_a_renamed_file_change_it(export: Path) -> None:
    seen = [take_fingerprint([export])]
    (export / "c.yaml").write_text(POD)
    seen.append(take_fingerprint([export]))
    (export / "c.yaml").rename(export / "d.yaml")
    seen.append(take_fingerprint([export]))
    (export / "inner" / "b.yaml").unlink()
    seen.append(take_fingerprint([export]))
    assert len(set(seen)) == 4
    assert None not in seen


def test_the_names_that_were_given_count_because_evidence_shows_them(
    export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(export.parent)
    assert take_fingerprint(["export"]) != take_fingerprint([export])


def test_the_order_of_the_paths_counts_because_the_last_object_of_a_name_does(
    export: Path,
) -> None:
    one, other = export / "a.yaml", export / "inner" / "b.yaml"
    assert take_fingerprint([one, other]) != take_fingerprint([other, one])


def test_where_one_file_ends_and_the_next_begins_counts(tmp_path: Path) -> None:
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text("#" * SMALLEST + "12")
    second.write_text("3")
    before = take_fingerprint([first, second])
    first.write_text("#" * SMALLEST + "1")
    second.write_text("23")
    assert take_fingerprint([first, second]) != before


def test_small_files_have_none(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(POD)
    assert take_fingerprint([tmp_path]) is None
    assert not deserves_cache([tmp_path])


def test_what_is_missing_or_stdin_leaves_no_fingerprint(export: Path) -> None:
    assert deserves_cache([export])
    for more in (export / "nowhere.yaml", "-"):
        assert take_fingerprint([export, more]) is None
        assert not deserves_cache([export, more])


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes are files on POSIX only")
def test_a_pipe_is_not_read_for_its_fingerprint(export: Path) -> None:
    os.mkfifo(export / "pipe.yaml")
    assert take_fingerprint([export]) is None

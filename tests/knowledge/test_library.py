import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from knowledge import KnowledgeError
from knowledge.adding import Outcome, add_paths, remove_paths
from knowledge.library import Library


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "data" / "library.sqlite3")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "runbooks"
    (place / "sub" / ".git").mkdir(parents=True)
    (place / "a.md").write_text("# Alpha\n\nfirst")
    (place / "sub" / "b.txt").write_text("second")
    (place / "sub" / ".git" / "c.md").write_text("# hidden")
    (place / "picture.png").write_bytes(b"\0")
    return place


def add(library: Library, *paths: Path) -> list[Outcome]:
    return list(add_paths(library, paths))


def test_a_folder_is_added_with_what_is_below_it(library: Library, folder: Path) -> None:
    outcomes = add(library, folder)

    assert [(item.path.name, item.state) for item in outcomes] == [
        ("a.md", "added"),
        ("b.txt", "added"),
    ]
    assert [entry.title for entry in library.list_entries()] == ["Alpha", "b"]


def test_only_what_was_changed_is_read_again(library: Library, folder: Path) -> None:
    add(library, folder)
    before = {entry.path.name: entry for entry in library.list_entries()}
    (folder / "a.md").write_text("# Alpha\n\nfirst, mended")

    assert [item.state for item in add(library, folder)] == ["updated", "unchanged"]
    after = {entry.path.name: entry for entry in library.list_entries()}
    assert after["b.txt"] == before["b.txt"]
    stand = library.read()
    assert stand is not None
    assert [passage.text for passage in stand.passages] == ["second", "first, mended"]


def test_a_file_saved_again_without_a_change_counts_as_the_same(
    library: Library, folder: Path
) -> None:
    add(library, folder)
    os.utime(folder / "a.md", (1_000_000_000, 1_000_000_000))
    assert [entry.compare_with_file() for entry in library.list_entries()] == ["changed", "same"]

    add(library, folder)
    assert [entry.compare_with_file() for entry in library.list_entries()] == ["same", "same"]


def test_a_file_that_is_gone_is_told_from_one_that_was_changed(
    library: Library, folder: Path
) -> None:
    add(library, folder)
    (folder / "a.md").unlink()
    (folder / "sub" / "b.txt").write_text("second and more")

    assert [entry.compare_with_file() for entry in library.list_entries()] == [
        "missing",
        "changed",
    ]


def test_what_cannot_be_read_keeps_nothing_else_out(library: Library, folder: Path) -> None:
    (folder / "broken.pdf").write_bytes(b"%PDF")

    outcomes = {item.path.name: item for item in add(library, folder, folder / "nowhere.md")}
    assert outcomes["broken.pdf"].state == outcomes["nowhere.md"].state == "failed"
    assert outcomes["broken.pdf"].error
    assert outcomes["broken.pdf"].hint
    assert len(library.list_entries()) == 2


def test_a_folder_without_anything_to_read_says_so(library: Library, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    (outcome,) = add(library, tmp_path / "bare")

    assert "holds no file that can be read" in outcome.error


def test_documents_are_removed_by_file_and_by_folder(library: Library, folder: Path) -> None:
    add(library, folder)

    (removed,) = remove_paths(library, [folder / "a.md"])
    assert removed.title == "Alpha"
    assert (folder / "a.md").exists()
    assert [entry.title for entry in remove_paths(library, [folder])] == ["b"]
    assert library.list_entries() == ()
    assert library.read() is None


def test_what_is_not_there_cannot_be_removed_and_nothing_else_is(
    library: Library, folder: Path
) -> None:
    add(library, folder)

    with pytest.raises(KnowledgeError, match="is not in the library"):
        remove_paths(library, [folder / "a.md", folder / "z.md"])
    assert len(library.list_entries()) == 2


def test_the_same_content_is_the_same_object_until_something_is_written(
    library: Library, folder: Path
) -> None:
    add(library, folder)

    first = library.read()
    assert first is library.read()
    remove_paths(library, [folder / "a.md"])
    assert first is not library.read()


def test_a_file_that_is_no_library_is_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database at all, but long enough to be looked at")

    with pytest.raises(KnowledgeError, match=r"notes\.txt"):
        Library(path).list_entries()


def test_a_database_of_something_else_is_left_alone(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE spaces (name TEXT)")
    before = path.read_bytes()

    with pytest.raises(KnowledgeError, match="something else than runbooks"):
        add(Library(path), folder)
    assert path.read_bytes() == before


def test_processes_may_add_at_once(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from knowledge.adding import add_paths; from knowledge.library import Library\n"
        "states = {item.state for item in add_paths(Library(Path(sys.argv[1])),"
        " [Path(sys.argv[2])])}\nprint(*states)"
    )
    library = tmp_path / "library.sqlite3"
    running = []
    for number in range(4):
        place = tmp_path / f"folder-{number}"
        place.mkdir()
        for name in "abcde":
            (place / f"{name}.txt").write_text(f"text {name} of {number}")
        arguments = [sys.executable, "-c", code, str(library), str(place)]
        running.append(subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True))

    assert [process.communicate(timeout=60)[0] for process in running] == ["added\n"] * 4
    assert len(Library(library).list_entries()) == 20


def test_nothing_is_made_by_looking(library: Library) -> None:
    assert library.read() is None
    assert library.list_entries() == ()
    assert not library.path.exists()

"""Adding runbooks to a library and taking them out, file by file."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from knowledge.documents import KINDS, open_file, read_document
from knowledge.errors import KnowledgeError
from knowledge.library import Entry, Library

__all__ = ["Outcome", "add_paths", "remove_paths"]

MOST_FILES = 5000
"""Files that one folder may hold; more is a mistake, such as the whole home."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one file."""

    path: Path
    state: Literal["added", "updated", "unchanged", "failed"]
    passages: int = 0
    error: str = ""
    """One sentence of fact."""
    hint: str = ""
    """One sentence that says what to do."""


def add_paths(
    library: Library, paths: Sequence[Path], told: Callable[[Path], None] | None = None
) -> Iterator[Outcome]:
    """Read files, and folders with all that is below them, into a library.

    A file that is there with the same content (sha256) is not read again. One that cannot be
    read does not keep the others out. In folders, files of other kinds and hidden ones are
    passed over, and links to folders are not followed.

    Args:
        library: Where they go.
        paths: What a person named.
        told: Called with each file before it is read.

    Raises:
        KnowledgeError: The library cannot be written.
    """
    known = {entry.path: entry for entry in library.list_entries()}
    for path in dict.fromkeys(path.resolve() for path in paths):
        try:
            files = _list_files(path)
        except KnowledgeError as error:
            yield Outcome(path=path, state="failed", error=error.message, hint=error.hint)
            continue
        for file in files:
            if told is not None:
                told(file)
            yield _add(library, file, known.get(file))


def remove_paths(library: Library, paths: Sequence[Path]) -> tuple[Entry, ...]:
    """Remove documents by their path, or all below a folder; return what was removed.

    The files themselves stay where they are.

    Raises:
        KnowledgeError: A path names no document of the library; nothing is removed then.
    """
    entries = library.list_entries()
    chosen: dict[int, Entry] = {}
    for path in paths:
        whole = path.resolve()
        found = [entry for entry in entries if entry.path.is_relative_to(whole)]
        if not found:
            message = f"`{path}` is not in the library, and nothing below it is."
            raise KnowledgeError(message, hint="`netassist knowledge list` shows what is.")
        chosen |= {entry.number: entry for entry in found}
    library.remove(list(chosen.values()))
    return tuple(chosen.values())


def _list_files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found: list[Path] = []
    for folder, inner, names in os.walk(path):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        found += [
            Path(folder, name)
            for name in sorted(names)
            if not name.startswith(".") and Path(name).suffix.lower() in KINDS
        ]
        if len(found) > MOST_FILES:
            message = f"`{path}` holds more than {MOST_FILES:,} files."
            raise KnowledgeError(message, hint="Name the folder that holds the runbooks.")
    if not found:
        message = f"`{path}` holds no file that can be read."
        raise KnowledgeError(message, hint=f"These are read: {', '.join(sorted(KINDS))}.")
    return found


def _add(library: Library, path: Path, known: Entry | None) -> Outcome:
    try:
        file = open_file(path)
        if known is not None and known.digest == file.digest:
            if known.modified != file.modified:
                library.touch(path, file.modified)
            return Outcome(path=path, state="unchanged", passages=known.passages)
        document = read_document(file)
    except KnowledgeError as error:
        return Outcome(path=path, state="failed", error=error.message, hint=error.hint)
    library.put(document)
    state: Literal["added", "updated"] = "updated" if known else "added"
    return Outcome(path=path, state=state, passages=len(document.pieces))

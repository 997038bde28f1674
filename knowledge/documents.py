"""Runbooks of one's own, read: Markdown, text, PDF and HTML become sections with their place."""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from knowledge.errors import KnowledgeError
from knowledge.markdown import Section, read_markdown

__all__ = ["KINDS", "Document", "File", "Piece", "open_file", "read_document"]

KINDS = {
    ".md": "markdown",
    ".markdown": "markdown",
    ".mdown": "markdown",
    ".txt": "text",
    ".text": "text",
    ".rst": "text",
    ".adoc": "text",
    ".html": "html",
    ".htm": "html",
    ".pdf": "pdf",
}
"""What a file is taken for, by its ending."""
MAX_BYTES = 20_000_000
MAX_CHARACTERS = 4_000_000
"""Of text; about 3,000 passages, whose embedding takes a minute or two."""
WORDS = 150
"""Words of a passage at most: what the embeddings see (256 tokens), and what can be quoted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file as it was found."""

    path: Path
    data: bytes
    digest: str
    """sha256 of the bytes."""
    modified: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A passage of a document."""

    heading: str
    text: str
    line: int
    """Of the heading or of the text, counted from 1; 0 where lines mean nothing."""
    place: str = ""
    """Such as `page 3`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A runbook as it was read."""

    path: Path
    kind: str
    digest: str
    """sha256 of the file."""
    size: int
    """Bytes."""
    modified: float
    """Seconds since the epoch, of the file."""
    title: str
    pieces: tuple[Piece, ...]


def open_file(path: Path) -> File:
    """Read a file.

    Raises:
        KnowledgeError: The file cannot be read, or is larger than is taken.
    """
    try:
        found = path.stat()
        if found.st_size > MAX_BYTES:
            message = f"`{path}` has {found.st_size:,} bytes; {MAX_BYTES:,} are read."
            raise KnowledgeError(message, hint="Split it, or add the part that matters.")
        data = path.read_bytes()
    except OSError as error:
        message = f"`{path}` cannot be read: {error.strerror}."
        raise KnowledgeError(message, hint="Check the path and its permissions.") from error
    return File(
        path=path,
        data=data,
        digest=hashlib.sha256(data).hexdigest(),
        modified=found.st_mtime,
    )


def read_document(file: File) -> Document:
    """Divide a file into passages.

    Nothing in it is followed or run: scripts and styles of a page are left out, links are text.

    Raises:
        KnowledgeError: The file is of no known kind, broken, binary, not UTF-8, too large, or
            holds no text.
    """
    path, data = file.path, file.data
    kind = KINDS.get(path.suffix.lower(), "")
    if not kind:
        known = ", ".join(sorted(KINDS))
        message = f"`{path}` ends in none of the known endings."
        raise KnowledgeError(message, hint=f"These are read: {known}.")
    title, sections = _READERS[kind](path, data)
    sections = [
        replace(item, heading=_clean(item.heading).strip(), text=_clean(item.text))
        for item in sections
    ]
    characters = sum(len(section.text) for section in sections)
    if characters > MAX_CHARACTERS:
        message = f"`{path}` holds {characters:,} characters of text; {MAX_CHARACTERS:,} are read."
        raise KnowledgeError(message, hint="Split it, or add the part that matters.")
    pieces = tuple(piece for section in sections for piece in _cut(section))
    if not pieces:
        hint = (
            "It may be scanned pages: run them through text recognition (OCR) first."
            if kind == "pdf"
            else "Add a file with text in it."
        )
        message = f"`{path}` holds no text."
        raise KnowledgeError(message, hint=hint)
    return Document(
        path=path,
        kind=kind,
        digest=file.digest,
        size=len(data),
        modified=file.modified,
        title=_clean(title).strip() or path.stem,
        pieces=pieces,
    )


def _read_markdown(path: Path, data: bytes) -> tuple[str, list[Section]]:
    return read_markdown(_decode(path, data))


def _read_text(path: Path, data: bytes) -> tuple[str, list[Section]]:
    return path.stem, [Section("", _decode(path, data), 1, start=1)]


def _read_html(path: Path, data: bytes) -> tuple[str, list[Section]]:
    from knowledge.web import read_html

    return read_html(path, _decode(path, data))


def _read_pdf(path: Path, data: bytes) -> tuple[str, list[Section]]:
    from knowledge.pdf import read_pdf

    return read_pdf(path, data)


_READERS: dict[str, Callable[[Path, bytes], tuple[str, list[Section]]]] = {
    "markdown": _read_markdown,
    "text": _read_text,
    "html": _read_html,
    "pdf": _read_pdf,
}


def _decode(path: Path, data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding, name = "utf-16", "UTF-16"
    else:
        encoding, name = "utf-8-sig", "UTF-8"
        if b"\0" in data:
            message = f"`{path}` is binary: it holds zero bytes."
            raise KnowledgeError(message, hint="Add text, Markdown, HTML or PDF.")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        shown = data[error.start : error.start + 1].hex()
        message = f"`{path}` is not {name}: byte `0x{shown}` at {error.start:,}."
        hint = "Save it as UTF-8, for example with `iconv -f LATIN1 -t UTF-8`."
        raise KnowledgeError(message, hint=hint) from error


def _clean(text: str) -> str:
    """Drop what is not seen but acts: terminal escapes, and characters of no width or direction."""
    return "".join(
        character
        for character in text.replace("\r\n", "\n").replace("\r", "\n")
        if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co")
    )


def _cut(section: Section) -> Iterator[Piece]:
    """Divide a section into passages that fit, at blank lines, lines or words.

    The first is at the line of the heading, the others at those of their text.
    """
    held: list[str] = []
    first = section.line
    for line, block in _blocks(section):
        words = len(block.split())
        if held and _count(held) + words > WORDS:
            yield _piece(section, held, first)
            held, first = [], line
        held.append(block)
    if held:
        yield _piece(section, held, first)


def _blocks(section: Section) -> Iterator[tuple[int, str]]:
    """Yield paragraphs with the line they start on; those that are too long in parts."""
    line = section.start
    for part in re.split(r"(\n[ \t]*\n\s*)", section.text):
        if part.strip():
            lead = len(part) - len(part.lstrip("\n"))
            for offset, text in _shorten(part.strip("\n")):
                yield (line + lead + offset if section.start else section.line), text
        line += part.count("\n")


def _shorten(block: str) -> Iterator[tuple[int, str]]:
    """Yield a paragraph whole, or line by line in parts that fit."""
    if len(block.split()) <= WORDS:
        yield 0, block
        return
    held: list[str] = []
    start = 0
    for number, line in enumerate(block.split("\n")):
        words = line.split()
        if held and _count(held) + len(words) > WORDS:
            yield start, "\n".join(held)
            held = []
        if len(words) > WORDS:
            for at in range(0, len(words), WORDS):
                yield number, " ".join(words[at : at + WORDS])
            continue
        if not held:
            start = number
        held.append(line)
    if held:
        yield start, "\n".join(held)


def _count(blocks: Sequence[str]) -> int:
    return sum(len(block.split()) for block in blocks)


def _piece(section: Section, blocks: Sequence[str], line: int) -> Piece:
    return Piece(
        heading=section.heading,
        text="\n\n".join(blocks).strip(),
        line=line,
        place=section.place,
    )

"""JSON documents as plain values, with the line of each object and, on demand, of its fields."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import orjson

from topology.load.lines import MOST_LEVELS, FieldLines
from topology.load.problems import Report, shorten
from topology.load.typography import find_typography
from topology.model import Location, Problem, Source

__all__ = ["JsonDocument", "find_lines", "locate_items", "read_json"]

_WHOLE = json.JSONDecoder()
_SPACE: Final = " \t\r\n"
_FIRST_ITEM = re.compile(rb'(?:"items"\s*:\s*|\A\s*)\[(\s*)\{')
_ITEMS = re.compile(r'(?:"items"\s*:\s*|\A\s*)\[')
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:\n]|[^\s{}\[\],:"]+')


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonDocument:
    """One document of a JSON file."""

    value: Any
    data: bytes
    """The document's own text, UTF-8."""
    line: int


def read_json(data: bytes, file: str, report: Report) -> Iterator[JsonDocument]:
    """Yield the documents of a JSON text, of which there may be several in a row.

    Args:
        data: The whole file, UTF-8.
        file: Its name, for the problems.
        report: Takes the problems.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError:
        yield from _read_stream(data, file, report)
    else:
        yield JsonDocument(value=value, data=data, line=1)


def _read_stream(data: bytes, file: str, report: Report) -> Iterator[JsonDocument]:
    """Yield the documents before the first fault, then report the fault."""
    text = data.decode("utf-8", "replace")
    position, line = 0, 1
    while True:
        start = position
        while position < len(text) and text[position] in _SPACE:
            position += 1
        line += text.count("\n", start, position)
        if position >= len(text):
            return
        try:
            value, end = _WHOLE.raw_decode(text, position)
        except (json.JSONDecodeError, RecursionError) as error:
            report.extend(_describe_fault(error, text, file))
            return
        yield JsonDocument(value=value, data=text[position:end].encode(), line=line)
        line += text.count("\n", position, end)
        position = end


def locate_items(document: JsonDocument, file: str) -> Sequence[Source]:
    """Return the source of each item of a list document, or of the document alone.

    The items of a document that stands on one line all have that line.
    """
    value = document.value
    items = value if isinstance(value, list) else value.get("items")
    if not isinstance(items, list):
        return [_source(file, document.data, document.line)]
    if b"\n" not in document.data.strip():
        return [Source(file, {"": document.line})] * len(items)
    spans = _spans_by_indent(document.data, len(items)) or _spans_by_reading(document.data, items)
    sources, line, position = [], document.line, 0
    for start, end in spans:
        line += document.data.count(b"\n", position, start)
        sources.append(_source(file, document.data[start:end], line))
        position = start
    sources.extend([Source(file, {"": document.line})] * (len(items) - len(sources)))
    return sources


def _source(file: str, data: bytes, line: int) -> Source:
    """Return the source of one object whose field lines are found when asked for."""
    return Source(file, FieldLines(partial(find_lines, data, line), line))


def _spans_by_indent(data: bytes, count: int) -> list[tuple[int, int]] | None:
    """Return where the items start and end, if each is indented as the first and no other is.

    This is how kubectl and jq print; it saves reading the file a second time.
    """
    first = _FIRST_ITEM.search(data)
    if first is None or b"\n" not in first.group(1):
        return None
    opening = first.group(1) + b"{"
    starts, position = [], first.start(1)
    while (position := data.find(opening, position)) >= 0:
        starts.append(position + len(opening) - 1)
        position += len(opening)
        if len(starts) > count:
            return None
    if len(starts) != count:
        return None
    closing = first.group(1) + b"}"
    ends = [data.find(closing, start) + len(closing) for start in starts]
    return list(zip(starts, ends, strict=True))


def _spans_by_reading(data: bytes, items: list[Any]) -> list[tuple[int, int]]:
    """Return where the items start and end, by reading each of them again."""
    text = data.decode("utf-8", "replace")
    first = _ITEMS.search(text)
    if first is None:
        return []
    spans, position = [], first.end()
    for _ in items:
        while text[position] in _SPACE or text[position] == ",":
            position += 1
        try:
            _, end = _WHOLE.raw_decode(text, position)
        except (json.JSONDecodeError, RecursionError):
            break
        spans.append((position, end))
        position = end
    if text.isascii():
        return spans
    return [(len(text[:start].encode()), len(text[:end].encode())) for start, end in spans]


def find_lines(data: bytes, first_line: int) -> dict[str, int]:
    """Return the line of every field of one JSON object.

    Args:
        data: The object's own text, UTF-8.
        first_line: The line on which it starts.
    """
    walk = _Walk(data.decode("utf-8", "replace"), first_line)
    walk.value(walk.token(), "", 0)
    return walk.lines


class _Walk:
    """One pass over the tokens of a JSON object."""

    def __init__(self, text: str, line: int) -> None:
        self.lines = {"": line}
        self._line = line
        self._tokens = _TOKEN.finditer(text)

    def token(self) -> str:
        """Return the next token, counting the lines before it; empty at the end."""
        for match in self._tokens:
            token = match.group()
            if token != "\n":
                return token
            self._line += 1
        return ""

    def value(self, token: str, path: str, depth: int) -> None:
        """Walk over the value that starts with a token."""
        if depth > MOST_LEVELS:
            return
        if token == "{":
            self._mapping(path, depth)
        elif token == "[":
            self._list(path, depth)

    def _mapping(self, path: str, depth: int) -> None:
        while (token := self.token()) not in ("}", ""):
            if token == ",":
                continue
            key = json.loads(token)
            inner = f"{path}.{key}" if path else key
            self.lines[inner] = self._line
            self.token()
            self.value(self.token(), inner, depth + 1)

    def _list(self, path: str, depth: int) -> None:
        index = 0
        while (token := self.token()) not in ("]", ""):
            if token == ",":
                continue
            inner = f"{path}[{index}]"
            self.lines[inner] = self._line
            self.value(token, inner, depth + 1)
            index += 1


def _describe_fault(error: Exception, text: str, file: str) -> Problem:
    """Return why a JSON text cannot be read."""
    if not isinstance(error, json.JSONDecodeError):
        return Problem(
            severity="error",
            code="json-depth",
            message="The JSON is nested too deep to be read.",
            hint="Flatten it; no Kubernetes object is nested that deep.",
            location=Location(file),
        )
    lines = text.split("\n")
    found = find_typography(text, last_line=error.lineno - 1)
    if found is not None and found.line == error.lineno - 1:
        consequence = "The rest of the file cannot be read."
        return found.describe(Location(file, error.lineno), consequence=consequence)
    quoted = lines[error.lineno - 1].strip() if error.lineno <= len(lines) else ""
    shown = f" in `{shorten(quoted)}`" if quoted else ""
    return Problem(
        severity="error",
        code="json-syntax",
        message=f"Not valid JSON{shown}: {error.msg} (column {error.colno}).",
        hint="Check brackets, commas and quotes there, or export it again with `-o json`.",
        location=Location(file, error.lineno),
    )

"""JSON documents as plain values, with the line of each object and, on demand, of its fields."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, pairwise
from typing import Any, Final

import orjson

from topology.load.azure import is_azure
from topology.load.kinds import KEPT_WHOLE
from topology.load.lines import MOST_LEVELS, SMALL, FieldLines
from topology.load.problems import Report, shorten
from topology.load.typography import find_typography
from topology.model import Location, Problem, Source

__all__ = ["JsonDocument", "find_lines", "locate_items", "locate_object", "read_json"]

_WHOLE = json.JSONDecoder()
_SPACE: Final = " \t\r\n"
_FIRST_ITEM = re.compile(rb'(?:"items"\s*:\s*|\A\s*)\[(\s*)\{')
_ITEMS = re.compile(r'(?:"items"\s*:\s*|\A\s*)\[')
_LATER_LINE = re.compile(rb"\n\s*\S")
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
        start = len(data) - len(data.lstrip())
        line = 1 + data.count(b"\n", 0, start)
        yield JsonDocument(value=value, data=data[start:] if start else data, line=line)


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


def locate_object(document: JsonDocument, file: str) -> Source:
    """Return the source of a document that is one object."""
    return _source(file, document.data, document.line)


def locate_items(document: JsonDocument, file: str) -> list[Source]:
    """Return the source of each item of a list document.

    The items of a document that stands on one line all have that line. Of large files, only the
    policies and their like know the lines of their fields.
    """
    value = document.value
    items = value if isinstance(value, list) else value.get("items")
    if not isinstance(items, list):
        return []
    if _LATER_LINE.search(document.data) is None:
        return [Source(file, {"": document.line})] * len(items)
    data = document.data
    starts = _starts_by_indent(data, len(items)) or _starts_by_reading(data, len(items))
    starts += [len(data)] * (len(items) + 1 - len(starts))
    sources, line, position = [], document.line, 0
    for item, start, end in zip(items, starts, starts[1:], strict=False):
        line += data.count(b"\n", position, start)
        position = start
        if len(data) < SMALL or _is_kept_whole(item):
            sources.append(_source(file, data[start:end], line))
        else:
            sources.append(Source(file, {"": line}))
    return sources


def _is_kept_whole(item: Any) -> bool:
    """Say whether the lines of an object's fields will be asked for."""
    return isinstance(item, dict) and (item.get("kind") in KEPT_WHOLE or is_azure(item))


def _source(file: str, data: bytes, line: int) -> Source:
    """Return the source of one object whose field lines are found when asked for."""
    return Source(file, FieldLines(partial(find_lines, data, line), line, text=data))


def _starts_by_indent(data: bytes, count: int) -> list[int] | None:
    """Return where the items start, if each is indented as the first and nothing else is.

    This is how kubectl and jq print; it saves reading the file a second time.
    """
    first = _FIRST_ITEM.search(data)
    if first is None or b"\n" not in first.group(1):
        return None
    opening = first.group(1) + b"{"
    starts: list[int] = []
    position = first.start(1)
    while (position := data.find(opening, position)) >= 0 and len(starts) <= count:
        position += len(opening)
        starts.append(position - 1)
    return starts if len(starts) == count else None


def _starts_by_reading(data: bytes, count: int) -> list[int]:
    """Return where the items start, by reading each of them again."""
    text = data.decode("utf-8", "replace")
    first = _ITEMS.search(text)
    if first is None:
        return []
    starts: list[int] = []
    position = first.end()
    try:
        for _ in range(count):
            while text[position] in _SPACE or text[position] == ",":
                position += 1
            starts.append(position)
            _, position = _WHOLE.raw_decode(text, position)
    except (json.JSONDecodeError, RecursionError):
        starts.pop()
    if text.isascii():
        return starts
    spans = pairwise([0, *starts])
    return list(accumulate(len(text[start:end].encode()) for start, end in spans))


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

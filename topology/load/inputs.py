"""The files, folders and streams that were named, as bytes of known size and encoding."""

import codecs
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from topology.flows.recognition import holds_flows, is_flow_file, may_hold_flows
from topology.load.problems import Report
from topology.model import Location, Problem
from topology.telemetry.recognition import may_hold_telemetry, telemetry_kind

__all__ = [
    "LARGEST_JSON",
    "LARGEST_YAML",
    "Input",
    "describe_empty",
    "holds_too_many_values",
    "list_files",
    "read_inputs",
]

LARGEST_JSON: Final = 512 * 2**20
LARGEST_YAML: Final = 96 * 2**20
"""Bytes; an export of 20,000 pods, as the API server prints them, has 80 million."""
MOST_YAML_VALUES: Final = 4_000_000
"""At some three microseconds each, where libyaml reads them; that export has 2.5 million."""

_COST_OF_DOCUMENT: Final = 5
"""In values: a parser of its own is made for each."""

_SUFFIXES: Final = (".json", ".yaml", ".yml")
_SNIFFED: Final = 2**16
_CONTROLS: Final = bytes(byte for byte in range(32) if byte not in b"\t\n\f\r\x1b")
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One file or stream that could be read as text."""

    name: str
    """As given by the user; `-` for stdin."""
    data: bytes
    """UTF-8, without byte order mark."""

    @property
    def is_json(self) -> bool:
        """Say whether the text starts as JSON does."""
        return _starts_as_json(self.data[:_SNIFFED])


def read_inputs(
    paths: Sequence[str | Path], stdin: TextIO | None, report: Report
) -> Iterator[Input]:
    """Yield what stands under the paths, in their order, each file once, folders sorted.

    Args:
        paths: Files, folders, or `-` for stdin.
        stdin: What `-` stands for; the process's own stdin if None.
        report: Takes what cannot be read.
    """
    for path in _list_once(paths, report):
        if path is None:
            yield from _read_stdin(stdin or sys.stdin, report)
        else:
            yield from _read_file(path, report)


def list_files(paths: Sequence[str | Path], report: Report) -> list[Path]:
    """Return the files that stand under the paths, in the order in which they are read.

    Args:
        paths: Files, folders, or `-` for stdin, which is left out.
        report: Takes what cannot be listed.
    """
    return [path for path in _list_once(paths, report) if path is not None]


def _list_once(paths: Sequence[str | Path], report: Report) -> Iterator[Path | None]:
    """Yield each file once, under the first of its names; None for stdin."""
    seen: set[str] = set()
    for path in paths:
        if str(path) == "-":
            if "-" not in seen:
                yield None
            seen.add("-")
            continue
        for file in _list_files(Path(path), report):
            identity = os.path.realpath(file)
            if identity not in seen:
                seen.add(identity)
                # Flows and counters are no objects: whoever wants them reads them apart.
                if not is_flow_file(file) and not telemetry_kind(file):
                    yield file


def _list_files(path: Path, report: Report) -> list[Path]:
    """Return the file itself, or the files of a folder whose names promise objects."""
    if not path.is_dir():
        return [path]
    found: list[Path] = []
    others, has_flows = 0, False
    for folder, folders, names in os.walk(path, onerror=lambda e: report.extend(_unreadable(e))):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(folder, name)
            if name.lower().endswith(_SUFFIXES) and not name.startswith("."):
                found.append(file)
            else:
                others += 1
                has_flows = (
                    has_flows
                    or (may_hold_flows(name) and is_flow_file(file))
                    or (may_hold_telemetry(name) and bool(telemetry_kind(file)))
                )
    if not found and not has_flows:
        report.extend(_describe_empty_folder(path, others))
    return found


def _read_file(path: Path, report: Report) -> Iterator[Input]:
    """Yield the text of a file unless it is too large, binary or unreadable."""
    try:
        with path.open("rb") as stream:
            yield from _read_stream(str(path), stream, report)
    except OSError as error:
        report.extend(_unreadable(error, path))


def _read_stdin(stdin: TextIO, report: Report) -> Iterator[Input]:
    """Yield the text of stdin."""
    stream = getattr(stdin, "buffer", None)
    if stream is not None:
        yield from _read_stream("-", stream, report)
        return
    text = stdin.read(LARGEST_JSON)
    yield from _decode("-", text.encode("utf-8", "replace"), report)


def _read_stream(name: str, stream: Any, report: Report) -> Iterator[Input]:
    """Yield the text of a byte stream, reading no more of it than may be used."""
    head: bytes = stream.read(_SNIFFED)
    if holds_flows(head):
        return
    if _is_binary(head):
        report.extend(_describe_binary(name))
        return
    is_json = _starts_as_json(head.removeprefix(codecs.BOM_UTF8))
    limit = LARGEST_JSON if is_json else LARGEST_YAML
    size = _size_of(stream)
    if size <= limit:
        data = head + stream.read(limit - len(head) + 1)
        size = len(data)
    if size > limit:
        report.extend(_describe_large(name, size, limit, is_json=is_json))
        return
    if not is_json and holds_too_many_values(data):
        report.extend(_describe_many(name))
        return
    yield from _decode(name, data, report)


def holds_too_many_values(data: bytes) -> bool:
    """Say whether YAML would take too long to read, however small it is: `a,a,a` or `---` lines.

    Counts what a value cannot do without: a line, comma or bracket of its own, or a dash.
    """
    if len(data) <= MOST_YAML_VALUES // _COST_OF_DOCUMENT:
        return False
    values = sum(map(data.count, (b"\n", b"\r", b",", b"[", b"{", b"- - ")))
    return values + _COST_OF_DOCUMENT * data.count(b"\n---") > MOST_YAML_VALUES


def _starts_as_json(head: bytes) -> bool:
    """Say whether a text starts as JSON; two braces start a template."""
    start = head.lstrip()[:2]
    return start[:1] in (b"{", b"[") and start != b"{{"


def _size_of(stream: Any) -> int:
    """Return the size of a stream in bytes as far as it is known before reading; else 0."""
    try:
        return os.fstat(stream.fileno()).st_size
    except (OSError, AttributeError, ValueError):
        return 0


def _is_binary(head: bytes) -> bool:
    """Say whether the start of a file is no text in any encoding that is read here."""
    if any(head.startswith(bom) for bom, _ in _BOMS):
        return False
    if b"\0" in head:
        return True
    controls = len(head) - len(head.translate(None, _CONTROLS))
    return controls > len(head) // 20


def _decode(name: str, data: bytes, report: Report) -> Iterator[Input]:
    """Yield the text as UTF-8, whatever encoding it was saved in."""
    encoding = "utf-8"
    for bom, named in _BOMS:
        if data.startswith(bom):
            data, encoding = data[len(bom) :], named
            break
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding != "utf-8":
            report.extend(_describe_binary(name))
            return
        report.extend(_describe_encoding(name, data, error))
        text = data.decode("cp1252", "replace")
        encoding = "cp1252"
    if not text or text.isspace():
        report.extend(describe_empty(name))
        return
    yield Input(name=name, data=data if encoding == "utf-8" else text.encode())


def _unreadable(error: OSError, path: Path | None = None) -> Problem:
    """Say that the system refused to open something."""
    name = str(path or error.filename)
    if isinstance(error, FileNotFoundError):
        return Problem(
            severity="error",
            code="missing-path",
            message=f"There is no file or folder `{name}`.",
            hint="Check the path; relative paths start at the current folder.",
            location=Location(name),
        )
    return Problem(
        severity="error",
        code="unreadable-file",
        message=f"`{name}` cannot be read: {error.strerror or error}.",
        hint="Check its permissions, or leave it out.",
        location=Location(name),
    )


def _describe_empty_folder(path: Path, others: int) -> Problem:
    """Say that a folder holds nothing to read."""
    ignored = f" ({others} other files are ignored)" if others else ""
    return Problem(
        severity="error",
        code="empty-folder",
        message=f"The folder `{path}` holds no .yaml, .yml or .json file{ignored}.",
        hint=f"Export a cluster into it: `kubectl get namespaces,pods,services -A -o yaml > "
        f"{path}/objects.yaml`.",
        location=Location(str(path)),
    )


def describe_empty(name: str) -> Problem:
    """Say that a file holds nothing."""
    return Problem(
        severity="error",
        code="empty-file",
        message=f"`{name}` holds nothing.",
        hint="Export it again; kubectl prints errors on stderr, not into the file.",
        location=Location(name),
    )


def _describe_binary(name: str) -> Problem:
    """Say that a file is no text."""
    return Problem(
        severity="error",
        code="binary-file",
        message=f"`{name}` is not a text file.",
        hint="Give YAML or JSON; unpack archives first.",
        location=Location(name),
    )


def _describe_large(name: str, size: int, limit: int, *, is_json: bool) -> Problem:
    """Say that a file is too large."""
    kind, advice = (
        ("JSON", "Export fewer kinds or namespaces into each file.")
        if is_json
        else ("YAML", "Export it with `kubectl get ... -o json`, which is read much faster.")
    )
    return Problem(
        severity="error",
        code="too-large",
        message=f"`{name}` holds {size // 2**20} MB or more of {kind}; "
        f"at most {limit // 2**20} MB are read.",
        hint=advice,
        location=Location(name),
    )


def _describe_many(name: str) -> Problem:
    """Say that a file holds too many values."""
    return Problem(
        severity="error",
        code="too-large",
        message=f"`{name}` holds more than {MOST_YAML_VALUES:,} values or lines of YAML.",
        hint="Export it with `kubectl get ... -o json`, which is read much faster.",
        location=Location(name),
    )


def _describe_encoding(name: str, data: bytes, error: UnicodeDecodeError) -> Problem:
    """Say that a file is not UTF-8."""
    line = data.count(b"\n", 0, error.start) + 1
    return Problem(
        severity="warning",
        code="encoding",
        message=f"`{name}` is not UTF-8 (byte 0x{data[error.start]:02X}); "
        "it is read as Windows-1252.",
        hint="Save it as UTF-8.",
        location=Location(name, line),
    )

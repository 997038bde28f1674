"""Flows from files and streams, one at a time, so that a file may be larger than memory.

Use:

    reading = FlowFiles([path]).read(query)     # may be called again: the files are read anew
    for flow in reading: ...
    reading.tally                               # what was read and what was set aside, so far
"""

import gc
import gzip
import io
import sys
import tempfile
import weakref
import zlib
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, Final, TextIO

import orjson

from topology.flows.flow import Flow
from topology.flows.parsing import FlowParser
from topology.flows.query import Query
from topology.flows.recognition import GZIP, UTF16, ZSTD, flow_of
from topology.flows.times import parse_time
from topology.load.problems import Report, shorten
from topology.model import Location, Problem

__all__ = ["FlowFiles", "FlowReading", "Tally"]

LONGEST_LINE: Final = 16 * 2**20
"""Bytes; a flow has some 1,500."""
_IN_MEMORY: Final = 32 * 2**20
_QUOTED: Final = 200
_COLLECT_AFTER: Final = 200_000
"""Containers made beyond those given back; the usual 700 are passed every few lines."""


class Tally:
    """What has been read so far, and what was set aside."""

    def __init__(self) -> None:
        self.lines = 0
        """Lines that were not blank."""
        self.flows = 0
        """Flows that were read and not set aside, before any filter."""
        self.duplicates = 0
        """Flows that had been read before, by their uuid, or whole line where they have none."""
        self.others: Counter[str] = Counter()
        """Lines that are no flows, by what they hold: `lost_events`, `node_status`, ..."""
        self.lost = 0
        """Events that Hubble itself says it lost."""
        self.malformed = 0
        """Lines that cannot be read."""
        self._report = Report()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Return the faults with file and line, the first of each kind and how many more."""
        return self._report.finish()

    def refuse(self, line: bytes, why: str, location: Location) -> None:
        """Count a line that cannot be read."""
        self.malformed += 1
        text = shorten(line[:_QUOTED].decode("utf-8", "replace").strip())
        hint = "The line is left out; export again with `hubble observe -o jsonpb`."
        self.note("flow-malformed", f"`{text}` is no flow: {why}.", location, hint=hint)

    def note(self, code: str, message: str, location: Location, *, hint: str) -> None:
        """Note something else that was set aside."""
        self._report.add("warning", code, message, hint=hint, location=location)


class FlowFiles:
    """Exports of flows, which are read anew each time they are asked for.

    Args:
        paths: Files, as given; `-` for stdin, which is kept so that it can be read again.
        stdin: What `-` stands for; the process's own stdin if None.
    """

    def __init__(self, paths: Sequence[str | Path], *, stdin: TextIO | None = None) -> None:
        self.paths = tuple(str(path) for path in paths)
        self._stdin = stdin
        self._kept: IO[bytes] | None = None

    def __bool__(self) -> bool:
        return bool(self.paths)

    def read(self, query: Query | None = None, *, deduplicate: bool = True) -> "FlowReading":
        """Return the flows that a query asks for, in the order of the files.

        Args:
            query: Which flows; None for all.
            deduplicate: Whether a flow that stands in several files counts once.
        """
        return FlowReading(self, query or Query(), deduplicate=deduplicate)

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """Open one of the files, unpacked and as UTF-8."""
        if path == "-":
            yield _decoded(self._standard_input())
            return
        with Path(path).open("rb") as stream:
            yield _decoded(stream)

    def _standard_input(self) -> BinaryIO:
        if self._kept is None:
            # Kept open as long as this object lives, so that it can be read again.
            self._kept = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
            weakref.finalize(self, self._kept.close)
            source = self._stdin or sys.stdin
            binary = getattr(source, "buffer", None)
            chunks: Iterable[bytes] = (
                iter(lambda: binary.read(2**20), b"") if binary else [source.read().encode()]
            )
            for chunk in chunks:
                self._kept.write(chunk)
        self._kept.seek(0)
        return io.BufferedReader(_Unclosed(self._kept))


class _Unclosed(io.RawIOBase):
    """A view of a kept stream; closing the view leaves the stream open for the next reading."""

    def __init__(self, kept: IO[bytes]) -> None:
        self._inner = kept

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._inner.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


_Found = tuple[Any, str, int]
"""A flow as parsed JSON, its file and its line."""


class FlowReading:
    """One pass over flows; iterate over it once."""

    def __init__(self, files: FlowFiles, query: Query, *, deduplicate: bool) -> None:
        self.tally = Tally()
        self._files = files
        self._query = query
        self._time = 0
        self._seen: set[int] | None = set() if deduplicate else None

    def __iter__(self) -> Iterator[Flow]:
        parse = FlowParser().parse
        with _rare_collection():
            for value, path, number in self._chosen():
                try:
                    flow = parse(value)
                except ValueError as error:
                    self.tally.flows -= 1
                    location = Location(path, number)
                    self.tally.refuse(orjson.dumps(value), str(error), location)
                    continue
                yield flow

    def raw(self) -> Iterator[dict[str, Any]]:
        """Yield the flows as parsed JSON instead."""
        for value, _, _ in self._chosen():
            yield dict(value)

    def _chosen(self) -> Iterator[_Found]:
        """Yield the flows that the query asks for, bounded by its `first` and `last`."""
        query = self._query
        if query == Query():
            yield from self._values()
            return
        found = (one for one in self._values() if self._is_wanted(*one))
        if query.last:
            yield from deque(found, maxlen=query.last)
            return
        for number, one in enumerate(found, start=1):
            yield one
            if number == query.first:
                return

    def _is_wanted(self, flow: Any, path: str, number: int) -> bool:
        """Say whether a flow is wanted; one with fields of a wrong form is set aside."""
        try:
            return self._query.matches(flow, self._time if self._query.is_timed else 0)
        except (AttributeError, TypeError, ValueError) as error:
            self.tally.flows -= 1
            why = f"a field of it has a wrong form ({error})"
            self.tally.refuse(orjson.dumps(flow), why, Location(path, number))
            return False

    def _values(self) -> Iterator[_Found]:
        """Yield every flow as parsed JSON with its place; count everything else."""
        tally, is_timed = self.tally, self._query.is_timed
        for path in self._files.paths:
            for number, line in self._lines(path):
                try:
                    value = orjson.loads(line)
                except orjson.JSONDecodeError as error:
                    tally.refuse(line, _why(error, line), Location(path, number))
                    continue
                flow = flow_of(value)
                if flow is None:
                    self._set_aside(value, line, Location(path, number))
                elif self._is_new(flow, line):
                    if is_timed and not self._read_time(value, flow, line, Location(path, number)):
                        continue
                    tally.flows += 1
                    yield flow, path, number

    def _read_time(self, value: Any, flow: Any, line: bytes, location: Location) -> bool:
        """Keep when Hubble printed a flow, 0 where it does not say; false for what is no time."""
        text = value.get("time") or flow.get("time")
        try:
            self._time = parse_time(text) if text else 0
        except (ValueError, TypeError):
            self.tally.refuse(line, f"`{text}` is no time", location)
            return False
        return True

    def _is_new(self, flow: Any, line: bytes) -> bool:
        """Say whether a flow was not read before; 64 bits of hash stand for it."""
        if self._seen is None:
            return True
        uuid = flow.get("uuid")
        key = hash(uuid if uuid and isinstance(uuid, str) else line)
        if key in self._seen:
            self.tally.duplicates += 1
            return False
        self._seen.add(key)
        return True

    def _set_aside(self, value: Any, line: bytes, location: Location) -> None:
        """Count a line that holds something else than a flow."""
        is_object = isinstance(value, dict)
        keys = [key for key in value if key not in ("node_name", "time")] if is_object else []
        if not keys:
            self.tally.refuse(line, "it holds no JSON object of Hubble", location)
            return
        self.tally.others[keys[0]] += 1
        lost = value.get("lost_events")
        if isinstance(lost, dict) and str(lost.get("num_events_lost", "")).isdecimal():
            self.tally.lost += int(lost["num_events_lost"])

    def _lines(self, path: str) -> Iterator[tuple[int, bytes]]:
        """Yield the lines of a file that are not blank, as far as it can be read."""
        number = 0
        try:
            with self._files.open(path) as stream:
                while line := stream.readline(LONGEST_LINE):
                    number += 1
                    if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
                        self.tally.lines += 1
                        self.tally.refuse(line, "the line is too long", Location(path, number))
                        _skip_line(stream)
                    elif not line.isspace():
                        self.tally.lines += 1
                        yield number, line
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            self.tally.note(
                "flow-truncated",
                f"`{path}` ends early or is damaged after line {number}: {error}.",
                Location(path, number),
                hint="What stands before is used; copy or export the file again.",
            )
        except OSError as error:
            self.tally.note(
                "flow-unreadable",
                f"`{path}` cannot be read: {error.strerror or error}.",
                Location(path),
                hint="Check the path and its permissions.",
            )


@contextmanager
def _rare_collection() -> Iterator[None]:
    """Let the garbage collector run rarely: parsed JSON has no cycles, and it takes half the time.

    The thresholds are put back when the iteration ends or is given up.
    """
    usual = gc.get_threshold()
    if usual[0]:
        gc.set_threshold(max(usual[0], _COLLECT_AFTER), *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def _skip_line(stream: BinaryIO) -> None:
    while (rest := stream.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
        pass


def _why(error: orjson.JSONDecodeError, line: bytes) -> str:
    """Return why a line is no JSON, in words."""
    if not line.endswith((b"}\n", b"}", b"}\r\n")) and line.lstrip()[:1] == b"{":
        return "the line is cut off"
    return f"not valid JSON, {error.msg} (column {error.colno})"


def _decoded(stream: BinaryIO) -> BinaryIO:
    """Return a stream of UTF-8, whatever it is packed in."""
    buffered = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(stream)  # type: ignore[type-var]
    head = buffered.peek(4)[:4]
    if head.startswith(GZIP):
        return io.BufferedReader(gzip.GzipFile(fileobj=buffered), buffer_size=2**18)
    if head.startswith(ZSTD):
        return io.BufferedReader(_Zstd(buffered), buffer_size=2**18)
    if head.startswith(UTF16):
        return io.BufferedReader(_Recoded(buffered), buffer_size=2**18)
    if head.startswith(b"\xef\xbb\xbf"):
        buffered.read(3)
    return buffered


class _Zstd(io.RawIOBase):
    """Zstandard read as what it holds; one frame after the other."""

    def __init__(self, stream: BinaryIO) -> None:
        # Few exports are packed so, and the others need not wait for its import.
        import zstandard

        self._fault = zstandard.ZstdError
        self._inner = zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._inner.read(len(buffer))
        except self._fault as error:
            # Told like a damaged gzip file: what stood before it counts.
            raise EOFError(str(error)) from error
        buffer[: len(data)] = data
        return len(data)


class _Recoded(io.RawIOBase):
    """UTF-16 read as UTF-8."""

    def __init__(self, stream: BinaryIO) -> None:
        self._text = io.TextIOWrapper(stream, encoding="utf-16", errors="replace", newline="")
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            self._left = self._text.read(2**16).encode()
        taken = self._left[: len(buffer)]
        self._left = self._left[len(taken) :]
        buffer[: len(taken)] = taken
        return len(taken)

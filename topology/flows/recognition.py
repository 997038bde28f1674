"""Which files hold flows, told by their first lines, so that they need no name of their own."""

import io
import os
import re
import sys
import zlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TextIO

import orjson

__all__ = [
    "ENVELOPES",
    "FLOW_SUFFIXES",
    "find_flow_files",
    "flow_of",
    "holds_flows",
    "is_flow_file",
    "may_hold_flows",
    "starts_with_flows",
]

FLOW_SUFFIXES: Final = (".json", ".jsonl", ".ndjson", ".log")
"""Of the files of a folder that are looked into, also with `.gz` or `.zst` after them."""

ENVELOPES: Final = frozenset({"lost_events", "node_status", "agent_event", "debug_event"})
"""Lines of `hubble observe -o jsonpb` that hold something else than a flow."""

GZIP: Final = b"\x1f\x8b"
UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
"""What PowerShell writes for `>`."""

ZSTD: Final = b"\x28\xb5\x2f\xfd"

_HEAD: Final = 2**16
_LINES: Final = 20
_BEGINS: Final = re.compile(rb'\s*\{\s*"(?:flow|lost_events|node_status)"\s*:\s*\{')
_MARKS: Final = frozenset({"verdict", "event_type", "Type", "l4", "IP", "traffic_direction"})
_ENOUGH: Final = 2


def flow_of(value: Any) -> Mapping[str, Any] | None:
    """Return the flow in a line: that of an envelope, or the line itself; None for others."""
    if not isinstance(value, dict):
        return None
    inner = value.get("flow")
    if isinstance(inner, dict):
        return inner
    # `-o json` of older versions prints flows bare.
    if "kind" not in value and len(_MARKS.intersection(value)) >= _ENOUGH:
        return value
    return None


def holds_flows(head: bytes) -> bool:
    """Say whether a file starts like an export of flows.

    Args:
        head: Its first bytes; the last line may be cut off.
    """
    if head.startswith(UTF16):
        head = head.decode("utf-16", "ignore").encode()
    head = head.removeprefix(b"\xef\xbb\xbf")
    if _BEGINS.match(head):
        return True
    # Messages of the exporter may stand before the first flow.
    for line in head.split(b"\n", _LINES)[:_LINES]:
        if line.lstrip()[:1] != b"{":
            continue
        if _BEGINS.match(line):
            return True
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if flow_of(value) is not None or (isinstance(value, dict) and ENVELOPES & value.keys()):
            return True
    return False


def may_hold_flows(name: str) -> bool:
    """Say whether a file of this name is looked into, where only its folder was named."""
    plain = name.lower().removesuffix(".gz").removesuffix(".zst")
    return plain.endswith(FLOW_SUFFIXES) and not name.startswith(".")


def find_flow_files(paths: Iterable[str | Path]) -> list[str]:
    """Return the files of flows among paths and in the folders among them, folders sorted.

    Files that stand there twice are returned once. `-` is left out.
    """
    found: dict[str, str] = {}
    for path in paths:
        if str(path) == "-":
            continue
        for file in _files_under(Path(path)):
            if is_flow_file(file):
                found.setdefault(os.path.realpath(file), str(file))
    return list(found.values())


def _files_under(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(names) if may_hold_flows(name))


def is_flow_file(path: Path) -> bool:
    """Say whether a file, possibly compressed, starts like an export of flows."""
    try:
        # Opening a pipe would wait for its writer, and take what can be read only once.
        if not path.is_file():
            return False
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
    except OSError:
        return False
    return holds_flows(_unpacked(head))


def starts_with_flows(stdin: TextIO | None) -> bool:
    """Say whether what comes from stdin starts like flows, without taking any of it."""
    buffer = getattr(stdin or sys.stdin, "buffer", None)
    if not isinstance(buffer, io.BufferedReader):
        return False
    head = buffer.peek(_HEAD)
    return holds_flows(_unpacked(head))


def _unpacked(head: bytes) -> bytes:
    """Return the beginning of what is packed, nothing if it is damaged; what is not as it is."""
    if head.startswith(ZSTD):
        return _beginning_of_zstd(head)
    if not head.startswith(GZIP):
        return head
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(head, _HEAD)
    except zlib.error:
        return b""


def _beginning_of_zstd(head: bytes) -> bytes:
    # Few exports are packed so, and the others need not wait for its import.
    import zstandard

    try:
        with zstandard.ZstdDecompressor().stream_reader(head) as stream:
            return stream.read(_HEAD)
    except zstandard.ZstdError:
        return b""

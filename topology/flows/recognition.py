"""Which files hold flows, told by their first lines, so that they need no name of their own."""

import gzip
import os
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

__all__ = ["ENVELOPES", "FLOW_SUFFIXES", "flow_of", "holds_flows", "is_flow_file"]

FLOW_SUFFIXES: Final = (".json", ".jsonl", ".ndjson", ".log")
"""Of the files of a folder that are looked into, also with `.gz` after them."""

ENVELOPES: Final = frozenset({"lost_events", "node_status", "agent_event", "debug_event"})
"""Lines of `hubble observe -o jsonpb` that hold something else than a flow."""

GZIP: Final = b"\x1f\x8b"
UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
"""What PowerShell writes for `>`."""

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


def is_flow_file(path: Path) -> bool:
    """Say whether a file, possibly compressed, starts like an export of flows."""
    try:
        with path.open("rb") as stream:
            return holds_flows(_head(stream))
    except OSError:
        return False


def _head(stream: BinaryIO) -> bytes:
    """Return the first bytes of a file that can be looked into without harm, unpacked."""
    if not os.path.isfile(stream.fileno()):  # noqa: PTH113  (a pipe could be read only once)
        return b""
    start = stream.read(_HEAD)
    if not start.startswith(GZIP):
        return start
    try:
        return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(start, _HEAD)
    except (zlib.error, gzip.BadGzipFile):
        return b""

"""Which files hold counters, told by their first lines, so that they need no name of their own."""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, Literal

__all__ = ["TELEMETRY_SUFFIXES", "TelemetryKind", "find_telemetry", "may_hold_telemetry",
           "telemetry_kind"]  # fmt: skip

TelemetryKind = Literal["host", "metrics", ""]

TELEMETRY_SUFFIXES: Final = (".txt", ".prom", ".metrics", ".log", ".out", ".json")
"""Of the files of a folder that are looked into."""
_HEAD: Final = 2**15
_HOST: Final = re.compile(
    r"^==> (?:/proc/|/sys/class/net/|ethtool )|^NIC statistics:|^Ring parameters for |"
    r"^[0-9a-f]{8}(?: [0-9a-f]{8}){8,}\s*$|^Udp: InDatagrams |^TcpExt: SyncookiesSent ",
    re.M,
)
_NAMES: Final = r"(?:hubble|cilium|networkobservability)_[a-z0-9_]+"
_METRICS: Final = re.compile(rf"^(?:# (?:HELP|TYPE) )?{_NAMES}(?:[ {{]|$)", re.M)
_API: Final = re.compile(rf'"__name__"\s*:\s*"{_NAMES}"')


def telemetry_kind(path: Path) -> TelemetryKind:
    """Return what counters a file starts with; empty for every other file."""
    try:
        # Opening a pipe would wait for its writer, and take what can be read only once.
        if not path.is_file():
            return ""
        with path.open("rb") as stream:
            head = stream.read(_HEAD).decode("utf-8", "replace")
    except OSError:
        return ""
    return kind_of_text(head)


def kind_of_text(head: str) -> TelemetryKind:
    """Return what counters a text starts with; empty for every other text."""
    if head.lstrip()[:1] in ("{", "["):
        return "metrics" if _API.search(head) and '"kind"' not in head else ""
    if _HOST.search(head):
        return "host"
    return "metrics" if _METRICS.search(head) else ""


def may_hold_telemetry(name: str) -> bool:
    """Say whether a file of this name is looked into, where only its folder was named."""
    return name.lower().endswith(TELEMETRY_SUFFIXES) and not name.startswith(".")


def find_telemetry(paths: Iterable[str | Path]) -> dict[str, TelemetryKind]:
    """Return the files of counters among paths and in the folders among them, with their kind."""
    found: dict[str, tuple[str, TelemetryKind]] = {}
    for path in paths:
        if str(path) == "-":
            continue
        for file in _files_under(Path(path)):
            kind = telemetry_kind(file)
            if kind:
                found.setdefault(os.path.realpath(file), (str(file), kind))
    return dict(found.values())


def _files_under(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(folder, name) for name in sorted(names) if may_hold_telemetry(name))

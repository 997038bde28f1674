"""A short text that changes whenever reading the same paths would give another cluster."""

import hashlib
import os
import stat
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final

import orjson
import yaml

from topology.load.inputs import LARGEST_JSON, list_files
from topology.load.problems import Report

__all__ = ["SMALLEST", "Fingerprint", "deserves_cache", "take_fingerprint"]

SMALLEST: Final = 256 * 2**10
"""Bytes in all below which reading the files again takes no longer than opening a cache."""

Fingerprint = str


def deserves_cache(paths: Sequence[str | Path]) -> bool:
    """Say whether the files are large enough, and such that reading them twice is safe."""
    return bool(_list_cacheable(paths))


def take_fingerprint(paths: Sequence[str | Path]) -> Fingerprint | None:
    """Return what identifies the content of the files, the names they are given, and the reader.

    Times and owners of the files do not count. Folders are listed anew.

    Returns:
        Hexadecimal digits; None for what is small, cannot be read, or can be read only once
        (stdin, pipes).
    """
    files = _list_cacheable(paths)
    if not files:
        return None
    try:
        whole = hashlib.sha256(_reader())
        for file in files:
            with file.open("rb") as stream:
                content = hashlib.file_digest(stream, "sha256").digest()
            name = os.fsencode(str(file))
            whole.update(len(name).to_bytes(8, "big") + name + content)
    except OSError:
        return None
    return whole.hexdigest()


def _list_cacheable(paths: Sequence[str | Path]) -> list[Path]:
    """Return the files, or nothing if they are not to be kept in a cache."""
    report = Report()
    files = list_files(paths, report) if "-" not in map(str, paths) else []
    if report.has_errors:
        # What is missing now may be there next time, and is not part of any file.
        return []
    total = 0
    for file in files:
        try:
            found = file.stat()
        except OSError:
            return []
        if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST_JSON:
            return []
        total += found.st_size
    return files if total >= SMALLEST else []


@cache
def _reader() -> bytes:
    """Return what identifies this program as far as it decides what a file means.

    Raises:
        OSError: The program comes without its source, so a change of it could not be seen.
    """
    here = Path(__file__).parent
    digest = hashlib.sha256(f"{sys.version} {orjson.__version__} {yaml.__version__}".encode())
    digest.update(b"libyaml" if yaml.__with_libyaml__ else b"")
    for module in sorted([*here.glob("*.py"), here.parent / "model.py"]):
        digest.update(module.name.encode() + b"\0" + module.read_bytes())
    return digest.digest()

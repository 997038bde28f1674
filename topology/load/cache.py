"""A folder of clusters that were read before, each under the fingerprint of its files.

What stands in the folder decides verdicts, so nothing is taken from it that somebody else could
have written. It can be deleted at any time.
"""

import contextlib
import hashlib
import logging
import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from topology.load.archive import pack, unpack
from topology.load.fingerprints import Fingerprint
from topology.model import Cluster

__all__ = ["MOST_BYTES", "MOST_ENTRIES", "ClusterCache"]

MOST_ENTRIES: Final = 20
MOST_BYTES: Final = 512 * 2**20
"""Of all entries; those used least recently are removed."""

_SUFFIX: Final = ".cluster"
_MAGIC: Final = b"netassist cluster 1\n"
_CHECKSUM: Final = 32
_ABANDONED: Final = 3600.0
"""Seconds after which an unfinished entry has no writer any more."""

logger = logging.getLogger(__name__)


class _Refused(Exception):
    """Why an entry or the folder is not used."""


class ClusterCache:
    """Clusters in one folder that belongs to the user; every failure is a miss, never an error."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def open(self, fingerprint: Fingerprint) -> Cluster | None:
        """Return the cluster that was stored under a fingerprint, if it can be trusted."""
        path = self._path(fingerprint)
        try:
            _check(self._folder.lstat(), stat.S_ISDIR)
            cluster = unpack(_read(path))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, _Refused) as error:
            logger.debug("cache entry %s is not used: %s", path.name, error)
            return None
        with contextlib.suppress(OSError):
            os.utime(path)
        return cluster

    def store(self, fingerprint: Fingerprint, cluster: Cluster) -> None:
        """Keep a cluster, if the folder can be written and is nobody else's."""
        path = self._path(fingerprint)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _check(self._folder.lstat(), stat.S_ISDIR)
            data = pack(cluster)
            _write(path, _MAGIC + hashlib.sha256(data).digest() + data)
            self._remove_oldest()
        except (OSError, ValueError, RecursionError, _Refused) as error:
            logger.debug("no cache entry is kept in %s: %s", self._folder, error)

    def _path(self, fingerprint: Fingerprint) -> Path:
        return self._folder / f"{fingerprint}{_SUFFIX}"

    def _remove_oldest(self) -> None:
        """Keep the folder within its bounds."""
        now = time.time()
        room, count = MOST_BYTES, 0
        entries = sorted(self._entries(), key=lambda entry: (-entry[1].st_mtime, entry[0].name))
        for path, found in entries:
            if path.suffix == _SUFFIX:
                room -= found.st_size
                count += 1
                kept = count <= MOST_ENTRIES and room >= 0
            else:
                kept = now - found.st_mtime < _ABANDONED
            if not kept:
                path.unlink(missing_ok=True)

    def _entries(self) -> Iterator[tuple[Path, os.stat_result]]:
        """Yield the entries and unfinished entries; others may remove some meanwhile."""
        for path in self._folder.iterdir():
            if path.suffix in (_SUFFIX, ".unfinished"):
                with contextlib.suppress(FileNotFoundError):
                    yield path, path.lstat()


def _read(path: Path) -> memoryview:
    """Return the content of an entry of the user's own, whole and unchanged."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    with open(descriptor, "rb") as stream:  # noqa: PTH123  (a Path would be looked up again)
        found = os.fstat(descriptor)
        _check(found, stat.S_ISREG)
        data = stream.read() if found.st_size <= MOST_BYTES else b""
    start = len(_MAGIC) + _CHECKSUM
    content = memoryview(data)[start:]
    if data[:start] != _MAGIC + hashlib.sha256(content).digest():
        message = "it is damaged"
        raise _Refused(message)
    return content


def _write(path: Path, data: bytes) -> None:
    """Write an entry so that nobody ever sees a part of it."""
    if len(data) > MOST_BYTES:
        message = f"{len(data)} bytes are too much"
        raise _Refused(message)
    descriptor, name = tempfile.mkstemp(suffix=".unfinished", dir=path.parent)
    try:
        with open(descriptor, "wb") as stream:  # noqa: PTH123  (made with mode 0600 above)
            stream.write(data)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _check(found: os.stat_result, is_kind: Callable[[int], bool]) -> None:
    """Refuse what is of another kind, belongs to another user, or others may write."""
    if not is_kind(found.st_mode):
        message = "it is a link or of another kind"
        raise _Refused(message)
    # Windows has neither owners as numbers nor these modes; there the user's profile is private.
    if hasattr(os, "geteuid") and (found.st_uid != os.geteuid() or found.st_mode & 0o022):
        message = "another user could have written it"
        raise _Refused(message)

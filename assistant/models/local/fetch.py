"""Files of models from the hub: resumed where a download broke off, kept only if they are right."""

import hashlib
import http.client
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from assistant.errors import ModelUnavailable, NotConfigured

__all__ = ["Progress", "hash_file", "pull"]

Progress = Callable[[int, int], None]
"""Hears of bytes that are there, and of how many there will be (0: not known)."""

_PIECE = 1 << 20
_TIMEOUT = 60.0
"""Seconds without a byte after which a download is given up."""


def pull(url: str, target: Path, *, sha256: str, progress: Progress = lambda *_: None) -> bool:
    """Fetch a file, unless it is there already.

    What has arrived is kept beside the target in a file `.part`, with which the next call goes on.
    The target only comes to be once its hash is right.

    Args:
        url: Where it lies; `http` or `https`.
        target: Where it shall lie; its folder is made.
        sha256: What it must hash to, as 64 hexadecimal digits.
        progress: Hears of the bytes.

    Returns:
        Whether it was fetched; False if it was there.

    Raises:
        NotConfigured: The address or the folder cannot be used, or another file lies there.
        ModelUnavailable: It could not be fetched, or is another file.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        message = f"`{url}` is no address to pull from."
        raise NotConfigured(message, hint="Name one that begins with `https://`.")
    if target.is_file():
        if hash_file(target, progress) == sha256:
            return False
        message = f"`{target}` is there, but is another file: its sha256 is not {sha256[:12]}..."
        raise NotConfigured(message, hint="Move it away and pull again.")
    part = target.with_name(f"{target.name}.part")
    with _translated(url, part):
        target.parent.mkdir(parents=True, exist_ok=True)
        _download(url, part, progress)
        if hash_file(part) != sha256:
            part.unlink()
            message = f"What `{url}` gave is not the file that is pinned (sha256 {sha256[:12]}...)."
            raise ModelUnavailable(message, hint="It was thrown away; name another source.")
        part.replace(target)
    return True


def hash_file(path: Path, progress: Progress = lambda *_: None) -> str:
    """Return the sha256 of a file as hexadecimal digits."""
    digest, done, size = hashlib.sha256(), 0, path.stat().st_size
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            done += len(piece)
            progress(done, size)
    return digest.hexdigest()


def _download(url: str, part: Path, progress: Progress) -> None:
    """Go on with a part that is there, or begin."""
    there = part.stat().st_size if part.exists() else 0
    try:
        answer = _request(url, there)
    except HTTPError as error:
        if error.code != 416 or not there:
            raise
        # The part is as long as the file, or longer: its hash will say which.
        return
    with answer:
        resumed = answer.status == 206
        there = there if resumed else 0
        length = int(answer.headers.get("Content-Length") or 0)
        total = there + length if length else 0
        with part.open("ab" if resumed else "wb") as file:
            for piece in _pieces(answer):
                file.write(piece)
                there += len(piece)
                progress(there, total)
    if there < total:
        message = f"it broke off after {there:,} of {total:,} bytes"
        raise http.client.HTTPException(message)


def _request(url: str, there: int) -> Any:
    headers = {"User-Agent": "netassist", "Accept-Encoding": "identity"}
    if there:
        headers["Range"] = f"bytes={there}-"
    return urlopen(Request(url, headers=headers), timeout=_TIMEOUT)


def _pieces(answer: IO[bytes]) -> Iterator[bytes]:
    while piece := answer.read(_PIECE):
        yield piece


@contextmanager
def _translated(url: str, part: Path) -> Iterator[None]:
    """Say in words of ours why a file could not be fetched.

    Raises:
        ModelUnavailable: For every fault of the network, the server or the disk.
    """
    try:
        yield
    except HTTPError as error:
        message = f"`{url}` could not be fetched: the server answered {error.code}."
        raise ModelUnavailable(message, hint="Check the address, or try again later.") from error
    except (http.client.HTTPException, OSError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        kept = f"{part.stat().st_size:,} bytes are kept; run" if part.exists() else "Run"
        message = f"`{url}` could not be fetched: {reason or type(error).__name__}."
        hint = f"{kept} the command again to go on."
        raise ModelUnavailable(message, hint=hint) from error

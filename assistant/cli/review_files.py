"""The files that a review may be given: findings that are set aside, and those that are known."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from topology.errors import UnreadableInput
from topology.model import Location

if TYPE_CHECKING:
    from topology.review import Suppression

__all__ = ["read_baseline", "read_suppressions"]


def read_suppressions(path: str) -> "tuple[Suppression, ...]":
    """Return what a file sets aside.

    Raises:
        UnreadableInput: It cannot be read, or is not of the form that is asked for.
    """
    from topology.review import read_file

    return read_file(_text(path), path)


def read_baseline(path: str) -> frozenset[str]:
    """Return the fingerprints of the findings of an earlier review.

    Raises:
        UnreadableInput: It is not what `netassist review --json` prints.
    """
    try:
        content: Any = orjson.loads(_text(path))
        return frozenset(str(each["fingerprint"]) for each in content["findings"])
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        message = f"`{path}` is no review."
        hint = "Give what `netassist review --json` printed."
        raise UnreadableInput(message, hint=hint, location=Location(path)) from error


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"`{path}` cannot be read: {getattr(error, 'strerror', None) or 'no UTF-8'}."
        raise UnreadableInput(message, hint="Check the path.") from error

"""Request paths as a proxy compares them: normalised, and against templates.

Source: Envoy's path normalisation (Chromium's URL canonicaliser) as Istio's
`meshConfig.pathNormalization` selects it, and Envoy's URI templates; see
istio pilot/pkg/networking/core/listener_builder.go and pkg/config/security/security.go.
"""

import re
from functools import lru_cache
from typing import Literal

from topology.policy.istio.strings import matches, sample

__all__ = ["Normalization", "matches_path", "normalize", "sample_path"]

Normalization = Literal["NONE", "BASE", "MERGE_SLASHES", "DECODE_AND_MERGE_SLASHES"]

_UNRESERVED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~")
_ESCAPED = frozenset(' "#<>?^`{|}\x7f') | {chr(code) for code in range(1, 32)}
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_ENCODED_SLASH = re.compile(r"%2f", re.IGNORECASE)
_ENCODED_BACKSLASH = re.compile(r"%5c", re.IGNORECASE)
_SEGMENT = r"[a-zA-Z0-9\-._~%!$&'()+,;:@=]"
_OPERATOR = re.compile(r"\{\*\*\}|\{\*\}")


def normalize(path: str, mode: Normalization = "BASE") -> str | None:
    """Return the path that policies are compared with: no query, no fragment, normalised.

    Args:
        path: The path as sent, with its query.
        mode: The mesh's `pathNormalization`; `BASE` is Istio's default.

    Returns:
        None where the proxy answers 400 before it looks at any policy.

    >>> normalize("/x/../%61dmin?q=1"), normalize("//admin"), normalize("//admin", "MERGE_SLASHES")
    ('/admin', '//admin', '/admin')
    """
    path = path.split("#", 1)[0].split("?", 1)[0]
    if mode == "NONE":
        return path
    if mode == "DECODE_AND_MERGE_SLASHES":
        path = _ENCODED_BACKSLASH.sub(r"\\", _ENCODED_SLASH.sub("/", path))
    canonical = _canonicalize(path)
    if canonical is None or mode == "BASE":
        return canonical
    return re.sub("/{2,}", "/", canonical)


def matches_path(pattern: str, path: str) -> bool:
    """Return whether a normalised path has the form that a policy's value describes."""
    if _OPERATOR.search(pattern):
        return _template(pattern).fullmatch(path) is not None
    return matches(pattern, path)


def sample_path(pattern: str) -> str:
    """Return a path that the pattern matches."""
    if _OPERATOR.search(pattern):
        return _OPERATOR.sub("netassist-any", pattern)
    return "/netassist-any" if pattern == "*" else sample(pattern)


@lru_cache(maxsize=4096)
def _template(pattern: str) -> re.Pattern[str]:
    """Compile a template: `{*}` is one segment, `{**}` any text, slashes and nothing included."""
    parts = []
    end = 0
    for found in _OPERATOR.finditer(pattern):
        parts.append(re.escape(pattern[end : found.start()]))
        parts.append(f"(?:{_SEGMENT}|/)*" if found.group() == "{**}" else f"{_SEGMENT}+")
        end = found.end()
    parts.append(re.escape(pattern[end:]))
    return re.compile("".join(parts))


def _canonicalize(path: str) -> str | None:
    """Return a path as Chromium's canonicaliser writes it, None if it refuses the path."""
    if "%00" in path or "\0" in path:
        return None
    text = path.replace("\\", "/")
    if not text.startswith("/"):
        text = "/" + text
    text = "".join(_written(piece) for piece in re.split(r"(%[0-9A-Fa-f]{2})", text))
    return _without_dots(text)


def _written(piece: str) -> str:
    """Return a piece of a path with needless escapes undone and needed ones made."""
    escape = _ESCAPE.fullmatch(piece)
    if escape:
        character = chr(int(escape[1], 16))
        return character if character in _UNRESERVED else piece
    return "".join(_escaped(each) for each in piece)


def _escaped(character: str) -> str:
    if character in _ESCAPED or ord(character) > 127:
        return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", "surrogateescape"))
    return character


def _without_dots(path: str) -> str:
    """Resolve `.` and `..`; empty segments stay, as the proxy leaves them."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for position, segment in enumerate(segments):
        last = position == len(segments) - 1
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
            continue
        if last:
            kept.append("")
    return "/" + "/".join(kept)

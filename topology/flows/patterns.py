"""Patterns of Hubble's filters: DNS names, node names, and Go's regular expressions.

Source: pkg/hubble/filters/patterns.go; https://github.com/google/re2/wiki/Syntax.
"""

import re
from collections.abc import Iterable
from typing import Final

from topology.errors import InvalidQuery

__all__ = ["compile_names", "compile_nodes", "compile_regex"]

_NAME: Final = r"(?:[-0-9_a-z]+(?:\.[-0-9_a-z]+)*)"
_ALLOWED: Final = re.compile(r"[-0-9a-z_.*]+")
_CLASSES: Final = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "digit": "0-9",
    "lower": "a-z",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\s",
    "upper": "A-Z",
    "word": r"\w",
    "xdigit": "0-9A-Fa-f",
}
_CLASS: Final = re.compile(r"\[:(\w+):\]")
_NOT_IN_RE2: Final = re.compile(r"\(\?(?:=|!|<=|<!|>|\()|(?<!\\)(?:\\\\)*\\[1-9]")


def compile_names(patterns: Iterable[str]) -> re.Pattern[str]:
    """Return what matches DNS names as Hubble matches them: `*` stands for any characters.

    Raises:
        InvalidQuery: A pattern is empty or holds other characters.
    """
    return re.compile("|".join(map(_name_pattern, patterns)))


def compile_nodes(patterns: Iterable[str]) -> re.Pattern[str]:
    """Return what matches `cluster/node`; a pattern without slash is of the node alone.

    Raises:
        InvalidQuery: A pattern is empty, has two slashes, or holds other characters.
    """
    return re.compile("|".join(map(_node_pattern, patterns)))


def compile_regex(text: str) -> re.Pattern[str]:
    """Return a regular expression of RE2 as one of Python.

    Raises:
        InvalidQuery: It is none.
    """
    translated = _CLASS.sub(lambda match: _CLASSES.get(match[1], match[0]), text)
    translated = translated.replace(r"\z", r"\Z")
    try:
        if _NOT_IN_RE2.search(text):
            raise re.error("RE2 has no look-around and no back-references")
        return re.compile(translated, re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        message = f"`{text}` is no regular expression: {error}."
        raise InvalidQuery(
            message, hint="Write it in the syntax of RE2, such as `/items/.*`."
        ) from (None)


def _name_pattern(pattern: str) -> str:
    text = pattern.strip().removesuffix(".").lower()
    if not text or text.endswith(".") or not _ALLOWED.fullmatch(text):
        message = f"`{pattern}` is no pattern of a DNS name."
        raise InvalidQuery(message, hint="Write it like `*.example.com`.")
    return text.replace(".", r"\.").replace("*", "[-.0-9a-z]*")


def _node_pattern(pattern: str) -> str:
    cluster, slash, node = pattern.partition("/")
    if not slash:
        cluster, node = "", pattern
    if not pattern or "/" in node:
        message = f"`{pattern}` is no pattern of a node's name."
        raise InvalidQuery(message, hint="Write it like `aks-system-*` or `cluster/node-*`.")
    parts = [_name_pattern(part) if part else _NAME for part in (cluster, node)]
    return "/".join(parts)

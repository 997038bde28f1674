"""YAML as people write it by hand: stable order, two spaces, comments above what they explain."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import yaml

__all__ = ["Comments", "to_yaml"]

Comments = Mapping[tuple[str | int, ...], Sequence[str]]
"""Lines above a field or item, by its path: `("spec", "ingress", 0)`."""

_PLAIN = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./@+-]*(?:[ :][A-Za-z0-9_./@+-]+)*")
_WIDTH = 98


def to_yaml(document: Mapping[str, Any], comments: Comments | None = None) -> str:
    """Return a document as YAML text with a final newline.

    Args:
        document: Of mappings, lists, texts, numbers and booleans; written in its own order.
        comments: What to say above its parts; the empty path stands for the whole.

    >>> print(to_yaml({"spec": {"ports": [{"port": "80"}]}}, {("spec",): ["Why."]}), end="")
    # Why.
    spec:
      ports:
      - port: "80"
    """
    comments = comments or {}
    lines = [*_comment(comments, (), 0), *_mapping(document, (), 0, comments)]
    return "\n".join(lines) + "\n"


def _mapping(
    value: Mapping[str, Any], path: tuple[str | int, ...], depth: int, comments: Comments
) -> Iterator[str]:
    for key, item in value.items():
        place = (*path, key)
        yield from _comment(comments, place, depth)
        head = f"{'  ' * depth}{_scalar(key)}:"
        if isinstance(item, Mapping) and item:
            yield head
            yield from _mapping(item, place, depth + 1, comments)
        elif isinstance(item, list) and item:
            yield head
            yield from _list(item, place, depth, comments)
        else:
            yield f"{head} {_inline(item)}"


def _list(
    value: list[Any], path: tuple[str | int, ...], depth: int, comments: Comments
) -> Iterator[str]:
    pad = "  " * depth
    for number, item in enumerate(value):
        place = (*path, number)
        yield from _comment(comments, place, depth)
        if isinstance(item, Mapping) and item:
            first, *rest = _mapping(item, place, depth + 1, comments)
            # A comment on the first field stands above the whole item.
            while first.lstrip().startswith("#"):
                yield f"{pad}{first.lstrip()}"
                first, *rest = rest
            yield f"{pad}- {first[len(pad) + 2 :]}"
            yield from rest
        else:
            yield f"{pad}- {_inline(item)}"


def _inline(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{}"
    return "[]" if isinstance(value, list) else _scalar(value)


def _scalar(value: Any) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    return value if _is_plain(value) else json.dumps(value, ensure_ascii=False)


@lru_cache(maxsize=4096)
def _is_plain(value: str) -> bool:
    """Return whether a text means itself without quotes."""
    return bool(_PLAIN.fullmatch(value)) and yaml.safe_load(value) == value


def _comment(comments: Comments, path: tuple[str | int, ...], depth: int) -> Iterator[str]:
    pad = "  " * depth
    for text in comments.get(path, ()):
        line = f"{pad}#"
        for word in " ".join(text.split()).split(" "):
            if len(line) + len(word) >= _WIDTH and line != f"{pad}#":
                yield line
                line = f"{pad}#"
            line += f" {word}"
        yield line

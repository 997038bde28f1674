"""Label selectors of Hubble's filters: Kubernetes' syntax, with Cilium's sources of labels.

Source: k8s.io/apimachinery/pkg/labels (Parse), pkg/hubble/filters/labelparser.go, pkg/labels.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Final

from topology.errors import InvalidQuery
from topology.policy.labels import ANY, split_key

__all__ = ["LabelSelector", "parse_selector"]

LabelSelector = Callable[[Sequence[str]], bool]
"""Decides on labels as a flow has them: `k8s:app=web`, `reserved:world`."""

_Held = tuple[tuple[str, str, str], ...]
_Test = Callable[[_Held], bool]

_WORD: Final = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?"
_KEY: Final = rf"(?:{_WORD}/)?{_WORD}"
_VALUE: Final = re.compile(rf"(?:{_WORD})?")
_FULL_KEY: Final = re.compile(rf"(?:[A-Za-z0-9-]+:)?{_KEY}")
_REQUIREMENT: Final = re.compile(
    r"""\s*(?:
        !\s*(?P<absent>[^\s=!,()<>]+)
      | (?P<key>[^\s=!,()<>]+)\s*(?:
            (?P<operator>==|=|!=)\s*(?P<value>[^\s=!,()<>]*)
          | (?P<order>[<>])\s*(?P<bound>-?\d+)
          | (?<=\s)(?P<set>in|notin)\s*\((?P<values>[^()]*)\)
        )?
    )\s*""",
    re.VERBOSE,
)


def parse_selector(text: str) -> LabelSelector:
    """Return what a selector such as `app=web,!canary` or `k8s:tier in (a, b)` selects.

    Raises:
        InvalidQuery: It is no label selector.
    """
    tests = [_test(match) for match in _requirements(text)]

    def selects(labels: Sequence[str]) -> bool:
        held = tuple(map(_split, labels))
        return all(test(held) for test in tests)

    return selects


def _requirements(text: str) -> Iterator[re.Match[str]]:
    """Yield the requirements, between which commas stand."""
    if not text.strip():
        return
    position = 0
    while True:
        match = _REQUIREMENT.match(text, position)
        if match is None:
            raise _invalid(text, text[position:])
        yield match
        position = match.end()
        if position == len(text):
            return
        if text[position] != ",":
            raise _invalid(text, text[position:])
        position += 1


def _test(match: re.Match[str]) -> _Test:
    """Return the test of one requirement."""
    text = match[0].strip()
    key = _key(match["absent"] or match["key"], text)
    if match["absent"]:
        return lambda held: _find(held, key) is None
    if match["order"]:
        return _bounded(key, above=match["order"] == ">", bound=int(match["bound"]))
    if match["operator"] is None and match["set"] is None:
        return lambda held: _find(held, key) is not None
    written = [match["value"]] if match["operator"] else match["values"].split(",")
    values = frozenset(one.strip() for one in written)
    for value in values:
        if not _VALUE.fullmatch(value):
            raise _invalid(text, value)
    if match["operator"] == "!=" or match["set"] == "notin":
        return lambda held: _find(held, key) not in values
    return lambda held: _find(held, key) in values


def _bounded(key: tuple[str, str], *, above: bool, bound: int) -> _Test:
    def test(held: _Held) -> bool:
        value = _find(held, key)
        if value is None or not re.fullmatch(r"-?\d+", value):
            return False
        return int(value) > bound if above else int(value) < bound

    return test


def _key(text: str, requirement: str) -> tuple[str, str]:
    """Return source and key; a bare key is of any source."""
    if not _FULL_KEY.fullmatch(text):
        raise _invalid(requirement, text)
    return split_key(text)


def _find(held: Iterable[tuple[str, str, str]], key: tuple[str, str]) -> str | None:
    """Return the value of the first label with a key, None if there is none."""
    source, name = key
    for one, label, value in held:
        if label == name and source in (ANY, one):
            return value
    return None


@lru_cache(maxsize=8192)
def _split(label: str) -> tuple[str, str, str]:
    """Return source, key and value of a label as flows have them."""
    name, _, value = label.partition("=")
    source, colon, key = name.partition(":")
    return (source, key, value) if colon else ("unspec", name, value)


def _invalid(text: str, part: str) -> InvalidQuery:
    where = f" at `{part.strip()}`" if part.strip() and part.strip() != text.strip() else ""
    message = f"`{text}` is no label selector{where}."
    return InvalidQuery(message, hint="Write it like `app=web`, `k8s:app in (a, b)` or `!canary`.")

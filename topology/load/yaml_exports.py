"""Large YAML exports, object by object: what is plain is read by lines, the rest by libyaml."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from topology.load.kinds import KEPT_WHOLE
from topology.load.lines import Marks
from topology.load.yaml_lines import NotPlain, read_plain

__all__ = ["Block", "read_export"]

_ITEMS: Final = re.compile(r"^items:\n(?=- )", re.MULTILINE)
_OTHER_LINE: Final = re.compile(r"^(?!- | )", re.MULTILINE)
_START: Final = "---\n"


class Block(NamedTuple):
    """The value of one document with its lines."""

    value: Any
    line: int
    tops: dict[int, int]
    """By id: the lines of the document and of the items of a list in it."""
    marks: Marks
    """Lines of the fields of policies and their like."""


ReadEvents = Callable[[str, int, int], Block]
"""Reads a text by its events; takes the line and the depth at which it starts.

Raises NotPlain for what has no single meaning, or none without the text around it.
"""


def read_export(text: str, line: int, read_events: ReadEvents) -> Block:
    """Return the one document of a text.

    Args:
        text: At most one document, with the `---` before it.
        line: The line on which it starts.
        read_events: Reads what is not plain.

    Raises:
        NotPlain: It must be read as a whole.
    """
    if text.startswith(_START):
        text, line = text[len(_START) :], line + 1
    if "\n..." in text:
        raise NotPlain
    items = _ITEMS.search(text)
    if items is None:
        value = _read_object(text)
        return Block(value, line, {id(value): line}, {})
    return _read_list(text, items.end(), line, read_events)


def _read_list(text: str, start: int, line: int, read_events: ReadEvents) -> Block:
    """Return a list as kubectl prints it; `start` is where its first item does."""
    starts = list(_item_starts(text, start))
    rest = _OTHER_LINE.search(text, starts[-1])
    end = rest.start() if rest else len(text)
    around = read_events(text[:start] + text[end:], line, 0)
    parent = around.value
    if not isinstance(parent, dict) or parent.get("items", 0) is not None:
        raise NotPlain
    values: list[Any] = []
    at = line + text.count("\n", 0, start)
    for first, last in zip(starts, [*starts[1:], end], strict=True):
        item = text[first:last]
        value = _read_item(item, at, read_events, around)
        around.tops.setdefault(id(value), at)
        values.append(value)
        at += item.count("\n")
    parent["items"] = values
    return around


def _item_starts(text: str, start: int) -> Iterator[int]:
    """Yield where the items start: at every dash that is not indented."""
    while start > 0:
        yield start
        start = text.find("\n- ", start) + 1


def _read_item(text: str, line: int, read_events: ReadEvents, around: Block) -> dict[str, Any]:
    """Return one item of the list; of a policy or its like, note the lines in `around`."""
    try:
        values = read_plain(text)
        if type(values) is list and len(values) == 1 and _needs_no_lines(values[0]):
            item: dict[str, Any] = values[0]
            return item
    except NotPlain:
        pass
    block = read_events(text, line, 1)
    values = block.value
    if type(values) is not list or len(values) != 1 or type(values[0]) is not dict:
        raise NotPlain
    item = values[0]
    # The list around the item goes, and its id may be given to something else.
    block.marks.pop(id(values), None)
    around.marks.update(block.marks)
    around.tops[id(item)] = block.tops[id(item)]
    return item


def _read_object(text: str) -> dict[str, Any]:
    """Return a document that is one object of which no field's line will be asked for."""
    value = read_plain(text)
    if not _needs_no_lines(value) or value["kind"].endswith("List"):
        raise NotPlain
    found: dict[str, Any] = value
    return found


def _needs_no_lines(value: Any) -> bool:
    return (
        type(value) is dict and type(value.get("kind")) is str and value["kind"] not in KEPT_WHOLE
    )

"""YAML as kubectl prints it, read line by line in a third of the time that events take.

Only what has one meaning on its own line is read here: `key:`, `key: word`, `key: "text"`, `- `
before them, `{}` and `[]`. Whatever else stands in a block (comments, text over several lines,
anchors, flow style, tabs, letters beyond ASCII, a key twice) makes it `NotPlain`, and libyaml
decides what it means.
"""

import re
from sys import intern
from typing import Any, Final

from topology.load.scalars import resolve_scalar

__all__ = ["TEXT_MAPS", "NotPlain", "read_plain"]

# Fields that map text to text: what stands there is kept as written, because `version: 1.10`
# must not become `1.1`; the API server refuses it, and so it is reported.
TEXT_MAPS: Final = frozenset({"labels", "matchLabels", "annotations", "nodeSelector", "selector"})

_DEEPEST: Final = 100
_KEY: Final = r"[A-Za-z_/][A-Za-z0-9_./-]{0,250}"
_WORD: Final = r"[A-Za-z0-9_./][A-Za-z0-9_./@+=-]*+(?:[ :][A-Za-z0-9_./@+=-]++)*+"
_QUOTED: Final = r""""[ !#-\[\]-~]*+"|'[ -&(-~]*+'"""
_LINE: Final = re.compile(
    rf"^( *+)((?:- )*+)(?:({_KEY}):(?: |(?=\n)))?({_WORD}|{_QUOTED}|\{{\}}|\[\])?\n", re.MULTILINE
)


class NotPlain(Exception):
    """A block holds more than is understood here."""


def read_plain(text: str) -> Any:
    """Return the value of a block, which is a mapping or a list.

    Args:
        text: Whole lines, the last one ended.

    Raises:
        NotPlain: Only a YAML parser can tell what it means, or whether it is YAML.
    """
    lines = _LINE.findall(text)
    if len(lines) != text.count("\n") or not text.endswith("\n"):
        raise NotPlain
    block = _Block()
    block.read(lines)
    return block.value


class _Block:
    """Mappings and lists that are open at a line, by the column at which their entries stand."""

    __slots__ = ("_box", "_column", "_is_text", "_key", "_root", "_stack", "_starts_item")

    def __init__(self) -> None:
        self._root: dict[str, Any] = {"": None}
        self._box: Any = self._root
        """The innermost mapping or list."""
        self._column = -1
        self._is_text = False
        self._key: str | None = ""
        """Key of the box that had no value on its line: a deeper block may follow."""
        self._starts_item = False
        """Whether a dash was just read, so that an item of the box starts."""
        self._stack: list[tuple[int, Any, bool]] = []

    @property
    def value(self) -> Any:
        """Return what was read."""
        return self._root[""]

    def read(self, lines: list[tuple[str, str, str, str]]) -> None:
        """Read lines: their indentation, dashes, key and value.

        Raises:
            NotPlain: They do not fit together in the plain way.
        """
        for spaces, dashes, key, written in lines:
            column = len(spaces)
            if dashes:
                for place in range(column, column + len(dashes), 2):
                    self._open_item(place)
                column += len(dashes)
            if not key:
                self._add_item(written)
                continue
            if column != self._column or self._key is not None or type(self._box) is list:
                self._open_mapping(column)
            self._add_entry(intern(key), written)

    def _add_item(self, written: str) -> None:
        if not (written and self._starts_item):
            raise NotPlain
        self._box.append(_meaning(written))
        self._starts_item = False

    def _add_entry(self, key: str, written: str) -> None:
        box = self._box
        if key in box:
            raise NotPlain
        if written:
            box[key] = value = _meaning(written)
        else:
            # Null, unless a block follows.
            box[key] = value = None
            self._key = key
        if self._is_text and type(value) is not str:
            raise NotPlain

    def _open_item(self, column: int) -> None:
        """Go to the list whose dashes stand at a column."""
        if self._starts_item or (self._key is not None and column >= self._column):
            self._push(column, [], is_text=False)
        else:
            self._key = None
            while self._column > column:
                self._pop()
            if self._column != column or type(self._box) is not list:
                raise NotPlain
        self._starts_item = True

    def _open_mapping(self, column: int) -> None:
        """Go to the mapping whose keys stand at a column."""
        if self._starts_item:
            self._push(column, {}, is_text=False)
        elif self._key is not None and column > self._column:
            self._push(column, {}, is_text=self._key in TEXT_MAPS)
        else:
            self._key = None
            while self._column > column or (self._column == column and type(self._box) is list):
                self._pop()
            if self._column != column:
                raise NotPlain

    def _push(self, column: int, box: Any, *, is_text: bool) -> None:
        """Open a mapping or list as the item or value that is due."""
        if self._starts_item:
            self._box.append(box)
        else:
            self._box[self._key] = box
        self._stack.append((self._column, self._box, self._is_text))
        if len(self._stack) > _DEEPEST:
            raise NotPlain
        self._column, self._box, self._is_text = column, box, is_text
        self._key, self._starts_item = None, False

    def _pop(self) -> None:
        self._column, self._box, self._is_text = self._stack.pop()


def _meaning(written: str) -> Any:
    """Return the value of what stands after a key or dash."""
    first = written[0]
    if first in "\"'":
        return written[1:-1]
    if first == "{":
        return {}
    return [] if first == "[" else resolve_scalar(written)

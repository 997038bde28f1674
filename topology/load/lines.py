"""The lines of an object's fields, found when somebody asks for the first of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

__all__ = ["MOST_LEVELS", "SMALL", "FieldLines", "Marks", "find_marked_lines"]

MOST_LEVELS: Final = 200
"""No Kubernetes object is nested deeper; what is nested deeper is refused."""

SMALL: Final = 2 * 2**20
"""Size of a file up to which the line of every field of every object is kept."""

Marks = dict[int, dict[str | int, int]]
"""By id of a mapping or list: the line of each key or item."""


class FieldLines(Mapping[str, int]):
    """Field path to line; computed once, and not at all for objects that nobody asks about."""

    __slots__ = ("_find", "_first", "_lines", "text")

    def __init__(
        self, find: Callable[[], dict[str, int]], first: int, *, text: bytes | None = None
    ) -> None:
        self._find = find
        self._first = first
        self.text = text
        """The object's own JSON text if the lines are found in it and nothing else."""
        self._lines: dict[str, int] | None = None

    def __getitem__(self, path: str) -> int:
        return self._first if path == "" else self._all()[path]

    def __contains__(self, path: object) -> bool:
        return path == "" or path in self._all()

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> dict[str, int]:
        if self._lines is None:
            self._lines = self._find()
        return self._lines


def find_marked_lines(value: Any, marks: Marks, first: int) -> dict[str, int]:
    """Return the line of every field of an object that was read with marks."""
    lines = {"": first}
    _add_marked(value, "", marks, lines)
    return lines


def _add_marked(value: Any, path: str, marks: Marks, lines: dict[str, int]) -> None:
    """Add the lines of the fields of one mapping or list."""
    marked = marks.get(id(value), {})
    items: Iterable[tuple[str | int, Any]]
    if isinstance(value, dict):
        items = value.items()
        form = f"{path}.%s" if path else "%s"
    else:
        items = enumerate(value)
        form = f"{path}[%d]"
    for key, item in items:
        inner = form % key
        if key in marked:
            lines[inner] = marked[key]
        if isinstance(item, dict | list):
            _add_marked(item, inner, marks, lines)

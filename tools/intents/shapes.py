"""A request in the course of being read: what is understood stands as a numbered mark.

Reading goes in steps, from literals to names, to phrases, to clauses. Each step replaces what it
understands by a mark such as `<P3>`; words that no step took are still there at the end.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["MARK", "Shape", "mark_number", "marks"]

MARK = re.compile(r"<([A-Z]+)(\d+)>")
_QUOTED = re.compile(r"`[^`]*`")


def marks(kinds: str) -> str:
    """Return the pattern of a mark of some kinds, given by their letters."""
    return rf"<[{kinds}]\d+>"


def mark_number(mark: str) -> int:
    """Return the number in a mark."""
    return int(mark.strip("<>").lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))


@dataclass(slots=True)
class Shape:
    """The text with its marks, and what each of them stands for."""

    text: str
    values: list[Any] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    """What a person wrote in the place of each mark."""

    def add(self, kind: str, value: Any, words: str = "") -> str:
        """Return a new mark for a value."""
        self.values.append(value)
        self.words.append(self.plain(words))
        return f"<{kind}{len(self.values) - 1}>"

    def take(
        self, pattern: re.Pattern[str], kind: str, build: Callable[[re.Match[str]], Any]
    ) -> None:
        """Replace each match by a mark; a match of which nothing is built is left as it is."""
        quoted = [one.span() for one in _QUOTED.finditer(self.text)]

        def replace(found: re.Match[str]) -> str:
            # A quoted name is one thing, whatever words it is made of.
            if any(start < found.start() and found.end() < end for start, end in quoted):
                return found[0]
            value = build(found)
            if value is None:
                return found[0]
            lead = found[0][: len(found[0]) - len(found[0].lstrip())]
            tail = found[0][len(found[0].rstrip()) :]
            return f"{lead}{self.add(kind, value, found[0].strip())}{tail}"

        self.text = pattern.sub(replace, self.text)

    def value(self, mark: str) -> Any:
        """Return what a mark stands for."""
        return self.values[mark_number(mark)]

    def found_kinds(self) -> list[Any]:
        """Return the kinds of policy that the text names, in order."""
        return [self.values[int(one[2])] for one in MARK.finditer(self.text) if one[1] == "KD"]

    def found(self, text: str, kinds: str) -> list[Any]:
        """Return what the marks of some kinds in a text stand for, in order."""
        return [self.values[int(one[2])] for one in MARK.finditer(text) if one[1] in set(kinds)]

    def plain(self, text: str) -> str:
        """Return a text with the words of the person instead of the marks."""
        while MARK.search(text):
            text = MARK.sub(lambda one: self.words[int(one[2])], text)
        return text

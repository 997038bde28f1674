"""Characters that word processors and web pages put in place of the ones YAML needs."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from topology.load.problems import shorten
from topology.model import Location, Problem, Severity, Source

__all__ = [
    "Typography",
    "find_typography",
    "holds_typography",
    "report_typography",
    "straighten",
    "walk_texts",
]

_DOUBLE: Final = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033"
_SINGLE: Final = "\u2018\u2019\u201a\u201b\u2032"
_SPACES: Final = "\u00a0\u2007\u202f\u2009\u2003\u2002\u3000"
_ODD = re.compile(f"[{_DOUBLE}{_SINGLE}{_SPACES}]")
_INSTEAD = str.maketrans(
    dict.fromkeys(_DOUBLE, '"') | dict.fromkeys(_SINGLE, "'") | dict.fromkeys(_SPACES, " ")
)
_COMMENT = re.compile(r"(?:^|\s)#[^\n]*")

# Prose and configuration of programs: typographic characters are at home there.
_PROSE: Final = frozenset(
    {"annotations", "description", "env", "args", "command", "data", "managedFields", "status"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typography:
    """A typographic character where a plain one is meant."""

    character: str
    written: str
    """The line or value that holds it."""
    line: int
    """Counted from 0 within the text that was searched."""

    def describe(
        self, location: Location, *, consequence: str, severity: Severity = "error"
    ) -> Problem:
        """Return the problem, with what to type instead."""
        space = self.character in _SPACES
        what = "a no-break space" if space else f"the typographic quote {self.character}"
        instead = straighten(self.written)
        return Problem(
            severity=severity,
            code="no-break-space" if space else "smart-quotes",
            message=f"`{shorten(self.written)}` holds {what}. {consequence}",
            hint=f"Type this instead: `{shorten(instead)}`.",
            location=location,
        )


def holds_typography(text: str) -> bool:
    """Say whether a text holds any of the characters at all."""
    return not text.isascii() and _ODD.search(text) is not None


def straighten(text: str) -> str:
    """Return a text with plain quotes and spaces in place of the typographic ones."""
    return text.translate(_INSTEAD)


def find_typography(text: str, *, last_line: int) -> Typography | None:
    """Return the last typographic character outside of comments up to a line, if there is one.

    Args:
        text: The document.
        last_line: Counted from 0; where the parser gave up, which is at or after the cause.
    """
    if not holds_typography(text):
        return None
    lines = text.split("\n")[: last_line + 1]
    for number in range(len(lines) - 1, -1, -1):
        code = _COMMENT.sub("", lines[number])
        match = _ODD.search(code)
        if match:
            return Typography(character=match.group(), written=code.strip(" \t\r"), line=number)
    return None


def report_typography(body: Mapping[str, Any], source: Source) -> Iterator[Problem]:
    """Yield a problem for each value of an object that holds a typographic character."""
    for path, written in walk_texts(body):
        match = _ODD.search(written)
        if match:
            found = Typography(character=match.group(), written=written, line=0)
            consequence = "It is taken as part of the value, as kubectl would."
            yield found.describe(source.at(path), consequence=consequence, severity="warning")


def walk_texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every key and text in a value with its path, except where prose belongs."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            inner = f"{path}.{key}" if path else key
            yield inner, key
            if key not in _PROSE:
                yield from walk_texts(item, inner)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from walk_texts(item, f"{path}[{index}]")

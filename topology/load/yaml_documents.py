"""YAML documents as plain values, with the line of every field, in one pass over the events.

The events come from libyaml. Building values from events instead of nodes takes a third of the
time and no C stack, so that depth can be bounded here.
"""

import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from topology.load.kinds import KEPT_WHOLE
from topology.load.lines import MOST_LEVELS, SMALL, Marks
from topology.load.problems import Report
from topology.load.scalars import resolve_scalar
from topology.load.yaml_events import open_events
from topology.load.yaml_exports import Block, read_export
from topology.load.yaml_faults import describe_yaml_error
from topology.load.yaml_lines import TEXT_MAPS, NotPlain
from topology.model import Location

__all__ = ["YamlDocument", "read_yaml"]

MOST_ALIASED_NODES: Final = 100_000
MOST_DUPLICATES: Final = 100
"""Duplicate keys that are reported of one document; junk may hold millions."""

_SEPARATOR = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_HOLDS_NOTHING = re.compile(
    r"(?:[ \t\r]*(?:#[^\n]*|%[^\n]*|---[ \t\r]*|\.\.\.[ \t\r]*)?(?:\n|\Z))*"
)
_STRING_TAGS = (None, "!", "tag:yaml.org,2002:str")


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlDocument:
    """One document of a YAML file."""

    value: Any
    line: int
    tops: dict[int, int]
    """By id: the lines of the document and of the items of a list in it."""
    marks: Marks
    """Lines of everything; of a large file, of the policies and their like only."""


def read_yaml(text: str, file: str, report: Report) -> Iterator[YamlDocument]:
    """Yield the documents of a YAML text; those that cannot be read become problems.

    Args:
        text: The whole file.
        file: Its name, for the problems.
        report: Takes the problems.
    """
    sparse = len(text) >= SMALL
    for part, line in _split(text):
        if _HOLDS_NOTHING.fullmatch(part):
            continue
        if sparse and (document := _read_export(part, line, file, report)) is not None:
            yield document
            continue
        try:
            yield from _read_part(part, line, file, report, sparse=sparse)
        except yaml.YAMLError as error:
            report.extend(describe_yaml_error(error, part, Location(file, line)))


def _split(text: str) -> Iterator[tuple[str, int]]:
    """Yield the text between `---` lines with the line where each begins.

    A line that starts with `---` ends a document wherever it stands, so a fault cannot reach past
    it: this is what lets the other documents of a broken file be read.
    """
    start, line = 0, 1
    for match in _SEPARATOR.finditer(text):
        if match.start() > start:
            yield text[start : match.start()], line
            line += text.count("\n", start, match.start())
            start = match.start()
    yield text[start:], line


def _read_part(
    text: str, line: int, file: str, report: Report, *, sparse: bool
) -> Iterator[YamlDocument]:
    """Yield the documents of a text that holds at most one `---` line."""
    next_event = open_events(text)
    while (event := next_event()) is not None:
        if type(event) is DocumentStartEvent:
            builder = _Builder(next_event, line, file, report, sparse=sparse)
            value = builder.build()
            yield YamlDocument(
                value=value, line=builder.first_line, tops=builder.tops, marks=builder.marks
            )


def _read_export(text: str, line: int, file: str, report: Report) -> YamlDocument | None:
    """Return the document of a text most of which is plain; None if it is to be read whole."""
    faults = Report()

    def read_events(block: str, first: int, depth: int) -> Block:
        next_event = open_events(block)
        while type(next_event()) is not DocumentStartEvent:
            pass
        builder = _Builder(next_event, first, file, faults, sparse=True)
        value = builder.build(depth)
        # An anchor may be meant for elsewhere, and the place of a fault around the items is not
        # known here. After the document come its own end and that of the stream.
        if builder.has_anchors or (depth == 0 and faults.has_any) or not _ends(next_event):
            raise NotPlain
        return Block(value, builder.first_line, builder.tops, builder.marks)

    try:
        found = read_export(text, line, read_events)
    except (NotPlain, yaml.YAMLError):
        return None
    report.extend(*faults.finish())
    return YamlDocument(value=found.value, line=found.line, tops=found.tops, marks=found.marks)


def _ends(next_event: Callable[[], Any]) -> bool:
    """Say whether no other document follows."""
    while (event := next_event()) is not None:
        if type(event) is DocumentStartEvent:
            return False
    return True


class _Builder:
    """Builds the value of one document from events."""

    def __init__(
        self,
        next_event: Callable[[], Any],
        line: int,
        file: str,
        report: Report,
        *,
        sparse: bool,
    ) -> None:
        self.tops: dict[int, int] = {}
        self.marks: Marks = {}
        self.first_line = line
        self._next = next_event
        self._line = line
        self._file = file
        self._report = report
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._built = 0
        self._aliased = 0
        self._duplicates = 0
        self._sparse = sparse
        self._marking = True

    def build(self, depth: int = 0) -> Any:
        """Return the document's value, which stands at a depth of the whole."""
        event = self._next()
        self.first_line = self._line_of(event)
        return self._value(event, depth)

    @property
    def has_anchors(self) -> bool:
        """Say whether any value was given a name, under which it may be repeated."""
        return bool(self._anchors)

    def _line_of(self, event: Any) -> int:
        return self._line + int(event.start_mark.line)

    def _value(self, event: Any, depth: int, *, as_text: bool = False) -> Any:
        """Return the value that starts with an event."""
        if type(event) is AliasEvent:
            return self._alias(event)
        if depth > MOST_LEVELS:
            raise _refuse(event, "nesting", f"nested deeper than {MOST_LEVELS} levels")
        before = self._built
        value: Any
        if type(event) is ScalarEvent:
            value = _scalar(event)
        elif type(event) is MappingStartEvent:
            value = self._mapping(event, depth, as_text=as_text)
        else:
            value = self._sequence(event, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, self._built - before + 1)
        return value

    def _mapping(self, start: Any, depth: int, *, as_text: bool) -> dict[str, Any]:
        """Return the mapping that was just opened."""
        mapping: dict[str, Any] = {}
        marking = self._marking
        lines: dict[str | int, int] | None = None
        if self._marking:
            lines = self.marks[id(mapping)] = {}
        if depth <= 2:
            self.tops[id(mapping)] = self._line_of(start)
        take, intern = self._next, sys.intern
        merged: set[str] = set()
        while type(key_event := take()) is not MappingEndEvent:
            key = intern(self._key(key_event))
            event = take()
            if key == "<<" and key_event.implicit[0]:
                merged |= self._merge(mapping, self._value(event, depth + 1), event)
                continue
            if key in mapping and key not in merged and self._duplicates < MOST_DUPLICATES:
                self._duplicates += 1
                self._report_duplicate(key, key_event)
            if type(event) is ScalarEvent and event.anchor is None:
                mapping[key] = self._text(event) if as_text else _scalar(event)
            else:
                mapping[key] = self._value(event, depth + 1, as_text=key in TEXT_MAPS)
            if lines is not None:
                lines[key] = self._line_of(key_event)
            if self._sparse and key == "kind" and depth <= 2:
                # kubectl writes the kind before what is long.
                kind = str(mapping[key])
                self._marking = kind in KEPT_WHOLE or kind.endswith("List")
        self._marking = marking
        self._built += len(mapping) + 1
        return mapping

    def _sequence(self, start: Any, depth: int) -> list[Any]:
        """Return the list that was just opened."""
        items: list[Any] = []
        lines: dict[str | int, int] | None = None
        if self._marking:
            lines = self.marks[id(items)] = {}
        if depth <= 2:
            self.tops[id(items)] = self._line_of(start)
        take = self._next
        while type(event := take()) is not SequenceEndEvent:
            if lines is not None:
                lines[len(items)] = self._line_of(event)
            if type(event) is ScalarEvent and event.anchor is None:
                items.append(_scalar(event))
            else:
                items.append(self._value(event, depth + 1))
        self._built += len(items) + 1
        return items

    def _key(self, event: Any) -> str:
        """Return a key as text; a mapping or list cannot be one."""
        if type(event) is ScalarEvent:
            key = str(event.value)
            if event.anchor is not None:
                self._anchors[event.anchor] = (key, 1)
            return key
        if type(event) is AliasEvent:
            return str(self._alias(event))
        raise _refuse(event, "key", "a mapping or a list stands where a key is expected")

    def _alias(self, event: Any) -> Any:
        """Return what an alias stands for, counting what it would expand to."""
        if event.anchor not in self._anchors:
            problem = f"the alias `*{event.anchor}` stands for nothing before it, or for itself"
            raise _refuse(event, "alias", problem)
        value, size = self._anchors[event.anchor]
        self._aliased += size
        self._built += size
        if self._aliased > MOST_ALIASED_NODES:
            problem = f"the aliases expand to more than {MOST_ALIASED_NODES} values"
            raise _refuse(event, "bomb", problem)
        return value

    def _merge(self, mapping: dict[str, Any], value: Any, event: Any) -> set[str]:
        """Add the keys of a `<<` mapping that are not there yet; return their names."""
        added: set[str] = set()
        for source in value if isinstance(value, list) else [value]:
            if not isinstance(source, dict):
                raise _refuse(event, "merge", "`<<` stands before something that is no mapping")
            for key, item in source.items():
                if key not in mapping:
                    mapping[key] = item
                    added.add(key)
        return added

    def _text(self, event: Any) -> str:
        """Return a scalar of a text map as written, reporting what the API server refuses."""
        written = str(event.value)
        meaning = _scalar(event)
        if meaning is not None and not isinstance(meaning, str):
            self._report.add(
                "warning",
                "not-text",
                f"The value `{written}` is a {_type_name(meaning)} where text is required; "
                "it is read as text, but kubectl refuses it.",
                hint=f'Put it in quotes: `"{written}"`.',
                location=Location(self._file, self._line_of(event)),
            )
        return written if meaning is not None else ""

    def _report_duplicate(self, key: str, event: Any) -> None:
        """Say that a key stands twice in one mapping."""
        self._report.add(
            "warning",
            "duplicate-key",
            f"The key `{key}` stands twice in one mapping; the last one counts.",
            hint="Remove one of the two, or merge what they say.",
            location=Location(self._file, self._line_of(event)),
        )


def _scalar(event: Any) -> Any:
    """Return the value of a scalar."""
    if event.implicit[0]:
        return resolve_scalar(event.value)
    if event.tag in _STRING_TAGS:
        return event.value
    return (
        resolve_scalar(event.value) if event.tag.startswith("tag:yaml.org,2002:") else event.value
    )


def _type_name(value: object) -> str:
    """Return the word for a scalar's type."""
    return "Boolean" if isinstance(value, bool) else "number"


def _refuse(event: Any, context: str, problem: str) -> yaml.MarkedYAMLError:
    """Return an error of this module in the form of the parser's own."""
    return yaml.MarkedYAMLError(context, None, problem, event.start_mark)

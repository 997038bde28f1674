"""Why a YAML text cannot be read, in words that say what to type instead."""

import re

import yaml

from topology.load.problems import shorten
from topology.load.typography import find_typography, straighten
from topology.load.yaml_events import fails_later
from topology.model import Location, Problem

__all__ = ["describe_template", "describe_yaml_error"]

_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{\{[^\n]*")
_TEMPLATE_LINE = re.compile(r"^[ \t]*\{\{.*", re.MULTILINE)

_OWN = {
    "nesting": ("yaml-depth", "Flatten it; no Kubernetes object is nested that deep."),
    "bomb": ("yaml-aliases", "Write the values out instead of repeating them by alias."),
    "alias": ("yaml-aliases", "Define the anchor with `&` before the alias, outside of itself."),
    "merge": ("yaml-syntax", "Give `<<` an alias of a mapping."),
    "key": ("yaml-syntax", "Put quotes around the key if it contains braces or brackets."),
}


def describe_yaml_error(error: yaml.YAMLError, text: str, start: Location) -> Problem:
    """Return what is wrong with a text that could not be read.

    Args:
        error: What the parser said.
        text: The part of the file that was parsed.
        start: The file, and the line in it where the text begins.
    """
    line = _line(error, text)
    template = _find_template(text, line)
    if template is not None:
        at = Location(start.file, start.line + text.count("\n", 0, template.start()))
        return describe_template(template.group().strip(), at)
    own = _OWN.get(str(getattr(error, "context", "")))
    if own is None:
        found = find_typography(text, last_line=line + 1)
        # An apostrophe in a description is no cause: the cure must move the fault.
        if found is not None and fails_later(straighten(text), line):
            at = Location(start.file, start.line + found.line)
            return found.describe(at, consequence="The document around it cannot be read.")
    return _syntax_problem(error, text, line, start, own)


def _find_template(text: str, line: int) -> re.Match[str] | None:
    """Return the template expression that a fault comes from: near it, or on a line of its own."""
    lines = text.split("\n")
    first = max(line - 2, 0)
    before = sum(len(one) + 1 for one in lines[:first])
    until = before + sum(len(one) + 1 for one in lines[first : line + 1])
    return _TEMPLATE.search(text, before, until) or _TEMPLATE_LINE.search(text)


def describe_template(expression: str, location: Location) -> Problem:
    """Say that a text is a template, not an object."""
    return Problem(
        severity="error",
        code="template",
        message=f"`{shorten(expression)}` belongs to a template, so the document is set aside.",
        hint="Render it first: `helm template RELEASE CHART > rendered.yaml`.",
        location=location,
    )


def _syntax_problem(
    error: yaml.YAMLError, text: str, line: int, start: Location, own: tuple[str, str] | None
) -> Problem:
    """Say what the parser found, quoting the line."""
    said = str(getattr(error, "problem", "") or getattr(error, "reason", "") or "not valid YAML")
    code, hint = own or ("yaml-syntax", "Check indentation, quotes and colons on and above it.")
    if own is None and _stands_on_tab(error, text):
        code, said = "yaml-tab", "a tab stands where only spaces may indent"
        hint = "Replace the tab by spaces."
    if isinstance(error, yaml.reader.ReaderError):
        code, said = "control-character", f"the character U+{error.character:04X} is not allowed"
        hint = "Remove the character, or save the file as UTF-8 text."
    lines = text.split("\n")
    quoted = shorten(lines[line].strip()) if line < len(lines) else ""
    shown = f" in `{quoted}`" if quoted else ""
    return Problem(
        severity="error",
        code=code,
        message=f"Not valid YAML{shown}: {said}.",
        hint=hint,
        location=Location(start.file, start.line + line),
    )


def _stands_on_tab(error: yaml.YAMLError, text: str) -> bool:
    """Say whether the parser stopped at a tab, or at a line that a tab indents."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return False
    lines = text.split("\n")
    line = lines[mark.line] if mark.line < len(lines) else ""
    return line[mark.column : mark.column + 1] == "\t" or "\t" in line[: mark.column]


def _line(error: yaml.YAMLError, text: str) -> int:
    """Return the line of an error, counted from 0 within the text."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        return int(mark.line)
    position = getattr(error, "position", None)
    if isinstance(position, int):
        return text.encode("utf-8", "replace").count(b"\n", 0, position)
    return 0

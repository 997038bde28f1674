"""Why a YAML text cannot be read, in words that say what to type instead."""

import re

import yaml

from topology.load.problems import shorten
from topology.load.typography import find_typography, straighten
from topology.load.yaml_events import fails_later
from topology.model import Location, Problem

__all__ = ["describe_yaml_error"]

_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{\{[^\n]*")

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
    template = _TEMPLATE.search(text)
    if template:
        return _template_problem(template, text, start)
    own = _OWN.get(str(getattr(error, "context", "")))
    if own is None:
        found = find_typography(text, last_line=line + 1)
        # An apostrophe in a description is no cause: the cure must move the fault.
        if found is not None and fails_later(straighten(text), line):
            at = Location(start.file, start.line + found.line)
            return found.describe(at, consequence="The document around it cannot be read.")
    return _syntax_problem(error, text, line, start, own)


def _template_problem(match: re.Match[str], text: str, start: Location) -> Problem:
    """Say that a text is a template, not an object."""
    line = start.line + text.count("\n", 0, match.start())
    return Problem(
        severity="error",
        code="template",
        message=f"The document is a template (`{shorten(match.group())}`), so it is set aside.",
        hint="Render it first: `helm template RELEASE CHART > rendered.yaml`.",
        location=Location(start.file, line),
    )


def _syntax_problem(
    error: yaml.YAMLError, text: str, line: int, start: Location, own: tuple[str, str] | None
) -> Problem:
    """Say what the parser found, quoting the line."""
    said = str(getattr(error, "problem", "") or getattr(error, "reason", "") or "not valid YAML")
    code, hint = own or ("yaml-syntax", "Check indentation, quotes and colons on and above it.")
    if own is None and "'\\t'" in said:
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


def _line(error: yaml.YAMLError, text: str) -> int:
    """Return the line of an error, counted from 0 within the text."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is not None:
        return int(mark.line)
    position = getattr(error, "position", None)
    if isinstance(position, int):
        return text.encode("utf-8", "replace").count(b"\n", 0, position)
    return 0

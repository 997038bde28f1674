"""Reading of YAML and JSON with the line of every value, for files that people write by hand."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import yaml

from topology.errors import InvalidQuery, UnreadableInput
from topology.ipam.prefixes import parse_network
from topology.model import Address, Location, Network

__all__ = ["Value", "read_document"]

_DEEPEST = 20
_MOST_BYTES = 5_000_000


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a document, with where it stands and how it is called in messages."""

    data: Any
    location: Location
    name: str = "the document"

    def entries(self, *known: str) -> dict[str, "Value"]:
        """Return the entries of a mapping.

        Raises:
            UnreadableInput: It is no mapping, or has a key that is not known.
        """
        if not isinstance(self.data, dict):
            raise self.fault("is no mapping", "Write it as `key: value` lines.")
        for key, value in self.data.items():
            if known and key not in known:
                hint = f"Known are {', '.join(f'`{name}`' for name in known)}."
                message = f"{self.name} has an unknown key `{key}`."
                raise UnreadableInput(message, hint=hint, location=value.location)
        return dict(self.data)

    def items(self) -> Iterator["Value"]:
        """Yield the items of a list; a single value counts as a list of one."""
        if isinstance(self.data, list):
            yield from self.data
        elif self.data is not None:
            yield self

    def text(self) -> str:
        """Return a text; numbers are taken as written."""
        if isinstance(self.data, dict | list) or self.data is None:
            raise self.fault("is no text", "Write a single value.")
        return str(self.data).strip()

    def number(self, lowest: int = 0, highest: int = 10**12) -> int:
        """Return a whole number within limits."""
        written = str(self.data).replace("_", "")
        if isinstance(self.data, dict | list) or not written.lstrip("-").isdigit():
            raise self.fault("is no whole number", f"Give {lowest} or more.")
        number = int(written)
        if not lowest <= number <= highest:
            raise self.fault("is out of range", f"Give {lowest:,} to {highest:,}.")
        return number

    def flag(self) -> bool:
        """Return true or false."""
        known = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
        written = str(self.data).lower()
        if written not in known:
            raise self.fault("is neither true nor false", "Write `true` or `false`.")
        return known[written]

    def network(self) -> Network:
        """Return a range written as a CIDR."""
        text = self.text()
        try:
            if "/" not in text:
                raise self.fault("has no prefix length", "Write it like `10.1.0.0/16`.")
            return parse_network(text)
        except InvalidQuery as error:
            message = f"{self.name}: {error.message}"
            raise UnreadableInput(message, hint=error.hint, location=self.location) from error

    def address(self) -> Address:
        """Return a single address."""
        try:
            return ip_address(self.text())
        except ValueError as error:
            raise self.fault("is no address", "Write it like `10.0.0.10`.") from error

    def fault(self, what: str, hint: str) -> UnreadableInput:
        """Return the error that says what is wrong with this value."""
        shown = "" if isinstance(self.data, dict | list) else f" `{str(self.data)[:60]}`"
        return UnreadableInput(f"{self.name}{shown} {what}.", hint=hint, location=self.location)


def read_document(text: str, file: str) -> Value:
    """Read one YAML or JSON document.

    Args:
        text: Its text.
        file: As the person named it.

    Raises:
        UnreadableInput: It is no YAML, is empty, or is nested too deep; with the line.
    """
    if len(text) > _MOST_BYTES:
        message = f"`{file}` is too large: {len(text):,} characters."
        raise UnreadableInput(message, hint="A description of a network is short.")
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else 0
        message = f"`{file}` is no valid YAML: {error.problem}."
        hint = "Mend the line; indent with spaces."
        raise UnreadableInput(message, hint=hint, location=Location(file, line)) from error
    except yaml.YAMLError as error:
        message = f"`{file}` is no valid YAML."
        raise UnreadableInput(message, hint="Check its encoding.") from error
    if root is None:
        message = f"`{file}` is empty."
        raise UnreadableInput(message, hint="`netassist ipam plan --help` shows one.")
    return _convert(root, file, f"`{file}`", 0)


def _convert(node: yaml.Node, file: str, name: str, depth: int) -> Value:
    place = Location(file, node.start_mark.line + 1)
    if depth > _DEEPEST:
        message = f"`{file}` is nested too deep."
        raise UnreadableInput(message, hint="Nothing here needs so many levels.", location=place)
    if isinstance(node, yaml.MappingNode):
        entries: dict[str, Value] = {}
        for key, value in node.value:
            label = str(key.value)
            if label in entries:
                message = f"{name} has `{label}` twice."
                where = Location(file, key.start_mark.line + 1)
                raise UnreadableInput(message, hint="Keep one of them.", location=where)
            entries[label] = _convert(value, file, f"`{label}`", depth + 1)
        return Value(entries, place, name)
    if isinstance(node, yaml.SequenceNode):
        return Value([_convert(item, file, name, depth + 1) for item in node.value], place, name)
    empty = node.tag == "tag:yaml.org,2002:null"
    return Value(None if empty else node.value, place, name)

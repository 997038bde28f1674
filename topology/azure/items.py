"""Fields of Azure objects, read with forgiveness: what cannot be read is reported and left out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any

from topology.model import Address, Location, Network, Problem, Source

__all__ = ["Item"]

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Item:
    """An object of Azure, or a part of one, with its place and a list that takes problems."""

    body: Mapping[str, Any]
    source: Source
    problems: list[Problem]
    path: str = ""

    @property
    def location(self) -> Location:
        """Return where it stands."""
        return self.source.at(self.path)

    @property
    def id(self) -> str:
        """Return its id in lower case."""
        return self.text("id").lower()

    @property
    def name(self) -> str:
        """Return its name, or the last part of its id."""
        return self.text("name") or self.text("id").rpartition("/")[2]

    def find(self, name: str) -> tuple[Any, str]:
        """Return a field and its path; also under `properties`, whatever the case of its letters.

        The Azure CLI and REST differ in `publicIPAddress` and `publicIpAddress`.
        """
        wanted = name.lower()
        inner = self.body.get("properties")
        for owner, prefix in ((self.body, ""), (inner, "properties.")):
            if not isinstance(owner, Mapping):
                continue
            if owner.get(name) is not None:
                return owner[name], self._at(f"{prefix}{name}")
            for key, value in owner.items():
                if value is not None and str(key).lower() == wanted:
                    return value, self._at(f"{prefix}{key}")
        return None, self._at(name)

    def _at(self, path: str) -> str:
        return f"{self.path}.{path}" if self.path else path

    def part(self, *names: str) -> "Item":
        """Return a mapping inside; an empty one where it is missing."""
        item = self
        for name in names:
            value, path = item.find(name)
            if value is not None and not isinstance(value, Mapping):
                item._fault(value, "a mapping", path)
                value = None
            item = Item(value or {}, self.source, self.problems, path)
        return item

    def parts(self, name: str) -> Iterator["Item"]:
        """Yield the mappings of a list inside."""
        value, path = self.find(name)
        if value is None:
            return
        if not isinstance(value, list):
            self._fault(value, "a list", path)
            return
        for index, entry in enumerate(value):
            if isinstance(entry, Mapping):
                yield Item(entry, self.source, self.problems, f"{path}[{index}]")

    def text(self, *names: str) -> str:
        """Return the first of these fields that is there, as text."""
        for name in names:
            value, path = self.find(name)
            if isinstance(value, dict | list):
                self._fault(value, "text", path)
            elif value is not None:
                return str(value)
        return ""

    def texts(self, *names: str) -> list[tuple[str, str]]:
        """Return the texts of fields that are lists or single values, each with its path."""
        found: list[tuple[str, str]] = []
        for name in names:
            value, path = self.find(name)
            listed = value if isinstance(value, list) else [value]
            for index, entry in enumerate(listed):
                if isinstance(entry, str | int) and str(entry).strip():
                    at = f"{path}[{index}]" if isinstance(value, list) else path
                    found.append((str(entry).strip(), at))
        return list(dict.fromkeys(found))

    def number(self, name: str) -> int | None:
        """Return a whole number; None where it is missing."""
        value, path = self.find(name)
        if value is None or isinstance(value, bool):
            return None
        if isinstance(value, int):
            return value
        if isinstance(value, str) and value.strip().lstrip("-").isdigit():
            return int(value)
        self._fault(value, "a whole number", path)
        return None

    def flag(self, name: str) -> bool | None:
        """Return true or false; None where it is missing."""
        value, _ = self.find(name)
        if isinstance(value, bool):
            return value
        return {"true": True, "false": False}.get(str(value).lower())

    def address(self, name: str) -> Address | None:
        """Return an IP address; None where it is missing."""
        text = self.text(name)
        if not text:
            return None
        try:
            return ip_address(text)
        except ValueError:
            self._fault(text, "an IP address", self.find(name)[1])
            return None

    def networks(self, *names: str) -> tuple[Network, ...]:
        """Return the ranges of fields that are lists or single values, each once."""
        found = [self.network(text, path) for text, path in self.texts(*names)]
        return tuple(dict.fromkeys(one for one in found if one is not None))

    def network(self, text: str, path: str) -> Network | None:
        """Return a range; None for what is none, which is reported."""
        try:
            return ip_network(text, strict=False)
        except ValueError:
            self._fault(text, "a range of addresses", path)
            return None

    def reference(self, *names: str) -> str:
        """Return the id, in lower case, of what a field refers to; empty where it is missing."""
        for name in names:
            value, _ = self.find(name)
            if isinstance(value, Mapping):
                return str(value.get("id") or "").lower()
            if isinstance(value, str):
                return value.lower()
        return ""

    def references(self, name: str) -> tuple[str, ...]:
        """Return the ids, in lower case, of what a list refers to."""
        return tuple(dict.fromkeys(part.id for part in self.parts(name) if part.id))

    def _fault(self, value: Any, expected: str, path: str) -> None:
        shown = "a mapping" if isinstance(value, Mapping) else f"`{str(value)[:_SHOWN]}`"
        shown = "a list" if isinstance(value, list) else shown
        self.problems.append(
            Problem(
                severity="warning",
                code="azure-field",
                message=f"`{path}` is {shown} where {expected} is expected; it is left out.",
                hint="Export it again with `az … -o json`.",
                location=self.source.at(path),
            )
        )

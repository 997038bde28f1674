"""Walking through the rules of a policy as it is written, whatever is wrong with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from topology.model import Document
from topology.policy.verdict import Direction

__all__ = ["Item", "Section", "items", "mappings", "rules_of", "specs_of", "strings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One of ingress, ingressDeny, egress and egressDeny."""

    name: str
    direction: Direction
    deny: bool
    side: str
    """`from` or `to`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One rule of a Cilium policy."""

    section: Section
    body: Mapping[str, Any]
    path: str
    spec: Mapping[str, Any]
    spec_path: str

    def has(self, *fields: str) -> bool:
        """Return whether any of the fields holds something."""
        return any(self.body.get(field) for field in fields)

    @property
    def peer_fields(self) -> tuple[str, ...]:
        """Return the fields that name the other end."""
        side = self.section.side
        return tuple(name for name in self.body if name.startswith(side) and name != "toPorts")

    def ports(self) -> Iterator[tuple[Mapping[str, Any], str]]:
        """Yield the items of toPorts with their paths."""
        yield from mappings(self.body.get("toPorts"), f"{self.path}.toPorts")


SECTIONS = (
    Section(name="ingress", direction="ingress", deny=False, side="from"),
    Section(name="ingressDeny", direction="ingress", deny=True, side="from"),
    Section(name="egress", direction="egress", deny=False, side="to"),
    Section(name="egressDeny", direction="egress", deny=True, side="to"),
)


def specs_of(document: Document) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield each spec of a Cilium policy with its path."""
    single = document.body.get("spec")
    if isinstance(single, Mapping):
        yield single, "spec"
    yield from mappings(document.body.get("specs"), "specs")


def rules_of(document: Document) -> Iterator[Item]:
    """Yield each rule of a Cilium policy."""
    for spec, spec_path in specs_of(document):
        for section in SECTIONS:
            for body, path in mappings(spec.get(section.name), f"{spec_path}.{section.name}"):
                yield Item(section=section, body=body, path=path, spec=spec, spec_path=spec_path)


def items(value: Any, path: str) -> Iterator[tuple[Any, str]]:
    """Yield the items of a list with their paths; nothing where there is no list."""
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield item, f"{path}[{number}]"


def mappings(value: Any, path: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Yield the objects of a list with their paths."""
    for item, place in items(value, path):
        if isinstance(item, Mapping):
            yield item, place


def strings(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield the texts of a list with their paths."""
    for item, place in items(value, path):
        if isinstance(item, str):
            yield item, place

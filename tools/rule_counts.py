"""How many rules a network policy has."""

from collections.abc import Mapping

from tools.selector_text import listing, mapping
from topology.model import Document

__all__ = ["count_rules"]


def count_rules(document: Document, direction: str) -> int:
    """Return how many rules a network policy writes for one direction, deny rules included."""
    specs = [document.body.get("spec"), *listing(document.body.get("specs"))]
    return sum(len(_rules(mapping(spec), direction)) for spec in specs)


def _rules(spec: Mapping[str, object], direction: str) -> list[object]:
    return [*listing(spec.get(direction)), *listing(spec.get(f"{direction}Deny"))]

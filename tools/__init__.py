"""Tools: what the assistant can do, each defined once and independent of any framework."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.spec import ToolSpec

__all__ = ["FAMILIES", "registry"]

FAMILIES = (
    "address_ranges",
    "address_book",
    "address_changes",
    "addresses",
    "author",
    "azure",
    "dead_rules",
    "diagnosis",
    "docs",
    "explain",
    "flows",
    "inventory",
    "matrix",
    "mend",
    "mesh",
    "metrics",
    "modes",
    "planning",
    "policies",
    "policy_checks",
    "prove",
    "reach",
    "review",
    "rewrite",
    "service_path",
    "simulate",
)
"""Modules whose ToolSpecs make up the registry."""


def registry() -> "tuple[ToolSpec, ...]":
    """Return every tool, sorted by name; the families are imported on the first call.

    Tools of plugins come with them; none of theirs can take the name of one of ours.
    """
    from tools.plugins import plugged_tools
    from tools.spec import ToolSpec

    found = {spec.name: spec for spec in plugged_tools()}
    found |= {
        value.name: value
        for family in FAMILIES
        for value in vars(import_module(f"tools.{family}")).values()
        if isinstance(value, ToolSpec)
    }
    return tuple(found[name] for name in sorted(found))

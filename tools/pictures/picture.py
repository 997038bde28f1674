"""What a picture shows, whatever it is drawn with: boxes in groups, and arrows between them."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["COLOURS", "SIGNS", "Edge", "Node", "Picture", "Verdict"]

Verdict = Literal["allow", "some", "conditional", "unknown", "deny", "none", ""]
"""`some`: not on every port. Empty: an arrow that says how things hang together, no verdict."""

SIGNS: dict[Verdict, str] = {
    "allow": "+", "some": "~", "conditional": "~", "unknown": "?", "deny": "x", "none": "-", "": "",
}  # fmt: skip
"""Beside the colour, never instead of it."""
COLOURS: dict[Verdict, str] = {
    "allow": "#1a7f37", "some": "#9a6700", "conditional": "#9a6700", "unknown": "#6e7781",
    "deny": "#cf222e", "none": "#8c959f", "": "#57606a",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Node:
    """A box."""

    name: str
    """Tells it from all others."""
    label: str
    """What is written in it; several lines are parted by newlines."""
    group: str = ""
    """Boxes of one group stand together, under its name; empty: in none."""
    verdict: Verdict = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow."""

    source: str
    target: str
    label: str = ""
    verdict: Verdict = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that is shown."""

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    downwards: bool = False
    """Whether it reads from top to bottom, as a path does."""
    notes: tuple[str, ...] = ()
    """What the picture leaves out, and what could not be checked."""

    @property
    def groups(self) -> dict[str, tuple[Node, ...]]:
        """The boxes by group, in the order in which they were given."""
        found: dict[str, list[Node]] = {}
        for node in self.nodes:
            found.setdefault(node.group, []).append(node)
        return {name: tuple(nodes) for name, nodes in found.items()}

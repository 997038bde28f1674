"""Where imported ranges come to lie: CIDRs nest or are disjoint, so one pass finds every parent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from topology.ipam.book.entries import Entry, Role
from topology.ipam.book.importing.rows import ImportRow, Reading, complain
from topology.ipam.book.ranges import Span

__all__ = ["Node", "level_of", "nest"]

_ELSEWHERE = "The rest was imported; give this one a space of its own, or correct it."


@dataclass(slots=True, eq=False)
class Node:
    """A range on its way into the book, or one that is there."""

    span: Span
    """Of its network."""
    slot: Span
    role: Role
    kind: str
    name: str
    owner: str
    row: ImportRow | None = None
    entry: Entry | None = None
    parent: "Node | None" = None
    promoted: bool = False
    """Whether it became a block because something lies in it."""
    id: int = field(default=0)

    @classmethod
    def of_entry(cls, entry: Entry) -> "Node":
        """Return the node of what is in the book."""
        return cls(
            span=Span.of(entry.network),
            slot=Span.of(entry.slot),
            role=entry.role,
            kind=entry.kind,
            name=entry.name,
            owner=entry.tags.get("id", ""),
            entry=entry,
            id=entry.id,
        )

    @classmethod
    def of_row(cls, row: ImportRow) -> "Node":
        """Return the node of a new row."""
        span = Span.of(row.network)
        return cls(
            span=span,
            slot=span,
            role=row.role or "allocation",
            kind=row.kind,
            name=row.name,
            owner=row.owner,
            row=row,
        )

    @property
    def label(self) -> str:
        """Return how a message calls it."""
        network = f"`{self.span.network}`"
        where = f" ({self.row.location})" if self.row else ""
        return (f"{network} of `{self.name}`" if self.name else network) + where


def level_of(role: Role | None, kind: str) -> int:
    """Return the order of things that have the same range: block, VNet, then what is in them."""
    if kind == "vnet":
        return 1
    return 0 if role == "block" else 2


def nest(entries: Iterable[Entry], rows: Sequence[ImportRow], reading: Reading) -> list[Node]:
    """Return entries and rows with their parents, outer ones first; refuse rows that cannot be.

    Args:
        entries: What the space holds.
        rows: New ones, none equal to another or to an entry.
        reading: Takes the complaints.
    """
    there = list(entries)
    refused: set[int] = set()
    while True:
        nodes = [Node.of_entry(entry) for entry in there]
        nodes += [Node.of_row(row) for row in rows if id(row) not in refused]
        nodes.sort(key=_order)
        known = len(refused)
        kept = _sweep(nodes, refused, reading)
        if len(refused) == known:
            return kept


def _order(node: Node) -> tuple[int, int, int, int]:
    slot = node.slot
    return (slot.family, slot.low, -slot.bits, level_of(node.role, node.kind))


def _sweep(nodes: Sequence[Node], refused: set[int], reading: Reading) -> list[Node]:
    kept: list[Node] = []
    stack: list[Node] = []
    for node in nodes:
        while stack and not stack[-1].slot.holds(node.slot):
            stack.pop()
        outer = stack[-1] if stack else None
        fault = _fault(node, outer) if outer else ""
        if fault and node.row:
            refused.add(id(node.row))
            complain(reading, "overlap", fault, _ELSEWHERE, node.row.location)
            continue
        if fault and outer and outer.row:
            # What is in the book stays; the new range around it goes, and the pass is repeated.
            refused.add(id(outer.row))
            complain(reading, "overlap", fault, _ELSEWHERE, outer.row.location)
        if outer and outer.role != "block" and not fault:
            outer.role, outer.promoted = "block", True
        node.parent = outer
        kept.append(node)
        stack.append(node)
    return kept


def _fault(node: Node, outer: Node) -> str:
    """Return why a node may not lie in another; nothing if it may."""
    if node.entry and outer.entry and node.entry.parent == outer.entry.id:
        return ""
    said = f"{_said(node, outer)} overlaps {_said(outer, node)}"
    if not outer.span.holds(node.slot):
        return f"{said}, which keeps {outer.slot.network} for its growth."
    if node.kind == outer.kind == "vnet":
        return f"{said}: VNets of one space may not overlap."
    if outer.role == "reservation":
        return f"{said}, which is reserved."
    within = node.row.within if node.row else ""
    if within and outer.kind == "vnet" and outer.owner and outer.owner != within:
        return f"{said}, a VNet that it is no subnet of."
    if outer.role != "block" and (outer.owner or within):
        return f"{said}."
    return ""


def _said(node: Node, other: Node) -> str:
    """Name a node; its line only if the complaint is about the other one."""
    network = f"`{node.span.network}`" + (f" of `{node.name}`" if node.name else "")
    about = node.row is not None and other.row is not None
    return f"{network} ({node.row.location})" if about and node.row else network

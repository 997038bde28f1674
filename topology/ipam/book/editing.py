"""Changes to single entries: entered at a given place, resized, described, released."""

from dataclasses import dataclass, replace
from datetime import datetime

from topology.errors import InvalidQuery
from topology.ipam.book.entries import Draft, Entry, Tags
from topology.ipam.book.ledger import Ledger
from topology.ipam.book.ranges import Span
from topology.model import Network

__all__ = ["KEEP", "Edits", "add_block", "edit", "enter", "release", "resize"]


class _Keep:
    """Stands for: leave it as it is."""


KEEP = _Keep()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """What to change about an entry; `KEEP` and None leave things as they are."""

    name: str | None = None
    kind: str | None = None
    tags: Tags | None = None
    """Added to those it has; an empty value takes a tag away."""
    notes: str | None = None
    expires: datetime | _Keep | None = KEEP
    headroom: int | None = None
    """Doublings to keep free; 0 gives up what is kept."""


def add_block(ledger: Ledger, draft: Draft, space: str) -> Entry:
    """Enter a block; what lies at its place already comes to lie in it.

    Raises:
        Overlap: It cuts through something.
        InvalidQuery: The very same block is there.
    """
    span = Span.of(draft.network)
    holder = ledger.entries.innermost(space, span)
    parent = holder.id if holder else 0
    if holder and holder.network == draft.network:
        message = f"The space `{space}` has the block `{draft.network}` already."
        raise InvalidQuery(message, hint="See: netassist ipam show")
    inside = [
        entry
        for entry in ledger.entries.overlapping(space, parent, span)
        if span.holds(Span.of(entry.slot))
    ]
    block = ledger.draft(replace(draft, role="block"), space, parent)
    if any(entry.role != "block" and entry.network == draft.network for entry in inside):
        message = f"`{draft.network}` is allocated already, and not as a block."
        raise InvalidQuery(message, hint="Release it first, or choose another range.")
    for entry in inside:
        # They step aside, so that the block finds its place free; then they step into it.
        ledger.apply(entry, None)
    ledger.apply(None, block)
    for entry in inside:
        ledger.apply(None, replace(entry, parent=block.id))
    return block


def enter(ledger: Ledger, draft: Draft, space: str) -> Entry:
    """Enter an allocation or reservation at a given place.

    Raises:
        Overlap: The place is not free.
    """
    span = Span.of(draft.slot or draft.network)
    holder = ledger.entries.innermost(space, span)
    entry = ledger.draft(draft, space, holder.id if holder else 0)
    ledger.apply(None, entry)
    return entry


def resize(ledger: Ledger, entry: Entry, prefix: int) -> Entry:
    """Give an entry another prefix length: larger around it, or the first part of it.

    Raises:
        Overlap: A neighbour is in the way.
        InvalidQuery: There is no such prefix, its block ends before, or children would fall out.
    """
    network = _resized(entry.network, prefix)
    span = Span.of(network)
    slot = entry.slot if Span.of(entry.slot).holds(span) else network
    if prefix > entry.network.prefixlen:
        slot = network
    after = replace(entry, network=network, slot=slot)
    block = ledger.entries.get(entry.parent)
    if block and not Span.of(block.network).holds(Span.of(slot)):
        message = f"`{network}` would reach beyond its block {block.label}."
        raise InvalidQuery(message, hint="Resize the block first, or allocate a new range.")
    _check_children(ledger, entry, span)
    ledger.apply(entry, after)
    return after


def edit(ledger: Ledger, entry: Entry, edits: Edits) -> Entry:
    """Change what is said about an entry, or how much is kept for its growth.

    Raises:
        Overlap: The head-room is not free.
        InvalidQuery: The head-room would reach beyond the block.
    """
    after = entry
    for name in ("name", "kind", "notes"):
        value = getattr(edits, name)
        if value is not None:
            after = replace(after, **{name: value})
    if edits.tags is not None:
        tags = {**entry.tags, **edits.tags}
        after = replace(after, tags={name: text for name, text in tags.items() if text})
    if not isinstance(edits.expires, _Keep):
        after = replace(after, expires=edits.expires)
    if edits.headroom is not None:
        after = replace(
            after, slot=_resized(entry.network, entry.network.prefixlen - edits.headroom)
        )
        block = ledger.entries.get(entry.parent)
        if block and not Span.of(block.network).holds(Span.of(after.slot)):
            message = f"`{after.slot}` would reach beyond the block {block.label}."
            raise InvalidQuery(message, hint="Keep less head-room.")
    if after != entry:
        ledger.apply(entry, after)
    return after


def release(ledger: Ledger, entry: Entry, *, with_children: bool = False) -> tuple[Entry, ...]:
    """Release an entry and, if asked for, everything in it; return them, inner ones first.

    Raises:
        InvalidQuery: Something lies in it.
    """
    inside = ledger.entries.children(entry.space, entry.id) if entry.role == "block" else []
    if inside and not with_children:
        shown = ", ".join(f"`{one.name or one.network}`" for one in inside[:3])
        more = f" and {len(inside) - 3} more" if len(inside) > 3 else ""
        message = f"`{entry.name or entry.network}` still holds {shown}{more}."
        raise InvalidQuery(message, hint="Release those first, or all with --with-children.")
    released: list[Entry] = []
    for one in inside:
        released += release(ledger, one, with_children=True)
    ledger.apply(entry, None)
    return (*released, entry)


def _resized(network: Network, prefix: int) -> Network:
    if not 0 <= prefix <= network.max_prefixlen:
        message = f"`/{prefix}` is no prefix of IPv{network.version}."
        raise InvalidQuery(message, hint=f"Give one from /0 to /{network.max_prefixlen}.")
    if prefix <= network.prefixlen:
        return network.supernet(new_prefix=prefix)
    return type(network)((int(network.network_address), prefix))


def _check_children(ledger: Ledger, entry: Entry, span: Span) -> None:
    if entry.role != "block":
        return
    for child in ledger.entries.children(entry.space, entry.id):
        if not span.holds(Span.of(child.slot)):
            message = f"{child.label} would fall out of `{span.network}`."
            raise InvalidQuery(message, hint="Release or move it first.")

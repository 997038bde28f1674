"""Entries and spaces as rows of tables, and as JSON in the history."""

from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import ip_network
from types import MappingProxyType
from typing import Any, cast

import orjson

from topology.errors import InvalidQuery
from topology.ipam.book.entries import Entry, Role, Space
from topology.ipam.book.ranges import Span, read_low, write_low

__all__ = [
    "entry_of",
    "entry_row",
    "is_keepable",
    "item_of",
    "read_time",
    "space_of",
    "space_row",
    "span_of",
    "write_item",
    "write_time",
]


def write_time(moment: datetime) -> str:
    """Return a moment as it is stored: UTC, microseconds, sorts as text."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_time(text: str) -> datetime:
    """Return a stored moment."""
    return datetime.fromisoformat(text)


def span_of(row: Any) -> Span:
    """Return the slot of a row of entries, or the range of a row of free ranges."""
    return Span(row.family, read_low(row.low), row.bits)


def entry_row(entry: Entry) -> dict[str, Any]:
    """Return an entry as a row.

    Raises:
        InvalidQuery: A text holds what no database keeps.
    """
    for text in (entry.name, entry.kind, entry.notes, entry.key, entry.space):
        if not is_keepable(text):
            shown = text.encode("utf-8", "replace").decode().replace("\0", "?")
            message = f"`{shown}` holds a character that cannot be kept."
            raise InvalidQuery(message, hint="Leave it out.")
    slot = Span.of(entry.slot)
    return {
        "id": entry.id,
        "space": entry.space,
        "parent": entry.parent,
        "role": entry.role,
        "family": slot.family,
        "low": write_low(slot.family, slot.low),
        "bits": slot.bits,
        "network": str(entry.network),
        "name": entry.name,
        "kind": entry.kind,
        "tags": _write(dict(entry.tags)),
        "notes": entry.notes,
        "key": entry.key or None,
        "expires": write_time(entry.expires) if entry.expires else None,
        "created": write_time(entry.created),
        "created_by": entry.created_by,
    }


def entry_of(row: Any) -> Entry:
    """Return the entry of a row, which may also be one of the history."""
    values: Mapping[str, Any] = row if isinstance(row, Mapping) else row._mapping
    expires = values["expires"]
    slot = Span(values["family"], read_low(values["low"]), values["bits"])
    return Entry(
        id=values["id"],
        space=values["space"],
        parent=values["parent"],
        role=cast("Role", values["role"]),
        network=ip_network(values["network"]),
        slot=slot.network,
        name=values["name"],
        kind=values["kind"],
        tags=MappingProxyType(orjson.loads(values["tags"])),
        notes=values["notes"],
        key=values["key"] or "",
        expires=read_time(expires) if expires else None,
        created=read_time(values["created"]),
        created_by=values["created_by"],
    )


def space_row(space: Space) -> dict[str, Any]:
    """Return a space as a row."""
    return {
        "id": space.id,
        "name": space.name,
        "notes": space.notes,
        "created": write_time(space.created),
        "created_by": space.created_by,
    }


def space_of(row: Any) -> Space:
    """Return the space of a row, which may also be one of the history."""
    values: Mapping[str, Any] = row if isinstance(row, Mapping) else row._mapping
    return Space(
        id=values["id"],
        name=values["name"],
        notes=values["notes"],
        created=read_time(values["created"]),
        created_by=values["created_by"],
    )


def write_item(item: Entry | Space | None) -> str | None:
    """Return an entry or space as the history keeps it."""
    if item is None:
        return None
    row = entry_row(item) if isinstance(item, Entry) else space_row(item)
    return _write(row)


def item_of(text: str | None) -> Entry | Space | None:
    """Return what `write_item` wrote."""
    if text is None:
        return None
    row = orjson.loads(text)
    return entry_of(row) if "network" in row else space_of(row)


def _write(data: Mapping[str, Any]) -> str:
    return orjson.dumps(data, option=orjson.OPT_SORT_KEYS).decode()


def is_keepable(text: str) -> bool:
    """Return whether a text has no NUL and no half of a surrogate pair, which databases refuse."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)

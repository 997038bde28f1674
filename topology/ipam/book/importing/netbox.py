"""Prefixes as NetBox exports them as JSON: its API's pages, or a plain list."""

from collections.abc import Mapping
from typing import Any

from topology.ipam.book.entries import Role
from topology.ipam.book.importing.rows import ImportRow, Reading, read_range
from topology.model import Source

__all__ = ["is_prefix", "read_prefix", "role_of"]

_ROLES: dict[str, Role] = {"container": "block", "reserved": "reservation"}


def is_prefix(item: Mapping[str, Any]) -> bool:
    """Return whether an object is a prefix of NetBox."""
    return "prefix" in item


def role_of(status: str) -> Role | None:
    """Return what a status of NetBox means here; None: whatever its place makes of it."""
    return _ROLES.get(status.strip().lower())


def read_prefix(item: Mapping[str, Any], path: str, source: Source, reading: Reading) -> None:
    """Read one prefix."""
    place = source.at(f"{path}.prefix" if path else "prefix")
    network = read_range(item.get("prefix"), reading, place)
    if network is None:
        return
    status = _said(item.get("status"))
    tags = {
        name: text
        for name in ("tenant", "site", "scope", "vlan")
        if (text := _said(item.get(name)))
    }
    if status.lower() == "deprecated":
        tags["status"] = "deprecated"
    for tag in item.get("tags") or ():
        text = _said(tag)
        if text:
            tags[text] = "yes"
    reading.rows.append(
        ImportRow(
            network=network,
            location=place,
            name=str(item.get("description") or ""),
            kind=_said(item.get("role")).lower(),
            role=role_of(status),
            space=_said(item.get("vrf")),
            tags=tags,
            notes=str(item.get("comments") or ""),
        )
    )


def _said(value: object) -> str:
    """Return the words of a value, which NetBox gives as text or as an object with a name."""
    if isinstance(value, Mapping):
        for name in ("value", "slug", "name", "display", "label"):
            if value.get(name) not in (None, ""):
                return str(value["name"] if value.get("name") else value[name])
        return ""
    return "" if value is None else str(value)

"""The colour of each use: the same in every picture, and told apart by people who see fewer."""

from collections.abc import Iterable

from topology.ipam.book.entries import Entry

__all__ = ["FREE", "RESERVED", "colour_of", "colours_of", "use_of_entry"]

_KNOWN = {
    "nodes": "#3b6fb6",
    "pods": "#2a9d8f",
    "services": "#7b5ea7",
    "vnet": "#5b6b7b",
    "block": "#8a97a5",
    "subnet": "#7aa6c9",
    "gateway": "#b5651d",
    "firewall": "#c44536",
    "bastion": "#d98032",
    "app gateway": "#c9a227",
    "app gateway for containers": "#a3a380",
    "private endpoints": "#c06c9d",
    "api server": "#4f5d95",
    "api server or pods": "#4f5d95",
    "dns resolver": "#6a994e",
    "route server": "#8d6a4a",
}
_OTHERS = ("#9c6644", "#577590", "#bc6c25", "#588157", "#6d597a", "#b56576", "#355070", "#7f5539")
RESERVED = "#e0b84c"
FREE = "#f3f5f7"


def use_of_entry(entry: Entry) -> str:
    """Return the use of an entry in one word or two; it decides the colour."""
    if entry.role == "reservation":
        return "reserved"
    if entry.kind:
        return entry.kind
    return "block" if entry.role == "block" else "subnet"


def colours_of(entries: Iterable[Entry]) -> dict[str, str]:
    """Return the colour of each use that occurs, known ones first, then by name."""
    uses = sorted({use_of_entry(entry) for entry in entries})
    others = [use for use in uses if use not in _KNOWN and use != "reserved"]
    order = [use for use in _KNOWN if use in uses] + others
    order += ["reserved"] if "reserved" in uses else []
    return {use: colour_of(use, others) for use in order}


def colour_of(use: str, others: list[str]) -> str:
    """Return the colour of one use; unknown ones take turns."""
    if use == "reserved":
        return RESERVED
    return _KNOWN.get(use) or _OTHERS[others.index(use) % len(_OTHERS)]

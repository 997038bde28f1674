"""CSV: columns of ours, of NetBox, and of whoever kept a spreadsheet.

Columns (any order, any case; other columns are left aside):

| column | also called | holds |
|---|---|---|
| prefix | cidr, network, range, subnet, address_prefix | the range; the only one needed |
| name | label, description (without a name) | what it is called |
| kind | role, use, purpose | what it is used as: vnet, nodes, pods ... |
| type | status | block (or container), allocation (or active), reservation (or reserved) |
| space | vrf | the space; empty: the one that is imported into |
| tags | labels | `a=b; c=d`, or words |
| notes | comments, comment, description (beside a name) | anything |
| expires | expiry, until | a date, of a reservation |
"""

import csv
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from topology.ipam.book.entries import Role
from topology.ipam.book.importing.netbox import role_of
from topology.ipam.book.importing.rows import ImportRow, Reading, complain, read_range
from topology.load.problems import shorten
from topology.model import Location

__all__ = ["COLUMNS", "read_table", "read_tags", "read_when"]

COLUMNS = {
    "prefix": ("prefix", "cidr", "network", "range", "subnet", "address_prefix", "addressprefix"),
    "name": ("name", "label"),
    "kind": ("kind", "role", "use", "purpose"),
    "type": ("type", "status"),
    "space": ("space", "vrf"),
    "tags": ("tags", "labels"),
    "notes": ("notes", "comments", "comment"),
    "description": ("description",),
    "expires": ("expires", "expiry", "until"),
    "tenant": ("tenant",),
    "site": ("site", "scope"),
}
"""Meaning to the names by which a column of it is known, the first that is there counts."""
_TYPES: dict[str, Role | None] = {
    "": None,
    "active": None,
    "allocation": "allocation",
    "block": "block",
    "deprecated": None,
    "reservation": "reservation",
}
_DELIMITERS = ",;\t|"


def read_table(text: str, file: str, reading: Reading) -> None:
    """Read a table; each row that cannot be read is complained of by itself."""
    lines = text.splitlines()
    header = next((n for n, line in enumerate(lines) if _counts(line)), None)
    if header is None:
        complain(reading, "empty", f"`{file}` holds nothing.", "Give a table.", Location(file))
        return
    delimiter = max(_DELIMITERS, key=lines[header].count)
    names = next(csv.reader([lines[header]], delimiter=delimiter))
    places = _find_columns(names)
    if "prefix" not in places:
        shown = shorten(lines[header].strip())
        message = f"No column of the header `{shown}` holds ranges."
        hint = f"Name one of them `prefix`; known names: {', '.join(COLUMNS['prefix'])}."
        complain(reading, "header", message, hint, Location(file, header + 1))
        return
    for line, cells in _cells(lines, header + 1, delimiter, file, reading):
        _read_row(_Row(cells, places), Location(file, line), reading)


class _Row:
    """The cells of one row by their meaning."""

    def __init__(self, cells: list[str], places: Mapping[str, int]) -> None:
        self._cells = cells
        self._places = places

    def __getitem__(self, name: str) -> str:
        place = self._places.get(name, -1)
        return self._cells[place].strip() if 0 <= place < len(self._cells) else ""


def _cells(
    lines: list[str], start: int, delimiter: str, file: str, reading: Reading
) -> Iterator[tuple[int, list[str]]]:
    """Yield the cells of each row with its first line; a quoted cell may hold several lines."""
    position = start
    while position < len(lines):
        first = position
        position += 1
        if not _counts(lines[first]):
            continue
        while _is_open(lines[first:position]) and position < len(lines):
            position += 1
        try:
            rows = list(csv.reader(lines[first:position], delimiter=delimiter, strict=True))
        except csv.Error as error:
            message = f"The row `{shorten(lines[first].strip())}` cannot be read: {error}."
            complain(reading, "row", message, "Check its quotes.", Location(file, first + 1))
            continue
        if rows and any(cell.strip() for cell in rows[0]):
            yield first + 1, rows[0]


def _counts(line: str) -> bool:
    """Return whether a line holds anything; a comment does not."""
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _is_open(lines: list[str]) -> bool:
    return sum(line.count('"') for line in lines) % 2 == 1


def _find_columns(names: list[str]) -> dict[str, int]:
    said = [name.strip().lower().replace(" ", "_").lstrip("\ufeff") for name in names]
    return {
        meaning: said.index(known)
        for meaning, aliases in COLUMNS.items()
        if (known := next((alias for alias in aliases if alias in said), None)) is not None
    }


def _read_row(row: _Row, place: Location, reading: Reading) -> None:
    network = read_range(row["prefix"], reading, place)
    if network is None:
        return
    status = row["type"].lower()
    if status not in _TYPES and role_of(status) is None:
        message = f"`{shorten(row['type'])}` is no type of a range."
        hint = "It is taken as active; the types are block, allocation and reservation."
        complain(reading, "type", message, hint, place, warn=True)
    expires = None
    if row["expires"]:
        expires = read_when(row["expires"])
        if expires is None:
            message = f"`{shorten(row['expires'])}` is no date."
            complain(reading, "expires", message, "Write it like `2026-12-31`.", place)
            return
    tags = read_tags(row["tags"])
    tags |= {name: row[name] for name in ("tenant", "site") if row[name]}
    if status == "deprecated":
        tags["status"] = "deprecated"
    reading.rows.append(
        ImportRow(
            network=network,
            location=place,
            name=row["name"] or row["description"],
            kind=row["kind"].lower(),
            role=role_of(status) or _TYPES.get(status),
            space=row["space"],
            tags=tags,
            notes=row["notes"] or (row["description"] if row["name"] else ""),
            expires=expires,
        )
    )


def read_tags(text: str) -> dict[str, str]:
    """Read `a=b; c=d`, or words with commas between them.

    >>> read_tags("env=prod; pci")
    {'env': 'prod', 'pci': 'yes'}
    """
    found = {}
    parts = text.split(";")
    if len(parts) == 1 and ("=" not in text or all("=" in one for one in text.split(","))):
        # A comma within a value is only told from one between tags by what follows it.
        parts = text.split(",")
    for part in parts:
        name, _, value = part.strip().partition("=")
        if name.strip():
            found[name.strip()] = value.strip() or "yes"
    return found


def read_when(text: str) -> datetime | None:
    """Read a date or a moment; without a zone it is UTC. None if it is neither."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

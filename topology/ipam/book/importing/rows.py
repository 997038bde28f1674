"""What a file says about ranges, row by row, before it meets the book."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_network

from topology.errors import InvalidQuery
from topology.ipam.book.entries import NO_TAGS, Role, Tags
from topology.ipam.prefixes import parse_network
from topology.load.problems import shorten
from topology.model import Location, Network, Problem

__all__ = ["Annotation", "ImportRow", "Reading", "complain", "read_range"]


def _no_tags() -> Tags:
    return NO_TAGS


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow:
    """One range as a file tells of it."""

    network: Network
    location: Location
    name: str = ""
    kind: str = ""
    role: Role | None = None
    """None: a block if others of the file lie in it, else an allocation."""
    space: str = ""
    """Empty: the space that is imported into."""
    tags: Tags = field(default_factory=_no_tags)
    notes: str = ""
    expires: datetime | None = None
    owner: str = ""
    """Identity elsewhere, such as an Azure resource id, in lower case: what makes two rows one."""
    within: str = ""
    """Owner of the block that must hold it: the VNet of a subnet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """What a file says about a range that another file tells of: which cluster uses a subnet."""

    owner: str
    kind: str
    tags: Mapping[str, str]
    location: Location


@dataclass(slots=True)
class Reading:
    """What was read so far."""

    rows: list[ImportRow] = field(default_factory=list)
    annotations: list[Annotation] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    forms: dict[str, str] = field(default_factory=dict)
    """By file: what it turned out to be."""


def complain(
    reading: Reading, code: str, message: str, hint: str, location: Location, *, warn: bool = False
) -> None:
    """Note what is wrong with one row; the others go on."""
    reading.problems.append(
        Problem(
            severity="warning" if warn else "error",
            code=code,
            message=message,
            hint=hint,
            location=location,
        )
    )


def read_range(text: object, reading: Reading, location: Location) -> Network | None:
    """Read a range strictly; complain and return None if it is none."""
    if isinstance(text, str) and text.strip():
        try:
            return parse_network(text)
        except InvalidQuery as error:
            message = error.message.replace(text, shorten(text.strip()))
            complain(reading, "range", message, error.hint + _mended(text), location)
            return None
    shown = "" if text in (None, "") else f" `{shorten(str(text))}`"
    message = f"The row has no range{shown}."
    complain(reading, "range", message, "Write it like `10.1.0.0/16`.", location)
    return None


def _mended(text: str) -> str:
    """Return what a range with host bits would be if the address were one host."""
    try:
        network = ip_network(text.strip(), strict=False)
    except ValueError:
        return ""
    host = text.strip().partition("/")[0]
    return f" If the host is meant, write `{host}/{network.max_prefixlen}`."

"""What the address book holds: spaces, and entries that lie in one another like boxes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from topology.model import Network

__all__ = [
    "DEFAULT_SPACE",
    "NO_TAGS",
    "ROLES",
    "Action",
    "Change",
    "Draft",
    "Entry",
    "Request",
    "Role",
    "RowChange",
    "Shortage",
    "Space",
    "Tags",
]

Role = Literal["block", "allocation", "reservation"]
ROLES: tuple[Role, ...] = ("block", "allocation", "reservation")
Action = Literal[
    "add space", "add block", "allocate", "reserve", "extend", "edit", "release", "expire",
    "import", "undo",
]  # fmt: skip
Tags = Mapping[str, str]
NO_TAGS: Tags = MappingProxyType({})
DEFAULT_SPACE = "default"


def _no_tags() -> Tags:
    return NO_TAGS


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """A set of ranges among which none may overlap; other spaces may hold the same addresses."""

    id: int
    name: str
    notes: str = ""
    created: datetime
    created_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What somebody wants to enter, before it has a place and a number."""

    network: Network
    role: Role = "allocation"
    name: str = ""
    kind: str = ""
    """What it is used as: `vnet`, `nodes`, `pods`, `services`, `private endpoints` ..."""
    tags: Tags = field(default_factory=_no_tags)
    notes: str = ""
    key: str = ""
    expires: datetime | None = None
    slot: Network | None = None
    """The range kept for it; None for the network itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A range of a space and what it is for."""

    id: int
    space: str
    parent: int
    """The block that holds it; 0 at the top of the space."""
    role: Role
    network: Network
    slot: Network
    """The range kept for it: its network and the head-room that nobody else gets."""
    name: str = ""
    kind: str = ""
    tags: Tags = field(default_factory=_no_tags)
    notes: str = ""
    key: str = ""
    """Whoever asks again with the same key gets this entry, not another."""
    expires: datetime | None = None
    created: datetime
    created_by: str

    @property
    def label(self) -> str:
        """Return the name with the range, or the range alone."""
        return f"{self.name} ({self.network})" if self.name else str(self.network)

    @property
    def headroom(self) -> int:
        """Return how many addresses are kept for its growth."""
        return self.slot.num_addresses - self.network.num_addresses


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One range to be found and allocated."""

    name: str
    prefix: int
    """Length of the prefix."""
    family: int = 4
    headroom: int = 0
    """How often it may double: 1 keeps a /24 the whole /23."""
    kind: str = ""
    tags: Tags = field(default_factory=_no_tags)
    notes: str = ""
    key: str = ""
    role: Role = "allocation"
    expires: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """Why a request cannot be met, and what could be."""

    request: Request
    where: str
    """The blocks that were searched, in words; empty if there is none of the family."""
    free: int
    """Free addresses there, of any size."""
    largest: Network | None
    """The largest free range; None if nothing is free."""
    held: tuple[Entry, ...] = ()
    """Entries whose head-room would be large enough."""
    elsewhere: tuple[Network, ...] = ()
    """Ranges of this size that are free in other blocks of the space."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChange:
    """What a change did to one entry or space; None for what was not there."""

    before: Entry | Space | None
    after: Entry | Space | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of the history, which is only ever added to."""

    id: int
    at: datetime
    actor: str
    action: Action
    space: str
    summary: str
    undoes: int | None = None
    undone_by: int | None = None
    rows: tuple[RowChange, ...] = ()
    """Empty in lists; see `AddressBook.change`."""

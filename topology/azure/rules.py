"""Security rules and routes as values."""

from dataclasses import dataclass
from typing import Literal

from topology.model import Address, Location, Network

__all__ = [
    "EVERY_PORT",
    "Access",
    "EffectiveRoutes",
    "HopType",
    "PortSpan",
    "Route",
    "RouteTable",
    "RuleDirection",
    "RuleEnd",
    "SecurityGroup",
    "SecurityRule",
]

Access = Literal["allow", "deny"]
RuleDirection = Literal["inbound", "outbound"]
HopType = Literal[
    "virtual-appliance", "none", "internet", "vnet-local", "peering", "gateway", "other"
]
PortSpan = tuple[int, int]
"""First and last port, both included."""
EVERY_PORT: tuple[PortSpan, ...] = ((0, 65535),)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEnd:
    """One side of a security rule: addresses, service tags and application security groups."""

    anything: bool = False
    """Written as `*`."""
    networks: tuple[Network, ...] = ()
    tags: tuple[str, ...] = ()
    """Service tags as written, such as `VirtualNetwork`."""
    groups: tuple[str, ...] = ()
    """Ids of application security groups."""
    ports: tuple[PortSpan, ...] = EVERY_PORT

    def __str__(self) -> str:
        if self.anything:
            return "*"
        names = [*map(str, self.networks), *self.tags]
        names += [f"group {one.rpartition('/')[2]}" for one in self.groups]
        return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityRule:
    """One rule of a network security group."""

    name: str
    priority: int
    """The lowest number decides."""
    direction: RuleDirection
    access: Access
    protocol: str
    """`*`, or in upper case `TCP`, `UDP`, `ICMP`, `ESP`, `AH`."""
    source: RuleEnd
    destination: RuleEnd
    location: Location | None = None

    def __str__(self) -> str:
        return f"{self.name} (priority {self.priority})"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityGroup:
    """A network security group with its default rules."""

    id: str
    name: str
    resource_group: str = ""
    rules: tuple[SecurityRule, ...] = ()
    """By priority, the defaults (from 65000) included."""
    subnets: tuple[str, ...] = ()
    nics: tuple[str, ...] = ()
    effective: bool = False
    """Whether the rules come from `list-effective-nsg`, with tags written out as prefixes."""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route; `source` tells user-defined ones from those of a gateway and of the system."""

    name: str
    prefix: Network | None
    """None where it names a service tag."""
    tag: str = ""
    hop: HopType
    hop_address: Address | None = None
    source: Literal["user", "gateway", "system"] = "user"
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteTable:
    """A route table with the subnets that use it."""

    id: str
    name: str
    routes: tuple[Route, ...] = ()
    subnets: tuple[str, ...] = ()
    propagates: bool = True
    """Whether routes of a gateway are added (`disableBgpRoutePropagation` is false)."""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveRoutes:
    """What `show-effective-route-table` printed for one interface."""

    routes: tuple[Route, ...]
    """The active ones."""
    location: Location | None = None

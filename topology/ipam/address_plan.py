"""An address plan as values: every VNet, subnet and cluster with its exact ranges."""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network

from topology.ipam.estate import Estate
from topology.ipam.plan import Plan
from topology.ipam.prefixes import AZURE_RESERVED
from topology.ipam.references import Reference
from topology.model import Address

__all__ = ["AddressPlan", "NoRoom", "PlannedCluster", "PlannedSubnet", "PlannedVnet", "Wish"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A subnet before it has a place: how large, for what, and by which rule."""

    vnet: str
    name: str
    prefix: int
    addresses: int
    formula: str
    source: Reference
    purpose: str = ""
    """Key of a component, `node-subnet`, `pod-subnet`, or empty."""
    cluster: str = ""
    delegation: str = ""
    exact: bool = False
    growth: bool = False
    fixed: IPv4Network | None = None
    """Where it lies already."""

    @property
    def key(self) -> str:
        """Return a name that no other subnet has."""
        return f"{self.vnet}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSubnet:
    """A subnet with its range."""

    wish: Wish
    network: IPv4Network
    reserve: IPv4Network | None = None
    """The neighbour that is kept free for it."""
    network_v6: IPv6Network | None = None

    @property
    def name(self) -> str:
        """Return the name of the subnet."""
        return self.wish.name

    @property
    def usable(self) -> int:
        """Return the addresses that Azure leaves."""
        return max(0, self.network.num_addresses - AZURE_RESERVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedVnet:
    """A VNet with its ranges and subnets."""

    name: str
    region: str
    prefixes: tuple[IPv4Network, ...]
    subnets: tuple[PlannedSubnet, ...]
    peers: tuple[str, ...] = ()
    prefix_v6: IPv6Network | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCluster:
    """A cluster with the ranges that lie outside its VNet, and the sizes that it rests on."""

    name: str
    vnet: str
    sizes: Plan
    pod_cidr: IPv4Network | None
    """None where pods have addresses of the VNet."""
    pod_reserve: IPv4Network | None = None
    """The range beside it into which it may grow."""
    service_cidr: IPv4Network
    dns_service_ip: Address
    pod_cidr_v6: IPv6Network | None = None
    service_cidr_v6: IPv6Network | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRoom:
    """Why a plan does not fit, and what nearest does."""

    reason: str
    nearest: tuple[str, ...] = ()
    """Changes that were computed to fit, the smallest change first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPlan:
    """A whole plan, or why there is none."""

    estate: Estate
    """What was asked."""
    vnets: tuple[PlannedVnet, ...] = ()
    clusters: tuple[PlannedCluster, ...] = ()
    free: tuple[IPv4Network, ...] = ()
    """What is left of the spaces outside the VNets."""
    public: tuple[str, ...] = ()
    """Public prefixes that services need, each in a sentence."""
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    failure: NoRoom | None = None
    errors: tuple[str, ...] = field(default=())
    """Limits of AKS that the plan breaks whatever its place."""

    @property
    def fits(self) -> bool:
        """Return whether everything has its place and breaks no limit."""
        return self.failure is None and not self.errors

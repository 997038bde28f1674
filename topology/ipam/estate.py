"""A network as it is or is wished for: spaces, VNets, subnets, clusters and what they connect to.

Whatever has a range keeps it; the rest is what a plan places. Checking looks at the ranges alone.
"""

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network

from topology.ipam.modes import Mode
from topology.ipam.pools import NodePool
from topology.model import Address, Location, Network

__all__ = ["Cluster", "Connected", "Estate", "Space", "Subnet", "Vnet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """A range that may be used up."""

    network: Network
    name: str = ""
    region: str = ""
    """Empty for any region."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """A range that is reached from the VNets: on-premises, a peered VNet of somebody else."""

    network: Network
    name: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """A subnet of a VNet: with a range, or with what it must hold."""

    name: str
    networks: tuple[Network, ...] = ()
    addresses: int = 0
    prefix: int | None = None
    component: str = ""
    """Key of the service that it is for; `node-subnet` and `pod-subnet` belong to clusters."""
    count: int = 0
    delegation: str | None = None
    """Empty when it is known to have none; None when nothing is known."""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Vnet:
    """A virtual network."""

    name: str
    region: str = ""
    space: str = ""
    """Name of the space that it must lie in; empty for any of its region."""
    prefixes: tuple[Network, ...] = ()
    peers: tuple[str, ...] = ()
    subnets: tuple[Subnet, ...] = ()
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """An AKS cluster."""

    name: str
    vnet: str
    mode: Mode
    pools: tuple[NodePool, ...] = ()
    pods_per_node: int | None = None
    internal_load_balancers: int = 0
    """Frontends in the node subnet."""
    components: tuple[tuple[str, int], ...] = ()
    """Services in the cluster's VNet that belong to it, each with its count or 0."""
    pod_cidrs: tuple[Network, ...] = ()
    service_cidrs: tuple[Network, ...] = ()
    dns_service_ip: Address | None = None
    node_subnet: str = ""
    pod_subnet: str = ""
    dataplane: str = ""
    features: frozenset[str] = field(default_factory=frozenset)
    """Keys of `features.FEATURES`."""
    dual_stack: bool = False
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estate:
    """Everything that one plan or check is about."""

    spaces: tuple[Space, ...] = ()
    used: tuple[Network, ...] = ()
    """Parts of the spaces that are taken already."""
    connected: tuple[Connected, ...] = ()
    vnets: tuple[Vnet, ...] = ()
    clusters: tuple[Cluster, ...] = ()
    pod_spaces: tuple[IPv4Network, ...] = ()
    """Where pod CIDRs may lie; empty for a choice among private ranges."""
    ipv6_spaces: tuple[IPv6Network, ...] = ()
    growth: bool = True
    """Whether the neighbours of what may grow are kept free."""
    distinct_pod_cidrs: bool = True
    """Whether every overlay cluster gets a pod CIDR of its own, though sharing is allowed."""

    def vnet(self, name: str) -> Vnet | None:
        """Return the VNet of a name."""
        return next((vnet for vnet in self.vnets if vnet.name == name), None)

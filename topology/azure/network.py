"""The Azure network around a cluster as values: what `az … -o json` printed, typed and frozen.

Ids are kept in lower case, because Azure compares them without case.
"""

from dataclasses import dataclass, field

from topology.azure.rules import EffectiveRoutes, RouteTable, SecurityGroup
from topology.model import Address, Location, Network, Problem

__all__ = [
    "AksCluster",
    "AzureNetwork",
    "BalancingRule",
    "Frontend",
    "LoadBalancer",
    "NatGateway",
    "Nic",
    "Peering",
    "Pool",
    "PrivateEndpoint",
    "Probe",
    "PublicIp",
    "Subnet",
    "VirtualNetwork",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """A subnet of a VNet."""

    id: str
    name: str
    vnet: str
    """Id of its VNet."""
    networks: tuple[Network, ...] = ()
    nsg: str = ""
    route_table: str = ""
    nat_gateway: str = ""
    delegations: tuple[str, ...] = ()
    endpoint_policies: str = ""
    """privateEndpointNetworkPolicies: whether groups and routes hold for private endpoints."""
    used: int | None = None
    """How many IP configurations are in it; None where the export does not say."""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Peering:
    """One side of a peering between VNets."""

    name: str
    vnet: str
    """Id of the VNet that has it."""
    remote: str
    """Id of the VNet at the other side."""
    prefixes: tuple[Network, ...] = ()
    state: str = ""
    access: bool = True
    """allowVirtualNetworkAccess."""
    forwarded: bool = False
    remote_gateways: bool = False
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VirtualNetwork:
    """A VNet."""

    id: str
    name: str
    prefixes: tuple[Network, ...] = ()
    subnets: tuple[str, ...] = ()
    """Ids."""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A node pool."""

    name: str
    count: int = 0
    most: int | None = None
    """Of the autoscaler; None without one."""
    max_pods: int | None = None
    subnet: str = ""
    """Id of the node subnet; empty where AKS made the VNet itself."""
    pod_subnet: str = ""
    static_blocks: bool = False
    """podIpAllocationMode `StaticBlock`."""
    surge: str = ""
    """upgradeSettings.maxSurge, such as `33%`."""
    os: str = ""
    public_addresses: bool = False
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AksCluster:
    """An AKS cluster as far as it is about the network."""

    id: str
    name: str
    node_group: str = ""
    """The resource group that AKS keeps nodes and load balancers in."""
    version: str = ""
    plugin: str = ""
    """`azure`, `kubenet`, `none`."""
    mode: str = ""
    """`overlay` or empty."""
    dataplane: str = ""
    """`cilium`, `azure`."""
    policy: str = ""
    observability: bool | None = None
    """ACNS; None where the export does not say."""
    security: bool | None = None
    l7_policies: str = ""
    """advancedNetworkPolicies: `FQDN`, `L7`, `None`, or empty."""
    encryption: str = ""
    pod_cidrs: tuple[Network, ...] = ()
    service_cidrs: tuple[Network, ...] = ()
    dns_service_ip: Address | None = None
    outbound: str = ""
    """`loadBalancer`, `userDefinedRouting`, `managedNATGateway`, …"""
    outbound_addresses: int | None = None
    """Public addresses of the load balancer or NAT gateway, as far as known."""
    outbound_ports: int | None = None
    """allocatedOutboundPorts; 0 means that AKS chooses by the number of nodes."""
    istio: tuple[str, ...] = ()
    """Revisions of the add-on."""
    private: bool = False
    authorized_ranges: tuple[str, ...] = ()
    pools: tuple[Pool, ...] = ()
    location: Location | None = None

    @property
    def overlay(self) -> bool:
        """Return whether pods have addresses of a private range of the cluster (Overlay)."""
        return self.mode == "overlay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nic:
    """A network interface."""

    id: str
    name: str
    addresses: tuple[Address, ...] = ()
    subnet: str = ""
    nsg: str = ""
    groups: tuple[str, ...] = ()
    """Application security groups of its addresses."""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateEndpoint:
    """A private endpoint: a service of Azure under an address of a subnet."""

    id: str
    name: str
    subnet: str = ""
    addresses: tuple[Address, ...] = ()
    names: tuple[str, ...] = ()
    """DNS names that stand for it, lower case."""
    target: str = ""
    status: str = ""
    """`Approved`, `Pending`, `Rejected`, …; empty where the export does not say."""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NatGateway:
    """A NAT gateway."""

    id: str
    name: str
    addresses: int = 0
    """Public addresses, those of prefixes included as far as their size is known."""
    prefixes: tuple[str, ...] = ()
    """Ids of public prefixes whose size is not known."""
    idle_minutes: int | None = None
    subnets: tuple[str, ...] = ()
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Frontend:
    """An address of a load balancer."""

    id: str
    name: str
    public_ip: str = ""
    """Id of its public address."""
    address: Address | None = None
    """Its private address, of an internal load balancer."""
    subnet: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A health probe."""

    id: str
    name: str
    protocol: str
    port: int
    path: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BalancingRule:
    """One rule of a load balancer."""

    name: str
    protocol: str
    """In upper case; `ALL` for HA ports."""
    frontend: str
    """Id of the frontend."""
    port: int
    backend_port: int
    probe: str = ""
    """Id of its probe."""
    floating: bool = False
    """Direct server return: packets keep the frontend's address and port."""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancer:
    """A load balancer."""

    id: str
    name: str
    resource_group: str = ""
    sku: str = ""
    frontends: tuple[Frontend, ...] = ()
    rules: tuple[BalancingRule, ...] = ()
    probes: tuple[Probe, ...] = ()
    outbound_ports: int | None = None
    outbound_addresses: int = 0
    backends: int | None = None
    """How many addresses stand in its pools; None where the export does not say."""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicIp:
    """A public address."""

    id: str
    name: str
    address: Address | None = None
    dns_name: str = ""
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureNetwork:
    """Everything of Azure that was read, each by its id in lower case."""

    vnets: tuple[VirtualNetwork, ...] = ()
    subnets: tuple[Subnet, ...] = ()
    peerings: tuple[Peering, ...] = ()
    security_groups: tuple[SecurityGroup, ...] = ()
    route_tables: tuple[RouteTable, ...] = ()
    effective_routes: tuple[EffectiveRoutes, ...] = ()
    clusters: tuple[AksCluster, ...] = ()
    nics: tuple[Nic, ...] = ()
    private_endpoints: tuple[PrivateEndpoint, ...] = ()
    nat_gateways: tuple[NatGateway, ...] = ()
    load_balancers: tuple[LoadBalancer, ...] = ()
    public_ips: tuple[PublicIp, ...] = ()
    firewalls: tuple[tuple[Address, str], ...] = ()
    """Private addresses of Azure Firewalls, each with its name."""
    kinds: frozenset[str] = field(default_factory=frozenset)
    """Which kinds were exported, for what can be said to be missing."""
    problems: tuple[Problem, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Return whether nothing of Azure was read."""
        return not self.kinds

    def subnet(self, identity: str) -> Subnet | None:
        """Return the subnet of an id."""
        return next((one for one in self.subnets if one.id == identity), None)

    def vnet(self, identity: str) -> VirtualNetwork | None:
        """Return the VNet of an id."""
        return next((one for one in self.vnets if one.id == identity), None)

    def security_group(self, identity: str) -> SecurityGroup | None:
        """Return the security group of an id."""
        return next((one for one in self.security_groups if one.id == identity), None)

    def table_of(self, subnet: Subnet) -> RouteTable | None:
        """Return the route table of a subnet, whichever of the two names the other."""
        own = self.route_table(subnet.route_table)
        bound = (one for one in self.route_tables if subnet.id in one.subnets)
        return own or next(bound, None)

    def route_table(self, identity: str) -> RouteTable | None:
        """Return the route table of an id."""
        return next((one for one in self.route_tables if one.id == identity), None)

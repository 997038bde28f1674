"""Outbound ports (SNAT) of a cluster: load balancer, NAT gateway, and their limits."""

from dataclasses import dataclass

from topology.errors import InvalidQuery

__all__ = [
    "BACKEND_CONFIGURATIONS",
    "NAT_GATEWAY_PORTS",
    "PORTS_PER_ADDRESS",
    "SnatHeadroom",
    "backend_configurations",
    "default_ports",
    "nat_gateway_ports",
    "snat_addresses",
    "snat_headroom",
    "snat_max_nodes",
]

PORTS_PER_ADDRESS = 64_000
NAT_GATEWAY_PORTS = 64_512
NAT_GATEWAY_ADDRESSES = 16
BACKEND_CONFIGURATIONS = 10_000
"""Backend IP configurations of one load balancer frontend."""
_DEFAULT_PORTS = ((50, 1024), (100, 512), (200, 256), (400, 128), (800, 64))
_LEAST_PORTS = 32


def default_ports(nodes: int) -> int:
    """Return the ports per node that AKS gives by default; they halve as the cluster grows.

    >>> default_ports(50), default_ports(51)
    (1024, 512)
    """
    _positive(nodes, "nodes")
    return next((ports for limit, ports in _DEFAULT_PORTS if nodes <= limit), _LEAST_PORTS)


def snat_max_nodes(addresses: int, ports_per_node: int) -> int:
    """Return how many nodes so many public addresses serve at fixed ports per node.

    Source: configure-load-balancer-standard - 64,000 ports per address.
    """
    _positive(addresses, "public addresses")
    _check_ports(ports_per_node)
    return PORTS_PER_ADDRESS // ports_per_node * addresses


def snat_addresses(nodes: int, ports_per_node: int) -> int:
    """Return the public addresses that so many nodes, surge included, need."""
    _positive(nodes, "nodes")
    _check_ports(ports_per_node)
    return -(-nodes // (PORTS_PER_ADDRESS // ports_per_node))


@dataclass(frozen=True, slots=True, kw_only=True)
class SnatHeadroom:
    """Whether the ports of the load balancer last through an upgrade."""

    available: int
    needed: int
    surge_needed: int

    @property
    def excess(self) -> int:
        """Return the ports that are left between upgrades."""
        return self.available - self.needed

    @property
    def enough(self) -> bool:
        """Return whether the surge nodes have their ports too."""
        return self.excess >= self.surge_needed


def snat_headroom(addresses: int, ports_per_node: int, nodes: int, surge: int) -> SnatHeadroom:
    """Compare the ports that public addresses give with those that the nodes take."""
    _positive(addresses, "public addresses")
    _check_ports(ports_per_node)
    _positive(nodes, "nodes")
    return SnatHeadroom(
        available=addresses * PORTS_PER_ADDRESS,
        needed=nodes * ports_per_node,
        surge_needed=max(0, surge) * ports_per_node,
    )


def nat_gateway_ports(addresses: int) -> int:
    """Return the ports of a NAT gateway with so many public addresses, at most 16."""
    _positive(addresses, "public addresses")
    if addresses > NAT_GATEWAY_ADDRESSES:
        message = f"`{addresses}` public addresses exceed the 16 of one NAT gateway."
        raise InvalidQuery(message, hint="Spread the nodes over several subnets and gateways.")
    return addresses * NAT_GATEWAY_PORTS


def backend_configurations(services: int, ports: int, nodes: int) -> int:
    """Return the backend IP configurations of a frontend, limited to 10,000.

    Source: best-practices-performance-scale-large - services x ports x nodes.
    """
    for number, noun in ((services, "services"), (ports, "ports"), (nodes, "nodes")):
        _positive(number, noun)
    return services * ports * nodes


def _positive(number: int, noun: str) -> None:
    if number < 1:
        message = f"`{number}` {noun} cannot be planned for."
        raise InvalidQuery(message, hint="Give at least one.")


def _check_ports(ports: int) -> None:
    if not 8 <= ports <= PORTS_PER_ADDRESS or ports % 8:
        message = f"`{ports}` is no number of ports per node."
        raise InvalidQuery(message, hint="Give a multiple of 8 from 8 to 64,000.")

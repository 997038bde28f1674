"""What Azure services ask of their subnets, as pure formulas and rules."""

from ipaddress import IPv4Network

from topology.errors import InvalidQuery
from topology.ipam.prefixes import AZURE_RESERVED, size, usable

__all__ = [
    "AGC_PREFIX",
    "API_SERVER_ADDRESSES",
    "RESOLVER_EXCLUDED",
    "agc_overlay_fault",
    "agc_shared_addresses",
    "app_gateway_addresses",
    "dns_resolver_fault",
    "private_clusters_in",
    "private_link_addresses",
    "static_egress_nodes",
]

API_SERVER_ADDRESSES = 9
"""Addresses of one cluster in the subnet of API server VNet integration."""
AGC_PREFIX = 24
_RESOLVER_SHORTEST, _RESOLVER_LONGEST = 24, 28
RESOLVER_EXCLUDED = (int(IPv4Network("10.0.1.0/24")[0]), int(IPv4Network("10.0.16.0/24")[-1]))
"""First and last address of the range that DNS Private Resolver keeps for itself."""
_APP_GATEWAY_LIMITS = {1: 32, 2: 125}
"""Most instances of one Application Gateway, by generation."""
_LINK_ADDRESSES = (1, 8)


def app_gateway_addresses(
    instances: int, *, private_frontend: bool = False, generation: int = 2
) -> int:
    """Return the addresses that an Application Gateway takes, Azure's five included.

    Source: application-gateway configuration-infrastructure - one per instance, one for a
    private frontend, five reserved.

    Raises:
        InvalidQuery: No Application Gateway has so many instances.
    """
    most = _APP_GATEWAY_LIMITS[generation]
    if not 1 <= instances <= most:
        message = f"`{instances}` instances cannot be planned for."
        raise InvalidQuery(message, hint=f"Give 1 to {most}, the most of a v{generation} gateway.")
    return instances + int(private_frontend) + AZURE_RESERVED


def agc_shared_addresses(gateways: int) -> int:
    """Return the addresses that gateways for containers need when they share a flat subnet."""
    if gateways < 1:
        message = f"`{gateways}` gateways cannot be planned for."
        raise InvalidQuery(message, hint="Give at least one gateway.")
    return gateways * 256


def agc_overlay_fault(prefix: int) -> str:
    """Return why a subnet will not do for a gateway for containers with Overlay, or nothing."""
    if prefix < AGC_PREFIX:
        return (
            f"extensionIPRange prefix length too short (/{prefix}). Must be {AGC_PREFIX} or higher."
        )
    if prefix > AGC_PREFIX:
        return f"/{prefix} is too small: the subnet must be exactly /{AGC_PREFIX}."
    return ""


def private_clusters_in(prefix: int) -> int:
    """Return how many clusters with API server VNet integration share one subnet.

    Source: api-server-vnet-integration - at least nine addresses per cluster.
    """
    return usable(prefix) // API_SERVER_ADDRESSES


def dns_resolver_fault(subnet: IPv4Network) -> str:
    """Return why a subnet will not do for a DNS Private Resolver endpoint, or nothing."""
    if not _RESOLVER_SHORTEST <= subnet.prefixlen <= _RESOLVER_LONGEST:
        return f"/{subnet.prefixlen} is outside /{_RESOLVER_LONGEST} to /{_RESOLVER_SHORTEST}."
    first, last = RESOLVER_EXCLUDED
    if int(subnet[0]) <= last and int(subnet[-1]) >= first:
        return f"{subnet} lies within 10.0.1.0-10.0.16.255, which the service keeps for itself."
    return ""


def static_egress_nodes(prefix: int) -> int:
    """Return how many nodes a static egress gateway pool may have with a public prefix.

    Raises:
        InvalidQuery: The prefix is outside /28 to /31.
    """
    if not 28 <= prefix <= 31:
        message = f"`/{prefix}` is no prefix for a static egress gateway."
        raise InvalidQuery(message, hint="Give a public prefix from /28 to /31.")
    return size(prefix)


def private_link_addresses(addresses: int) -> int:
    """Return the NAT addresses of a Private Link Service.

    Source: AKS docs, internal-lb - one to eight, in a subnet whose Private Link Service network
    policies are off.

    Raises:
        InvalidQuery: The service cannot have so many.
    """
    lowest, highest = _LINK_ADDRESSES
    if not lowest <= addresses <= highest:
        message = f"`{addresses}` NAT addresses are outside {lowest} to {highest}."
        raise InvalidQuery(message, hint="A Private Link Service takes one to eight.")
    return addresses

"""The subnets that Azure services ask for, each with its rule and source."""

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network

from topology.errors import InvalidQuery
from topology.ipam.prefixes import AZURE_RESERVED, prefix_for, size, subnet_prefix_for, usable
from topology.ipam.references import (
    AGC,
    AGC_OVERLAY,
    API_SERVER,
    APP_GATEWAY,
    BASTION,
    DNS_RESOLVER,
    FIREWALL,
    GATEWAY,
    ROUTE_SERVER,
    STATIC_EGRESS,
    Reference,
)

__all__ = [
    "SERVICES",
    "ServiceSubnet",
    "agc_overlay_fault",
    "agc_shared_addresses",
    "app_gateway_addresses",
    "dns_resolver_fault",
    "private_clusters_in",
    "service_subnet",
    "static_egress_nodes",
]

_API_SERVER_ADDRESSES = 9
_AGC_PREFIX = 24
_RESOLVER_SHORTEST, _RESOLVER_LONGEST = 24, 28
_RESOLVER_EXCLUDED = (int(IPv4Network("10.0.1.0/24")[0]), int(IPv4Network("10.0.16.0/24")[-1]))


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSubnet:
    """The subnet that one Azure service needs."""

    service: str
    prefix: int
    rule: str
    source: Reference


def app_gateway_addresses(instances: int, *, private_frontend: bool = False) -> int:
    """Return the addresses that an Application Gateway v2 takes, Azure's five included."""
    if instances < 1:
        message = f"`{instances}` instances cannot be planned for."
        raise InvalidQuery(message, hint="Give at least one instance.")
    return instances + int(private_frontend) + AZURE_RESERVED


def agc_shared_addresses(gateways: int) -> int:
    """Return the addresses that gateways for containers need when they share a flat subnet."""
    if gateways < 1:
        message = f"`{gateways}` gateways cannot be planned for."
        raise InvalidQuery(message, hint="Give at least one gateway.")
    return gateways * 256


def agc_overlay_fault(prefix: int) -> str:
    """Return why a subnet will not do for a gateway for containers with Overlay, or nothing."""
    if prefix < _AGC_PREFIX:
        return (
            f"extensionIPRange prefix length too short (/{prefix}). "
            f"Must be {_AGC_PREFIX} or higher."
        )
    if prefix > _AGC_PREFIX:
        return f"/{prefix} is too small: the subnet must be exactly /{_AGC_PREFIX}."
    return ""


def private_clusters_in(prefix: int) -> int:
    """Return how many clusters with API server VNet integration share one subnet.

    Source: api-server-vnet-integration - at least nine addresses per cluster.
    """
    return usable(prefix) // _API_SERVER_ADDRESSES


def dns_resolver_fault(subnet: IPv4Network) -> str:
    """Return why a subnet will not do for a DNS Private Resolver endpoint, or nothing."""
    if not _RESOLVER_SHORTEST <= subnet.prefixlen <= _RESOLVER_LONGEST:
        return f"/{subnet.prefixlen} is outside /{_RESOLVER_LONGEST} to /{_RESOLVER_SHORTEST}."
    first, last = _RESOLVER_EXCLUDED
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


def _fixed(service: str, prefix: int, rule: str, source: Reference) -> ServiceSubnet:
    return ServiceSubnet(service=service, prefix=prefix, rule=rule, source=source)


def _app_gateway(count: int) -> ServiceSubnet:
    addresses = app_gateway_addresses(count, private_frontend=True)
    text = (
        f"{count} instances + 1 private frontend + {AZURE_RESERVED} reserved = {addresses} "
        "addresses; /24 is recommended"
    )
    prefix = min(29, prefix_for(addresses) or 0)
    return _fixed("Application Gateway v2", prefix, text, APP_GATEWAY)


def _api_server(count: int) -> ServiceSubnet:
    needed = count * _API_SERVER_ADDRESSES
    prefix = min(28, subnet_prefix_for(needed) or 0)
    rule = (
        f"{count} x {_API_SERVER_ADDRESSES} addresses = {needed}; delegated to "
        "Microsoft.ContainerService/managedClusters, at least /28"
    )
    return _fixed("API Server VNet Integration", prefix, rule, API_SERVER)


def _gateway_for_containers(count: int) -> ServiceSubnet:
    addresses = agc_shared_addresses(count)
    rule = (
        f"{count} x 256 = {addresses} addresses in a flat network, delegated to "
        "Microsoft.ServiceNetworking/trafficControllers; with Overlay exactly /24 for each, "
        f"one per subnet ({AGC_OVERLAY})"
    )
    return _fixed("Application Gateway for Containers", prefix_for(addresses) or 0, rule, AGC)


SERVICES: dict[str, Callable[[int], ServiceSubnet]] = {
    "api-server": _api_server,
    "app-gateway": _app_gateway,
    "app-gateway-for-containers": _gateway_for_containers,
    "bastion": lambda _: _fixed("Azure Bastion", 26, "AzureBastionSubnet, /26 or larger", BASTION),
    "dns-resolver": lambda _: _fixed(
        "DNS Private Resolver",
        28,
        "/28 to /24 for each endpoint, delegated, outside 10.0.1.0-10.0.16.255",
        DNS_RESOLVER,
    ),
    "firewall": lambda _: _fixed(
        "Azure Firewall", 26, "AzureFirewallSubnet /26 (and a management subnet of /26)", FIREWALL
    ),
    "route-server": lambda _: _fixed(
        "Route Server", 27, "RouteServerSubnet, at least /27", ROUTE_SERVER
    ),
    "static-egress-gateway": lambda count: _fixed(
        "Static egress gateway",
        max(28, 32 - max(1, count - 1).bit_length()),
        "a public prefix of /28 to /31, at least as many addresses as nodes",
        STATIC_EGRESS,
    ),
    "vpn-gateway": lambda _: _fixed(
        "VPN or ExpressRoute gateway",
        27,
        "GatewaySubnet, /27 or larger; /26 for 16 ExpressRoute circuits; no NSG",
        GATEWAY,
    ),
}
_ALIASES = {
    "agc": "app-gateway-for-containers",
    "api server vnet integration": "api-server",
    "application gateway": "app-gateway",
    "application gateway for containers": "app-gateway-for-containers",
    "appgw": "app-gateway",
    "azure bastion": "bastion",
    "azure firewall": "firewall",
    "dns private resolver": "dns-resolver",
    "expressroute gateway": "vpn-gateway",
    "gateway subnet": "vpn-gateway",
    "gatewaysubnet": "vpn-gateway",
}


def service_subnet(name: str, count: int = 1) -> ServiceSubnet:
    """Return the subnet that an Azure service needs, for `count` instances or clusters.

    Raises:
        InvalidQuery: The service is not known, or the count is not positive.
    """
    if count < 1:
        message = f"`{count}` cannot be planned for."
        raise InvalidQuery(message, hint="Give at least one.")
    words = " ".join(re.findall(r"[a-z0-9]+", name.lower().removesuffix(" subnet")))
    known = {key.replace("-", " "): key for key in SERVICES} | _ALIASES
    if words in known:
        return SERVICES[known[words]](count)
    nearest = difflib.get_close_matches(words, list(known), n=1, cutoff=0.5)
    hint = f"Did you mean `{known[nearest[0]]}`? " if nearest else ""
    message = f"`{name}` is no Azure service with a known subnet rule."
    names = ", ".join(f"`{key}`" for key in sorted(SERVICES))
    raise InvalidQuery(message, hint=f"{hint}Known are {names}.")

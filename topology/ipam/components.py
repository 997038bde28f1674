"""The catalogue of Azure services beside a cluster, and the subnets that each of them asks for."""

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from topology.errors import InvalidQuery
from topology.ipam.modes import Mode
from topology.ipam.prefixes import (
    AZURE_RESERVED,
    SMALLEST_SUBNET,
    prefix_for,
    subnet_prefix_for,
    usable,
)
from topology.ipam.references import (
    AGC,
    AGC_OVERLAY,
    API_SERVER,
    APP_GATEWAY,
    BASTION,
    DNS_RESOLVER,
    FIREWALL,
    GATEWAY,
    PLANNING,
    PRIVATE_ENDPOINT,
    PRIVATE_LINK,
    ROUTE_SERVER,
    STATIC_EGRESS,
    Reference,
)
from topology.ipam.services import (
    AGC_PREFIX,
    API_SERVER_ADDRESSES,
    agc_shared_addresses,
    app_gateway_addresses,
    private_link_addresses,
)

__all__ = [
    "COMPONENTS",
    "DELEGATIONS",
    "SUBNET_NAMES",
    "ServiceSubnet",
    "parse_component",
    "parse_component_name",
    "service_subnet",
    "service_subnets",
]

_MOST = 4096
"""Instances of one service that are still planned for; more is a slip of the pen."""
_UNCOUNTED_ENDPOINTS = 59
"""Private endpoints that are planned for when nobody says how many: a /26."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSubnet:
    """A subnet that one Azure service needs."""

    service: str
    prefix: int
    rule: str
    """The formula or rule, with its numbers filled in."""
    source: Reference
    component: str = ""
    """Its key in the catalogue."""
    subnet: str = ""
    """The name that the subnet must have, or one that says what it is for."""
    named: bool = False
    """Whether Azure insists on the name."""
    delegation: str = ""
    exact: bool = False
    """Whether no other prefix will do, larger ones included."""
    addresses: int = 0
    """Addresses that are taken of the subnet, as far as they are known."""
    public: bool = False
    """Whether the prefix is one of public addresses, which takes nothing of the space."""


DELEGATIONS = {
    "api-server": "Microsoft.ContainerService/managedClusters",
    "app-gateway-for-containers": "Microsoft.ServiceNetworking/trafficControllers",
    "dns-resolver": "Microsoft.Network/dnsResolvers",
    "pod-subnet": "Microsoft.ContainerService/managedClusters",
}
"""Component to the service that its subnet must be delegated to."""
SUBNET_NAMES = {
    "AzureBastionSubnet": "bastion",
    "AzureFirewallManagementSubnet": "firewall",
    "AzureFirewallSubnet": "firewall",
    "GatewaySubnet": "vpn-gateway",
    "RouteServerSubnet": "route-server",
}
"""Names that Azure insists on, and the component that each belongs to."""

_Maker = Callable[[int, Mode | None], tuple[ServiceSubnet, ...]]


def _one(component: str, service: str, prefix: int, rule: str, source: Reference) -> ServiceSubnet:
    return ServiceSubnet(
        service=service,
        prefix=prefix,
        rule=rule,
        source=source,
        component=component,
        subnet=component,
        delegation=DELEGATIONS.get(component, ""),
    )


def _named(subnet: str, service: str, prefix: int, rule: str, source: Reference) -> ServiceSubnet:
    found = _one(SUBNET_NAMES[subnet], service, prefix, rule, source)
    return replace(found, subnet=subnet, named=True)


def _app_gateway(count: int, _: Mode | None) -> tuple[ServiceSubnet, ...]:
    if not count:
        rule = "/24 is recommended: 125 instances + 1 private frontend + 5 reserved = 131 addresses"
        return (_one("app-gateway", "Application Gateway v2", 24, rule, APP_GATEWAY),)
    addresses = app_gateway_addresses(count, private_frontend=True)
    text = (
        f"{count} instances + 1 private frontend + {AZURE_RESERVED} reserved = {addresses} "
        "addresses; /24 is recommended"
    )
    prefix = min(SMALLEST_SUBNET, prefix_for(addresses) or 0)
    found = _one("app-gateway", "Application Gateway v2", prefix, text, APP_GATEWAY)
    return (replace(found, addresses=count + 1),)


def _api_server(count: int, _: Mode | None) -> tuple[ServiceSubnet, ...]:
    count = count or 1
    needed = count * API_SERVER_ADDRESSES
    prefix = min(28, subnet_prefix_for(needed) or 0)
    rule = (
        f"{count} x {API_SERVER_ADDRESSES} addresses = {needed} of {usable(prefix)} usable; at "
        "least /28, shared by the clusters of one VNet"
    )
    found = _one("api-server", "API Server VNet Integration", prefix, rule, API_SERVER)
    return (replace(found, addresses=needed),)


def _gateway_for_containers(count: int, mode: Mode | None) -> tuple[ServiceSubnet, ...]:
    count, title = count or 1, "Application Gateway for Containers"
    key = "app-gateway-for-containers"
    if mode == "overlay":
        rule = (
            "exactly /24 with Overlay, one gateway per subnet, empty before it is associated, in "
            "the VNet of the nodes; documents also speak of 250, 256 and 500 addresses, and an "
            "empty /24 is the reading that works; controller 1.5.0 or newer (a blog says 1.7.9)"
        )
        single = _one(key, title, AGC_PREFIX, rule, AGC_OVERLAY)
        names = [single.subnet] if count == 1 else [f"{key}-{n}" for n in range(1, count + 1)]
        return tuple(replace(single, subnet=name, exact=True, addresses=250) for name in names)
    addresses = agc_shared_addresses(count)
    rule = f"{count} x 256 = {addresses} addresses in a flat network"
    if mode is None:
        rule += f"; with Overlay exactly /24 for each, one per subnet ({AGC_OVERLAY})"
    prefix = prefix_for(addresses) or 0
    return (replace(_one(key, title, prefix, rule, AGC), addresses=count * 250),)


def _firewall(_: int, __: Mode | None) -> tuple[ServiceSubnet, ...]:
    rule = "AzureFirewallSubnet, /26"
    management = "AzureFirewallManagementSubnet, /26, for forced tunnelling and the Basic tier"
    return (
        _named("AzureFirewallSubnet", "Azure Firewall", 26, rule, FIREWALL),
        _named(
            "AzureFirewallManagementSubnet", "Azure Firewall, management", 26, management, FIREWALL
        ),
    )


def _gateway(count: int, _: Mode | None) -> tuple[ServiceSubnet, ...]:
    prefix = 26 if count >= 16 else 27
    rule = (
        "GatewaySubnet, /27 or larger, also where VPN and ExpressRoute coexist; /26 for 16 "
        "ExpressRoute circuits; no NSG"
    )
    return (_named("GatewaySubnet", "VPN or ExpressRoute gateway", prefix, rule, GATEWAY),)


def _bastion(_: int, __: Mode | None) -> tuple[ServiceSubnet, ...]:
    rule = "AzureBastionSubnet, /26 or larger"
    return (_named("AzureBastionSubnet", "Azure Bastion", 26, rule, BASTION),)


def _route_server(_: int, __: Mode | None) -> tuple[ServiceSubnet, ...]:
    rule = (
        "RouteServerSubnet; the source found says at least /27 and newer documents may say /26, "
        "which is the safe reading"
    )
    return (_named("RouteServerSubnet", "Route Server", 26, rule, ROUTE_SERVER),)


def _dns_resolver(count: int, _: Mode | None) -> tuple[ServiceSubnet, ...]:
    rule = (
        "/28 to /24, one endpoint per subnet, outside 10.0.1.0-10.0.16.255 and with nothing else "
        "in it"
    )
    single = _one("dns-resolver", "DNS Private Resolver", 28, rule, DNS_RESOLVER)
    if count == 1:
        return (single,)
    ends = ["inbound", "outbound"] if count in (0, 2) else [str(n) for n in range(1, count + 1)]
    return tuple(replace(single, subnet=f"dns-resolver-{end}") for end in ends)


def _private_endpoints(count: int, _: Mode | None) -> tuple[ServiceSubnet, ...]:
    number = count or _UNCOUNTED_ENDPOINTS
    prefix = subnet_prefix_for(number) or 0
    assumed = "" if count else f"; {number} assumed because none were counted"
    rule = f"one address for each of {number} endpoints, {usable(prefix)} usable{assumed}"
    found = _one("private-endpoints", "Private endpoints", prefix, rule, PRIVATE_ENDPOINT)
    return (replace(found, addresses=number),)


def _load_balancers(count: int, _: Mode | None) -> tuple[ServiceSubnet, ...]:
    number = count or 10
    prefix = subnet_prefix_for(number) or 0
    rule = (
        f"one address for each of {number} frontends, {usable(prefix)} usable, set with the "
        "annotation azure-load-balancer-internal-subnet; without it they come from the node subnet"
    )
    found = _one("internal-load-balancers", "Internal load balancers", prefix, rule, PLANNING)
    return (replace(found, addresses=number),)


def _private_link(count: int, _: Mode | None) -> tuple[ServiceSubnet, ...]:
    number = private_link_addresses(count or 1)
    prefix = subnet_prefix_for(number) or 0
    rule = (
        f"{number} NAT address{'' if number == 1 else 'es'} of 1 to 8, in a subnet of its own with "
        "the network policies of Private Link Service off"
    )
    found = _one("private-link-service", "Private Link Service", prefix, rule, PRIVATE_LINK)
    return (replace(found, addresses=number),)


def _static_egress(count: int, _: Mode | None) -> tuple[ServiceSubnet, ...]:
    nodes = max(2, count)
    if nodes > 16:
        message = f"`{nodes}` nodes exceed the 16 of one static egress gateway."
        raise InvalidQuery(message, hint="Its public prefix is a /28 at most; use several pools.")
    prefix = max(28, 32 - (nodes - 1).bit_length())
    rule = (
        f"a public prefix of /28 to /31 with at least as many addresses as its {nodes} gateway "
        "nodes (2 or more, no autoscaler)"
    )
    found = _one("static-egress-gateway", "Static egress gateway", prefix, rule, STATIC_EGRESS)
    return (replace(found, public=True, addresses=nodes),)


COMPONENTS: dict[str, _Maker] = {
    "api-server": _api_server,
    "app-gateway": _app_gateway,
    "app-gateway-for-containers": _gateway_for_containers,
    "bastion": _bastion,
    "dns-resolver": _dns_resolver,
    "firewall": _firewall,
    "internal-load-balancers": _load_balancers,
    "private-endpoints": _private_endpoints,
    "private-link-service": _private_link,
    "route-server": _route_server,
    "static-egress-gateway": _static_egress,
    "vpn-gateway": _gateway,
}
"""Key to what makes the subnets, for a count (0 when nobody gave one) and a mode if known."""
_ALIASES = {
    "agc": "app-gateway-for-containers",
    "agfc": "app-gateway-for-containers",
    "api server integration": "api-server",
    "api server vnet integration": "api-server",
    "apiserver": "api-server",
    "application gateway": "app-gateway",
    "application gateway for containers": "app-gateway-for-containers",
    "application gateway v2": "app-gateway",
    "appgw": "app-gateway",
    "azure bastion": "bastion",
    "azure firewall": "firewall",
    "azurebastionsubnet": "bastion",
    "azurefirewallsubnet": "firewall",
    "dns private resolver": "dns-resolver",
    "egress gateway": "static-egress-gateway",
    "expressroute": "vpn-gateway",
    "expressroute gateway": "vpn-gateway",
    "gateway": "vpn-gateway",
    "gateway subnet": "vpn-gateway",
    "gatewaysubnet": "vpn-gateway",
    "ilb": "internal-load-balancers",
    "internal lb": "internal-load-balancers",
    "internal load balancer": "internal-load-balancers",
    "pe": "private-endpoints",
    "pls": "private-link-service",
    "private endpoint": "private-endpoints",
    "private link": "private-link-service",
    "routeserversubnet": "route-server",
    "virtual network gateway": "vpn-gateway",
    "vpn": "vpn-gateway",
}


def parse_component_name(name: str) -> str:
    """Return the key of the component that a name or a usual alias of it means.

    Raises:
        InvalidQuery: No component has such a name; the hint names the nearest.
    """
    words = " ".join(re.findall(r"[a-z0-9]+", name.lower().removesuffix(" subnet")))
    known = {key.replace("-", " "): key for key in COMPONENTS} | _ALIASES
    for candidate in (words, f"{words}s", words.removesuffix("s")):
        if candidate in known:
            return known[candidate]
    nearest = difflib.get_close_matches(words, list(known), n=1, cutoff=0.5)
    hint = f"Did you mean `{known[nearest[0]]}`? " if nearest else ""
    message = f"`{name}` is no Azure service with a known subnet rule."
    names = ", ".join(f"`{key}`" for key in sorted(COMPONENTS))
    raise InvalidQuery(message, hint=f"{hint}Known are {names}.")


def parse_component(text: str) -> tuple[str, int]:
    """Read `NAME` or `NAME:COUNT`; the count is 0 when none is given.

    Raises:
        InvalidQuery: The name is not known, or the count is no positive number.
    """
    name, colon, number = (part.strip() for part in text.partition(":"))
    if colon and not (number.isascii() and number.isdigit() and 0 < int(number[:9]) <= _MOST):
        message = f"`{text}` does not say how many."
        hint = f"Write `NAME:COUNT` with 1 to {_MOST:,}, such as `api-server:2`."
        raise InvalidQuery(message, hint=hint)
    return parse_component_name(name), int(number) if colon else 0


def service_subnets(
    name: str, count: int = 0, mode: Mode | None = None
) -> tuple[ServiceSubnet, ...]:
    """Return every subnet that a service needs.

    Args:
        name: The service, or a usual alias.
        count: Instances, clusters, endpoints or gateways; 0 when unknown.
        mode: Address mode of the cluster, which matters to gateways for containers.

    Raises:
        InvalidQuery: The service is not known, or the count is negative or absurd.
    """
    if not 0 <= count <= _MOST:
        message = f"`{count}` cannot be planned for."
        raise InvalidQuery(message, hint=f"Give 1 to {_MOST:,}.")
    return COMPONENTS[parse_component_name(name)](count, mode)


def service_subnet(name: str, count: int = 1, mode: Mode | None = None) -> ServiceSubnet:
    """Return the first subnet that an Azure service needs; see `service_subnets`.

    Raises:
        InvalidQuery: The service is not known, or the count is not positive.
    """
    if count < 1:
        message = f"`{count}` cannot be planned for."
        raise InvalidQuery(message, hint="Give at least one.")
    return service_subnets(name, count, mode)[0]

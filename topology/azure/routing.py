"""Which route traffic of a subnet takes: the longest prefix, then user, gateway, system.

Source: Azure docs, "Virtual network traffic routing": system routes of a subnet are the VNet's own
prefixes, its peers', 0.0.0.0/0 to the Internet, and `None` for private ranges that nothing else
claims; with the same prefix a user-defined route comes before one of a gateway, and that before a
system route. A user-defined 0.0.0.0/0 takes the private ranges along.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Final

from topology.azure.network import AzureNetwork, Peering, Subnet
from topology.azure.rules import HopType, Route
from topology.model import Location, Network
from topology.public import is_public

__all__ = ["Hop", "SubnetRoutes", "choose", "routes_of"]

_RESERVED: Final = tuple(
    ip_network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")
)
_ORDER: Final = {"user": 0, "gateway": 1, "system": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """Where a route leads, or why that is not known."""

    route: Route | None
    known: bool
    """False where the destination's parts go different ways, or a gateway may know a way."""
    others: tuple[Route, ...] = ()
    """Routes that parts of the destination take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubnetRoutes:
    """The routes of a subnet."""

    routes: tuple[Route, ...]
    exact: bool = False
    """Whether Azure itself told them (`show-effective-route-table`)."""
    gateway: bool = False
    """Whether a gateway may add routes that are not known."""
    table: str = ""
    """Name of the route table, where it has one."""
    location: Location | None = None
    """Of that table."""
    broken: tuple[Peering, ...] = ()
    """Peerings that are not connected, so that their prefixes are not routed."""


def choose(routes: SubnetRoutes, destination: Network) -> Hop:
    """Return the hop that traffic to a destination takes.

    Args:
        routes: Of the subnet that it leaves.
        destination: One address or a range.
    """
    holding, inside = [], []
    for route in routes.routes:
        if route.prefix is None or route.prefix.version != destination.version:
            continue
        if destination.subnet_of(route.prefix):  # type: ignore[arg-type]
            holding.append(route)
        elif route.prefix.subnet_of(destination):  # type: ignore[arg-type]
            inside.append(route)
    best = min(holding, key=_rank, default=None)
    if best and any(_hop(one) != _hop(best) for one in inside):
        others = tuple(one for one in inside if _hop(one) != _hop(best))
        return Hop(route=best, known=False, others=others)
    tagged = [one for one in routes.routes if one.tag and is_public(destination)]
    if best and any(_hop(one) != _hop(best) for one in tagged):
        # Whether the tag holds the address is not known, and it would be more specific.
        return Hop(route=best, known=False, others=tuple(tagged))
    # A gateway may know a way that is more specific than what the system or a default offers.
    vague = best is None or (best.source == "system" and best.hop == "none")
    known = routes.exact or not (vague and routes.gateway)
    return Hop(route=best, known=known and best is not None)


def _rank(route: Route) -> tuple[int, int]:
    return -(route.prefix.prefixlen if route.prefix else 0), _ORDER[route.source]


def _hop(route: Route) -> tuple[HopType, str]:
    return route.hop, str(route.hop_address or "")


def routes_of(azure: AzureNetwork, subnet: Subnet) -> SubnetRoutes | None:
    """Return the routes of a subnet; None where its VNet was not exported.

    Routes that Azure told for one interface are taken where they are of the same VNet.
    """
    table = azure.table_of(subnet)
    vnet = azure.vnet(subnet.vnet)
    name = table.name if table else ""
    place = table.location if table else None
    for told in azure.effective_routes:
        local = {route.prefix for route in told.routes if route.hop == "vnet-local"}
        if vnet is None or local & set(vnet.prefixes):
            return SubnetRoutes(routes=told.routes, exact=True, table=name, location=place)
    if vnet is None:
        return None
    peerings = [one for one in azure.peerings if one.vnet == vnet.id]
    connected = [one for one in peerings if one.state.lower() in ("", "connected") and one.access]
    routes = list(table.routes) if table else []
    routes += [_system(prefix, "vnet-local", vnet.name) for prefix in vnet.prefixes]
    for peering in connected:
        remote = azure.vnet(peering.remote)
        prefixes = remote.prefixes if remote else peering.prefixes
        routes += [
            _system(prefix, "peering", peering.name, peering.location) for prefix in prefixes
        ]
    routes += _defaults(routes, vnet.prefixes)
    has_gateway = any(
        one.vnet == vnet.id and one.name.lower() == "gatewaysubnet" for one in azure.subnets
    )
    learns = has_gateway or any(one.remote_gateways for one in connected)
    return SubnetRoutes(
        routes=tuple(routes),
        gateway=learns and (table is None or table.propagates),
        table=name,
        location=place,
        broken=tuple(one for one in peerings if one not in connected),
    )


def _defaults(routes: Iterable[Route], local: tuple[Network, ...]) -> list[Route]:
    """Return the routes that Azure adds: the Internet, and nowhere for private ranges."""
    everything = ip_network("0.0.0.0/0")
    overridden = any(one.prefix == everything and one.source == "user" for one in routes)
    found = [_system(everything, "internet", "Internet")]
    if overridden:
        return found
    # A VNet of a whole reserved range turns its route into one to the VNet.
    found += [_system(one, "none", "private ranges") for one in _RESERVED if one not in local]
    return found


def _system(prefix: Network, hop: HopType, name: str, location: Location | None = None) -> Route:
    return Route(name=name, prefix=prefix, hop=hop, source="system", location=location)

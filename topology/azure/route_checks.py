"""What routes, peerings and private endpoints break."""

from collections.abc import Iterator
from ipaddress import ip_network

from topology.azure.context import AzureContext
from topology.azure.network import Peering
from topology.azure.placement import Place
from topology.azure.routing import SubnetRoutes, choose
from topology.azure.rules import Route
from topology.findings import Finding
from topology.public import is_public

__all__ = ["route_findings"]

_DEFAULT = ip_network("0.0.0.0/0")


def route_findings(context: AzureContext) -> Iterator[Finding]:
    """Yield what routes, peerings and private endpoints break."""
    for place in context.node_places:
        routes = context.judge.routes_at(place.subnet)
        if routes is not None:
            yield from _egress(context, place, routes)
            yield from _asymmetric(context, place, routes)
            yield from _dropped(context, place, routes)
    for peering in context.azure.peerings:
        yield from _peering(context, peering)
    for endpoint in context.azure.private_endpoints:
        if endpoint.status.lower() not in ("", "approved"):
            yield Finding(
                code="private-endpoint-not-approved",
                severity="error",
                object=f"PrivateEndpoint/{endpoint.name}",
                location=endpoint.location,
                why=f"Private endpoint `{endpoint.name}` is `{endpoint.status}`, so nothing "
                "answers behind its address.",
                fix="Approve the connection at the resource: `az network "
                "private-endpoint-connection approve`.",
            )


def _own_default(routes: SubnetRoutes) -> Route | None:
    return next(
        (one for one in routes.routes if one.prefix == _DEFAULT and one.source == "user"), None
    )


def _subnet(place: Place) -> str:
    return place.subnet.rpartition("/")[2]


def _table(routes: SubnetRoutes, place: Place) -> str:
    return f"RouteTable/{routes.table}" if routes.table else f"Subnet/{_subnet(place)}"


def _egress(context: AzureContext, place: Place, routes: SubnetRoutes) -> Iterator[Finding]:
    """The way out must fit the outbound type."""
    aks, route = context.aks, _own_default(routes)
    if aks is None:
        return
    outbound = aks.outbound.lower()
    if outbound == "userdefinedrouting" and route is None and not routes.gateway:
        yield Finding(
            code="udr-no-default-route",
            severity="error",
            object=_table(routes, place),
            location=routes.location or aks.location,
            why=f"Cluster `{aks.name}` has the outbound type `userDefinedRouting`, and no route "
            f"for 0.0.0.0/0 is in force in subnet `{_subnet(place)}`, so nodes have no way out.",
            fix="Add 0.0.0.0/0 to the firewall or appliance to the subnet's route table.",
        )
    if route and route.hop == "none":
        yield Finding(
            code="udr-drops-egress",
            severity="warning" if outbound in ("none", "block") else "error",
            object=_table(routes, place),
            location=route.location,
            why=f"Route `{route.name}` sends 0.0.0.0/0 nowhere, so whatever leaves subnet "
            f"`{_subnet(place)}` for the Internet is dropped.",
            fix="Point it to a firewall, or remove it unless the cluster is network isolated.",
        )
    if route and route.hop == "virtual-appliance" and outbound in (
        "loadbalancer", "managednatgateway", "userassignednatgateway",
    ):  # fmt: skip
        yield Finding(
            code="udr-overrides-outbound",
            severity="warning",
            object=_table(routes, place),
            location=route.location,
            why=f"Route `{route.name}` sends 0.0.0.0/0 of subnet `{_subnet(place)}` to "
            f"`{route.hop_address}`, while cluster `{aks.name}` has the outbound type "
            f"`{aks.outbound}`: its public addresses are not used for what pods open.",
            fix="Take the route away, or change to `--outbound-type userDefinedRouting`.",
        )


def _asymmetric(context: AzureContext, place: Place, routes: SubnetRoutes) -> Iterator[Finding]:
    """Requests come in over a public load balancer and answers leave through the firewall.

    Source: AKS docs, egress-udr; Azure Firewall, "integrate with a load balancer".
    """
    route = _own_default(routes)
    if route is None or route.hop != "virtual-appliance":
        return
    for service in context.cluster.services:
        public = [one for one in service.external_addresses if is_public(ip_network(one))]
        if service.type == "LoadBalancer" and public:
            yield Finding(
                code="udr-asymmetric-ingress",
                severity="warning",
                object=f"Service/{service.full_name}",
                location=service.location,
                why=f"Service `{service.full_name}` takes requests in over the public load "
                f"balancer at {public[0]}, and route `{route.name}` sends the answers to "
                f"`{route.hop_address}`; a stateful firewall that did not see the request drops "
                "them.",
                fix="Use an internal load balancer behind a DNAT rule of the firewall, or route "
                "the callers' ranges to next hop Internet.",
                subjects=(_table(routes, place),),
            )


def _dropped(context: AzureContext, place: Place, routes: SubnetRoutes) -> Iterator[Finding]:
    """A route to nowhere that takes what the cluster itself needs."""
    ranges = [("node subnet", one) for one in context.node_range(place).networks]
    ranges += [("VNet", one) for one in context.vnet_ranges(place)]
    seen: set[str] = set()
    for what, network in ranges:
        hop = choose(routes, network)
        for route in (hop.route, *hop.others):
            if route and route.source == "user" and route.hop == "none" and route.name not in seen:
                seen.add(route.name)
                yield Finding(
                    code="udr-drops-vnet",
                    severity="error",
                    object=_table(routes, place),
                    location=route.location,
                    why=f"Route `{route.name}` drops `{route.prefix}`, a part of the {what} "
                    f"{network}.",
                    fix="Narrow its prefix, or remove it.",
                )


def _peering(context: AzureContext, peering: Peering) -> Iterator[Finding]:
    if peering.state.lower() not in ("", "connected"):
        yield Finding(
            code="peering-not-connected",
            severity="error",
            object=f"Peering/{peering.name}",
            location=peering.location,
            why=f"Peering `{peering.name}` to `{peering.remote.rpartition('/')[2]}` is "
            f"`{peering.state}`, so {', '.join(map(str, peering.prefixes)) or 'its VNet'} is not "
            "routed.",
            fix="`Initiated` lacks the peering of the other side; `Disconnected` must be deleted "
            "on both sides and made anew.",
        )
    elif not peering.access:
        yield Finding(
            code="peering-no-access",
            severity="warning",
            object=f"Peering/{peering.name}",
            location=peering.location,
            why=f"Peering `{peering.name}` does not allow access between its VNets.",
            fix="Set `--allow-vnet-access true`, if traffic shall pass.",
        )

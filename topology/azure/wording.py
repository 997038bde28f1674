"""What security groups and routes say, in sentences."""

from typing import Literal

from topology.azure.judging import Judgement, Traffic, plain
from topology.azure.network import AzureNetwork
from topology.azure.placement import Place
from topology.azure.routing import Hop, SubnetRoutes
from topology.azure.rules import Route
from topology.model import Address, Cluster, Network

__all__ = ["group_reason", "place_name", "port_text", "route_reason"]

_SHOWN = 2
RouteVerdict = Literal["allow", "deny", "unknown", "none"]


def place_name(place: Place) -> str:
    """Return the subnet of a place in words."""
    return f"subnet `{place.subnet.rpartition('/')[2]}`" if place.subnet else "the node"


def port_text(traffic: Traffic) -> str:
    """Return port and protocol of traffic."""
    if traffic.protocol.upper().startswith("ICMP"):
        return traffic.protocol
    return f"{'any port' if traffic.port is None else traffic.port}/{traffic.protocol}"


def group_reason(judgement: Judgement, way: str, traffic: Traffic) -> str:
    """Return which rule of a security group decides, and about what."""
    ends = f"{traffic.source} -> {traffic.destination} on {port_text(traffic)}"
    name = f"Security group `{judgement.group.name}`"
    rule = judgement.rule
    if rule is None:
        return f"{name} has no {way} rule that matches {ends}."
    named = f"rule `{rule.name}` (priority {rule.priority})"
    if judgement.verdict == "unknown":
        return (
            f"{name}: whether its {way} {named} matches all of {ends} is not known; it would "
            f"{'allow' if rule.access == 'allow' else 'deny'} what it matches."
        )
    word = "allows" if rule.access == "allow" else "denies"
    text = f"{name} {word} {ends} by its {way} {named}."
    if judgement.exceptions:
        shown = ", ".join(
            f"`{one.name}` ({one.source if way == 'inbound' else one.destination})"
            for one in judgement.exceptions[:_SHOWN]
        )
        text += f" It says otherwise for some addresses: {shown}."
    return text


def route_reason(
    azure: AzureNetwork, cluster: Cluster, routes: SubnetRoutes, hop: Hop, network: Network
) -> tuple[RouteVerdict, str]:
    """Return what becomes of traffic that takes a route, and why."""
    route = hop.route
    target = "The Internet" if not network.prefixlen else f"`{plain(network)}`"
    table = f" of route table `{routes.table}`" if routes.table else ""
    if hop.others:
        shown = ", ".join(f"`{one.prefix or one.tag}`" for one in hop.others[:_SHOWN])
        if not network.prefixlen and route is not None:
            # Private ranges and tags inside the whole address space are not the Internet.
            return _hop_verdict(azure, cluster, route, f"{target} is reached", table)
        return "unknown", f"Parts of {target} take other routes{table}: {shown}."
    if not hop.known or route is None:
        return "unknown", (
            f"Whether {target} is routed is not known: a gateway of the VNet may know a way. "
            "`az network nic show-effective-route-table` tells."
        )
    return _hop_verdict(azure, cluster, route, f"{target} is reached", table)


def _hop_verdict(
    azure: AzureNetwork, cluster: Cluster, route: Route, start: str, table: str
) -> tuple[RouteVerdict, str]:
    named = f"route `{route.name or route.prefix}` ({route.prefix}){table}"
    if route.hop == "none":
        if route.source == "system":
            text = f"{start.removesuffix(' is reached')} is routed nowhere: it is neither in the "
            return "deny", f"{text}VNet nor in a connected peer, and no route leads to it."
        return "deny", f"{start.removesuffix(' is reached')} is dropped by {named}."
    if route.hop == "virtual-appliance":
        if route.hop_address and _is_node(cluster, route.hop_address):
            return "allow", f"{start} over a node, by {named}."
        known = next((name for address, name in azure.firewalls if address == route.hop_address),
                     "")  # fmt: skip
        what = f"firewall `{known}`" if known else "the appliance"
        return "unknown", (
            f"{start} through {what} at `{route.hop_address}`, by {named}; its rules are not in "
            "the input."
        )
    words = {"internet": "directly", "vnet-local": "within the VNet", "peering": "over the peering",
             "gateway": "over the VNet's gateway"}  # fmt: skip
    if route.hop not in words:
        return "unknown", f"{start} by {named}, of a kind that is not known."
    tail = "" if route.hop in ("internet", "vnet-local") else f" `{route.name}`"
    return "allow", f"{start} {words[route.hop]}{tail}."


def _is_node(cluster: Cluster, address: Address) -> bool:
    return any(address in node.addresses for node in cluster.nodes)

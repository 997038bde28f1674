"""Checks of subnets: inside their VNet, apart from each other, sized, named and delegated."""

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network

from topology.ipam.components import (
    COMPONENTS,
    DELEGATIONS,
    SUBNET_NAMES,
    service_subnets,
)
from topology.ipam.estate import Estate, Subnet, Vnet
from topology.ipam.findings import Finding
from topology.ipam.modes import Mode
from topology.ipam.prefixes import SMALLEST_SUBNET
from topology.ipam.references import DNS_RESOLVER, LEGACY, PLANNING, VNET_FAQ, Reference
from topology.ipam.services import dns_resolver_fault
from topology.model import Network

__all__ = ["check_subnets"]

_IPV6_SUBNET = 64


def check_subnets(estate: Estate) -> Iterator[Finding]:
    """Yield the faults of every subnet."""
    for vnet in estate.vnets:
        for number, subnet in enumerate(vnet.subnets):
            yield from _place(vnet, subnet)
            yield from _apart(vnet, subnet, vnet.subnets[:number])
            yield from _size(estate, vnet, subnet)
            yield from _delegation(estate, vnet, subnet)


def _finding(
    vnet: Vnet, subnet: Subnet, code: str, message: str, fix: str, source: Reference
) -> Finding:
    return Finding(
        code=code,
        subject=f"subnet {vnet.name}/{subnet.name}",
        message=message,
        fix=fix,
        source=source,
        location=subnet.location,
    )


def _place(vnet: Vnet, subnet: Subnet) -> Iterator[Finding]:
    for network in subnet.networks:
        same = [prefix for prefix in vnet.prefixes if prefix.version == network.version]
        if same and not any(_inside(network, prefix) for prefix in same):
            ranges = ", ".join(map(str, same))
            yield _finding(vnet, subnet, "subnet-outside",
                           f"The subnet {network} ({subnet.name}) lies outside its VNet "
                           f"{vnet.name}, {ranges}.",
                           "Add a prefix to the VNet, or move the subnet.", VNET_FAQ)  # fmt: skip


def _inside(inner: Network, outer: Network) -> bool:
    return inner.prefixlen >= outer.prefixlen and inner.overlaps(outer)


def _apart(vnet: Vnet, subnet: Subnet, earlier: tuple[Subnet, ...]) -> Iterator[Finding]:
    for other in earlier:
        for one in subnet.networks:
            for two in other.networks:
                if one.version == two.version and one.overlaps(two):
                    yield _finding(vnet, subnet, "subnet-overlap",
                                   f"The subnet {one} ({subnet.name}) overlaps {two} "
                                   f"({other.name}) of the same VNet.",
                                   "Renumber one of them.", PLANNING)  # fmt: skip


def _size(estate: Estate, vnet: Vnet, subnet: Subnet) -> Iterator[Finding]:
    for network in subnet.networks:
        if isinstance(network, IPv6Network):
            if network.prefixlen != _IPV6_SUBNET:
                yield _finding(vnet, subnet, "ipv6-size",
                               f"The IPv6 subnet {network} is no /64.",
                               "An IPv6 subnet is exactly a /64.", VNET_FAQ)  # fmt: skip
            continue
        if not 2 <= network.prefixlen <= SMALLEST_SUBNET:
            yield _finding(vnet, subnet, "subnet-size",
                           f"The subnet {network} is outside /2 to /29, the sizes that Azure "
                           "takes.", "Give it a /29 or larger.", VNET_FAQ)  # fmt: skip
        component = subnet.component or SUBNET_NAMES.get(subnet.name, "")
        if component in COMPONENTS:
            yield from _component_size(estate, vnet, subnet, component, network)


def _component_size(
    estate: Estate, vnet: Vnet, subnet: Subnet, component: str, network: IPv4Network
) -> Iterator[Finding]:
    modes = {cluster.mode for cluster in estate.clusters if cluster.vnet == vnet.name}
    mode: Mode | None = "overlay" if "overlay" in modes else None
    rows = service_subnets(component, subnet.count, mode)
    rule = next((row for row in rows if row.subnet == subnet.name), rows[0])
    if rule.exact and network.prefixlen != rule.prefix:
        yield _finding(vnet, subnet, "component-exact",
                       f"The subnet {network} ({subnet.name}) of {rule.service} must be exactly a "
                       f"/{rule.prefix}: {rule.rule}.", f"Make it a /{rule.prefix}.",
                       rule.source)  # fmt: skip
    elif network.prefixlen > _smallest(component, rule.prefix, counted=subnet.count > 0):
        yield _finding(vnet, subnet, "component-size",
                       f"The subnet {network} ({subnet.name}) is too small for {rule.service}: "
                       f"{rule.rule}.", f"Make it a /{rule.prefix} or larger.",
                       rule.source)  # fmt: skip
    if component == "dns-resolver" and (fault := dns_resolver_fault(network)):
        yield _finding(vnet, subnet, "dns-resolver", f"DNS Private Resolver: {fault}",
                       "Take a /28 to /24 outside 10.0.1.0-10.0.16.255.",
                       DNS_RESOLVER)  # fmt: skip
    if rule.named and subnet.name not in {row.subnet for row in rows}:
        yield _finding(vnet, subnet, "subnet-name",
                       f"The subnet `{subnet.name}` of {rule.service} must be called "
                       f"`{rule.subnet}`.", f"Name it `{rule.subnet}`.", rule.source)  # fmt: skip


def _smallest(component: str, prefix: int, *, counted: bool) -> int:
    """Return the longest prefix that is still refused by nothing.

    What is only assumed or recommended (a /24 for an Application Gateway, so many endpoints) is no
    fault of a subnet that is there.
    """
    assumed = component in (
        "app-gateway", "private-endpoints", "internal-load-balancers", "private-link-service",
    )  # fmt: skip
    if assumed and not counted:
        return SMALLEST_SUBNET
    return 27 if component == "route-server" else prefix


def _delegation(estate: Estate, vnet: Vnet, subnet: Subnet) -> Iterator[Finding]:
    if subnet.delegation is None:
        return
    own = [one for one in estate.clusters if one.vnet == vnet.name]
    if any(subnet.name == one.node_subnet for one in own) or subnet.component == "node-subnet":
        if subnet.delegation:
            yield _finding(vnet, subnet, "node-delegation",
                           f"The node subnet `{subnet.name}` is delegated to "
                           f"{subnet.delegation}; a node subnet must not be delegated. Documents "
                           "differ: plan-pod-networking says to delegate it, the overview forbids "
                           "it.", "Remove the delegation; only the pod subnet has one.",
                           LEGACY)  # fmt: skip
        return
    pods = any(subnet.name == one.pod_subnet for one in own)
    wanted = DELEGATIONS.get("pod-subnet" if pods else subnet.component, "")
    if wanted and subnet.delegation.lower() != wanted.lower():
        has = subnet.delegation or "nothing"
        yield _finding(vnet, subnet, "delegation",
                       f"The subnet `{subnet.name}` must be delegated to {wanted}, and is "
                       f"delegated to {has}.", f"Delegate it: `--delegations {wanted}`.",
                       PLANNING)  # fmt: skip

"""VNets, subnets, peerings, interfaces, private endpoints and public addresses."""

from ipaddress import ip_address

from topology.azure.items import Item
from topology.azure.network import (
    Nic,
    Peering,
    PrivateEndpoint,
    PublicIp,
    Subnet,
    VirtualNetwork,
)
from topology.model import Address

__all__ = [
    "read_nic",
    "read_peering",
    "read_private_endpoint",
    "read_public_ip",
    "read_subnet",
    "read_vnet",
]


def read_vnet(item: Item) -> tuple[VirtualNetwork, list[Subnet], list[Peering]]:
    """Return a VNet with its subnets and peerings."""
    identity = item.id or item.name.lower()
    subnets = [read_subnet(one, identity) for one in item.parts("subnets")]
    peerings = [read_peering(one, identity) for one in item.parts("virtualNetworkPeerings")]
    vnet = VirtualNetwork(
        id=identity,
        name=item.name,
        prefixes=item.part("addressSpace").networks("addressPrefixes"),
        subnets=tuple(one.id for one in subnets),
        location=item.location,
    )
    return vnet, subnets, peerings


def read_subnet(item: Item, vnet: str = "") -> Subnet:
    """Return a subnet, of a VNet or by itself; in the latter case its id names the VNet."""
    vnet = vnet or item.id.rpartition("/subnets/")[0]
    used, _ = item.find("ipConfigurations")
    return Subnet(
        id=item.id or f"{vnet}/subnets/{item.name}".lower(),
        name=item.name,
        vnet=vnet,
        networks=item.networks("addressPrefix", "addressPrefixes"),
        nsg=item.reference("networkSecurityGroup"),
        route_table=item.reference("routeTable"),
        nat_gateway=item.reference("natGateway"),
        delegations=tuple(one.text("serviceName") for one in item.parts("delegations")),
        endpoint_policies=item.text("privateEndpointNetworkPolicies"),
        used=len(used) if isinstance(used, list) else None,
        location=item.location,
    )


def read_peering(item: Item, vnet: str = "") -> Peering:
    """Return one side of a peering."""
    owner = vnet or item.id.rpartition("/virtualnetworkpeerings/")[0]
    prefixes = item.part("remoteAddressSpace").networks("addressPrefixes")
    current = item.part("remoteVirtualNetworkAddressSpace").networks("addressPrefixes")
    return Peering(
        name=item.name,
        vnet=owner,
        remote=item.reference("remoteVirtualNetwork"),
        prefixes=current or prefixes,
        state=item.text("peeringState"),
        access=item.flag("allowVirtualNetworkAccess") is not False,
        forwarded=item.flag("allowForwardedTraffic") is True,
        remote_gateways=item.flag("useRemoteGateways") is True,
        location=item.location,
    )


def read_nic(item: Item) -> Nic:
    """Return a network interface; its subnet is that of its first address."""
    configurations = list(item.parts("ipConfigurations"))
    addresses = [one.address("privateIPAddress") for one in configurations]
    groups = [one.references("applicationSecurityGroups") for one in configurations]
    subnets = [one.reference("subnet") for one in configurations]
    return Nic(
        id=item.id,
        name=item.name,
        addresses=tuple(one for one in addresses if one is not None),
        subnet=next((one for one in subnets if one), ""),
        nsg=item.reference("networkSecurityGroup"),
        groups=tuple(dict.fromkeys(one for group in groups for one in group)),
        location=item.location,
    )


def read_private_endpoint(item: Item) -> PrivateEndpoint:
    """Return a private endpoint with the addresses and names that the export tells."""
    configs = list(item.parts("customDnsConfigs"))
    texts = [text for one in configs for text, _ in one.texts("ipAddresses")]
    texts += [text for one in item.parts("ipConfigurations")
              for text, _ in one.texts("privateIPAddress")]  # fmt: skip
    links = [*item.parts("privateLinkServiceConnections"),
             *item.parts("manualPrivateLinkServiceConnections")]  # fmt: skip
    states = [one.part("privateLinkServiceConnectionState").text("status") for one in links]
    return PrivateEndpoint(
        id=item.id,
        name=item.name,
        subnet=item.reference("subnet"),
        addresses=tuple(dict.fromkeys(_addresses(texts))),
        names=tuple(
            dict.fromkeys(
                one.text("fqdn").lower().rstrip(".") for one in configs if one.text("fqdn")
            )
        ),
        target=next((ref for one in links if (ref := one.reference("privateLinkServiceId"))), ""),
        status=next((state for state in states if state), ""),
        location=item.location,
    )


def _addresses(texts: list[str]) -> list[Address]:
    found: list[Address] = []
    for text in texts:
        try:
            found.append(ip_address(text))
        except ValueError:
            continue
    return found


def read_public_ip(item: Item) -> PublicIp:
    """Return a public address."""
    return PublicIp(
        id=item.id,
        name=item.name,
        address=item.address("ipAddress"),
        dns_name=item.part("dnsSettings").text("fqdn").lower(),
        location=item.location,
    )

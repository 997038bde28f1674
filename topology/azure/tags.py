"""What service tags stand for, as far as the input tells.

The address lists of Microsoft's own services are not part of an export, so a tag such as `Storage`
may or may not hold a public address: that is `None` here, never a guess. `VirtualNetwork` is the
VNet, its peers, prefixes of user-defined routes, the host address and, because AKS works with the
default rules alone, the pod CIDR of Overlay clusters in it.

Source: Azure docs, "Virtual network service tags" and "Network security groups".
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import collapse_addresses, ip_address, ip_network
from typing import Final

from topology.azure.network import AzureNetwork
from topology.model import Network
from topology.public import is_public

__all__ = ["HOST_ADDRESS", "METADATA_ADDRESS", "Tags", "covers", "tags_of"]

HOST_ADDRESS: Final = ip_address("168.63.129.16")
"""From which Azure's health probes come, and where its DNS and platform answer."""
METADATA_ADDRESS: Final = ip_address("169.254.169.254")


def covers(ranges: Iterable[Network], network: Network) -> bool | None:
    """Return whether ranges hold all (True), none (False) or a part (None) of a range."""
    same = [one for one in ranges if one.version == network.version]
    if any(network.subnet_of(one) for one in same):  # type: ignore[arg-type]
        return True
    if not any(network.overlaps(one) for one in same):
        return False
    whole = collapse_addresses(same)  # type: ignore[type-var]
    return True if any(network.subnet_of(one) for one in whole) else None  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """The meaning of service tags for the subnets of one VNet."""

    inside: tuple[Network, ...] = ()
    """What `VirtualNetwork` holds for certain."""
    complete: bool = False
    """Whether nothing else can be connected: the VNet is known, and it has no gateway."""
    default_route: bool = False
    """Whether a user-defined route covers everything, which the tag then does, too."""

    def covers(self, tag: str, network: Network) -> bool | None:
        """Return whether a tag holds all (True) or none (False) of a range; None if not known."""
        name = tag.lower()
        if name == "virtualnetwork":
            return self._virtual_network(network)
        if name == "internet":
            return self._internet(network)
        if name in ("azureloadbalancer", "azureplatformdns"):
            return covers([ip_network(HOST_ADDRESS)], network)
        if name == "azureplatformimds":
            return covers([ip_network(METADATA_ADDRESS)], network)
        # Every other tag lists public addresses that no export tells.
        return None if is_public(network) else False

    def _virtual_network(self, network: Network) -> bool | None:
        known = covers([*self.inside, ip_network(HOST_ADDRESS)], network)
        if known is not False:
            return known
        if is_public(network):
            return None if self.default_route else False
        return False if self.complete and not self.default_route else None

    def _internet(self, network: Network) -> bool | None:
        known = covers([*self.inside, ip_network(HOST_ADDRESS)], network)
        if known is not False:
            return None if known is None else False
        if is_public(network):
            return True
        return None if network.prefixlen == 0 else False


def tags_of(azure: AzureNetwork, vnet: str, routes: Sequence[Network] = ()) -> Tags:
    """Return what tags mean in a VNet.

    Args:
        azure: Everything of Azure that is known.
        vnet: Id of the VNet; one that was not exported leaves more tags undecided.
        routes: Prefixes of the user-defined routes of the subnet.
    """
    known = azure.vnet(vnet)
    inside: list[Network] = list(known.prefixes) if known else []
    gateway = any(one.vnet == vnet and one.name.lower() == "gatewaysubnet" for one in azure.subnets)
    for peering in azure.peerings:
        if peering.vnet == vnet and peering.access and peering.state.lower() in ("", "connected"):
            remote = azure.vnet(peering.remote)
            inside += remote.prefixes if remote else peering.prefixes
            gateway = gateway or peering.remote_gateways
    for cluster in azure.clusters:
        vnets = {pool.subnet.rpartition("/subnets/")[0] for pool in cluster.pools}
        if cluster.overlay and (vnet in vnets or vnets == {""}):
            inside += cluster.pod_cidrs
    inside += [one for one in routes if one.prefixlen]
    return Tags(
        inside=tuple(dict.fromkeys(inside)),
        complete=known is not None and not gateway,
        default_route=any(not one.prefixlen for one in routes),
    )

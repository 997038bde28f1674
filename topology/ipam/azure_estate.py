"""What `az network vnet list` and `az aks list` print, read into an Estate for checking."""

import re
from collections.abc import Iterator

from topology.errors import UnreadableInput
from topology.ipam.documents import Value
from topology.ipam.estate import Cluster, Connected, Estate, Subnet, Vnet
from topology.ipam.modes import Mode
from topology.ipam.pools import NodePool, parse_surge
from topology.model import Network

__all__ = ["is_azure", "read_azure"]


def is_azure(root: Value) -> bool:
    """Return whether a document is a list or object that the Azure CLI prints."""
    return any(_kind(item) for item in _items(root))


def _items(root: Value) -> list[Value]:
    return list(root.data) if isinstance(root.data, list) else [root]


def _kind(item: Value) -> str:
    if not isinstance(item.data, dict):
        return ""
    if "addressSpace" in item.data:
        return "vnet"
    return "cluster" if "agentPoolProfiles" in item.data else ""


def read_azure(root: Value) -> Estate:
    """Return the VNets and clusters of a document of the Azure CLI.

    Peerings with VNets that are not in it count as connected ranges, as far as they are told.

    Raises:
        UnreadableInput: A range or number in it cannot be read; with the line.
    """
    vnets, clusters, connected = [], [], []
    for item in _items(root):
        if _kind(item) == "vnet":
            vnet, remote = _vnet(item)
            vnets.append(vnet)
            connected += remote
        elif _kind(item) == "cluster":
            clusters.append(_cluster(item))
        else:
            message = "An entry is neither a VNet nor an AKS cluster."
            hint = "Give what `az network vnet list` or `az aks list -o json` prints."
            raise UnreadableInput(message, hint=hint, location=item.location)
    return Estate(vnets=tuple(vnets), clusters=tuple(clusters), connected=tuple(connected))


def _get(value: Value, *path: str) -> Value | None:
    """Return what stands at a path; None where it is missing or null."""
    for key in path:
        if not isinstance(value.data, dict) or key not in value.data:
            return None
        value = value.data[key]
    return None if value.data is None else value


def _text(value: Value, *path: str) -> str:
    found = _get(value, *path)
    return found.text() if found else ""


def _each(value: Value, *path: str) -> Iterator[Value]:
    found = _get(value, *path)
    return found.items() if found else iter(())


def _networks(value: Value, *paths: tuple[str, ...]) -> tuple[Network, ...]:
    found = [item.network() for path in paths for item in _each(value, *path)]
    return tuple(dict.fromkeys(found))


def _last(identifier: str) -> str:
    return identifier.rstrip("/").rpartition("/")[2]


def _vnet(item: Value) -> tuple[Vnet, list[Connected]]:
    name = _text(item, "name")
    connected, peers = [], []
    for peering in _each(item, "virtualNetworkPeerings"):
        remote = _last(_text(peering, "remoteVirtualNetwork", "id"))
        peers.append(remote)
        prefixes = _networks(
            peering,
            ("remoteAddressSpace", "addressPrefixes"),
            ("remoteVirtualNetworkAddressSpace", "addressPrefixes"),
        )
        connected += [
            Connected(network=net, name=f"peer {remote}", location=peering.location)
            for net in prefixes
        ]
    vnet = Vnet(
        name=name,
        region=_text(item, "location"),
        prefixes=_networks(item, ("addressSpace", "addressPrefixes")),
        peers=tuple(peers),
        subnets=tuple(_subnet(subnet) for subnet in _each(item, "subnets")),
        location=item.location,
    )
    return vnet, connected


def _subnet(item: Value) -> Subnet:
    services = [_text(one, "serviceName") for one in _each(item, "delegations")]
    return Subnet(
        name=_text(item, "name"),
        networks=_networks(item, ("addressPrefix",), ("addressPrefixes",)),
        delegation=next((one for one in services if one), ""),
        location=item.location,
    )


def _cluster(item: Value) -> Cluster:
    pools = tuple(_pool(pool) for pool in _each(item, "agentPoolProfiles"))
    first = next(iter(_each(item, "agentPoolProfiles")), item)
    subnet, pod_subnet = _text(first, "vnetSubnetId"), _text(first, "podSubnetId")
    parts = re.search(r"/virtualNetworks/([^/]+)/", subnet, re.IGNORECASE)
    profile = ("networkProfile",)
    dns = _get(item, *profile, "dnsServiceIp")
    windows = any(_text(pool, "osType").lower() == "windows"
                  for pool in _each(item, "agentPoolProfiles"))  # fmt: skip
    return Cluster(
        name=_text(item, "name"),
        vnet=parts[1] if parts else "",
        mode=_mode(item, pod_subnet, first),
        pools=pools,
        pod_cidrs=_networks(item, (*profile, "podCidr"), (*profile, "podCidrs")),
        service_cidrs=_networks(item, (*profile, "serviceCidr"), (*profile, "serviceCidrs")),
        dns_service_ip=dns.address() if dns else None,
        node_subnet=_last(subnet),
        pod_subnet=_last(pod_subnet),
        dataplane="cilium" if _text(item, *profile, "networkDataplane") == "cilium" else "",
        features=frozenset({"windows"} if windows else ()),
        location=item.location,
    )


def _mode(item: Value, pod_subnet: str, pool: Value) -> Mode:
    if _text(item, "networkProfile", "networkPlugin") == "kubenet":
        return "kubenet"
    if _text(item, "networkProfile", "networkPluginMode") == "overlay":
        return "overlay"
    if not pod_subnet:
        return "node_subnet"
    static = _text(pool, "podIpAllocationMode") == "StaticBlock"
    return "pod_subnet_static" if static else "pod_subnet_dynamic"


def _pool(item: Value) -> NodePool:
    """Return a pool at its largest: the autoscaler's maximum where there is one."""
    count = _get(item, "count")
    most = _get(item, "maxCount")
    scales = _get(item, "enableAutoScaling")
    size = most if most and scales and scales.flag() else count
    surge = _text(item, "upgradeSettings", "maxSurge")
    limit = _get(item, "maxPods")
    return NodePool(
        name=_text(item, "name"),
        nodes=size.number(0) if size else 0,
        max_pods=limit.number(1) if limit else None,
        surge=parse_surge(surge) if surge else None,
    )

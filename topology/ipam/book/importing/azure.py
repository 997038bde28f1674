"""What `az network vnet list`, `az network vnet subnet list` and `az aks list|show` print."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from topology.ipam.book.importing.rows import Annotation, ImportRow, Reading, read_range
from topology.model import Source

__all__ = ["is_cluster", "is_subnet", "is_vnet", "read_cluster", "read_subnet", "read_vnet"]

_BY_NAME = {
    "azurebastionsubnet": "bastion",
    "azurefirewallmanagementsubnet": "firewall",
    "azurefirewallsubnet": "firewall",
    "gatewaysubnet": "gateway",
    "routeserversubnet": "route server",
}
_BY_DELEGATION = {
    "microsoft.containerservice/managedclusters": "api server or pods",
    "microsoft.network/dnsresolvers": "dns resolver",
    "microsoft.servicenetworking/trafficcontrollers": "app gateway for containers",
}
_VNET_OF = re.compile(r"^(.*/virtualnetworks/([^/]+))/subnets/[^/]+$", re.IGNORECASE)
_GROUP_OF = re.compile(r"/resourcegroups/([^/]+)/", re.IGNORECASE)


def is_vnet(item: Mapping[str, Any]) -> bool:
    """Return whether an object is a virtual network."""
    return isinstance(_get(item, "addressSpace"), Mapping)


def is_subnet(item: Mapping[str, Any]) -> bool:
    """Return whether an object is a subnet."""
    listed = _get(item, "addressPrefix") or _get(item, "addressPrefixes")
    return bool(listed) and "addressSpace" not in item


def is_cluster(item: Mapping[str, Any]) -> bool:
    """Return whether an object is an AKS cluster."""
    return isinstance(_get(item, "networkProfile"), Mapping) and (
        _get(item, "agentPoolProfiles") is not None or _get(item, "kubernetesVersion") is not None
    )


def read_vnet(item: Mapping[str, Any], path: str, source: Source, reading: Reading) -> None:
    """Read a virtual network: its ranges as blocks, its subnets as allocations in them."""
    owner = str(item.get("id") or item.get("name") or "").lower()
    tags = _tags(item, "resourceGroup", "location")
    peers = [str(peer.get("name", "")) for peer in _listed(item, "virtualNetworkPeerings")]
    if peers:
        tags["peerings"] = ", ".join(sorted(peers))
    space = _get(item, "addressSpace")
    for text, inner in _texts(space, "addressPrefixes"):
        place = source.at(f"{path}.{_at(item, 'addressSpace')}{inner}")
        network = read_range(text, reading, place)
        if network is not None:
            reading.rows.append(
                ImportRow(
                    network=network,
                    location=place,
                    name=str(item.get("name", "")),
                    kind="vnet",
                    role="block",
                    tags=tags,
                    owner=owner,
                )
            )
    for number, subnet in enumerate(_listed(item, "subnets")):
        inside = f"{path}.{_at(item, 'subnets')}[{number}]"
        read_subnet(subnet, inside, source, reading, vnet=owner)


def read_subnet(
    item: Mapping[str, Any], path: str, source: Source, reading: Reading, *, vnet: str = ""
) -> None:
    """Read a subnet, of a VNet or by itself; in the latter case its id names the VNet."""
    identity = str(item.get("id") or "")
    match = _VNET_OF.match(identity)
    vnet = vnet or (match[1].lower() if match else "")
    name = str(item.get("name") or "")
    tags = _tags(item, "resourceGroup")
    in_use = len(_listed(item, "ipConfigurations"))
    if in_use:
        tags["ip-configurations"] = str(in_use)
    for text, inner in _ranges(item):
        place = source.at(f"{path}.{inner}" if path else inner)
        network = read_range(text, reading, place)
        if network is not None:
            reading.rows.append(
                ImportRow(
                    network=network,
                    location=place,
                    name=name,
                    kind=_kind(item),
                    role="allocation",
                    tags=tags,
                    owner=identity.lower() or f"{vnet}/subnets/{name}".lower(),
                    within=vnet,
                )
            )


def read_cluster(item: Mapping[str, Any], path: str, source: Source, reading: Reading) -> None:
    """Read a cluster: its own pod and service ranges, and which subnets it uses.

    Pod and service ranges are the cluster's alone and may repeat in others, so each cluster has a
    space of its own for them.
    """
    name = str(item.get("name") or "cluster")
    profile = _get(item, "networkProfile")
    inside = f"{path}.{_at(item, 'networkProfile')}" if path else _at(item, "networkProfile")
    owner = str(item.get("id") or name).lower()
    mode = str(profile.get("networkPluginMode") or profile.get("networkPlugin") or "")
    for kind, several, single in (
        ("pods", "podCidrs", "podCidr"),
        ("services", "serviceCidrs", "serviceCidr"),
    ):
        for text, inner in _cidrs(profile, several, single):
            place = source.at(f"{inside}.{inner}")
            network = read_range(text, reading, place)
            if network is not None:
                reading.rows.append(
                    ImportRow(
                        network=network,
                        location=place,
                        name=f"{name}-{kind}",
                        kind=kind,
                        role="allocation",
                        space=f"aks:{name}",
                        tags={**_tags(item, "resourceGroup"), "cluster": name, "mode": mode},
                        owner=f"{owner}/{kind}",
                    )
                )
    _read_pools(item, name, path, source, reading)


def _read_pools(
    item: Mapping[str, Any], cluster: str, path: str, source: Source, reading: Reading
) -> None:
    """Note which subnets the node pools use, each with all of its pools."""
    used: dict[tuple[str, str], list[str]] = {}
    places: dict[tuple[str, str], str] = {}
    for number, pool in enumerate(_listed(item, "agentPoolProfiles")):
        for kind, names in (
            ("nodes", ("vnetSubnetId", "vnetSubnetID")),
            ("pods", ("podSubnetId", "podSubnetID")),
        ):
            identity = next((str(pool[one]) for one in names if pool.get(one)), "")
            if identity:
                key = (identity.lower(), kind)
                used.setdefault(key, []).append(str(pool.get("name", "")))
                places.setdefault(key, f"{path}.agentPoolProfiles[{number}]".lstrip("."))
    for (identity, kind), pools in used.items():
        reading.annotations.append(
            Annotation(
                owner=identity,
                kind=kind,
                tags={"cluster": cluster, "pools": ", ".join(sorted(pools))},
                location=source.at(places[identity, kind]),
            )
        )


def _kind(subnet: Mapping[str, Any]) -> str:
    known = _BY_NAME.get(str(subnet.get("name", "")).lower())
    if known:
        return known
    for delegation in _listed(subnet, "delegations"):
        service = str(_get(delegation, "serviceName") or "")
        if service:
            return _BY_DELEGATION.get(service.lower(), service.rpartition("/")[2].lower())
    if _listed(subnet, "applicationGatewayIPConfigurations"):
        return "app gateway"
    if _listed(subnet, "privateEndpoints"):
        return "private endpoints"
    return "subnet"


def _ranges(item: Mapping[str, Any]) -> Iterator[tuple[object, str]]:
    """Yield the ranges of a subnet, which has one or, with dual stack, a list."""
    yield from _cidrs(item, "addressPrefixes", "addressPrefix")


def _cidrs(item: Mapping[str, Any], several: str, single: str) -> Iterator[tuple[object, str]]:
    listed = _get(item, several)
    if isinstance(listed, list) and listed:
        yield from ((text, f"{_at(item, several)}[{n}]") for n, text in enumerate(listed))
    elif _get(item, single):
        yield _get(item, single), _at(item, single)


def _texts(item: Mapping[str, Any], name: str) -> Iterator[tuple[object, str]]:
    listed = item.get(name)
    if isinstance(listed, list):
        yield from ((text, f".{name}[{number}]") for number, text in enumerate(listed))


def _get(item: Mapping[str, Any], name: str) -> Any:
    """Return a field, which resource graph and REST put under `properties`."""
    if name in item:
        return item[name]
    properties = item.get("properties")
    return properties.get(name) if isinstance(properties, Mapping) else None


def _at(item: Mapping[str, Any], name: str) -> str:
    return name if name in item else f"properties.{name}"


def _listed(item: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = _get(item, name)
    if not isinstance(found, list):
        return []
    return [one for one in found if isinstance(one, Mapping)]


def _tags(item: Mapping[str, Any], *names: str) -> dict[str, str]:
    """Return fields as tags; a resource group that is not told stands in the id."""
    said = {"resourceGroup": "resource-group", "location": "location"}
    found = {said[name]: str(item[name]) for name in names if item.get(name)}
    group = _GROUP_OF.search(str(item.get("id") or ""))
    if group and "resource-group" not in found:
        found["resource-group"] = group[1]
    given = item.get("tags")
    if isinstance(given, Mapping):
        found |= {str(name): str(value) for name, value in given.items() if value is not None}
    return found

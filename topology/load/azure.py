"""What the Azure CLI prints, told apart from Kubernetes objects by its content.

`az … list` prints a bare list, `az … show` one object, REST and `az graph query` wrap lists in
`value` or `data`. Fields stand on the object itself or, from REST and the resource graph, under
`properties`. Names of files do not count, so that mixed files and any names are fine.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from topology.model import Document, Source

__all__ = ["azure_documents", "azure_kind", "is_azure"]

_TYPES: Final = {
    "microsoft.containerservice/managedclusters": "ManagedCluster",
    "microsoft.containerservice/managedclusters/agentpools": "AgentPool",
    "microsoft.network/applicationsecuritygroups": "ApplicationSecurityGroup",
    "microsoft.network/azurefirewalls": "AzureFirewall",
    "microsoft.network/loadbalancers": "LoadBalancer",
    "microsoft.network/natgateways": "NatGateway",
    "microsoft.network/networkinterfaces": "NetworkInterface",
    "microsoft.network/networksecuritygroups": "NetworkSecurityGroup",
    "microsoft.network/networksecuritygroups/securityrules": "SecurityRule",
    "microsoft.network/privateendpoints": "PrivateEndpoint",
    "microsoft.network/publicipaddresses": "PublicIpAddress",
    "microsoft.network/publicipprefixes": "PublicIpPrefix",
    "microsoft.network/routetables": "RouteTable",
    "microsoft.network/routetables/routes": "Route",
    "microsoft.network/virtualnetworks": "VirtualNetwork",
    "microsoft.network/virtualnetworks/subnets": "Subnet",
    "microsoft.network/virtualnetworks/virtualnetworkpeerings": "Peering",
}
_PROVIDER: Final = re.compile(r"^/subscriptions/.*?/providers/(microsoft\.[\w.]+)/(.+)$", re.I)
_GROUP: Final = re.compile(r"/resourcegroups/([^/]+)/", re.I)
_WRAPPERS: Final = ("value", "data")
_NEEDS: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    ("VirtualNetwork", ("addressSpace", "subnets")),
    ("NetworkSecurityGroup", ("securityRules",)),
    ("NetworkSecurityGroup", ("defaultSecurityRules",)),
    ("RouteTable", ("routes",)),
    ("ManagedCluster", ("agentPoolProfiles",)),
    ("ManagedCluster", ("networkProfile", "nodeResourceGroup")),
    ("LoadBalancer", ("frontendIPConfigurations",)),
    ("LoadBalancer", ("frontendIpConfigurations",)),
    ("Peering", ("remoteVirtualNetwork",)),
)
"""Fields that only one kind has, for objects whose type and id were cut away."""


def is_azure(value: Any) -> bool:
    """Say whether a value is an object, or a wrapped list, that the Azure CLI prints."""
    return azure_kind(value) != ""


def azure_kind(value: Any) -> str:
    """Return the kind of an object of Azure; empty for anything else.

    An object of a type that is not read is named by its type, in lower case.

    >>> azure_kind({"type": "Microsoft.Network/routeTables", "name": "rt"})
    'RouteTable'
    >>> azure_kind({"kind": "Pod", "apiVersion": "v1"})
    ''
    """
    if not isinstance(value, dict) or "apiVersion" in value:
        return ""
    named = value.get("type")
    if isinstance(named, str) and named.lower().startswith("microsoft."):
        return _TYPES.get(named.lower(), named.lower())
    identity = _PROVIDER.match(value["id"]) if isinstance(value.get("id"), str) else None
    if identity:
        steps = identity[2].split("/")
        named = "/".join([identity[1], *steps[0::2]]).lower()
        return _TYPES.get(named, named)
    return _kind_by_fields(value)


def _kind_by_fields(value: Mapping[str, Any]) -> str:
    """Return the kind of an object without type and id."""
    for wrapper in _WRAPPERS:
        listed = value.get(wrapper)
        if isinstance(listed, list) and listed and isinstance(listed[0], dict):
            return _kind_of_list(listed)
    if "kind" in value and "properties" not in value and "agentPoolProfiles" not in value:
        return ""
    inner = value.get("properties")
    fields = {**value, **inner} if isinstance(inner, dict) else value
    for kind, needed in _NEEDS:
        if all(isinstance(fields.get(name), list | dict | str) for name in needed):
            return kind
    if "addressSpace" in fields and isinstance(fields["addressSpace"], dict):
        return "VirtualNetwork"
    return ""


def _kind_of_list(listed: list[Any]) -> str:
    """Return what a wrapped list holds: effective rules, effective routes, or objects."""
    first = listed[0]
    if "effectiveSecurityRules" in first:
        return "EffectiveSecurityGroups"
    if "nextHopType" in first and ("source" in first or "state" in first):
        return "EffectiveRoutes"
    return "List" if azure_kind(first) else ""


def azure_documents(objects: Iterable[tuple[Any, Source]]) -> tuple[Document, ...]:
    """Return the objects of Azure among parsed objects, each id once: the last one read counts.

    Args:
        objects: Parsed values with their sources; whatever is not of Azure is passed over.

    Returns:
        By kind, resource group and name; `namespace` holds the resource group.
    """
    found: dict[tuple[str, str], Document] = {}
    for body, source in objects:
        for one in _unwrapped(body, source):
            identity = str(one.body.get("id") or f"{one.namespace}/{one.name}").lower()
            if one.kind.startswith("Effective"):
                # These have no id of their own, and a second one is of another interface.
                identity = f"{one.source.at()}"
            found[one.kind, identity] = one
    return tuple(
        sorted(
            found.values(),
            key=lambda one: (one.kind, one.namespace, one.name, str(one.source.at())),
        )
    )


def _unwrapped(body: Any, source: Source) -> Iterator[Document]:
    kind = azure_kind(body)
    if kind == "List":
        wrapper = next(name for name in _WRAPPERS if isinstance(body.get(name), list))
        for index, item in enumerate(body[wrapper]):
            yield from _unwrapped(item, _inside(source, f"{wrapper}[{index}]"))
    elif kind:
        identity = str(body.get("id") or "")
        group = body.get("resourceGroup") or next(iter(_GROUP.findall(identity)), "")
        name = body.get("name") or identity.rpartition("/")[2]
        yield Document(
            kind=kind,
            api_version="",
            namespace=str(group),
            name=str(name),
            body=body,
            source=source,
        )


def _inside(source: Source, path: str) -> Source:
    """Return the source of a part of an object, with paths counted from there."""
    lines = {"": source.at(path).line}
    for known, line in source.lines.items():
        if known.startswith(f"{path}."):
            lines[known[len(path) + 1 :]] = line
    return Source(source.file, lines)

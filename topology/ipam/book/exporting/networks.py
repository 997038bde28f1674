"""VNets and subnets among the entries of a space, as the tools of Azure want them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from topology.ipam.book.entries import Entry
from topology.model import Network

__all__ = ["DELEGATIONS", "Subnet", "Vnet", "find_vnets", "texts", "unique_symbol"]

DELEGATIONS = {
    "api server": "Microsoft.ContainerService/managedClusters",
    "app gateway for containers": "Microsoft.ServiceNetworking/trafficControllers",
    "dns resolver": "Microsoft.Network/dnsResolvers",
}
"""By use. A pod subnet is delegated by AKS itself when the cluster is made."""


@dataclass(slots=True, kw_only=True)
class Subnet:
    """A subnet with its ranges: one, or one of each family."""

    name: str
    kind: str
    ranges: list[Network] = field(default_factory=list)

    @property
    def delegation(self) -> str:
        """Return the service that it is delegated to; empty for none."""
        return DELEGATIONS.get(self.kind, "")


@dataclass(slots=True, kw_only=True)
class Vnet:
    """A VNet with its ranges and subnets."""

    name: str
    resource_group: str
    """Empty if the book does not know."""
    location: str
    tags: dict[str, str]
    ranges: list[Network] = field(default_factory=list)
    subnets: list[Subnet] = field(default_factory=list)


_OURS = frozenset(
    {"id", "resource-group", "location", "peerings", "cluster", "pools", "ip-configurations"}
)


def find_vnets(entries: Sequence[Entry]) -> list[Vnet]:
    """Return the VNets of a space, by name: blocks of the kind `vnet`, joined by identity."""
    found: dict[str, Vnet] = {}
    of_block: dict[int, Vnet] = {}
    for entry in entries:
        if entry.kind == "vnet":
            identity = entry.tags.get("id") or entry.name or str(entry.network)
            vnet = found.setdefault(identity, _vnet(entry))
            vnet.ranges.append(entry.network)
            of_block[entry.id] = vnet
    for entry in entries:
        parent = of_block.get(entry.parent)
        if parent is not None and entry.role != "reservation":
            _add_subnet(parent, entry)
    return sorted(found.values(), key=lambda vnet: vnet.name)


def _vnet(entry: Entry) -> Vnet:
    return Vnet(
        name=entry.name or _plain(entry.network),
        resource_group=entry.tags.get("resource-group", ""),
        location=entry.tags.get("location", ""),
        tags={name: text for name, text in entry.tags.items() if name not in _OURS},
    )


def _add_subnet(vnet: Vnet, entry: Entry) -> None:
    name = entry.name or f"snet-{_plain(entry.network)}"
    subnet = next((one for one in vnet.subnets if one.name == name), None)
    if subnet is None:
        subnet = Subnet(name=name, kind=entry.kind)
        vnet.subnets.append(subnet)
    subnet.ranges.append(entry.network)


def _plain(network: Network) -> str:
    return re.sub(r"[^0-9a-z]+", "-", str(network)).strip("-")


def unique_symbol(name: str, taken: set[str], *, join: str = "_") -> str:
    """Return a name that a language takes as an identifier, and that nothing else has yet."""
    words = re.findall(r"[A-Za-z0-9]+", name) or ["range"]
    symbol = join.join(word.lower() for word in words)
    symbol = symbol if symbol[0].isalpha() else f"n{join}{symbol}"
    number, candidate = 2, symbol
    while candidate in taken:
        candidate, number = f"{symbol}{join}{number}", number + 1
    taken.add(candidate)
    return candidate


def texts(ranges: Iterable[Network]) -> list[str]:
    """Return ranges as text, IPv4 first."""
    return [str(one) for one in sorted(ranges, key=lambda one: (one.version, one))]

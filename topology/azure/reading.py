"""From the documents of Azure that were loaded to one AzureNetwork."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from topology.azure.cluster_reading import (
    read_cluster,
    read_load_balancer,
    read_nat_gateway,
    read_pool,
)
from topology.azure.items import Item
from topology.azure.network import (
    AksCluster,
    AzureNetwork,
    NatGateway,
    Peering,
    Subnet,
    VirtualNetwork,
)
from topology.azure.place_reading import (
    read_nic,
    read_peering,
    read_private_endpoint,
    read_public_ip,
    read_subnet,
    read_vnet,
)
from topology.azure.rule_reading import (
    empty_group,
    read_effective_groups,
    read_effective_routes,
    read_route_table,
    read_security_group,
    with_routes,
    with_rules,
)
from topology.azure.rules import RouteTable, SecurityGroup
from topology.memo import per_cluster
from topology.model import Address, Cluster, Document, Problem

__all__ = ["azure_of", "read_azure_network"]

Read = TypeVar("Read")
_Items = Mapping[str, Sequence[Item]]


@per_cluster
def azure_of(cluster: Cluster) -> AzureNetwork:
    """Return the Azure network that was loaded beside a cluster; an empty one where none was."""
    return read_azure_network(cluster.azure)


def read_azure_network(documents: Iterable[Document]) -> AzureNetwork:
    """Return the typed form of documents of Azure.

    Args:
        documents: As `Cluster.azure` holds them.

    Returns:
        What could be read; the rest stands in its problems, with file and line.
    """
    documents = tuple(documents)
    problems = list(_unread(documents))
    items: dict[str, list[Item]] = defaultdict(list)
    for document in documents:
        items[document.kind].append(Item(document.body, document.source, problems))
    vnets, subnets, peerings = _places(items)
    return AzureNetwork(
        vnets=tuple(vnets),
        subnets=tuple(subnets),
        peerings=tuple(peerings),
        security_groups=tuple(_groups(items)),
        route_tables=tuple(_tables(items)),
        effective_routes=tuple(_each(items, "EffectiveRoutes", read_effective_routes)),
        clusters=tuple(_clusters(items)),
        nics=tuple(_each(items, "NetworkInterface", read_nic)),
        private_endpoints=tuple(_each(items, "PrivateEndpoint", read_private_endpoint)),
        nat_gateways=tuple(_nat_gateways(items)),
        load_balancers=tuple(_each(items, "LoadBalancer", read_load_balancer)),
        public_ips=tuple(_each(items, "PublicIpAddress", read_public_ip)),
        firewalls=tuple(_firewalls(items)),
        kinds=frozenset(items),
        problems=tuple(problems),
    )


def _each(items: _Items, kind: str, read: Callable[[Item], Read]) -> list[Read]:
    return [read(item) for item in items.get(kind, ())]


def _places(items: _Items) -> tuple[list[VirtualNetwork], list[Subnet], list[Peering]]:
    """Return VNets, subnets and peerings; one that is listed by itself counts before its VNet's."""
    vnets: list[VirtualNetwork] = []
    subnets: dict[str, Subnet] = {}
    peerings: dict[tuple[str, str], Peering] = {}
    for item in items.get("VirtualNetwork", ()):
        vnet, inside, links = read_vnet(item)
        vnets.append(vnet)
        subnets |= {one.id: one for one in inside}
        peerings |= {(one.vnet, one.name): one for one in links}
    for subnet in _each(items, "Subnet", read_subnet):
        subnets[subnet.id] = subnet
    for peering in _each(items, "Peering", read_peering):
        peerings[peering.vnet, peering.name] = peering
    return vnets, list(subnets.values()), list(peerings.values())


def _groups(items: _Items) -> list[SecurityGroup]:
    """Return the security groups; effective rules, being exact, replace those as written."""
    found = {one.id: one for one in _each(items, "NetworkSecurityGroup", read_security_group)}
    for item in items.get("EffectiveSecurityGroups", ()):
        for exact in read_effective_groups(item):
            written = found.get(exact.id)
            if written is not None:
                exact = replace(
                    exact,
                    resource_group=written.resource_group,
                    subnets=tuple(dict.fromkeys((*written.subnets, *exact.subnets))),
                    nics=tuple(dict.fromkeys((*written.nics, *exact.nics))),
                )
            found[exact.id] = exact
    for identity, rules in _by_owner(items, "SecurityRule").items():
        group = found.get(identity) or empty_group(identity, rules[0])
        if not group.effective:
            found[identity] = with_rules(group, rules)
    return list(found.values())


def _tables(items: _Items) -> list[RouteTable]:
    """Return the route tables, with the routes that were listed by themselves."""
    found = {one.id: one for one in _each(items, "RouteTable", read_route_table)}
    for identity, routes in _by_owner(items, "Route").items():
        name = identity.rpartition("/")[2]
        table = found.get(identity) or RouteTable(
            id=identity, name=name, location=routes[0].location
        )
        found[identity] = with_routes(table, routes)
    return list(found.values())


def _by_owner(items: _Items, kind: str) -> dict[str, list[Item]]:
    """Return parts that were listed by themselves, by the id of what they are a part of."""
    found: dict[str, list[Item]] = {}
    for item in items.get(kind, ()):
        found.setdefault(item.id.rsplit("/", 2)[0], []).append(item)
    return found


def _unread(documents: Iterable[Document]) -> Iterator[Problem]:
    """Say of which types nothing is read."""
    counts: dict[str, list[Document]] = {}
    for document in documents:
        if document.kind.startswith("microsoft."):
            counts.setdefault(document.kind, []).append(document)
    for kind, found in counts.items():
        yield Problem(
            severity="warning",
            code="azure-unread",
            message=f"Objects of the type `{kind}` ({len(found)}) are not read.",
            hint="They change no answer; leave them out, or read answers with that in mind.",
            location=found[0].source.at(),
        )


def _clusters(items: _Items) -> list[AksCluster]:
    """Return the clusters; pools that are listed by themselves are put into theirs."""
    found = _each(items, "ManagedCluster", read_cluster)
    for item in items.get("AgentPool", ()):
        pool = read_pool(item)
        owner = item.id.rpartition("/agentpools/")[0]
        for index, cluster in enumerate(found):
            if cluster.id == owner or (not owner and len(found) == 1):
                others = tuple(one for one in cluster.pools if one.name != pool.name)
                found[index] = replace(cluster, pools=(*others, pool))
    return found


def _nat_gateways(items: _Items) -> list[NatGateway]:
    """Return the NAT gateways, with the addresses of prefixes whose length is known."""
    sizes: dict[str, int] = {}
    for item in items.get("PublicIpPrefix", ()):
        length = item.number("prefixLength")
        if length is not None and 0 <= length <= 32:
            sizes[item.id] = 2 ** (32 - length)
    found = []
    for gateway in _each(items, "NatGateway", read_nat_gateway):
        known = sum(sizes.get(one, 0) for one in gateway.prefixes)
        rest = tuple(one for one in gateway.prefixes if one not in sizes)
        found.append(replace(gateway, addresses=gateway.addresses + known, prefixes=rest))
    return found


def _firewalls(items: _Items) -> list[tuple[Address, str]]:
    found: list[tuple[Address, str]] = []
    for item in items.get("AzureFirewall", ()):
        for one in item.parts("ipConfigurations"):
            address = one.address("privateIPAddress")
            if address is not None:
                found.append((address, item.name))
    return found

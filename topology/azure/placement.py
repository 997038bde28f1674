"""Which subnet, interface and security groups a node or pod of the cluster has in Azure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from ipaddress import ip_network
from typing import Final

from topology.azure.judging import Ends
from topology.azure.network import AksCluster, AzureNetwork, Nic, Pool, Subnet
from topology.azure.rules import SecurityGroup
from topology.azure.tags import covers
from topology.model import Address, Cluster, Network, Node, Pod
from topology.public import is_public

__all__ = ["Place", "Places", "Span", "span_of"]

Span = tuple[int, int, int]
"""Version of IP, first and last address: comparing numbers takes a tenth of the time."""

_POOL_LABELS: Final = ("kubernetes.azure.com/agentpool", "agentpool")
_CLUSTER_LABEL: Final = "kubernetes.azure.com/cluster"
_NODE_NAME: Final = re.compile(r"(?:aks-)?(?P<pool>[a-z0-9]+)-\d+-vmss[0-9a-z]+", re.I)
_OWN_GROUP: Final = re.compile(r"aks-agentpool-\d+-nsg", re.I)
_POLICIES_ON: Final = ("Enabled", "NetworkSecurityGroupEnabled")
_SCALE_SET: Final = "/virtualmachinescalesets/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands in the Azure network."""

    subnet: str = ""
    """Id of the subnet, or of a set of subnets that are all alike."""
    nic: str = ""
    """Id of its interface, where that was exported."""
    networks: tuple[Network, ...] = ()
    """Its own addresses; ranges where it has none yet."""
    groups: frozenset[str] = frozenset()
    """Application security groups."""
    groups_known: bool = False
    scale_set: bool = False
    """Whether it is a node of a cluster, whose interface AKS made."""
    why_unknown: str = ""
    """Why no subnet is known, as a clause; empty where one is."""

    @property
    def ends(self) -> Ends:
        """Return it as an end of traffic."""
        return Ends(networks=self.networks, groups=self.groups, groups_known=self.groups_known)


def span_of(network: Network) -> Span:
    """Return a range as numbers."""
    return network.version, int(network.network_address), int(network.broadcast_address)


class Places:
    """Finds places; built once for a cluster."""

    def __init__(self, cluster: Cluster, azure: AzureNetwork) -> None:
        self._cluster = cluster
        self._azure = azure
        self._nodes = {node.name: node for node in cluster.nodes}
        self._by_node: dict[str, Place] = {}
        self._spans = [
            (span_of(network), subnet) for subnet in azure.subnets for network in subnet.networks
        ]

    @cached_property
    def aks(self) -> AksCluster | None:
        """Return the AKS cluster that the Kubernetes objects are of, where that is clear."""
        clusters = self._azure.clusters
        if len(clusters) == 1:
            return clusters[0]
        groups = {node.labels.get(_CLUSTER_LABEL, "").lower() for node in self._cluster.nodes}
        found = [one for one in clusters if one.node_group.lower() in groups - {""}]
        return found[0] if len(found) == 1 else None

    @cached_property
    def pod_ranges(self) -> tuple[Network, ...]:
        """Return the private pod ranges of an Overlay or kubenet cluster."""
        aks = self.aks
        return aks.pod_cidrs if aks and (aks.overlay or aks.plugin == "kubenet") else ()

    def node(self, name: str) -> Place:
        """Return the place of a node; every pool together where its name is not known."""
        if name not in self._by_node:
            self._by_node[name] = self._find_node(name, self._nodes.get(name))
        return self._by_node[name]

    def nodes(self) -> tuple[Place, ...]:
        """Return the places of all nodes, those of the same subnet and interface once."""
        names = [node.name for node in self._cluster.nodes] or [""]
        found: dict[tuple[str, str, str], Place] = {}
        for name in names:
            place = self.node(name)
            key = (place.subnet, place.nic, place.why_unknown)
            known = found.get(key)
            networks = (*known.networks, *place.networks) if known else place.networks
            found[key] = replace(place, networks=networks)
        return tuple(found.values())

    def pod(self, pod: Pod) -> Place:
        """Return the place of a pod as its own address is seen; its node's on the host network.

        Pods of Overlay and kubenet keep their address within the cluster and pass the interface
        of their node; pods of Pod Subnet and Node Subnet have an address of the VNet.
        """
        node = self.node(pod.node)
        if pod.host_network:
            return node
        own = tuple(ip_network(address) for address in pod.addresses)
        if self.is_private(pod):
            return replace(node, networks=own or self.pod_ranges, groups=frozenset())
        subnet = self._subnet_of(pod.addresses)
        if subnet and subnet.id != node.subnet:
            return Place(subnet=subnet.id, networks=own, groups_known=True)
        pool = self._pool_of(pod.node)
        if not own and pool and pool.pod_subnet:
            found = self._azure.subnet(pool.pod_subnet)
            networks = found.networks if found else ()
            return Place(subnet=pool.pod_subnet, networks=networks, groups_known=True)
        place = replace(node, networks=own or node.networks)
        if not own and not node.networks:
            return replace(place, why_unknown=node.why_unknown or "the pod has no address yet")
        return place

    def sender(self, pod: Pod, networks: Iterable[Network]) -> Place:
        """Return the place of a pod as a destination outside of the cluster sees it.

        Args:
            pod: Who opens the connection.
            networks: Of the destination; empty for the Internet.
        """
        place, node = self.pod(pod), self.node(pod.node)
        shared = bool(place.subnet) and place.subnet == node.subnet and bool(node.networks)
        if self.is_private(pod) or (shared and not self._is_in_vnet(place.subnet, networks)):
            # Overlay beyond the pod range, Node Subnet beyond its VNet: the address of the node.
            return node
        return place

    def _is_in_vnet(self, subnet: str, networks: Iterable[Network]) -> bool:
        """Say whether a destination is in the VNet of a subnet, or may be where that is unknown."""
        asked = tuple(networks)
        vnet = self._azure.vnet(subnet.rpartition("/subnets/")[0])
        if vnet is None:
            return bool(asked) and not any(is_public(one) for one in asked)
        return bool(asked) and all(covers(vnet.prefixes, one) for one in asked)

    def address(self, network: Network) -> Place | None:
        """Return the place of an address, or of a range, of a known subnet outside the cluster.

        None for a private endpoint whose subnet does not apply security groups to it.
        """
        first = network.network_address
        subnet = self._subnet_of([first])
        nic = self._nic_of([first])
        if subnet is None or not any(network.overlaps(one) for one in subnet.networks):
            return None
        endpoint = any(first in one.addresses for one in self._azure.private_endpoints)
        if endpoint and subnet.endpoint_policies not in _POLICIES_ON:
            return None
        return Place(
            subnet=subnet.id,
            nic=nic.id if nic else "",
            networks=(network,),
            groups=frozenset(nic.groups) if nic else frozenset(),
            groups_known=nic is not None,
        )

    def is_private(self, pod: Pod) -> bool:
        """Return whether a pod has an address that only the cluster itself routes."""
        if pod.host_network:
            return False
        ranges = self.pod_ranges
        if pod.addresses:
            return any(address in one for address in pod.addresses for one in ranges)
        return bool(ranges)

    def _find_node(self, name: str, node: Node | None) -> Place:
        addresses = node.addresses if node else ()
        networks = tuple(ip_network(one) for one in addresses)
        nic = self._nic_of(addresses)
        subnet = self._subnet_of(addresses)
        identity = subnet.id if subnet else nic.subnet if nic else ""
        if not identity:
            identity = self._pool_subnet(name)
        if not identity:
            return Place(networks=networks, scale_set=True, why_unknown=self._lack(name))
        if not networks:
            found = self._azure.subnet(identity)
            networks = found.networks if found else ()
        return Place(
            subnet=identity,
            nic=nic.id if nic else "",
            networks=networks,
            groups=frozenset(nic.groups) if nic else frozenset(),
            groups_known=nic is not None,
            scale_set=nic is None,
        )

    def _lack(self, name: str) -> str:
        if not self._azure.clusters and not self._azure.subnets:
            return "neither `az network vnet list` nor `az aks list` was given"
        which = f"node `{name}`" if name else "the node"
        return f"the subnet of {which} is not known"

    def _subnet_of(self, addresses: Iterable[Address]) -> Subnet | None:
        """Return the one subnet that holds an address; VNets may overlap, so two are none."""
        found: dict[str, Subnet] = {}
        for address in addresses:
            version, number = address.version, int(address)
            for (family, first, last), subnet in self._spans:
                if family == version and first <= number <= last:
                    found[subnet.id] = subnet
        if len(found) < 2:
            return next(iter(found.values()), None)
        pools = {pool.subnet for pool in self._pools} | {pool.pod_subnet for pool in self._pools}
        own = [subnet for identity, subnet in found.items() if identity in pools]
        chosen = own if own else list(found.values())
        return chosen[0] if len(chosen) == 1 else None

    def _nic_of(self, addresses: Iterable[Address]) -> Nic | None:
        wanted = set(addresses)
        return next((nic for nic in self._azure.nics if wanted & set(nic.addresses)), None)

    @property
    def _pools(self) -> tuple[Pool, ...]:
        return self.aks.pools if self.aks else ()

    def _pool_of(self, name: str) -> Pool | None:
        """Return the pool of a node, by its labels or its name; the only one where there is one."""
        node = self._nodes.get(name)
        labels = [node.labels.get(key, "") for key in _POOL_LABELS] if node else []
        match = _NODE_NAME.fullmatch(name)
        named = next(filter(None, labels), match["pool"] if match else "")
        found = [pool for pool in self._pools if pool.name == named]
        if found:
            return found[0]
        return self._pools[0] if len(self._pools) == 1 else None

    def _pool_subnet(self, name: str) -> str:
        """Return the subnet of a node's pool, or the one that all pools share."""
        pool = self._pool_of(name)
        if pool and pool.subnet:
            return pool.subnet
        shared = {one.subnet for one in self._pools}
        if len(shared) == 1 and "" not in shared:
            return next(iter(shared))
        # AKS makes `aks-vnet-…/aks-subnet` itself where no subnet was named.
        made = [one.id for one in self._azure.subnets if "/virtualnetworks/aks-vnet-" in one.id]
        return made[0] if shared == {""} and len(made) == 1 else ""

    def security_groups(self, place: Place) -> tuple[tuple[SecurityGroup, ...], tuple[str, ...]]:
        """Return the groups that guard a place, and the ids of those that were not exported.

        The group of the subnet, and that of the interface: its own, or the one that AKS keeps for
        the interfaces of its nodes.
        """
        found: dict[str, SecurityGroup] = {}
        missing: list[str] = []
        subnet, nic = self._azure.subnet(place.subnet), self._nic(place.nic)
        for identity in (subnet.nsg if subnet else "", nic.nsg if nic else ""):
            group = self._azure.security_group(identity) if identity else None
            if group:
                found[group.id] = group
            elif identity:
                missing.append(identity)
        for group in self._azure.security_groups:
            if (
                place.subnet in group.subnets
                or (place.nic and place.nic in group.nics)
                or (place.scale_set and self._is_of_nodes(group))
            ):
                found[group.id] = group
        return tuple(found.values()), tuple(missing)

    def _nic(self, identity: str) -> Nic | None:
        return next((one for one in self._azure.nics if identity and one.id == identity), None)

    def _is_of_nodes(self, group: SecurityGroup) -> bool:
        """Return whether a group guards the interfaces of the cluster's nodes."""
        if any(_SCALE_SET in nic for nic in group.nics):
            return self.aks is None or self.aks.node_group.lower() in "".join(group.nics)
        own = _OWN_GROUP.fullmatch(group.name) and not group.subnets
        if not own or not self.aks:
            return False
        return group.resource_group.lower() == self.aks.node_group.lower()

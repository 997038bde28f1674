"""What the checks of the Azure network share: places, tags and judgements."""

from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_network
from typing import Final

from topology.azure.judging import Ends, Judgement, Traffic, judge
from topology.azure.network import AksCluster, AzureNetwork
from topology.azure.placement import Place, Places
from topology.azure.rules import RuleDirection, SecurityGroup
from topology.azure.steps import PlaceJudge
from topology.azure.tags import HOST_ADDRESS
from topology.model import Cluster, Network

__all__ = ["OWN_PRIORITIES", "AzureContext"]

OWN_PRIORITIES: Final = 65000
"""From which priority on rules are Azure's own."""


@dataclass(frozen=True)
class AzureContext:
    """A cluster and the Azure network around it."""

    cluster: Cluster
    azure: AzureNetwork

    @cached_property
    def places(self) -> Places:
        """Return what finds the place of nodes and pods."""
        return Places(self.cluster, self.azure)

    @cached_property
    def judge(self) -> PlaceJudge:
        """Return what asks the groups and routes of a place."""
        return PlaceJudge(self.cluster, self.azure, self.places)

    @property
    def aks(self) -> AksCluster | None:
        """Return the AKS cluster that the Kubernetes objects are of."""
        return self.places.aks

    @cached_property
    def node_places(self) -> tuple[Place, ...]:
        """Return a place for each node subnet, of nodes that are known and of the pools."""
        found: dict[str, Place] = {}
        for place in self.places.nodes():
            if place.subnet:
                found.setdefault(place.subnet, place)
        for pool in self.aks.pools if self.aks else ():
            subnet = self.azure.subnet(pool.subnet)
            if pool.subnet and pool.subnet not in found:
                networks = subnet.networks if subnet else ()
                found[pool.subnet] = Place(subnet=pool.subnet, networks=networks, scale_set=True)
        return tuple(found.values())

    def node_range(self, place: Place) -> Ends:
        """Return the addresses of nodes in a place: the whole subnet, as nodes come and go."""
        subnet = self.azure.subnet(place.subnet)
        return Ends(networks=subnet.networks if subnet else place.networks, groups_known=False)

    @property
    def pods(self) -> Ends:
        """Return the private pod range of Overlay and kubenet."""
        return Ends(networks=self.places.pod_ranges)

    @property
    def host(self) -> Ends:
        """Return the address that Azure's health probes come from."""
        return Ends(networks=(ip_network(HOST_ADDRESS),))

    def groups(self, place: Place) -> tuple[SecurityGroup, ...]:
        """Return the security groups of a place that are in the input."""
        return self.places.security_groups(place)[0]

    def ask(
        self, group: SecurityGroup, direction: RuleDirection, traffic: Traffic, place: Place
    ) -> Judgement:
        """Return what one group says of traffic."""
        return judge(group, direction, traffic, self.judge.tags_at(place.subnet))

    def vnet_ranges(self, place: Place) -> tuple[Network, ...]:
        """Return the ranges of the VNet of a place."""
        subnet = self.azure.subnet(place.subnet)
        vnet = self.azure.vnet(subnet.vnet) if subnet else None
        return vnet.prefixes if vnet else ()

"""The other end of a rule: which identities it means."""

from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network
from typing import Protocol

from topology.model import Address, Network
from topology.policy.fqdn import NamePattern
from topology.policy.identities import Identity
from topology.policy.profile import Profile
from topology.policy.selectors import Selector

__all__ = ["AddressPeer", "NamePeer", "Peer", "SelectorPeer", "block_networks"]


class Peer(Protocol):
    """One alternative of a rule's other end."""

    @property
    def key(self) -> str:
        """Text that equal peers share: rules with it are merged by Cilium."""

    def matches(self, identity: Identity) -> bool | None:
        """Return whether the identity is meant; None where that cannot be known."""


@dataclass(frozen=True)
class SelectorPeer:
    """Identities by label: endpoints, entities, the backends of a Service."""

    selector: Selector
    entity: bool = False
    """It stands for an entity, which fromRequires does not limit."""

    @cached_property
    def key(self) -> str:
        """Return the selector as text."""
        return str(self.selector)

    def matches(self, identity: Identity) -> bool:
        """Return whether the identity's labels are selected."""
        return identity.selected_by(self.selector)


_IPV4_WORLD, _IPV6_WORLD = IPv4Network("0.0.0.0/0"), IPv6Network("::/0")


def block_networks(network: Network, profile: Profile) -> tuple[Network, ...]:
    """Return the networks that the CIDR of a block means, such as an ipBlock or a cidrSet item.

    Of the two that mean every address Cilium makes the label `world`, which in a cluster with IPv4
    only is one for both families (pkg/policy/api/cidr.go); toCIDR and fromCIDR keep them apart.
    """
    if network == _IPV6_WORLD and not (profile.ipv6 or profile.cidr_selects_pods):
        return _IPV4_WORLD, _IPV6_WORLD
    return (network,)


@dataclass(frozen=True)
class AddressPeer:
    """Addresses by CIDR, less the exceptions.

    In Cilium this never means pods, nodes or the health and ingress endpoints; in plain
    Kubernetes (`pods=True`) it means whatever has the address.
    """

    networks: tuple[Network, ...]
    excepts: tuple[Network, ...] = ()
    pods: bool = False
    group: str = ""
    """Name of the CiliumCIDRGroup, where the networks come from one."""
    missing: bool = False
    """The group is not in the input, nor is any other."""

    @cached_property
    def key(self) -> str:
        """Return the networks as text."""
        text = self.group or ", ".join(map(str, self.networks))
        return text + (f" except {', '.join(map(str, self.excepts))}" if self.excepts else "")

    def matches(self, identity: Identity) -> bool | None:
        """Return whether the identity's address is meant; None where that is not known."""
        if not (identity.outside or self.pods):
            return False
        if self.missing:
            return None
        if identity.addresses:
            return any(self._covers(address) for address in identity.addresses)
        whole = self._covers_whole(identity.family)
        if not identity.hidden_address:
            return whole and identity.outside
        certain = not self.networks or (whole and not self.excepts)
        return whole if certain else None

    def _covers(self, address: Address) -> bool:
        return any(address in network for network in self.networks) and not any(
            address in network for network in self.excepts
        )

    def _covers_whole(self, family: int) -> bool:
        """Return whether a prefix of length 0 is among the networks: it means the whole world."""
        return any(
            not network.prefixlen and family in (0, network.version) for network in self.networks
        )


@dataclass(frozen=True)
class NamePeer:
    """Addresses that the DNS proxy has seen in the answer for a name (toFQDNs)."""

    pattern: NamePattern

    @cached_property
    def key(self) -> str:
        """Return the pattern as text."""
        return str(self.pattern)

    def matches(self, identity: Identity) -> bool:
        """Return whether the identity was learned for a matching name."""
        return identity.outside and any(self.pattern.matches(name) for name in identity.names)

"""The other end of a rule in Cilium's policies: the from and to fields."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_network
from typing import Any

from topology.model import Network, Service
from topology.policy.cilium.names import read_names
from topology.policy.cilium.selectors import entity_selectors, read_peer
from topology.policy.fields import Rejected, listing, mapping, read_requirements, text
from topology.policy.labels import ANY, K8S, NAMESPACE
from topology.policy.peers import AddressPeer, NamePeer, Peer, SelectorPeer
from topology.policy.rules import Context
from topology.policy.selectors import Selector, one_of

__all__ = ["PeerReader", "Peers"]

_KINDS = ("Endpoints", "CIDR", "CIDRSet", "Entities", "Nodes", "Groups", "Services", "FQDNs")
_EMPTY_MEANS_NONE = ("Endpoints", "Nodes", "Entities", "CIDR", "CIDRSet")


@dataclass(frozen=True, slots=True)
class Peers:
    """What the from or to fields of one rule mean."""

    peers: tuple[Peer, ...]
    nothing: bool = False
    """A list is there but empty, which selects nothing even with ports."""
    requires: tuple[Selector, ...] = ()
    undecided: str = ""


class PeerReader:
    """Reads the from or to fields of the rules of one policy."""

    def __init__(self, *, namespace: str, subject: Selector, context: Context) -> None:
        self.namespace = namespace
        self.subject = subject
        self.context = context

    def read(self, rule: Mapping[str, Any], path: str, *, side: str, deny: bool) -> Peers:
        """Read the fields of one rule.

        Args:
            rule: The item of ingress, egress, ingressDeny or egressDeny.
            path: Where it stands.
            side: `from` or `to`.
            deny: Whether it is a deny rule, which has no toFQDNs.
        """
        kinds = [kind for kind in _KINDS if not (deny and kind == "FQDNs")]
        lists = {kind: listing(rule.get(side + kind), f"{path}.{side}{kind}") for kind in kinds}
        _check_combination({kind for kind in kinds if lists[kind]}, path, side)
        _check_nodes(lists, path, side)
        readers: dict[str, Callable[[Any, str], list[Peer]]] = {
            "Endpoints": self._endpoint,
            "CIDR": self._cidr,
            "CIDRSet": self._cidr_set,
            "Services": self._service,
            "FQDNs": self._names,
        }
        peers: list[Peer] = []
        for kind, reader in readers.items():
            for number, item in enumerate(lists.get(kind) or []):
                peers += reader(item, f"{path}.{side}{kind}[{number}]")
        entities = entity_selectors(
            lists["Entities"], f"{path}.{side}Entities", self.context.profile
        )
        peers += [SelectorPeer(selector, entity=True) for selector in entities]
        nothing = any(lists[kind] == [] for kind in _EMPTY_MEANS_NONE)
        return Peers(
            () if nothing else tuple(peers),
            nothing,
            self._requires(rule, path, side),
            self._undecided(lists, side),
        )

    def _requires(self, rule: Mapping[str, Any], path: str, side: str) -> tuple[Selector, ...]:
        field = f"{side}Requires"
        items = listing(rule.get(field), f"{path}.{field}") or []
        if items and not self.context.profile.requires:
            raise Rejected(
                "requires",
                f"`{field}` was removed in Cilium 1.19.",
                "Put the labels into the selectors of the peers.",
                f"{path}.{field}",
            )
        return tuple(
            read_peer(
                item,
                f"{path}.{field}[{number}]",
                namespace=self.namespace,
                subject=self.subject,
                profile=self.context.profile,
                inject_always=True,
            )
            for number, item in enumerate(items)
        )

    def _undecided(self, lists: Mapping[str, Any], side: str) -> str:
        if lists["Groups"]:
            return f"`{side}Groups` takes its addresses from a cloud provider"
        if lists.get("Services") and not self.context.services:
            return "`toServices` names Services, and the input holds none"
        return ""

    def _endpoint(self, item: Any, path: str) -> list[Peer]:
        selector = read_peer(
            item,
            path,
            namespace=self.namespace,
            subject=self.subject,
            profile=self.context.profile,
        )
        return [SelectorPeer(selector)]

    def _cidr(self, item: Any, path: str) -> list[Peer]:
        return [self._addresses((_network(item, path, bare=True),))]

    def _addresses(
        self, networks: tuple[Network, ...], excepts: tuple[Network, ...] = (), group: str = ""
    ) -> AddressPeer:
        pods = self.context.profile.cidr_selects_pods
        return AddressPeer(networks, excepts, pods=pods, group=group)

    def _cidr_set(self, item: Any, path: str) -> list[Peer]:
        fields = mapping(item, path)
        ways = [k for k in ("cidr", "cidrGroupRef", "cidrGroupSelector") if fields.get(k)]
        if len(ways) != 1:
            raise Rejected(
                "cidr-set",
                "An item needs exactly one of `cidr`, `cidrGroupRef` and `cidrGroupSelector`.",
                "Keep one of them.",
                path,
            )
        excepts = listing(fields.get("except"), f"{path}.except") or []
        holes = tuple(
            _network(hole, f"{path}.except[{n}]", bare=False) for n, hole in enumerate(excepts)
        )
        if ways == ["cidr"]:
            network = _network(fields["cidr"], f"{path}.cidr", bare=False)
            _check_excepts(network, holes, path)
            return [self._addresses((network,), holes)]
        networks, name = self._group(fields, path)
        peer = self._addresses(networks, holes, name)
        return [peer if self.context.groups else replace(peer, missing=True)]

    def _group(self, fields: Mapping[str, Any], path: str) -> tuple[tuple[Network, ...], str]:
        groups = self.context.groups
        name = text(fields.get("cidrGroupRef"), f"{path}.cidrGroupRef")
        if name:
            return (groups[name].networks if name in groups else ()), f"CiliumCIDRGroup {name}"
        wanted = read_requirements(fields["cidrGroupSelector"], f"{path}.cidrGroupSelector")
        selector = Selector(frozenset(wanted))
        networks = [
            network
            for _, group in sorted(groups.items())
            if selector.matches({key: (ANY, value) for key, value in group.labels.items()})
            for network in group.networks
        ]
        return tuple(networks), f"CiliumCIDRGroups with {selector}"

    def _names(self, item: Any, path: str) -> list[Peer]:
        return [NamePeer(name) for name in read_names(item, path, self.context.profile)]

    def _service(self, item: Any, path: str) -> list[Peer]:
        fields = mapping(item, path)
        return [
            peer
            for service in self.context.services
            if service.full_name != "default/kubernetes" and _means(fields, service, path)
            for peer in self._backends(service)
        ]

    def _backends(self, service: Service) -> list[Peer]:
        if service.selector:
            wanted = [one_of(ANY, key, value) for key, value in service.selector.items()]
            wanted.append(one_of(K8S, NAMESPACE, service.namespace))
            return [SelectorPeer(Selector(frozenset(wanted)))]
        networks = tuple(
            ip_network(endpoint.address) for endpoint in service.endpoints or () if endpoint.address
        )
        return [self._addresses(networks)] if networks else []


def _means(fields: Mapping[str, Any], service: Service, path: str) -> bool:
    named = mapping(fields.get("k8sService"), f"{path}.k8sService")
    chosen = mapping(fields.get("k8sServiceSelector"), f"{path}.k8sServiceSelector")
    space = named.get("namespace") or chosen.get("namespace")
    if space and space != service.namespace:
        return False
    if named:
        return bool(named.get("serviceName") == service.name)
    if not chosen:
        return False
    wanted = read_requirements(chosen.get("selector"), f"{path}.k8sServiceSelector.selector")
    labels = {key: (K8S, value) for key, value in service.labels.items()}
    return Selector(frozenset(wanted)).matches(labels)


def _check_combination(present: set[str], path: str, side: str) -> None:
    if len(present) > 1:
        first, second = [side.title() + kind for kind in _KINDS if kind in present][:2]
        raise Rejected(
            "combination",
            f"Combining {first} and {second} is not supported yet.",
            "Make two rules of it: each item of the list allows on its own.",
            path,
        )


def _check_nodes(lists: Mapping[str, Any], path: str, side: str) -> None:
    if lists["Nodes"]:
        raise Rejected(
            "nodes",
            "FromNodes/ToNodes rules need the agent flag `enable-node-selector-labels`.",
            "Use the entities host and remote-node, or CIDRs.",
            f"{path}.{side}Nodes",
        )


def _check_excepts(network: Network, holes: tuple[Network, ...], path: str) -> None:
    """Check as Cilium up to 1.19 does: only the address of an exception must lie inside."""
    for number, hole in enumerate(holes):
        if hole.version != network.version or hole.network_address not in network:
            raise Rejected(
                "except-outside",
                f"allow CIDR prefix `{network}` does not contain exclude CIDR prefix `{hole}`.",
                "Take the exception out, or widen `cidr`.",
                f"{path}.except[{number}]",
            )


def _network(value: Any, path: str, *, bare: bool) -> Network:
    written = text(value, path) or ""
    try:
        if bare or "/" in written:
            return ip_network(written, strict=False)
    except ValueError:
        pass
    example = "10.0.0.0/8 or 10.1.2.3" if bare else "10.0.0.0/8"
    message = f"Unable to parse CIDR `{written}`."
    raise Rejected("cidr", message, f"Write it like {example}.", path)

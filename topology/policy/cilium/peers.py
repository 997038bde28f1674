"""The other end of a rule in Cilium's policies: the from and to fields."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_network
from typing import Any

from topology.model import Network, Service
from topology.policy.cilium.names import read_names
from topology.policy.cilium.selectors import entity_selectors, read_peer
from topology.policy.fields import (
    Faults,
    Rejected,
    listing,
    mapping,
    parse_network,
    quoted,
    read_requirements,
    text,
)
from topology.policy.labels import ANY, K8S, NAMESPACE
from topology.policy.peers import AddressPeer, NamePeer, Peer, SelectorPeer, block_networks
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
        self._readers: dict[str, Callable[[Any, str], list[Peer]]] = {
            "Endpoints": self._endpoint,
            "CIDR": self._cidr,
            "CIDRSet": self._cidr_set,
            "Services": self._service,
            "FQDNs": self._names,
            "Entities": self._entity,
        }

    def read(self, rule: Mapping[str, Any], path: str, *, side: str, deny: bool) -> Peers:
        """Read the fields of one rule.

        Args:
            rule: The item of ingress, egress, ingressDeny or egressDeny.
            path: Where it stands.
            side: `from` or `to`.
            deny: Whether it is a deny rule, which has no toFQDNs.
        """
        faults = Faults()
        lists: dict[str, list[Any] | None] = dict.fromkeys(_KINDS)
        for kind in _KINDS:
            field = side + kind
            # In a deny rule toFQDNs is no field.
            if field in rule and not (deny and kind == "FQDNs"):
                with faults:
                    lists[kind] = listing(rule[field], f"{path}.{field}")
        with faults:
            _check_combination({kind for kind, items in lists.items() if items}, path, side)
        with faults:
            _check_nodes(lists, path, side)
        peers: list[Peer] = []
        for kind, read in self._readers.items():
            for number, item in enumerate(lists[kind] or ()):
                with faults:
                    peers += read(item, f"{path}.{side}{kind}[{number}]")
        requires: tuple[Selector, ...] = ()
        if f"{side}Requires" in rule:
            with faults:
                requires = self._requires(rule, path, side)
        faults.settle()
        nothing = any(lists[kind] == [] for kind in _EMPTY_MEANS_NONE)
        return Peers(
            () if nothing else tuple(peers), nothing, requires, self._undecided(lists, side)
        )

    def _entity(self, item: Any, path: str) -> list[Peer]:
        name = text(item, path) or ""
        selectors = entity_selectors(name, path, self.context.profile)
        return [SelectorPeer(selector, entity=True) for selector in selectors]

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
        faults = Faults()
        found: list[Selector] = []
        for number, item in enumerate(items):
            with faults:
                found.append(self._selector(item, f"{path}.{field}[{number}]", always=True))
        faults.settle()
        return tuple(found)

    def _selector(self, item: Any, path: str, *, always: bool = False) -> Selector:
        return read_peer(
            item,
            path,
            namespace=self.namespace,
            subject=self.subject,
            profile=self.context.profile,
            inject_always=always,
        )

    def _undecided(self, lists: Mapping[str, Any], side: str) -> str:
        if lists["Groups"]:
            return f"`{side}Groups` takes its addresses from a cloud provider"
        if lists.get("Services") and not self.context.services:
            return "`toServices` names Services, and the input holds none"
        return ""

    def _endpoint(self, item: Any, path: str) -> list[Peer]:
        return [SelectorPeer(self._selector(item, path))]

    def _cidr(self, item: Any, path: str) -> list[Peer]:
        return [self._addresses((_network(item, path, bare=True),))]

    def _addresses(
        self, networks: tuple[Network, ...], excepts: tuple[Network, ...] = (), group: str = ""
    ) -> AddressPeer:
        pods = self.context.profile.cidr_selects_pods
        return AddressPeer(networks, excepts, pods=pods, group=group)

    def _cidr_set(self, item: Any, path: str) -> list[Peer]:
        fields = mapping(item, path)
        ways = [way for way in ("cidr", "cidrGroupRef") if fields.get(way)]
        ways += ["cidrGroupSelector"] if fields.get("cidrGroupSelector") is not None else []
        if len(ways) != 1:
            raise Rejected(
                "cidr-set",
                "An item needs exactly one of `cidr`, `cidrGroupRef` and `cidrGroupSelector`.",
                "Keep one of them." if ways else "Add one of them.",
                path,
            )
        excepts = listing(fields.get("except"), f"{path}.except") or []
        if ways == ["cidr"]:
            return [self._block(fields, excepts, path)]
        # Beside a group Cilium does not look at the exceptions; what is none excludes nothing.
        parsed = (parse_network(str(hole)) for hole in excepts)
        holes = tuple(hole for hole in parsed if hole is not None)
        networks, name = self._group(fields, path)
        peer = self._addresses(networks, holes, name)
        return [peer if self.context.groups else replace(peer, missing=True)]

    def _block(self, fields: Mapping[str, Any], excepts: list[Any], path: str) -> AddressPeer:
        faults = Faults()
        holes: list[Network] = []
        network: Network | None = None
        with faults:
            network = _network(fields["cidr"], f"{path}.cidr", bare=False)
        for number, item in enumerate(excepts):
            with faults:
                where = f"{path}.except[{number}]"
                hole = _network(item, where, bare=False)
                holes.append(hole)
                if network is not None:
                    _check_except(network, hole, fields["cidr"], where)
        faults.settle()
        networks = block_networks(network, self.context.profile) if network else ()
        return self._addresses(networks, tuple(holes))

    def _group(self, fields: Mapping[str, Any], path: str) -> tuple[tuple[Network, ...], str]:
        groups = self.context.groups
        name = text(fields.get("cidrGroupRef"), f"{path}.cidrGroupRef")
        if name:
            return (groups[name].networks if name in groups else ()), f"CiliumCIDRGroup {name}"
        # Keys of a group's labels carry no source.
        wanted = read_requirements(
            fields["cidrGroupSelector"], f"{path}.cidrGroupSelector", source=ANY
        )
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
    try:
        wanted = read_requirements(chosen.get("selector"), f"{path}.k8sServiceSelector.selector")
    except Rejected:
        # Cilium does not check this selector; what cannot be a selector finds no Service.
        return False
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


def _check_except(network: Network, hole: Network, written: str, path: str) -> None:
    """Check as Cilium up to 1.19 does: only the address of an exception must lie inside."""
    if hole.version != network.version or hole.network_address not in network:
        raise Rejected(
            "except-outside",
            f"Allow CIDR prefix `{written}` does not contain exclude CIDR prefix `{hole}`.",
            "Take the exception out, or widen `cidr`.",
            path,
        )


def _network(value: Any, path: str, *, bare: bool) -> Network:
    written = text(value, path) or ""
    network = parse_network(written, bare=bare)
    if network is not None:
        return network
    single = parse_network(written, bare=True)
    if single is not None:
        message = f"Unable to parse CIDR {quoted(written)}: a prefix length is needed here."
        raise Rejected("cidr", message, f"Write `{single}`.", path)
    example = "10.0.0.0/8 or 10.1.2.3" if bare else "10.0.0.0/8"
    raise Rejected("cidr", f"Unable to parse CIDR {quoted(written)}.", f"Write {example}.", path)

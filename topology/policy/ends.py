"""The ends of a question as identities; several where it is not known which of them it is."""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from functools import cached_property

from topology.errors import InvalidQuery
from topology.model import Address, Cluster, Network, Node, Pod
from topology.policy.identities import RESERVED_LABELS, Identity
from topology.policy.labels import RESERVED
from topology.policy.networks import cut
from topology.policy.peers import AddressPeer
from topology.policy.pods import PodClasses
from topology.policy.profile import Profile
from topology.policy.rules import Rule
from topology.targets import AddressTarget, DnsTarget, EntityTarget, PodTarget, RangeTarget

__all__ = ["End", "Ends", "PeerTarget"]

PeerTarget = PodTarget | AddressTarget | RangeTarget | DnsTarget | EntityTarget

_CONTROL_PLANE = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
_MAX_PARTS = 4096


@dataclass(frozen=True, slots=True)
class End:
    """One identity that an end may turn out to have."""

    identity: Identity
    part: str = ""
    """What of the asked target this is, where it is only a part of it or one possibility."""


class Ends:
    """Finds the identities of what a question names."""

    def __init__(
        self, cluster: Cluster, classes: PodClasses, rules: Iterable[Rule], profile: Profile
    ) -> None:
        self._classes = classes
        self._profile = profile
        self._cluster = cluster
        self._node_names = {node.name: node for node in cluster.nodes}
        self._control_plane = any(_is_control_plane(node) for node in cluster.nodes)
        self._api = _api_addresses(cluster)
        self._networks = {
            network
            for rule in rules
            for peer in rule.peers or ()
            if isinstance(peer, AddressPeer)
            for network in (*peer.networks, *peer.excepts)
        }
        self._outside: dict[tuple[object, ...], Identity] = {}
        self._class_ends = [(End(one.identity),) for one in classes.classes]

    @cached_property
    def _pods(self) -> dict[Address, Pod]:
        return {
            address: pod
            for pod in self._cluster.pods
            if pod.running and not pod.host_network
            for address in pod.addresses
        }

    @cached_property
    def _nodes(self) -> dict[Address, Node]:
        return {address: node for node in self._cluster.nodes for address in node.addresses}

    def of(self, target: PeerTarget, other: PeerTarget) -> tuple[End, ...]:
        """Return the identities that a target may have, seen from the other end.

        Raises:
            InvalidQuery: The target is no end of a connection, or too wide to be taken apart.
        """
        match target:
            case PodTarget(pod):
                return self._pod(pod, other)
            case AddressTarget(address, names):
                return self._address(address, names, other)
            case RangeTarget(network):
                return tuple(self._range(network, other))
            case DnsTarget(name):
                return (End(self._name(name)),)
            case EntityTarget(name):
                return self._entity(name)

    @property
    def api_addresses(self) -> frozenset[Address]:
        """Return the known addresses of the API server that are outside the cluster."""
        return self._api - self._nodes.keys()

    def outside(self, address: Address) -> Identity:
        """Return the identity of an address that is neither a pod's nor a node's."""
        return self._external(address)

    def named(self, name: str) -> Identity:
        """Return the identity of a DNS name whose addresses are not known."""
        return self._name(name)

    def _pod(self, pod: Pod, other: PeerTarget) -> tuple[End, ...]:
        if pod.host_network:
            return self._node(self._node_names.get(pod.node), pod.node, other)
        number = self._classes.of.get(pod.full_name)
        if number is None:
            message = f"`{pod.full_name}` is no pod of this cluster."
            raise InvalidQuery(message, hint="Build the engine from the cluster that has it.")
        return self._class_ends[number]

    def _node(self, node: Node | None, name: str, other: PeerTarget) -> tuple[End, ...]:
        """Return `host` for the node of the other end, else `remote-node`."""
        place = other.pod.node if isinstance(other, PodTarget) else None
        here = End(self._node_identity("host", node), "if on the same node")
        there = End(self._node_identity("remote-node", node), "if on another node")
        if place is None:
            return (End(there.identity),)
        if name and place:
            return (End((here if name == place else there).identity),)
        return (here, there)

    def _node_identity(self, entity: str, node: Node | None) -> Identity:
        api = node is not None and (
            _is_control_plane(node) or any(address in self._api for address in node.addresses)
        )
        if not api and not self._profile.cidr_selects_pods:
            return self._classes.entities[entity]
        addresses = node.addresses if node else ()
        key = (entity, api, addresses)
        if key not in self._outside:
            labels = {entity: (RESERVED, "")} | ({"kube-apiserver": (RESERVED, "")} if api else {})
            name = f"{entity} {node.name}" if node else entity
            self._outside[key] = Identity(
                name, labels, addresses=addresses, hidden_address=not addresses
            )
        return self._outside[key]

    def _address(
        self, address: Address, names: frozenset[str], other: PeerTarget
    ) -> tuple[End, ...]:
        pod = self._pods.get(address)
        if pod is not None:
            return self._pod(pod, other)
        node = self._nodes.get(address)
        if node is not None:
            return self._node(node, node.name, other)
        return (End(self._external(address, names)),)

    def _external(self, address: Address, names: frozenset[str] = frozenset()) -> Identity:
        key = (address, names)
        if key not in self._outside:
            labels = {self._world(address.version): (RESERVED, "")}
            if address in self._api:
                labels["kube-apiserver"] = (RESERVED, "")
            self._outside[key] = Identity(
                str(address),
                labels,
                addresses=(address,),
                names=names,
                outside=True,
                family=address.version,
            )
        return self._outside[key]

    def _world(self, family: int) -> str:
        return f"world-ipv{family}" if self._profile.ipv6 else "world"

    def _name(self, name: str) -> Identity:
        if (name,) not in self._outside:
            families = (4, 6) if self._profile.ipv6 else (4,)
            self._outside[name,] = Identity(
                name,
                {self._world(family): (RESERVED, "") for family in families},
                names=frozenset({name}),
                outside=True,
                hidden_address=True,
                family=0 if self._profile.ipv6 else 4,
            )
        return self._outside[name,]

    def _entity(self, name: str) -> tuple[End, ...]:
        if name.startswith("reserved:") and name.removeprefix("reserved:") in RESERVED_LABELS:
            return (End(self._classes.entities[name.removeprefix("reserved:")]),)
        if name == "kube-apiserver":
            return self._api_server()
        if name == "kube-apiserver-external" and self.api_addresses:
            return self._api_addresses(self.api_addresses)
        if name == "world" and self._profile.ipv6:
            entities = self._classes.entities
            return (
                End(entities["world-ipv4"], "over IPv4"),
                End(entities["world-ipv6"], "over IPv6"),
            )
        if name in ("host", "remote-node"):
            return (End(self._node_identity(name, None)),)
        if name not in self._classes.entities:
            message = f"`{name}` cannot be an end of a connection."
            hint = "Name a pod, an address, or one of world, host, remote-node, kube-apiserver."
            raise InvalidQuery(message, hint=hint)
        return (End(self._classes.entities[name]),)

    def _api_server(self) -> tuple[End, ...]:
        entities = self._classes.entities
        inside = End(entities["kube-apiserver-node"], "if it runs on a node of the cluster")
        outside = End(entities["kube-apiserver-external"], "if it runs outside the cluster")
        if self._api:
            return self._api_addresses(self._api)
        if not self._node_names:
            return inside, outside
        return (End(inside.identity),) if self._control_plane else (End(outside.identity),)

    def _api_addresses(self, addresses: Set[Address]) -> tuple[End, ...]:
        return tuple(
            End(
                self._node_identity("remote-node", self._nodes[address])
                if address in self._nodes
                else self._external(address),
                f"at {address}" if len(addresses) > 1 else "",
            )
            for address in sorted(addresses, key=str)
        )

    def _range(self, network: Network, other: PeerTarget) -> Iterator[End]:
        """Cut a range where rules, pods and nodes tell its addresses apart."""
        seen: set[int] = set()
        special = [
            address
            for address in (*self._pods, *self._nodes, *self._api)
            if address.version == network.version and address in network
        ]
        for address in special:
            for end in self._address(address, frozenset(), other):
                if id(end.identity) not in seen:
                    seen.add(id(end.identity))
                    pod = self._pods.get(address)
                    name = f"pods like {pod.full_name}" if pod else end.identity.name
                    yield End(end.identity, f"for {address} ({name})")
        parts = cut(network, self._networks)
        if len(parts) > _MAX_PARTS:
            message = f"`{network}` falls into more than {_MAX_PARTS} parts."
            raise InvalidQuery(message, hint="Ask about a smaller range.")
        taken = frozenset(special)
        for part in parts:
            outside = next((address for address in part if address not in taken), None)
            if outside is not None:
                yield End(self._external(outside), f"for {part}")


def _is_control_plane(node: Node) -> bool:
    return any(label in node.labels for label in _CONTROL_PLANE)


def _api_addresses(cluster: Cluster) -> frozenset[Address]:
    """Return the addresses behind the Service default/kubernetes."""
    for service in cluster.services:
        if service.full_name == "default/kubernetes":
            return frozenset(endpoint.address for endpoint in service.endpoints or ())
    return frozenset()

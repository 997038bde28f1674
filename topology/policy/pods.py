"""Pods as identities: the classes of pods that policies cannot tell apart."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from topology.model import Address, Cluster, ContainerPort, Network, Pod
from topology.policy.identities import RESERVED_LABELS, Identity, IdentityIndex, reserved
from topology.policy.labels import (
    CLUSTER,
    K8S,
    NAMESPACE,
    NAMESPACE_LABELS,
    NAMESPACE_NAME,
    SERVICE_ACCOUNT,
    IdentityLabels,
)
from topology.policy.peers import AddressPeer, SelectorPeer
from topology.policy.profile import Profile
from topology.policy.rules import Rule

__all__ = ["PodClass", "PodClasses"]

Key = tuple[object, ...]


@dataclass(slots=True)
class PodClass:
    """Pods that get the same answers."""

    identity: Identity
    ports: tuple[ContainerPort, ...]
    pods: list[Pod]


class PodClasses:
    """The classes of a cluster's pods, and the identities of everything that has a fixed one."""

    def __init__(
        self,
        cluster: Cluster,
        rules: Iterable[Rule],
        *,
        profile: Profile,
        clusters: Mapping[str, str],
    ) -> None:
        rules = tuple(rules)
        self._profile = profile
        self._clusters = clusters
        self._keys = _keys_named(rules)
        self._namespaces = {
            name: space.labels for name, space in cluster.namespaces.items() if space.declared
        }
        self._networks = _networks_named(rules) if profile.cidr_selects_pods else ()
        self._named = any(entry.name for rule in rules for entry in rule.ports or ())
        self._by_key: dict[Key, int] = {}
        self.classes: list[PodClass] = []
        self.of: dict[str, int] = {}
        """Number of the class, by `namespace/name`; pods on the host network have none."""
        for pod in cluster.pods:
            if not pod.host_network:
                self._intern(pod)
        self.entities = {
            name: reserved(name, dual_stack=profile.ipv6) for name in sorted(RESERVED_LABELS)
        }
        pods = (one.identity for one in self.classes)
        self.index = IdentityIndex(chain(pods, self.entities.values()))

    def _intern(self, pod: Pod) -> None:
        key = self._key(pod)
        number = self._by_key.get(key)
        if number is None:
            number = self._by_key[key] = len(self.classes)
            addresses = pod.addresses if self._profile.cidr_selects_pods else ()
            identity = Identity(
                pod.full_name,
                self._labels(pod),
                addresses=addresses,
                undeclared=pod.namespace not in self._namespaces,
            )
            self.classes.append(PodClass(identity, pod.ports, []))
        self.classes[number].pods.append(pod)
        self.of[pod.full_name] = number

    def _key(self, pod: Pod) -> Key:
        labels = pod.labels
        return (
            pod.namespace,
            tuple((key, labels[key]) for key in self._keys if key in labels),
            pod.service_account if SERVICE_ACCOUNT in self._keys else "",
            self._clusters.get(pod.full_name, ""),
            pod.ports if self._named else (),
            tuple(self._within(address) for address in pod.addresses) if self._networks else (),
        )

    def _within(self, address: Address) -> tuple[bool, ...]:
        return tuple(address in network for network in self._networks)

    def _labels(self, pod: Pod) -> IdentityLabels:
        labels = {key: (K8S, pod.labels[key]) for key in self._keys if key in pod.labels}
        space = {**self._namespaces.get(pod.namespace, {}), NAMESPACE_NAME: pod.namespace}
        labels |= {NAMESPACE_LABELS + key: (K8S, value) for key, value in space.items()}
        labels[NAMESPACE] = (K8S, pod.namespace)
        labels[SERVICE_ACCOUNT] = (K8S, pod.service_account)
        local = self._profile.cluster_name
        labels[CLUSTER] = (K8S, self._clusters.get(pod.full_name, local))
        return labels


def _keys_named(rules: tuple[Rule, ...]) -> tuple[str, ...]:
    """Return every label key that some selector names."""
    selectors = {rule.subject for rule in rules}
    for rule in rules:
        selectors.update(rule.requires)
        for peer in rule.peers or ():
            if isinstance(peer, SelectorPeer):
                selectors.add(peer.selector)
    return tuple(sorted({r.key for selector in selectors for r in selector.requirements}))


def _networks_named(rules: tuple[Rule, ...]) -> tuple[Network, ...]:
    found: set[Network] = set()
    for rule in rules:
        for peer in rule.peers or ():
            if isinstance(peer, AddressPeer):
                found.update(peer.networks, peer.excepts)
    return tuple(sorted(found, key=str))

"""Pods as identities: the classes of pods that policies cannot tell apart."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from topology.model import Cluster, ContainerPort, Network, Pod
from topology.policy.identities import RESERVED_LABELS, Identity, IdentityIndex, reserved
from topology.policy.labels import (
    CLUSTER,
    K8S,
    NAMESPACE,
    NAMESPACE_LABELS,
    NAMESPACE_NAME,
    RESERVED,
    SERVICE_ACCOUNT,
    IdentityLabels,
)
from topology.policy.networks import Parts
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
        named, self._keys = _keys_named(rules)
        self._by_account = SERVICE_ACCOUNT in named
        self._namespaces = {
            name: space.labels for name, space in cluster.namespaces.items() if space.declared
        }
        self._parts = Parts(_networks_named(rules)) if profile.cidr_selects_pods else None
        self.by_address = profile.cidr_selects_pods
        """Whether networks mean pods too."""
        self.dual_stack = profile.ipv6
        """Whether the world is split by address family."""
        self._named = _name_ports(rules)
        self._by_key: dict[Key, int] = {}
        self._signatures: dict[tuple[ContainerPort, ...], int] = {(): 0}
        self.classes: list[PodClass] = []
        self.of: dict[str, int] = {}
        """Number of the class, by `namespace/name`; pods on the host network have none."""
        self.by_id: dict[int, int] = {}
        """The same by `id(pod)`, for the pods of the cluster, which keeps them alive."""
        for workload in cluster.workloads:
            self._intern(workload.pods)
        self.everything = (1 << len(self.classes)) - 1
        """All classes, as a bitset over the index."""
        self.entities = {
            name: reserved(name, dual_stack=profile.ipv6) for name in sorted(RESERVED_LABELS)
        }
        pods = (one.identity for one in self.classes)
        self.index = IdentityIndex(chain(pods, self.entities.values()))

    def covers(self, rules: tuple[Rule, ...]) -> bool:
        """Return whether further rules find no more to tell pods apart by."""
        named, keys = _keys_named(rules)
        return (
            set(keys) <= set(self._keys)
            and (self._by_account or SERVICE_ACCOUNT not in named)
            and (self._named or not _name_ports(rules))
            and (self._parts is None or self._parts.know(_networks_named(rules)))
        )

    def _intern(self, pods: Iterable[Pod]) -> None:
        """Give each pod its class; the pods of a workload mostly declare the same ports."""
        ports: tuple[ContainerPort, ...] = ()
        signature = 0
        for pod in pods:
            if pod.host_network:
                continue
            name = pod.full_name
            if self._named and pod.ports != ports:
                ports = pod.ports
                signature = self._signatures.setdefault(ports, len(self._signatures))
            key = (
                pod.namespace,
                tuple(map(pod.labels.get, self._keys)),
                pod.service_account if self._by_account else "",
                self._clusters.get(name, "") if self._clusters else "",
                signature,
                tuple(map(self._parts.within, pod.addresses)) if self._parts else (),
            )
            number = self._by_key.get(key)
            if number is None:
                number = self._by_key[key] = self._new_class(pod)
            self.classes[number].pods.append(pod)
            self.of[name] = self.by_id[id(pod)] = number

    def _new_class(self, pod: Pod) -> int:
        identity = Identity(
            pod.full_name,
            self._labels(pod),
            addresses=pod.addresses if self._profile.cidr_selects_pods else (),
            undeclared=pod.namespace not in self._namespaces,
        )
        self.classes.append(PodClass(identity, pod.ports, []))
        return len(self.classes) - 1

    def _labels(self, pod: Pod) -> IdentityLabels:
        labels = {key: (K8S, pod.labels[key]) for key in self._keys if key in pod.labels}
        space = {**self._namespaces.get(pod.namespace, {}), NAMESPACE_NAME: pod.namespace}
        labels |= {NAMESPACE_LABELS + key: (K8S, value) for key, value in space.items()}
        labels[NAMESPACE] = (K8S, pod.namespace)
        labels[SERVICE_ACCOUNT] = (K8S, pod.service_account)
        local = self._profile.cluster_name
        labels[CLUSTER] = (K8S, self._clusters.get(pod.full_name, local))
        return labels


_DERIVED = (CLUSTER, NAMESPACE, SERVICE_ACCOUNT)
"""Keys that Cilium sets itself, whatever the pod carries."""


def _keys_named(rules: tuple[Rule, ...]) -> tuple[set[str], tuple[str, ...]]:
    """Return every label key that some selector names, and those that pods may carry."""
    selectors = {rule.subject for rule in rules}
    for rule in rules:
        selectors.update(rule.requires)
        for peer in rule.peers or ():
            if isinstance(peer, SelectorPeer):
                selectors.add(peer.selector)
    named = {(r.key, r.source) for selector in selectors for r in selector.requirements}
    carried = {key for key, source in named if source != RESERVED and key not in _DERIVED}
    return {key for key, _ in named}, tuple(sorted(carried))


def _name_ports(rules: tuple[Rule, ...]) -> bool:
    return any(entry.name for rule in rules for entry in rule.ports or ())


def _networks_named(rules: tuple[Rule, ...]) -> tuple[Network, ...]:
    found: set[Network] = set()
    for rule in rules:
        for peer in rule.peers or ():
            if isinstance(peer, AddressPeer):
                found.update(peer.networks, peer.excepts)
    return tuple(sorted(found, key=str))

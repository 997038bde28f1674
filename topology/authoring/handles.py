"""How a policy names an end: the fewest labels that mean a workload and nothing beside it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from topology.model import Cluster, Network, Pod
from topology.policy.labels import NAMESPACE, NAMESPACE_NAME
from topology.targets import (
    AddressTarget,
    DnsTarget,
    EntityTarget,
    RangeTarget,
)

__all__ = ["PEER_FIELDS", "End", "cilium_peer", "end_of", "kubernetes_peer", "labels_of"]

_PASSING = frozenset(
    {
        "apps.kubernetes.io/pod-index",
        "controller-revision-hash",
        "controller-uid",
        "job-name",
        "batch.kubernetes.io/controller-uid",
        "batch.kubernetes.io/job-name",
        "pod-template-generation",
        "pod-template-hash",
        "statefulset.kubernetes.io/pod-name",
    }
)
"""Labels that controllers write and change."""
_USUAL = ("app", "app.kubernetes.io/name", "k8s-app", "app.kubernetes.io/component", "name")
_MOST = 3
PEER_FIELDS = ("Endpoints", "Entities", "CIDRSet", "FQDNs")
"""What `from` or `to` stands before in a Cilium rule, of the fields that are written here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The other end of a rule."""

    name: str
    """As people write it."""
    namespace: str = ""
    labels: Mapping[str, str] | None = None
    """That mean its pods; empty for every pod of the namespace, None where it is no pod."""
    entity: str = ""
    network: Network | None = None
    dns: str = ""


def end_of(
    cluster: Cluster,
    target: object,
    pods: Sequence[Pod],
    name: str,
    *,
    used: Iterable[str] = (),
    whole_namespace: bool = False,
) -> End | None:
    """Return how an end can be named; None where no policy can name it.

    Args:
        cluster: That the pods are told apart in.
        target: The end, where it is no pod.
        pods: All pods of the end.
        name: For people.
        used: Keys of labels that the policies use already, which are preferred.
        whole_namespace: Whether every pod of the namespace is meant.
    """
    if pods and not pods[0].host_network:
        labels = {} if whole_namespace else labels_of(cluster, pods, used)
        return End(name=name, namespace=pods[0].namespace, labels=labels)
    if pods:
        # A pod on its node's network is that node to every policy.
        return End(name=name, entity="remote-node")
    if isinstance(target, EntityTarget):
        return End(name=name, entity=target.name)
    if isinstance(target, AddressTarget):
        network = RangeTarget(_single(target)).network
        return End(name=name, network=network)
    if isinstance(target, RangeTarget):
        return End(name=name, network=target.network)
    if isinstance(target, DnsTarget):
        return End(name=name, dns=target.name)
    return None


def _single(target: AddressTarget) -> Network:
    from ipaddress import ip_network

    return ip_network(target.address)


def labels_of(cluster: Cluster, pods: Sequence[Pod], used: Iterable[str] = ()) -> Mapping[str, str]:
    """Return the fewest labels that all of some pods carry, and none other of their namespace.

    Where no labels do that, all that they share.
    """
    shared = dict(pods[0].labels)
    for pod in pods[1:]:
        shared = {key: value for key, value in shared.items() if pod.labels.get(key) == value}
    lasting = {key: value for key, value in shared.items() if key not in _PASSING}
    own = {pod.full_name for pod in pods} | {
        other.full_name
        for other in cluster.pods
        if (other.namespace, other.workload, other.workload_kind)
        == (pods[0].namespace, pods[0].workload, pods[0].workload_kind)
    }
    others = [
        pod
        for pod in cluster.pods
        if pod.namespace == pods[0].namespace and pod.full_name not in own and pod.running
    ]
    preferred = [*used, *_USUAL]
    rank = {key: number for number, key in reversed(list(enumerate(preferred)))}
    keys = sorted(lasting, key=lambda key: (rank.get(key, len(preferred)), key))
    for size in range(1, _MOST + 1):
        for chosen in combinations(keys, size):
            wanted = {key: lasting[key] for key in chosen}.items()
            if not any(wanted <= pod.labels.items() for pod in others):
                return {key: lasting[key] for key in chosen}
    return {key: lasting[key] for key in sorted(lasting)}


def kubernetes_peer(end: End, home: str) -> dict[str, Any] | None:
    """Return an end as NetworkPolicy writes it in `from` and `to`; None where it cannot.

    Args:
        end: The end.
        home: Namespace of the policy.
    """
    if end.labels is not None:
        peer: dict[str, Any] = {}
        if end.namespace != home:
            peer["namespaceSelector"] = {"matchLabels": {NAMESPACE_NAME: end.namespace}}
        if end.labels:
            peer["podSelector"] = {"matchLabels": dict(end.labels)}
        return peer or {"podSelector": {}}
    if end.network is not None:
        return {"ipBlock": {"cidr": str(end.network)}}
    if end.entity == "world":
        return {"ipBlock": {"cidr": "0.0.0.0/0"}}
    return None


def cilium_peer(end: End, home: str) -> tuple[str, Any] | None:
    """Return the field, without `from` or `to`, and the item that name an end in a Cilium rule.

    Args:
        end: The end.
        home: Namespace of the policy; empty for a clusterwide one.
    """
    if end.labels is not None:
        labels = dict(end.labels)
        if end.namespace != home:
            labels = {f"k8s:{NAMESPACE}": end.namespace, **labels}
        return "Endpoints", {"matchLabels": labels} if labels else {}
    if end.entity:
        return "Entities", end.entity
    if end.network is not None:
        return "CIDRSet", {"cidr": str(end.network)}
    if end.dns:
        return "FQDNs", {"matchName": end.dns}
    return None

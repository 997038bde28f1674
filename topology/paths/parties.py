"""The ends of a question, taken apart into pods that get the same answers."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass

from topology.errors import InvalidQuery
from topology.memo import per_cluster
from topology.model import Address, Cluster, Pod, Service
from topology.policy.engine import PeerTarget
from topology.services import backends
from topology.targets import (
    AddressTarget,
    NamespaceTarget,
    PodTarget,
    RangeTarget,
    ServiceTarget,
    Target,
    WorkloadTarget,
)

__all__ = ["Party", "parties_of", "resolved", "running_pods"]

ClassOf = Callable[[Pod], Hashable]


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Pods of one workload that get the same answers, or one end that is no pod."""

    target: PeerTarget
    """What the engines are asked about: the first of the pods, or the end itself."""
    key: Hashable
    """Equal for parties that get the same answers."""
    name: str
    """`namespace/workload`, or the end as it is written."""
    pods: tuple[Pod, ...] = ()

    @property
    def members(self) -> tuple[str, ...]:
        """Return the names of its pods, or its own."""
        return tuple(pod.full_name for pod in self.pods) or (self.name,)


def resolved(cluster: Cluster, target: Target) -> Target:
    """Return the Service or pod that an address belongs to, or the target as it is."""
    if isinstance(target, RangeTarget) and target.network.num_addresses == 1:
        target = AddressTarget(target.network.network_address)
    if not isinstance(target, AddressTarget):
        return target
    service = _services_by_address(cluster).get(target.address)
    if service is not None:
        return ServiceTarget(service)
    pod = _pods_by_address(cluster).get(target.address)
    return PodTarget(pod) if pod is not None else target


def parties_of(cluster: Cluster, target: Target, class_of: ClassOf) -> tuple[Party, ...]:
    """Return the parties that a target stands for, sorted by workload.

    Raises:
        InvalidQuery: The target stands for no pod.
    """
    if isinstance(target, PodTarget):
        return (_party([target.pod], class_of(target.pod), target.pod.full_name),)
    if isinstance(target, (WorkloadTarget, ServiceTarget, NamespaceTarget)):
        pods = running_pods(cluster, target)
        if not pods:
            message = f"`{target}` has no pods, so nothing there can open or accept a connection."
            raise InvalidQuery(message, hint="Name a workload, a pod or an address.")
        return group_pods(pods, class_of)
    return (Party(target=target, key=target, name=str(target)),)


def group_pods(pods: Iterable[Pod], class_of: ClassOf) -> tuple[Party, ...]:
    """Return pods in parties: by workload, then by class."""
    groups: dict[tuple[str, str, str, Hashable], list[Pod]] = {}
    for pod in pods:
        key = (pod.namespace, pod.workload or pod.name, pod.workload_kind, class_of(pod))
        groups.setdefault(key, []).append(pod)
    return tuple(_party(found, key[3], f"{key[0]}/{key[1]}") for key, found in groups.items())


def running_pods(
    cluster: Cluster, target: WorkloadTarget | ServiceTarget | NamespaceTarget
) -> tuple[Pod, ...]:
    """Return the pods that a target stands for; finished ones only if there are no others."""
    if isinstance(target, WorkloadTarget):
        pods = target.workload.pods
    elif isinstance(target, ServiceTarget):
        pods = backends(cluster, target.service)
    else:
        pods = tuple(
            pod
            for workload in cluster.workloads
            if workload.namespace == target.name
            for pod in workload.pods
        )
    return tuple(pod for pod in pods if pod.running) or pods


def _party(pods: list[Pod], key: Hashable, name: str) -> Party:
    return Party(target=PodTarget(pods[0]), key=key, name=name, pods=tuple(pods))


@per_cluster
def _services_by_address(cluster: Cluster) -> dict[Address, Service]:
    """Return the Services by the addresses that lead to them."""
    return {
        address: service
        for service in reversed(cluster.services)
        for address in (*service.external_addresses, *service.cluster_ips)
    }


@per_cluster
def _pods_by_address(cluster: Cluster) -> dict[Address, Pod]:
    """Return the running pods that have an address of their own, by that address."""
    return {
        address: pod
        for pod in cluster.pods
        if pod.running and not pod.host_network
        for address in pod.addresses
    }

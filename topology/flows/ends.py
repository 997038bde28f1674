"""The ends of flows as targets that the engines know: workloads, Services, entities, the outside.

Pods come and go while flows are collected, so an end is a workload, never a pod or its address.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from ipaddress import ip_address
from types import MappingProxyType
from typing import Final

from topology.flows.flow import Endpoint, Flow
from topology.model import Address, Cluster, Pod, Service, Workload
from topology.targets import AddressTarget, DnsTarget, EntityTarget, ServiceTarget, WorkloadTarget

__all__ = ["Ends", "ObservedEnd", "ObservedTarget", "address_of"]

ObservedTarget = WorkloadTarget | ServiceTarget | EntityTarget | DnsTarget | AddressTarget

_ENTITIES: Final = ("kube-apiserver", "ingress", "host", "remote-node", "health")
"""Reserved labels that name an end, the most telling first: an API server is a node, too."""
_NODES: Final = frozenset({"kube-apiserver", "host", "remote-node"})
_BY_IDENTITY: Final = {1: "host", 4: "health", 6: "remote-node", 7: "kube-apiserver", 8: "ingress"}
_NAMESPACE: Final = "k8s:io.kubernetes.pod.namespace="
_ACCOUNT: Final = "k8s:io.cilium.k8s.policy.serviceaccount="
_NAME: Final = "fqdn:"
"""Source: Cilium 1.16 and later give addresses of a looked-up name a label of this source."""
_PLATFORM: Final = ip_address("168.63.129.16")
"""Source: Azure, the address of load balancer probes and DNS, the same in every region."""
_NAMING: Final = ("app.kubernetes.io/name", "app", "k8s-app", "name")
"""Labels by which a workload is called where nothing else names it."""
_INTERNAL: Final = ("io.cilium.k8s.", "io.kubernetes.pod.namespace=")

# Source: k8s.io/apimachinery/pkg/util/rand: names that are made up have no vowels and no 0, 1, 3.
_MADE_UP: Final = "[bcdfghjklmnpqrstvwxz2456789]"
_GENERATED: Final = (
    ("CronJob", re.compile(rf"(.+)-[0-9]{{8,10}}-{_MADE_UP}{{5}}")),
    ("Deployment", re.compile(rf"(.+)-{_MADE_UP}{{6,10}}-{_MADE_UP}{{5}}")),
    ("StatefulSet", re.compile(r"(.+)-[0-9]+")),
    ("DaemonSet", re.compile(rf"(.+)-{_MADE_UP}{{5}}")),
    ("Job", re.compile(rf"(.+)-{_MADE_UP}{{5}}")),
)


@dataclass(frozen=True, slots=True)
class ObservedEnd:
    """One end, with a key by which equal ends are told; targets themselves have no hash."""

    key: str
    target: ObservedTarget
    pod: str = ""
    """`namespace/pod` where the flow names one."""
    known: bool = True
    """False for a workload that is not in the cluster, made from what the flow says."""


_NOWHERE: Final = ObservedEnd("", EntityTarget("world"))


@lru_cache(maxsize=2**16)
def address_of(text: str) -> Address | None:
    """Return an address; None for text that is none."""
    try:
        return ip_address(text)
    except ValueError:
        return None


class Ends:
    """Finds what the ends of flows are in one cluster; each distinct end is looked up once."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._found: dict[tuple[object, ...], ObservedEnd] = {}
        self._made: dict[tuple[str, str, str], Workload] = {}
        self._by_identity: dict[str, ObservedEnd] = {}
        self._flow: Flow | None = None
        self._pair = (_NOWHERE, _NOWHERE)

    def of(
        self,
        endpoint: Endpoint,
        address: str,
        *,
        names: tuple[str, ...] = (),
        service: str = "",
        is_source: bool = False,
    ) -> ObservedEnd:
        """Return what one end of a flow is.

        In this order: the workload of the pod that the flow names; the entity that its reserved
        labels or identity name (a pod on the host network is its node); the workload that carries
        the labels, as where a proxy speaks for it from the node's address; what the cluster has
        at the address (pod, Service, node); the DNS name by which the address was looked up; the
        address. A source outside with a public address is `world`: its address says nothing about
        the next client.

        Args:
            endpoint: As the flow has it.
            address: As the flow has it.
            names: DNS names of the address.
            service: `namespace/name` of the Service whose address it is.
            is_source: Whether it opened the connection.
        """
        if endpoint.pod:
            key: tuple[object, ...] = (endpoint.namespace, endpoint.pod, endpoint.identity)
        else:
            key = (address, endpoint.identity, endpoint.labels, names, service, is_source)
        found = self._found.get(key)
        if found is None:
            found = self._look_up(endpoint, address, names, service, is_source=is_source)
            self._found[key] = found
            if endpoint.pod and endpoint.labels:
                self._by_identity.setdefault(f"labels:{endpoint.labels}", found)
        return found

    def both(self, flow: Flow) -> tuple[ObservedEnd, ObservedEnd]:
        """Return source and destination of a flow; of a reply, the destination is the client.

        Those who look at a flow one after the other share what was found.
        """
        if flow is not self._flow:
            is_reply = bool(flow.is_reply)
            self._pair = (
                self.of(
                    flow.source,
                    flow.source_address,
                    names=flow.source_names,
                    service=flow.source_service,
                    is_source=not is_reply,
                ),
                self.of(
                    flow.destination,
                    flow.destination_address,
                    names=flow.destination_names,
                    service=flow.destination_service,
                    is_source=is_reply,
                ),
            )
            self._flow = flow
        return self._pair

    def offers(self, end: ObservedEnd, port: int, protocol: str) -> bool:
        """Say whether an end says that it listens on a port: a container or Service port."""
        match end.target:
            case WorkloadTarget(workload):
                return any(
                    one.number == port and one.protocol == protocol
                    for pod in workload.pods[:1]
                    for one in pod.ports
                )
            case ServiceTarget(service):
                return any(one.port == port and one.protocol == protocol for one in service.ports)
            case _:
                return False

    def _look_up(
        self,
        endpoint: Endpoint,
        address: str,
        names: tuple[str, ...],
        service: str,
        *,
        is_source: bool,
    ) -> ObservedEnd:
        entity = _entity_of(endpoint)
        pod = self._pods.get((endpoint.namespace, endpoint.pod)) if endpoint.pod else None
        if pod is not None and pod.host_network and entity not in _NODES:
            entity = "remote-node"
        if endpoint.pod and entity not in _NODES:
            return self._of_pod(endpoint, pod)
        if entity:
            return _end_of(EntityTarget(entity), endpoint.name)
        inside = self._by_labels(endpoint) or self._at_address(address, service)
        if inside is not None:
            return inside
        known = names or tuple(
            one.removeprefix(_NAME) for one in endpoint.labels if one.startswith(_NAME)
        )
        return _outside(address_of(address), known, is_source=is_source)

    def _of_pod(self, endpoint: Endpoint, pod: Pod | None) -> ObservedEnd:
        """Return the workload of a pod, also of one that is gone or was never exported."""
        workload = None
        if pod is not None:
            workload = self._workload(pod.namespace, pod.workload, pod.workload_kind)
        for kind, name in endpoint.workloads:
            workload = workload or self._workload(endpoint.namespace, name, kind)
        kind, name = _owner_of(endpoint)
        workload = workload or self._by_pod_name(endpoint)
        if workload is not None:
            return _workload_end(workload, endpoint.name)
        made = self._made.setdefault(
            (endpoint.namespace, kind, name), _made_from(endpoint, kind, name)
        )
        return _workload_end(made, endpoint.name, known=False)

    def _by_pod_name(self, endpoint: Endpoint) -> Workload | None:
        """Return the workload whose controller gives its pods such names."""
        for kind, pattern in _GENERATED:
            match = pattern.fullmatch(endpoint.pod)
            if match:
                found = self._workloads.get((endpoint.namespace, match[1]), {}).get(kind)
                if found is not None:
                    return found
        return None

    def _workload(self, namespace: str, name: str, kind: str) -> Workload | None:
        """Return a workload by name, of the kind if there is one of it."""
        kinds = self._workloads.get((namespace, name), {})
        return kinds.get(kind) or (next(iter(kinds.values())) if len(kinds) == 1 else None)

    def _at_address(self, text: str, service: str) -> ObservedEnd | None:
        """Return what the cluster has at an address."""
        named = self._services_by_name.get(service)
        if named is not None:
            return _end_of(ServiceTarget(named))
        address = address_of(text)
        if address is None:
            return None
        pod = self._pods_by_address.get(address)
        if pod is not None:
            workload = self._workload(pod.namespace, pod.workload, pod.workload_kind)
            return _workload_end(workload, pod.full_name) if workload else None
        found = self._services.get(address)
        if found is not None:
            return _end_of(ServiceTarget(found))
        return _end_of(EntityTarget("remote-node")) if address in self._nodes else None

    def _by_labels(self, endpoint: Endpoint) -> ObservedEnd | None:
        """Return the workload of a namespace that carries every label of an identity."""
        namespace = next(
            (one.removeprefix(_NAMESPACE) for one in endpoint.labels if one.startswith(_NAMESPACE)),
            "",
        )
        labels = _labels_of(endpoint)
        if not namespace or not labels:
            return None
        found = [
            one
            for one in self._cluster.workloads
            if one.namespace == namespace and labels.items() <= one.labels.items()
        ]
        if found:
            # What carries more labels than the identity has is likely another identity.
            return _workload_end(min(found, key=lambda one: (len(one.labels), one.name)))
        name = next((labels[key] for key in _NAMING if key in labels), "")
        if not name:
            return None
        made = _made_from(replace(endpoint, namespace=namespace), "Pod", name)
        return replace(_workload_end(made, known=False), key=f"labels:{endpoint.labels}")

    def settled(self, end: ObservedEnd) -> ObservedEnd:
        """Return an end that was known by labels alone as the workload of a pod that has them."""
        return self._by_identity.get(end.key, end)

    @cached_property
    def _workloads(self) -> Mapping[tuple[str, str], Mapping[str, Workload]]:
        found: dict[tuple[str, str], dict[str, Workload]] = {}
        for one in self._cluster.workloads:
            found.setdefault((one.namespace, one.name), {})[one.kind] = one
        return found

    @cached_property
    def _pods(self) -> Mapping[tuple[str, str], Pod]:
        return {(pod.namespace, pod.name): pod for pod in self._cluster.pods}

    @cached_property
    def _pods_by_address(self) -> Mapping[Address, Pod]:
        return {
            address: pod
            for pod in self._cluster.pods
            if pod.running and not pod.host_network
            for address in pod.addresses
        }

    @cached_property
    def _services(self) -> Mapping[Address, Service]:
        return {
            address: one
            for one in reversed(self._cluster.services)
            for address in (*one.external_addresses, *one.cluster_ips)
        }

    @cached_property
    def _services_by_name(self) -> Mapping[str, Service]:
        return {one.full_name: one for one in self._cluster.services}

    @cached_property
    def _nodes(self) -> frozenset[Address]:
        return frozenset(address for node in self._cluster.nodes for address in node.addresses)


def _entity_of(endpoint: Endpoint) -> str:
    """Return the entity that an end is; empty for pods, the world and what is not known."""
    if endpoint.labels:
        reserved = endpoint.reserved
        return next((name for name in _ENTITIES if name in reserved), "")
    return _BY_IDENTITY.get(endpoint.identity, "")


def _outside(address: Address | None, names: Iterable[str], *, is_source: bool) -> ObservedEnd:
    """Return an end outside the cluster."""
    known = sorted(name for name in names if name and "*" not in name)
    if known and not is_source:
        return _end_of(DnsTarget(known[0]))
    if address is None or (is_source and address.is_global and address != _PLATFORM):
        return _end_of(EntityTarget("world"))
    return _end_of(AddressTarget(address))


def _end_of(
    target: ServiceTarget | EntityTarget | DnsTarget | AddressTarget, pod: str = ""
) -> ObservedEnd:
    return ObservedEnd(f"{type(target).__name__}:{target}", target, pod)


def _workload_end(workload: Workload, pod: str = "", *, known: bool = True) -> ObservedEnd:
    key = f"WorkloadTarget:{workload.kind}/{workload.full_name}"
    return ObservedEnd(key, WorkloadTarget(workload), pod, known)


def _owner_of(endpoint: Endpoint) -> tuple[str, str]:
    """Return kind and name of a pod's workload as the flow gives or implies them."""
    for kind, name in endpoint.workloads:
        if name:
            return kind or "Pod", name
    for kind, pattern in _GENERATED:
        match = pattern.fullmatch(endpoint.pod)
        if match:
            return kind, match[1]
    return "Pod", endpoint.pod


def _made_from(endpoint: Endpoint, kind: str, name: str) -> Workload:
    """Return the workload of a pod that no export holds."""
    labels = _labels_of(endpoint)
    account = [one.removeprefix(_ACCOUNT) for one in endpoint.labels if one.startswith(_ACCOUNT)]
    pod = Pod(
        namespace=endpoint.namespace,
        name=endpoint.pod or name,
        labels=labels,
        service_account=account[0] if account else "default",
        workload=name,
        workload_kind=kind,
        planned=True,
    )
    return Workload(kind=kind, namespace=endpoint.namespace, name=name, labels=labels, pods=(pod,))


def _labels_of(endpoint: Endpoint) -> Mapping[str, str]:
    """Return the labels of the pod itself among those of its identity."""
    found = {}
    for label in endpoint.labels:
        text = label.removeprefix("k8s:")
        if text != label and not text.startswith(_INTERNAL):
            key, _, value = text.partition("=")
            found[key] = value
    return MappingProxyType(found)

"""Which pods, workloads and ports of a cluster the parties of an intent mean."""

from collections.abc import Iterable, Iterator

from topology.authoring.intent import (
    Accounts,
    Anyone,
    Entities,
    LabelTest,
    Party,
    Pods,
    PortSpan,
    ServiceParty,
)
from topology.model import Cluster, Pod, Protocol, Service, Workload
from topology.policy.cilium.icmp import icmp_type
from topology.policy.ports import PROTOCOLS, PortSet
from topology.services import backends

__all__ = ["means", "members", "ports_of", "services_meant", "workloads_meant"]

_WITH_PORTS: tuple[Protocol, ...] = ("TCP", "UDP", "SCTP")
_SOURCES = ("k8s:", "any:")
_PRINCIPAL_PARTS = 5


def means(cluster: Cluster, party: Party, pod: Pod) -> bool:
    """Return whether a party of a clause, its namespaces written out, means a pod."""
    match party:
        case Pods():
            return not pod.host_network and _means_pod(cluster, party, pod)
        case ServiceParty():
            return any(
                one.full_name == pod.full_name
                for service in services_meant(cluster, party)
                for one in backends(cluster, service)
            )
        case Accounts():
            return _means_account(party, pod)
        case Entities():
            if pod.host_network:
                return bool({"host", "remote-node", "cluster", "all"}.intersection(party.names))
            return bool({"cluster", "all"}.intersection(party.names))
        case Anyone():
            return True
        case _:
            return False


def members(cluster: Cluster, party: Party) -> tuple[Pod, ...]:
    """Return the pods that a party means."""
    spaces = party.namespaces if isinstance(party, Pods) else None
    return tuple(
        pod
        for workload in cluster.workloads
        if spaces is None or workload.namespace in spaces
        for pod in workload.pods
        if pod.running and means(cluster, party, pod)
    )


def workloads_meant(cluster: Cluster, party: Party) -> tuple[Workload, ...]:
    """Return the workloads of which a party means every pod."""
    return tuple(
        one for one in cluster.workloads if all(means(cluster, party, pod) for pod in one.pods)
    )


def services_meant(cluster: Cluster, party: ServiceParty) -> tuple[Service, ...]:
    """Return the Services that a party names, by name or by label."""
    return tuple(
        one
        for one in cluster.services
        if (not party.namespace or one.namespace == party.namespace)
        and (not party.name or one.name == party.name)
        and (party.name or all(_holds(test, one.labels.get(test.key)) for test in party.labels))
    )


def ports_of(spans: Iterable[PortSpan], pods: Iterable[Pod] = ()) -> PortSet:
    """Return the ports that spans stand for; every port if there are none.

    Args:
        spans: Of a clause.
        pods: Whose named ports count.
    """
    spans = tuple(spans)
    if not spans:
        return PortSet.ALL
    pods = tuple(pods)
    return PortSet.union(part for span in spans for part in _ports(span, pods))


def _ports(span: PortSpan, pods: Iterable[Pod]) -> Iterator[PortSet]:
    for protocol in _protocols(span.protocol):
        if protocol in ("ICMP", "ICMPv6"):
            yield _messages(protocol, span)
        elif span.name:
            for pod in pods:
                for port in pod.ports:
                    if port.name.lower() == span.name.lower() and port.protocol == protocol:
                        yield PortSet.of(protocol, port.number)
        elif span.first:
            yield PortSet.of(protocol, span.first, max(span.first, span.last))
        else:
            yield PortSet.every(protocol)


def _messages(protocol: Protocol, span: PortSpan) -> PortSet:
    """Return the ICMP messages of a type, by number or name; of every type if there is neither."""
    if not (span.name or span.first):
        return PortSet.every(protocol)
    family = "IPv6" if protocol == "ICMPv6" else "IPv4"
    _, number = icmp_type({"family": family, "type": span.name or span.first}, "")
    return PortSet.of(protocol, number)


def _protocols(name: str) -> tuple[Protocol, ...]:
    if name == "ANY":
        return _WITH_PORTS
    return tuple(one for one in PROTOCOLS if one == name)


def _means_pod(cluster: Cluster, party: Pods, pod: Pod) -> bool:
    if party.workload and f"{pod.namespace}/{pod.workload or pod.name}" != party.workload:
        return False
    if party.namespaces is not None and pod.namespace not in party.namespaces:
        return False
    space = cluster.namespaces.get(pod.namespace)
    known = dict(space.labels) if space else {}
    known.setdefault("kubernetes.io/metadata.name", pod.namespace)
    if not all(_holds(test, known.get(test.key)) for test in party.namespace_labels):
        return False
    return all(_holds(test, _value(pod, test.key)) for test in party.labels)


def _value(pod: Pod, key: str) -> str | None:
    for prefix in _SOURCES:
        key = key.removeprefix(prefix)
    if key == "io.kubernetes.pod.namespace":
        return pod.namespace
    if key == "io.cilium.k8s.policy.serviceaccount":
        return pod.service_account
    return pod.labels.get(key)


def _holds(test: LabelTest, value: str | None) -> bool:
    match test.operator:
        case "In":
            return value in test.values
        case "NotIn":
            return value not in test.values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None


def _means_account(party: Accounts, pod: Pod) -> bool:
    if pod.namespace in party.namespaces:
        return True
    if f"{pod.namespace}/{pod.service_account}" in party.accounts:
        return True
    return any(_is_principal(written, pod) for written in party.principals)


def _is_principal(written: str, pod: Pod) -> bool:
    """Return whether a principal, which may have a `*` at one end, is a pod's, in any domain."""
    own = f"/ns/{pod.namespace}/sa/{pod.service_account}"
    if written == "*":
        return True
    if written.startswith("*"):
        return own.endswith(written[1:]) or f"cluster.local{own}".endswith(written[1:])
    if written.endswith("*"):
        return f"cluster.local{own}".startswith(written[:-1])
    parts = written.split("/")
    return len(parts) == _PRINCIPAL_PARTS and written.removeprefix(parts[0]) == own

"""What a policy must let through although no request names it: DNS, the mesh, metrics."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from topology.authoring.intent import (
    DnsNames,
    Intent,
    LabelTest,
    Party,
    Pods,
    PortSpan,
    Traffic,
)
from topology.authoring.membership import members
from topology.authoring.sheets import Rule, Sheet, Side
from topology.authoring.stable_labels import pods_of_workload
from topology.model import Cluster, Pod

if TYPE_CHECKING:
    from topology.paths import Network

__all__ = ["dns_party", "is_isolated", "with_support"]

_DNS_LABEL = "k8s-app"
_DNS_VALUE = "kube-dns"
_DNS_SPACE = "kube-system"
_ISTIOD_PORT = 15012
_METRIC_NAMES = ("metrics", "http-metrics", "prom", "prometheus")
_METRIC_ANNOTATION = "prometheus.io/port"
_CLUSTER_NAMES = "*.*.svc.cluster.local"


def with_support(network: "Network", sheets: Iterable[Sheet], intent: Intent) -> tuple[Sheet, ...]:
    """Return the sheets with the rules that their subjects cannot do without.

    DNS is added where names are allowed, where it is to be kept, and where pods that are there
    lose a way out that was open to them; the mesh's control plane for the latter, too.
    """
    return tuple(_supported(network, sheet, intent) for sheet in sheets)


def is_isolated(network: "Network", pod: Pod, side: Side) -> bool:
    """Return whether the policies in force put a pod in default deny in a direction."""
    return any(
        one.default_deny and one.direction == side for one in network.policies.selecting(pod)
    )


def dns_party(cluster: Cluster) -> Pods:
    """Return the cluster's DNS: the pods with the label that AKS and most others give it."""
    return Pods(labels=(LabelTest(_DNS_LABEL, "In", (_DNS_VALUE,)),), namespaces=(_DNS_SPACE,))


def _supported(network: "Network", sheet: Sheet, intent: Intent) -> Sheet:
    if sheet.kind.endswith("NetworkPolicy"):
        if sheet.isolates("egress"):
            for rule in _outward(network, sheet, intent):
                sheet = sheet.with_rule("egress", rule)
        if sheet.isolates("ingress") and "metrics" in intent.keep:
            for rule in _metrics(network, sheet):
                sheet = sheet.with_rule("ingress", rule)
    elif sheet.kind == "AuthorizationPolicy" and sheet.isolates("ingress"):
        for rule in _metrics(network, sheet) if "metrics" in intent.keep else ():
            sheet = sheet.with_rule("ingress", rule)
    return sheet


def _outward(network: "Network", sheet: Sheet, intent: Intent) -> Iterator[Rule]:
    rules = sheet.egress or ()
    names = tuple(
        dict.fromkeys(
            name
            for rule in rules
            for party in rule.peers
            if isinstance(party, DnsNames) and not rule.deny
            for name in party.names
        )
    )
    pods = members(network.cluster, sheet.subject) if isinstance(sheet.subject, Pods) else ()
    newly = [pod for pod in pods if not is_isolated(network, pod, "egress")]
    asks_for_dns = any(rule.traffic.dns for rule in rules)
    is_needed = bool(names or newly or "dns" in intent.keep)
    if is_needed and not asks_for_dns and (names or not _covers_dns(rules)):
        yield _dns(network.cluster, sheet, names)
    yield from _control_plane(network, newly)


def _covers_dns(rules: Iterable[Rule]) -> bool:
    """Return whether a rule without any limit of peers lets DNS through anyway."""
    from topology.authoring.intent import Anyone
    from topology.authoring.membership import ports_of

    return any(
        isinstance(party, Anyone) and ports_of(rule.traffic.ports).contains("UDP", 53)
        for rule in rules
        if not rule.deny
        for party in rule.peers
    )


def _dns(cluster: Cluster, sheet: Sheet, names: tuple[str, ...]) -> Rule:
    port = (PortSpan(first=53, last=53, protocol="ANY"),)
    if not names or sheet.kind == "NetworkPolicy":
        ports: tuple[PortSpan, ...] = port
        if sheet.kind == "NetworkPolicy":
            ports = tuple(PortSpan(first=53, last=53, protocol=one) for one in ("UDP", "TCP"))
        return Rule(
            peers=(dns_party(cluster),),
            traffic=Traffic(ports=ports),
            because="Names must be resolved: without DNS nothing is found.",
            is_support=True,
        )
    inside = any(
        isinstance(party, Pods) and party != dns_party(cluster)
        for rule in sheet.egress or ()
        for party in rule.peers
    )
    asked = (*names, _CLUSTER_NAMES) if inside else names
    return Rule(
        peers=(dns_party(cluster),),
        traffic=Traffic(ports=port, dns=asked),
        because="toFQDNs knows an address only once Cilium's DNS proxy has seen its name resolved.",
        is_support=True,
    )


def _control_plane(network: "Network", pods: Iterable[Pod]) -> Iterator[Rule]:
    """Yield the way to istiod, from which a sidecar gets its certificates and settings."""
    if not any(network.mesh.index.state(pod).present for pod in pods):
        return
    root = network.mesh.settings.root_namespace
    for workload in network.cluster.workloads:
        if workload.namespace == root and workload.labels.get("app") == "istiod":
            party: Party = pods_of_workload(network.cluster, workload)
            break
    else:
        party = Pods(labels=(LabelTest("app", "In", ("istiod",)),), namespaces=(root,))
    span = PortSpan(first=_ISTIOD_PORT, last=_ISTIOD_PORT, protocol="TCP")
    yield Rule(
        peers=(party,),
        traffic=Traffic(ports=(span,)),
        because="The sidecar gets its certificates and settings from istiod.",
        is_support=True,
    )


def _metrics(network: "Network", sheet: Sheet) -> Iterator[Rule]:
    """Yield the way in for Prometheus, on the ports on which the subject offers metrics."""
    if not isinstance(sheet.subject, Pods):
        return
    pods = members(network.cluster, sheet.subject)
    scrapers = [
        one
        for one in network.cluster.workloads
        if one.labels.get("app.kubernetes.io/name", one.labels.get("app", one.name)) == "prometheus"
        or one.name.startswith(("prometheus", "ama-metrics"))
    ]
    ports = sorted({number for pod in pods for number in _metric_ports(pod)})
    if not scrapers or not ports:
        return
    yield Rule(
        peers=tuple(pods_of_workload(network.cluster, one) for one in scrapers),
        traffic=Traffic(
            ports=tuple(PortSpan(first=one, last=one, protocol="TCP") for one in ports)
        ),
        because="Metrics are to be kept: Prometheus scrapes these ports.",
        is_support=True,
    )


def _metric_ports(pod: Pod) -> set[int]:
    """Return where a pod offers metrics: as annotated, by the port's name, else any port."""
    annotated = pod.annotations.get(_METRIC_ANNOTATION, "")
    if annotated.isdecimal():
        return {int(annotated)}
    named = {one.number for one in pod.ports if one.name in _METRIC_NAMES}
    return named or {one.number for one in pod.ports if one.protocol == "TCP"}

"""The facts of one object in short sentences."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tools import selections
from tools.lookup import Found
from tools.policy_text import describe_policy
from tools.spec import Evidence
from tools.wording import count, quote, shorten
from topology.model import (
    Document,
    Labels,
    Namespace,
    Node,
    Pod,
    Service,
    Workload,
)
from topology.services import backends, service_workloads, services_of

if TYPE_CHECKING:
    from topology.paths import Network

__all__ = ["describe", "headline", "pod_line", "service_line", "workload_line"]

Told = tuple[tuple[str, ...], tuple[Evidence, ...]]
"""Facts, and what they rest on."""


def headline(found: Found) -> str:
    """Return what an object is and where it was read."""
    name = f"{found.namespace}/{found.name}" if found.namespace else found.name
    place = f" ({found.location})" if found.location else ""
    return f"{found.kind} {quote(name)}{place}"


def describe(network: "Network", found: Found) -> Told:
    """Return the facts of an object."""
    subject = found.subject
    if isinstance(subject, Document):
        return _policy(network, subject)
    if isinstance(subject, Pod):
        facts = [*_pod(subject), *_services(network, [subject])]
        return _with_policies(network, facts, [subject], subject.full_name)
    if isinstance(subject, Workload):
        facts = [*_workload(subject), *_services(network, subject.pods)]
        return _with_policies(network, facts, subject.pods, subject.full_name)
    if isinstance(subject, Service):
        return tuple(_service(network, subject)), ()
    if isinstance(subject, Namespace):
        return tuple(_namespace(network, subject)), ()
    return tuple(_node(network, subject)), ()


def pod_line(pod: Pod) -> str:
    """Return a pod in a few words."""
    parts = [", ".join(str(address) for address in pod.addresses) or "no address"]
    if pod.planned:
        parts = [f"planned by {pod.workload_kind} {pod.workload}"]
    if pod.node:
        parts.append(f"on {pod.node}")
    if pod.host_network:
        parts.append("host network")
    if not pod.running:
        parts.append("finished")
    elif not pod.ready:
        parts.append("not ready")
    return ", ".join(parts)


def workload_line(workload: Workload) -> str:
    """Return a workload in a few words."""
    ports = _ports(workload.pods)
    pods = count(len(workload.pods), "pod")
    return f"{pods}, {ports}" if ports else f"{pods}, declares no ports"


def service_line(service: Service) -> str:
    """Return a Service in a few words."""
    ports = ", ".join(
        _service_port(port.port, port.protocol, port.target) for port in service.ports
    )
    kind = "headless" if service.headless else service.type
    return f"{kind}, {ports}" if ports else kind


def _service_port(port: int, protocol: str, target: int | str) -> str:
    return f"{port}/{protocol}" + (f" -> {target}" if target not in (0, port) else "")


def _ports(pods: Iterable[Pod]) -> str:
    ports = sorted({(port.number, port.protocol, port.name) for pod in pods for port in pod.ports})
    return ", ".join(
        f"{number}/{protocol}" + (f" ({name})" if name else "") for number, protocol, name in ports
    )


def _labels(labels: Labels) -> list[str]:
    pairs = [f"`{key}={value}`" for key, value in sorted(labels.items())]
    return [f"Labels: {shorten(pairs, 12)}."] if pairs else []


def _pod(pod: Pod) -> list[str]:
    facts = [f"It is {pod_line(pod)}."]
    if pod.workload and pod.workload_kind != "Pod":
        facts.append(f"It belongs to {pod.workload_kind} `{pod.namespace}/{pod.workload}`.")
    ports = _ports([pod])
    facts.append(f"Ports: {ports}." if ports else "It declares no ports.")
    facts += _labels(pod.labels)
    facts.append(f"Service account: `{pod.service_account}`.")
    return facts


def _workload(workload: Workload) -> list[str]:
    pods = workload.pods
    planned = sum(1 for pod in pods if pod.planned)
    ready = sum(1 for pod in pods if pod.ready and not pod.planned)
    if planned:
        facts = ["The input holds no pods of it: it is judged by the pod that it would make."]
    else:
        names = shorten([f"`{pod.name}` ({pod_line(pod)})" for pod in pods], 5)
        facts = [f"{count(len(pods), 'pod')}, {ready} ready: {names}."]
    if workload.replicas is not None:
        facts.append(f"Replicas asked for: {workload.replicas}.")
    ports = _ports(pods)
    facts.append(f"Ports: {ports}." if ports else "It declares no ports.")
    facts += _labels(workload.labels)
    accounts = sorted({pod.service_account for pod in pods})
    facts.append(f"Service account: {shorten([quote(name) for name in accounts])}.")
    return facts


def _services(network: "Network", pods: Iterable[Pod]) -> list[str]:
    found = services_of(network.cluster, pods)
    if not found:
        return ["No Service stands before it."]
    names = [f"`{service.full_name}` ({service_line(service)})" for service in found]
    return [f"Services: {shorten(names)}."]


def _with_policies(network: "Network", facts: list[str], pods: Iterable[Pod], subject: str) -> Told:
    groups = selections.group(network, pods)
    rows = tuple(dict.fromkeys(row for found, _ in groups for row in found))
    if len(groups) > 1:
        facts.append("Its pods differ in labels, so not every policy selects each of them.")
    facts += [selections.describe_direction(rows, "ingress")]
    facts += [selections.describe_direction(rows, "egress")]
    facts.append(selections.describe_mesh(rows))
    return tuple(fact for fact in facts if fact), selections.evidence_of(rows, subject)


def _service(network: "Network", service: Service) -> list[str]:
    facts = [f"Type and ports: {service_line(service)}."]
    if service.external_name:
        facts.append(f"It is an alias of the DNS name `{service.external_name}`.")
    addresses = [str(address) for address in (*service.cluster_ips, *service.external_addresses)]
    if addresses:
        facts.append(f"Addresses: {shorten(addresses)}.")
    pairs = [f"`{key}={value}`" for key, value in sorted(service.selector.items())]
    facts.append(f"Selector: {shorten(pairs)}." if pairs else "It has no selector.")
    pods = backends(network.cluster, service)
    ready = sum(1 for pod in pods if pod.ready)
    behind = [quote(each.full_name) for each in service_workloads(network.cluster, service)]
    if behind:
        facts.append(f"Behind it: {shorten(behind)}, {count(len(pods), 'pod')}, {ready} ready.")
    elif not service.external_name:
        facts.append("No pod of the input stands behind it.")
    return facts


def _namespace(network: "Network", namespace: Namespace) -> list[str]:
    cluster, name = network.cluster, namespace.name
    facts = [] if namespace.declared else ["The input names it but does not declare it."]
    facts += _labels(namespace.labels)
    for noun, names in (
        ("workload", [each.name for each in cluster.workloads if each.namespace == name]),
        ("Service", [each.name for each in cluster.services if each.namespace == name]),
    ):
        listed = f": {shorten(names, 12)}" if names else ""
        facts.append(f"{count(len(names), noun)}{listed}.")
    policies = [
        f"`{each.key}` ({each.source.at()})" for each in cluster.policies if each.namespace == name
    ]
    facts.append(f"{count(len(policies), 'policy')}: {shorten(policies)}." if policies else
                 "It holds no policies.")  # fmt: skip
    open_pods = [
        workload.name
        for workload in cluster.workloads
        if workload.namespace == name
        and not any(row.default_deny and row.direction == "ingress"
                    for pod in workload.pods for row in selections.select(network, pod))
    ]  # fmt: skip
    if open_pods:
        facts.append(f"Nothing restricts ingress to: {shorten(open_pods, 12)}.")
    return facts


def _node(network: "Network", node: Node) -> list[str]:
    addresses = [str(address) for address in node.addresses]
    ranges = [str(network) for network in node.pod_cidrs]
    pods = [pod.full_name for pod in network.cluster.pods if pod.node == node.name]
    facts = [f"Addresses: {shorten(addresses)}." if addresses else "Its addresses are not known."]
    if ranges:
        facts.append(f"Pod CIDRs: {shorten(ranges)}.")
    facts.append(f"{count(len(pods), 'pod')}" + (f": {shorten(pods)}." if pods else "."))
    return facts + _labels(node.labels)


def _policy(network: "Network", policy: Document) -> Told:
    root = network.mesh.settings.root_namespace
    clauses = describe_policy(policy, root_namespace=root)
    chosen = [quote(each.full_name) for each in selections.selected_workloads(network, policy.key)]
    reach = (
        f"Right now that is {count(len(chosen), 'workload')}: {shorten(chosen, 12)}."
        if chosen
        else "Right now that is no workload of the input."
    )
    faults = [
        f"{problem.message} {problem.hint}"
        for problem in network.problems
        if policy.key in problem.message
    ]
    lines = [f"{clause.text} (`{clause.path}`, {clause.location})" for clause in clauses]
    facts = (*lines[:1], reach, *lines[1:], *faults)
    evidence = tuple(
        Evidence(
            claim=clause.text, source=f"{policy.key} {clause.path}", location=str(clause.location)
        )
        for clause in clauses
    )
    return facts, evidence

"""Repairs of peers and ports that take the pods that there are."""

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from topology.model import Document, Network, Pod
from topology.policy.validation import Finding
from topology.review.context import ReviewContext
from topology.review.edits import edited, field_at
from topology.review.finding import Repair
from topology.review.handles import NAMESPACE, labels_of

__all__ = ["as_selectors", "declared_ports"]

_MOST = 20


def declared_ports(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    """Write the ports that the pods of a rule declare in the place of port 0."""
    text = "Write the port that is meant, or keep it if all are."
    place = finding.path.removesuffix(".port")
    holder, _, number = place.rpartition("[")
    entry = field_at(document.body, place)
    protocol = str((entry or {}).get("protocol") or "ANY").upper()
    ports = sorted(
        {
            (port.number, port.protocol)
            for pod in _destinations(context, document, place)
            for port in pod.ports
            if protocol in ("ANY", port.protocol)
        }
    )
    if not ports or not isinstance(entry, Mapping):
        return Repair(text=text, obstacle="no pod that the rule means declares a port")
    items = list(field_at(document.body, holder))
    at = int(number.rstrip("]"))
    items[at : at + 1] = [{"port": str(one), "protocol": name} for one, name in ports]
    shown = ", ".join(f"{one}/{name}" for one, name in ports)
    text = f"Write what its pods declare, if no other port is meant: {shown}."
    return Repair(text=text, add=(edited(document, holder, items),), promise="closes")


def _destinations(context: ReviewContext, document: Document, path: str) -> Iterator[Pod]:
    """Yield the pods whose ports the rule at a path is about."""
    for placed in context.placed:
        if placed.document is document and path.startswith(placed.rule.path):
            bits = sum(1 << number for number in placed.numbers)
            if placed.rule.direction == "egress":
                bits = context.ends(placed.compiled)
            yield from context.pods_at(bits)


def as_selectors(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    """Name the pods and nodes inside a CIDR beside it, by label and entity."""
    text = finding.fix
    network = _network(field_at(document.body, finding.path))
    place = _rule_of(finding.path)
    rule = field_at(document.body, place)
    if network is None or not isinstance(rule, Mapping):
        return Repair(text=text)
    pods = _inside(context, network)
    hosts = any(one in network for node in context.cluster.nodes for one in node.addresses)
    peers = list(_peers(document, pods))
    if not (peers or hosts) or len(peers) > _MOST:
        reason = "which of the many pods inside it are meant the input does not tell"
        return Repair(text=text, obstacle=reason)
    if document.kind == "NetworkPolicy":
        side = "from" if "ingress" in place else "to"
        if hosts and not peers:
            return Repair(text=text, obstacle="a NetworkPolicy cannot name nodes")
        new = edited(document, f"{place}.{side}", [*rule[side], *peers])
        return Repair(text=text, add=(new,), promise="opens")
    side = "to" if "egress" in place else "from"
    rest = {key: value for key, value in rule.items() if key not in _addresses(side)}
    more = [{f"{side}Endpoints": peers, **rest}] if peers else []
    more += [{f"{side}Entities": ["host", "remote-node"], **rest}] if hosts else []
    section = place.rpartition("[")[0]
    new = edited(document, section, [*field_at(document.body, section), *more])
    return Repair(text=text, add=(new,), promise="opens")


def _addresses(side: str) -> tuple[str, ...]:
    return f"{side}CIDR", f"{side}CIDRSet"


def _network(written: Any) -> Network | None:
    text = written.get("cidr") if isinstance(written, Mapping) else written
    try:
        return ip_network(str(text), strict=False)
    except ValueError:
        return None


def _rule_of(path: str) -> str:
    """Return the path of the rule around a field, such as `spec.egress[0]`."""
    head, bracket, rest = path.partition("[")
    number = rest.partition("]")[0]
    if head.endswith("specs"):
        inner, more, tail = rest.partition("]")[2].partition("[")
        return f"{head}[{number}]{inner}{more}{tail.partition(']')[0]}]"
    return f"{head}{bracket}{number}]"


def _inside(context: ReviewContext, network: Network) -> list[Pod]:
    """Return one pod of each workload of which all pods have their addresses in a network."""
    return [
        workload.pods[0]
        for workload in context.cluster.workloads
        if workload.pods
        and not workload.pods[0].host_network
        and all(
            pod.addresses and all(one in network for one in pod.addresses) for pod in workload.pods
        )
    ]


def _peers(document: Document, pods: Iterable[Pod]) -> Iterator[dict[str, Any]]:
    for pod in pods:
        labels = labels_of(pod)
        if not labels:
            continue
        if document.kind == "NetworkPolicy":
            space = {"kubernetes.io/metadata.name": pod.namespace}
            yield {
                "namespaceSelector": {"matchLabels": space},
                "podSelector": {"matchLabels": labels},
            }
        else:
            yield {"matchLabels": {NAMESPACE: pod.namespace, **labels}}

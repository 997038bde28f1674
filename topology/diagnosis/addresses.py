"""Whether pods lack addresses: each node's range, what Azure gave a node, and what events say."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from topology.diagnosis.evidence import Aspect, Cause, Check, Fact, Gap, fact_of
from topology.diagnosis.scene import Scene
from topology.diagnosis.states import mapping, text_of
from topology.model import Document

__all__ = ["check_addresses"]

_EXPLAINS: Final[frozenset[Aspect]] = frozenset({"start"})
_SANDBOX: Final = ("FailedCreatePodSandBox", "FailedCreatePodSandbox")
_LACK: Final = re.compile(
    r"\b(?:ips?|addresses|address|ipam|ipconfig\w*|subnet\w*)\b.{0,80}\b(?:exhaust\w*|full|"
    r"not enough|"
    r"insufficient|unavailable|no (?:more|free|available)|ran out|allocat\w*)|"
    r"\b(?:no|not enough|insufficient|out of|failed to (?:allocate|assign|request|reserve))\b"
    r".{0,60}"
    r"\b(?:ips?|address\w*|ipconfig\w*)\b|subnet ?(?:is ?)?full",
    re.I,
)
_MISSING: Final = Gap(
    what="what Azure gave each node (Azure CNI with dynamic pod addresses)",
    command="kubectl -n kube-system get nodenetworkconfigs -o yaml > nnc.yaml",
)
_SUBNETS: Final = Gap(what="the subnets", command="az network vnet list -o json > vnets.json")


def check_addresses(scene: Scene) -> Check:
    """Count the addresses of nodes against their pods, and look for events about them."""
    name = "Addresses for pods"
    causes = (*_full_ranges(scene), *_full_requests(scene), *_events(scene), *_full_nodes(scene))
    known = "NodeNetworkConfig" in scene.cluster.kinds
    ranges = [node for node in scene.cluster.nodes if node.pod_cidrs]
    gaps = () if known or ranges else (_MISSING,)
    if causes:
        return Check(
            name=name, state="fault",
            result=" ".join(cause.summary for cause in causes[:2]),
            facts=tuple(fact for cause in causes for fact in cause.facts[:1]), causes=causes,
            gaps=(*gaps, _SUBNETS),
        )  # fmt: skip
    if gaps:
        result = "Neither ranges of nodes nor NodeNetworkConfigs were given."
        return Check(name=name, state="unknown", result=result, gaps=gaps)
    number = len(ranges) or scene.cluster.kinds["NodeNetworkConfig"]
    return Check(name=name, state="ok", result=f"{number} nodes have addresses left.")


def _waiting(scene: Scene) -> list[str]:
    """Return the pods that wait to be started."""
    return [
        one.key.removeprefix("Pod/")
        for one in scene.reports("Pod")
        if mapping(one.body.get("status")).get("phase") == "Pending"
        and mapping(one.body.get("spec")).get("nodeName")
    ]


def _full_ranges(scene: Scene) -> Iterator[Cause]:
    """Yield the nodes whose own range has no address left (Overlay, kubenet, cluster-pool)."""
    pods = Counter(
        pod.node for pod in scene.cluster.pods if not pod.host_network and pod.running and pod.node
    )
    for node in scene.cluster.nodes:
        for net in node.pod_cidrs[:1]:
            # The first, the last and the node's own address go to no pod.
            room = max(net.num_addresses - 3, 0)
            if pods[node.name] >= room:
                text = f"Node `{node.name}` has {pods[node.name]} pods for the {room} usable "
                text += f"addresses of its range {net}"
                yield Cause(
                    code="node-range-full", summary=f"Out of pod addresses: {text}.",
                    explains=_EXPLAINS, about=_on(scene, node.name), weight=91,
                    facts=(Fact(text, f"Node/{node.name}", node.location),),
                    fix="Add a node, or a node pool; a node's range cannot grow.",
                    verify=(f"kubectl get pods -A --field-selector spec.nodeName={node.name}",),
                )  # fmt: skip


def _on(scene: Scene, node: str) -> frozenset[str]:
    names = {f"{pod.namespace}/{pod.workload}" for pod in scene.cluster.pods if pod.node == node}
    return frozenset({node, *names})


def _full_requests(scene: Scene) -> Iterator[Cause]:
    """Yield the nodes that asked Azure for more addresses than they were given."""
    for one in scene.reports("NodeNetworkConfig"):
        spec, status = mapping(one.body.get("spec")), mapping(one.body.get("status"))
        asked, given = spec.get("requestedIPCount"), status.get("assignedIPCount")
        containers = status.get("networkContainers")
        subnet = ""
        if isinstance(containers, list) and containers:
            first = mapping(containers[0])
            subnet = f" of subnet `{first.get('subnetName')}` ({first.get('subnetAddressSpace')})"
        code = str(status.get("status") or "")
        if "full" in code.lower() or (
            isinstance(asked, int) and isinstance(given, int) and asked > given
        ):
            text = f"node `{one.name}` asked for {asked} addresses{subnet} and was given {given}"
            text += f" (status {code})" if code else ""
            yield Cause(
                code="subnet-full",
                summary=f"Out of addresses (IP exhaustion): {text}.",
                explains=_EXPLAINS, about=_on(scene, one.name), weight=92,
                facts=(fact_of(one, text, "status"),),
                fix="Give the pods a larger subnet, or move to Azure CNI Overlay; at once: scale "
                "down what is idle.",
                verify=("kubectl -n kube-system get nodenetworkconfigs",),
            )  # fmt: skip


def _events(scene: Scene) -> Iterator[Cause]:
    """Yield the pods of which the CNI plugin says that it has no address for them."""
    found: dict[str, list[Document]] = {}
    for event in scene.reports("Event"):
        said = str(event.body.get("message") or event.body.get("note") or "")
        if event.body.get("reason") in _SANDBOX and _LACK.search(said):
            about = mapping(event.body.get("involvedObject") or event.body.get("regarding"))
            pod = scene.pods.get((str(about.get("namespace")), str(about.get("name"))))
            owner = f"{pod.namespace}/{pod.workload}" if pod else str(about.get("name"))
            found.setdefault(owner, []).append(event)
    for owner, events in found.items():
        said = text_of(events[0].body.get("message") or events[0].body.get("note"))
        yield Cause(
            code="no-address-for-pod",
            summary=f"Pods of `{owner}` get no address: {said}",
            explains=_EXPLAINS, about=frozenset({owner}), weight=88,
            facts=tuple(fact_of(event, said, "message") for event in events[:3]),
            fix="Free or add addresses: a larger pod subnet, fewer pods for each node, or Overlay.",
            verify=("kubectl get events -A --field-selector reason=FailedCreatePodSandBox",),
        )  # fmt: skip


def _full_nodes(scene: Scene) -> Iterator[Cause]:
    """Yield that every node holds as many pods as it may, where pods wait."""
    nodes = [node for node in scene.cluster.nodes if node.max_pods]
    if not nodes or not any(_pending(scene)):
        return
    pods = Counter(pod.node for pod in scene.cluster.pods if pod.running and pod.node)
    if all(pods[node.name] >= node.max_pods for node in nodes):
        text = f"All {len(nodes)} nodes hold as many pods as they may ({nodes[0].max_pods} each)"
        yield Cause(
            code="max-pods", summary=f"{text}, so no further pod can be scheduled.",
            explains=_EXPLAINS, weight=88,
            facts=(Fact(text, f"Node/{nodes[0].name}", nodes[0].location),),
            fix="Add nodes; the number of pods for each node is set when a node pool is made.",
            verify=("kubectl get nodes -o custom-columns=N:.metadata.name,"
                    "P:.status.allocatable.pods",),
        )  # fmt: skip


def _pending(scene: Scene) -> Iterator[str]:
    for one in scene.reports("Pod"):
        if mapping(one.body.get("status")).get("phase") == "Pending":
            yield one.name

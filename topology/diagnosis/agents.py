"""The agents of the network on each node, and the nodes themselves."""

from collections.abc import Iterator
from typing import Final

from topology.diagnosis.evidence import Aspect, Cause, Check, Fact, Gap, fact_of
from topology.diagnosis.infrastructure import agent_of, is_down
from topology.diagnosis.scene import Scene
from topology.diagnosis.states import event_facts, mapping, mappings, pod_facts, text_of
from topology.model import Workload

__all__ = ["check_agents", "check_nodes"]

_ALL: Final[frozenset[Aspect]] = frozenset({"connect", "dns", "start", "loss", "http"})
_AGENTS_MISSING: Final = Gap(
    what="the pods of `kube-system`, the network's agents among them",
    command="kubectl -n kube-system get daemonsets,deployments,pods -o yaml > kube-system.yaml",
)
_NODES_MISSING: Final = Gap(
    what="the nodes with their conditions", command="kubectl get nodes -o yaml > nodes.yaml"
)


def check_agents(scene: Scene) -> Check:
    """Look for agents of the network that are not ready, or missing on a node."""
    name = "Network agents"
    found = [(one, agent_of(one)) for one in scene.cluster.workloads if agent_of(one)]
    real = [(one, what) for one, what in found if any(not pod.planned for pod in one.pods)]
    if not real:
        result = "The input holds no pods of Cilium or another network agent."
        return Check(name=name, state="unknown", result=result, gaps=(_AGENTS_MISSING,))
    causes = tuple(cause for one, what in real for cause in _agent_causes(scene, one, what))
    if causes:
        return Check(
            name=name,
            state="fault",
            result=" ".join(cause.summary for cause in causes[:2]),
            facts=tuple(fact for cause in causes for fact in cause.facts[:1]),
            causes=causes,
        )
    names = ", ".join(dict.fromkeys(f"`{one.full_name}`" for one, _ in real))
    return Check(name=name, state="ok", result=f"Every pod of {names} is ready.")


def _agent_causes(scene: Scene, workload: Workload, what: str) -> Iterator[Cause]:
    real = [pod for pod in workload.pods if not pod.planned and pod.running]
    down = [pod for pod in real if is_down(pod)]
    bare: list[str] = []
    if workload.kind == "DaemonSet" and real:
        served = {pod.node for pod in workload.pods}
        bare = [node.name for node in scene.cluster.nodes if node.name not in served]
    nodes = [pod.node for pod in down if pod.node] + bare
    if not down and not bare:
        return
    whole = len(down) == len(real)
    hit = {
        f"{pod.namespace}/{pod.workload}" for pod in scene.cluster.pods if pod.node in set(nodes)
    }
    parts = []
    if down:
        parts.append(f"{len(down)} of {len(real)} pods of `{workload.full_name}` are not ready")
    if bare:
        parts.append(f"none of its pods is on {', '.join(f'`{one}`' for one in bare[:4])}")
    where = ", ".join(f"`{one}`" for one in dict.fromkeys(nodes[:4]))
    facts = tuple(fact for pod in down[:3] for fact in pod_facts(scene, pod))
    first = down[0].name if down else ""
    yield Cause(
        code="agent-unhealthy",
        summary=f"{what[0].upper()}{what[1:]} is unhealthy: {' and '.join(parts)}"
        + (f" (on {where})." if where and down else "."),
        explains=_ALL,
        # An agent that is away everywhere concerns everyone.
        about=frozenset() if whole or not nodes else frozenset({*nodes, *hit}),
        weight=82 if down else 60,
        facts=facts or (Fact(parts[-1], workload.full_name, workload.location),),
        fix="Let it come up again: its log and the event say what stops it. Pods keep their "
        "connections meanwhile; new pods, identities and policies on that node wait for it.",
        commands=(f"kubectl -n {workload.namespace} rollout restart daemonset/{workload.name}",)
        if workload.kind == "DaemonSet" else (),
        verify=(
            f"kubectl -n {workload.namespace} get pods -o wide",
            *((f"kubectl -n {workload.namespace} logs {first} --tail=50",) if first else ()),
        ),
    )  # fmt: skip


def check_nodes(scene: Scene) -> Check:
    """Look for nodes with a condition that they should not have."""
    name = "Nodes"
    if not scene.cluster.nodes:
        result = "The input holds no nodes."
        return Check(name=name, state="unknown", result=result, gaps=(_NODES_MISSING,))
    causes = tuple(_node_causes(scene))
    if not causes:
        number = len(scene.cluster.nodes)
        return Check(name=name, state="ok", result=f"No node of {number} is in trouble.")
    return Check(
        name=name,
        state="fault",
        result=" ".join(cause.summary for cause in causes[:3]),
        facts=tuple(fact for cause in causes for fact in cause.facts[:1]),
        causes=causes,
    )


def _node_causes(scene: Scene) -> Iterator[Cause]:
    for node in scene.reports("Node"):
        status = mapping(node.body.get("status"))
        hit = {f"{pod.namespace}/{pod.workload}" for pod in scene.cluster.pods
               if pod.node == node.name}  # fmt: skip
        for index, one in enumerate(mappings(status.get("conditions"))):
            kind, state = str(one.get("type")), str(one.get("status"))
            if (state == "True") is (kind == "Ready"):
                continue
            said = text_of(one.get("message") or one.get("reason"))
            text = f"Node `{node.name}` has the condition {kind}={state}" + (
                f": {said}" if said else ".")  # fmt: skip
            yield Cause(
                code="node-condition",
                summary=text,
                explains=_ALL | {"balance"},
                about=frozenset({node.name, *hit}),
                weight=84 if kind in ("Ready", "NetworkUnavailable") else 50,
                facts=(
                    fact_of(node, text, f"status.conditions[{index}]"),
                    *event_facts(scene, "", node.name),
                ),
                fix=f"Bring the node back, or drain it: `kubectl drain {node.name}`.",
                verify=(f"kubectl describe node {node.name}",),
            )

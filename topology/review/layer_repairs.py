"""Repairs that give a workload its second line of defence: what one layer admits, in the other."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from topology.model import Document, Pod
from topology.review.context import ReviewContext
from topology.review.edits import new_policy
from topology.review.finding import Repair
from topology.review.handles import NAMESPACE, labels_of, name_of, principal_of
from topology.review.mesh_effect import kinds_of_callers
from topology.targets import EntityTarget, PodTarget

__all__ = ["admitted_at_l4", "admitted_by_mesh", "opened_for"]

_MOST = 20
"""Workloads of one finding for which policies are written; more are for their owners."""
_WORLD = EntityTarget("world")
_OWNERS = "who may call is for their owners to say"


def admitted_by_mesh(context: ReviewContext, names: Sequence[str], text: str) -> Repair:
    """Admit in network policies whom the mesh admits already.

    Args:
        context: The cluster.
        names: Of the guarded workloads, `namespace/name`.
        text: What to do, in a sentence.
    """
    if len(names) > _MOST:
        return Repair(text=text, obstacle=_OWNERS)
    by_name = {name_of(one): one for one in context.callers}
    add = []
    for pod in _pods(context, names):
        ports = _ports(pod)
        admitted: list[str] = []
        for callers, target in kinds_of_callers(context, pod, (context.mesh,)):
            if any(_admits(context, target, pod, port) for port in ports):
                admitted += callers
        if not ports or _WORLD.name in admitted:
            reason = f"the mesh admits whoever calls `{name_of(pod)}` from outside, known or not"
            return Repair(text=text, obstacle=reason)
        add.append(_network_policy(pod, [by_name[one] for one in admitted], ports))
    if not add:
        return Repair(text=text, obstacle=_OWNERS)
    return Repair(text=text, add=tuple(add), promise="closes")


def admitted_at_l4(context: ReviewContext, names: Sequence[str], text: str) -> Repair:
    """Admit in AuthorizationPolicies whom network policies admit already, by their identities.

    Args:
        context: The cluster.
        names: Of the guarded workloads, `namespace/name`.
        text: What to do, in a sentence.
    """
    if len(names) > _MOST:
        return Repair(text=text, obstacle=_OWNERS)
    add = []
    for pod in _pods(context, names):
        rules = []
        for port in _ports(pod):
            if context.policies.verdict(_WORLD, PodTarget(pod), port=port) != "deny":
                reason = f"`{name_of(pod)}` is open to the outside, which has no identity"
                return Repair(text=text, obstacle=reason)
            callers = [
                one
                for one in context.callers
                if name_of(one) != name_of(pod)
                and context.policies.verdict(PodTarget(one), PodTarget(pod), port=port) != "deny"
            ]
            bare = next((one for one in callers if not context.mesh.index.state(one).present), None)
            if bare is not None:
                reason = f"`{name_of(bare)}` may call `{name_of(pod)}` and proves no identity"
                return Repair(text=text, obstacle=reason)
            principals = sorted(filter(None, {principal_of(context, one) for one in callers}))
            if principals:
                operation = {"operation": {"ports": [str(port)]}}
                source = {"source": {"principals": principals}}
                rules.append({"from": [source], "to": [operation]})
        if not labels_of(pod):
            return Repair(text=text, obstacle=f"no label tells `{name_of(pod)}` apart")
        spec = {"selector": {"matchLabels": labels_of(pod)}, "action": "ALLOW", "rules": rules}
        add.append(_new("AuthorizationPolicy", pod, "callers", spec))
    if not add:
        return Repair(text=text, obstacle=_OWNERS)
    return Repair(text=text, add=tuple(add))


def opened_for(
    context: ReviewContext, callers: Iterable[Pod], targets: Iterable[Pod], text: str
) -> Repair:
    """Open network policies for callers that the mesh admits.

    Args:
        context: The cluster.
        callers: Whom it admits.
        targets: To which workloads.
        text: What to do, in a sentence.
    """
    shut: dict[tuple[str, str], list[tuple[Pod, Pod, int]]] = defaultdict(list)
    pairs = [(one, other) for one in _each(callers) for other in _each(targets) if one is not other]
    for source, target in pairs:
        # On a port that the mesh closes an opening would be good for nothing.
        admitted = [
            port for port in _ports(target) if _admits(context, PodTarget(source), target, port)
        ]
        for port in admitted:
            found = context.policies.decide(PodTarget(source), PodTarget(target), port=port)
            for layer in (found.egress, found.ingress):
                if layer.verdict == "deny" and layer.rule:
                    reason = f"{layer.policy} denies it by a rule, which is somebody's decision"
                    return Repair(text=text, obstacle=reason)
                if layer.verdict == "deny":
                    own = source if layer.direction == "egress" else target
                    shut[str(layer.direction), name_of(own)].append((source, target, port))
    if not shut or len(pairs) > _MOST:
        return Repair(text=text, obstacle="which of both is meant the input does not tell")
    add = []
    for (way, _), rows in shut.items():
        own = rows[0][0] if way == "egress" else rows[0][1]
        others = [row[1] if way == "egress" else row[0] for row in rows]
        ports = sorted({row[2] for row in rows})
        add.append(_network_policy(own, others, ports, way=way, closes=False))
    return Repair(text=text, add=tuple(add), promise="opens")


def _pods(context: ReviewContext, names: Sequence[str]) -> Iterator[Pod]:
    wanted = set(names[:_MOST])
    seen = set()
    for pod in context.meshed:
        if name_of(pod) in wanted and name_of(pod) not in seen:
            seen.add(name_of(pod))
            yield pod


def _each(pods: Iterable[Pod]) -> list[Pod]:
    return list({name_of(pod): pod for pod in pods}.values())


def _ports(pod: Pod) -> list[int]:
    return sorted({port.number for port in pod.ports if port.protocol == "TCP"})


def _admits(
    context: ReviewContext, source: PodTarget | EntityTarget, target: Pod, port: int
) -> bool:
    return context.mesh.decide(target, port=port, source=source).verdict != "deny"


def _network_policy(
    own: Pod,
    others: Iterable[Pod],
    ports: Sequence[int],
    *,
    way: str = "ingress",
    closes: bool = True,
) -> Document:
    """Return a policy of one workload that lets some others through on some ports."""
    side = "from" if way == "ingress" else "to"
    peers = [{"matchLabels": {NAMESPACE: one.namespace, **labels_of(one)}} for one in others]
    unique = [one for number, one in enumerate(peers) if one not in peers[:number]]
    listed = [{"port": str(port), "protocol": "TCP"} for port in ports]
    rule = {f"{side}Endpoints": unique, "toPorts": [{"ports": listed}]}
    spec: dict[str, Any] = {
        "endpointSelector": {"matchLabels": labels_of(own)},
        **({} if closes else {"enableDefaultDeny": {"ingress": False, "egress": False}}),
        way: [rule] if unique else [{}],
    }
    return _new("CiliumNetworkPolicy", own, "callers" if way == "ingress" else "calls", spec)


def _new(kind: str, pod: Pod, what: str, spec: Mapping[str, Any]) -> Document:
    name = f"{pod.workload or pod.name}-{what}"
    return new_policy(kind, pod.namespace, name[:253], spec)

"""What is left open: to the world, to the cloud's metadata, and namespaces without policies."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from ipaddress import ip_network
from typing import Any

from topology.model import Document, Location, Pod, Workload
from topology.policy.engine import PolicyEngine
from topology.policy.peers import AddressPeer
from topology.policy.ports import PortSet
from topology.review.checks import check
from topology.review.context import Placed, ReviewContext
from topology.review.edits import edited, field_at, new_policy
from topology.review.finding import Found, Repair, ReviewSeverity
from topology.review.lifting import found_in
from topology.review.wording import counted, listed, quoted
from topology.services import service_backends, services_of

__all__ = [
    "find_metadata_access",
    "find_open_egress",
    "find_open_spaces",
    "find_open_workloads",
    "find_refused_probes",
    "find_worldly_ingress",
]

_OUTSIDE_TYPES = ("LoadBalancer", "NodePort")
_METADATA = "169.254.169.254/32"
_METADATA_PORT = 80


@check(
    "open-to-world",
    "warning",
    "A rule opens every port to the world",
    matters="Ports for metrics, debugging and administration are open as well as the one that is "
    "offered.",
    source="cilium pkg/policy/api/entity.go; Kubernetes, NetworkPolicyIngressRule",
    needs=("pods",),
)
def find_worldly_ingress(context: ReviewContext) -> Iterator[Found]:
    """Yield the ingress rules by which every TCP port of some pods is open to the world."""
    world = sum(1 << number for number in context.connections.ground.axis.world)
    for placed in context.placed:
        rule = placed.rule
        if rule.direction != "ingress" or rule.deny or not context.ends(placed.compiled) & world:
            continue
        if not PortSet.every("TCP") <= context.ports(placed.compiled, placed.numbers[0]):
            continue
        bits = sum(1 << number for number in placed.numbers)
        pods = list(context.pods_at(bits))
        offered = _entrances(context, pods)
        names = context.workloads_at(bits)
        why = f"{counted(names, 'workload')} may be called by anyone on every port."
        if offered:
            why += f" {listed(sorted(offered))} leads there from outside."
        severity: ReviewSeverity = "info" if offered else "warning"
        numbers = sorted({number for found in offered.values() for number in found})
        if not offered:
            declared = {port for pod in pods for port in pod.ports if port.protocol == "TCP"}
            numbers = sorted({port.number for port in declared})
        repair = _with_ports(placed, numbers)
        yield found_in(context, placed.document, rule.path, why, repair, severity=severity)


def _entrances(context: ReviewContext, pods: Sequence[Pod]) -> dict[str, set[int]]:
    """Return the Services that lead to pods from outside, with the ports of the pods."""
    known = {pod.full_name for pod in pods}
    found: dict[str, set[int]] = {}
    for service in services_of(context.cluster, pods):
        if service.type in _OUTSIDE_TYPES:
            for route in service_backends(context.cluster, service):
                for one in route.backends:
                    if one.pod and one.pod.full_name in known:
                        found.setdefault(service.full_name, set()).add(one.port)
    return found


def _with_ports(placed: Placed, numbers: list[int]) -> Repair:
    """Return the repair that leaves only some ports of a rule open."""
    if not numbers or not placed.rule.path.endswith("]"):
        return Repair(text="Name the ports that are offered.")
    text = f"Open {listed(numbers, 6)} only."
    if placed.document.kind == "NetworkPolicy":
        ports: dict[str, object] = {"ports": [{"port": n, "protocol": "TCP"} for n in numbers]}
    else:
        listed_ports = [{"port": str(number), "protocol": "TCP"} for number in numbers]
        ports = {"toPorts": [{"ports": listed_ports}]}
    rule = {**field_at(placed.document.body, placed.rule.path), **ports}
    changed = edited(placed.document, placed.rule.path, rule)
    return Repair(text=text, add=(changed,), promise="closes")


@check(
    "namespace-open",
    "warning",
    "No policy restricts a namespace",
    matters="Every pod of the cluster, and whoever gets in from outside, reaches every port of "
    "its workloads.",
    source="Kubernetes, NetworkPolicy, default policies; Azure security baseline for AKS, NS-1",
    needs=("pods",),
)
def find_open_spaces(context: ReviewContext) -> Iterator[Found]:
    """Yield the namespaces of applications in which nothing is denied by default or by L7."""
    report = {gap.object for gap in context.gaps.gaps if gap.code == "open-at-both"}
    spaces: dict[str, list[Workload]] = defaultdict(list)
    for workload in context.applications:
        spaces[workload.namespace].append(workload)
    for name, workloads in sorted(spaces.items()):
        if not all(f"{one.kind}/{one.full_name}" in report for one in workloads):
            continue
        if any(_is_selected(context, one) for one in workloads):
            continue
        names = [one.full_name for one in workloads]
        why = f"No policy denies anything by default to {counted(names, 'workload')}."
        deny = new_policy(
            "NetworkPolicy",
            name,
            "default-deny-ingress",
            {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [_SAME_NAMESPACE]},
        )
        repair = Repair(
            text="Begin with a default deny that lets the namespace's own pods in, then allow "
            "the callers from elsewhere.",
            add=(deny,),
            promise="closes",
        )
        yield Found(
            object=f"Namespace/{name}",
            namespace=name,
            why=why,
            repair=repair,
            location=_place_of(context, name, workloads),
            severity=None if context.cluster.policies else "info",
            weight=len(workloads),
        )


_SAME_NAMESPACE: dict[str, Any] = {"from": [{"podSelector": {}}]}


def _is_selected(context: ReviewContext, workload: Workload) -> bool:
    """Return whether a policy of this very namespace restricts a workload at all."""
    return any(one.default_deny for pod in workload.pods for one in context.policies.selecting(pod))


def _place_of(context: ReviewContext, name: str, workloads: Sequence[Workload]) -> Location | None:
    space = context.cluster.namespaces.get(name)
    return space.location if space and space.location else workloads[0].location


@check(
    "workload-open",
    "warning",
    "Workloads are left out of the policies of their namespace",
    matters="Their neighbours deny by default, and they do not: they are open to everybody, and a "
    "step towards the others.",
    source="Kubernetes, NetworkPolicy, isolation of pods",
    needs=("pods",),
)
def find_open_workloads(context: ReviewContext) -> Iterator[Found]:
    """Yield the workloads that no policy restricts, in namespaces where others are."""
    guarded: dict[str, int] = defaultdict(int)
    left: dict[str, list[Workload]] = defaultdict(list)
    gaps = {gap.object for gap in context.gaps.gaps if gap.code == "open-at-both"}
    for workload in context.applications:
        if _denies_ingress(context, workload):
            guarded[workload.namespace] += 1
        elif f"{workload.kind}/{workload.full_name}" in gaps:
            left[workload.namespace].append(workload)
    for namespace in sorted(guarded.keys() & left.keys()):
        workloads, others = left[namespace], guarded[namespace]
        offering = [one for one in workloads if _offers(context, one)]
        names = [one.full_name for one in offering or workloads]
        why = (
            f"No policy restricts what comes in to {counted(names, 'workload')}, while {others:,} "
            f"of the namespace {'denies' if others == 1 else 'deny'} by default."
        )
        is_exception = bool(offering) and len(workloads) <= others
        yield Found(
            object=f"Namespace/{namespace}",
            namespace=namespace,
            why=why if offering else f"{why} They offer no port that the input tells of.",
            repair=Repair(
                text="Deny ingress by default in the whole namespace, then allow their callers.",
                add=(_default_deny(context, namespace),),
                promise="closes",
            ),
            location=(offering or workloads)[0].location,
            severity=None if is_exception else "info",
            weight=len(workloads),
        )


def _offers(context: ReviewContext, workload: Workload) -> bool:
    """Return whether a workload declares a port or stands behind a Service."""
    declared = any(pod.ports for pod in workload.pods)
    return declared or bool(services_of(context.cluster, workload.pods))


def _denies_ingress(context: ReviewContext, workload: Workload) -> bool:
    return any(
        each.direction == "ingress" and each.default_deny
        for pod in workload.pods
        for each in context.policies.selecting(pod)
    )


def _default_deny(context: ReviewContext, namespace: str) -> Document:
    name = "default-deny-ingress"
    if _uses_cilium(context, namespace):
        spec: dict[str, object] = {"endpointSelector": {}, "ingress": [{}]}
        return new_policy("CiliumNetworkPolicy", namespace, name, spec)
    spec = {"podSelector": {}, "policyTypes": ["Ingress"]}
    return new_policy("NetworkPolicy", namespace, name, spec)


def _uses_cilium(context: ReviewContext, namespace: str) -> bool:
    kinds = [one.kind for one in context.cluster.policies if one.namespace == namespace]
    return "CiliumNetworkPolicy" in kinds and "NetworkPolicy" not in kinds


@check(
    "egress-open",
    "info",
    "Nothing restricts what workloads may call",
    matters="A workload that is taken over can send data anywhere and reach every other one.",
    source="Kubernetes, NetworkPolicy, default deny egress; Azure security baseline for AKS, NS-1",
    needs=("pods",),
)
def find_open_egress(context: ReviewContext) -> Iterator[Found]:
    """Yield the namespaces with ingress policies in which some egress is not restricted."""
    open_: dict[str, list[Workload]] = defaultdict(list)
    closed: set[str] = set()
    for workload in context.applications:
        selections = [one for pod in workload.pods[:1] for one in context.policies.selecting(pod)]
        if any(one.default_deny and one.direction == "ingress" for one in selections):
            closed.add(workload.namespace)
        if not any(one.default_deny and one.direction == "egress" for one in selections):
            open_[workload.namespace].append(workload)
    for name in sorted(closed & open_.keys()):
        workloads = open_[name]
        names = [one.full_name for one in workloads]
        yield Found(
            object=f"Namespace/{name}",
            namespace=name,
            why=f"{counted(names, 'workload')} may call anyone on every port.",
            repair=Repair(
                text="Allow DNS and the calls that are needed, then deny egress by default.",
                obstacle="which calls are needed is for their owners to say",
            ),
            location=_place_of(context, name, workloads),
            weight=len(workloads),
        )


@check(
    "metadata-service",
    "warning",
    "Workloads may ask the cloud's metadata service",
    matters="It hands out credentials of the node to whoever asks from it.",
    source="Microsoft Learn, Azure Instance Metadata Service; AKS, security concepts",
    needs=("pods", "aks"),
)
def find_metadata_access(context: ReviewContext) -> Iterator[Found]:
    """Yield the namespaces of applications that reach 169.254.169.254."""
    deny = new_policy("CiliumClusterwideNetworkPolicy", "", "no-instance-metadata", _NO_METADATA)
    engine = context.policies.covering([deny])
    axis = engine.connections.ground.axis
    target = _metadata_bits(engine)
    atom = engine.connections.atom("TCP", _METADATA_PORT)
    found: dict[str, set[str]] = defaultdict(set)
    open_ = 0
    for number in range(axis.pods):
        if engine.connections.gate("egress", number).allowed[atom] & target:
            open_ |= 1 << number
    for workload in context.applications:
        numbers = [engine.class_of(pod) for pod in workload.pods]
        if any(number >= 0 and open_ >> number & 1 for number in numbers):
            found[workload.namespace].add(workload.full_name)
    for name, names in sorted(found.items()):
        yield Found(
            object=f"Namespace/{name}",
            namespace=name,
            why=f"{counted(sorted(names), 'workload')} may connect to {quoted(_METADATA)}.",
            repair=Repair(
                text="Deny it to all but the system with a clusterwide policy.",
                add=(deny,),
                promise="closes",
            ),
            location=_place_of(
                context, name, [w for w in context.applications if w.namespace == name]
            ),
            weight=len(names),
        )


_NO_METADATA = {
    "endpointSelector": {
        "matchExpressions": [
            {
                "key": "k8s:io.kubernetes.pod.namespace",
                "operator": "NotIn",
                "values": ["kube-system"],
            }
        ]
    },
    "enableDefaultDeny": {"ingress": False, "egress": False},
    "egressDeny": [{"toCIDR": [_METADATA]}],
}


def _metadata_bits(engine: PolicyEngine) -> int:
    axis = engine.connections.ground.axis
    bits: int = axis.mean(AddressPeer((ip_network(_METADATA),)))[0]
    return bits


@check(
    "probes-denied",
    "error",
    "A deny rule refuses the probes of the kubelet",
    matters="Probes come from the node; pods that fail them are restarted or get no traffic.",
    source="cilium pkg/policy/mapstate.go (allow-localhost does not beat an explicit deny)",
    needs=("pods",),
)
def find_refused_probes(context: ReviewContext) -> Iterator[Found]:
    """Yield the deny rules that mean the pod's own node, on ports that the pods declare."""
    hosts = context.connections.gates.hosts
    for placed in context.placed:
        rule = placed.rule
        if not rule.deny or rule.direction != "ingress":
            continue
        if not context.ends(placed.compiled) & hosts:
            continue
        bits = sum(1 << number for number in placed.numbers)
        ports = context.ports(placed.compiled, placed.numbers[0])
        hit = sorted(
            {
                port.number
                for pod in context.pods_at(bits)
                for port in pod.ports
                if port.protocol == "TCP" and ports.contains("TCP", port.number)
            }
        )
        if hit:
            why = f"It denies the pod's own node, too, on {listed(hit, 6)}, which its pods offer."
            repair = _spare_host(placed)
            yield found_in(context, placed.document, rule.path, why, repair)


def _spare_host(placed: Placed) -> Repair:
    path = placed.rule.path.partition(".toPorts")[0]
    rule = field_at(placed.document.body, path)
    text = "Name whom to deny without the host: `world`, or pods by label."
    written = rule.get("fromEntities")
    others = ["world", "remote-node"] if placed.rule.peers is None else []
    for name in written or ():
        others += _WITHOUT_HOST.get(name, [name])
    if not others:
        return Repair(text=text)
    changed = edited(placed.document, path, {**rule, "fromEntities": list(dict.fromkeys(others))})
    return Repair(text=text, add=(changed,), promise="opens")


_WITHOUT_HOST = {"all": ["world", "remote-node"], "cluster": ["remote-node"], "host": []}
"""What is left of an entity without the pod's own node, of what has no labels."""

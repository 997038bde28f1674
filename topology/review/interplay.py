"""Policies together: paths open at one end only, and calls that workloads announce in vain."""

from collections.abc import Iterable, Iterator

from topology.calls import Call
from topology.model import Document, Location, Pod
from topology.policy.matrix import Matrix, members
from topology.policy.validation import Finding
from topology.policy.verdict import Direction
from topology.review.checks import check
from topology.review.context import Placed, ReviewContext
from topology.review.edits import new_policy, removed_rule
from topology.review.finding import Found, Repair
from topology.review.handles import NAMESPACE, labels_of, name_of
from topology.review.lifting import found_in, lift
from topology.review.wording import counted, quoted
from topology.services import service_backends
from topology.targets import PodTarget

__all__ = ["find_blocked_calls", "find_half_open_egress", "find_half_open_ingress"]

_SOURCE = "cilium pkg/policy: a connection needs egress at its source and ingress at its end"


@check(
    "call-blocked",
    "warning",
    "A call that a workload announces is closed",
    matters="Its environment names the Service that it calls, and the policies drop the "
    "connection: either the policies or the environment are wrong.",
    source="netassist, `topology/calls.py`, decided by the policy engine",
    needs=("pods", "services"),
    yields_to=("service-port",),
)
def find_blocked_calls(context: ReviewContext) -> Iterator[Found]:
    """Yield the calls to Services of the cluster that network policies close."""
    seen: set[tuple[str, str, int]] = set()
    for call in context.calls:
        for source, target, port in _ends(context, call):
            decision = context.policies.decide(PodTarget(source), PodTarget(target), port=port)
            key = (call.caller.full_name, target.workload, port)
            if decision.verdict != "deny" or key in seen or source is target:
                continue
            seen.add(key)
            closing = [one for one in (decision.egress, decision.ingress) if one.verdict == "deny"]
            assert call.service
            reasons = " ".join(one.reason for one in closing)
            # A deny rule is somebody's decision, and no policy can open what it closes.
            decided = any(one.rule for one in closing)
            repair = _allowing(source, target, port, [one.direction for one in closing])
            if decided:
                repair = Repair(text="Take the call out of the environment, or narrow the denial.")
            why = (
                f"{quoted(call.caller.full_name)} names {quoted(call.service.full_name)} in "
                f"`{call.variable}`, and port {port} of {quoted(name_of(target))} is closed to it. "
                f"{reasons}"
            )
            causes: list[tuple[str, Location]] = []
            for one in closing:
                causes += one.causes
            yield Found(
                object=f"{call.caller.kind}/{call.caller.full_name}",
                namespace=call.caller.namespace,
                why=why,
                repair=repair,
                severity="info" if decided else None,
                path=f"{call.service.full_name}:{port}",
                location=call.location,
                related=tuple(causes),
            )


def _ends(context: ReviewContext, call: Call) -> Iterator[tuple[Pod, Pod, int]]:
    """Yield the pods at both ends of a call, one pair for each kind, with the pod's port."""
    if call.service is None:
        return
    sources = _one_of_each(context, [pod for pod in call.caller.pods if pod.running])
    for route in service_backends(context.cluster, call.service, port=call.port):
        for port in sorted({one.port for one in route.backends}):
            pods = [one.pod for one in route.backends if one.pod and one.port == port]
            for target in _one_of_each(context, pods):
                for source in sources:
                    if port:
                        yield source, target, port


def _one_of_each(context: ReviewContext, pods: Iterable[Pod]) -> list[Pod]:
    return list({context.policies.class_of(pod): pod for pod in pods}.values())


def _allowing(source: Pod, target: Pod, port: int, ways: list[Direction | None]) -> Repair:
    """Return the repair that adds a policy at each end which is closed."""
    ports = [{"ports": [{"port": str(port), "protocol": "TCP"}]}]
    own, others = labels_of(source), labels_of(target)
    if not own or not others:
        return Repair(text="Allow the call at both ends.")
    add: list[Document] = []
    for way in ways:
        here, there = (source, target) if way == "egress" else (target, source)
        side, field = ("to", "egress") if way == "egress" else ("from", "ingress")
        peer = {"matchLabels": {NAMESPACE: there.namespace}}
        peer["matchLabels"] |= labels_of(there)
        rule = {f"{side}Endpoints": [peer], "toPorts": ports}
        spec = {"endpointSelector": {"matchLabels": labels_of(here)}, field: [rule]}
        spec["enableDefaultDeny"] = {"ingress": False, "egress": False}
        name = f"{source.workload or source.name}-to-{target.workload or target.name}-{field}"
        add.append(new_policy("CiliumNetworkPolicy", here.namespace, name[:253], spec))
    text = f"Allow port {port} from {quoted(name_of(source))} to {quoted(name_of(target))}."
    return Repair(text=text, add=tuple(add), promise="opens")


@check(
    "egress-not-admitted",
    "warning",
    "An egress rule leads to pods that admit none of it",
    matters="A connection needs both ends; what is allowed out here is dropped there.",
    source=_SOURCE,
    needs=("pods",),
    yields_to=("call-blocked", "never-matches", "service-port", "undeclared-port"),
)
def find_half_open_egress(context: ReviewContext) -> Iterator[Found]:
    """Yield the egress rules to pods of which nothing arrives, whichever pods send it."""
    yield from _half_open(context, "egress")


@check(
    "ingress-not-sent",
    "warning",
    "An ingress rule admits pods that may send none of it",
    matters="A connection needs both ends; what is allowed in here is dropped at its source.",
    source=_SOURCE,
    needs=("pods",),
    yields_to=("call-blocked", "never-matches", "service-port", "undeclared-port"),
)
def find_half_open_ingress(context: ReviewContext) -> Iterator[Found]:
    """Yield the ingress rules from pods that are closed towards the subject."""
    yield from _half_open(context, "ingress")


def _half_open(context: ReviewContext, way: Direction) -> Iterator[Found]:
    matrix = context.policies.matrix()
    for placed in context.placed:
        if placed.rule.direction != way or placed.rule.deny:
            continue
        ends = context.ends(placed.compiled)
        if not ends or ends & ~context.all_pods or not _is_shut(context, matrix, placed, ends):
            continue
        if way == "ingress" and _is_aimed_at(context, placed, ends):
            continue  # The ports differ, and that is told of the rule at the other end.
        names = context.workloads_at(ends)
        if way == "egress":
            why = f"{counted(names, 'workload')} that it names admit nothing of it."
            text = "Allow it at the other end, too; or take the rule out, which changes nothing."
        else:
            why = f"{counted(names, 'workload')} that it names may send nothing of it."
            text = "Allow it at its source, too; or take the rule out, which changes nothing."
        left = removed_rule(placed.document, placed.rule.path)
        repair = Repair(text=text)
        if left is not None:
            repair = Repair(text=text, add=(left,), promise="no-change")
        yield found_in(context, placed.document, placed.rule.path, why, repair)


def _is_aimed_at(context: ReviewContext, placed: Placed, ends: int) -> bool:
    """Return whether a source has a rule of its own for the pods that a rule selects."""
    own = sum(1 << number for number in placed.numbers)
    return any(
        context.ends(one) & own
        for number in members(ends)
        for one in context.connections.subjects.of("egress", number)
        if not one.rule.deny
    )


def _is_shut(context: ReviewContext, matrix: Matrix, placed: Placed, ends: int) -> bool:
    """Return whether no end of a rule does its part, for any pod and port of the rule."""
    way = placed.rule.direction
    for number in placed.numbers:
        ports = context.ports(placed.compiled, number)
        for atom in members(context.connections.ground.atoms.mask(ports)):
            others = ends & ~(1 << number)
            if not others or matrix.facing(way, number, atom).possible & others:
                return False
    return True


def _without_this(context: ReviewContext, document: Document, finding: Finding) -> Repair:
    left = removed_rule(document, finding.path.rpartition(".")[0])
    text = "Name the pods with `toEndpoints`, or take the rule out until the Service exists."
    if left is None:
        return Repair(text=text, remove=(document.key,))
    return Repair(text=text, add=(left,), promise="closes")


def _is_everything(context: ReviewContext, document: Document, finding: Finding) -> bool:
    """Return whether a rule by Service means every destination, or none is in the input."""
    if context.lack(("services",)):
        return True
    return any(
        rule.policy == document.key
        and rule.direction == "egress"
        and rule.peers is None
        and not rule.undecided
        for rule in context.policies.rules
    )


lift(
    "services-wildcard",
    "error",
    "A rule by Service opens its ports to every destination",
    matters="As long as no such Service exists, toServices with toPorts means any peer at all.",
    source="cilium issue 20067; observed on Cilium 1.18 and 1.19",
    theme="interplay",
    mend=_without_this,
    keep=_is_everything,
)

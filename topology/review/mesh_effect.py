"""What a change of Istio's policies does: who is let in to what, before and after.

Every kind of pod whose policies change is asked about, on each of its ports, by every caller that
the policies before or after can tell apart, and by one from outside.
"""

from collections.abc import Container, Hashable, Iterable, Iterator
from typing import Literal

from topology.model import Pod
from topology.policy.istio.engine import MeshDecision, MeshPolicies
from topology.policy.istio.rules import AuthorizationPolicy, Test
from topology.policy.istio.truth import Truth
from topology.policy.reading import KINDS
from topology.review.context import ReviewContext
from topology.review.finding import Repair
from topology.targets import EntityTarget, PodTarget

__all__ = ["kinds_of_callers", "mesh_changes"]

Kind = Literal["opened", "closed", "other"]
_OUTSIDE = EntityTarget("world")
_RANKS = {"deny": 0, "unknown": 1, "allow": 2}
_SHOWN = 3
_OF_PEER = ("source.", "remote.ip")


def mesh_changes(context: ReviewContext, repair: Repair) -> Iterator[tuple[Kind, str, int]]:
    """Yield every change of what the mesh lets in, in words, with the pairs that it is about."""
    gone = {one.key for one in repair.add} | set(repair.remove)
    kept = [one for one in context.cluster.policies if one.key not in gone]
    added = [one for one in repair.add if one.kind not in KINDS]
    before, after = context.mesh, context.mesh.under([*kept, *added])
    spaces = {key.split("/")[1] for key in gone if key.count("/") > 1}
    if before.index.settings.root_namespace in spaces:
        spaces = set(context.cluster.namespaces)
    for pod in _concerned(context, before, after, spaces):
        for callers, caller in kinds_of_callers(context, pod, (before, after)):
            for kind, text in _of_caller(pod, caller, before, after):
                yield kind, f"{_listed(callers)} {text}", len(callers)


def _of_caller(
    pod: Pod,
    caller: PodTarget | EntityTarget,
    before: MeshPolicies,
    after: MeshPolicies,
) -> Iterator[tuple[Kind, str]]:
    changed: dict[tuple[Kind, str], list[int]] = {}
    for port in sorted({each.number for each in pod.ports if each.protocol == "TCP"}) or [0]:
        old, new = (side.decide(pod, port=port or None, source=caller) for side in (before, after))
        found = _compare(old, new)
        if found:
            changed.setdefault(found, []).append(port)
    for (kind, how), ports in changed.items():
        numbers = ", ".join(str(port) for port in ports if port)
        name = f"{pod.namespace}/{pod.workload or pod.name}"
        yield kind, f"-> `{name}` {f'{numbers}/TCP' if numbers else 'TCP'}{how}"


def _compare(old: MeshDecision, new: MeshDecision) -> tuple[Kind, str] | None:
    was, now = (_RANKS[one.verdict] for one in (old, new))
    if was != now:
        how = f" ({new.conditions[0]})" if new.conditions and now else ""
        return ("opened" if now > was else "closed"), how
    if (old.l7, old.conditions) != (new.l7, new.conditions):
        return "other", f" ({_requests(old)}; then {_requests(new)})"
    return None


def _requests(decision: MeshDecision) -> str:
    if decision.conditions:
        return decision.conditions[0]
    return "no request" if decision.verdict == "deny" else "every request"


def _concerned(
    context: ReviewContext, before: MeshPolicies, after: MeshPolicies, spaces: Container[str]
) -> Iterator[Pod]:
    """Yield one pod of each workload and kind for which other policies hold after than before."""
    for pod in context.callers:
        if pod.namespace not in spaces or not before.index.state(pod).present:
            continue
        if _picture(before, pod) != _picture(after, pod):
            yield pod


def _picture(mesh: MeshPolicies, pod: Pod) -> Hashable:
    index = mesh.index
    modes = tuple(index.mode(pod, port).mode for port in (None, *(one.number for one in pod.ports)))
    policies = tuple(id(one.document) for one in index.authorization_policies(pod))
    return policies, tuple(map(id, index.request_authentications(pod))), modes


def kinds_of_callers(
    context: ReviewContext, pod: Pod, sides: Iterable[MeshPolicies]
) -> Iterator[tuple[list[str], PodTarget | EntityTarget]]:
    """Yield one caller of each kind that the policies of a pod tell apart, with their names."""
    tests = [
        (policy, test)
        for side in sides
        for policy in side.index.authorization_policies(pod)
        for rule in policy.rules
        for test in rule.tests
        if test.attribute.startswith(_OF_PEER)
    ]
    for names, target in _told_apart(context, tests):
        own = f"{pod.namespace}/{pod.workload or pod.name}"
        others = [name for name in names if name != own]
        if others:
            yield others, target
    yield ["world"], _OUTSIDE


def _told_apart(
    context: ReviewContext, tests: list[tuple[AuthorizationPolicy, Test]]
) -> tuple[tuple[list[str], PodTarget], ...]:
    """Return the kinds of callers that some tests tell apart; kept, as pods share policies."""
    asked = frozenset(
        (policy.namespace, test.attribute, test.values, test.negated) for policy, test in tests
    )
    known = context.kinds_of_callers.get(asked)
    if known is not None:
        return known
    answers = [context.truths(policy, test) for policy, test in tests]
    found: dict[Hashable, tuple[list[str], PodTarget]] = {}
    for number, source in enumerate(context.callers):
        principal = context.openings[number].principal
        kind = principal if isinstance(principal, Truth) else principal is None
        key = (kind, tuple(each[number] for each in answers))
        names, _ = found.setdefault(key, ([], PodTarget(source)))
        names.append(f"{source.namespace}/{source.workload or source.name}")
    kept = context.kinds_of_callers[asked] = tuple(found.values())
    return kept


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(f"`{name}`" for name in names[:_SHOWN]) + more

"""What a node's ztunnel enforces of the policies in ambient mode: identities, addresses and ports.

Source: istio pilot/pkg/serviceregistry/ambient/authorization.go. Policies with target references go
to waypoints, not here; an ALLOW rule with anything of L7 is left out, and a DENY rule loses what is
of L7. Where nothing is left of a clause, versions differ in what that comes to.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from topology.model import Cluster, Pod
from topology.policy.istio.rules import AuthorizationPolicy, Element, Rule, Test
from topology.services import selected_pods

__all__ = ["Readings", "read_for_ztunnel", "waypoint_of"]

_FIELDS = frozenset(
    {
        "source.principal",
        "source.namespace",
        "source.serviceAccount",
        "source.ip",
        "destination.port",
    }
)
_KEYS = frozenset(
    {"source.ip", "source.namespace", "source.principal", "destination.ip", "destination.port"}
)
_NOT_CONVERTED = "source.trustDomain"
_USE_WAYPOINT = "istio.io/use-waypoint"
_NO_WAYPOINT = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What a ztunnel gets of some policies; two readings where versions differ."""

    strict: tuple[AuthorizationPolicy, ...]
    lax: tuple[AuthorizationPolicy, ...]
    doubts: tuple[str, ...] = ()
    """The rules that the readings differ in, as `spec.rules[0] of Kind/namespace/name`."""


def read_for_ztunnel(policies: Iterable[AuthorizationPolicy]) -> Readings:
    """Return what a ztunnel gets of the policies that select a pod."""
    strict, lax, doubts = [], [], []
    for policy in policies:
        if policy.target_refs or not policy.enforced or policy.action == "CUSTOM":
            continue
        rules = [_stripped(policy, rule) for rule in policy.rules]
        doubtful = [rule.path for rule, is_doubtful in rules if rule and is_doubtful]
        doubts += [f"`{path}` of {policy.key}" for path in doubtful]
        kept = tuple(rule for rule, _ in rules if rule)
        certain = tuple(rule for rule, is_doubtful in rules if rule and not is_doubtful)
        wide, narrow = replace(policy, rules=kept), replace(policy, rules=certain)
        strict.append(wide if policy.action == "DENY" else narrow)
        lax.append(narrow if policy.action == "DENY" else wide)
    return Readings(strict=tuple(strict), lax=tuple(lax), doubts=tuple(doubts))


def waypoint_of(cluster: Cluster, pod: Pod) -> str:
    """Return the waypoint that traffic to a pod is sent through; empty for none."""
    namespace = cluster.namespaces.get(pod.namespace)
    own = pod.labels.get(_USE_WAYPOINT)
    found = [own] if own else []
    found += [
        service.labels[_USE_WAYPOINT]
        for service in cluster.services
        if service.namespace == pod.namespace
        and _USE_WAYPOINT in service.labels
        and pod in selected_pods(cluster, service)
    ]
    if not found and namespace:
        found.append(namespace.labels.get(_USE_WAYPOINT, ""))
    return next((name for name in found if name and name != _NO_WAYPOINT), "")


def _stripped(policy: AuthorizationPolicy, rule: Rule) -> tuple[Rule | None, bool]:
    """Return what is left of a rule, and whether versions differ in it; None for nothing."""
    if rule.skipped:
        return None, False
    foreign = [test for test in rule.tests if not _is_kept(test, rule.conditions)]
    if policy.action == "ALLOW" and any(test.attribute != _NOT_CONVERTED for test in foreign):
        return None, False
    elements = (*rule.sources, *rule.operations)
    emptied = any(element.tests and not _kept(element).tests for element in elements)
    emptied = emptied or (bool(rule.conditions) and not _conditions(rule))
    doubtful = emptied or any(test.attribute == _NOT_CONVERTED for test in foreign)
    return (
        replace(
            rule,
            sources=tuple(_kept(each) for each in rule.sources),
            operations=tuple(_kept(each) for each in rule.operations),
            conditions=_conditions(rule),
        ),
        doubtful,
    )


def _is_kept(test: Test, conditions: Sequence[Test]) -> bool:
    return test.attribute in (_KEYS if test in conditions else _FIELDS)


def _kept(element: Element) -> Element:
    tests = tuple(test for test in element.tests if test.attribute in _FIELDS)
    return replace(element, tests=tests)


def _conditions(rule: Rule) -> tuple[Test, ...]:
    return tuple(test for test in rule.conditions if test.attribute in _KEYS)

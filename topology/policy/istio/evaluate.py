"""The order of Istio's filters: CUSTOM, DENY, ALLOW, and what holds when nothing matches.

Source: istio pilot/pkg/security/authz/builder/builder.go and model/model.go. All policies of one
action form one filter: they have no order among themselves. On a port where the proxy does not
read HTTP, an ALLOW rule with any HTTP field is left out altogether, and a DENY rule is judged
without its HTTP fields.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from topology.policy.istio.connection import Connection
from topology.policy.istio.matching import Scope, holds
from topology.policy.istio.rules import AuthorizationPolicy, Element, Rule, Test
from topology.policy.istio.truth import Truth, all_of, any_of

__all__ = ["Finding", "Match", "evaluate", "has_rival_providers", "rule_truth"]


@dataclass(frozen=True, slots=True)
class Match:
    """A rule of a policy, and whether it matches."""

    policy: AuthorizationPolicy
    rule: Rule
    truth: Truth


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the policies that select a workload say of one connection."""

    verdict: Literal["allow", "deny", "unknown", "open"]
    """`open` where it depends on what the question leaves open."""
    by: Literal["no-policy", "custom", "deny", "allow", "no-allow-match"]
    """Which step decided: the external authorizer, a DENY, an ALLOW, or that no ALLOW matched."""
    deciding: Match | None = None
    """None where no single rule decided."""
    matches: tuple[Match, ...] = ()
    """The rules whose outcome is still open or not known, when the verdict is."""


def evaluate(
    policies: Sequence[AuthorizationPolicy],
    connection: Connection,
    *,
    trust_domains: tuple[str, ...],
    providers: frozenset[str] | None = None,
    http_providers: frozenset[str] = frozenset(),
) -> Finding:
    """Decide one connection.

    Args:
        policies: Those that select the workload, in the order in which they shall be named.
        connection: What the proxy knows.
        trust_domains: The mesh's own, then its aliases.
        providers: External authorizers that the mesh defines; None where that is not known.
        http_providers: Those among them that speak HTTP, and so are not asked on other ports.
    """
    active = [policy for policy in policies if policy.enforced]
    asking = [
        policy
        for policy in active
        if policy.action == "CUSTOM" and (connection.http or policy.provider not in http_providers)
    ]
    custom = list(_matches(asking, "CUSTOM", connection, trust_domains))
    refused = _first(custom, Truth.YES)
    broken = has_rival_providers(asking) or (
        providers is not None and any(policy.provider not in providers for policy in asking)
    )
    if refused and (broken or connection.authorizer is Truth.NO):
        return Finding(verdict="deny", by="custom", deciding=refused)
    rest = _deny_then_allow(active, connection, trust_domains)
    passes = connection.authorizer is Truth.YES and not broken
    pending = [match for match in custom if match.truth is not Truth.NO and not passes]
    if rest.verdict == "deny" or not pending:
        return rest
    settled = all(match.truth is Truth.OPEN for match in pending) and rest.verdict != "unknown"
    return Finding(
        verdict="open" if settled else "unknown",
        by="custom",
        deciding=refused or pending[0],
        matches=(*rest.matches, *pending),
    )


def has_rival_providers(policies: Iterable[AuthorizationPolicy]) -> bool:
    """Return whether CUSTOM policies name several authorizers, which Istio answers with denial."""
    return len({each.provider for each in policies if each.action == "CUSTOM"}) > 1


def _deny_then_allow(
    active: Sequence[AuthorizationPolicy],
    connection: Connection,
    trust_domains: tuple[str, ...],
) -> Finding:
    denials = list(_matches(active, "DENY", connection, trust_domains))
    denied = _first(denials, Truth.YES)
    if denied:
        return Finding(verdict="deny", by="deny", deciding=denied)
    allows = list(_matches(active, "ALLOW", connection, trust_domains))
    allowed = _first(allows, Truth.YES)
    guarded = any(policy.action == "ALLOW" for policy in active)
    outcome = any_of(match.truth for match in allows) if guarded else Truth.YES
    if outcome is Truth.NO:
        return Finding(verdict="deny", by="no-allow-match")
    doubts = tuple(match for match in denials if match.truth is not Truth.NO)
    doubt = any_of(match.truth for match in doubts)
    if doubt is Truth.NO and outcome is Truth.YES:
        return Finding(verdict="allow", by="allow" if allowed else "no-policy", deciding=allowed)
    if outcome is not Truth.YES:
        doubts = (*(match for match in allows if match.truth is not Truth.NO), *doubts)
    unknown = Truth.UNKNOWN in (doubt, outcome)
    return Finding(
        verdict="unknown" if unknown else "open",
        by="allow" if guarded else "deny",
        deciding=_first(doubts, Truth.UNKNOWN) or doubts[0],
        matches=doubts,
    )


def rule_truth(
    policy: AuthorizationPolicy,
    rule: Rule,
    connection: Connection,
    trust_domains: tuple[str, ...],
) -> Truth:
    """Return whether a rule matches a connection, as the proxies got the rule."""
    if rule.skipped:
        return Truth.NO
    allow = policy.action == "ALLOW"
    if not connection.http and allow and any(test.http_only for test in rule.tests):
        return Truth.NO
    scope = Scope(policy.namespace, trust_domains)

    def holding(tests: Iterable[Test]) -> Truth:
        return all_of(
            holds(test, connection, scope)
            for test in tests
            if connection.http or not test.http_only
        )

    def any_element(elements: tuple[Element, ...]) -> Truth:
        if not elements:
            return Truth.YES
        return any_of(holding(element.tests) for element in elements)

    sources = any_element(rule.sources)
    if sources is Truth.NO:
        return Truth.NO
    return all_of((sources, any_element(rule.operations), holding(rule.conditions)))


def _matches(
    policies: Iterable[AuthorizationPolicy],
    action: str,
    connection: Connection,
    trust_domains: tuple[str, ...],
) -> Iterable[Match]:
    for policy in policies:
        if policy.action == action:
            for rule in policy.rules:
                yield Match(policy, rule, rule_truth(policy, rule, connection, trust_domains))


def _first(matches: Iterable[Match], truth: Truth) -> Match | None:
    return next((match for match in matches if match.truth is truth), None)

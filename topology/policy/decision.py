"""What the engine answers, and how a decision is put together from ends and possibilities."""

from dataclasses import dataclass, replace
from typing import Literal

from topology.model import Location
from topology.policy.explanation import L7State
from topology.policy.ports import PortSet
from topology.policy.verdict import Direction, Layer, combine

__all__ = ["PolicyDecision", "PortOutcome", "Selection", "except_for", "join", "merge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyDecision:
    """What the network policies say of one connection."""

    verdict: Literal["allow", "deny", "unknown"]
    """Of egress, ingress and, when a request was given, L7 together."""
    egress: Layer
    """`layer="egress-policy"`; verdict `none` where the source is no pod of the cluster."""
    ingress: Layer
    """`layer="ingress-policy"`; verdict `none` where the destination is no pod of the cluster."""
    l7: Layer | None = None
    """None where no L7 rule applies; verdict `allow` with conditions where no request was given."""
    l7_verdict: Literal["allow", "deny", "unknown", "conditional"] | None = None
    conditions: tuple[str, ...] = ()
    """What must further hold, such as the HTTP requests that L7 rules let through."""
    error: str = ""
    """Why Cilium itself could not compute the policy of an end; the verdict is then `unknown`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortOutcome:
    """The ports between two ends; what is in neither set is denied."""

    allowed: PortSet
    unknown: PortSet
    conditional: PortSet
    """The part of `allowed` on which L7 rules decide further."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A policy that selects a pod, in one direction."""

    policy: str
    """`Kind/namespace/name`."""
    direction: Direction
    default_deny: bool
    """Whether it makes this direction deny what no rule allows."""
    rules: int
    """How many rules it has for this pod in this direction."""
    location: Location
    doubt: str = ""
    """Why it is not certain that it selects the pod; empty where it is."""


def join(
    egress: Layer,
    ingress: Layer,
    l7: list[tuple[L7State, Layer, tuple[str, ...]]],
    *,
    conditions: tuple[str, ...] = (),
    error: str = "",
) -> PolicyDecision:
    """Join the layers of both ends: the first that stops the request decides."""
    layers = [egress, ingress, *(layer for _, layer, _ in l7)]
    return PolicyDecision(
        verdict=combine(tuple(layers)),
        egress=egress,
        ingress=ingress,
        l7=_worst([layer for _, layer, _ in l7]) if l7 else None,
        l7_verdict=next((s for s in _ORDER if any(s == state for state, _, _ in l7)), None),
        conditions=conditions + tuple(text for _, _, texts in l7 for text in texts),
        error=error,
    )


def merge(parts: list[tuple[str, PolicyDecision]]) -> PolicyDecision:
    """Merge the decisions on the parts or possibilities of a target.

    They must agree; where they do not, the verdict is `unknown` and names the parts.
    """
    decisions = [decision for _, decision in parts]
    first = decisions[0]
    if len(parts) == 1:
        return first
    verdicts = {decision.verdict for decision in decisions}
    texts = [
        f"{verdict} {_enumerate([part for part, d in parts if d.verdict == verdict])}"
        for verdict in sorted(verdicts)
    ]
    conditions = tuple(dict.fromkeys(text for d in decisions for text in d.conditions))
    l7 = next((d for d in decisions if d.l7 is not None), first)
    return PolicyDecision(
        verdict=first.verdict if len(verdicts) == 1 else "unknown",
        egress=_merge_layers([d.egress for d in decisions], texts),
        ingress=_merge_layers([d.ingress for d in decisions], texts),
        l7=l7.l7,
        l7_verdict=l7.l7_verdict,
        conditions=conditions,
        error=next((d.error for d in decisions if d.error), ""),
    )


_SHOWN = 6
_ORDER: tuple[L7State, ...] = ("deny", "unknown", "conditional", "allow")


def except_for(decision: PolicyDecision, differing: list[tuple[str, str]]) -> PolicyDecision:
    """Add to a decision on the world the networks in it that fare otherwise.

    Args:
        decision: On the world at large.
        differing: Verdict and network.
    """
    if not differing:
        return decision
    texts = [
        f"{verdict} for {_enumerate([part for one, part in differing if one == verdict])}"
        for verdict in sorted({verdict for verdict, _ in differing})
    ]
    text = f"For some networks it is otherwise: {'; '.join(texts)}."
    egress, ingress = decision.egress, decision.ingress
    if egress.verdict == "none":
        ingress = replace(ingress, reason=f"{ingress.reason} {text}")
    else:
        egress = replace(egress, reason=f"{egress.reason} {text}")
    conditions = (*decision.conditions, text)
    return replace(decision, egress=egress, ingress=ingress, conditions=conditions)


def _enumerate(parts: list[str]) -> str:
    shown = ", ".join(parts[:_SHOWN])
    return shown + (f" and {len(parts) - _SHOWN} more" if len(parts) > _SHOWN else "")


def _merge_layers(layers: list[Layer], texts: list[str]) -> Layer:
    verdicts = {layer.verdict for layer in layers}
    worst = _worst(layers)
    if len(verdicts) == 1:
        return worst
    return replace(
        worst,
        verdict="unknown",
        enforced=any(layer.enforced for layer in layers),
        reason=f"It depends: {'; '.join(texts)}. {worst.reason}",
    )


def _worst(layers: list[Layer]) -> Layer:
    rank = {"deny": 0, "unknown": 1, "allow": 2, "none": 3}
    return min(layers, key=lambda layer: rank[layer.verdict])

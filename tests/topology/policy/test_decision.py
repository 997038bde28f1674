from typing import Any

from topology.policy.decision import PolicyDecision, merge
from topology.policy.verdict import Decision, Layer


def decision(verdict: Any) -> PolicyDecision:
    def layer(name: Any, found: Decision) -> Layer:
        return Layer(layer=name, verdict=found, reason=f"It is {found}.")

    return PolicyDecision(
        verdict=verdict,
        egress=layer("egress-policy", verdict),
        ingress=layer("ingress-policy", "none"),
    )


def test_parts_that_agree_keep_their_verdict() -> None:
    merged = merge([("for a", decision("deny")), ("for b", decision("deny"))])
    assert merged.verdict == merged.egress.verdict == "deny"
    assert merged.ingress.verdict == "none"


def test_parts_that_differ_are_named_and_long_lists_are_cut() -> None:
    parts = [(f"for {n}", decision("allow")) for n in range(9)] + [("for x", decision("deny"))]
    merged = merge(parts)
    assert merged.verdict == merged.egress.verdict == "unknown"
    assert merged.egress.reason == (
        "It depends: allow for 0, for 1, for 2, for 3, for 4, for 5 and 3 more; deny for x. "
        "It is deny."
    )

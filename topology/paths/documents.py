"""Verdicts and layers as JSON has them."""

import json
from typing import Any

from topology.model import Location
from topology.policy.verdict import HttpRequest, Layer, Verdict

__all__ = ["blamed", "causes_to_list", "http_to_dict", "layer_to_dict", "verdict_to_dict"]


def verdict_to_dict(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict with its layers as JSON has it."""
    return {
        "allowed": verdict.allowed,
        "verdict": verdict.verdict,
        "layers": [layer_to_dict(layer) for layer in verdict.layers],
        "l7": verdict.l7,
        "conditions": list(verdict.conditions),
    }


def layer_to_dict(layer: Layer) -> dict[str, Any]:
    """Return a layer as JSON has it."""
    policy, location = blamed(layer)
    return {
        "layer": layer.layer,
        "direction": layer.direction,
        "enforced": layer.enforced,
        "verdict": layer.verdict,
        "policy": policy,
        "rule": layer.rule,
        "location": str(location) if location else None,
        "reason": layer.reason,
        "causes": causes_to_list(layer.causes),
        "nearest": layer.nearest,
    }


def causes_to_list(causes: tuple[tuple[str, Location], ...]) -> list[dict[str, str]]:
    """Return the policies that have a part in a verdict as JSON has them."""
    return [{"policy": name, "location": str(place)} for name, place in causes]


def blamed(layer: Layer) -> tuple[str | None, Location | None]:
    """Return the policy to look at for a layer's verdict, and where it is.

    Where no rule decided but the default deny of several policies did, it is the one with the
    rule that comes nearest to allowing, else the first.
    """
    if layer.rule or not layer.causes:
        return layer.policy, layer.location
    named = [cause for cause in layer.causes if f"`{cause[0]}`" in layer.nearest]
    return (named or list(layer.causes))[0]


def http_to_dict(http: HttpRequest | None) -> dict[str, Any] | None:
    """Return a request as JSON has it."""
    if http is None:
        return None
    document: dict[str, Any] = {
        "method": http.method,
        "path": http.path,
        "host": http.host,
        "headers": [list(pair) for pair in http.headers],
    }
    if http.claims:
        document["claims"] = json.loads(http.claims)
    return document

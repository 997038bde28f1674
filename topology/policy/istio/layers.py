"""The layers of a mesh's verdict that need no AuthorizationPolicy to be worded."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from topology.model import Pod
from topology.policy.istio.peer_authentication import EffectiveMode
from topology.policy.istio.requests import Caller
from topology.policy.istio.selection import name_of
from topology.policy.verdict import HttpRequest, Layer

__all__ = ["behind_waypoint", "differing_versions", "mtls_layer", "not_reached", "unreadable_path"]


def mtls_layer(dst: Pod, caller: Caller, mode: EffectiveMode) -> Layer:
    """Return whether the proxy accepts the connection, and by which identity."""
    setting = f"{mode.policy} sets {mode.mode}" if mode.policy else "nothing sets another mode"
    verdict: Literal["allow", "deny", "unknown"] = "allow"
    if mode.mode == "DISABLE":
        reason = f"{setting} on `{name_of(dst)}`: plaintext, so the caller has no identity."
    elif isinstance(caller.principal, str):
        reason = f"Mutual TLS between the proxies; the caller is `{caller.principal}`."
    elif caller.principal is not None:
        known = f"Whether `{caller.name}` carries a sidecar is not known: {caller.reason}"
        if mode.mode == "STRICT":
            verdict, reason = "unknown", f"{known}; {setting}, which refuses plaintext."
        else:
            reason = f"PERMISSIVE accepts mutual TLS and plaintext. {known}."
    elif mode.mode == "STRICT":
        verdict = "deny"
        reason = (
            f"{setting}, which refuses plaintext, and `{caller.name}` sends it: {caller.reason}."
        )
    else:
        reason = (
            f"PERMISSIVE ({setting}) accepts plaintext; `{caller.name}` has no identity: "
            f"{caller.reason}."
        )
    return Layer(
        layer="mtls",
        direction="ingress",
        verdict=verdict,
        reason=reason,
        enforced=mode.mode == "STRICT",
        policy=mode.policy,
        rule=mode.rule,
        location=mode.location,
    )


def not_reached() -> Layer:
    """Return the authorization layer of a connection that was refused before."""
    return Layer(
        layer="authorization",
        direction="ingress",
        verdict="none",
        reason="Not reached: the connection is refused before.",
    )


def behind_waypoint(dst: Pod, waypoint: str) -> Layer:
    """Return the authorization layer of a pod whose traffic passes a waypoint first."""
    return Layer(
        layer="authorization",
        direction="ingress",
        verdict="unknown",
        reason=f"Traffic to `{name_of(dst)}` passes the waypoint `{waypoint}`, whose policies are "
        "not evaluated; the ztunnel behind it sees the waypoint's identity.",
        enforced=True,
    )


def differing_versions(layer: Layer, doubts: Sequence[str]) -> Layer:
    """Return a layer as not known, because versions of ztunnel read a rule in different ways."""
    return replace(
        layer,
        verdict="unknown",
        reason=f"Versions of ztunnel differ in what is left of {', '.join(doubts)} without its L7 "
        f"fields. Read strictly: {layer.reason}",
    )


def unreadable_path(http: HttpRequest) -> Layer:
    """Return the authorization layer of a request whose path the proxy cannot normalise."""
    return Layer(
        layer="authorization",
        direction="ingress",
        verdict="deny",
        reason=f"The proxy answers 400 to the path `{http.path}` before it looks at any policy.",
        enforced=True,
    )

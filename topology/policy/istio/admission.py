"""What Istio's admission webhook refuses or warns about, with the field and what to write.

Source: istio pkg/config/validation/validation.go (ValidateAuthorizationPolicy,
ValidatePeerAuthentication, ValidateRequestAuthentication) and the kinds' own schemas.
"""

from collections.abc import Callable, Mapping
from typing import Any

from topology.model import Document
from topology.policy.istio.admission_rules import check_rules
from topology.policy.istio.admission_tokens import check_token_rules
from topology.policy.istio.bodies import mapping
from topology.policy.istio.complaints import Complaints
from topology.policy.validation import Finding

__all__ = ["check_admission"]

_MODES = ("UNSET", "DISABLE", "PERMISSIVE", "STRICT")
_ACTIONS = ("ALLOW", "DENY", "AUDIT", "CUSTOM")
_ATTACHED = ("selector", "targetRef", "targetRefs")
_TARGETS = {
    "Gateway": "gateway.networking.k8s.io",
    "GatewayClass": "gateway.networking.k8s.io",
    "Service": "",
    "ServiceEntry": "networking.istio.io",
}
_LAST_PORT = 65535


def check_admission(document: Document) -> tuple[Finding, ...]:
    """Return what the webhook says of a policy; nothing for a kind that is not Istio's."""
    check = _CHECKS.get(document.kind)
    if check is None:
        return ()
    complaints = Complaints(document)
    check(complaints, document.body.get("spec"))
    return tuple(complaints.found)


def _authorization(complaints: Complaints, given: Any) -> None:
    spec = complaints.fields(given, "spec", (*_ATTACHED, "action", "provider", "rules"))
    _check_attachment(complaints, spec)
    action = "ALLOW" if spec.get("action") is None else spec["action"]
    if action not in _ACTIONS:
        complaints.refuse(
            "action",
            "spec.action",
            f"There is no action `{action}`.",
            f"Write one of {', '.join(_ACTIONS)}.",
        )
        return
    rules = spec.get("rules")
    if not rules and action in ("DENY", "CUSTOM"):
        complaints.refuse(
            "no-rules",
            "spec.action",
            f"A {action} policy without rules never applies to any request.",
            "Write `rules: [{}]` for every request, or name the requests.",
        )
    _check_provider(complaints, spec, action)
    check_rules(complaints, rules, action)


def _check_provider(complaints: Complaints, spec: Mapping[str, Any], action: str) -> None:
    if action != "CUSTOM":
        if spec.get("provider") is not None:
            complaints.refuse(
                "provider",
                "spec.provider",
                f"A provider belongs to the action CUSTOM, and this is {action}.",
                "Remove `provider`, or write `action: CUSTOM`.",
            )
    elif spec.get("rules") and not mapping(spec.get("provider")).get("name"):
        complaints.refuse(
            "provider",
            "spec.provider.name" if spec.get("provider") else "spec.action",
            "A CUSTOM policy names no provider.",
            "Write `provider: {name: ...}` with a name from the mesh's `extensionProviders`.",
        )


def _peer_authentication(complaints: Complaints, given: Any) -> None:
    spec = complaints.fields(given, "spec", ("selector", "mtls", "portLevelMtls"))
    _check_selector(complaints, spec)
    _check_mode(complaints, spec.get("mtls"), "spec.mtls")
    ports = spec.get("portLevelMtls")
    if ports is None:
        return
    path = "spec.portLevelMtls"
    selected = mapping(mapping(spec.get("selector")).get("matchLabels"))
    if not isinstance(ports, Mapping) or not ports:
        complaints.refuse(
            "no-ports", path, f"`{path}` names no port.", "Name a port, or remove the field."
        )
        return
    if not selected:
        complaints.refuse(
            "ports-without-selector",
            path,
            "Modes for single ports need a selector with labels.",
            "Add `selector.matchLabels`, or set one mode for all with `mtls`.",
        )
    for port, setting in ports.items():
        if not str(port).isdecimal() or not 1 <= int(port) <= _LAST_PORT:
            complaints.refuse(
                "port",
                f"{path}.{port}",
                f"`{port}` is no port.",
                f"Write a number from 1 to {_LAST_PORT}.",
            )
        _check_mode(complaints, setting, f"{path}.{port}")


def _check_mode(complaints: Complaints, given: Any, path: str) -> None:
    mode = complaints.fields(given, path, ("mode",)).get("mode")
    if mode is not None and mode not in _MODES:
        complaints.refuse(
            "mode",
            f"{path}.mode",
            f"There is no mode `{mode}`.",
            f"Use one of {', '.join(_MODES)}.",
        )


def _request_authentication(complaints: Complaints, given: Any) -> None:
    spec = complaints.fields(given, "spec", (*_ATTACHED, "jwtRules"))
    _check_attachment(complaints, spec)
    check_token_rules(complaints, spec.get("jwtRules"))


def _check_attachment(complaints: Complaints, spec: Mapping[str, Any]) -> None:
    """Check what a policy is attached to: at most one of a selector and target references."""
    given = [name for name in _ATTACHED if spec.get(name) is not None and spec.get(name) != []]
    if len(given) > 1:
        complaints.refuse(
            "two-attachments",
            f"spec.{given[1]}",
            f"The policy has both `{given[0]}` and `{given[1]}`.",
            "Keep one of them.",
        )
    _check_selector(complaints, spec)
    if spec.get("targetRef") is not None:
        _check_target(complaints, spec["targetRef"], "spec.targetRef")
    for path, item in complaints.items(spec.get("targetRefs"), "spec.targetRefs"):
        _check_target(complaints, item, path)


def _check_selector(complaints: Complaints, spec: Mapping[str, Any]) -> None:
    if "selector" not in spec or spec["selector"] is None:
        return
    path = "spec.selector"
    selector = complaints.fields(spec["selector"], path, ("matchLabels",))
    labels = mapping(selector.get("matchLabels"))
    if not labels:
        complaints.warn(
            "empty-selector",
            path,
            "The selector names no labels, so it selects every workload in scope.",
            "Remove `selector` if that is meant, or add `matchLabels`.",
        )
    for key, value in labels.items():
        shown = f"{key}={value}"
        if not key:
            complaints.refuse("label", path, f"`{shown}` has no key.", "Name the label's key.")
        if "*" in shown:
            complaints.refuse(
                "label",
                f"{path}.matchLabels.{key}",
                f"`{shown}` has a wildcard, which selectors do not know.",
                "Write the whole value; one label can stand for many pods.",
            )


def _check_target(complaints: Complaints, given: Any, path: str) -> None:
    reference = complaints.fields(given, path, ("group", "kind", "name", "namespace"))
    kind, group = str(reference.get("kind") or ""), str(reference.get("group") or "")
    if not reference.get("name"):
        complaints.refuse("target", path, f"`{path}` names no object.", "Write its `name`.")
    if reference.get("namespace"):
        complaints.refuse(
            "target",
            f"{path}.namespace",
            "A policy cannot be attached to an object of a namespace that it names.",
            "Remove `namespace` and put the policy beside the object.",
        )
    if kind not in _TARGETS or _TARGETS[kind] != ("" if group == "core" else group):
        known = ", ".join(f"{each} (group `{_TARGETS[each]}`)" for each in sorted(_TARGETS))
        complaints.refuse(
            "target",
            f"{path}.kind",
            f"A policy cannot be attached to kind `{kind}` of group `{group}`.",
            f"Use one of {known}.",
        )


_CHECKS: Mapping[str, Callable[[Complaints, Any], None]] = {
    "AuthorizationPolicy": _authorization,
    "PeerAuthentication": _peer_authentication,
    "RequestAuthentication": _request_authentication,
}

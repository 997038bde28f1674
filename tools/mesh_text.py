"""The policies of the mesh in plain sentences."""

from collections.abc import Iterator, Mapping
from typing import Any

from tools.selector_text import listing, mapping, selector_text
from tools.wording import join
from topology.model import Document
from topology.policy.istio.sentences import explain

__all__ = ["authorization", "peer_authentication", "request_authentication"]

_ACTIONS = {
    "ALLOW": "allows",
    "AUDIT": "audits (without effect)",
    "CUSTOM": "asks the external authorizer about",
    "DENY": "denies",
}
_MODES = {
    "DISABLE": "plain text only",
    "PERMISSIVE": "mutual TLS and plain text",
    "STRICT": "mutual TLS only",
    "UNSET": "what is set above it",
}


def authorization(document: Document) -> Iterator[tuple[str, str]]:
    """Yield what an AuthorizationPolicy does, then each sentence about it with its field."""
    yield explain(document), "spec"
    spec = mapping(document.body.get("spec"))
    yield _selected(document, spec)
    action = str(spec.get("action", "ALLOW"))
    verb = _ACTIONS.get(action, action)
    rules = listing(spec.get("rules"))
    if not rules:
        what = "denies everything" if action == "ALLOW" else "has no effect"
        yield f"{action} without rules: {what}.", "spec"
    for number, rule in enumerate(rules):
        yield f"{verb.capitalize()} {_rule(mapping(rule))}.", f"spec.rules[{number}]"


def _selected(document: Document, spec: Mapping[str, Any]) -> tuple[str, str]:
    references = listing(spec.get("targetRefs")) or [
        each for each in [spec.get("targetRef")] if each
    ]
    if references:
        names = [
            f"{mapping(each).get('kind')} `{mapping(each).get('name')}`" for each in references
        ]
        return f"It is attached to {join(names)}.", "spec.targetRefs"
    who = selector_text(spec.get("selector"))
    return (
        f"It selects {who} in namespace `{document.namespace}` "
        "(everywhere, if that is the mesh's root namespace).",
        "spec.selector" if "selector" in spec else "spec",
    )


def _rule(rule: Mapping[str, Any]) -> str:
    sources = [_fields(mapping(mapping(each).get("source"))) for each in listing(rule.get("from"))]
    targets = [_fields(mapping(mapping(each).get("operation"))) for each in listing(rule.get("to"))]
    conditions = [
        f"{mapping(each).get('key')} {_values(mapping(each))}" for each in listing(rule.get("when"))
    ]
    parts = [
        f"from {join(sources, 'or')}" if sources else "from anyone",
        f"to {join(targets, 'or')}" if targets else "to everything",
    ]
    if conditions:
        parts.append(f"when {join(conditions)}")
    return " ".join(parts)


def _fields(fields: Mapping[str, Any]) -> str:
    texts = []
    for key, values in fields.items():
        word = f"not {key[3].lower()}{key[4:]}" if key.startswith("not") else key
        texts.append(f"{word} {join([f'`{value}`' for value in listing(values)], 'or')}")
    return " with ".join(texts) or "anything"


def _values(condition: Mapping[str, Any]) -> str:
    parts = []
    if "values" in condition:
        parts.append("is " + join([f"`{each}`" for each in listing(condition["values"])], "or"))
    if "notValues" in condition:
        parts.append(
            "is not " + join([f"`{each}`" for each in listing(condition["notValues"])], "or")
        )
    return join(parts)


def peer_authentication(document: Document) -> Iterator[tuple[str, str]]:
    """Yield what a PeerAuthentication does, then each sentence about it with its field."""
    yield explain(document), "spec"
    spec = mapping(document.body.get("spec"))
    yield _selected(document, spec)
    mode = str(mapping(spec.get("mtls")).get("mode", "UNSET"))
    yield f"Mode {mode}: sidecars accept {_MODES.get(mode, mode)}.", "spec.mtls"
    for port, setting in sorted(mapping(spec.get("portLevelMtls")).items(), key=str):
        mode = str(mapping(setting).get("mode", "UNSET"))
        yield f"Port {port}, mode {mode}: {_MODES.get(mode, mode)}.", f"spec.portLevelMtls.{port}"


def request_authentication(document: Document) -> Iterator[tuple[str, str]]:
    """Yield what a RequestAuthentication does, then each sentence about it with its field."""
    yield explain(document), "spec"
    spec = mapping(document.body.get("spec"))
    yield _selected(document, spec)
    for number, rule in enumerate(listing(spec.get("jwtRules"))):
        issuer = mapping(rule).get("issuer")
        yield (
            f"Tokens of issuer `{issuer}` are checked; a request without a token still passes.",
            f"spec.jwtRules[{number}]",
        )

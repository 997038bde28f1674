"""What Istio's admission webhook refuses, and what it only warns about."""

import json
from pathlib import Path

import pytest

from topology.load import load_text
from topology.model import Document, Source
from topology.policy.istio.admission import check_admission
from topology.policy.validation import Finding


def check(spec: str, kind: str = "AuthorizationPolicy") -> tuple[Finding, ...]:
    text = f"""apiVersion: security.istio.io/v1
kind: {kind}
metadata: {{name: p, namespace: shop}}
spec: {spec}
"""
    (document,) = load_text(text, name="p.yaml").policies
    return check_admission(document)


def codes(spec: str, kind: str = "AuthorizationPolicy") -> list[tuple[str, str]]:
    return [(one.code, one.severity) for one in check(spec, kind)]


def rule(content: str, action: str = "ALLOW") -> str:
    provider = "{name: x}" if action == "CUSTOM" else "null"
    return f"{{action: {action}, provider: {provider}, rules: [{content}]}}"


def source(fields: str, action: str = "ALLOW") -> str:
    return rule(f"{{from: [{{source: {fields}}}]}}", action)


def operation(fields: str, action: str = "ALLOW") -> str:
    return rule(f"{{to: [{{operation: {fields}}}]}}", action)


def when(fields: str, action: str = "ALLOW") -> str:
    return rule(f"{{when: [{fields}]}}", action)


ACCEPTED = {
    "a policy without rules": "{}",
    "a rule for every request": "{rules: [{}]}",
    "a spiffe prefix": source('{principals: ["spiffe://cluster.local/ns/a/sa/b"]}'),
    "a star inside a path": operation('{paths: ["/a/*/b"]}'),
    "a lower-case method": operation("{methods: [get]}"),
    "a template": operation('{paths: ["/a/{*}/b/{**}"]}'),
    "a template before a literal": operation('{paths: ["/{**}/tail"]}'),
    "an address with host bits": source('{ipBlocks: ["10.1.2.3/8", "2001:db8::1"]}'),
    "an old-style filter key": when('{key: "experimental.envoy.filters.a.b[c]", values: [x]}'),
    "a header of several values": when(
        '{key: "request.experimental.inline.headers[x-roles]", values: [dev]}'
    ),
    "an action that is null": "{action: null}",
    "a CUSTOM rule by address": source('{ipBlocks: ["10.0.0.0/8"]}', "CUSTOM"),
    "a target reference": (
        "{targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: g}]}"
    ),
}


@pytest.mark.parametrize("spec", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_the_webhook_takes(spec: str) -> None:
    assert check(spec) == ()


REFUSED = {
    "an unknown action": ("{action: PERMIT}", "action"),
    "DENY without rules": ("{action: DENY}", "no-rules"),
    "CUSTOM without rules": ("{action: CUSTOM, provider: {name: x}}", "no-rules"),
    "CUSTOM without provider": ("{action: CUSTOM, rules: [{}]}", "provider"),
    "a provider beside ALLOW": ("{provider: {name: x}, rules: [{}]}", "provider"),
    "CUSTOM by principal": (source('{principals: ["*"]}', "CUSTOM"), "custom-identity"),
    "CUSTOM by claim": (
        when('{key: "request.auth.claims[a]", values: [x]}', "CUSTOM"),
        "custom-identity",
    ),
    "an empty rule entry": ("{rules: [null]}", "empty-rule"),
    "an empty from": (rule("{from: []}"), "empty-list"),
    "an empty source": (source("{}"), "empty-element"),
    "an empty operation": (operation("{paths: []}"), "empty-element"),
    "an empty text": (operation('{methods: [""]}'), "empty-value"),
    "a number for a port": (operation("{ports: [80]}"), "type"),
    "a text for a list": (operation("{methods: GET}"), "type"),
    "a field that does not exist": (operation("{method: [GET]}"), "unknown-field"),
    "a port out of range": (operation('{ports: ["65536"]}'), "port"),
    "a bad range": (source('{ipBlocks: ["10.0.0.0/33"]}'), "address"),
    "a name for an address": (source('{remoteIpBlocks: ["web"]}'), "address"),
    "a template in part of a segment": (operation('{paths: ["/foo/{*}.txt"]}'), "path-template"),
    "a variable": (operation('{paths: ["/foo/{id}"]}'), "path-template"),
    "two operators after all": (operation('{paths: ["/{**}/{*}"]}'), "path-template"),
    "a star in a template": (operation('{paths: ["/*/{*}"]}'), "path-template"),
    "a service account with a wildcard": (source('{serviceAccounts: ["a/*"]}'), "service-accounts"),
    "a service account beside a namespace": (
        source("{serviceAccounts: [a], namespaces: [b]}"),
        "service-accounts",
    ),
    "seventeen service accounts": (
        source(f"{{serviceAccounts: [{', '.join(f'a{n}' for n in range(17))}]}}"),
        "service-accounts",
    ),
    "a trust domain with a slash": (source("{trustDomains: [a/b]}"), "trust-domain"),
    "a trust domain with a star inside": (source('{trustDomains: ["a*b"]}'), "trust-domain"),
    "a condition without key": (when("{values: [a]}"), "no-key"),
    "a condition without values": (when("{key: source.ip}"), "no-values"),
    "an unknown key": (when("{key: request.foo, values: [a]}"), "key"),
    "a header without name": (when('{key: "request.headers[]", values: [a]}'), "key"),
    "a retired key": (when("{key: destination.name, values: [a]}"), "key"),
    "a bad port in a condition": (when('{key: destination.port, values: ["x"]}'), "port"),
    "a selector beside target references": (
        "{selector: {matchLabels: {a: b}}, targetRefs: [{kind: Service, name: s}]}",
        "two-attachments",
    ),
    "a wildcard in a selector": ('{selector: {matchLabels: {a: "b*"}}}', "label"),
    "a target of another kind": ("{targetRefs: [{kind: Pod, name: p}]}", "target"),
    "a target in another namespace": (
        "{targetRefs: [{kind: Service, name: s, namespace: n}]}",
        "target",
    ),
}


@pytest.mark.parametrize(("spec", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_the_webhook_refuses(spec: str, code: str) -> None:
    found = [one for one in check(spec) if one.refuses]
    assert code in [one.code for one in found]
    assert all(str(one.location).startswith("p.yaml:") for one in found)
    assert all(one.message.endswith(".") and one.fix.endswith(".") for one in found)


def test_an_empty_selector_is_a_warning() -> None:
    assert codes("{selector: {}}") == [("empty-selector", "warning")]


@pytest.mark.parametrize(
    ("spec", "warned"),
    [
        (operation('{paths: ["/admin"]}', "DENY"), True),
        (operation('{paths: ["/admin"], ports: ["80"]}', "DENY"), False),
        (source('{requestPrincipals: ["*"]}', "DENY"), True),
        (source('{namespaces: ["a"]}', "DENY"), False),
        (operation('{paths: ["/admin"]}'), False),
    ],
)
def test_a_deny_rule_about_http_alone_is_a_warning(spec: str, warned: bool) -> None:
    assert codes(spec) == ([("deny-tcp", "warning")] if warned else [])


PEER = {
    "an unknown mode": ("{mtls: {mode: ON}}", "mode"),
    "ports without selector": (
        "{portLevelMtls: {8080: {mode: DISABLE}}}",
        "ports-without-selector",
    ),
    "no ports": ("{selector: {matchLabels: {a: b}}, portLevelMtls: {}}", "no-ports"),
    "port 0": ("{selector: {matchLabels: {a: b}}, portLevelMtls: {0: {mode: STRICT}}}", "port"),
}


@pytest.mark.parametrize(("spec", "code"), PEER.values(), ids=PEER.keys())
def test_a_peer_authentication_is_refused_for(spec: str, code: str) -> None:
    assert [one.code for one in check(spec, "PeerAuthentication")] == [code]


TOKENS = {
    "no issuer and no keys": ("{audiences: [a]}", "issuer"),
    "an empty audience": ('{issuer: a, audiences: [""]}', "empty-value"),
    "an address of another scheme": ("{issuer: a, jwksUri: ftp://x}", "jwks-uri"),
    "keys that cannot be read": ("{issuer: a, jwks: nonsense}", "jwks"),
    "two sources of keys": (
        "{issuer: a, jwksUri: https://x, jwks: '{\"keys\": []}'}",
        "two-key-sources",
    ),
    "a header without name": ("{issuer: a, fromHeaders: [{prefix: x}]}", "empty-value"),
}


@pytest.mark.parametrize(("spec", "code"), TOKENS.values(), ids=TOKENS.keys())
def test_a_request_authentication_is_refused_for(spec: str, code: str) -> None:
    found = check(f"{{jwtRules: [{spec}]}}", "RequestAuthentication")
    assert [(one.code, one.severity) for one in found] == [(code, "error")]


def test_policies_are_refused_exactly_where_the_webhook_does(shared: Path) -> None:
    lines = (shared / "cases" / "istio" / "cases.jsonl").read_text().splitlines()
    wrong = []
    for case in map(json.loads, lines):
        refused = any(
            finding.refuses for body in case["policies"] for finding in check_admission(_read(body))
        )
        if refused != bool(case.get("webhook_would_reject")):
            wrong.append(case["id"])
    assert wrong == []


def _read(body: dict[str, dict[str, str]]) -> Document:
    return Document(
        kind="AuthorizationPolicy",
        api_version="security.istio.io/v1",
        namespace=body["metadata"].get("namespace", "foo"),
        name=body["metadata"]["name"],
        body=body,
        source=Source("case"),
    )

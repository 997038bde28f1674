"""What the mesh says of one connection, with the reason and the place."""

import base64
import json
from dataclasses import replace

import pytest

from topology.load import load_text
from topology.model import Pod
from topology.policy.istio import MeshDecision, MeshPolicies
from topology.policy.verdict import HttpRequest
from topology.targets import EntityTarget, PodTarget

NAMESPACES = """
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio.io/rev: default}}
---
apiVersion: v1
kind: Namespace
metadata: {name: legacy}
---
"""
API = """
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: shop, labels: {app: api}}
spec:
  serviceAccountName: api
  containers:
  - {name: main, image: x, ports: [{containerPort: 8080}]}
  - {name: istio-proxy, image: y}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  serviceAccountName: web
  containers: [{name: main, image: x}, {name: istio-proxy, image: y}]
---
apiVersion: v1
kind: Pod
metadata: {name: old, namespace: legacy, labels: {app: old}}
spec: {containers: [{name: main, image: x}]}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {selector: {app: api}, ports: [{name: PORTNAME, port: 80, targetPort: 8080}]}
---
"""


def policy(spec: str, *, name: str = "p", kind: str = "AuthorizationPolicy") -> str:
    return f"""
apiVersion: security.istio.io/v1
kind: {kind}
metadata: {{name: {name}, namespace: shop}}
spec:
{spec}
---
"""


ALLOW_GET = policy("  rules:\n  - to: [{operation: {methods: [GET], paths: [/api/*]}}]")
DENY_ADMIN = policy(
    "  action: DENY\n  rules:\n  - to: [{operation: {paths: [/api/admin]}}]", name="d"
)
STRICT = policy("  mtls: {mode: STRICT}", kind="PeerAuthentication")


def decide(
    *policies: str, source: str = "web", http: HttpRequest | None = None, port_name: str = "http"
) -> MeshDecision:
    text = NAMESPACES + API.replace("PORTNAME", port_name) + "".join(policies)
    cluster = load_text(text, name="mesh.yaml")
    mesh = MeshPolicies.build(cluster)
    pods = {pod.name: pod for pod in cluster.pods}
    caller = EntityTarget(source) if source == "world" else PodTarget(pods[source])
    return mesh.decide(pods["api"], port=8080, source=caller, http=http)


def get(path: str, method: str = "GET", **more: object) -> HttpRequest:
    return replace(HttpRequest(method=method, path=path), **more)  # type: ignore[arg-type]


def test_without_policy_everything_is_allowed_and_nothing_is_said_of_l7() -> None:
    found = decide()
    assert (found.verdict, found.l7) == ("allow", None)
    assert [layer.layer for layer in found.layers] == ["mtls", "authorization"]


def test_without_a_request_the_conditions_say_what_passes() -> None:
    found = decide(ALLOW_GET, DENY_ADMIN)
    assert (found.verdict, found.l7) == ("allow", "conditional")
    assert found.conditions == ("GET on /api/*", "except any request on /api/admin")


def test_an_allow_that_a_deny_takes_back_whole_lets_nothing_pass() -> None:
    deny = policy("  action: DENY\n  rules:\n  - to: [{operation: {methods: [GET]}}]", name="d")
    found = decide(ALLOW_GET, deny)
    assert (found.verdict, found.l7) == ("deny", "deny")
    assert found.layers[1].policy == "AuthorizationPolicy/shop/d"
    assert found.layers[1].reason == "No request passes: GET on /api/*; except GET."


def test_where_samples_cannot_stand_for_all_requests_finding_none_decides_nothing() -> None:
    allow = policy('  rules:\n  - to: [{operation: {paths: ["/a/{*}/b"], notPaths: ["/a/*"]}}]')
    found = decide(allow)
    assert (found.verdict, found.l7) == ("unknown", "unknown")
    assert "no request was found that passes" in found.layers[1].reason


def test_a_deny_of_every_path_needs_no_request_to_decide() -> None:
    deny = policy('  action: DENY\n  rules:\n  - to: [{operation: {paths: ["/*"]}}]')
    assert decide(deny).verdict == "deny"


def test_a_request_is_decided_and_the_rule_named_with_its_line() -> None:
    found = decide(ALLOW_GET, DENY_ADMIN, http=get("/api/admin"))
    layer = found.layers[1]
    assert (layer.verdict, found.l7) == ("deny", "deny")
    assert (layer.policy, layer.rule) == ("AuthorizationPolicy/shop/d", "spec.rules[0]")
    assert layer.location is not None
    assert layer.location.file == "mesh.yaml"
    assert layer.location.line > 0


def test_a_denial_by_default_names_the_nearest_rule_and_what_it_admits() -> None:
    layer = decide(ALLOW_GET, http=get("/api/x", "POST")).layers[1]
    assert layer.nearest == "`spec.rules[0]` of AuthorizationPolicy/shop/p admits GET"


def test_a_policy_without_rules_is_told_from_one_whose_rules_do_not_match() -> None:
    layer = decide(policy("  {}")).layers[1]
    assert layer.verdict == "deny"
    assert "has no rules, which denies every request" in layer.reason


def test_plaintext_has_no_principal() -> None:
    rule = policy('  rules:\n  - from: [{source: {principals: ["*"]}}]')
    assert decide(rule).verdict == "allow"
    assert decide(rule, source="old").verdict == "deny"
    assert decide(rule, source="world").verdict == "deny"


def test_strict_refuses_plaintext_before_authorization() -> None:
    found = decide(STRICT, ALLOW_GET, source="old")
    assert [layer.verdict for layer in found.layers] == ["deny", "none"]
    assert found.layers[0].policy == "PeerAuthentication/shop/p"
    assert decide(STRICT).verdict == "allow"


def test_disabled_mutual_tls_takes_the_identity_away() -> None:
    off = policy("  mtls: {mode: DISABLE}", kind="PeerAuthentication")
    rule = policy('  rules:\n  - from: [{source: {principals: ["*"]}}]')
    assert decide(off, rule).verdict == "deny"


def test_the_principal_is_namespace_and_service_account() -> None:
    rule = policy('  rules:\n  - from: [{source: {principals: ["cluster.local/ns/shop/sa/web"]}}]')
    assert decide(rule).verdict == "allow"
    other = policy('  rules:\n  - from: [{source: {principals: ["cluster.local/ns/shop/sa/db"]}}]')
    assert decide(other).verdict == "deny"


def test_without_a_sidecar_no_policy_is_enforced_and_the_lost_ones_are_named() -> None:
    text = NAMESPACES + API + policy("  {}").replace("namespace: shop", "namespace: legacy")
    cluster = load_text(text)
    pods = {pod.name: pod for pod in cluster.pods}
    mesh = MeshPolicies.build(cluster)
    found = mesh.decide(pods["old"], port=80, source=PodTarget(pods["web"]))
    assert [layer.verdict for layer in found.layers] == ["none", "none"]
    assert "AuthorizationPolicy/legacy/p select it but are not enforced" in found.layers[1].reason


def test_a_port_that_does_not_speak_http_drops_an_http_allow() -> None:
    found = decide(ALLOW_GET, port_name="tcp")
    assert (found.verdict, found.l7) == ("deny", None)
    found = decide(DENY_ADMIN, port_name="tcp")
    assert found.verdict == "deny"
    assert "does not speak HTTP" in found.layers[1].reason


def test_udp_passes_the_proxies_by() -> None:
    cluster = load_text(NAMESPACES + API + STRICT)
    pods = {pod.name: pod for pod in cluster.pods}
    mesh = MeshPolicies.build(cluster)
    found = mesh.decide(pods["api"], port=53, protocol="UDP", source=EntityTarget("world"))
    assert [layer.verdict for layer in found.layers] == ["none", "none"]


TOKENS = policy(
    "  jwtRules: [{issuer: me, jwksUri: https://me.example/keys, audiences: [shop]}]",
    kind="RequestAuthentication",
    name="t",
)
REQUIRE = policy('  rules:\n  - from: [{source: {requestPrincipals: ["*"]}}]')


def bearer(**claims: object) -> HttpRequest:
    parts = [{"alg": "RS256"}, claims, {}]
    texts = [base64.urlsafe_b64encode(json.dumps(each).encode()).decode() for each in parts]
    return get("/x", headers=(("Authorization", "Bearer " + ".".join(texts)),))


def test_a_token_that_was_not_given_is_absent() -> None:
    assert decide(REQUIRE, TOKENS).l7 == "conditional"
    assert decide(REQUIRE, http=get("/x")).verdict == "deny"
    assert decide(REQUIRE, TOKENS, http=get("/x")).verdict == "deny"


def test_only_the_signature_of_a_token_needs_the_keys() -> None:
    good = bearer(iss="me", sub="alice", aud="shop")
    found = decide(REQUIRE, TOKENS, http=good)
    assert found.verdict == "unknown"
    assert "can only be checked with the keys of issuer `me`" in found.layers[1].reason
    assert found.layers[1].policy == "RequestAuthentication/shop/t"
    assert str(found.layers[1].location).startswith("mesh.yaml:")


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": "you", "aud": "shop"}, "401 before any policy: its token is issued by `you`"),
        ({"aud": "shop"}, "its token names no issuer"),
        ({"iss": "me", "aud": "bank"}, "403 before any policy: its token is not for the audience"),
        ({"iss": "me", "aud": "shop", "exp": 5}, "it expired at 1970-01-01 00:00:05 UTC"),
        ({"iss": 5}, "no JSON Web Token"),
    ],
)
def test_a_token_that_no_key_could_save_is_refused(claims: dict[str, object], reason: str) -> None:
    found = decide(TOKENS, http=bearer(**claims))
    assert found.verdict == "deny"
    assert reason in found.layers[1].reason


def test_a_policy_that_denies_whoever_signed_decides_without_keys() -> None:
    only_bob = policy('  rules:\n  - from: [{source: {requestPrincipals: ["me/bob"]}}]')
    assert (
        decide(only_bob, TOKENS, http=bearer(iss="me", sub="alice", aud="shop")).verdict == "deny"
    )


def test_claims_that_are_given_stand_for_a_genuine_token() -> None:
    request = get("/x", claims='{"iss": "me", "sub": "alice", "aud": ["shop"]}')
    assert decide(REQUIRE, TOKENS, http=request).verdict == "allow"
    assert decide(REQUIRE, http=request).verdict == "deny"
    foreign = get("/x", claims='{"iss": "you", "sub": "alice"}')
    assert decide(TOKENS, http=foreign).verdict == "deny"


def test_a_caller_of_unknown_address_leaves_a_rule_by_address_undecided() -> None:
    rule = policy('  rules:\n  - from: [{source: {ipBlocks: ["10.0.0.0/8"]}}]')
    found = decide(rule)
    assert found.verdict == "unknown"
    assert "the caller's address is not known" in found.layers[1].reason


def test_what_nobody_knows_about_a_sidecar_makes_a_denial_unknown_but_keeps_an_allow() -> None:
    deployment = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: far}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec: {containers: [{name: main, image: x}]}
---
"""
    far = policy("  {}").replace("namespace: shop", "namespace: far")
    cluster = load_text(deployment + far)
    pod = cluster.pods[0]
    found = MeshPolicies.build(cluster).decide(pod, port=80, source=EntityTarget("world"))
    assert found.verdict == "unknown"
    assert "whether `far/api` carries a sidecar" in found.layers[1].reason
    alone = load_text(deployment)
    found = MeshPolicies.build(alone).decide(alone.pods[0], port=80, source=EntityTarget("world"))
    assert found.verdict == "allow"


def test_selecting_lists_policies_with_their_action_and_whether_they_bite() -> None:
    cluster = load_text(NAMESPACES + API + ALLOW_GET + DENY_ADMIN + STRICT)
    mesh = MeshPolicies.build(cluster)
    pods: dict[str, Pod] = {pod.name: pod for pod in cluster.pods}
    assert [(one.policy, one.action, one.enforced) for one in mesh.selecting(pods["api"])] == [
        ("AuthorizationPolicy/shop/d", "DENY", True),
        ("AuthorizationPolicy/shop/p", "ALLOW", True),
        ("PeerAuthentication/shop/p", "STRICT", True),
    ]
    assert mesh.selecting(pods["old"]) == ()


@pytest.mark.parametrize("name", ["http", "web"])
def test_a_port_that_is_sniffed_is_taken_for_http(name: str) -> None:
    assert decide(ALLOW_GET, port_name=name, http=get("/api/x")).verdict == "allow"


def test_an_unreadable_path_is_refused_by_the_proxy_itself() -> None:
    found = decide(ALLOW_GET, http=get("/api/%00"))
    assert found.verdict == "deny"
    assert "answers 400" in found.layers[1].reason


def test_an_external_authorizer_for_some_paths_leaves_the_others_allowed() -> None:
    custom = policy(
        "  action: CUSTOM\n  provider: {name: opa}\n  rules:\n"
        "  - to: [{operation: {paths: [/admin]}}]"
    )
    found = decide(custom)
    assert (found.verdict, found.l7) == ("allow", "conditional")
    assert found.conditions == (
        "any request",
        "except any request on /admin (asks the external authorizer `opa`)",
    )
    assert decide(custom, http=get("/admin")).verdict == "unknown"
    assert decide(custom, http=get("/")).verdict == "allow"

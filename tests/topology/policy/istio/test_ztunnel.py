"""Ambient mode: what the ztunnel of a node enforces, and what it cannot see."""

from zlib import crc32

import pytest

from topology.load import load_text
from topology.policy.istio import MeshDecision, MeshPolicies
from topology.policy.verdict import HttpRequest
from topology.targets import PodTarget

CLUSTER = """
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio.io/dataplane-mode: ambient, MORE}}
---
apiVersion: v1
kind: Namespace
metadata: {name: legacy}
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: shop, labels: {app: api}}
spec: {containers: [{name: main, image: x, ports: [{containerPort: 8080}]}]}
status: {podIP: 10.0.0.5}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec: {serviceAccountName: web, containers: [{name: main, image: x}]}
status: {podIP: 10.0.0.6}
---
apiVersion: v1
kind: Pod
metadata: {name: old, namespace: legacy}
spec: {containers: [{name: main, image: x}]}
status: {podIP: 10.0.0.7}
"""


def policy(spec: str, kind: str = "AuthorizationPolicy") -> str:
    return (
        f"---\napiVersion: security.istio.io/v1\nkind: {kind}\n"
        f"metadata: {{name: p{crc32(spec.encode())}, namespace: shop}}\nspec: {spec}\n"
    )


def decide(*policies: str, source: str = "web", labels: str = "a: b") -> MeshDecision:
    cluster = load_text(CLUSTER.replace("MORE", labels) + "".join(policies))
    pods = {pod.name: pod for pod in cluster.pods}
    return MeshPolicies.build(cluster).decide(
        pods["api"], port=8080, source=PodTarget(pods[source]), http=HttpRequest()
    )


ALLOW = "{rules: [RULE]}"
DENY = "{action: DENY, rules: [RULE]}"


@pytest.mark.parametrize(
    ("form", "rule", "verdict"),
    [
        (ALLOW, "{from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]}", "allow"),
        (ALLOW, "{from: [{source: {namespaces: [legacy]}}]}", "deny"),
        (ALLOW, '{to: [{operation: {ports: ["8080"]}}]}', "allow"),
        # An ALLOW rule with anything of L7 is left out.
        (ALLOW, "{to: [{operation: {methods: [GET]}}]}", "deny"),
        (ALLOW, '{from: [{source: {remoteIpBlocks: ["0.0.0.0/0"]}}]}', "deny"),
        # A DENY rule is enforced without what is of L7.
        (DENY, "{from: [{source: {namespaces: [shop], requestPrincipals: [x]}}]}", "deny"),
        # With nothing left of a clause, versions differ.
        (DENY, "{to: [{operation: {methods: [POST]}}]}", "unknown"),
        (
            DENY,
            "{from: [{source: {namespaces: [legacy]}}], to: [{operation: {paths: [/x]}}]}",
            "allow",
        ),
        (ALLOW, "{from: [{source: {trustDomains: [cluster.local]}}]}", "unknown"),
    ],
)
def test_a_rule_is_read_without_what_only_http_shows(form: str, rule: str, verdict: str) -> None:
    assert decide(policy(form.replace("RULE", rule))).verdict == verdict


def test_a_caller_outside_ambient_mode_has_no_identity() -> None:
    star = policy('{rules: [{from: [{source: {principals: ["*"]}}]}]}')
    assert decide(star).verdict == "allow"
    assert decide(star, source="old").verdict == "deny"


def test_modes_of_mutual_tls_hold_but_disable_does_not() -> None:
    strict = policy("{mtls: {mode: STRICT}}", "PeerAuthentication")
    assert decide(strict).verdict == "allow"
    assert decide(strict, source="old").verdict == "deny"
    disable = policy("{mtls: {mode: DISABLE}}", "PeerAuthentication")
    star = policy('{rules: [{from: [{source: {principals: ["*"]}}]}]}')
    assert decide(disable, star).verdict == "allow"


def test_external_authorizers_are_not_asked() -> None:
    assert decide(policy("{action: CUSTOM, provider: {name: x}, rules: [{}]}")).verdict == "allow"


def test_behind_a_waypoint_the_answer_is_not_known() -> None:
    found = decide(labels="istio.io/use-waypoint: wp")
    assert found.verdict == "unknown"
    assert "the waypoint `wp`" in found.layers[1].reason
    assert decide(labels="istio.io/use-waypoint: none").verdict == "allow"

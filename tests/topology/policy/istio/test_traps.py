"""What an Istio policy says that is allowed and rarely meant."""

import pytest

from topology.load import load_text
from topology.policy.istio.validation import review, validate

POLICY = """apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: NAME, namespace: shop}
spec: SPEC
"""
CLUSTER = """
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio.io/rev: default}}
---
apiVersion: v1
kind: Namespace
metadata: {name: bare}
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: shop, labels: {app: api}}
spec:
  containers:
  - {name: main, image: x, ports: [{containerPort: 8080}, {containerPort: 6379}]}
  - {name: istio-proxy, image: y}
---
apiVersion: v1
kind: Pod
metadata: {name: old, namespace: bare, labels: {app: old}}
spec: {containers: [{name: main, image: x}]}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec:
  selector: {app: api}
  ports: [{name: http, port: 80, targetPort: 8080}, {name: tcp-redis, port: 6379}]
---
"""


def traps(spec: str, name: str = "p") -> list[str]:
    text = POLICY.replace("NAME", name).replace("SPEC", spec)
    (document,) = load_text(text, name="p.yaml").policies
    return [one.code for one in validate(document) if one.origin == "review"]


def in_cluster(*policies: str) -> list[tuple[str, int]]:
    cluster = load_text(CLUSTER + "\n---\n".join(policies), name="c.yaml")
    return [(one.code, one.location.line) for one in review(cluster) if one.origin == "review"]


def policy(spec: str, namespace: str = "shop", kind: str = "AuthorizationPolicy") -> str:
    return f"""apiVersion: security.istio.io/v1
kind: {kind}
metadata: {{name: p, namespace: {namespace}}}
spec: {spec}
"""


TRAPS = {
    "a spiffe prefix": (
        '{rules: [{from: [{source: {principals: ["spiffe://a/ns/b/sa/c"]}}]}]}',
        ["spiffe-prefix"],
    ),
    "a star inside a path": (
        '{rules: [{to: [{operation: {paths: ["/a/*/b"]}}]}]}',
        ["literal-star"],
    ),
    "a star inside a principal": (
        '{rules: [{from: [{source: {principals: ["cluster.local/ns/*/sa/b"]}}]}]}',
        ["literal-star"],
    ),
    "a star inside a namespace, which is a wildcard": (
        '{rules: [{from: [{source: {namespaces: ["a*b"]}}]}]}',
        [],
    ),
    "a lower-case method": ("{rules: [{to: [{operation: {methods: [get]}}]}]}", ["method-case"]),
    "a host without port": (
        "{rules: [{to: [{operation: {hosts: [shop.example]}}]}]}",
        ["host-without-port"],
    ),
    "a host with all ports": (
        '{rules: [{to: [{operation: {hosts: ["shop.example", "shop.example:*"]}}]}]}',
        [],
    ),
    "a path without slash": (
        "{rules: [{to: [{operation: {paths: [admin]}}]}]}",
        ["path-without-slash"],
    ),
    "a denied path": (
        '{action: DENY, rules: [{to: [{operation: {paths: ["/admin"], ports: ["80"]}}]}]}',
        ["path-variants"],
    ),
    "an admitted path": ('{rules: [{to: [{operation: {paths: ["/admin"]}}]}]}', []),
    "all paths but one": (
        '{rules: [{to: [{operation: {notPaths: ["/admin"]}}]}]}',
        ["path-variants"],
    ),
    "a subject that is a star": (
        '{rules: [{from: [{source: {requestPrincipals: ["*/*"]}}]}]}',
        ["request-principal"],
    ),
    "half an issuer": (
        '{rules: [{from: [{source: {requestPrincipals: ["https://*"]}}]}]}',
        ["request-principal"],
    ),
    "everyone but a namespace": (
        "{rules: [{from: [{source: {notNamespaces: [dev]}}]}]}",
        ["admits-anonymous"],
    ),
    "everyone known but a namespace": (
        '{rules: [{from: [{source: {notNamespaces: [dev], principals: ["*"]}}]}]}',
        [],
    ),
}


@pytest.mark.parametrize(("spec", "found"), TRAPS.values(), ids=TRAPS.keys())
def test_a_policy_alone_shows(spec: str, found: list[str]) -> None:
    assert traps(spec) == found


def test_a_name_that_promises_the_opposite_is_a_trap() -> None:
    assert traps("{}", "allow-all") == ["allow-nothing"]
    assert traps("{}", "allow-nothing") == []
    assert traps("{rules: [{}]}", "allow-nothing") == ["allow-all"]
    assert traps("{rules: [{}]}", "allow-all") == []
    assert traps("{rules: []}", "p") == ["allow-nothing"]


def test_deny_by_identity_is_a_trap_while_plaintext_is_accepted() -> None:
    deny = policy("{action: DENY, rules: [{from: [{source: {namespaces: [bare]}}]}]}")
    strict = policy("{mtls: {mode: STRICT}}", kind="PeerAuthentication")
    assert [code for code, _ in in_cluster(deny)] == ["deny-by-identity"]
    assert in_cluster(deny, strict) == []


def test_a_policy_that_reaches_nothing_is_named() -> None:
    unknown = policy("{selector: {matchLabels: {app: web}}}")
    assert [code for code, _ in in_cluster(unknown)] == ["no-workload"]
    assert [code for code, _ in in_cluster(policy("{}", "bare"))] == ["no-sidecar"]
    assert [code for code, _ in in_cluster(policy("{}", "aks-istio-system"))] == ["root-namespace"]
    assert in_cluster(policy("{}", "istio-system")) == []


def test_http_fields_on_a_port_without_http_are_named() -> None:
    get = policy("{rules: [{to: [{operation: {methods: [GET]}}]}]}")
    on_http = policy('{rules: [{to: [{operation: {methods: [GET], ports: ["8080"]}}]}]}')
    assert [code for code, _ in in_cluster(get)] == ["http-on-tcp"]
    assert in_cluster(on_http) == []


def test_addresses_that_the_caller_writes_are_named() -> None:
    block = policy('{rules: [{from: [{source: {remoteIpBlocks: ["10.0.0.0/8"]}}]}]}')
    assert [code for code, _ in in_cluster(block)] == ["forwarded-address"]


def test_a_namespace_that_does_not_exist_is_named() -> None:
    spec = '{rules: [{from: [{source: {namespaces: ["shop", "sho?", "tset", "b*"]}}]}]}'
    found = in_cluster(policy(spec))
    assert [code for code, _ in found] == ["missing-namespace", "missing-namespace"]


def test_peer_authentications_without_effect_are_named() -> None:
    selected = "{selector: {matchLabels: {app: api}}, mtls: {mode: STRICT}}"
    found = in_cluster(policy(selected, "istio-system", "PeerAuthentication"))
    assert [code for code, _ in found] == ["ignored-in-root"]
    ports = "{selector: {matchLabels: {app: api}}, portLevelMtls: {80: {mode: DISABLE}}}"
    found = in_cluster(policy(ports, kind="PeerAuthentication"))
    assert [code for code, _ in found] == ["not-a-pod-port"]


def test_tokens_that_nobody_asks_for_are_named() -> None:
    tokens = policy("{jwtRules: [{issuer: a}]}", kind="RequestAuthentication")
    require = policy('{rules: [{from: [{source: {requestPrincipals: ["*"]}}]}]}')
    assert [code for code, _ in in_cluster(tokens)] == ["token-optional"]
    assert "token-optional" not in [code for code, _ in in_cluster(tokens, require)]

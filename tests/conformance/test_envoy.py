"""From our YAML to a real proxy: what Envoy answers is what the product says.

The policies are loaded and decided by the product as in any question. For Envoy, the parsed values
are written as RBAC filters the way Istio's generator does, independent of our own matching.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

from topology.load import load_text
from topology.model import Document, Pod
from topology.policy.istio import MeshPolicies
from topology.policy.istio.parse import parse_policy
from topology.policy.istio.rules import AuthorizationPolicy, Element, Rule
from topology.policy.istio.rules import Test as PolicyTest
from topology.policy.verdict import HttpRequest
from topology.targets import PodTarget

FILTERS = "type.googleapis.com/envoy.extensions.filters.http"
ISSUER = "https://issuer.example"

PODS = """
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio.io/rev: default}}
---
apiVersion: v1
kind: Pod
metadata: {name: api, namespace: shop, labels: {app: api}}
spec: {serviceAccountName: api, containers: [{name: main, image: x}, {name: istio-proxy, image: y}]}
status: {podIP: 127.0.0.1}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec: {serviceAccountName: web, containers: [{name: main, image: x}, {name: istio-proxy, image: y}]}
status: {podIP: 127.0.0.11}
---
apiVersion: v1
kind: Pod
metadata: {name: job, namespace: batch}
spec: {serviceAccountName: job, containers: [{name: main, image: x}, {name: istio-proxy, image: y}]}
status: {podIP: 127.0.1.12}
---
apiVersion: v1
kind: Pod
metadata: {name: old, namespace: legacy}
spec: {containers: [{name: main, image: x}]}
status: {podIP: 127.0.2.13}
---
apiVersion: v1
kind: Service
metadata: {name: api, namespace: shop}
spec: {selector: {app: api}, ports: [{name: http, port: 80, targetPort: PORT}]}
---
"""
SOURCES = ("web", "job", "old")

POLICIES = {
    "no policy": [],
    "allow nothing": ["spec: {}"],
    "methods and paths": [
        "spec: {rules: [{to: [{operation: {methods: [GET, HEAD], paths: [/api/*, /health]}}]}]}"
    ],
    "not methods": ["spec: {rules: [{to: [{operation: {notMethods: [DELETE]}}]}]}"],
    "deny a path": [
        'spec: {action: DENY, rules: [{to: [{operation: {paths: ["/admin*", "/{*}/secret"]}}]}]}'
    ],
    "path templates": ['spec: {rules: [{to: [{operation: {paths: ["/api/{*}", "/v/{**}"]}}]}]}'],
    "suffix and hosts": [
        'spec: {rules: [{to: [{operation: {paths: ["*.css"]}}, {operation: {hosts: ["Shop.*"]}}]}]}'
    ],
    "a principal": [
        "spec: {rules: [{from: [{source: {principals: [cluster.local/ns/shop/sa/web]}}]}]}"
    ],
    "any principal": ['spec: {rules: [{from: [{source: {principals: ["*"]}}]}]}'],
    "no principal": ['spec: {action: DENY, rules: [{from: [{source: {notPrincipals: ["*"]}}]}]}'],
    "namespaces": ['spec: {rules: [{from: [{source: {namespaces: ["b*h"]}}]}]}'],
    "not a namespace": ["spec: {rules: [{from: [{source: {notNamespaces: [batch]}}]}]}"],
    "a service account": ["spec: {rules: [{from: [{source: {serviceAccounts: [web]}}]}]}"],
    "addresses": ["spec: {rules: [{from: [{source: {ipBlocks: [127.0.0.0/23]}}]}]}"],
    "not addresses": ["spec: {rules: [{from: [{source: {notIpBlocks: [127.0.1.0/24]}}]}]}"],
    "the port": ['spec: {rules: [{to: [{operation: {ports: ["PORT"]}}]}]}'],
    "another port": ['spec: {rules: [{to: [{operation: {ports: ["1"]}}]}]}'],
    "a header": ['spec: {rules: [{when: [{key: "request.headers[x-team]", values: [a*]}]}]}'],
    "not a header": [
        'spec: {rules: [{when: [{key: "request.headers[x-team]", notValues: [abc]}]}]}'
    ],
    "deny beats allow": [
        "spec: {rules: [{}]}",
        "spec: {action: DENY, rules: [{from: [{source: {namespaces: [batch]}}], "
        "to: [{operation: {methods: [POST]}}]}]}",
    ],
    "two allows": [
        "spec: {rules: [{to: [{operation: {methods: [POST]}}]}]}",
        "spec: {rules: [{from: [{source: {namespaces: [shop]}}, {source: {namespaces: [x]}}], "
        'when: [{key: "request.headers[x-team]", values: [abc]}]}]}',
    ],
    "a token": ['spec: {rules: [{from: [{source: {requestPrincipals: ["*"]}}]}]}'],
    "a subject": [
        f'spec: {{rules: [{{from: [{{source: {{requestPrincipals: ["{ISSUER}/al*"]}}}}]}}]}}'
    ],
    "a claim": ['spec: {rules: [{when: [{key: "request.auth.claims[roles]", values: [admin]}]}]}'],
}

REQUESTS: Sequence[tuple[str, str, Sequence[tuple[str, str]]]] = (
    ("GET", "/", [("host", "other")]),
    ("GET", "/api/items?x=1", [("host", "shop.example:80")]),
    ("POST", "/api", [("host", "shop.example"), ("x-team", "abc")]),
    ("DELETE", "/api/a/b", [("host", "x"), ("x-team", "bcd")]),
    ("GET", "/x/../admin", [("host", "x")]),
    ("GET", "//admin", [("host", "x")]),
    ("GET", "/a/secret", [("host", "x"), ("x-team", "abc")]),
    ("GET", "/v/a/b.css", [("host", "x")]),
)


def test_envoy_answers_as_the_product_says(
    run_envoy: Callable[..., Any], free_ports: Callable[[int], list[int]]
) -> None:
    keys = _Keys()
    ports = free_ports(len(POLICIES) + 1)
    worlds = [
        _World(port, texts, keys, strict=False)
        for port, texts in zip(ports, POLICIES.values(), strict=False)
    ]
    worlds.append(_World(ports[-1], [], keys, strict=True))
    names = [*POLICIES, "strict"]
    wrong: list[object] = []
    statuses: Counter[int | None] = Counter()
    with run_envoy([world.listener for world in worlds]) as proxy:
        for name, world in zip(names, worlds, strict=True):
            for source in SOURCES:
                for method, path, headers in world.requests:
                    said = world.decide(source, method, path, headers)
                    status = proxy.answer(
                        world.port,
                        source=str(world.pods[source].addresses[0]),
                        spiffe=world.spiffe(source),
                        method=method,
                        path=path,
                        headers=headers,
                    )
                    statuses[status] += 1
                    if said != ("allow" if status == 200 else "deny"):
                        wrong.append((name, source, method, path, headers, said, status))
    assert wrong == []
    # Every kind of answer is there, so none of the policies can have been left out unseen.
    assert all(statuses[status] > 10 for status in (200, 401, 403, None)), statuses


class _Keys:
    """The key of an issuer, as a policy carries it, and tokens signed with it."""

    def __init__(self) -> None:
        rsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa")
        self.jwt = pytest.importorskip("jwt", reason="tokens need the package PyJWT")
        own, other = (rsa.generate_private_key(65537, 2048) for _ in range(2))
        public = self.jwt.algorithms.RSAAlgorithm.to_jwk(own.public_key(), as_dict=True)
        self.jwks = json.dumps({"keys": [public]})
        claims = {"iss": ISSUER, "sub": "alice", "roles": ["admin", "dev"]}
        self.headers = [
            [("authorization", f"Bearer {self.jwt.encode(each, key, 'RS256')}"), ("host", "x")]
            for each, key in (
                (claims, own),
                (claims | {"sub": "bob", "roles": "dev"}, own),
                (claims | {"exp": 5}, own),
                (claims, other),
            )
        ]


class _World:
    """A cluster whose one server stands behind the policies of one case."""

    def __init__(self, port: int, texts: list[str], keys: _Keys, *, strict: bool) -> None:
        self.port = port
        documents = [
            _document("AuthorizationPolicy", f"p{n}", each.replace("PORT", str(port)))
            for n, each in enumerate(texts)
        ]
        tokens = "request.auth" in str(texts) or "requestPrincipals" in str(texts)
        self.requests = [*REQUESTS, *(("GET", "/", headers) for headers in keys.headers)]
        if tokens:
            rule = {"issuer": ISSUER, "jwks": keys.jwks}
            text = f"spec: {json.dumps({'jwtRules': [rule]})}"
            documents.append(_document("RequestAuthentication", "r", text))
        if strict:
            mode = "spec: {mtls: {mode: STRICT}}"
            documents.append(_document("PeerAuthentication", "s", mode))
        text = PODS.replace("PORT", str(port)) + "\n---\n".join(documents)
        self.cluster = load_text(text, name="case.yaml")
        self.mesh = MeshPolicies.build(self.cluster)
        self.pods: dict[str, Pod] = {pod.name: pod for pod in self.cluster.pods}
        filters = [_jwt_filter(keys.jwks)] if tokens else []
        self.listener = (port, [*filters, *_rbac_filters(self.cluster.policies)], strict)

    def decide(
        self, source: str, method: str, path: str, headers: Sequence[tuple[str, str]]
    ) -> str:
        (host,) = [value for name, value in headers if name == "host"]
        rest = tuple(pair for pair in headers if pair[0] != "host")
        request = HttpRequest(method=method, path=path, host=host, headers=rest)
        return self.mesh.decide(
            self.pods["api"], port=self.port, source=PodTarget(self.pods[source]), http=request
        ).verdict

    def spiffe(self, source: str) -> str | None:
        principal = self.mesh.caller(PodTarget(self.pods[source])).principal
        return f"spiffe://{principal}" if isinstance(principal, str) else None


def _document(kind: str, name: str, spec: str) -> str:
    return (
        f"apiVersion: security.istio.io/v1\nkind: {kind}\n"
        f"metadata: {{name: {name}, namespace: shop}}\n{spec}"
    )


# The filters, as Istio's generator writes them.


def _jwt_filter(jwks: str) -> dict[str, Any]:
    provider = {
        "issuer": ISSUER,
        "local_jwks": {"inline_string": jwks},
        "payload_in_metadata": "payload",
    }
    optional = {"requirements": [{"provider_name": "p"}, {"allow_missing": {}}]}
    rules = [{"match": {"prefix": "/"}, "requires": {"requires_any": optional}}]
    return {
        "name": "envoy.filters.http.jwt_authn",
        "typed_config": {
            "@type": f"{FILTERS}.jwt_authn.v3.JwtAuthentication",
            "providers": {"p": provider},
            "rules": rules,
        },
    }


def _rbac_filters(documents: Iterable[Document]) -> list[dict[str, Any]]:
    parsed = [parse_policy(one)[0] for one in documents if one.kind == "AuthorizationPolicy"]
    policies = [policy for policy in parsed if policy]
    found = []
    for action in ("DENY", "ALLOW"):
        chosen = [policy for policy in policies if policy.action == action]
        if chosen:
            rules = {
                f"{policy.key}-{rule.path}": _policy(policy, rule)
                for policy in chosen
                for rule in policy.rules
            }
            content = {"rules": {"action": action, "policies": rules}}
            kind = {"@type": f"{FILTERS}.rbac.v3.RBAC"}
            found.append({"name": f"rbac-{action}", "typed_config": kind | content})
    return found


def _policy(policy: AuthorizationPolicy, rule: Rule) -> dict[str, Any]:
    permissions = [_and(each, "rule", policy) for each in rule.operations] or [{"any": True}]
    sources = [_and(each, "id", policy) for each in rule.sources] or [{"any": True}]
    conditions = [_one(test, "id", policy) for test in rule.conditions]
    principal = {"and_ids": {"ids": [{"or_ids": {"ids": sources}}, *conditions]}}
    return {"permissions": permissions, "principals": [principal]}


def _and(element: Element, form: str, policy: AuthorizationPolicy) -> dict[str, Any]:
    return {f"and_{form}s": {f"{form}s": [_one(test, form, policy) for test in element.tests]}}


def _one(test: PolicyTest, form: str, policy: AuthorizationPolicy) -> dict[str, Any]:
    found = {f"or_{form}s": {f"{form}s": [_value(test, each, policy) for each in test.values]}}
    return {f"not_{form}": found} if test.negated else found


def _value(test: PolicyTest, value: str, policy: AuthorizationPolicy) -> dict[str, Any]:
    simple: dict[str, Callable[[], dict[str, Any]]] = {
        "request.method": lambda: _header(":method", value),
        "request.host": lambda: _header(":authority", value, ignore_case=True),
        "request.path": lambda: _path(value),
        "request.headers": lambda: _header(test.argument[0], value),
        "destination.port": lambda: {"destination_port": int(value)},
        "source.ip": lambda: {"direct_remote_ip": _range(value)},
        "source.principal": lambda: _peer(_spiffe(value)),
        "source.namespace": lambda: _peer(_regex(f".*/ns/{_starred(value)}/.*")),
        "source.serviceAccount": lambda: _peer(
            _regex(f"spiffe://.+/ns/{policy.namespace}/(.+/|)sa/{re.escape(value)}(/.+)?")
        ),
        "request.auth.principal": lambda: _request_principal(value),
        "request.auth.claims": lambda: _claim(list(test.argument), value),
    }
    return simple[test.attribute]()


def _text(value: str, prefix: str = "") -> dict[str, Any]:
    if value == "*":
        return _regex(".+")
    if value.startswith("*"):
        return {"suffix": value[1:]}
    return {"prefix": prefix + value[:-1]} if value.endswith("*") else {"exact": prefix + value}


def _spiffe(value: str) -> dict[str, Any]:
    if value != "*" and value.startswith("*"):
        return _regex(f"spiffe://.*{re.escape(value[1:])}")
    return _text(value, "spiffe://")


def _regex(pattern: str) -> dict[str, Any]:
    return {"safe_regex": {"regex": pattern}}


def _starred(value: str) -> str:
    return ".*".join(re.escape(part) for part in value.split("*"))


def _peer(matcher: dict[str, Any]) -> dict[str, Any]:
    return {"authenticated": {"principal_name": matcher}}


def _header(name: str, value: str, *, ignore_case: bool = False) -> dict[str, Any]:
    if value == "*":
        return {"header": {"name": name, "present_match": True}}
    return {"header": {"name": name, "string_match": _text(value) | {"ignore_case": ignore_case}}}


def _path(value: str) -> dict[str, Any]:
    if "{*}" not in value and "{**}" not in value:
        return {"url_path": {"path": _text(value)}}
    kind = "type.googleapis.com/envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig"
    template = value.replace("{*}", "*").replace("{**}", "**")
    config = {"@type": kind, "path_template": template}
    return {"uri_template": {"name": "uri-template", "typed_config": config}}


def _range(value: str) -> dict[str, Any]:
    address, _, length = value.partition("/")
    return {"address_prefix": address, "prefix_len": int(length or 32)}


def _request_principal(value: str) -> dict[str, Any]:
    issuer, _, subject = value.rpartition("/") if value != "*" else ("*", "/", "*")
    ids = [_metadata(["iss"], _text(issuer)), _metadata(["sub"], _text(subject))]
    return {"and_ids": {"ids": ids}}


def _claim(path: list[str], value: str) -> dict[str, Any]:
    one = {"string_match": _text(value)}
    listed = {"list_match": {"one_of": one}}
    ids = [_metadata(path, matcher=one), _metadata(path, matcher=listed)]
    return {"or_ids": {"ids": ids}}


def _metadata(
    path: list[str], text: dict[str, Any] | None = None, *, matcher: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "metadata": {
            "filter": "envoy.filters.http.jwt_authn",
            "path": [{"key": each} for each in ("payload", *path)],
            "value": matcher or {"string_match": text},
        }
    }

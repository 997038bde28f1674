import pytest

from topology.authoring.equality import compare
from topology.authoring.staging import build_stage
from topology.load import load_text
from topology.model import Document


def policies(*specs: str, kind: str = "CiliumNetworkPolicy") -> tuple[Document, ...]:
    version = "cilium.io/v2" if kind.startswith("Cilium") else "security.istio.io/v1"
    if kind == "NetworkPolicy":
        version = "networking.k8s.io/v1"
    text = "---\n".join(
        f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: p{number}, namespace: a}}\n"
        f"spec: {spec}\n"
        for number, spec in enumerate(specs)
    )
    return load_text(text).policies


X = "endpointSelector: {matchLabels: {app: x}}"
FROM_Y = f"{{{X}, ingress: [{{fromEndpoints: [{{matchLabels: {{app: y}}}}]}}]}}"


def http(rule: str) -> str:
    ports = f"{{ports: [{{port: '80', protocol: TCP}}], rules: {{http: [{rule}]}}}}"
    return f"{{{X}, ingress: [{{toPorts: [{ports}]}}]}}"


@pytest.mark.parametrize(
    "spec",
    [
        f"{{{X}, ingress: [{{fromEndpoints: [{{matchLabels: {{app: z}}}}]}}]}}",
        f"{{{X}, ingress: [{{fromEndpoints: [{{matchExpressions:"
        " [{key: app, operator: Exists}]}]}]}",
        f"{{{X}, ingress: [{{fromEndpoints: [{{matchLabels: {{app: y, b: c}}}}]}}]}}",
        f"{{{X}, ingress: [{{fromEndpoints: [{{matchLabels: {{app: y}}}}]}}], egress: [{{}}]}}",
        f"{{{X}, ingress: [{{}}]}}",
        "{endpointSelector: {}, ingress: [{fromEndpoints: [{matchLabels: {app: y}}]}]}",
        f"{{{X}, ingress: [{{fromEndpoints: [{{matchLabels: {{app: y}}}}],"
        " toPorts: [{ports: [{port: '80', protocol: TCP}]}]}]}",
    ],
)  # fmt: skip
def test_a_policy_that_selects_or_allows_otherwise_is_found(spec: str) -> None:
    found = compare(policies(FROM_Y), policies(spec))
    assert found.differences
    assert not found.equal


def test_the_same_said_otherwise_is_equal() -> None:
    one = "{key: app, operator: In, values: [y]}"
    other = f"{{{X}, ingress: [{{fromEndpoints: [{{matchExpressions: [{one}]}}]}}]}}"
    assert compare(policies(FROM_Y), policies(other)).equal
    kubernetes = (
        "{podSelector: {matchLabels: {app: x}}, ingress: [{from: [{podSelector: {matchLabels: "
        "{app: y}}}]}]}"
    )
    assert compare(policies(FROM_Y), policies(kubernetes, kind="NetworkPolicy")).equal


@pytest.mark.parametrize(
    ("rule", "equal"),
    [
        ("{method: ^GET$, path: '^/a$'}", True),
        ("{method: GET, path: /b}", False),
        ("{method: 'GET|POST', path: /a}", False),
        ("{method: GET}", False),
        ("{method: GET, path: /a, headers: ['X-A: 1']}", False),
    ],
)
def test_requests_are_tried_where_both_let_only_some_through(rule: str, equal: bool) -> None:
    reference = policies(http("{method: GET, path: /a}"))
    assert compare(reference, policies(http(rule))).equal is equal


@pytest.mark.parametrize(
    ("spec", "equal"),
    [
        ("{rules: [{to: [{operation: {paths: ['/a*'], methods: [GET]}}]}]}", True),
        ("{rules: [{to: [{operation: {paths: [/a], methods: [GET]}}]}]}", False),
        ("{rules: [{to: [{operation: {paths: ['/a*']}}]}]}", False),
        ("{selector: {matchLabels: {app: x}}, rules: [{to: [{operation: {paths: ['/a*'],"
         " methods: [GET]}}]}]}", False),
        ("{rules: [{from: [{source: {namespaces: [b]}}], to: [{operation: {paths: ['/a*'],"
         " methods: [GET]}}]}]}", False),
        ("{action: DENY, rules: [{to: [{operation: {paths: ['/a*'], methods: [GET]}}]}]}", False),
    ],
)  # fmt: skip
def test_mesh_policies_are_compared_by_requests(spec: str, equal: bool) -> None:
    reference = policies(
        "{rules: [{to: [{operation: {paths: ['/a*'], methods: [GET]}}]}]}",
        kind="AuthorizationPolicy",
    )
    assert compare(reference, policies(spec, kind="AuthorizationPolicy")).equal is equal


def test_policies_that_the_engine_refuses_are_not_called_equal() -> None:
    wrong = policies(f"{{{X}, ingress: [{{toPorts: [{{ports: [{{protocol: VRRP}}]}}]}}]}}")
    found = compare(wrong, wrong)
    assert found.vacuous
    assert not found.equal
    assert len(found.refused) == 2


def test_the_stage_has_what_hits_and_what_misses_each_condition() -> None:
    spec = f"{{{X}, ingress: [{{fromEndpoints: [{{matchLabels: {{app: y, b: c}}}}]}}]}}"
    labels = [dict(pod.labels) for pod in build_stage(policies(spec)).cluster.pods]
    for wanted in ({"app": "x"}, {"app": "y", "b": "c"}, {"app": "y"}, {"b": "c"}, {}):
        assert wanted in labels
    plain = build_stage(policies(spec), plain=True).cluster
    assert sorted(dict(pod.labels).get("app", "") for pod in plain.pods) == ["x", "y"]

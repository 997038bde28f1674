import pytest

from tools.policy_text import describe_policy
from tools.rule_counts import count_rules
from topology.load import load_text


def told(text: str) -> list[str]:
    (policy,) = load_text(text).policies
    return [clause.text for clause in describe_policy(policy)]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("podSelector: {}", ["Nothing may reach any pod in namespace `a`."]),
        (
            "{podSelector: {}, policyTypes: [Egress], egress: [{}]}",
            ["Egress from every pod in namespace `a` is allowed to anyone."],
        ),
        (
            "{podSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [db, cache]}]},"
            " ingress: [{from: [{namespaceSelector: {}}, {ipBlock: {cidr: 10.0.0.0/8,"
            " except: [10.1.0.0/16]}}], ports: [{port: 1000, endPort: 2000}, {protocol: UDP}]}]}",
            [
                "Only every pod in every namespace and `10.0.0.0/8` except `10.1.0.0/16` may reach "
                "pods labelled `tier not in (db, cache)` in namespace `a` on port 1000-2000/TCP "
                "and on any UDP port.",
            ],
        ),
    ],
)
def test_a_kubernetes_policy_in_words(spec: str, said: list[str]) -> None:
    text = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
    body = f"metadata: {{name: p, namespace: a}}\nspec:\n  {spec}\n" if spec[0] != "{" else (
        f"metadata: {{name: p, namespace: a}}\nspec: {spec}\n"
    )  # fmt: skip
    assert told(text + body) == said


CILIUM = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: p, namespace: a}
spec:
  endpointSelector: {matchLabels: {app: x}}
  ingress:
  - {}
  - fromEndpoints:
    - matchLabels: {"k8s:io.kubernetes.pod.namespace": b, app: y}
    toPorts:
    - ports: [{port: "80", protocol: TCP}]
      rules: {http: [{method: GET, path: /a}]}
  ingressDeny:
  - fromEntities: [world]
  egress:
  - toFQDNs: [{matchName: e.example}, {matchPattern: "*.f.example"}]
  - toCIDRSet: [{cidr: 10.0.0.0/8, except: [10.1.0.0/16]}]
  - toServices: [{k8sService: {serviceName: s, namespace: n}}]
  - icmps: [{fields: [{type: 8, family: IPv4}]}]
"""


def test_a_cilium_policy_in_words() -> None:
    subject = "pods labelled `app=x` in namespace `a`"
    assert told(CILIUM) == [
        f"It is about {subject}.",
        f"Ingress to {subject} is denied from entity `world`.",
        f"Ingress to {subject} is allowed from pods labelled `app=y` in namespace `b` on port "
        "80/TCP with `GET` requests on path `/a`.",
        f"Egress from {subject} is allowed to `e.example` and `*.f.example`.",
        f"Egress from {subject} is allowed to `10.0.0.0/8` except `10.1.0.0/16`.",
        f"Egress from {subject} is allowed to Kubernetes Service `n/s`.",
        f"Egress from {subject} is allowed to anyone over ICMP type 8.",
        f"Nothing else may reach {subject}.",
        "Pods labelled `app=x` in namespace `a` may reach nothing else.",
    ]
    (policy,) = load_text(CILIUM).policies
    assert (count_rules(policy, "ingress"), count_rules(policy, "egress")) == (3, 4)


def test_each_sentence_points_to_its_line() -> None:
    (policy,) = load_text(CILIUM, name="p.yaml").policies
    places = {clause.path: str(clause.location) for clause in describe_policy(policy)}
    assert places["spec.ingress[1]"] == "p.yaml:8"
    assert places["spec.egress[3]"] == "p.yaml:19"


MESH = """\
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: p, namespace: a}
spec:
  selector: {matchLabels: {app: x}}
  action: DENY
  rules:
  - from: [{source: {principals: [cluster.local/ns/b/sa/y], notNamespaces: [c]}}]
    to: [{operation: {methods: [GET], paths: [/a]}}]
    when: [{key: "request.headers[x]", values: ["1"]}]
"""


def test_what_no_request_can_say_is_told_with_its_field() -> None:
    assert told(MESH) == [
        "Requests to pods labelled `app=x` in namespace `a` are denied, too: any request from "
        "principal cluster.local/ns/b/sa/y from namespace other than c.",
    ]


def test_an_empty_authorization_policy_denies_everything() -> None:
    text = "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\n"
    assert told(text + "metadata: {name: p, namespace: a}\nspec: {}\n") == [
        "Nothing may reach any pod in namespace `a`."
    ]


@pytest.mark.parametrize("spec", ["[1, 2]", "text", "{ingress: 5, podSelector: [x]}", "null"])
def test_a_malformed_policy_is_told_as_far_as_it_goes(spec: str) -> None:
    for kind, version in (
        ("NetworkPolicy", "networking.k8s.io/v1"),
        ("CiliumNetworkPolicy", "cilium.io/v2"),
        ("AuthorizationPolicy", "security.istio.io/v1"),
        ("PeerAuthentication", "security.istio.io/v1"),
        ("RequestAuthentication", "security.istio.io/v1"),
    ):
        text = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: p}}\nspec: {spec}\n"
        for policy in load_text(text).policies:
            assert all(clause.text for clause in describe_policy(policy))


def test_a_policy_in_dry_run_is_said_to_enforce_nothing() -> None:
    text = (
        "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\n"
        "metadata: {name: p, namespace: a, annotations: {istio.io/dry-run: 'true'}}\n"
        "spec: {action: DENY, rules: [{to: [{operation: {paths: [/x]}}]}]}\n"
    )

    first, rule = told(text)

    assert "dry run" in first
    assert "enforces nothing" in first
    assert "is denied" in rule


def test_a_policy_of_the_root_namespace_is_about_every_namespace() -> None:
    text = (
        "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\n"
        "metadata: {name: p, namespace: aks-istio-system}\nspec: {}\n"
    )
    (policy,) = load_text(text).policies

    (here,) = describe_policy(policy)
    (everywhere,) = describe_policy(policy, root_namespace="aks-istio-system")

    assert "in namespace `aks-istio-system`" in here.text
    assert "in any namespace" in everywhere.text

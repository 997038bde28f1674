from pathlib import Path

import orjson
import pytest

from evals.suites.round_trip import from_sentences
from tools.explaining import explain
from topology.load import load_text

CILIUM = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {{name: p, namespace: a}}
spec: {spec}
"""
KUBERNETES = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: p, namespace: a}}
spec: {spec}
"""
MESH = """\
apiVersion: security.istio.io/v1
kind: {kind}
metadata: {{name: p, namespace: a}}
spec: {spec}
"""
SUBJECT = "endpointSelector: {matchLabels: {app: x}}"
TEXTS = [
    CILIUM.format(spec=f"{{{SUBJECT}, {rest}}}")
    for rest in (
        "ingress: [{}]",
        "egress: [{toEntities: [all]}]",
        "ingress: [{fromEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': b}}]}]",
        "ingress: [{fromEndpoints: [{matchExpressions: [{key: io.kubernetes.pod.namespace,"
        " operator: Exists}]}], toPorts: [{ports: [{port: '80', endPort: 90, protocol: TCP}]}]}]",
        "ingress: [{fromEndpoints: [{matchExpressions: [{key: t, operator: NotIn, values: [u, v]},"
        " {key: w, operator: Exists}, {key: z, operator: DoesNotExist}]}]}]",
        "ingress: [{toPorts: [{ports: [{port: http, protocol: TCP}, {port: '53'}]}]}]",
        "egress: [{toFQDNs: [{matchName: a.example.com}, {matchPattern: '*.b.example'}],"
        " toPorts: [{ports: [{port: '443', protocol: TCP}]}]}, {toCIDRSet: [{cidr: 10.0.0.0/8,"
        " except: [10.1.0.0/16, 10.2.0.0/16]}]}]",
        "egress: [{icmps: [{fields: [{type: 8, family: IPv4}, {type: 0, family: IPv4}]}]}]",
        "ingress: [{toPorts: [{ports: [{port: '80', protocol: TCP}], rules: {http: ["
        "{method: 'GET|HEAD', path: '/a/.*'}, {path: '/b[0-9]+', headers: ['X-A: 1', X-B]},"
        " {host: 'h\\\\.example'}]}}]}]",
        "ingress: [{fromEntities: [cluster, host]}], egressDeny: [{toEntities: [world]}]",
        "enableDefaultDeny: {ingress: false}, ingressDeny: [{fromEntities: [world]}]",
        "egress: [{toPorts: [{ports: [{port: '53', protocol: UDP}], rules: {dns:"
        " [{matchPattern: '*'}]}}]}]",
    )
]
TEXTS += [
    KUBERNETES.format(spec=spec)
    for spec in (
        "{podSelector: {}}",
        "{podSelector: {}, policyTypes: [Egress], egress: [{}]}",
        "{podSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [db, cache]}]},"
        " ingress: [{from: [{namespaceSelector: {}}, {ipBlock: {cidr: 10.0.0.0/8,"
        " except: [10.1.0.0/16]}}], ports: [{port: 1000, endPort: 2000}, {protocol: UDP}]}]}",
        "{podSelector: {matchLabels: {app: x}}, ingress: [{from: [{namespaceSelector: {matchLabels:"
        " {env: prod}}, podSelector: {matchLabels: {app: y}}}]}]}",
    )
]
TEXTS += [
    CILIUM.format(
        spec=f"{{{SUBJECT}, {side}: [{{{peer}: [{{matchLabels: {{app: y}}}}], toPorts: [{{ports:"
        f" [{{port: '9092', protocol: TCP}}], rules: {{kafka: [{rules}]}}}}]}}]}}"
    )
    for side, peer, rules in (
        ("ingress", "fromEndpoints", "{role: produce, topic: bills}, {role: produce, topic: t.2}"),
        ("ingress", "fromEndpoints", "{apiKey: metadata}, {apiKey: fetch, topic: bills}"),
        ("egress", "toEndpoints", "{role: consume, topic: bills, clientID: ui, apiVersion: '4'}"),
        ("ingress", "fromEndpoints", "{topic: bills}, {}"),
    )
]
TEXTS += [
    MESH.format(kind="AuthorizationPolicy", spec=spec)
    for spec in (
        "{}",
        "{rules: [{}]}",
        "{action: DENY, rules: [{to: [{operation: {paths: ['/admin*'], methods: [DELETE]}}]}]}",
        "{selector: {matchLabels: {app: x}}, rules: [{from: [{source: {principals:"
        " [cluster.local/ns/b/sa/y]}}, {source: {namespaces: [c]}}], to: [{operation:"
        " {methods: [GET], ports: ['8080']}}], when: [{key: 'request.headers[x-a]',"
        " values: ['1']}]}]}",
        "{rules: [{from: [{source: {requestPrincipals: ['issuer-a/*', 'issuer-b/*']}}]}]}",
        "{rules: [{when: [{key: 'request.auth.claims[group]', values: [a, b]}]}]}",
    )
]
TEXTS += [
    MESH.format(kind="PeerAuthentication", spec="{mtls: {mode: PERMISSIVE}}"),
    MESH.format(
        kind="PeerAuthentication",
        spec="{selector: {matchLabels: {app: x}}, mtls: {mode: STRICT},"
        " portLevelMtls: {8080: {mode: DISABLE}}}",
    ),
    MESH.format(kind="RequestAuthentication", spec="{jwtRules: [{issuer: a}, {issuer: b}]}"),
]


@pytest.mark.parametrize("text", TEXTS)
def test_what_is_drafted_from_the_sentence_gives_equal_verdicts(text: str) -> None:
    policies = load_text(text).policies
    assert explain(policies[0]).is_whole
    trip = from_sentences(policies)
    assert trip.equal, f"{trip.why}\n{trip.said}"


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        (CILIUM.format(spec=f"{{{SUBJECT}, ingress: [{{fromRequires: [{{}}]}}]}}"), "fromRequires"),
        (
            CILIUM.format(
                spec=f"{{{SUBJECT}, ingress: [{{toPorts: [{{ports: [{{port: '9092',"
                " protocol: TCP}], rules: {l7proto: memcached, l7: [{}]}}]}]}"
            ),
            "a proxy of its own",
        ),
        (MESH.format(kind="AuthorizationPolicy", spec="{action: AUDIT, rules: [{}]}"), "audit log"),
        (
            MESH.format(
                kind="AuthorizationPolicy",
                spec="{rules: [{to: [{operation: {notPaths: [/healthz]}}]}]}",
            ),
            "other than /healthz",
        ),
    ],
)
def test_what_no_request_can_say_is_told_beside(text: str, missing: str) -> None:
    (policy,) = load_text(text).policies
    explanation = explain(policy)
    assert not explanation.is_whole
    assert missing in " ".join(explanation.beside)


@pytest.mark.parametrize(
    "references", ["cilium-docs/nl_to_cnp.jsonl", "istio-api/nl_to_istio_security.jsonl"]
)
def test_every_reference_of_the_documentation_comes_back(shared: Path, references: str) -> None:
    lines = (shared / "cases" / "external" / references).read_text().splitlines()
    for case in map(orjson.loads, lines):
        trip = from_sentences(load_text(case["reference_yaml"]).policies)
        assert trip.equal, f"{case['id']}: {trip.why}"

"""A review as a whole: proofs, suppressions, baselines, order, and what cannot be told."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from clusters import MESH, SHOP, authz, cnp, dns, knp, peer

from topology.errors import UnknownName, UnreadableInput
from topology.load import load, load_text
from topology.policy.engine import PolicyEngine
from topology.policy.istio.engine import MeshPolicies
from topology.review import (
    Finding,
    Review,
    ReviewContext,
    Suppression,
    chosen_checks,
    make_review,
    rank_of,
    read_file,
)
from topology.samples import sample_path

FROM_WEB = "fromEndpoints: [{matchLabels: {app: web}}]"
ON_80 = 'toPorts: [{ports: [{port: "80", protocol: TCP}]}]'
SERVICE_PORT = cnp(
    f"{{endpointSelector: {{matchLabels: {{app: api}}}}, ingress: [{{{FROM_WEB}, {ON_80}}}]}}"
)


def context_of(text: str) -> ReviewContext:
    cluster = load_text(text, name="cluster.yaml")
    return ReviewContext(cluster, PolicyEngine.build(cluster), MeshPolicies.build(cluster))


def review(
    text: str,
    *select: str,
    namespace: str = "",
    suppressions: tuple[Suppression, ...] = (),
    baseline: frozenset[str] = frozenset(),
) -> Review:
    return make_review(
        context_of(text),
        chosen_checks(select),
        namespace=namespace,
        suppressions=suppressions,
        baseline=baseline,
    )


def only(text: str, code: str) -> Finding:
    (finding,) = [one for one in review(text, code).findings if one.code == code]
    return finding


def test_a_fix_says_exactly_what_it_opens_and_closes() -> None:
    finding = only(SHOP + SERVICE_PORT, "service-port")
    assert finding.proof.verified
    assert finding.proof.effect == (
        "Opens exactly 1 pair: `shop/web` -> `shop/api` 8080/TCP. "
        "Closes exactly 1 pair: `shop/web` -> `shop/api` 80/TCP."
    )
    assert str(finding.found.location) == "cluster.yaml:62"


def test_taking_a_needless_rule_out_changes_no_pair() -> None:
    twice = cnp(
        f"{{endpointSelector: {{matchLabels: {{app: api}}}}, ingress: [{{{FROM_WEB}}}, "
        f"{{{FROM_WEB}, {ON_80}}}]}}"
    )
    finding = only(SHOP + twice, "covered")
    assert finding.proof.verified
    assert finding.proof.effect == "No pair of ends changes."


def test_a_default_deny_outlives_the_last_rule_that_is_taken_out() -> None:
    dead = "{endpointSelector: {matchLabels: {app: api}}, ingress: [{fromEndpoints: [" + (
        "{matchLabels: {app: nobody}}]}]}"
    )
    finding = only(SHOP + cnp(dead), "never-matches")
    (changed,) = finding.found.repair.add
    assert changed.body["spec"]["ingress"] == [{}]
    assert finding.proof.verified


def test_a_default_deny_of_a_network_policy_outlives_it_too() -> None:
    dead = "{podSelector: {matchLabels: {app: api}}, ingress: [{from: [{podSelector: " + (
        "{matchLabels: {app: nobody}}}]}]}"
    )
    finding = only(SHOP + knp(dead), "never-matches")
    (changed,) = finding.found.repair.add
    assert changed.body["spec"]["ingress"] == []
    assert finding.proof.verified


def test_a_fix_in_the_mesh_says_who_is_let_in() -> None:
    client = "principals: [cluster.local/ns/mesh/sa/client]"
    narrow = f"{{rules: [{{from: [{{source: {{{client}}}}}]}}]}}"
    policies = authz("{rules: [{}]}", name="all") + authz(narrow, name="one")
    finding = only(MESH + policies, "allow-neutralised")
    assert finding.proof.verified
    assert "Closes exactly" in finding.proof.effect
    assert "Closes exactly 9 pairs" in finding.proof.effect
    assert "`plain/bare` -> `mesh/server` 6379, 8080/TCP" in finding.proof.effect
    assert "`mesh/client` -> `mesh/server`" not in finding.proof.effect


def test_strict_is_simulated_by_who_loses_access() -> None:
    finding = only(MESH + authz("{rules: [{to: [{operation: {methods: [GET]}}]}]}"), "permissive")
    assert finding.proof.verified
    assert "`world` -> `mesh/server` 8080/TCP" in finding.proof.effect


def test_a_fix_that_breaks_its_promise_is_not_verified() -> None:
    """The deny rule keeps what the new allow was to open closed."""
    text = SHOP + cnp(
        f"{{endpointSelector: {{matchLabels: {{app: api}}}}, ingressDeny: [{{{FROM_WEB}}}]}}"
    )
    text += cnp("{endpointSelector: {}, ingress: [{}]}", name="q")
    assert "deny-only" not in [one.code for one in review(text).findings]


def test_without_pods_nothing_is_said_that_needs_them_and_that_is_told() -> None:
    done = review(SERVICE_PORT)
    skipped = {one.code: one.reason for one in done.skipped}
    assert "no pods" in skipped["service-port"]
    assert "service-port" not in done.made
    assert {one.code for one in done.findings} == set()


def test_a_fix_without_pods_is_not_called_verified() -> None:
    bits = cnp("{endpointSelector: {}, ingress: [{fromCIDR: [192.0.2.7/24]}]}")
    (finding,) = [one for one in review(bits).findings if one.code == "host-bits"]
    assert not finding.proof.verified
    assert "no pods" in finding.proof.reason


def test_what_a_namespace_that_was_not_exported_holds_is_left_open() -> None:
    part = SHOP.replace("name: kube-system, labels", "name: other, labels")
    done = review(
        part + cnp("{endpointSelector: {matchLabels: {app: x}}, ingress: [{}]}", "unseen"),
        "selects-nothing",
    )
    assert not done.findings
    assert any("`unseen`" in sentence for sentence in done.unsure)


def test_only_findings_of_the_namespace_are_told() -> None:
    done = review(SHOP + SERVICE_PORT, namespace="shop")
    assert {one.found.namespace for one in done.findings} == {"shop"}


def test_the_worst_comes_first() -> None:
    ranks = [rank_of(one.severity) for one in review(SHOP + SERVICE_PORT).findings]
    assert ranks == sorted(ranks)
    assert len(set(ranks)) > 1


def test_a_review_is_the_same_each_time() -> None:
    text = SHOP + SERVICE_PORT + cnp("{endpointSelector: {}, ingress: [{}]}", "data")
    assert review(text).findings == review(text).findings


def aside(code: str, reason: str) -> str:
    return SERVICE_PORT.replace(
        "namespace: shop}",
        f'namespace: shop, annotations: {{netassist.io/ignore: "{code}{reason}"}}}}',
    )


def test_a_finding_is_set_aside_in_its_policy_with_the_reason() -> None:
    done = review(SHOP + aside("service-port", ": until the move"), "service-port")
    (finding,) = done.findings
    assert (finding.suppressed, finding.suppressed_in) == ("until the move", "policy")
    assert not finding.counts


def test_without_a_reason_it_counts_and_that_is_told() -> None:
    found = {one.code: one for one in review(SHOP + aside("service-port", "")).findings}
    assert found["service-port"].counts
    assert found["suppression-without-reason"].severity == "warning"


def test_a_reason_is_data_and_cannot_steer_a_terminal() -> None:
    text = aside("service-port", ": red \\e[31m " + "x" * 500)
    (finding,) = review(SHOP + text, "service-port").findings
    assert "\x1b" not in finding.suppressed
    assert len(finding.suppressed) == 300


def test_a_file_sets_aside_by_pattern() -> None:
    rules = read_file(
        "suppressions:\n- {code: service-port, object: CiliumNetworkPolicy/*, reason: known}",
        "aside.yaml",
    )
    (finding,) = review(SHOP + SERVICE_PORT, "service-port", suppressions=rules).findings
    assert (finding.suppressed, finding.suppressed_in) == ("known", "file")


def test_a_suppression_of_a_code_that_does_not_exist_is_told() -> None:
    rules = read_file("suppressions:\n- {code: no-such-code, object: X, reason: r}\n", "aside.yaml")
    done = review(SHOP, suppressions=rules)
    (finding,) = [one for one in done.findings if one.code == "suppression-unused"]
    assert "no known code" in finding.found.why
    assert str(finding.found.location) == "aside.yaml:2"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("suppressions: [", "no YAML"),
        ("other: 1", "no list"),
        ("suppressions:\n- {code: a}", "no `object`"),
        ("suppressions:\n- {code: a, object: b, reson: c}", "`reson`"),
        ("suppressions:\n- 7", "no `code`"),
    ],
)
def test_a_faulty_file_is_refused_with_its_line(text: str, said: str) -> None:
    with pytest.raises(UnreadableInput, match=said) as caught:
        read_file(text, "aside.yaml")
    assert caught.value.location


def test_what_is_in_the_baseline_does_not_count() -> None:
    first = only(SHOP + SERVICE_PORT, "service-port")
    moved = "\n\n" + SHOP + SERVICE_PORT
    (again,) = review(moved, "service-port", baseline=frozenset({first.fingerprint})).findings
    assert again.known
    assert not again.counts


def test_a_code_that_does_not_exist_is_refused_with_what_is_near() -> None:
    with pytest.raises(UnknownName, match="service-port"):
        chosen_checks(["service-prot"])


def test_of_one_code_a_bounded_number_of_fixes_is_tried() -> None:
    many = "".join(
        cnp("{endpointSelector: {}, ingress: [{fromCIDR: [192.0.2.7/24]}]}", name=f"p{number}")
        for number in range(12)
    )
    proofs = [one.proof for one in review(SHOP + many, "host-bits").findings]
    assert sum(one.verified for one in proofs) == 10
    assert all("first 10" in one.reason for one in proofs if not one.verified)


def test_the_faults_of_the_sample_are_found() -> None:
    cluster = load([sample_path()])
    context = ReviewContext(cluster, PolicyEngine.build(cluster), MeshPolicies.build(cluster))
    findings = make_review(context, chosen_checks()).findings
    found = {(one.code, one.found.object) for one in findings}
    errors = {one.code for one in findings if one.severity == "error"}
    assert errors == {"service-port", "caller-without-identity"}
    assert ("service-port", "CiliumNetworkPolicy/shop/checkout") in found
    assert ("caller-without-identity", "AuthorizationPolicy/billing/invoices") in found
    assert ("strict-refuses-caller", "Deployment/shop/orders") in found
    assert ("namespace-open", "Namespace/staging") in found
    assert ("egress-open", "Namespace/shop") in found


@pytest.mark.parametrize(
    ("name", "worst"), [("online-boutique", "info"), ("bookinfo", "info"), ("star-wars", "warning")]
)
def test_real_applications_raise_no_false_alarm(shared: Path, name: str, worst: str) -> None:
    """What was looked at one by one; star-wars holds two policies of one name."""
    cluster = load([shared / "cases" / "external" / "clusters" / name])
    context = ReviewContext(cluster, PolicyEngine.build(cluster), MeshPolicies.build(cluster))
    found = make_review(context, chosen_checks()).findings
    assert all(rank_of(one.severity) >= rank_of(worst) for one in found)
    assert [one.code for one in found if one.severity == "warning"] == (
        ["duplicate-object"] if name == "star-wars" else []
    )


def test_peer_authentications_that_differ_by_age_are_told_apart() -> None:
    text = (
        MESH + peer("{mtls: {mode: STRICT}}", name="a") + peer("{mtls: {mode: STRICT}}", name="b")
    )
    finding = only(text, "not-oldest")
    assert finding.found.object == "PeerAuthentication/mesh/b"
    assert finding.proof.effect == "No pair of ends changes."


def test_a_name_that_both_patterns_allow_is_looked_up() -> None:
    lookups = dns('{matchName: "a.example.com"}')
    names = '{toFQDNs: [{matchPattern: "*.example.com"}]}'
    web = f"{{endpointSelector: {{matchLabels: {{app: web}}}}, egress: [{lookups}, {names}]}}"
    assert not review(SHOP + cnp(web), "fqdn-not-looked-up").findings


def test_a_port_that_is_known_for_another_protocol_is_no_slip() -> None:
    """CoreDNS that declares UDP only, and the usual rule for both."""
    udp_only = SHOP.replace(", {containerPort: 53, protocol: TCP}", "")
    lookups = (
        "{podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}, "
        "podSelector: {matchLabels: {k8s-app: kube-dns}}}], "
        "ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]}]}"
    )
    assert not review(udp_only + knp(lookups), "undeclared-port").findings


def test_a_control_plane_that_was_not_exported_is_left_open() -> None:
    unseen = MESH.replace("namespace: istio-system", "namespace: elsewhere")
    out = "{endpointSelector: {}, egress: [{toEndpoints: [{matchLabels: " + (
        "{k8s:io.kubernetes.pod.namespace: istio-system}}]}]}"
    )
    assert not review(unseen + cnp(out, "mesh"), "sidecar-cut-off").findings


def test_a_dns_server_that_was_not_exported_is_left_open() -> None:
    unseen = SHOP.replace("namespace: kube-system", "namespace: elsewhere")
    lookups = dns('{matchPattern: "*"}').partition(", rules")[0] + "}]}"
    web = f"{{endpointSelector: {{matchLabels: {{app: web}}}}, egress: [{lookups}]}}"
    assert not review(unseen + cnp(web), "dns-blocked").findings

"""The gap report: what is guarded at one layer only, with file and line."""

from pathlib import Path

import pytest

from tools.errors import ToolError
from tools.mesh import GapsResult, find_gaps
from tools.reach import PeersResult, can_reach, what_can_reach
from tools.workspace import Workspace


def pod(name: str, namespace: str = "shop", *, sidecar: bool = True) -> str:
    proxy = ", {name: istio-proxy, image: y}" if sidecar else ""
    return f"""apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: {namespace}, labels: {{app: {name}}}}}
spec: {{containers: [{{name: main, image: x, ports: [{{containerPort: 80}}]}}{proxy}]}}
"""


def namespace(name: str = "shop") -> str:
    return f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n"


def l4(app: str, ingress: str = "[{from: [{podSelector: {}}]}]") -> str:
    return f"""apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: {app}, namespace: shop}}
spec: {{podSelector: {{matchLabels: {{app: {app}}}}}, ingress: {ingress}}}
"""


def mesh(spec: str, kind: str = "AuthorizationPolicy", name: str = "p") -> str:
    return f"""apiVersion: security.istio.io/v1
kind: {kind}
metadata: {{name: {name}, namespace: shop}}
spec: {spec}
"""


STRICT = mesh("{mtls: {mode: STRICT}}", "PeerAuthentication")
GET_A = mesh("{selector: {matchLabels: {app: a}}, rules: [{to: [{operation: {methods: [GET]}}]}]}")


def gaps(tmp_path: Path, *documents: str, place: str = "") -> GapsResult:
    path = tmp_path / "c.yaml"
    path.write_text("---\n".join(documents))
    found = find_gaps.run(Workspace.load([path]), place)
    assert isinstance(found, GapsResult)
    return found


def pairs(found: GapsResult) -> list[tuple[str, str]]:
    return [(row.code, row.object) for row in found.gaps]


def test_a_workload_guarded_at_both_layers_has_no_gap(tmp_path: Path) -> None:
    found = gaps(tmp_path, namespace(), pod("a"), l4("a"), GET_A, STRICT)
    assert pairs(found) == []
    assert found.summary == "0 gaps in 1 workload."


def test_each_layer_that_is_missing_is_named_with_its_place(tmp_path: Path) -> None:
    found = gaps(tmp_path, namespace(), pod("a"), pod("b"), pod("c"), l4("b"), GET_A, STRICT)
    assert pairs(found) == [
        ("open-at-both", "Pod/shop/c"),
        ("open-at-l4", "Pod/shop/a"),
        ("open-at-l7", "Pod/shop/b"),
    ]
    assert all(row.location.startswith(str(tmp_path / "c.yaml")) for row in found.gaps)
    (by_l4,) = [row for row in found.gaps if row.code == "open-at-l7"]
    assert by_l4.causes[0].startswith("NetworkPolicy/shop/b (")


def test_a_network_policy_that_admits_the_world_guards_nothing(tmp_path: Path) -> None:
    found = gaps(tmp_path, namespace(), pod("a"), l4("a", "[{}]"), GET_A, STRICT)
    assert pairs(found) == [("open-at-l4", "Pod/shop/a")]


def test_policies_without_a_sidecar_guard_nothing(tmp_path: Path) -> None:
    found = gaps(tmp_path, namespace(), pod("a", sidecar=False), pod("b"), l4("a"), GET_A, STRICT)
    (row,) = [row for row in found.gaps if row.object == "Pod/shop/a"]
    assert row.code == "open-at-l7"
    assert "AuthorizationPolicy/shop/p selects it but is not enforced" in row.why


def test_an_allow_that_admits_all_guards_nothing(tmp_path: Path) -> None:
    everything = mesh("{rules: [{}]}", name="q")
    found = gaps(tmp_path, namespace(), pod("a"), l4("a"), GET_A, everything, STRICT)
    assert pairs(found) == [("open-at-l7", "Pod/shop/a")]


def test_plaintext_is_found_by_namespace_and_by_rule(tmp_path: Path) -> None:
    known = mesh(
        '{selector: {matchLabels: {app: a}}, rules: [{from: [{source: {principals: ["*"]}}]}]}',
        name="known",
    )
    found = gaps(tmp_path, namespace(), pod("a"), l4("a"), GET_A, known)
    assert pairs(found) == [
        ("admits-plaintext", "AuthorizationPolicy/shop/p"),
        ("permissive", "Namespace/shop"),
    ]
    assert "no PeerAuthentication sets a mode" in found.gaps[1].why


def test_a_cluster_without_istio_has_no_gaps_of_the_mesh(tmp_path: Path) -> None:
    found = gaps(tmp_path, namespace(), pod("a", sidecar=False), l4("a"))
    assert pairs(found) == []
    assert "Nothing of Istio is in the input" in found.not_verified[0]


def test_system_namespaces_are_looked_at_by_name_only(tmp_path: Path) -> None:
    documents = (namespace("kube-system"), pod("dns", "kube-system", sidecar=False))
    assert gaps(tmp_path, *documents).checked == 0
    assert gaps(tmp_path, *documents, place="kube-system").checked == 1


def test_a_namespace_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="There is no namespace `shpo`"):
        gaps(tmp_path, namespace("data"), place="shpo")


def test_what_a_source_can_reach_takes_an_http_request(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("---\n".join([namespace(), pod("a"), pod("b"), GET_A]))
    workspace = Workspace.load([path])

    def verdict(http: str) -> str:
        found = what_can_reach.call(workspace, {"source": "b", "http": http})
        assert isinstance(found, PeersResult)
        return next(row.verdict for row in found.peers if row.name == "a")

    assert (verdict("GET /x"), verdict("POST /x")) == ("allow", "deny")


def test_claims_of_a_valid_token_can_be_given(tmp_path: Path) -> None:
    tokens = mesh("{jwtRules: [{issuer: me}]}", "RequestAuthentication", "t")
    require = mesh('{rules: [{from: [{source: {requestPrincipals: ["me/alice"]}}]}]}')
    path = tmp_path / "c.yaml"
    path.write_text("---\n".join([namespace(), pod("a"), pod("b"), tokens, require]))
    workspace = Workspace.load([path])

    def verdict(claims: str) -> str | None:
        arguments = {"source": "b", "destination": "a", "claims": claims}
        return can_reach.call(workspace, arguments).verdict

    assert verdict('{"iss": "me", "sub": "alice"}') == "allow"
    assert verdict('{"iss": "me", "sub": "bob"}') == "deny"
    with pytest.raises(ToolError, match="is no JSON object of claims"):
        verdict("alice")


def mtls(tmp_path: Path, *documents: str) -> GapsResult:
    path = tmp_path / "c.yaml"
    path.write_text("---\n".join(documents))
    found = find_gaps.run(Workspace.load([path]), about="mtls")
    assert isinstance(found, GapsResult)
    return found


def test_strict_mutual_tls_is_shown_with_the_policy_that_sets_it(tmp_path: Path) -> None:
    found = mtls(tmp_path, namespace(), pod("a"), pod("b", sidecar=False), STRICT)
    assert found.summary.startswith("Mutual TLS is strict for every workload with a sidecar: ")
    assert "Without a sidecar, and so without mutual TLS: `shop/b`." in found.summary
    assert [(one.source, one.claim) for one in found.evidence] == [
        ("PeerAuthentication/shop/p", "sets STRICT for `shop/a`")
    ]


def test_a_port_that_accepts_plaintext_under_strict_is_a_gap(tmp_path: Path) -> None:
    modes = "mtls: {mode: STRICT}, portLevelMtls: {80: {mode: PERMISSIVE}}"
    lax = f"{{selector: {{matchLabels: {{app: a}}}}, {modes}}}"
    found = mtls(tmp_path, namespace(), pod("a"), mesh(lax, "PeerAuthentication"))
    assert found.summary.startswith("No: mutual TLS is not strict for the workload with a sidecar.")
    assert "sets PERMISSIVE for port 80" in found.gaps[0].why


def test_other_gaps_are_left_out_of_a_report_on_mutual_tls(tmp_path: Path) -> None:
    assert pairs(mtls(tmp_path, namespace(), pod("a"), STRICT)) == []


def test_without_any_sidecar_mutual_tls_is_asked_for_nowhere(tmp_path: Path) -> None:
    found = mtls(tmp_path, namespace(), pod("a", sidecar=False))
    assert found.summary.startswith("Mutual TLS is asked for nowhere")

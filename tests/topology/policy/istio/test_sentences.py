"""One plain sentence for each Istio policy."""

import json
from pathlib import Path

import pytest

from topology.load import load_text
from topology.policy.istio.sentences import explain


def sentence(spec: str, kind: str = "AuthorizationPolicy", *, root: str = "") -> str:
    text = f"""apiVersion: security.istio.io/v1
kind: {kind}
metadata: {{name: p, namespace: shop}}
spec: {spec}
"""
    (document,) = load_text(text).policies
    return explain(document, root_namespace=root)


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        (
            "{}",
            "No request may reach all workloads in namespace `shop`, unless another ALLOW policy "
            "admits it.",
        ),
        (
            "{rules: [{}]}",
            "Every request may reach all workloads in namespace `shop`, unless a DENY policy "
            "refuses it.",
        ),
        (
            "{selector: {matchLabels: {app: api}}, rules: [{from: [{source: {namespaces: [web]}}],"
            " to: [{operation: {methods: [GET], paths: [/api/*]}}]}]}",
            "Only GET on /api/* from namespace web may reach workloads with `app=api` in namespace "
            "`shop`, unless another ALLOW policy admits more.",
        ),
        (
            '{action: DENY, rules: [{to: [{operation: {methods: [POST], ports: ["8080"]}}]}]}',
            "Refuses POST on port 8080 to all workloads in namespace `shop`, whatever else allows "
            "it.",
        ),
        (
            "{action: CUSTOM, provider: {name: opa}, rules: [{}]}",
            "Asks the external authorizer `opa` about any request to all workloads in namespace "
            "`shop`; what it refuses is denied.",
        ),
    ],
)
def test_an_authorization_policy_says_who_may_do_what(spec: str, text: str) -> None:
    assert sentence(spec) == text


def test_a_policy_of_the_root_namespace_is_about_the_whole_mesh() -> None:
    assert "all workloads in the whole mesh" in sentence("{}", root="shop")


def test_modes_of_single_ports_are_told() -> None:
    selector = "selector: {matchLabels: {app: a}}"
    spec = f"{{{selector}, mtls: {{mode: STRICT}}, portLevelMtls: {{8080: {{mode: DISABLE}}}}}}"
    assert sentence(spec, "PeerAuthentication") == (
        "The sidecars of workloads with `app=a` in namespace `shop` accept mutual TLS only "
        "(STRICT), but on port 8080 accept plaintext only (DISABLE)."
    )


def test_istios_own_examples_explain_themselves_in_one_sentence_each(shared: Path) -> None:
    path = shared / "cases" / "external" / "istio-api" / "nl_to_istio_security.jsonl"
    texts = []
    for line in path.read_text().splitlines():
        cluster = load_text(json.loads(line)["reference_yaml"])
        kinds = {"AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication"}
        assert [one.message for one in cluster.problems if one.severity == "error"] == []
        texts += [explain(one) for one in cluster.policies if one.kind in kinds]
    assert len(texts) >= len(path.read_text().splitlines())
    assert all(text.endswith(".") and text.count(". ") == 0 for text in texts)

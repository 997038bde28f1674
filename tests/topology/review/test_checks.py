"""Each code is found where its fault is, and not where something else is."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import clusters
import mesh_cases
import network_cases

from topology.load import load_text
from topology.policy.engine import PolicyEngine
from topology.policy.istio.engine import MeshPolicies
from topology.review import Review, ReviewContext, all_checks, chosen_checks, make_review

CASES = {**network_cases.CASES, **mesh_cases.CASES}


def reviewed(text: str) -> Review:
    cluster = load_text(text, name="cluster.yaml")
    context = ReviewContext(cluster, PolicyEngine.build(cluster), MeshPolicies.build(cluster))
    return make_review(context, chosen_checks())


def codes(review: Review) -> list[str]:
    return [one.code for one in review.findings if not one.suppressed]


def test_every_code_has_its_cases() -> None:
    assert {one.code for one in all_checks()} == set(CASES)


@pytest.mark.parametrize("code", sorted(CASES))
def test_the_fault_is_found(code: str) -> None:
    review = reviewed(CASES[code][0])
    assert code in codes(review)
    found = next(one for one in review.findings if one.code == code)
    assert found.found.location is not None
    assert found.proof.verified or found.proof.reason


@pytest.mark.parametrize("code", sorted(CASES))
def test_a_near_miss_is_no_alarm(code: str) -> None:
    assert code not in codes(reviewed(CASES[code][1]))


WITHOUT_SIMULATION = {
    "aks-fqdn", "aks-groups", "aks-l7", "aks-protocol", "caller-without-identity",
    "client-address-hidden", "duplicate-object", "egress-open", "forwarded-address",
    "fqdn-everything", "host-network-subject", "http-on-tcp", "l7-at-ztunnel", "l7-conflict",
    "missing-target", "no-sidecar", "refused", "strict-refuses-caller", "suppression-unused",
    "suppression-without-reason", "token-never-checked", "unknown-provider",
}  # fmt: skip


@pytest.mark.parametrize("code", sorted(CASES))
def test_a_fix_is_simulated_or_says_what_of_its_own_stands_in_the_way(code: str) -> None:
    found = next(one for one in reviewed(CASES[code][0]).findings if one.code == code)
    assert found.proof.verified == (code not in WITHOUT_SIMULATION), found.proof
    assert "asks for a decision" not in found.proof.reason


def test_names_that_a_workload_announces_take_the_place_of_a_pattern_for_all() -> None:
    calls = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: pays, namespace: shop}
spec:
  selector: {matchLabels: {app: pays}}
  template:
    metadata: {labels: {app: pays}}
    spec:
      containers: [{name: c, image: i, env: [{name: PAY_URL, value: "https://pay.example.com"}]}]
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: pays}}
  egress: [{toFQDNs: [{matchPattern: "*.com"}]}]
---"""
    review = reviewed(clusters.SHOP + calls)
    found = next(one for one in review.findings if one.code == "fqdn-everything")
    (policy,) = found.found.repair.add
    assert policy.body["spec"]["egress"] == [{"toFQDNs": [{"matchName": "pay.example.com"}]}]


def test_a_second_layer_is_not_written_for_callers_that_prove_nothing() -> None:
    text = clusters.MESH + clusters.knp(
        "{podSelector: {matchLabels: {app: server}}, ingress: "
        "[{from: [{namespaceSelector: {}}], ports: [{port: 8080}]}]}",
        "mesh",
    )
    found = next(one for one in reviewed(text).findings if one.code == "open-at-l7")
    assert not found.proof.verified
    assert "proves no identity" in found.proof.reason

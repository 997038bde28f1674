"""Policies of Calico as policies of Cilium, or refused with the field."""

from typing import Any

import pytest
import yaml

from topology.authoring.calico import cilium_policy_of
from topology.authoring.calico_migration import migrate_calico
from topology.authoring.calico_selectors import Unsupported, label_selector
from topology.authoring.rewriting import Rewriting
from topology.load import load_text
from topology.model import Cluster
from topology.paths import Network
from topology.policy.validation.document import validate


def calico(spec: str, kind: str = "NetworkPolicy") -> dict[str, Any]:
    found = yaml.safe_load(
        f"apiVersion: projectcalico.org/v3\nkind: {kind}\n"
        f"metadata: {{name: one, namespace: shop}}\nspec:\n{spec}"
    )
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("text", "selector"),
    [
        ("all()", {}),
        ("app == 'web'", {"matchLabels": {"app": "web"}}),
        (
            "(app == 'web') && has(tier) && !has(old)",
            {
                "matchLabels": {"app": "web"},
                "matchExpressions": [
                    {"key": "tier", "operator": "Exists"},
                    {"key": "old", "operator": "DoesNotExist"},
                ],
            },
        ),
        (
            'app in {"a", "b"} && env not in {\'c\'} && x != "y"',
            {
                "matchExpressions": [
                    {"key": "app", "operator": "In", "values": ["a", "b"]},
                    {"key": "env", "operator": "NotIn", "values": ["c"]},
                    {"key": "x", "operator": "NotIn", "values": ["y"]},
                ]
            },
        ),
    ],
)
def test_a_conjunction_is_a_label_selector(text: str, selector: dict[str, Any]) -> None:
    assert label_selector(text) == selector


@pytest.mark.parametrize("text", ["a == 'b' || c == 'd'", "a contains 'b'", "!(a == 'b')"])
def test_what_is_no_conjunction_is_refused(text: str) -> None:
    with pytest.raises(Unsupported):
        label_selector(text)


INGRESS = """\
  selector: role == 'db'
  types: [Ingress]
  ingress:
  - action: Allow
    protocol: TCP
    source: {selector: role == 'front', namespaceSelector: team == 'x'}
    destination: {ports: [6379, '7000:7005']}
  - action: Deny
"""


def test_rules_in_order_become_rules_and_the_default_deny() -> None:
    body, refusal = cilium_policy_of(calico(INGRESS))
    assert refusal is None
    assert body is not None
    assert body["spec"] == {
        "endpointSelector": {"matchLabels": {"role": "db"}},
        "ingress": [
            {
                "fromEndpoints": [
                    {
                        "matchLabels": {
                            "k8s:io.cilium.k8s.namespace.labels.team": "x",
                            "role": "front",
                        }
                    }
                ],
                "toPorts": [
                    {
                        "ports": [
                            {"port": "6379", "protocol": "TCP"},
                            {"port": "7000", "endPort": 7005, "protocol": "TCP"},
                        ]
                    }
                ],
            }
        ],
    }
    document = load_text(yaml.safe_dump(body)).policies[0]
    assert not [one for one in validate(document) if one.refuses]


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ("  tier: security\n  selector: all()", "spec.tier"),
        ("  selector: a == 'b' || c == 'd'", "spec.selector"),
        ("  ingress: [{action: Pass}]", "spec.ingress[0].action"),
        (
            "  ingress: [{action: Allow}, {action: Deny, source: {nets: [10.0.0.0/8]}}]",
            "spec.ingress[1].action",
        ),
        ("  ingress: [{action: Allow, http: {methods: [GET]}}]", "spec.ingress[0].http"),
        (
            "  ingress: [{action: Allow, source: {notSelector: a == 'b'}}]",
            "spec.ingress[0].source.notSelector",
        ),
        (
            "  egress: [{action: Allow, protocol: TCP, destination: {notPorts: [1]}}]",
            "spec.egress[0].destination.notPorts",
        ),
    ],
)
def test_what_cilium_cannot_say_is_refused_with_its_field(spec: str, path: str) -> None:
    body, refusal = cilium_policy_of(calico(spec))
    assert body is None
    assert refusal is not None
    assert refusal.path == path


def test_a_conversion_from_calico_is_never_called_verified() -> None:
    network = Network.build(Cluster())
    text = yaml.safe_dump(calico(INGRESS))
    found = migrate_calico(network, text, Rewriting(outcome="nothing-to-do"))
    assert found.edits
    assert not found.verified
    assert {check.check: check.ok for check in found.checks} == {
        "validation": True,
        "equal-to-calico": False,
    }


def test_a_network_of_calico_that_holds_pods_is_refused() -> None:
    pod = """\
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: shop}
spec: {containers: [{name: c, image: x}]}
status: {phase: Running, podIP: 10.1.0.5}
"""
    network = Network.build(load_text(pod))
    text = yaml.safe_dump(calico("  ingress: [{action: Allow, source: {nets: [10.1.0.0/16]}}]"))
    found = migrate_calico(network, text, Rewriting(outcome="nothing-to-do"))
    assert not found.edits
    assert found.refusals[0].path == "10.1.0.0/16"

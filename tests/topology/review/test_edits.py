"""Changed copies of policies."""

import pytest

from topology.load import load_text
from topology.model import Document
from topology.review.edits import dropped, edited, field_at, removed_rule, steps_to

TEXT = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  endpointSelector: {matchLabels: {"k8s:app.kubernetes.io/name": web}}
  egress:
  - toEntities: [world]
    toPorts:
    - ports: [{port: "80"}]
    - ports: [{port: "443"}]
  egressDeny:
  - toEntities: [host]
"""


@pytest.fixture
def policy() -> Document:
    (document,) = load_text(TEXT, name="p.yaml").policies
    return document


def test_a_key_may_hold_dots_and_slashes(policy: Document) -> None:
    path = "spec.endpointSelector.matchLabels.k8s:app.kubernetes.io/name"
    assert steps_to(policy.body, path)[-1] == "k8s:app.kubernetes.io/name"
    assert field_at(policy.body, path) == "web"


def test_what_is_not_there_is_none(policy: Document) -> None:
    assert field_at(policy.body, "spec.ingress[0]") is None
    assert field_at(policy.body, "spec.egress[7]") is None


def test_an_edit_leaves_the_policy_as_it_was(policy: Document) -> None:
    changed = edited(policy, "spec.egress[0].toEntities[0]", "cluster")
    assert field_at(changed.body, "spec.egress[0].toEntities") == ["cluster"]
    assert field_at(policy.body, "spec.egress[0].toEntities") == ["world"]


def test_an_item_can_be_dropped(policy: Document) -> None:
    changed = dropped(policy, "spec.egress[0].toPorts[0]")
    assert field_at(changed.body, "spec.egress[0].toPorts") == [{"ports": [{"port": "443"}]}]


def test_one_of_several_port_items_goes_alone(policy: Document) -> None:
    changed = removed_rule(policy, "spec.egress[0].toPorts[1]")
    assert changed
    assert field_at(changed.body, "spec.egress[0].toPorts") == [{"ports": [{"port": "80"}]}]


def test_a_direction_that_still_denies_needs_no_empty_rule(policy: Document) -> None:
    changed = removed_rule(policy, "spec.egress[0]")
    assert changed
    assert "egress" not in changed.body["spec"]


def test_the_last_deny_rule_leaves_the_default_deny_of_its_direction(policy: Document) -> None:
    only = dropped(policy, "spec.egress")
    changed = removed_rule(only, "spec.egressDeny[0]")
    assert changed
    assert changed.body["spec"]["egress"] == [{}]

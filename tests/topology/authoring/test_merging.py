"""Policies put together and taken apart."""

import pytest

from topology.authoring.merging import SplitBy, merge, split
from topology.load import load_text
from topology.paths import Network

CLUSTER = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: x}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: db, namespace: shop}
spec:
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: c, image: x}]}}
---
"""
TWO = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: a, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress]
  ingress:
  - from: [{podSelector: {matchLabels: {app: db}}}]
    ports: [{port: 80}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: b, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Ingress, Egress]
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
    ports: [{port: 80}]
  egress:
  - to: [{ipBlock: {cidr: 10.0.0.0/8}}]
"""


def network(policies: str) -> Network:
    return Network.build(load_text(CLUSTER + policies, name="policies.yaml"))


def test_policies_of_one_subject_become_one_with_their_peers_together() -> None:
    given = network(TWO)
    found = merge(given, given.cluster.policies)
    assert found.verified
    kept, gone = found.edits
    assert gone.after is None
    assert kept.after is not None
    spec = kept.after.body["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    (rule,) = spec["ingress"]
    assert len(rule["from"]) == 2


def test_rules_that_are_not_in_force_are_not_brought_into_force() -> None:
    text = TWO.replace("policyTypes: [Ingress, Egress]", "policyTypes: [Egress]")
    given = network(text)
    found = merge(given, given.cluster.policies)
    assert found.verified
    assert found.edits[0].after is not None
    (rule,) = found.edits[0].after.body["spec"]["ingress"]
    assert len(rule["from"]) == 1


def test_policies_of_different_subjects_stay_apart() -> None:
    given = network(TWO.replace("app: web}}\n  policyTypes: [Ingress, Egress]",
                                "app: db}}\n  policyTypes: [Ingress, Egress]"))  # fmt: skip
    assert merge(given, given.cluster.policies).outcome == "nothing-to-do"


CILIUM = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: many, namespace: shop}
spec:
  endpointSelector: {matchExpressions: [{key: app, operator: In, values: [web, db]}]}
  ingress:
  - fromEndpoints: [{matchLabels: {app: web}}, {matchLabels: {app: db}}]
    toPorts: [{ports: [{port: "80", protocol: TCP}], rules: {http: [{path: /x}]}}]
  egressDeny:
  - toCIDR: [10.0.0.0/8]
  egress:
  - toEntities: [all]
"""


@pytest.mark.parametrize(("by", "parts"), [("direction", 2), ("peer", 4), ("subject", 2)])
def test_a_policy_is_split_into_parts_that_do_the_same(by: SplitBy, parts: int) -> None:
    given = network(CILIUM)
    found = split(given, given.cluster.policies[0], by=by)
    assert found.verified, found.differences
    assert len([edit for edit in found.edits if edit.after]) == parts
    assert found.edits[0].after is None


def test_parts_are_merged_again_into_what_they_were() -> None:
    given = network(CILIUM)
    parts = split(given, given.cluster.policies[0], by="direction")
    documents = [edit.after for edit in parts.edits if edit.after]
    back = merge(given, documents)
    assert back.verified
    assert sum(edit.after is not None for edit in back.edits) == 1


def test_what_has_one_part_only_is_not_split() -> None:
    given = network(TWO)
    assert split(given, given.cluster.policies[0], by="peer").outcome == "nothing-to-do"

"""Policies for Azure NPM, made to mean the same under Cilium."""

from typing import Any

import pytest

from topology.authoring.migration import migrate
from topology.authoring.rewriting import Rewriting
from topology.load import load_text
from topology.paths import Network

CLUSTER = """\
apiVersion: v1
kind: Node
metadata: {name: n1}
status: {addresses: [{type: InternalIP, address: 10.0.0.4}]}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {nodeName: n1, containers: [{name: c, image: x, ports: [{containerPort: 8080}]}]}
status: {phase: Running, podIP: 10.244.0.5}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
spec: {nodeName: n1, containers: [{name: c, image: x, ports: [{containerPort: 5432}]}]}
status: {phase: Running, podIP: 10.244.0.6}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {selector: {app: db}, clusterIP: 10.96.0.10, ports: [{port: 5000, targetPort: 5432}]}
---
"""


def migrated(spec: str) -> Rewriting:
    policy = f"""\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: one, namespace: shop}}
spec:
{spec}
"""
    network = Network.build(load_text(CLUSTER + policy, name="policy.yaml"))
    return migrate(network, network.cluster.policies)


def spec_of(found: Rewriting) -> Any:
    after = found.edits[-1].after
    assert after is not None
    return after.body["spec"]


def test_the_address_of_a_pod_becomes_a_selector_of_its_workload() -> None:
    found = migrated(
        """\
  podSelector: {matchLabels: {app: db}}
  ingress: [{from: [{ipBlock: {cidr: 10.244.0.5/32}}], ports: [{port: 5432}]}]"""
    )
    assert found.verified
    assert spec_of(found)["ingress"][0]["from"] == [
        {"podSelector": {"matchLabels": {"app": "web"}}}
    ]
    assert "never does" in found.notes[0]


@pytest.mark.parametrize("port", [5000, 5432])
def test_the_address_of_a_service_becomes_its_backends_on_their_port(port: int) -> None:
    found = migrated(
        f"""\
  podSelector: {{matchLabels: {{app: web}}}}
  policyTypes: [Egress]
  egress:
  - to: [{{podSelector: {{matchLabels: {{app: db}}}}}}, {{ipBlock: {{cidr: 10.96.0.10/32}}}}]
    ports: [{{port: {port}}}]"""
    )
    (rule,) = spec_of(found)["egress"]
    assert rule == {
        "to": [{"podSelector": {"matchLabels": {"app": "db"}}}],
        "ports": [{"port": 5432}],
    }


def test_the_address_of_a_node_needs_a_policy_of_cilium() -> None:
    found = migrated(
        """\
  podSelector: {}
  ingress: [{from: [{ipBlock: {cidr: 10.0.0.4/32}}], ports: [{port: 8080}]}]"""
    )
    assert found.edits[-1].key == "CiliumNetworkPolicy/shop/one"
    entities = [rule for rule in spec_of(found)["ingress"] if "fromEntities" in rule]
    assert entities == [
        {
            "fromEntities": ["host", "remote-node"],
            "toPorts": [{"ports": [{"port": "8080", "protocol": "TCP"}]}],
        }
    ]


def test_pods_that_a_network_means_by_their_own_address_and_by_a_service_are_named_once() -> None:
    found = migrated(
        """\
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
  egress: [{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/16]}}]}]"""
    )
    named = [one for one in spec_of(found)["egress"][0]["to"] if "podSelector" in one]
    labels = [one["podSelector"]["matchLabels"]["app"] for one in named]
    assert sorted(labels) == ["db", "web"]


def test_every_address_meant_every_pod_too() -> None:
    found = migrated("  podSelector: {}\n  ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]")
    assert found.verified
    assert any(rule.get("fromEndpoints") for rule in spec_of(found)["ingress"])
    assert any(rule.get("fromCIDRSet") for rule in spec_of(found)["ingress"])


def test_a_network_outside_is_left_as_it_is() -> None:
    found = migrated("  podSelector: {}\n  ingress: [{from: [{ipBlock: {cidr: 203.0.113.0/24}}]}]")
    assert found.outcome == "nothing-to-do"

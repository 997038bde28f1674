"""NetworkPolicy as CiliumNetworkPolicy and back, with equality proven or refused."""

import random
from typing import Any

import pytest
import yaml

from topology.authoring.conversion import convert
from topology.authoring.edit_equality import compare
from topology.authoring.edits import Edit, new_document, removed
from topology.authoring.rewriting import Rewriting
from topology.load import load_text
from topology.paths import Network

CLUSTER = """\
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: shop}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: x, ports: [{containerPort: 8080, name: http}]}]}
---
"""


def network_with(policy: dict[str, Any]) -> Network:
    return Network.build(load_text(CLUSTER + yaml.safe_dump(policy), name="policy.yaml"))


def kubernetes(spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "one", "namespace": "shop"},
        "spec": spec,
    }


def cilium(spec: dict[str, Any], kind: str = "CiliumNetworkPolicy") -> dict[str, Any]:
    space = {"namespace": "shop"} if kind == "CiliumNetworkPolicy" else {}
    return {
        "apiVersion": "cilium.io/v2",
        "kind": kind,
        "metadata": {"name": "one", **space},
        "spec": spec,
    }


def converted(policy: dict[str, Any], to: str) -> Rewriting:
    network = network_with(policy)
    return convert(network, network.cluster.policies, to=to)


KUBERNETES = [
    {"podSelector": {}},
    {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
    {"podSelector": {"matchLabels": {"app": "web"}}, "ingress": [{}], "egress": [{}]},
    {
        "podSelector": {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["x"]}]},
        "ingress": [
            {
                "from": [
                    {"podSelector": {"matchLabels": {"app": "web"}}},
                    {"namespaceSelector": {}},
                    {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}},
                ],
                "ports": [
                    {"port": 80},
                    {"port": "http", "protocol": "TCP"},
                    {"port": 1000, "endPort": 2000, "protocol": "UDP"},
                    {"protocol": "SCTP"},
                ],
            }
        ],
    },
    {
        "podSelector": {},
        "policyTypes": ["Egress"],
        "egress": [
            {
                "to": [
                    {
                        "namespaceSelector": {
                            "matchLabels": {"team": "shop"},
                            "matchExpressions": [
                                {
                                    "key": "kubernetes.io/metadata.name",
                                    "operator": "NotIn",
                                    "values": ["kube-system"],
                                }
                            ],
                        },
                        "podSelector": {"matchLabels": {"app": "db"}},
                    }
                ]
            },
            {"ports": [{"port": 53, "protocol": "UDP"}]},
        ],
    },
]


@pytest.mark.parametrize("spec", KUBERNETES)
def test_a_network_policy_is_said_equally_by_cilium(spec: dict[str, Any]) -> None:
    found = converted(kubernetes(spec), "CiliumNetworkPolicy")
    assert found.outcome == "done"
    assert found.verified
    assert {check.check for check in found.checks} >= {"equal-on-cluster", "equal-on-any-cluster"}


@pytest.mark.parametrize("spec", KUBERNETES)
def test_there_and_back_is_equal_too(spec: dict[str, Any]) -> None:
    there = converted(kubernetes(spec), "CiliumNetworkPolicy")
    after = there.edits[-1].after
    assert after is not None
    back = converted(dict(after.body), "NetworkPolicy")
    assert back.verified, back.differences


class Writer:
    """Writes random NetworkPolicies."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def selector(self) -> dict[str, Any]:
        chance = self.chance
        if chance.random() < 0.2:
            return {}
        if chance.random() < 0.5:
            return {"matchLabels": {chance.choice("ab"): chance.choice("xyz")}}
        operator = chance.choice(["In", "NotIn", "Exists", "DoesNotExist"])
        values = {"values": ["x", "y"]} if operator.endswith("In") else {}
        return {"matchExpressions": [{"key": chance.choice("ab"), "operator": operator, **values}]}

    def peer(self) -> dict[str, Any]:
        pods, spaces = self.selector(), self.selector()
        block = {"cidr": self.chance.choice(["0.0.0.0/0", "10.0.0.0/8"])}
        return self.chance.choice(
            [
                {"podSelector": pods},
                {"namespaceSelector": spaces},
                {"namespaceSelector": spaces, "podSelector": pods},
                {"ipBlock": block},
            ]
        )

    def rule(self, side: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self.chance.random() < 0.8:
            found[side] = [self.peer() for _ in range(self.chance.randint(1, 3))]
        if self.chance.random() < 0.7:
            found["ports"] = [{"port": self.chance.choice([80, "http"]), "protocol": "TCP"}]
        return found

    def spec(self) -> dict[str, Any]:
        chance = self.chance
        return {
            "podSelector": self.selector(),
            "policyTypes": chance.choice([["Ingress"], ["Egress"], ["Ingress", "Egress"]]),
            "ingress": [self.rule("from") for _ in range(chance.randint(0, 2))],
            "egress": [self.rule("to") for _ in range(chance.randint(0, 2))],
        }


@pytest.mark.parametrize("seed", range(25))
def test_random_network_policies_are_said_equally_by_cilium(seed: int) -> None:
    found = converted(kubernetes(Writer(seed).spec()), "CiliumNetworkPolicy")
    assert found.verified, (Writer(seed).spec(), found.differences)


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"ingress": [{"fromEntities": ["remote-node"]}]}, "spec.ingress[0].fromEntities[0]"),
        ({"egress": [{"toFQDNs": [{"matchName": "a.com"}]}]}, "spec.egress[0].toFQDNs[0]"),
        ({"ingressDeny": [{"fromEndpoints": [{}]}]}, "spec.ingressDeny"),
        (
            {
                "ingress": [
                    {
                        "toPorts": [
                            {
                                "ports": [{"port": "80", "protocol": "TCP"}],
                                "rules": {"http": [{"path": "/x"}]},
                            }
                        ]
                    }
                ]
            },
            "spec.ingress[0].toPorts[0].rules",
        ),
        (
            {"egress": [{"icmps": [{"fields": [{"type": 8, "family": "IPv4"}]}]}]},
            "spec.egress[0].icmps",
        ),
        (
            {"ingress": [{}], "enableDefaultDeny": {"ingress": False}},
            "spec.enableDefaultDeny.ingress",
        ),
    ],
)
def test_what_a_network_policy_cannot_say_is_refused_with_its_field(
    spec: dict[str, Any], path: str
) -> None:
    found = converted(cilium({"endpointSelector": {}, **spec}), "NetworkPolicy")
    assert found.outcome == "refused"
    assert not found.edits
    assert [one.path for one in found.refusals] == [path]


def test_a_policy_of_the_whole_cluster_is_no_policy_of_a_namespace() -> None:
    policy = cilium({"endpointSelector": {}, "ingress": [{}]}, "CiliumClusterwideNetworkPolicy")
    found = converted(policy, "NetworkPolicy")
    assert found.outcome == "refused"
    assert "one namespace" in found.refusals[0].why


def test_the_node_that_is_let_in_anyway_needs_no_peer() -> None:
    spec = {
        "endpointSelector": {},
        "ingress": [{"fromEntities": ["host"]}, {"fromEndpoints": [{}]}],
    }
    found = converted(cilium(spec), "NetworkPolicy")
    assert found.verified


def test_a_difference_that_no_pod_shows_today_is_found() -> None:
    network = network_with(kubernetes({"podSelector": {"matchLabels": {"app": "unborn"}}}))
    (old,) = network.cluster.policies
    other = kubernetes({"podSelector": {"matchLabels": {"app": "unborn", "tier": "x"}}})
    other["metadata"]["name"] = "two"
    found = compare(network, [removed(old), new_document(other)])
    checks = {check.check: check.ok for check in found.checks}
    assert checks["equal-on-cluster"]
    assert not checks["equal-on-any-cluster"]


def test_pods_are_made_for_every_choice_of_values_that_conditions_leave() -> None:
    def policy(name: str, apps: str, tiers: str) -> str:
        return f"""\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: {name}, namespace: shop}}
spec:
  podSelector:
    matchExpressions:
    - {{key: app, operator: In, values: {apps}}}
    - {{key: tier, operator: In, values: {tiers}}}
  policyTypes: [Ingress]
---
"""

    whole = load_text(policy("p", "[a, b]", "[x, y]"))
    # Neither half selects a pod with `app: a` and `tier: y`, and no such pod exists today.
    halves = load_text(policy("one", "[a]", "[x]") + policy("two", "[b]", "[y]"))
    network = Network.build(whole)
    edits = [removed(whole.policies[0])]
    edits += [Edit(before=None, after=one, what=()) for one in halves.policies]
    found = compare(network, edits)
    assert [one.check for one in found.checks if not one.ok] == ["equal-on-any-cluster"]

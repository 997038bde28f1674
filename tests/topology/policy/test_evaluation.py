from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from topology.policy import PROFILES, PolicyEngine
from topology.targets import EntityTarget, PodTarget

World = Callable[..., Any]

BY_NAMESPACE = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: by-team, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress: [{from: [{namespaceSelector: {matchLabels: {team: blue}}}]}]
---
"""
UNSEEN = """
apiVersion: v1
kind: Pod
metadata: {name: stranger, namespace: unseen, labels: {app: stranger}}
spec: {containers: [{name: c, image: i}]}
---
"""
CLUSTERWIDE = """
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: by-team}
spec:
  endpointSelector: {matchLabels: {io.cilium.k8s.namespace.labels.team: blue}}
  ingress: [{}]
---
"""
HOST = """
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: host}
spec: {nodeSelector: {}, ingress: [{fromEntities: [cluster]}]}
---
"""


def test_labels_of_a_namespace_that_is_not_in_the_input_are_not_guessed(world: World) -> None:
    here = world(BY_NAMESPACE + UNSEEN)
    assert here.ask("ops/probe", "shop/db", 80).verdict == "allow"
    assert here.ask("shop/web", "shop/db", 80).verdict == "deny"
    layer = here.ask("unseen/stranger", "shop/db", 80).ingress
    assert layer.verdict == "unknown"
    assert "labels of the namespace `unseen`, which is not in the input" in layer.reason


def test_the_name_of_a_namespace_is_known_even_if_its_labels_are_not(world: World) -> None:
    policy = BY_NAMESPACE.replace("team: blue", "kubernetes.io/metadata.name: unseen")
    here = world(policy + UNSEEN)
    assert here.ask("unseen/stranger", "shop/db", 80).verdict == "allow"
    assert here.ask("ops/probe", "shop/db", 80).verdict == "deny"


def test_a_policy_that_perhaps_selects_leaves_its_subject_open(world: World) -> None:
    here = world(CLUSTERWIDE + UNSEEN)
    assert here.ask("shop/web", "ops/probe").verdict == "deny"
    assert here.ask("shop/web", "shop/db").verdict == "allow"
    layer = here.ask("shop/web", "unseen/stranger").ingress
    assert layer.verdict == "unknown"
    assert layer.policy == "CiliumClusterwideNetworkPolicy/by-team"
    (selection,) = here.engine.selecting(here.pod("unseen/stranger"))
    assert selection.doubt


def engine_of(here: Any, **settings: Any) -> PolicyEngine:
    return PolicyEngine.build(here.cluster, profile=replace(PROFILES["1.18"], **settings))


@pytest.mark.parametrize(
    ("mode", "expected"), [("default", "allow"), ("always", "deny"), ("never", "allow")]
)
def test_the_mode_of_enforcement_decides_without_rules(
    world: World, mode: str, expected: str
) -> None:
    here = world()
    ends = PodTarget(here.pod("shop/web")), PodTarget(here.pod("shop/db"))
    decision = engine_of(here, enforcement=mode).decide(*ends, port=80)
    assert decision.verdict == expected
    assert decision.egress.enforced == (mode == "always")


def test_mode_never_also_forgets_the_denies(world: World) -> None:
    here = world(CLUSTERWIDE)
    ends = PodTarget(here.pod("shop/web")), PodTarget(here.pod("ops/probe"))
    assert engine_of(here, enforcement="never").decide(*ends, port=80).verdict == "allow"


def test_the_node_needs_a_rule_where_localhost_is_left_to_policy(world: World) -> None:
    here = world(CLUSTERWIDE)
    ends = EntityTarget("host"), PodTarget(here.pod("ops/probe"))
    assert engine_of(here).decide(*ends, port=80).verdict == "allow"
    assert engine_of(here, allow_localhost="policy").decide(*ends, port=80).verdict == "deny"


def test_host_policies_act_only_with_the_host_firewall(world: World) -> None:
    here = world(HOST)
    host = EntityTarget("host-endpoint")
    web, outside = PodTarget(here.pod("shop/web")), EntityTarget("world")
    for firewall, expected in ((True, "deny"), (False, "allow")):
        engine = engine_of(here, host_firewall=firewall)
        assert engine.decide(outside, host, port=22).verdict == expected
        assert engine.decide(web, host, port=22).verdict == "allow"


def test_a_deny_wins_and_says_which_allow_it_overrules(world: World) -> None:
    policy = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: both, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: db}}
  ingress: [{fromEndpoints: [{matchLabels: {app: web}}]}]
  ingressDeny:
  - toPorts: [{ports: [{port: "5432", protocol: TCP}]}]
"""
    here = world(policy)
    denied = here.ask("shop/web", "shop/db", 5432).ingress
    assert denied.verdict == "deny"
    assert denied.rule == "spec.ingressDeny[0].toPorts[0]"
    assert denied.nearest.endswith("`spec.ingress[0]` would allow it, but a deny comes first.")
    assert here.ask("shop/web", "shop/db", 5433).verdict == "allow"


def test_requires_limits_the_endpoints_of_every_rule_of_the_subject(world: World) -> None:
    policy = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: requires, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: db}}
  ingress: [{fromRequires: [{matchLabels: {app: web}}]}]
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: everyone, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: db}}
  ingress:
  - fromEndpoints: [{}, {matchLabels: {io.kubernetes.pod.namespace: ops}}]
  - fromEntities: [remote-node]
"""
    here = world(policy)
    assert here.ask("shop/web", "shop/db").verdict == "allow"
    assert here.ask("shop/db", "shop/db").verdict == "deny"
    assert here.ask("ops/probe", "shop/db").verdict == "deny"
    assert here.ask("192.168.0.2", "shop/db").verdict == "allow"

from collections.abc import Callable
from typing import Any

World = Callable[..., Any]

GOOD = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: good, namespace: shop}
spec: {podSelector: {}}
---
"""
BAD = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: bad, namespace: shop}
spec:
  endpointSelector: {}
  ingress:
  - fromEntities: [internet]
---
"""
CALICO = GOOD.replace("networking.k8s.io/v1", "crd.projectcalico.org/v1")


def test_a_refused_policy_is_set_aside_with_its_line_and_the_others_count(world: World) -> None:
    here = world(GOOD + BAD)
    (problem,) = here.engine.problems
    assert "CiliumNetworkPolicy/shop/bad is not in force" in problem.message
    text = here.text.splitlines()
    assert "internet" in text[problem.location.line - 1]
    assert {rule.policy for rule in here.engine.rules} == {"NetworkPolicy/shop/good"}


def test_policies_of_other_engines_with_the_same_kind_are_left_aside(world: World) -> None:
    assert world(CALICO).engine.rules == ()


def test_given_policies_replace_those_of_the_cluster(world: World) -> None:
    from topology.policy import PolicyEngine

    here = world(GOOD)
    assert PolicyEngine.build(here.cluster, policies=[]).rules == ()


def test_rules_come_in_the_order_of_policy_and_field(world: World) -> None:
    first = GOOD.replace("name: good", "name: aaa")
    names = [rule.policy for rule in world(GOOD + first).engine.rules]
    assert names == sorted(names)

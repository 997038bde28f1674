from collections.abc import Callable
from typing import Any

World = Callable[..., Any]

TWINS = """
apiVersion: v1
kind: Pod
metadata: {name: web-2, namespace: shop, labels: {app: web, pod-template-hash: abc}}
spec: {containers: [{name: c, image: i}]}
status: {podIP: 10.244.0.99}
---
"""
BY_APP = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec: {podSelector: {matchLabels: {app: web}}, ingress: [{ports: [PORT]}]}
---
"""
BY_ACCOUNT = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: p, namespace: shop}
spec:
  endpointSelector: {matchLabels: {io.cilium.k8s.policy.serviceaccount: vault}}
  ingress: [{}]
---
"""
BY_ADDRESS = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: p, namespace: shop}
spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.244.0.99/32}}]}]}
---
"""


def classes(world: World, policy: str, profile: str = "1.18") -> list[list[str]]:
    engine = world(TWINS + policy, profile).engine
    return sorted(sorted(pod.name for pod in pods) for pods in engine.classes())


def test_labels_that_no_selector_names_do_not_tell_pods_apart(world: World) -> None:
    policy = BY_APP.replace("PORT", "{port: 80}")
    assert classes(world, policy) == [["db"], ["probe"], ["web", "web-2"]]


def test_ports_tell_pods_apart_only_where_a_rule_names_ports(world: World) -> None:
    policy = BY_APP.replace("PORT", "{port: http}")
    assert classes(world, policy) == [["db"], ["probe"], ["web"], ["web-2"]]


def test_service_accounts_tell_pods_apart_where_a_selector_names_them(world: World) -> None:
    assert classes(world, BY_ACCOUNT) == [["db"], ["probe"], ["web", "web-2"]]


def test_addresses_tell_pods_apart_only_in_plain_kubernetes(world: World) -> None:
    assert classes(world, BY_ADDRESS) == [["db", "web", "web-2"], ["probe"]]
    assert classes(world, BY_ADDRESS, "kubernetes") == [["db", "web"], ["probe"], ["web-2"]]

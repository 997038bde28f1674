from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import pytest

from topology.errors import InvalidQuery
from topology.targets import EntityTarget, PodTarget, RangeTarget

World = Callable[..., Any]

API = """
apiVersion: v1
kind: Service
metadata: {name: kubernetes, namespace: default}
spec: {clusterIP: 10.0.0.1, ports: [{port: 443}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  {name: kubernetes, namespace: default, labels: {kubernetes.io/service-name: kubernetes}}
addressType: IPv4
endpoints: [{addresses: [20.1.2.3]}]
ports: [{port: 443, protocol: TCP}]
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: web}}
  egress: [{toEntities: [kube-apiserver]}]
---
"""
NODES_ONLY = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: nodes, namespace: shop}
spec: {endpointSelector: {}, egress: [{toEntities: [remote-node]}]}
---
"""
PLANNED = """
apiVersion: v1
kind: Pod
metadata: {name: nowhere, namespace: shop, labels: {app: nowhere}}
spec: {containers: [{name: c, image: i}]}
---
"""


def test_the_address_behind_the_kubernetes_service_is_the_api_server(world: World) -> None:
    here = world(API)
    assert here.ask("shop/web", "20.1.2.3", 443).verdict == "allow"
    assert here.ask("shop/web", "entity:kube-apiserver", 443).verdict == "allow"
    assert here.ask("shop/web", "20.1.2.4", 443).verdict == "deny"


def test_a_node_is_the_host_for_its_own_pods_and_remote_for_others(world: World) -> None:
    here = world(NODES_ONLY)
    assert here.ask("shop/web", "192.168.0.1").verdict == "deny"
    assert here.ask("shop/web", "192.168.0.2").verdict == "allow"


def test_a_pod_without_node_leaves_the_question_open(world: World) -> None:
    decision = world(NODES_ONLY + PLANNED).ask("shop/nowhere", "192.168.0.2")
    assert decision.verdict == "unknown"
    assert "allow if on another node; deny if on the same node" in decision.egress.reason


def test_a_range_counts_the_pods_and_nodes_in_it(world: World) -> None:
    here = world(NODES_ONLY)
    decision = here.ask("shop/web", "10.244.0.8/29")
    assert decision.verdict == "deny"
    mixed = here.ask("shop/web", "192.168.0.0/30")
    assert mixed.verdict == "unknown"
    assert "allow for 192.168.0.2 (remote-node)" in mixed.egress.reason


def test_the_whole_address_space_is_a_range_like_any_other(world: World) -> None:
    decision = world(NODES_ONLY).ask("shop/web", "0.0.0.0/0")
    assert decision.verdict == "unknown"
    assert "for 10.244.0.11 (pods like shop/db)" in decision.egress.reason
    assert "for 0.0.0.0/0" in decision.egress.reason


def test_a_range_that_falls_into_too_many_parts_is_refused(world: World) -> None:
    cidrs = ", ".join(f"10.{n // 256}.{n % 256}.1/32" for n in range(3000))
    policy = f"""
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {{name: many, namespace: shop}}
spec: {{endpointSelector: {{}}, egress: [{{toCIDR: [{cidrs}]}}]}}
"""
    here = world(policy)
    source = PodTarget(here.pod("shop/web"))
    with pytest.raises(InvalidQuery, match="more than 4096 parts"):
        here.engine.decide(source, RangeTarget(ip_network("10.0.0.0/8")), port=80)


def test_entities_that_are_many_things_are_no_end(world: World) -> None:
    here = world()
    with pytest.raises(InvalidQuery, match="`all` cannot be an end"):
        here.engine.decide(EntityTarget("all"), PodTarget(here.pod("shop/web")), port=80)

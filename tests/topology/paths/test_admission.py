"""Whom a Service lets in: ranges of its load balancer, and callers without a local endpoint."""

import pytest

from topology.load import load_text
from topology.names import resolve
from topology.paths import Network, Reach, parse_port

TEXT = """
{{kind: Pod, apiVersion: v1, metadata: {{name: web, namespace: shop, labels: {{app: web}}}},
 spec: {{nodeName: n1, containers: [{{name: c}}]}}, status: {{podIP: 10.9.0.1}}}}
---
{{kind: Pod, apiVersion: v1, metadata: {{name: near, namespace: shop}},
 spec: {{nodeName: n1, containers: [{{name: c}}]}}, status: {{podIP: 10.9.0.2}}}}
---
{{kind: Pod, apiVersion: v1, metadata: {{name: far, namespace: shop}},
 spec: {{nodeName: n2, containers: [{{name: c}}]}}, status: {{podIP: 10.9.1.2}}}}
---
{{kind: Service, apiVersion: v1, metadata: {{name: web, namespace: shop}},
 spec: {{selector: {{app: web}}, ports: [{{port: 80}}], {spec}}},
 status: {{loadBalancer: {{ingress: [{{ip: {ip}}}]}}}}}}
"""


def ask(source: str, spec: str, ip: str = "20.1.2.3") -> Reach:
    network = Network.build(load_text(TEXT.format(spec=spec, ip=ip)))
    cluster = network.cluster
    return network.reach(
        resolve(cluster, source), resolve(cluster, "service:shop/web"), port=parse_port("80")
    )


RANGES = "type: LoadBalancer, loadBalancerSourceRanges: [203.0.113.0/24]"


@pytest.mark.parametrize(
    ("source", "verdict"),
    [
        ("203.0.113.7", "allow"),
        ("198.51.100.7", "deny"),
        ("203.0.113.0/25", "allow"),
        ("203.0.112.0/23", "unknown"),
        ("world", "allow"),
        ("shop/near", "allow"),
    ],
)
def test_ranges_of_a_load_balancer_admit_callers_from_outside(source: str, verdict: str) -> None:
    assert ask(source, RANGES).verdict == verdict


def test_the_world_is_told_that_only_some_of_it_is_let_in() -> None:
    (layer,) = [one for one in ask("world", RANGES).layers if one.layer == "service"]
    assert "Only callers from `203.0.113.0/24`" in layer.reason


def test_an_internal_load_balancer_is_closed_to_the_internet_and_not_to_the_vnet() -> None:
    spec = "type: LoadBalancer"
    assert ask("world", spec, ip="10.1.0.9").verdict == "deny"
    assert ask("10.2.0.1", spec, ip="10.1.0.9").verdict == "allow"


def test_callers_on_a_node_without_a_local_endpoint_are_dropped() -> None:
    spec = "internalTrafficPolicy: Local"
    assert ask("shop/near", spec).verdict == "allow"
    found = ask("shop/far", spec)
    assert found.verdict == "deny"
    assert "`n2` has no ready endpoint" in next(
        one.reason for one in found.layers if one.layer == "service"
    )


def test_a_service_inside_is_noted_to_have_no_way_in_from_outside() -> None:
    text = TEXT.format(spec="type: ClusterIP", ip="x").partition(",\n status: {loadBalancer")[0]
    network = Network.build(load_text(f"{text}}}"))
    cluster = network.cluster
    found = network.reach(resolve(cluster, "world"), resolve(cluster, "service:shop/web"))
    (note,) = [one for one in found.notes if "ClusterIP" in one]
    assert "nothing in the input opens it to the outside" in note

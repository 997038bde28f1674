"""The way of a request, hop by hop, with the first hop that stops it as the cause."""

import pytest

from topology.errors import InvalidQuery, UnknownName
from topology.load import load_text
from topology.names import resolve
from topology.paths import Network, parse_port
from topology.service_path.way import Way
from topology.service_path.ways import ways_to_host, ways_to_service
from topology.targets import ServiceTarget

BASE = """
{kind: Deployment, apiVersion: apps/v1, metadata: {name: web, namespace: shop}, spec: {replicas: 2,
 template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, ports: [
  {containerPort: 8080, name: http}]}]}}}}
---
{kind: Service, apiVersion: v1, metadata: {name: web, namespace: shop},
 spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}}
---
{kind: Deployment, apiVersion: apps/v1, metadata: {name: ingress-nginx-controller,
 namespace: ingress-nginx}, spec: {replicas: 1, template: {metadata: {labels: {app: nginx}},
 spec: {containers: [{name: c, ports: [{containerPort: 80}]}]}}}}
---
{kind: Service, apiVersion: v1, metadata: {name: entry, namespace: ingress-nginx},
 spec: {type: LoadBalancer, selector: {app: nginx}, ports: [{port: 80}]},
 status: {loadBalancer: {ingress: [{ip: 20.1.2.3}]}}}
---
{kind: Ingress, apiVersion: networking.k8s.io/v1, metadata: {name: in, namespace: shop},
 spec: {ingressClassName: nginx, rules: [{host: shop.example.com, http: {paths: [
  {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}},
  {path: /old, pathType: Exact, backend: {service: {name: gone, port: {number: 80}}}}]}}]},
 status: {loadBalancer: {ingress: [{ip: 20.1.2.3}]}}}
---
"""
DENY = """
{kind: NetworkPolicy, apiVersion: networking.k8s.io/v1, metadata: {name: lock, namespace: shop},
 spec: {podSelector: {}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {}}]}]}}
"""


def network(text: str) -> Network:
    return Network.build(load_text(text))


def kinds(way: Way) -> list[tuple[str, str]]:
    return [(hop.kind, hop.verdict) for hop in way.hops]


def test_a_request_passes_gateway_entry_service_and_policies_to_the_pods() -> None:
    (way,) = ways_to_host(network(BASE), "shop.example.com", path="/cart")
    assert way.verdict == "allow"
    assert way.entry == "Ingress/shop/in"
    assert (way.service, way.port) == ("shop/web", "80/TCP")
    assert len(way.ready) == 2
    assert way.hops[0].object == "Service/ingress-nginx/entry"
    assert [kind for kind, _ in kinds(way)][1] == "entry"
    assert way.cause is None


def test_policies_are_asked_about_the_controller_and_not_about_the_world() -> None:
    (way,) = ways_to_host(network(BASE + DENY), "shop.example.com", path="/")
    assert way.cause is not None
    assert (way.cause.kind, way.cause.object) == ("policy", "NetworkPolicy/shop/lock")
    assert "From ingress class nginx" in way.cause.reason
    inside = DENY.replace(
        "[{podSelector: {}}]",
        "[{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ingress-nginx}}}]",
    )
    (way,) = ways_to_host(network(BASE + inside), "shop.example.com", path="/")
    assert way.verdict == "allow"


def test_an_entry_that_leads_nowhere_stops_the_request_there() -> None:
    (way,) = ways_to_host(network(BASE), "shop.example.com", path="/old")
    assert way.cause is not None
    assert way.cause.kind == "entry"
    assert "which does not exist" in way.cause.reason
    assert way.cause.location is not None


def test_without_a_path_every_path_of_the_host_is_followed() -> None:
    ways = ways_to_host(network(BASE), "SHOP.example.com".lower())
    assert {way.path: way.verdict for way in ways} == {"/": "allow", "/old": "deny"}


def test_a_host_that_nothing_takes_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName) as caught:
        ways_to_host(network(BASE), "shpo.example.com")
    assert caught.value.nearest == ("shop.example.com",)


def test_pods_that_are_not_ready_end_the_way() -> None:
    text = BASE + (
        "{kind: EndpointSlice, apiVersion: discovery.k8s.io/v1, metadata: {name: w,"
        " namespace: shop, labels: {kubernetes.io/service-name: web}}, addressType: IPv4,"
        " endpoints: [{addresses: [10.0.0.9], conditions: {ready: false}}],"
        " ports: [{name: '', port: 8080}]}"
    )
    (way,) = ways_to_host(network(text), "shop.example.com", path="/")
    assert way.verdict == "deny"
    assert way.waiting == ("10.0.0.9",)
    assert way.cause is not None
    assert "No backend is ready" in way.cause.reason


def test_a_controller_that_is_not_in_the_input_leaves_the_way_open() -> None:
    text = BASE.replace("ingressClassName: nginx", "ingressClassName: other").replace(
        "20.1.2.3", "20.7.7.7", 1
    )
    (way,) = ways_to_host(network(text), "shop.example.com", path="/")
    assert way.verdict == "unknown"
    assert way.cause is not None
    assert "No pod in the input is known to be its proxy" in way.cause.reason


def service_of(net: Network, name: str) -> ServiceTarget:
    target = resolve(net.cluster, f"service:{name}")
    assert isinstance(target, ServiceTarget)
    return target


def test_a_service_without_any_way_in_is_closed_to_the_world_and_open_inside() -> None:
    net = network(BASE.partition("{kind: Ingress")[0])
    service = service_of(net, "shop/web").service
    (way,) = ways_to_service(net, service)
    assert way.verdict == "deny"
    assert "no Ingress, route or gateway" in way.hops[0].reason
    caller = resolve(net.cluster, "ingress-nginx/ingress-nginx-controller")
    (way,) = ways_to_service(net, service, source=caller)
    assert way.verdict == "allow"


def test_one_port_can_be_asked_for_and_one_that_is_not_there_is_refused() -> None:
    net = network(BASE)
    service = service_of(net, "ingress-nginx/entry").service
    assert len(ways_to_service(net, service, port=parse_port("80"))) == 1
    with pytest.raises(InvalidQuery, match="has no port `99/TCP`; it has 80/TCP"):
        ways_to_service(net, service, port=parse_port("99"))


def test_shares_of_a_route_are_ways_of_their_own() -> None:
    route = """
{kind: Gateway, apiVersion: gateway.networking.k8s.io/v1, metadata: {name: gw, namespace: shop},
 spec: {gatewayClassName: azure-alb-external, listeners: [{name: http, port: 80}]}}
---
{kind: HTTPRoute, apiVersion: gateway.networking.k8s.io/v1, metadata: {name: r, namespace: shop},
 spec: {hostnames: ["*.example.org"], parentRefs: [{name: gw}], rules: [{backendRefs: [
  {name: web, port: 80, weight: 90}, {name: canary, port: 80, weight: 10}]}]}}
"""
    ways = ways_to_host(network(BASE + route), "a.example.org")
    assert [(way.service, way.weight, way.verdict) for way in ways] == [
        ("shop/web", 90, "unknown"), ("shop/canary", 10, "deny"),
    ]  # fmt: skip
    gateway = next(hop for hop in ways[0].hops if hop.kind == "gateway")
    assert "Application Gateway for Containers" in gateway.reason

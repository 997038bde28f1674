from ipaddress import ip_address

import pytest

from topology.load import load_text
from topology.model import ContainerPort, Endpoint, Service, ServicePort

SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: web
  namespace: shop
  labels: {team: shop}
  annotations: {service.beta.kubernetes.io/azure-load-balancer-internal: 'true'}
spec:
  type: LoadBalancer
  clusterIP: 10.0.1.1
  clusterIPs: [10.0.1.1, 'fd00::1']
  externalIPs: [192.0.2.1]
  externalTrafficPolicy: Local
  internalTrafficPolicy: Cluster
  sessionAffinity: ClientIP
  publishNotReadyAddresses: true
  selector: {app: web}
  ports:
  - {name: http, port: 80, targetPort: http, nodePort: 30080, appProtocol: http}
  - {name: dns, port: 53, protocol: UDP}
  - {name: api, port: 443, targetPort: 8443}
status:
  loadBalancer: {ingress: [{ip: 192.0.2.9}, {hostname: x.example}]}
"""
SLICE = """\
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: {name}
  namespace: shop
  labels: {{kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{{name: http, port: 8080, protocol: TCP}}]
endpoints: {endpoints}
"""
ENDPOINTS = """\
---
apiVersion: v1
kind: Endpoints
metadata: {name: web, namespace: shop}
subsets:
- addresses: [{ip: 10.1.0.9, targetRef: {kind: Pod, name: web-9}}]
  notReadyAddresses: [{ip: 10.1.0.8}]
  ports: [{port: 8080}]
"""


def read(text: str) -> Service:
    cluster = load_text(text, name="f.yaml")
    assert cluster.problems == ()
    (service,) = cluster.services
    return service


def test_a_service_is_read_in_full() -> None:
    service = read(SERVICE)
    assert service.full_name == "shop/web"
    assert service.labels == {"team": "shop"}
    assert service.type == "LoadBalancer"
    assert service.selector == {"app": "web"}
    assert service.ports == (
        ServicePort(port=80, name="http", target="http", node_port=30080, app_protocol="http"),
        ServicePort(port=53, protocol="UDP", name="dns", target=53),
        ServicePort(port=443, name="api", target=8443),
    )
    assert service.cluster_ips == (ip_address("10.0.1.1"), ip_address("fd00::1"))
    assert service.external_addresses == (ip_address("192.0.2.1"), ip_address("192.0.2.9"))
    assert service.external_traffic_policy == "Local"
    assert service.internal_traffic_policy == "Cluster"
    assert service.session_affinity == "ClientIP"
    assert service.publish_not_ready
    assert not service.headless
    assert service.annotations
    assert service.endpoints is None
    assert str(service.location) == "f.yaml:1"


def test_a_headless_service_has_no_address() -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {clusterIP: None}\n"
    service = read(text)
    assert service.headless
    assert service.cluster_ips == ()


def test_an_external_name_is_kept() -> None:
    text = (
        "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n"
        "spec: {type: ExternalName, externalName: db.example}\n"
    )
    assert read(text).external_name == "db.example"


def test_endpoints_of_all_slices_come_together_each_once() -> None:
    one = "[{addresses: [10.1.0.2], targetRef: {kind: Pod, name: web-2}}]"
    two = one.replace("[{", "[{addresses: [10.1.0.1], conditions: {ready: false}}, {", 1)
    text = SERVICE + SLICE.format(name="a", endpoints=one) + SLICE.format(name="b", endpoints=two)
    ports = (ContainerPort(8080, "TCP", "http"),)
    assert read(text).endpoints == (
        Endpoint(address=ip_address("10.1.0.1"), ready=False, ports=ports),
        Endpoint(address=ip_address("10.1.0.2"), pod="web-2", ports=ports),
    )


def test_a_slice_without_endpoints_says_that_there_are_none() -> None:
    assert read(SERVICE + SLICE.format(name="a", endpoints="null")).endpoints == ()


def test_the_older_endpoints_are_read() -> None:
    endpoints = read(SERVICE + ENDPOINTS).endpoints
    assert endpoints is not None
    assert [(str(one.address), one.ready, one.pod) for one in endpoints] == [
        ("10.1.0.8", False, ""),
        ("10.1.0.9", True, "web-9"),
    ]


def test_slices_count_before_the_older_endpoints() -> None:
    text = SERVICE + ENDPOINTS + SLICE.format(name="a", endpoints="[{addresses: [10.1.0.2]}]")
    endpoints = read(text).endpoints
    assert endpoints is not None
    assert [str(one.address) for one in endpoints] == ["10.1.0.2"]


@pytest.mark.parametrize("port", ["{port: 0}", "{port: 65536}", "{port: x}", "{name: http}"])
def test_a_port_that_is_none_is_left_out(port: str) -> None:
    text = f"apiVersion: v1\nkind: Service\nmetadata: {{name: s}}\nspec: {{ports: [{port}]}}\n"
    (service,) = load_text(text).services
    assert service.ports == ()


@pytest.mark.parametrize("port", [1, 65535])
def test_ports_at_the_ends_of_the_range_are_kept(port: int) -> None:
    text = (
        f"apiVersion: v1\nkind: Service\nmetadata: {{name: s}}\nspec: {{ports: [{{port: {port}}}]}}"
    )
    assert [one.target for one in read(text).ports] == [port]

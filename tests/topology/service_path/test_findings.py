"""What breaks a Service, or a way in to it, is found; what is sound has no finding."""

import pytest

from topology.findings import Finding
from topology.load import load_text
from topology.model import Cluster
from topology.service_path import service_findings

POD = """
{{kind: Pod, apiVersion: v1,
 metadata: {{name: {name}, namespace: shop, labels: {{app: {app}}}, ownerReferences: [
   {{kind: ReplicaSet, name: {app}-1, controller: true, apiVersion: apps/v1}}]}},
 spec: {{nodeName: {node}, containers: [{{name: c, ports: [{ports}]}}]}},
 status: {{phase: Running, podIP: {ip},
          conditions: [{{type: Ready, status: "{ready}"}}]}}}}
---
"""


def pod(name: str = "web-1-a", app: str = "web", ip: str = "10.0.0.1", *, node: str = "n1",
        ready: bool = True, ports: str = "{containerPort: 8080, name: http}") -> str:  # fmt: skip
    return POD.format(name=name, app=app, ip=ip, node=node, ready=ready, ports=ports)


def service(spec: str, name: str = "web", more: str = "") -> str:
    return (
        f"{{kind: Service, apiVersion: v1, metadata: {{name: {name}, namespace: shop}},"
        f" spec: {{{spec}}}{more}}}\n---\n"
    )


def endpoints(*addresses: str, name: str = "web", ready: bool = True) -> str:
    listed = ", ".join(
        f"{{addresses: [{one}], conditions: {{ready: {str(ready).lower()}}}}}" for one in addresses
    )
    return (
        f"{{kind: EndpointSlice, apiVersion: discovery.k8s.io/v1, metadata: {{name: {name}-x,"
        f" namespace: shop, labels: {{kubernetes.io/service-name: {name}}}}},"
        f" addressType: IPv4, endpoints: [{listed}], ports: [{{name: '', port: 8080}}]}}\n---\n"
    )


def codes(text: str) -> dict[str, str]:
    return {one.code: one.severity for one in service_findings(load_text(text))}


def only(text: str, code: str) -> Finding:
    found = {one.code: one for one in service_findings(load_text(text))}
    assert code in found, list(found)
    return found[code]


SOUND = "selector: {app: web}, ports: [{port: 80, targetPort: http}]"


def test_a_sound_service_has_no_findings() -> None:
    assert codes(pod() + service(SOUND) + endpoints("10.0.0.1")) == {}


def test_a_selector_that_matches_nothing_names_what_comes_near() -> None:
    found = only(pod() + service("selector: {app: wbe}, ports: [{port: 80}]"), "selector-no-pods")
    assert found.severity == "error"
    assert "has `app=web`, not `app=wbe`" in found.why
    assert found.fix.startswith("Make the selector `app=web`")
    assert found.location is not None


def test_a_selector_that_fits_pods_of_another_namespace_says_so() -> None:
    text = pod() + service("selector: {app: web}, ports: [{port: 80}]").replace(
        "namespace: shop", "namespace: stage"
    )
    assert "namespace `shop`" in only(text, "selector-no-pods").fix


@pytest.mark.parametrize(
    ("ports", "code", "severity"),
    [
        ("{port: 80, targetPort: 80}", "target-port-mismatch", "warning"),
        ("{port: 80, targetPort: web}", "target-port-name-missing", "error"),
        ("{port: 80, targetPort: 8080, protocol: UDP}", "target-port-protocol", "warning"),
    ],
)
def test_a_target_port_that_no_container_has_is_found(ports: str, code: str, severity: str) -> None:
    found = codes(pod() + service(f"selector: {{app: web}}, ports: [{ports}]"))
    assert found == {code: severity}


def test_the_fix_of_a_wrong_target_port_is_the_port_that_is_declared() -> None:
    text = pod() + service("selector: {app: web}, ports: [{port: 80, targetPort: 80}]")
    assert only(text, "target-port-mismatch").fix.startswith("Set targetPort to 8080.")


def test_a_named_port_that_only_some_pods_have_is_a_warning() -> None:
    other = pod("web-1-b", ip="10.0.0.2", ports="{containerPort: 8080}")
    found = only(pod() + other + service(SOUND), "target-port-name-missing")
    assert found.severity == "warning"
    assert found.subjects == ("Pod/shop/web-1-b",)


def test_pods_that_declare_no_ports_raise_no_doubt_about_a_number() -> None:
    text = pod(ports="") + service("selector: {app: web}, ports: [{port: 80, targetPort: 9}]")
    assert codes(text) == {}


def test_the_ports_of_a_sidecar_are_no_ports_of_the_application() -> None:
    ports = "{containerPort: 15090, name: http-envoy-prom}"
    text = pod(ports=ports) + service("selector: {app: web}, ports: [{port: 80, targetPort: 80}]")
    assert codes(text) == {}


def test_endpoints_that_are_not_ready_are_told_apart_from_none_at_all() -> None:
    one = pod(ready=False)
    assert codes(one + service(SOUND))["no-ready-endpoints"] == "error"
    both = one + pod("web-1-b", ip="10.0.0.2")
    assert codes(both + service(SOUND)) == {"endpoints-not-ready": "warning"}
    sliced = pod() + service(SOUND) + endpoints("10.0.0.1", ready=False)
    assert codes(sliced)["no-ready-endpoints"] == "error"


def test_not_ready_addresses_that_are_published_are_no_fault() -> None:
    text = pod(ready=False) + service(f"publishNotReadyAddresses: true, {SOUND}")
    assert codes(text) == {"not-ready-published": "info"}


def test_endpoint_slices_are_compared_with_the_pods() -> None:
    two = pod() + pod("web-1-b", ip="10.0.0.2")
    text = two + service(SOUND) + endpoints("10.0.0.1", "10.0.0.9")
    found = [one for one in service_findings(load_text(text)) if one.code == "endpoints-differ"]
    assert any("`shop/web-1-b`" in one.why for one in found)
    assert any("`10.0.0.9`" in one.why for one in found)


def test_a_service_without_slices_among_others_with_them_is_told() -> None:
    other = pod("api-1-a", "api", "10.0.0.3") + service(
        "selector: {app: api}, ports: [{port: 80, targetPort: http}]", "api"
    )
    text = pod() + service(SOUND) + other + endpoints("10.0.0.3", name="api")
    assert codes(text) == {"no-endpointslice": "warning"}


def test_a_selector_over_two_workloads_is_told_and_versions_are_only_noted() -> None:
    shared = "selector: {tier: front}, ports: [{port: 80, targetPort: http}]"
    text = "".join(
        pod(f"{app}-1-a", app, ip).replace(f"app: {app}", f"app: {app}, tier: front", 1)
        for app, ip in (("web", "10.0.0.1"), ("api", "10.0.0.2"))
    )
    assert codes(text + service(shared)) == {"selector-several-workloads": "warning"}


NODES = "".join(
    f"{{kind: Node, apiVersion: v1, metadata: {{name: {name}}}}}\n---\n" for name in ("n1", "n2")
)


def test_local_policies_name_the_nodes_that_drop() -> None:
    other = pod("api-1-a", "api", "10.0.0.3", node="n2")
    text = NODES + pod() + other + service(f"internalTrafficPolicy: Local, {SOUND}")
    assert "`n2`" in only(text, "internal-local-no-endpoint").why
    spec = f"type: NodePort, externalTrafficPolicy: Local, {SOUND}"
    found = codes(NODES + pod() + service(spec))
    assert found["external-local-some-nodes"] == "warning"
    waiting = NODES + pod(ready=False) + service(spec)
    assert codes(waiting)["external-local-no-endpoint"] == "error"


@pytest.mark.parametrize(
    ("spec", "code", "severity"),
    [
        (f"sessionAffinity: ClientIP, {SOUND}", "session-affinity", "info"),
        (f"ipFamilies: [IPv6], {SOUND}", "family-mismatch", "error"),
        (f"ipFamilies: [IPv4, IPv6], {SOUND}", "family-mismatch", "warning"),
        (f"loadBalancerSourceRanges: [203.0.113.0/24], {SOUND}", "source-ranges-ignored",
         "warning"),
        (f"type: NodePort, {SOUND}", "open-node-port", "info"),
        (f"type: LoadBalancer, {SOUND}", "open-to-internet", "info"),
        (f"type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0/8], {SOUND}",
         "source-ranges-private", "warning"),
        (f"type: LoadBalancer, clusterIP: 10.9.0.1, {SOUND}", "load-balancer-pending", "warning"),
        ("type: ExternalName, externalName: 10.2.3.4", "external-name-address", "error"),
        ("type: ExternalName, externalName: gone.shop.svc.cluster.local",
         "external-name-unknown", "error"),
        ("clusterIP: None, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]",
         "headless-port", "warning"),
    ],
)  # fmt: skip
def test_each_oddity_of_a_service_is_told(spec: str, code: str, severity: str) -> None:
    assert codes(pod() + service(spec))[code] == severity


def test_ranges_that_restrict_a_load_balancer_leave_it_closed_to_the_internet() -> None:
    spec = f"type: LoadBalancer, loadBalancerSourceRanges: [203.0.113.0/24], {SOUND}"
    assert codes(pod() + service(spec)) == {}


INGRESS = """
{{kind: Ingress, apiVersion: networking.k8s.io/v1, metadata: {{name: in, namespace: {space}}},
 spec: {{{cls}rules: [{{host: shop.example.com, http: {{paths: [{{path: /, pathType: Prefix,
  backend: {{service: {{name: {name}, port: {{number: {port}}}}}}}}}]}}}}]}}}}
---
"""


def ingress(name: str = "web", port: int = 80, cls: str = "", space: str = "shop") -> str:
    return INGRESS.format(name=name, port=port, cls=cls, space=space)


def test_an_ingress_must_name_a_service_and_one_of_its_ports() -> None:
    base = pod() + service(SOUND)
    assert codes(base + ingress()) == {}
    assert codes(base + ingress("gone")) == {"entry-no-service": "error"}
    wrong = only(base + ingress(port=8081), "entry-no-port")
    assert "80" in wrong.fix
    elsewhere = only(base + ingress(space="stage"), "entry-no-service")
    assert "its own namespace only" in elsewhere.fix


def test_an_ingress_that_names_the_target_port_is_told_the_right_one() -> None:
    text = pod() + service("selector: {app: web}, ports: [{port: 80, targetPort: 8080}]")
    assert "Service's port 80" in only(text + ingress(port=8080), "entry-no-port").fix


def test_an_ingress_class_must_exist() -> None:
    known = "{kind: IngressClass, apiVersion: networking.k8s.io/v1, metadata: {name: nginx}}\n---\n"
    base = pod() + service(SOUND) + known
    assert codes(base + ingress(cls="ingressClassName: nginx, ")) == {}
    assert codes(base + ingress(cls="ingressClassName: ngnix, ")) == {"ingress-no-class": "error"}
    assert codes(base + ingress()) == {"ingress-no-class": "error"}


GATEWAY = """
{{kind: Gateway, apiVersion: gateway.networking.k8s.io/v1, metadata: {{name: gw, namespace: infra{note}}},
 spec: {{gatewayClassName: {cls}, listeners: [{{name: http, port: 80, hostname: "*.example.com"{allowed}}}]}}}}
---
"""  # noqa: E501
ROUTE = """
{{kind: HTTPRoute, apiVersion: gateway.networking.k8s.io/v1, metadata: {{name: r, namespace: {space}}},
 spec: {{hostnames: [{host}], parentRefs: [{{name: gw, namespace: infra}}],
  rules: [{{backendRefs: [{{name: web, namespace: shop, port: 80}}]}}]}}}}
---
"""  # noqa: E501
ALL = ", allowedRoutes: {namespaces: {from: All}}"


def gateway(allowed: str = ALL, cls: str = "istio", note: str = "") -> str:
    return GATEWAY.format(allowed=allowed, cls=cls, note=note)


def route(host: str = "shop.example.com", space: str = "shop") -> str:
    return ROUTE.format(host=host, space=space)


def test_a_route_must_be_taken_by_a_listener_of_its_gateway() -> None:
    base = pod() + service(SOUND)
    assert codes(base + gateway() + route()) == {}
    assert codes(base + gateway("") + route()) == {"route-not-allowed": "error"}
    assert codes(base + gateway() + route("shop.other.org")) == {"route-host-mismatch": "error"}
    assert codes(base + route()) == {"route-no-gateway": "warning"}


def test_a_route_into_another_namespace_needs_a_grant_there() -> None:
    base = pod() + service(SOUND) + gateway() + route(space="edge")
    assert codes(base) == {"reference-not-granted": "error"}
    grant = (
        "{kind: ReferenceGrant, apiVersion: gateway.networking.k8s.io/v1beta1,"
        " metadata: {name: g, namespace: shop}, spec: {from: [{group: gateway.networking.k8s.io,"
        " kind: HTTPRoute, namespace: edge}], to: [{group: '', kind: Service}]}}"
    )
    assert codes(base + grant) == {}
    assert codes(base + grant.replace("kind: Service", "kind: Service, name: api")) == {
        "reference-not-granted": "error"
    }


def test_a_gateway_for_containers_names_its_load_balancer() -> None:
    base = pod() + service(SOUND) + route()
    found = codes(base + gateway(cls="azure-alb-external"))
    assert found == {"agc-no-load-balancer": "error"}
    note = (
        ", annotations: {alb.networking.azure.io/alb-name: alb,"
        " alb.networking.azure.io/alb-namespace: infra}"
    )
    assert codes(base + gateway(cls="azure-alb-external", note=note)) == {}


VIRTUAL = """
{kind: VirtualService, apiVersion: networking.istio.io/v1, metadata: {name: v, namespace: shop},
 spec: {hosts: [shop.example.com], gateways: [gw],
  http: [{route: [{destination: {host: web, subset: v2, port: {number: 80}}}]}]}}
---
{kind: Gateway, apiVersion: networking.istio.io/v1, metadata: {name: gw, namespace: shop},
 spec: {selector: {app: web}, servers: [{hosts: [shop.example.com]}]}}
---
"""
RULE = """
{kind: DestinationRule, apiVersion: networking.istio.io/v1, metadata: {name: d, namespace: shop},
 spec: {host: web, subsets: [{name: v2, labels: {version: v2}}]}}
"""


def test_a_subset_must_be_defined_and_have_pods() -> None:
    base = pod() + service(SOUND) + VIRTUAL
    assert codes(base) == {"subset-missing": "warning"}
    assert codes(base + RULE) == {"subset-no-pods": "error"}
    assert codes(base + RULE.replace("name: v2,", "name: v1,")) == {"subset-missing": "error"}
    assert codes(base + RULE.replace("version: v2", "app: web")) == {}


def test_a_virtual_service_must_have_a_host_of_its_gateway() -> None:
    text = pod() + service(SOUND) + VIRTUAL.replace(
        "servers: [{hosts: [shop", "servers: [{hosts: [other"
    ) + RULE.replace("version: v2", "app: web")  # fmt: skip
    assert codes(text) == {"route-host-mismatch": "error"}


def test_findings_can_be_asked_for_one_service_or_namespace() -> None:
    cluster: Cluster = load_text(
        pod() + service("selector: {app: gone}", "a") + service("selector: {app: lost}", "b")
    )
    (one,) = service_findings(cluster, service=cluster.services[0])
    assert one.object == "Service/shop/a"
    assert service_findings(cluster, namespace="other") == ()
    assert len(service_findings(cluster, namespace="shop")) == 2

"""What is blocked, and the smallest change that lets it through."""

from collections.abc import Callable
from typing import Any

import pytest

from topology.authoring.impact import applied
from topology.authoring.mending import Mend, mend
from topology.load import load_text
from topology.paths import Network, parse_http, parse_port

Build = Callable[..., Network]

DENY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny-all, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
"""
WEB_OUT = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: web}}
  policyTypes: [Egress]
  egress: [{}]
"""


def cart(rule: str) -> str:
    return f"""\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: cart, namespace: shop}}
spec:
  podSelector: {{matchLabels: {{app: cart}}}}
  policyTypes: [Ingress]
  ingress:
  - {rule}
"""


def cilium(name: str, spec: str, kind: str = "CiliumNetworkPolicy") -> str:
    space = ", namespace: shop" if kind == "CiliumNetworkPolicy" else ""
    return f"""\
apiVersion: cilium.io/v2
kind: {kind}
metadata: {{name: {name}{space}}}
spec:
{spec}
"""


def fix(network: Network, source: str, destination: str, port: str = "", http: str = "") -> Mend:
    return mend(
        network,
        network.names.match(source).target,
        network.names.match(destination).target,
        port=parse_port(port) if port else None,
        http=parse_http(http) if http else None,
    )


def spec_of(found: Mend, key: str) -> Any:
    (edit,) = [one for one in found.edits if one.key == key]
    assert edit.after is not None
    return edit.after.body["spec"]


def allowed(network: Network, source: str, destination: str, port: str, http: str = "") -> bool:
    return network.reach(
        network.names.match(source).target,
        network.names.match(destination).target,
        port=parse_port(port),
        http=parse_http(http) if http else None,
    ).allowed


def test_a_missing_peer_is_added_to_the_rule_that_has_the_port(shop: Build) -> None:
    rule = "{from: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 8080}]}"
    found = fix(shop(DENY, WEB_OUT, cart(rule)), "web", "cart")
    assert found.outcome == "mended"
    assert found.verified
    assert found.at_fault == ("NetworkPolicy/shop/cart",)
    peers = spec_of(found, "NetworkPolicy/shop/cart")["ingress"][0]["from"]
    assert peers[1] == {"podSelector": {"matchLabels": {"app": "web"}}}


def test_a_slip_in_a_label_is_corrected_where_that_breaks_nothing(shop: Build) -> None:
    rule = "{from: [{podSelector: {matchLabels: {app: webb}}}], ports: [{port: 8080}]}"
    found = fix(shop(DENY, WEB_OUT, cart(rule)), "web", "cart")
    assert found.verified
    assert spec_of(found, "NetworkPolicy/shop/cart")["ingress"][0]["from"] == [
        {"podSelector": {"matchLabels": {"app": "web"}}}
    ]


def test_a_label_of_something_not_deployed_yet_is_no_slip(shop: Build) -> None:
    rule = "{from: [{podSelector: {matchLabels: {app: loadgen}}}], ports: [{port: 8080}]}"
    found = fix(shop(DENY, WEB_OUT, cart(rule)), "web", "cart")
    peers = spec_of(found, "NetworkPolicy/shop/cart")["ingress"][0]["from"]
    assert {"podSelector": {"matchLabels": {"app": "loadgen"}}} in peers


def test_a_wrong_port_is_joined_by_the_right_one_so_that_nothing_closes(shop: Build) -> None:
    rule = "{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 8081}]}"
    found = fix(shop(DENY, WEB_OUT, cart(rule)), "web", "cart")
    assert found.verified
    ports = spec_of(found, "NetworkPolicy/shop/cart")["ingress"][0]["ports"]
    assert [one["port"] for one in ports] == [8081, 8080]
    swaps = [one for one in found.alternatives if one.edit.what[0].startswith("change 8081")]
    assert swaps
    assert swaps[0].impact.closed


def test_both_sides_are_mended_where_both_are_shut(shop: Build) -> None:
    network = shop(DENY)
    found = fix(network, "web", "cart")
    assert found.verified
    assert len(found.stopped_by) == 2
    assert {edit.before for edit in found.edits} == {None}
    directions = {
        way for edit in found.edits if edit.after for way in edit.after.body["spec"]["policyTypes"]
    }
    assert directions == {"Ingress", "Egress"}


def test_another_namespace_is_named_by_its_name_and_the_pods_labels(shop: Build) -> None:
    found = fix(shop(DENY, cart("{from: [{podSelector: {}}]}")), "prometheus", "pay", "9102")
    assert found.verified
    (edit,) = found.edits
    assert edit.after is not None
    (rule,) = edit.after.body["spec"]["ingress"]
    assert rule["from"] == [
        {
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ops"}},
            "podSelector": {"matchLabels": {"app": "prometheus"}},
        }
    ]
    assert rule["ports"] == [{"port": 9102, "protocol": "TCP"}]


def test_a_policy_for_many_pods_is_not_widened_for_the_sake_of_one(shop: Build) -> None:
    broad = cilium(
        "scrape",
        "  endpointSelector: {}\n  ingress:\n  - fromEndpoints: [{matchLabels: {app: db}}]",
    )
    found = fix(shop(broad), "web", "pay", "8443")
    assert found.verified
    assert [edit.before for edit in found.edits] == [None]


def test_a_deny_rule_gets_an_exception_for_the_caller_alone(shop: Build) -> None:
    deny = cilium(
        "no-shop",
        """\
  endpointSelector: {matchLabels: {app: db}}
  ingress: [{fromEntities: [all]}]
  ingressDeny:
  - fromEndpoints: [{matchLabels: {tier: any}}]""",
    )
    network = shop(deny)
    found = fix(network, "web", "db", "5432")
    assert not found.verified
    after = applied(network, found.edits)
    assert allowed(after, "web", "db", "5432")
    assert not allowed(after, "cart", "db", "5432")
    selector = spec_of(found, "CiliumNetworkPolicy/shop/no-shop")["ingressDeny"][0]
    assert selector["fromEndpoints"][0]["matchExpressions"] == [
        {"key": "app", "operator": "NotIn", "values": ["web"]}
    ]
    # The exception is for every port, which is said.
    assert found.impact.opened


def test_a_deny_rule_for_a_range_leaves_out_the_port_for_the_caller(shop: Build) -> None:
    deny = cilium(
        "no-net",
        """\
  endpointSelector: {matchLabels: {app: db}}
  ingress: [{fromEntities: [all]}]
  ingressDeny:
  - fromCIDR: [203.0.113.0/24]""",
    )
    found = fix(shop(deny), "203.0.113.7", "db", "5432")
    assert found.outcome == "mended"
    rule = spec_of(found, "CiliumNetworkPolicy/shop/no-net")["ingressDeny"][0]
    assert rule == {"fromCIDRSet": [{"cidr": "203.0.113.0/24", "except": ["203.0.113.7/32"]}]}


L7 = """\
  endpointSelector: {matchLabels: {app: cart}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: web}}, {matchLabels: {app: db}}]
    toPorts:
    - ports: [{port: "8080", protocol: TCP}]
      rules: {http: [{method: GET, path: /items}]}"""


def test_a_request_is_added_for_the_caller_that_needs_it_alone(shop: Build) -> None:
    network = shop(cilium("cart", L7))
    found = fix(network, "web", "cart", "8080", "POST /items/1.0")
    assert found.verified
    after = applied(network, found.edits)
    assert allowed(after, "web", "cart", "8080", "POST /items/1.0")
    assert not allowed(after, "web", "cart", "8080", "POST /items/1x0")
    assert not allowed(after, "db", "cart", "8080", "POST /items/1.0")


def test_only_the_request_is_opened_where_cilium_can_look_at_it(shop: Build) -> None:
    network = shop(cilium("cart", L7))
    found = fix(network, "pay", "cart", "8080", "GET /items")
    assert found.verified
    after = applied(network, found.edits)
    assert allowed(after, "pay", "cart", "8080", "GET /items")
    assert not allowed(after, "pay", "cart", "8080", "GET /other")


def test_a_policy_that_is_refused_is_mended_in_its_own_place(shop: Build) -> None:
    refused = cilium("cart", "  endpointSelector: {matchLabels: {app: cart}}\n  ingress: []")
    found = fix(shop(DENY, WEB_OUT, refused), "web", "cart")
    assert found.verified
    assert found.at_fault == ("CiliumNetworkPolicy/shop/cart",)


SERVICE = """\
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: shop}}
spec: {{selector: {{app: {app}}}, ports: [{{port: 80, targetPort: {target}}}]}}
"""


def service(name: str, app: str, target: int) -> str:
    return SERVICE.format(name=name, app=app, target=target)


def test_a_service_that_selects_nobody_is_no_matter_of_policies(shop: Build) -> None:
    network = shop(DENY, service("cart", "carts", 8080))
    found = fix(network, "web", "service:shop/cart", "80")
    assert found.outcome == "not-policy"
    assert not found.edits
    assert "`app: carts`" in found.obstacles[0].advice
    assert "`app: cart`" in found.obstacles[0].advice


def test_a_service_that_sends_to_an_unserved_port_is_told(shop: Build) -> None:
    found = fix(shop(DENY, service("cart", "cart", 8081)), "web", "service:shop/cart", "80")
    assert found.outcome == "not-policy"
    assert "`targetPort: 8080`" in found.obstacles[0].advice


def test_the_port_of_a_service_is_taken_for_that_of_its_pods(shop: Build) -> None:
    found = fix(shop(DENY, WEB_OUT, service("cart", "cart", 8080)), "web", "cart", "80")
    assert found.verified
    assert found.obstacles[0].port == parse_port("8080")


def test_what_is_open_needs_no_mending(shop: Build) -> None:
    found = fix(shop(), "web", "cart", "8080")
    assert found.outcome == "open"
    assert not found.edits


MESH = """\
apiVersion: v1
kind: Namespace
metadata: {name: mesh, labels: {istio-injection: enabled}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: mesh}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      serviceAccountName: api
      containers: [{name: c, image: x, ports: [{containerPort: 8080, name: http}]}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: one, namespace: mesh}
spec:
  selector: {matchLabels: {app: one}}
  template:
    metadata: {labels: {app: one}}
    spec: {serviceAccountName: one, containers: [{name: c, image: x}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: two, namespace: mesh}
spec:
  selector: {matchLabels: {app: two}}
  template:
    metadata: {labels: {app: two}}
    spec: {serviceAccountName: two, containers: [{name: c, image: x}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: plain, namespace: shop}
spec:
  selector: {matchLabels: {app: plain}}
  template:
    metadata: {labels: {app: plain}}
    spec: {containers: [{name: c, image: x}]}
---
"""


def mesh_policy(name: str, spec: str, kind: str = "AuthorizationPolicy") -> str:
    return f"""\
apiVersion: security.istio.io/v1
kind: {kind}
metadata: {{name: {name}, namespace: mesh}}
spec:
{spec}
"""


ALLOW = """\
  selector: {matchLabels: {app: api}}
  rules:
  - from: [{source: {principals: [cluster.local/ns/mesh/sa/one]}}]
    to: [{operation: {methods: [GET], paths: [/items]}}]"""


def mesh(*policies: str) -> Network:
    return Network.build(load_text(MESH + "---\n".join(policies), name="mesh.yaml"))


@pytest.mark.parametrize(
    ("source", "request_", "path", "value"),
    [
        ("two", "GET /items", ("from", 0, "source", "principals"), "cluster.local/ns/mesh/sa/two"),
        ("one", "POST /items", ("to", 0, "operation", "methods"), "POST"),
        ("one", "GET /new", ("to", 0, "operation", "paths"), "/new"),
    ],
)
def test_one_field_of_an_authorization_rule_is_widened(
    source: str, request_: str, path: tuple[Any, ...], value: str
) -> None:
    network = mesh(mesh_policy("api", ALLOW))
    found = fix(network, f"mesh/{source}", "mesh/api", "8080", request_)
    assert found.verified
    here = spec_of(found, "AuthorizationPolicy/mesh/api")["rules"][0]
    for step in path:
        here = here[step]
    assert value in here


def test_two_fields_that_would_open_more_together_become_a_rule_of_their_own() -> None:
    network = mesh(mesh_policy("api", ALLOW))
    found = fix(network, "mesh/two", "mesh/api", "8080", "POST /new")
    assert found.verified
    after = applied(network, found.edits)
    assert allowed(after, "mesh/two", "mesh/api", "8080", "POST /new")
    assert not allowed(after, "mesh/two", "mesh/api", "8080", "GET /items")
    assert not allowed(after, "mesh/one", "mesh/api", "8080", "POST /new")


def test_a_slip_in_a_principal_is_corrected() -> None:
    network = mesh(mesh_policy("api", ALLOW.replace("sa/one", "sa/onne")))
    found = fix(network, "mesh/one", "mesh/api", "8080", "GET /items")
    assert found.verified
    assert spec_of(found, "AuthorizationPolicy/mesh/api")["rules"][0]["from"] == [
        {"source": {"principals": ["cluster.local/ns/mesh/sa/one"]}}
    ]


def test_a_denial_of_the_mesh_gets_an_exception_for_the_request() -> None:
    deny = "  action: DENY\n  rules: [{from: [{source: {namespaces: [mesh]}}]}]"
    network = mesh(mesh_policy("api", ALLOW), mesh_policy("deny", deny))
    found = fix(network, "mesh/one", "mesh/api", "8080", "GET /items")
    assert found.outcome == "mended"
    after = applied(network, found.edits)
    assert allowed(after, "mesh/one", "mesh/api", "8080", "GET /items")
    assert not allowed(after, "mesh/two", "mesh/api", "8080", "GET /items")


def test_strict_mutual_tls_is_never_weakened_unasked() -> None:
    network = mesh(mesh_policy("strict", "  mtls: {mode: STRICT}", "PeerAuthentication"))
    found = fix(network, "shop/plain", "mesh/api", "8080")
    assert found.outcome == "not-policy"
    assert not found.edits
    assert not found.verified
    assert "sidecar" in found.obstacles[0].advice
    (lax,) = found.alternatives
    assert "without mutual TLS" in lax.edit.weakens


def test_network_and_mesh_policies_are_mended_together() -> None:
    guard = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: guard, namespace: mesh}
spec: {podSelector: {matchLabels: {app: api}}, policyTypes: [Ingress]}
"""
    network = mesh(mesh_policy("api", ALLOW), guard)
    found = fix(network, "mesh/two", "mesh/api", "8080", "GET /items")
    assert found.verified
    assert {edit.key for edit in found.edits} == {
        "NetworkPolicy/mesh/guard",
        "AuthorizationPolicy/mesh/api",
    }


def test_a_name_outside_is_opened_with_the_queries_for_it(shop: Build) -> None:
    closed = cilium("out", "  endpointSelector: {matchLabels: {app: pay}}\n  egress: [{}]")
    network = shop(closed)
    found = fix(network, "pay", "api.cards.example", "443")
    assert found.verified, found.checks
    rules = spec_of(found, "CiliumNetworkPolicy/shop/out")["egress"]
    assert {"matchName": "api.cards.example"} in rules[-1]["toFQDNs"]
    assert rules[-2]["toPorts"][0]["rules"] == {"dns": [{"matchName": "api.cards.example"}]}


def test_a_name_cannot_be_let_in_and_that_is_said(shop: Build) -> None:
    found = fix(shop(DENY), "api.cards.example", "cart", "8080")
    assert found.outcome == "no-fix"
    assert "give its network" in found.notes[0]


def test_a_whole_namespace_is_opened_workload_by_workload(shop: Build) -> None:
    out = cilium("out", "  endpointSelector: {matchLabels: {app: pay}}\n  egress: [{}]")
    found = fix(shop(out), "namespace:shop", "prometheus", "9090")
    assert found.verified
    assert found.at_fault == ("CiliumNetworkPolicy/shop/out",)


def test_two_pods_of_one_workload_are_two_ends(shop: Build) -> None:
    found = fix(shop(DENY), "cart", "cart", "8080")
    assert found.verified
    assert len(found.edits) == 2


def test_a_condition_that_nothing_meets_is_dropped_where_that_is_all(shop: Build) -> None:
    rule = "{from: [{podSelector: {matchLabels: {app: web, stage: nine}}}], ports: [{port: 8080}]}"
    found = fix(shop(DENY, WEB_OUT, cart(rule)), "web", "cart")
    assert found.verified
    assert spec_of(found, "NetworkPolicy/shop/cart")["ingress"][0]["from"] == [
        {"podSelector": {"matchLabels": {"app": "web"}}}
    ]


def test_a_policy_that_selects_nobody_by_one_label_too_many_is_at_fault(shop: Build) -> None:
    rule = "{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 8080}]}"
    narrowed = cart(rule).replace("{app: cart}", "{app: cart, stage: nine}")
    found = fix(shop(DENY, WEB_OUT, narrowed), "web", "cart")
    assert found.verified
    assert found.at_fault == ("NetworkPolicy/shop/cart",)

"""A contract held against the network: every layer counts, and every pod."""

from collections.abc import Callable

from topology.authoring import Contract, Demand
from topology.authoring.contract_check import check
from topology.paths import Network
from topology.policy.verdict import HttpRequest

Maker = Callable[..., Network]
LIMITED = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: api, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: api}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: web}}]
    toPorts: [{ports: [{port: "9090", protocol: TCP}], rules: {http: [{method: GET}]}}]
"""
UNEVEN = """
apiVersion: v1
kind: Pod
metadata: {name: odd, namespace: shop, labels: {app: db, odd: "yes"}}
spec: {containers: [{name: c, image: i, ports: [{containerPort: 5432}]}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: odd, namespace: shop}
spec: {podSelector: {matchLabels: {odd: "yes"}}, policyTypes: [Ingress]}
"""


def demand(source: str, destination: str, port: int | None, **more: object) -> Demand:
    return Demand(source=source, destination=destination, port=port, **more)  # type: ignore[arg-type]


def test_each_demand_is_told_with_the_rule_that_decides(network: Maker) -> None:
    contract = Contract(
        must_allow=(
            demand("shop/web", "shop/api", 9090, http=HttpRequest(method="GET")),
            demand("shop/web", "shop/api", 9090, http=HttpRequest(method="PUT")),
            demand("shop/web", "shop/api", 9090),
        ),
        must_deny=(demand("ops/probe", "shop/api", 9090), demand("ops/probe", "shop/db", 5432)),
    )
    found = check(network(LIMITED), contract)
    assert [one.found for one in found] == ["allow", "deny", "conditional", "deny", "allow"]
    assert [one.met for one in found] == [True, False, False, True, False]
    assert found[0].to_dict()["policy"] == "CiliumNetworkPolicy/shop/api"
    assert found[0].to_dict()["location"].startswith("cluster.yaml:")


def test_a_denial_of_some_pods_is_no_denial_of_all(network: Maker) -> None:
    (found,) = check(
        network(UNEVEN), Contract(must_deny=(demand("ops/probe", "service:shop/db", 80),))
    )
    assert found.found == "allow"
    (other,) = check(
        network(UNEVEN), Contract(must_allow=(demand("ops/probe", "service:shop/db", 80),))
    )
    assert other.found == "deny"


def test_a_name_that_nothing_has_is_not_met_and_says_so(network: Maker) -> None:
    (found,) = check(network(), Contract(must_deny=(demand("shop/wbe", "shop/db", 1),)))
    assert not found.met
    assert found.found == "error"
    assert "shop/web" in found.reason


def test_a_query_for_a_name_is_held_against_dns_rules(network: Maker) -> None:
    policy = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: web}}
  egress:
  - toEndpoints: [{matchLabels: {k8s:io.kubernetes.pod.namespace: kube-system}}]
    toPorts:
    - ports: [{port: "53", protocol: ANY}]
      rules: {dns: [{matchPattern: "*.example.com"}]}
"""
    asked = [
        demand("shop/web", "kube-system/coredns", 53, protocol="UDP", dns=name)
        for name in ("a.example.com", "example.org")
    ]
    found = check(network(policy), Contract(must_allow=tuple(asked)))
    assert [one.found for one in found] == ["allow", "deny"]


def test_a_denial_of_addresses_that_no_public_name_has_leaves_names_decided(
    network: Maker,
) -> None:
    policy = """
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: no-metadata}
spec:
  endpointSelector: {}
  enableDefaultDeny: {egress: false}
  egressDeny: [{toCIDR: [%s]}]
"""
    asked = Contract(must_allow=(demand("shop/web", "api.example.com", 443),))
    (found,) = check(network(policy % "169.254.169.254/32"), asked)
    assert found.found == "allow"
    (public,) = check(network(policy % "93.184.0.0/16"), asked)
    assert public.found == "unknown"

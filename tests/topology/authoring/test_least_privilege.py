"""Least privilege from what is known: the intended pairs are open, and nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest

from topology.authoring import Demand
from topology.authoring.drafting import draft
from topology.authoring.least_privilege import least_privilege
from topology.errors import InvalidQuery, UnknownName
from topology.load import load
from topology.overview import Overview
from topology.paths import Network

Maker = Callable[..., Network]
CALLER = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: caller, namespace: ops}
spec:
  template:
    metadata: {labels: {app: caller}}
    spec:
      containers:
      - name: c
        image: i
        env: [{name: API_ADDR, value: "api.shop:80"}, {name: MAIL, value: "https://mail.example:587"}]
"""
BOUTIQUE = {
    ("cartservice", "redis-cart"),
    ("checkoutservice", "cartservice"),
    ("checkoutservice", "currencyservice"),
    ("checkoutservice", "emailservice"),
    ("checkoutservice", "paymentservice"),
    ("checkoutservice", "productcatalogservice"),
    ("checkoutservice", "shippingservice"),
    ("frontend", "adservice"),
    ("frontend", "cartservice"),
    ("frontend", "checkoutservice"),
    ("frontend", "currencyservice"),
    ("frontend", "productcatalogservice"),
    ("frontend", "recommendationservice"),
    ("frontend", "shippingservice"),
    ("loadgenerator", "frontend"),
    ("recommendationservice", "productcatalogservice"),
    ("world", "frontend"),
}


@pytest.mark.parametrize("kind", ["CiliumNetworkPolicy", "NetworkPolicy"])
def test_a_real_application_gets_the_pairs_that_it_needs_and_no_other(
    kind: str, shared: Path
) -> None:
    folder = shared / "cases" / "external" / "clusters" / "online-boutique"
    network = Network.build(load([folder / "kubernetes-manifests.yaml"]))
    known = least_privilege(network, kind=kind)  # type: ignore[arg-type]
    found = draft(network, known.intent)
    assert found.verified
    # Each announced call loses its pair's other ports, and is made all the same.
    assert found.proof.cut == ()
    assert not known.gaps
    after = network.changed(add=[one.document for one in found.documents])
    open_pairs = {
        (pair.source.removeprefix("default/"), pair.destination.removeprefix("default/"))
        for pair in Overview(after).pairs
        if pair.verdict != "deny"
    }
    assert open_pairs - {("world", "frontend")} == BOUTIQUE - {("world", "frontend")}
    world = next(
        pair
        for pair in Overview(after).pairs
        if (pair.source, pair.destination) == ("world", "default/frontend")
    )
    assert world.verdict == "allow" or world.exceptions


def test_hosts_outside_and_ports_of_services_are_understood(network: Maker) -> None:
    known = least_privilege(network(CALLER), workload="ops/caller")
    found = draft(network(CALLER), known.intent)
    assert found.verified
    assert 'port: "9090"' in found.text
    assert "matchName: mail.example" in found.text
    assert any("`MAIL`" in one for one in known.evidence)


def test_a_call_that_is_forbidden_is_left_out_and_told(network: Maker) -> None:
    policy = """
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: no-ops, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: api}}
  ingressDeny: [{fromEndpoints: [{matchLabels: {k8s:io.kubernetes.pod.namespace: ops}}]}]
"""
    known = least_privilege(network(CALLER + policy), workload="ops/caller")
    assert any("left out" in one and "no-ops" in one for one in known.gaps)


def test_what_was_seen_counts_with_its_window_and_never_by_the_address_of_a_pod(
    network: Maker,
) -> None:
    seen = (
        Demand(source="shop/web", destination="shop/api", port=9090),
        Demand(source="203.0.113.9", destination="shop/web", port=8080),
        Demand(source="shop/web", destination="stripe.example", port=443),
    )
    known = least_privilege(network(), namespace="shop", observed=seen, window="May 2026")
    found = draft(network(), known.intent, observed=seen)
    assert found.verified
    assert all("(May 2026)" in one for one in known.evidence)
    assert "203.0.113.9/32" in found.text
    assert {one.check for one in found.checks} >= {"flows"}


def test_a_workload_that_is_only_called_is_closed_but_for_its_callers(network: Maker) -> None:
    known = least_privilege(network(CALLER), workload="shop/api")
    found = draft(network(CALLER), known.intent)
    assert found.verified
    assert "app: caller" in found.text


def test_a_workload_of_which_nothing_is_known_is_named(network: Maker) -> None:
    known = least_privilege(network(CALLER), namespace="ops")
    assert any("`ops/probe`" in one for one in known.gaps)


def test_a_way_in_alone_says_nothing_of_what_is_called(network: Maker) -> None:
    service = """
apiVersion: v1
kind: Service
metadata: {name: web-public, namespace: shop}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
"""
    with pytest.raises(InvalidQuery, match="Nothing in the input says"):
        least_privilege(network(service), namespace="shop")


def test_where_nothing_is_known_nothing_is_invented(network: Maker) -> None:
    with pytest.raises(InvalidQuery, match="Nothing in the input says"):
        least_privilege(network())
    with pytest.raises(UnknownName, match="No workload is in a namespace `shpo`"):
        least_privilege(network(), namespace="shpo")
    with pytest.raises(UnknownName, match="no workload `shop/wbe`"):
        least_privilege(network(), workload="shop/wbe")

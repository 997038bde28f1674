"""Over-broad policies cut down to what is used."""

from collections.abc import Callable
from pathlib import Path

from topology.authoring.contract import Demand
from topology.authoring.tightening import tighten
from topology.authoring.usage import announced
from topology.load import load
from topology.paths import Network

Build = Callable[..., Network]

BROAD = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: cart, namespace: shop}
spec:
  podSelector: {matchLabels: {app: cart}}
  policyTypes: [Ingress, Egress]
  ingress: [{}]
  egress: [{}]
"""
USED = (
    Demand(source="shop/web", destination="shop/cart", port=8080),
    Demand(source="shop/cart", destination="shop/db", port=5432),
)


def test_rules_for_everyone_become_rules_for_what_is_used(shop: Build) -> None:
    network = shop(BROAD)
    found = tighten(network, network.cluster.policies, USED)
    assert found.outcome == "done"
    assert found.verified
    (edit,) = found.edits
    assert edit.after is not None
    spec = edit.after.body["spec"]
    assert spec["ingress"] == [
        {
            "from": [{"podSelector": {"matchLabels": {"app": "web"}}}],
            "ports": [{"port": 8080, "protocol": "TCP"}],
        }
    ]
    assert spec["egress"][0]["to"] == [{"podSelector": {"matchLabels": {"app": "db"}}}]
    assert any("kube-dns" in str(rule) for rule in spec["egress"])
    assert any("`shop/pay` -> `shop/cart`" in row for row in found.closed)
    assert not found.opened


PEERS = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: cart, namespace: shop}
spec:
  endpointSelector: {matchLabels: {app: cart}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: web}}, {matchLabels: {app: pay}}]
    toPorts: [{ports: [{port: "8080", protocol: TCP}]}]
  - fromEndpoints: [{matchLabels: {app: db}}]
"""


def test_peers_and_rules_without_use_are_dropped_and_the_rest_is_left_as_it_is(
    shop: Build,
) -> None:
    network = shop(PEERS)
    found = tighten(network, network.cluster.policies, USED)
    assert found.verified
    assert found.edits[0].after is not None
    assert found.edits[0].after.body["spec"]["ingress"] == [
        {
            "fromEndpoints": [{"matchLabels": {"app": "web"}}],
            "toPorts": [{"ports": [{"port": "8080", "protocol": "TCP"}]}],
        }
    ]


def test_a_policy_without_use_still_denies_by_default(shop: Build) -> None:
    network = shop(PEERS)
    found = tighten(network, network.cluster.policies, USED[1:])
    assert found.verified
    assert found.edits[0].after is not None
    assert found.edits[0].after.body["spec"]["ingress"] == [{}]


def test_what_is_tight_already_is_left_alone(shop: Build) -> None:
    network = shop(PEERS.rpartition("  - fromEndpoints")[0])
    used = [
        Demand(source=source, destination="shop/cart", port=8080)
        for source in ("shop/web", "shop/pay")
    ]
    assert tighten(network, network.cluster.policies, used).outcome == "nothing-to-do"


def test_a_use_that_means_nothing_is_named(shop: Build) -> None:
    network = shop(BROAD)
    used = (*USED, Demand(source="shop/nobody", destination="shop/cart", port=8080))
    found = tighten(network, network.cluster.policies, used)
    assert any("shop/nobody" in note for note in found.notes)


def test_online_boutique_is_cut_down_to_its_service_graph(shared: Path) -> None:
    network = Network.build(load([shared / "cases" / "external" / "clusters" / "online-boutique"]))
    found = tighten(network, network.cluster.policies, announced(network.cluster))
    assert found.outcome == "done"
    assert found.verified
    assert found.closed
    assert not found.opened

"""Everyone at one end."""

from pathlib import Path

import pytest

from topology.errors import InvalidQuery
from topology.load import load_text
from topology.paths import Network, PeerRow, parse_http, parse_port
from topology.targets import NamespaceTarget, ServiceTarget

CLUSTER = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: x, ports: [{containerPort: 8080}]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: db, namespace: shop}
spec:
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: c, image: x, ports: [{containerPort: 5432, name: sql}]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: job, namespace: tools}
spec:
  selector: {matchLabels: {app: job}}
  template:
    metadata: {labels: {app: job}}
    spec: {containers: [{name: c, image: x}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 443, targetPort: 8080}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}]
    ports: [{port: 5432}]
"""


@pytest.fixture(scope="module")
def network() -> Network:
    return Network.build(load_text(CLUSTER, name="shop.yaml"))


def verdicts(rows: tuple[PeerRow, ...]) -> dict[str, str]:
    return {f"{row.namespace}/{row.name}".lstrip("/"): row.verdict for row in rows}


def test_every_workload_and_the_outside_get_a_row(network: Network) -> None:
    peers = network.who_can_reach(network.names.resolve("shop/db"))
    assert verdicts(peers.rows) == {"shop/db": "deny", "shop/web": "allow", "tools/job": "deny"}
    assert verdicts(peers.outside) == {
        "world": "deny",
        "kube-apiserver": "deny",
        "host": "allow",
        "remote-node": "deny",
    }
    assert [row.name for row in peers.allowed] == ["web", "host"]


def test_each_row_names_the_policy_the_rule_and_the_line(network: Network) -> None:
    rows = {row.name: row for row in network.who_can_reach(network.names.resolve("shop/db")).rows}
    assert (rows["web"].policy, rows["web"].rule) == ("NetworkPolicy/shop/db", "spec.ingress[0]")
    assert rows["web"].ports == ("5432/TCP",)
    assert rows["job"].policy == "NetworkPolicy/shop/db"
    assert str(rows["job"].location).startswith("shop.yaml:")


def test_rows_agree_with_single_questions(network: Network) -> None:
    for port in (None, parse_port("5432"), parse_port("80")):
        destination = network.names.resolve("shop/db")
        for row in network.who_can_reach(destination, port=port).rows:
            source = network.names.resolve(f"{row.namespace}/{row.name}")
            assert network.reach(source, destination, port=port).verdict == row.verdict


def test_what_a_workload_can_reach_is_the_other_way_round(network: Network) -> None:
    peers = network.what_can(network.names.resolve("tools/job"))
    assert verdicts(peers.rows) == {"shop/db": "deny", "shop/web": "allow", "tools/job": "allow"}
    rows = {row.name: row for row in peers.rows}
    assert rows["web"].ports == ("8080/TCP",)
    assert rows["job"].ports == ("every port",)
    assert {row.name: row.ports for row in peers.outside}["world"] == ("every port",)


def test_services_that_open_a_way_in_are_named(network: Network) -> None:
    target = network.names.resolve("shop/web")
    expected = ("Service `shop/web` (LoadBalancer) opens 443/TCP to the outside.",)
    assert network.who_can_reach(target).exposure == expected
    assert network.who_can_reach(ServiceTarget(network.cluster.services[0])).exposure == expected
    assert network.who_can_reach(network.names.resolve("shop/db")).exposure == ()


def test_of_a_namespace_each_workload_is_asked_about(network: Network) -> None:
    peers = network.who_can_reach(NamespaceTarget("shop"))
    found = {(row.name, row.target): row.verdict for row in peers.rows}
    assert found["job", "shop/web"] == "allow"
    assert found["job", "shop/db"] == "deny"


def test_a_namespace_without_workloads_cannot_be_asked_about(network: Network) -> None:
    with pytest.raises(InvalidQuery):
        network.who_can_reach(NamespaceTarget("empty"))


def test_workloads_without_the_named_port_are_left_out_and_counted(network: Network) -> None:
    peers = network.what_can(network.names.resolve("shop/web"), port=parse_port("sql"))
    assert [row.name for row in peers.rows] == ["db"]
    assert peers.notes == ("2 workload(s) without a port named `sql` are left out.",)


def test_the_document_lists_rows_and_the_request(network: Network) -> None:
    peers = network.who_can_reach(
        network.names.resolve("shop/db"), port=parse_port("5432"), http=parse_http("GET /x")
    )
    document = peers.to_dict()
    assert document["request"]["port"] == 5432
    assert document["request"]["http"]["path"] == "/x"
    assert {row["name"] for row in document["rows"]} == {"web", "db", "job"}


def test_bookinfo_without_policies_lets_everyone_in(shared: Path) -> None:
    from topology.load import load

    network = Network.build(load([shared / "cases/external/clusters/bookinfo"]))
    for workload in ("reviews-v1", "productpage-v1"):
        peers = network.who_can_reach(network.names.resolve(workload))
        assert {row.verdict for row in (*peers.rows, *peers.outside)} == {"allow"}

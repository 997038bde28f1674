from ipaddress import ip_address
from pathlib import Path

import networkx
import pytest

from topology.graph import build_graph, neighbours
from topology.load import load
from topology.model import (
    Cluster,
    Endpoint,
    Namespace,
    Node,
    Pod,
    Service,
    ServicePort,
    Workload,
)
from topology.names import resolve


def small() -> Cluster:
    pod = Pod(
        namespace="shop",
        name="web-1",
        labels={"app": "web"},
        addresses=(ip_address("10.0.0.1"),),
        node="aks-1",
        workload="web",
        workload_kind="Deployment",
    )
    workload = Workload(
        kind="Deployment",
        namespace="shop",
        name="web",
        pods=(pod,),
        environment={"API_URL": "https://api.example.com", "DB_ADDR": "db:5432", "DB_HOST": "db"},
    )
    services = (
        Service(
            namespace="shop",
            name="db",
            ports=(ServicePort(port=5432),),
            endpoints=(Endpoint(address=ip_address("192.0.2.7")),),
        ),
        Service(
            namespace="shop",
            name="web",
            type="LoadBalancer",
            selector={"app": "web"},
            ports=(ServicePort(port=80),),
        ),
    )
    return Cluster(
        namespaces={"shop": Namespace(name="shop")},
        nodes=(Node(name="aks-1"),),
        workloads=(workload,),
        services=services,
    )


def edges(cluster: Cluster) -> set[tuple[str, str, str]]:
    graph = build_graph(cluster)
    return {(start, data["relation"], end) for start, end, data in graph.edges(data=True)}


def test_every_relation_of_a_small_cluster_is_an_edge() -> None:
    assert edges(small()) == {
        ("namespace:shop", "contains", "service:shop/db"),
        ("namespace:shop", "contains", "service:shop/web"),
        ("namespace:shop", "contains", "workload:Deployment/shop/web"),
        ("workload:Deployment/shop/web", "owns", "pod:shop/web-1"),
        ("pod:shop/web-1", "runs_on", "node:aks-1"),
        ("service:shop/web", "selects", "workload:Deployment/shop/web"),
        ("pod:shop/web-1", "backs", "service:shop/web"),
        ("service:shop/web", "exposes", "entity:world"),
        ("address:192.0.2.7", "backs", "service:shop/db"),
        ("workload:Deployment/shop/web", "calls", "service:shop/db"),
        ("workload:Deployment/shop/web", "calls", "name:api.example.com"),
    }


def test_a_graph_cannot_be_changed() -> None:
    with pytest.raises(networkx.NetworkXError):
        build_graph(small()).add_node("x")


def test_neighbours_say_the_relation_and_its_evidence() -> None:
    cluster = small()
    around = neighbours(cluster, resolve(cluster, "web"))
    found = {(one.relation, one.outgoing, one.name, one.detail) for one in around}
    assert ("calls", True, "service:shop/db", "DB_ADDR, DB_HOST") in found
    assert ("selects", False, "service:shop/web", "") in found


def test_every_neighbour_is_named_as_resolve_takes_it() -> None:
    cluster = small()
    for one in neighbours(cluster, resolve(cluster, "shop/web")):
        assert resolve(cluster, one.name)


@pytest.mark.parametrize("text", ["192.0.2.99", "198.51.100.0/24", "example.org", "host"])
def test_what_is_not_in_the_cluster_has_no_neighbours(text: str) -> None:
    cluster = small()
    assert neighbours(cluster, resolve(cluster, text)) == ()


def test_online_boutique_calls_what_its_architecture_shows(shared: Path) -> None:
    graph = build_graph(load([shared / "cases/external/clusters/online-boutique"]))
    called = {
        end.rpartition("/")[2]
        for start, end, data in graph.edges(data=True)
        if data["relation"] == "calls" and start == "workload:Deployment/default/checkoutservice"
    }
    assert called == {
        "cartservice", "currencyservice", "emailservice", "paymentservice",
        "productcatalogservice", "shippingservice",
    }  # fmt: skip

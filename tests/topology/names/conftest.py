"""Clusters to look names up in: three real applications, and one with every trap in it."""

from ipaddress import ip_address
from pathlib import Path

import pytest

from topology.load import load
from topology.model import (
    Cluster,
    Document,
    Namespace,
    Node,
    Pod,
    Service,
    ServicePort,
    Source,
    Workload,
)
from topology.names import NameIndex


def workload(
    full_name: str, *, kind: str = "Deployment", addresses: tuple[str, ...] = (), **labels: str
) -> Workload:
    namespace, name = full_name.split("/")
    marks = {"app": name, **labels}
    pods = tuple(
        Pod(
            namespace=namespace,
            name=name if kind == "Pod" else f"{name}-5d9c-{number}",
            labels=marks,
            addresses=(ip_address(address),),
            workload=name,
            workload_kind=kind,
        )
        for number, address in enumerate(addresses or ("192.0.2.1",))
    )
    return Workload(kind=kind, namespace=namespace, name=name, labels=marks, pods=pods)


def service(full_name: str, address: str = "", **selector: str) -> Service:
    namespace, name = full_name.split("/")
    return Service(
        namespace=namespace,
        name=name,
        selector=selector or {"app": name},
        ports=(ServicePort(port=80),),
        cluster_ips=(ip_address(address),) if address else (),
    )


def company() -> Cluster:
    """Return a cluster of several namespaces with names that repeat, overlap and mislead."""
    workloads = (
        workload("monitoring/prometheus-server"),
        workload("prod/api", addresses=("10.1.0.1",)),
        workload("prod/db", addresses=("10.1.0.2",)),
        workload("prod/orders-api"),
        workload("prod/web", addresses=("10.1.0.3", "fd00::3")),
        workload("shop/client"),
        workload("shop/ingress"),
        workload("shop/payments"),
        workload("shop/policy"),
        workload("shop/postgres", tier="db"),
        workload("shop/twin"),
        workload("shop/twin", kind="StatefulSet"),
        workload("shop/worker-1"),
        workload("shop/worker-2"),
        workload("staging/api"),
        workload("staging/db"),
        workload("staging/web"),
    )
    services = (
        service("prod/db", "10.9.0.2"),
        service("prod/web"),
        service("shop/payments", "10.9.0.1"),
        service("shop/postgres"),
        service("staging/web"),
    )
    entry = Document(
        kind="ServiceEntry",
        api_version="networking.istio.io/v1",
        namespace="shop",
        name="github",
        body={"spec": {"hosts": ["api.github.com", "*.example.com"]}},
        source=Source("entry.yaml"),
    )
    names = ("monitoring", "prod", "shop", "staging")
    return Cluster(
        namespaces={name: Namespace(name=name) for name in names},
        nodes=(Node(name="aks-1", addresses=(ip_address("10.0.0.4"),)),),
        workloads=workloads,
        services=services,
        documents=(entry,),
    )


@pytest.fixture(scope="session")
def names() -> NameIndex:
    return NameIndex(company())


@pytest.fixture
def boutique(shared: Path) -> NameIndex:
    return NameIndex(load([shared / "cases/external/clusters/online-boutique"]))


@pytest.fixture
def bookinfo(shared: Path) -> NameIndex:
    return NameIndex(load([shared / "cases/external/clusters/bookinfo"]))


@pytest.fixture
def star_wars(shared: Path) -> NameIndex:
    return NameIndex(load([shared / "cases/external/clusters/star-wars"]))

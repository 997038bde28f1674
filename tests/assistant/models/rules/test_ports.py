from pathlib import Path

import pytest

from assistant.models.rules.ports import pick_port, port_names
from assistant.models.rules.slots import PortText
from topology.load import load
from topology.model import Cluster

WORKSPACES = Path(__file__).resolve().parents[4] / "evals" / "cases" / "workspaces"


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    return load([WORKSPACES / "bazaar"])


@pytest.mark.parametrize(
    ("destination", "port", "picked"),
    [
        ("prod/api", PortText(number=8080), ("prod/api", "8080/TCP")),
        ("prod/api", PortText(number=80), ("service:prod/api", "80/TCP")),
        ("service:prod/api", PortText(number=8080), ("prod/api", "8080/TCP")),
        ("prod/api", PortText(number=1234), ("prod/api", "1234")),
        ("prod/api", PortText(name="metrics"), ("prod/api", "9090/TCP")),
        ("prod/payments", PortText(name="https", explicit=False), ("prod/payments", "8443/TCP")),
        ("prod/postgres", PortText(name="psql"), ("prod/postgres", "5432/TCP")),
        (
            "kube-system/coredns",
            PortText(number=53, protocol="UDP"),
            ("kube-system/coredns", "53/UDP"),
        ),
        ("10.0.0.1", PortText(name="https", explicit=False), ("10.0.0.1", "443")),
        ("prod/api", PortText(name="banana", explicit=False), ("prod/api", "")),
        ("prod/api", PortText(protocol="ICMP"), ("prod/api", "icmp")),
    ],
)
def test_a_port_is_looked_up_where_it_was_said_of(
    cluster: Cluster, destination: str, port: PortText, picked: tuple[str, str]
) -> None:
    choice = pick_port(cluster, destination, port)

    assert (choice.destination, choice.port) == picked


def test_a_named_port_that_is_not_there_is_asked_back(cluster: Cluster) -> None:
    choice = pick_port(cluster, "prod/api", PortText(name="grpc"))

    assert "grpc" in choice.ask
    assert "9090/TCP" in choice.ask


def test_parts_of_port_names_count_as_names(shared: Path) -> None:
    cluster = load([shared / "cases" / "external" / "clusters" / "online-boutique"])

    assert {"grpc", "tcp-redis", "redis"} <= port_names(cluster)
    assert pick_port(cluster, "default/redis-cart", PortText(name="redis")).port == "6379/TCP"

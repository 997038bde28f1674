"""Online Boutique: every pair of workloads and each Service port, against a matrix made by hand."""

from pathlib import Path

import pytest

from topology.load import load
from topology.paths import Network, Reach, parse_port
from topology.targets import ServiceTarget, Target, WorkloadTarget

MATRIX = Path(__file__).parent / "online_boutique" / "matrix.txt"
SOURCES = {
    "ad": "adservice",
    "ca": "cartservice",
    "ch": "checkoutservice",
    "cu": "currencyservice",
    "em": "emailservice",
    "fr": "frontend",
    "lo": "loadgenerator",
    "pa": "paymentservice",
    "pr": "productcatalogservice",
    "rc": "recommendationservice",
    "rd": "redis-cart",
    "sh": "shippingservice",
}
SIGNS = {"allow": "+", "deny": ".", "unknown": "?"}


@pytest.fixture(scope="module")
def boutique() -> Network:
    folder = Path(__file__).resolve().parents[2] / ".." / "shared/cases/external/clusters"
    if not folder.is_dir():
        pytest.skip("the reference data `../shared` does not stand beside this checkout")
    return Network.build(load([folder / "online-boutique"]))


def rows() -> list[tuple[str, dict[str, str]]]:
    """Read the matrix: a destination, and the sign under each source."""
    head, *lines = MATRIX.read_text().splitlines()
    names = head.split()[3:]
    assert names == list(SOURCES)
    return [
        (words[0], dict(zip(names, words[1:], strict=True)))
        for words in (line.split() for line in lines)
    ]


def ask(network: Network, source: str, destination: str) -> Reach:
    kind, name, port = destination.split(":")
    workloads = {workload.name: workload for workload in network.cluster.workloads}
    services = {service.name: service for service in network.cluster.services}
    target: Target = (
        ServiceTarget(services[name]) if kind == "service" else WorkloadTarget(workloads[name])
    )
    query = None if port == "any" else parse_port(port)
    return network.reach(WorkloadTarget(workloads[source]), target, port=query)


@pytest.mark.parametrize(("destination", "expected"), rows(), ids=[name for name, _ in rows()])
def test_every_source_gets_the_verdict_read_from_the_policies(
    boutique: Network, destination: str, expected: dict[str, str]
) -> None:
    got = {
        short: SIGNS[ask(boutique, name, destination).verdict] for short, name in SOURCES.items()
    }
    assert got == expected


def test_the_matrix_names_every_port_of_every_service(boutique: Network) -> None:
    ports = {
        f"service:{service.name}:{port.port}"
        for service in boutique.cluster.services
        for port in service.ports
    }
    assert ports == {name for name, _ in rows() if name.startswith("service:")}


def test_every_denial_names_the_policy_and_the_line(boutique: Network) -> None:
    for destination, _ in rows():
        for source in SOURCES.values():
            answer = ask(boutique, source, destination)
            if answer.verdict == "deny":
                layer = next(one for one in answer.to_dict()["layers"] if one["verdict"] == "deny")
                assert layer["policy"].startswith("NetworkPolicy/default/")
                assert layer["location"].rsplit(":", 1)[1].isdecimal()


def test_the_pods_port_is_what_the_policy_sees_behind_a_service(boutique: Network) -> None:
    answer = ask(boutique, "checkoutservice", "service:emailservice:5000")
    assert [layer.layer for layer in answer.layers] == [
        "egress-policy",
        "service",
        "ingress-policy",
    ]
    assert "default/emailservice:8080" in answer.layers[1].reason
    assert answer.layers[2].rule == "spec.ingress[0]"


def test_who_can_reach_agrees_with_the_matrix_column_by_column(boutique: Network) -> None:
    workloads = {workload.name: workload for workload in boutique.cluster.workloads}
    peers = boutique.who_can_reach(WorkloadTarget(workloads["redis-cart"]))
    assert [row.name for row in peers.rows if row.verdict == "allow"] == ["cartservice"]
    assert [row.name for row in peers.outside if row.verdict == "allow"] == ["host"]
    reached = boutique.what_can(WorkloadTarget(workloads["cartservice"]))
    assert [row.name for row in reached.rows if row.verdict == "allow"] == [
        "frontend",
        "redis-cart",
    ]

import pytest

from topology.model import Cluster, ContainerPort, Pod, Service, ServicePort, Workload
from topology.policy.istio.protocols import PortProtocols, application_of


@pytest.mark.parametrize(
    ("name", "app_protocol", "port", "expected"),
    [
        ("http", "", 80, "http"),
        ("http-api", "", 80, "http"),
        ("grpc", "", 9000, "http"),
        ("grpc-web-ui", "", 9000, "http"),
        ("http2", "", 80, "http"),
        ("tcp-redis", "", 6379, "tcp"),
        ("https", "", 443, "tcp"),
        ("mysql", "", 3306, "tcp"),
        ("web", "", 80, "sniffed"),
        ("", "", 80, "sniffed"),
        ("", "", 3306, "tcp"),
        ("httpx", "", 80, "sniffed"),
        ("web", "http", 80, "http"),
        ("http", "tcp", 80, "tcp"),
        ("web", "kubernetes.io/h2c", 80, "http"),
        ("web", "kubernetes.io/wss", 443, "tcp"),
    ],
)
def test_the_application_protocol_wins_over_the_name(
    name: str, app_protocol: str, port: int, expected: str
) -> None:
    found = application_of(ServicePort(port=port, name=name, app_protocol=app_protocol))
    assert found == expected


def cluster(*ports: ServicePort) -> Cluster:
    pod = Pod(
        namespace="shop",
        name="api",
        labels={"app": "api"},
        ports=(ContainerPort(8080, "TCP", "web"),),
        workload="api",
    )
    services = tuple(
        Service(namespace="shop", name=f"s{index}", selector={"app": "api"}, ports=(port,))
        for index, port in enumerate(ports)
    )
    workload = Workload(kind="Pod", namespace="shop", name="api", pods=(pod,))
    return Cluster(workloads=(workload,), services=services)


def test_the_pods_port_counts_not_the_services() -> None:
    built = cluster(ServicePort(port=80, name="http", target=8080))
    uses = PortProtocols(built)
    assert uses.use(built.pods[0], 8080).application == "http"
    assert uses.use(built.pods[0], 80).application == "sniffed"


def test_a_named_target_is_looked_up_at_the_pod() -> None:
    built = cluster(ServicePort(port=80, name="tcp", target="web"))
    assert PortProtocols(built).use(built.pods[0], 8080).application == "tcp"


def test_services_that_disagree_leave_it_to_sniffing() -> None:
    built = cluster(
        ServicePort(port=80, name="http", target=8080),
        ServicePort(port=81, name="tcp", target=8080),
    )
    assert PortProtocols(built).use(built.pods[0], 8080).application == "sniffed"

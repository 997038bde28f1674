import pytest

from topology.calls import calls
from topology.model import Cluster, Pod, Service, Workload


def cluster(variable: str, value: str) -> Cluster:
    caller = Workload(
        kind="Deployment",
        namespace="shop",
        name="web",
        pods=(Pod(namespace="shop", name="web-1"),),
        environment={variable: value},
    )
    services = (
        Service(namespace="data", name="db"),
        Service(namespace="shop", name="cart"),
        Service(namespace="shop", name="kafka"),
    )
    return Cluster(workloads=(caller,), services=services)


@pytest.mark.parametrize(
    ("variable", "value", "service", "port"),
    [
        ("CART_ADDR", "cart:7070", "shop/cart", 7070),
        ("CART", "cart:7070", "shop/cart", 7070),
        ("CART_HOST", "cart", "shop/cart", None),
        ("CART_URL", "http://cart/v1", "shop/cart", None),
        ("CART_URL", "https://cart.shop.svc.cluster.local:8443/v1", "shop/cart", 8443),
        ("DATABASE_URL", "postgres://user:p%40ss@db.data:5432/shop", "data/db", 5432),
        ("DB", "jdbc:postgresql://db.data.svc:5432/shop", "data/db", 5432),
        ("DSN", "user:secret@tcp(db.data:3306)/shop", "data/db", 3306),
        ("PG", "host=db.data port=5432 user=me", "data/db", 5432),
        ("BROKERS", "kafka:9092,kafka:9093", "shop/kafka", 9092),
    ],
)
def test_a_variable_that_names_a_service_is_a_call(
    variable: str, value: str, service: str, port: int | None
) -> None:
    call = calls(cluster(variable, value))[0]
    assert call.service is not None
    assert (call.service.full_name, call.port, call.variable) == (service, port, variable)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("MODE", "cart"),
        ("CART_ADDR", "db:5432"),
        ("LISTEN", "0.0.0.0:8080"),
        ("SELF", "localhost:8080"),
        ("IMAGE", "cart:latest"),
        ("EMPTY", ""),
    ],
)
def test_other_values_are_no_calls(variable: str, value: str) -> None:
    assert calls(cluster(variable, value)) == ()


def test_a_host_outside_is_a_call_too() -> None:
    (call,) = calls(cluster("API_URL", "https://api.example.com/v1"))
    assert (call.service, call.host, call.outside) == (None, "api.example.com", True)


def test_a_missing_service_of_the_cluster_is_not_outside() -> None:
    (call,) = calls(cluster("API_URL", "http://gone.shop.svc.cluster.local"))
    assert (call.service, call.outside) == (None, False)


def test_no_password_is_kept() -> None:
    assert "hunter2" not in repr(
        [(one.host, one.port) for one in calls(cluster("U", "redis://me:hunter2@cart:6379"))]
    )

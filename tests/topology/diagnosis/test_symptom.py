"""What words say of trouble: which side of it, who calls whom, and since when."""

import pytest

from topology.diagnosis.symptom import read_symptom
from topology.load import load_text
from topology.model import Cluster

CLUSTER = "\n---\n".join(
    f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {space}}}\n"
    f"spec: {{template: {{metadata: {{labels: {{app: {name}}}}}, "
    "spec: {containers: [{name: c, ports: [{containerPort: 80}]}]}}}"
    for space, name in (("shop", "checkout"), ("shop", "payments"), ("lab", "payments"))
)


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    return load_text(CLUSTER)


@pytest.mark.parametrize(
    ("text", "sources", "destinations"),
    [
        ("checkout times out calling shop/payments", ["shop/checkout"], ["shop/payments"]),
        ("shop/payments is unreachable from checkout", ["shop/checkout"], ["shop/payments"]),
        ("checkout gets ECONNREFUSED from shop/payments", ["shop/checkout"], ["shop/payments"]),
        ("timeouts on shop/payments in calls by checkout", ["shop/checkout"], ["shop/payments"]),
        ("kubectl -n shop exec deploy/checkout -- curl http://payments:80 hangs",
         ["shop/checkout"], ["shop/payments"]),
        ("ERROR upstream 10.0.0.5:80 checkout->shop/payments reset", ["shop/checkout"],
         ["shop/payments"]),
        ("dial tcp 198.51.100.7:443: i/o timeout from checkout", ["shop/checkout"],
         ["198.51.100.7"]),
        ("java.net.SocketTimeoutException: connect timed out: 10.50.4.9:1433 in checkout",
         ["shop/checkout"], ["10.50.4.9"]),
        ("checkout can't get to sql server 10.50.4.9", ["shop/checkout"], ["10.50.4.9"]),
        ("clients such as checkout are thrown out by shop/payments", ["shop/checkout"],
         ["shop/payments"]),
        ("in shop checkout cannot reach payments", ["shop/checkout"], ["shop/payments"]),
    ],
)  # fmt: skip
def test_who_calls_whom_is_read(
    cluster: Cluster, text: str, sources: list[str], destinations: list[str]
) -> None:
    found = read_symptom(text, cluster)
    assert [str(one) for one in found.sources] == sources
    assert [str(one) for one in found.destinations] == destinations


def test_a_name_that_fits_several_things_means_all_of_them_and_says_so(cluster: Cluster) -> None:
    found = read_symptom("payments is slow", cluster)
    assert {str(one) for one in found.subjects} == {"shop/payments", "lab/payments"}
    assert "all of them were looked at" in found.unclear[0]


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("checkout is slow since 10:40", "10:40"),
        ("checkout is slow since about 9:15 pm", "9:15 pm"),
        ("since 2026-11-28 10:40 checkout is slow", "2026-11-28 10:40"),
        ("checkout is slow since the deploy", ""),
        ("checkout takes from 10 to 20 s", ""),
    ],
)
def test_the_time_is_read(cluster: Cluster, text: str, since: str) -> None:
    assert read_symptom(text, cluster).since == since


def test_times_addresses_and_status_codes_are_no_ports(cluster: Cluster) -> None:
    for text in ("slow since 10:40", "error 503 from checkout", "lookup x on 10.0.0.10:53 failed"):
        assert read_symptom(text, cluster).port is None
    assert str(read_symptom("dial tcp 10.2.0.8:5432: refused", cluster).port) == "5432/TCP"


@pytest.mark.parametrize("text", ["", "???", "a" * 5000, "{", '{"flow": 3}', "-> ->", "\x00"])
def test_any_text_is_read_without_falling_over(cluster: Cluster, text: str) -> None:
    assert read_symptom(text, cluster).flow is None


def test_the_port_behind_an_arrow_is_the_one_that_is_called(cluster: Cluster) -> None:
    line = "write tcp 10.2.0.7:41000->10.2.0.8:8086: i/o timeout"
    assert str(read_symptom(line, cluster).port) == "8086/TCP"


def test_classes_in_a_stack_trace_are_no_hosts(cluster: Cluster) -> None:
    text = "requests.exceptions.ConnectTimeout: HTTPConnectionPool(host='api.example.org')"
    assert read_symptom(text, cluster).names == ("api.example.org",)


def test_a_request_that_is_written_out_is_read(cluster: Cluster) -> None:
    found = read_symptom("checkout: POST https://payments.shop/charge?x=1 gives 403", cluster).http
    assert found is not None
    assert (found.method, found.path) == ("POST", "/charge?x=1")
    assert read_symptom("the POST of checkout fails", cluster).http is None

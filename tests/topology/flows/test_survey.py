import itertools
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.bench.flow_objects import WEB, make_end, make_flow
from topology.flows.connections import observed
from topology.flows.dns import DnsReport
from topology.flows.parsing import parse_flow
from topology.flows.statistics import Latencies, chi_square_p, variation
from topology.flows.survey import Survey, new_edges, survey, to_world
from topology.load import load_text
from topology.model import Cluster

COREDNS = "kube-system/coredns-558bd4d5db-9grjv"
_PORTS = itertools.count(20000)


def look(*flows: dict[str, Any], cluster: Cluster | None = None) -> Survey:
    return survey(map(parse_flow, flows), cluster or Cluster())


def lookup(
    name: str, *, rcode: int = 0, ips: tuple[str, ...] = (), qtype: str = "A", answer: bool = True,
    second: float = 1.0,
) -> list[dict[str, Any]]:  # fmt: skip
    """Return a query and its response."""
    port = next(_PORTS)
    asked = {"query": f"{name}.", "qtypes": [qtype]}
    query = make_flow(WEB, COREDNS, ports=(port, 53), protocol="UDP", second=second,
                      l7={"type": "REQUEST", "dns": asked})  # fmt: skip
    response = make_flow(
        COREDNS, WEB, ports=(53, port), protocol="UDP", second=second, is_reply=True,
        addresses=("10.2.0.8", "10.2.0.7"),
        l7={"type": "RESPONSE", "dns": asked | {"rcode": rcode, "ips": list(ips)}},
    )  # fmt: skip
    return [query, response] if answer else [query]


def dns_of(*lookups: list[dict[str, Any]]) -> DnsReport:
    return look(*itertools.chain.from_iterable(lookups)).dns


def test_search_path_expansions_are_told_from_names_that_fail() -> None:
    suffixes = ("shop.svc.cluster.local", "svc.cluster.local", "cluster.local")
    vain = [lookup(f"api.example.com.{suffix}", rcode=3) for suffix in suffixes]
    report = dns_of(
        *vain, lookup("api.example.com", ips=("1.1.1.1",)), lookup("typo.example.com", rcode=3)
    )
    [client] = report.clients
    assert client.client == "shop/web"
    assert (client.expansions, client.wasted) == (3, (("api.example.com", 3),))
    assert [(one.name, one.outcome) for one in client.failures] == [
        ("typo.example.com", "NXDOMAIN")
    ]
    assert report.outcomes == {"NXDOMAIN": 4, "NOERROR": 1}


def test_expansions_of_a_name_that_fails_are_not_failures_of_their_own() -> None:
    names = ("gone.example.com.svc.cluster.local", "gone.example.com.cluster.local",
             "gone.example.com")  # fmt: skip
    [client] = dns_of(*(lookup(name, rcode=3) for name in names)).clients
    assert [one.name for one in client.failures] == ["gone.example.com"]
    assert client.expansions == 2


def test_a_service_that_does_not_exist_is_a_failure_whatever_its_suffixes() -> None:
    [client] = dns_of(lookup("paymnts.shop.svc.cluster.local", rcode=3),
                      lookup("paymnts.svc.cluster.local", rcode=3)).clients  # fmt: skip
    assert client.failed == 2


def test_the_wrong_suffix_of_a_name_in_the_cluster_is_an_expansion() -> None:
    [client] = dns_of(lookup("db.ops.shop.svc.cluster.local", rcode=3),
                      lookup("db.ops.svc.cluster.local", ips=("10.0.0.9",))).clients  # fmt: skip
    assert (client.failed, client.wasted) == (0, (("db.ops.svc.cluster.local", 1),))


def test_a_storm_is_half_of_the_queries_and_ten_at_least() -> None:
    few = dns_of(lookup("a.b.cluster.local", rcode=3), lookup("a.b", ips=("1.1.1.1",)))
    many = dns_of(*[lookup("a.b.cluster.local", rcode=3)] * 10, lookup("a.b", ips=("1.1.1.1",)))
    assert not few.clients[0].is_storm
    assert many.clients[0].is_storm


def test_a_name_without_ipv6_address_is_no_failure() -> None:
    [client] = dns_of(lookup("a.b", ips=("1.1.1.1",)), lookup("a.b", qtype="AAAA")).clients
    assert client.failures == ()
    [client] = dns_of(lookup("a.b", qtype="AAAA")).clients
    assert client.failures[0].outcome == "EMPTY"


def test_a_query_without_response_is_a_timeout_only_once_it_is_late() -> None:
    asked = lookup("a.b", answer=False, second=1)
    answered = lookup("c.d", ips=("1.1.1.1",), second=30)
    late = lookup("e.f", answer=False, second=29)
    [client] = dns_of(asked, answered, late).clients
    assert [(one.name, one.outcome) for one in client.failures] == [("a.b", "TIMEOUT")]
    assert dns_of(asked, lookup("e.f", answer=False, second=30)).unpaired


def test_servfail_and_refused_are_failures_of_their_own() -> None:
    [client] = dns_of(
        lookup("a.b", rcode=2), lookup("c.d", rcode=5), lookup("c.d", rcode=5)
    ).clients
    assert [(one.outcome, one.count) for one in client.failures] == [
        ("REFUSED", 2),
        ("SERVFAIL", 1),
    ]


def test_http_is_added_up_by_edge_with_errors_and_latencies() -> None:
    def answer(code: int, milliseconds: int) -> dict[str, Any]:
        l7 = {"type": "RESPONSE", "latency_ns": str(milliseconds * 10**6), "http": {"code": code}}
        return make_flow("shop/db-0", WEB, ports=(80, 40000), is_reply=True, l7=l7)

    ask = make_flow(WEB, "shop/db-0", ports=(40000, 80),
                    l7={"type": "REQUEST", "http": {"method": "GET", "url": "/"}})  # fmt: skip
    found = look(*[ask] * 4, answer(200, 10), answer(200, 10), answer(200, 10), answer(503, 1000))
    [edge] = found.traffic.http
    assert (edge.source, edge.destination) == ("shop/web", "shop/db")
    assert (edge.requests, edge.responses, edge.errors, edge.error_rate) == (4, 4, 1, 0.25)
    assert edge.p50 == pytest.approx(10e6, rel=0.1)
    assert edge.p99 == pytest.approx(1e9, rel=0.1)


def test_a_syn_without_answer_counts_once_it_is_late() -> None:
    def syn(port: int, second: float) -> dict[str, Any]:
        return make_flow(ports=(port, 5432), flags=["SYN"], second=second)

    def syn_ack(port: int) -> dict[str, Any]:
        return make_flow("shop/db-0", WEB, ports=(5432, port), addresses=("10.2.0.8", "10.2.0.7"),
                         flags=["SYN", "ACK"], is_reply=True, second=2)  # fmt: skip

    found = look(syn(1, 1), syn(1, 2), syn(2, 1), syn_ack(2), syn(3, 9), syn(4, 9.5))
    assert sum(edge.unanswered for edge in found.traffic.edges) == 1
    assert look(syn(1, 1), syn(1, 20)).traffic.is_one_sided


def test_resets_of_either_end_belong_to_the_connection() -> None:
    reset = make_flow("shop/db-0", WEB, ports=(5432, 1), flags=["RST"], is_reply=True)
    [edge] = look(make_flow(WEB, "shop/db-0"), reset).traffic.edges
    assert (edge.source, edge.destination, edge.resets, edge.flows) == ("shop/web", "shop/db", 1, 2)


PODS = """
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {selector: {app: cart}, ports: [{port: 80}], sessionAffinity: %s}
"""
POD = """
---
apiVersion: v1
kind: Pod
metadata:
  name: cart-7c9b6d5f88-%s
  namespace: shop
  labels: {app: cart, pod-template-hash: 7c9b6d5f88}
  ownerReferences: [{kind: ReplicaSet, name: cart-7c9b6d5f88, controller: true, apiVersion: apps/v1, uid: a}]
spec: {containers: [{name: c}]}
status: {phase: Running, podIP: 10.2.1.%d, conditions: [{type: Ready, status: "True"}]}
"""  # noqa: E501
NAMES = ("bbbbb", "ccccc", "ddddd")


def carts(affinity: str = "None") -> Cluster:
    pods = "".join(POD % (name, number) for number, name in enumerate(NAMES, start=1))
    return load_text(PODS % affinity + pods)


def load_on(counts: tuple[int, ...], *, client: str = "10.2.0.%d") -> list[dict[str, Any]]:
    return [
        make_flow(WEB, f"shop/cart-7c9b6d5f88-{name}", ports=(next(_PORTS), 80),
                  addresses=(client % (n % 200) if "%" in client else client, "10.2.1.1"))
        for name, number in zip(NAMES, counts, strict=False)
        for n in range(number)
    ]  # fmt: skip


def test_an_idle_replica_is_known_from_the_cluster() -> None:
    [balance] = look(*load_on((60, 60)), cluster=carts()).balances
    assert balance.workload == "shop/cart"
    assert balance.is_uneven
    assert (balance.idle, balance.largest, balance.total) == (1, 1.5, 120)
    assert balance.p is not None
    assert balance.p < 1e-10


def test_even_shares_are_no_finding() -> None:
    [balance] = look(*load_on((50, 55, 45)), cluster=carts()).balances
    assert not balance.is_uneven
    assert balance.causes == ()


def test_too_little_traffic_is_not_judged() -> None:
    [balance] = look(*load_on((4, 1, 1)), cluster=carts()).balances
    assert balance.p is None
    assert not balance.is_uneven


def test_session_affinity_and_a_single_client_are_named_as_causes() -> None:
    [balance] = look(*load_on((100, 1, 1), client="10.9.9.9"), cluster=carts("ClientIP")).balances
    assert any("sessionAffinity" in cause for cause in balance.causes)
    assert any("10.9.9.9" in cause for cause in balance.causes)


def test_long_lived_connections_are_named_where_requests_are_uneven_and_connections_even() -> None:
    def requests(name: str, number: int) -> list[dict[str, Any]]:
        port = next(_PORTS)
        l7 = {"type": "REQUEST", "http": {"method": "POST", "url": "/"}}
        pod = f"shop/cart-7c9b6d5f88-{name}"
        return [make_flow(WEB, pod, ports=(port, 80), l7=l7)] * number

    flows = [
        flow for name, n in zip(NAMES, (300, 20, 10), strict=True) for flow in requests(name, n)
    ]
    [balance] = look(*flows, cluster=carts()).balances
    assert balance.measure == "requests"
    assert any("long-lived" in cause for cause in balance.causes)


def test_without_pods_in_the_cluster_the_comparison_says_so() -> None:
    [balance] = look(*load_on((90, 10))).balances
    assert "idle pods are not known" in balance.note


def test_what_leaves_the_cluster_and_what_is_new_is_listed() -> None:
    world = make_end("", "reserved:world", identity=2)
    out = make_flow(destination=world, addresses=("10.2.0.7", "8.8.8.8"),
                    destination_names=["api.example.com"], ports=(40000, 443))  # fmt: skip
    before = observed([parse_flow(make_flow())], Cluster())
    after = observed([parse_flow(make_flow()), parse_flow(out)], Cluster())
    assert [str(one) for one in to_world(after)] == ["shop/web -> api.example.com 443/TCP"]
    assert new_edges(before, after) == to_world(after)


@given(counts=st.lists(st.integers(5, 400), min_size=3, max_size=15))
def test_the_chi_square_test_is_that_of_the_closed_form(counts: list[int]) -> None:
    """Of an even number of degrees of freedom the survival function is a finite sum."""
    counts = counts[: len(counts) - 1 + len(counts) % 2]
    mean = sum(counts) / len(counts)
    half = sum((count - mean) ** 2 for count in counts) / mean / 2
    terms = [half**i / math.factorial(i) for i in range((len(counts) - 1) // 2)]
    assert chi_square_p(counts) == pytest.approx(math.exp(-half) * sum(terms), rel=1e-6, abs=1e-12)


def test_two_shares_are_compared_as_by_the_normal_distribution() -> None:
    assert chi_square_p([60, 40]) == pytest.approx(math.erfc(math.sqrt(2)))
    assert chi_square_p([10, 10]) == 1.0
    assert chi_square_p([4, 4]) is None


@given(counts=st.lists(st.integers(5, 400), min_size=2, max_size=30))
def test_p_is_a_probability_and_does_not_depend_on_order(counts: list[int]) -> None:
    p = chi_square_p(counts)
    assert p is not None
    assert 0 <= p <= 1
    assert chi_square_p(counts[::-1]) == pytest.approx(p, abs=1e-9)
    assert variation(counts) >= 0


@given(values=st.lists(st.integers(1, 10**11), min_size=1, max_size=50), share=st.floats(0.01, 1))
def test_a_quantile_is_a_value_of_the_list_to_a_tenth(values: list[int], share: float) -> None:
    latencies = Latencies()
    for value in values:
        latencies.add(value)
    exact = sorted(values)[math.ceil(share * len(values)) - 1]
    assert latencies.quantile(share) == pytest.approx(exact, rel=0.1, abs=1)

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.bench.flow_objects import DB, WEB, make_end, make_flow
from topology.flows.connections import Observation, observed
from topology.flows.parsing import parse_flow
from topology.model import Cluster
from topology.targets import DnsTarget, EntityTarget, ServiceTarget, WorkloadTarget

WORLD = make_end("", "reserved:world", identity=2)


def watch(cluster: Cluster, *flows: dict[str, Any]) -> Observation:
    return observed(map(parse_flow, flows), cluster)


def shown(observation: Observation) -> list[str]:
    return [f"{one} {one.verdict}" for one in observation.connections]


def test_one_connection_seen_at_every_point_is_one(cluster: Cluster) -> None:
    seen = watch(
        cluster,
        make_flow(second=2, trace_observation_point="TO_OVERLAY", is_reply=None),
        make_flow(second=1, event_type={"type": 5}, flags=["SYN"]),
        make_flow(second=4, traffic_direction="INGRESS", node_name="n2"),
        make_flow(DB, WEB, ports=(5432, 40000), second=3, is_reply=True),
        make_flow(verdict="REDIRECTED", ports=(40001, 5432), second=9),
    )
    assert shown(seen) == ["shop/web -> shop/db 5432/TCP forwarded"]
    [one] = seen.connections
    assert isinstance(one.source, WorkloadTarget)
    assert (one.count, one.flows) == (2, 4)
    assert (one.last - one.first, seen.last - seen.first) == (8_000_000_000, 8_000_000_000)
    assert seen.skipped == {"reply": 1}
    assert seen.flows == 5
    assert seen.unknown == ()


def test_verdicts_make_connections_of_their_own(cluster: Cluster) -> None:
    verdicts = ("FORWARDED", "DROPPED", "AUDIT", "TRACED", "TRANSLATED", "ERROR")
    seen = watch(cluster, *(make_flow(verdict=verdict) for verdict in verdicts))
    assert [one.verdict for one in seen.connections] == ["audited", "dropped", "forwarded"]
    assert seen.skipped == {"no-verdict": 3}


def test_a_drop_says_why_and_on_which_side(cluster: Cluster) -> None:
    denied = {"verdict": "DROPPED", "drop_reason_desc": "POLICY_DENIED", "is_reply": None}
    seen = watch(
        cluster,
        make_flow(**denied, traffic_direction="INGRESS", protocol="UDP", ports=(50000, 53)),
        make_flow(**denied, traffic_direction="INGRESS", protocol="UDP", ports=(50001, 53)),
        make_flow(**denied, traffic_direction="EGRESS", protocol="UDP", ports=(50002, 53)),
    )
    [one] = seen.dropped
    assert [(d.reason, d.direction, d.flows) for d in one.drops] == [
        (133, "ingress", 2),
        (133, "egress", 1),
    ]
    assert one.count == 3


@pytest.mark.parametrize(
    ("ports", "flows", "expected"),
    [
        # By the port's number.
        ((40000, 80), [], "shop/web -> shop/db 80/TCP"),
        ((80, 40000), [], None),
        # The destination listens on it, although it is a client's port by its number.
        ((40000, 50051), [], "shop/web -> shop/db 50051/TCP"),
        ((30000, 50051), [], "shop/web -> shop/db 50051/TCP"),
        # A connection the other way is known.
        ((40000, 45000), [make_flow(DB, WEB, ports=(45000, 40000))], None),
    ],
)
def test_where_hubble_does_not_know_what_is_a_reply_ports_and_other_flows_tell(
    cluster: Cluster, ports: tuple[int, int], flows: list[dict[str, Any]], expected: str | None
) -> None:
    seen = watch(cluster, make_flow(ports=ports, is_reply=None, flags=["ACK"]), *flows)
    forward = [str(one) for one in seen.connections if str(one.source) == "shop/web"]
    assert forward == ([expected] if expected else [])
    if expected is None:
        assert seen.skipped == {"reply": 1}


def test_what_nothing_tells_is_left_out_and_counted(cluster: Cluster) -> None:
    seen = watch(cluster, make_flow(ports=(40000, 45000), is_reply=None, flags=["ACK"]))
    assert seen.connections == ()
    assert seen.skipped == {"undecided": 1}


@pytest.mark.parametrize(
    ("source", "address", "expected"),
    [
        (make_end("", "reserved:host", identity=1), "10.1.0.4", "host"),
        (
            make_end("", "reserved:kube-apiserver", "reserved:remote-node"),
            "10.1.0.9",
            "kube-apiserver",
        ),
        (make_end("", identity=6), "10.1.0.9", "remote-node"),
        (make_end("shop/agent", "reserved:remote-node"), "10.1.0.4", "remote-node"),
        (make_end("shop/agent"), "10.1.0.4", "remote-node"),
        (make_end(""), "10.1.0.4", "remote-node"),
        (make_end("", "reserved:ingress"), "10.1.0.4", "ingress"),
        (WORLD, "8.8.8.8", "world"),
        (WORLD, "10.9.0.1", "10.9.0.1"),
        (WORLD, "168.63.129.16", "168.63.129.16"),
        (
            make_end("", "k8s:app=web", "k8s:io.kubernetes.pod.namespace=shop"),
            "10.1.0.4",
            "shop/web",
        ),
    ],
)
def test_ends_are_workloads_and_entities_never_pods(
    cluster: Cluster, source: dict[str, Any], address: str, expected: str
) -> None:
    [one] = watch(cluster, make_flow(source, addresses=(address, "10.2.0.8"))).connections
    assert str(one.source) == expected


def test_the_world_is_called_by_the_name_under_which_it_was_looked_up(cluster: Cluster) -> None:
    names = {"destination_names": ["Pool.example.com.", "api.example.com"]}
    seen = watch(
        cluster,
        make_flow(destination=WORLD, addresses=("10.2.0.7", "8.8.8.8"), **names),
        make_flow(destination=WORLD, addresses=("10.2.0.7", "8.8.4.4"), **names),
    )
    [one] = seen.connections
    assert one.destination == DnsTarget("api.example.com")
    assert one.names == {"api.example.com", "pool.example.com"}


def test_a_label_names_the_world_where_the_flow_does_not(cluster: Cluster) -> None:
    labelled = make_end("", "fqdn:*.example.com", "fqdn:api.example.com", "reserved:world-ipv4")
    flow = make_flow(destination=labelled, addresses=("10.2.0.7", "8.8.8.8"))
    [one] = watch(cluster, flow).connections
    assert one.destination == DnsTarget("api.example.com")


def test_a_service_address_is_a_service_until_it_is_translated(cluster: Cluster) -> None:
    seen = watch(cluster, make_flow(destination=WORLD, addresses=("10.2.0.7", "10.0.0.9")))
    [one] = seen.connections
    assert isinstance(one.destination, ServiceTarget)
    assert one.port == 5432


@pytest.mark.parametrize(
    ("pod", "workload"),
    [
        ("web-86f9c7d5b4-zzzzz", "web"),
        ("cache-0", "cache"),
        ("nightly-29410560-h7k2m", "nightly"),
        ("plain", "plain"),
    ],
)
def test_pods_that_no_export_holds_are_named_after_their_workload(pod: str, workload: str) -> None:
    seen = watch(Cluster(), make_flow(make_end(f"shop/{pod}", "k8s:app=x")))
    assert f"shop/{workload}" in seen.unknown
    source = seen.connections[0].source
    assert isinstance(source, WorkloadTarget)
    assert source.workload.full_name == f"shop/{workload}"
    assert dict(source.workload.pods[0].labels) == {"app": "x"}


def test_a_workload_known_by_labels_alone_joins_its_pods() -> None:
    labels = ("k8s:app=web", "k8s:io.kubernetes.pod.namespace=shop")
    seen = watch(
        Cluster(),
        make_flow(make_end("", *labels), ports=(40001, 5432), addresses=("10.1.0.4", "10.2.0.8")),
        make_flow(make_end(WEB, *labels)),
    )
    assert shown(seen) == ["shop/web -> shop/db 5432/TCP forwarded"]
    assert seen.connections[0].count == 2


def test_control_traffic_is_left_out_and_counted(cluster: Cluster) -> None:
    seen = watch(
        cluster,
        make_flow(protocol="ICMPv4", ports=(0, 3)),
        make_flow(protocol="ICMPv6", ports=(0, 135)),
        make_flow(protocol="ICMPv4", ports=(0, 8)),
        make_flow(protocol="ICMPv4", ports=(0, 0), is_reply=True),
        make_flow(make_end("", "reserved:health", identity=4)),
        make_flow(addresses=("10.2.0.7", "224.0.0.251")),
        make_flow(l4={}),
    )
    assert shown(seen) == ["shop/web -> shop/db 8/ICMP forwarded"]
    assert seen.skipped == {"health": 1, "icmp-control": 2, "multicast": 1, "no-l4": 1, "reply": 1}


def test_requests_and_names_are_kept_with_their_numbers(cluster: Cluster) -> None:
    def request(method: str, url: str) -> dict[str, Any]:
        return make_flow(l7={"type": "REQUEST", "http": {"method": method, "url": url}}, Type="L7")

    ask = {"type": "REQUEST", "dns": {"query": "db.shop.svc.cluster.local."}}
    seen = watch(
        cluster,
        request("GET", "http://db:5432/items?page=1"),
        request("GET", "http://db:5432/items?page=2"),
        request("PUT", "/items"),
        make_flow(protocol="UDP", ports=(1025, 53), l7=ask),
    )
    tcp, udp = seen.connections
    assert [(r.method, r.path, r.host, r.count) for r in tcp.requests] == [
        ("GET", "/items", "db", 2),
        ("PUT", "/items", "", 1),
    ]
    assert [(q.name, q.count) for q in udp.queries] == [("db.shop.svc.cluster.local", 1)]


def test_aggregated_flows_count_for_what_they_stand_for(cluster: Cluster) -> None:
    seen = watch(cluster, make_flow(aggregate={"egress_flow_count": 40}))
    assert (seen.flows, seen.connections[0].flows) == (40, 40)


_FLOWS = st.lists(
    st.builds(
        make_flow,
        st.sampled_from([WEB, DB, "shop/new-0"]),
        st.sampled_from([WEB, DB, "shop/new-0"]),
        ports=st.tuples(st.integers(1, 65535), st.sampled_from([53, 8080, 50051])),
        protocol=st.sampled_from(["TCP", "UDP"]),
        verdict=st.sampled_from(["FORWARDED", "DROPPED", "TRACED"]),
        is_reply=st.sampled_from([None, True, False]),
        second=st.floats(0, 59, width=16),
    ),
    max_size=12,
)


@given(flows=_FLOWS, data=st.data())
def test_the_order_of_flows_does_not_matter_and_none_is_lost(
    flows: list[dict[str, Any]], data: st.DataObject
) -> None:
    cluster = Cluster()
    seen = watch(cluster, *flows)
    again = watch(cluster, *data.draw(st.permutations(flows)))
    assert figures(seen) == figures(again)
    counted = sum(one.flows for one in seen.connections) + sum(seen.skipped.values())
    assert counted == seen.flows == len(flows)


def figures(observation: Observation) -> list[Any]:
    connections: Iterable[Any] = (
        (str(one), one.verdict, one.count, one.flows, one.first, one.last, one.drops)
        for one in observation.connections
    )
    return [observation.first, observation.last, dict(observation.skipped), *connections]


def test_an_entity_is_what_the_engines_know_as_an_end(cluster: Cluster) -> None:
    [one] = watch(cluster, make_flow(make_end("", "reserved:host", identity=1))).connections
    assert one.source == EntityTarget("host")

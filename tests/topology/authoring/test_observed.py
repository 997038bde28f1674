"""Drafts from what was seen: every learned flow passes, what was not seen does not."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evals.bench.flow_objects import make_end, make_flow
from topology.authoring.contract_check import check_demand
from topology.authoring.drafting import Draft, draft
from topology.authoring.least_privilege import least_privilege
from topology.authoring.observed import Excess, Seen, excess, seen
from topology.flows import FlowFiles, Query
from topology.flows.connections import observed
from topology.flows.judgement import Judge
from topology.flows.observation import Observation
from topology.flows.parsing import parse_flow
from topology.flows.replay import replay
from topology.load import load_text
from topology.model import Cluster, Workload
from topology.paths import Network
from topology.targets import PodTarget, WorkloadTarget


def deployment(name: str, port: int, *, replicas: int = 1) -> str:
    return f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: shop}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec: {{containers: [{{name: c, image: i, ports: [{{containerPort: {port}}}]}}]}}
"""


CLUSTER = "---".join(
    (
        "\napiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n",
        deployment("web", 8080),
        deployment("api", 9090),
        deployment("db", 5432, replicas=2),
        deployment("job", 8000),
        """
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {clusterIP: 10.0.0.9, selector: {app: db}, ports: [{port: 15432, targetPort: 5432}]}
""",
    )
)


def pod(name: str) -> dict[str, Any]:
    return make_end(f"shop/{name}-5d8f7c9b6d-x2k4p", "k8s:io.kubernetes.pod.namespace=shop",
                    f"k8s:app={name}")  # fmt: skip


def passed(source: str, destination: str, port: int, **fields: Any) -> dict[str, Any]:
    return make_flow(pod(source), pod(destination), ports=(40000, port), **fields)


WORLD = make_end("", "reserved:world", identity=2)
HOST = make_end("", "reserved:host", identity=1)
CHARGE = {"http": {"method": "POST", "url": "http://api:9090/charge?id=1", "protocol": "HTTP/1.1"}}
FLOWS = (
    passed("web", "api", 9090, second=1.0),
    passed("web", "api", 9090, second=1.5, l7={"type": "REQUEST", **CHARGE}, Type="L7"),
    passed("api", "db", 5432, second=2.0),
    passed("db", "db", 5432, second=3.0),
    make_flow(
        pod("api"),
        WORLD,
        ports=(40001, 443),
        addresses=("10.2.0.8", "93.184.215.14"),
        destination_names=["pay.example.com"],
    ),
    make_flow(WORLD, pod("web"), ports=(55555, 8080), addresses=("93.184.215.15", "10.2.0.7")),
    # What teaches nothing: a reply, a probe, a drop, a client's port, an unknown workload, a ping.
    make_flow(pod("api"), pod("web"), ports=(9090, 40000), is_reply=True),
    make_flow(HOST, pod("web"), ports=(40002, 8080), addresses=("10.1.0.4", "10.2.0.7")),
    passed("job", "db", 5432, verdict="DROPPED", drop_reason_desc="POLICY_DENIED"),
    passed("job", "web", 45678),
    passed("ghost", "web", 8080),
    passed("job", "web", 8, protocol="ICMPv4", second=59.0),
)


@pytest.fixture(scope="module")
def cluster() -> Cluster:
    return load_text(CLUSTER)


@pytest.fixture(scope="module")
def network(cluster: Cluster) -> Network:
    return Network.build(cluster)


@pytest.fixture(scope="module")
def observation(cluster: Cluster) -> Observation:
    return observed(map(parse_flow, FLOWS), cluster)


@pytest.fixture(scope="module")
def known(cluster: Cluster, observation: Observation) -> Seen:
    return seen(cluster, observation)


@pytest.fixture(scope="module")
def found(network: Network, known: Seen) -> Draft:
    learned = least_privilege(network, observed=known.demands, window=known.window)
    return draft(network, learned.intent, observed=known.demands)


def test_only_what_was_let_through_is_learned(known: Seen) -> None:
    assert {(one.source, one.destination, one.port) for one in known.demands} == {
        ("shop/web", "shop/api", 9090),
        ("shop/api", "shop/db", 5432),
        ("shop/db", "shop/db", 5432),
        ("shop/api", "pay.example.com", 443),
        ("world", "shop/web", 8080),
    }
    request = next(one.http for one in known.demands if one.http)
    assert (request.method, request.path) == ("POST", "/charge?q=1")
    assert known.window.startswith("2026-11-28T10:00:01.000Z to 2026-11-28T10:00:59.000Z, 58 s")
    told = " ".join(known.left_out)
    for word in ("Dropped", "probes", "ICMP", "Ports from 32768", "not in the input"):
        assert word in told


def test_every_learned_flow_is_allowed_by_the_draft_and_what_was_dropped_is_not(
    network: Network, observation: Observation, known: Seen, found: Draft
) -> None:
    assert found.verified, found.proof.failing
    assert {one.check for one in found.checks} >= {"flows"}
    documents = [one.document for one in found.documents]
    after = network.changed(add=documents)
    assert all(check_demand(after, one, "allow").met for one in known.demands)
    replayed = replay(network, after, observation)
    assert {str(one.connection) for one in replayed.now_dropped} == {
        "shop/job -> shop/web 45678/TCP",
        "shop/job -> shop/web 8/ICMP",
    }
    judge = Judge(after.policies)
    assert [judge.judge(one).verdict for one in observation.dropped] == ["deny"]


def test_pairs_that_were_not_seen_are_closed(network: Network, known: Seen, found: Draft) -> None:
    after = network.changed(add=[one.document for one in found.documents])
    pods = {f"{one.namespace}/{one.workload}": PodTarget(one) for one in network.cluster.pods}
    learned = {(one.source, one.destination, one.port) for one in known.demands}
    for source, src in pods.items():
        for destination, dst in pods.items():
            for port in (5432, 8000, 8080, 9090, 15432):
                verdict = after.policies.verdict(src, dst, port=port)
                expected = "allow" if (source, destination, port) in learned else "deny"
                assert verdict == expected, (source, destination, port)


def test_how_much_more_is_open_than_was_seen_is_counted(
    network: Network, known: Seen, found: Draft
) -> None:
    after = network.changed(add=[one.document for one in found.documents])
    scope = {one.full_name for one in network.cluster.workloads}
    tight, open_ = excess(after, known.demands, scope), excess(network, known.demands, scope)
    assert tight is not None
    assert open_ is not None
    assert (tight.seen, tight.allowed, tight.ratio) == (3, 3, 1.0)
    assert open_.allowed > open_.seen
    assert excess(network, known.demands, ()) == Excess(seen=0, allowed=0)


def test_a_service_address_stands_for_the_workloads_behind_it(cluster: Cluster) -> None:
    service = make_end("", "reserved:world", identity=2)
    flow = make_flow(pod("web"), service, ports=(40000, 15432), addresses=("10.2.0.7", "10.0.0.9"))
    (demand,) = seen(cluster, observed([parse_flow(flow)], cluster)).demands
    assert (demand.destination, demand.port) == ("shop/db", 5432)


def test_a_network_policy_names_the_world_by_address_and_leaves_out_names(
    network: Network, known: Seen
) -> None:
    learned = least_privilege(network, observed=known.demands, kind="NetworkPolicy")
    assert any("pay.example.com" in one and "left out" in one for one in learned.gaps)
    written = draft(network, learned.intent, observed=known.demands)
    assert "0.0.0.0/0" in written.text
    assert not written.verified
    assert [one.check for one in written.proof.failing] == ["flows"]


def labelled(workload: Workload) -> Workload:
    """Return a workload as its cluster must have it: some flows come without its pods' labels."""
    labels = workload.labels or {"app": workload.name}
    pods = tuple(replace(one, labels=labels) for one in workload.pods)
    return replace(workload, labels=labels, pods=pods)


@pytest.mark.parametrize("name", ["400-tcp", "348-http"])
def test_real_flows_are_learned_and_pass(name: str, shared: Path) -> None:
    path = shared / "cases" / "flows" / f"hubble-otel_basic-sample-{name}-flows.jsonl"
    # The export comes without objects, so the workloads that it shows are made a cluster.
    files = FlowFiles((str(path),))
    shown = observed(files.read(Query()), Cluster()).connections
    targets = [end for one in shown for end in (one.source, one.destination)]
    workloads = {
        str(one): labelled(one.workload) for one in targets if isinstance(one, WorkloadTarget)
    }
    cluster = Cluster(workloads=tuple(workloads.values()))
    known = seen(cluster, observed(files.read(Query()), cluster))
    network = Network.build(cluster)
    assert known.demands
    learned = least_privilege(network, observed=known.demands, window=known.window)
    found = draft(network, learned.intent, observed=known.demands)
    assert found.verified, found.proof.failing
    after = network.changed(add=[one.document for one in found.documents])
    scope = {name for name in workloads if not name.startswith("kube-system/")}
    concerned = [one for one in known.demands if {one.source, one.destination} & scope]
    assert concerned
    assert all(check_demand(after, one, "allow").met for one in concerned)
    beyond = excess(after, concerned, scope)
    assert beyond is not None
    assert beyond.ratio == 1.0

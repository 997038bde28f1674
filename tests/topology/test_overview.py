"""The map of all workloads, against the questions that it answers at once."""

from pathlib import Path

import pytest

from topology.load import load, load_text
from topology.overview import WORLD, Overview, fold
from topology.paths import Network, parse_http
from topology.samples import sample_path
from topology.targets import EntityTarget, WorkloadTarget

APPLICATIONS = ("bookinfo", "online-boutique", "star-wars")

MIXED = """
apiVersion: v1
kind: Namespace
metadata: {name: a}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: a}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: i, ports: [{containerPort: 80}, {containerPort: 90}]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: agent, namespace: a}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {hostNetwork: true, containers: [{name: c, image: i}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: client, namespace: a}
spec:
  selector: {matchLabels: {app: client}}
  template:
    metadata: {labels: {app: client}}
    spec: {containers: [{name: c, image: i}]}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: a}
spec:
  endpointSelector: {matchLabels: {app: web}}
  ingress:
    - fromEndpoints: [{matchLabels: {app: client}}]
      toPorts: [{ports: [{port: "80", protocol: TCP}], rules: {http: [{path: /x}]}}]
    - fromCIDR: [198.51.100.0/24]
      toPorts: [{ports: [{port: "90", protocol: TCP}]}]
  egress:
    - toFQDNs: [{matchName: api.example.com}]
      toPorts: [{ports: [{port: "443", protocol: TCP}]}]
    - toEndpoints: [{matchLabels: {app: client}}]
"""


def assert_agrees(network: Network) -> None:
    """Ask about every pair, and compare the verdict on each port."""
    overview = Overview(network)
    workloads = {one.full_name: WorkloadTarget(one) for one in network.cluster.workloads}
    targets = {**workloads, WORLD: EntityTarget(WORLD)}
    assert len(overview.pairs) >= len(workloads)
    for pair in overview.pairs:
        reach = network.reach(targets[pair.source], targets[pair.destination])
        states = {str(one): one for one in reach.ports}
        for port in (*pair.allowed, *pair.conditional):
            if port in states:
                assert states[port].verdict.verdict == "allow", pair
                assert (states[port].verdict.l7 == "conditional") == (port in pair.conditional)
        for port in pair.denied:
            if port in states:
                assert states[port].verdict.verdict == "deny", pair
        assert (pair.verdict == "deny") == (reach.verdict == "deny"), pair


@pytest.mark.parametrize("name", APPLICATIONS)
def test_each_cell_of_real_applications_is_what_reach_says(shared: Path, name: str) -> None:
    assert_agrees(Network.build(load([shared / "cases" / "external" / "clusters" / name])))


def test_each_cell_of_the_sample_with_its_mesh_is_what_reach_says() -> None:
    assert_agrees(Network.build(load([sample_path()])))


def test_each_cell_is_what_reach_says_where_pods_use_their_node_s_network() -> None:
    assert_agrees(Network.build(load_text(MIXED)))


@pytest.mark.parametrize("request_text", ["GET /", "GET /x", "POST /items?a=1", "DELETE /invoices"])
@pytest.mark.parametrize("form", ["sample", "mixed"])
def test_each_cell_of_a_request_is_what_reach_says(form: str, request_text: str) -> None:
    cluster = load([sample_path()]) if form == "sample" else load_text(MIXED)
    network = Network.build(cluster)
    request = parse_http(request_text)
    workloads = {one.full_name: WorkloadTarget(one) for one in network.cluster.workloads}
    targets = {**workloads, WORLD: EntityTarget(WORLD)}
    for pair in Overview(network, http=request).pairs:
        reach = network.reach(targets[pair.source], targets[pair.destination], http=request)
        assert not pair.conditional, pair
        states = {str(one): one.verdict.verdict for one in reach.ports}
        named = {"allow": pair.allowed, "unknown": pair.unknown, "deny": pair.denied}
        for verdict, ports in named.items():
            assert all(states.get(port, verdict) == verdict for port in ports), pair


def test_cells_tell_ports_requests_and_networks_apart() -> None:
    overview = Overview(Network.build(load_text(MIXED)))
    cells = {(pair.source, pair.destination): pair for pair in overview.pairs}
    web = cells["a/client", "a/web"]
    assert (web.verdict, web.conditional, web.denied) == ("some", ("80/TCP",), ("90/TCP",))
    inbound = cells[WORLD, "a/web"]
    assert (inbound.verdict, inbound.exceptions) == ("deny", ("198.51.100.0/24: allow 90/TCP",))
    outbound = cells["a/web", WORLD]
    assert outbound.verdict == "deny"
    assert outbound.exceptions == ("api.example.com: unknown 443/TCP",)
    assert cells["a/web", "a/client"].allowed == ("every port",)


def test_a_bare_pod_has_no_cell_with_itself_and_replicas_have() -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: a}\nspec: {containers: []}\n"
    assert {
        (one.source, one.destination) for one in Overview(Network.build(load_text(text))).pairs
    } == {
        ("a/p", WORLD),
        (WORLD, "a/p"),
    }


def test_namespaces_count_their_pairs() -> None:
    overview = Overview(Network.build(load_text(MIXED)))
    within = next(one for one in overview.blocks if (one.source, one.destination) == ("a", "a"))
    assert sum(within.counts.values()) == 9
    assert within.verdict == "some"


def test_verdicts_fold() -> None:
    assert fold(["allow", "allow"]) == "allow"
    assert fold(["allow", "conditional"]) == "conditional"
    assert fold(["conditional", "deny"]) == "some"
    assert fold(["unknown", "deny"]) == "unknown"

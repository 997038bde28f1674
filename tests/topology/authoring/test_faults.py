"""Faults put into policies, and mended: what was lost is back, and nothing else has changed."""

import random
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from evals.faults import Fault, Pair, built, faulted, faults, open_pairs, pair_is_open
from topology.authoring.impact import applied
from topology.authoring.mending import mend
from topology.load import load, load_text
from topology.model import Document
from topology.paths import Network, PortQuery, parse_http
from topology.policy.reading import KINDS
from topology.samples import sample_path
from topology.simulation import simulate
from topology.targets import WorkloadTarget


def network_policies(network: Network) -> list[Document]:
    return [one for one in network.cluster.policies if one.kind in KINDS]


def hold(network: Network, fault: Fault, intended: Sequence[Pair], chance: random.Random) -> int:
    """Mend one of the pairs that a fault cuts; return how many it cuts."""
    broken = faulted(network, fault)
    lost = [pair for pair in intended if not pair_is_open(broken, pair)]
    if not lost:
        return 0
    pair = chance.choice(lost)
    found = mend(
        broken,
        WorkloadTarget(pair.source),
        WorkloadTarget(pair.destination),
        port=pair.port,
    )
    what = f"{fault.name}, {pair}"
    assert found.outcome == "mended", what
    assert found.verified, (what, [check for check in found.checks if not check.ok])
    mended = applied(broken, found.edits)
    assert pair_is_open(mended, pair), what
    documents = network_policies(mended)
    change = simulate(broken.policies, add=documents)
    ends = {(pair.source.full_name, pair.destination.full_name)}
    assert {(row.source, row.destination) for row in change.opened} <= ends, what
    assert not change.closed, what
    return len(lost)


def sampled(network: Network, chance: random.Random, each: int) -> Iterable[Fault]:
    for document in network_policies(network):
        every = list(faults(document))
        yield from chance.sample(every, min(each, len(every)))


def test_faults_in_the_sample_are_mended() -> None:
    network = built(load([sample_path()]))
    chance = random.Random(5)
    intended = open_pairs(network)
    assert sum(hold(network, one, intended, chance) for one in sampled(network, chance, 4)) > 5


def test_faults_in_each_policy_of_online_boutique_are_mended(shared: Path) -> None:
    network = built(load([shared / "cases" / "external" / "clusters" / "online-boutique"]))
    assert len(network_policies(network)) == 13
    chance = random.Random(7)
    intended = open_pairs(network)
    assert sum(hold(network, one, intended, chance) for one in sampled(network, chance, 4)) > 20


def test_the_policy_at_fault_is_the_one_with_the_fault(shared: Path) -> None:
    network = built(load([shared / "cases" / "external" / "clusters" / "online-boutique"]))
    intended = open_pairs(network)
    for document in network_policies(network):
        for fault in faults(document):
            if not any(word in fault.name for word in ("without spec.ingress", "off by one")):
                continue
            broken = faulted(network, fault)
            lost = [pair for pair in intended if not pair_is_open(broken, pair)]
            for pair in lost[:1]:
                found = mend(
                    broken,
                    WorkloadTarget(pair.source),
                    WorkloadTarget(pair.destination),
                    port=pair.port,
                )
                assert found.at_fault == (document.key,), fault.name


BOOKINFO = """\
apiVersion: v1
kind: Namespace
metadata: {name: default, labels: {istio-injection: enabled}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: default}
spec: {podSelector: {}, policyTypes: [Ingress]}
---
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: ratings, namespace: default}
spec:
  endpointSelector: {matchLabels: {app: ratings}}
  ingress:
  - fromEndpoints: [{matchLabels: {app: reviews}}]
    toPorts: [{ports: [{port: "9080", protocol: TCP}]}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: reviews, namespace: default}
spec:
  podSelector: {matchExpressions: [{key: app, operator: In, values: [reviews, details]}]}
  ingress:
  - from: [{podSelector: {matchLabels: {app: productpage}}}]
    ports: [{port: 9080}]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: ratings, namespace: default}
spec:
  selector: {matchLabels: {app: ratings}}
  rules:
  - from: [{source: {principals: [cluster.local/ns/default/sa/bookinfo-reviews]}}]
    to: [{operation: {methods: [GET], paths: ["/ratings/*"]}}]
"""


def test_faults_in_policies_for_bookinfo_are_mended(shared: Path) -> None:
    plain = load([shared / "cases" / "external" / "clusters" / "bookinfo" / "bookinfo.yaml"])
    assert plain.workloads
    text = Path(
        shared / "cases" / "external" / "clusters" / "bookinfo" / "bookinfo.yaml"
    ).read_text(encoding="utf-8")
    network = built(load_text(f"{text}\n---\n{BOOKINFO}", name="bookinfo.yaml"))
    chance = random.Random(3)
    intended = open_pairs(network)
    assert intended
    assert sum(hold(network, one, intended, chance) for one in sampled(network, chance, 8)) > 5


@pytest.mark.parametrize("fault_number", range(7))
def test_faults_in_an_authorization_policy_are_mended_for_the_request(fault_number: int) -> None:
    text = (Path(__file__).parent / "mesh.yaml").read_text(encoding="utf-8")
    network = built(load_text(text, name="mesh.yaml"))
    (document,) = [one for one in network.cluster.policies if one.name == "api"]
    every = [one for one in faults(document) if one.after is not None]
    broken = faulted(network, every[fault_number % len(every)])
    names = network.names
    ends = names.match("mesh/one").target, names.match("mesh/api").target
    port, http = PortQuery(number=8080), parse_http("GET /items")
    assert network.reach(*ends, port=port, http=http).allowed
    if broken.reach(*ends, port=port, http=http).allowed:
        return
    found = mend(broken, *ends, port=port, http=http)
    assert found.verified
    mended = applied(broken, found.edits)
    assert mended.reach(*ends, port=port, http=http).allowed
    other = names.match("mesh/two").target
    assert not mended.reach(other, ends[1], port=port, http=http).allowed


def random_network(seed: int) -> Network:
    """Return workloads of two namespaces under default deny, with rules between some of them."""
    chance = random.Random(seed)
    count = chance.randint(4, 7)
    places = [(f"app-{number}", chance.choice(["red", "blue"])) for number in range(count)]
    parts = [f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {one}}}" for one in
             ("red", "blue")]  # fmt: skip
    for number, (name, space) in enumerate(places):
        labels = f"{{app: {name}, tier: t{number % 2}}}"
        parts.append(
            f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: {space}}}"
            f"\nspec:\n  selector: {{matchLabels: {{app: {name}}}}}\n  template:\n"
            f"    metadata: {{labels: {labels}}}\n"
            f"    spec: {{containers: [{{name: c, image: x, ports: "
            f"[{{containerPort: {8000 + number}}}]}}]}}"
        )
        peers = [
            f"{{namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {other}}}}}, "
            f"podSelector: {{matchLabels: {{app: {peer}}}}}}}"
            for peer, other in places
            if peer != name and chance.random() < 0.4
        ]
        ingress = f"[{{from: [{', '.join(peers)}], ports: [{{port: {8000 + number}}}]}}]"
        parts.append(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
            f"metadata: {{name: {name}, namespace: {space}}}\nspec:\n"
            f"  podSelector: {{matchLabels: {{app: {name}}}}}\n  policyTypes: [Ingress]\n"
            f"  ingress: {ingress if peers else '[]'}"
        )
    return built(load_text("\n---\n".join(parts), name="random.yaml"))


@pytest.mark.parametrize("seed", range(8))
def test_faults_in_random_clusters_are_mended(seed: int) -> None:
    network = random_network(seed)
    chance = random.Random(seed)
    intended = open_pairs(network)
    for one in sampled(network, chance, 2):
        hold(network, one, intended, chance)

"""Sound policies that are meant for something else: 'X cannot reach Y, fix it' mends them, too."""

import random
from collections.abc import Iterable, Sequence
from pathlib import Path

from evals.faults import Fault, Pair, built, faulted, open_pairs, pair_is_open
from evals.misplaced import misplaced
from topology.authoring.drafting import draft
from topology.authoring.impact import applied
from topology.authoring.least_privilege import least_privilege
from topology.authoring.mending import Mend, mend
from topology.load import load, load_text
from topology.paths import Network, parse_http
from topology.policy.verdict import HttpRequest
from topology.samples import sample_path
from topology.simulation import simulate_network
from topology.targets import WorkloadTarget

REQUESTS = tuple(map(parse_http, ("GET /", "POST /charge/17?x=1", "GET /ratings/7")))


def ends(pair: Pair) -> tuple[WorkloadTarget, WorkloadTarget]:
    return WorkloadTarget(pair.source), WorkloadTarget(pair.destination)


def passes(network: Network, pair: Pair, http: HttpRequest | None) -> bool:
    return network.reach(*ends(pair), port=pair.port, http=http).allowed


def sampled(network: Network, chance: random.Random, each: int) -> Iterable[Fault]:
    for document in network.cluster.policies:
        every = list(misplaced(network.cluster, document))
        yield from chance.sample(every, min(each, len(every)))


def held(broken: Network, found: Mend, pair: Pair, what: str) -> None:
    """Check that a mended connection is open, that nothing else is, and that nothing closed."""
    assert found.outcome == "mended", what
    assert found.verified, (what, [one.detail for one in found.checks if not one.ok])
    documents = [edit.after for edit in found.edits if edit.after is not None]
    change = simulate_network(broken, add=documents)
    assert not change.closed, what
    rows = (*change.opened, *change.other_requests)
    wanted = {(pair.source.full_name, pair.destination.full_name)}
    assert {(one.source, one.destination) for one in rows} <= wanted, what


def hold(network: Network, faults: Iterable[Fault], intended: Sequence[Pair], seed: int) -> int:
    """Mend one lost pair of each fault; return how many faults lose any."""
    chance = random.Random(seed)
    count = 0
    for fault in faults:
        broken = faulted(network, fault)
        lost = [pair for pair in intended if not pair_is_open(broken, pair)]
        if not lost or fault.name.endswith("everyone of the namespace"):
            continue
        count += 1
        pair = chance.choice(lost)
        found = mend(broken, *ends(pair), port=pair.port)
        held(broken, found, pair, f"{fault.name}, {pair}")
        assert pair_is_open(applied(broken, found.edits), pair)
    return count


def test_what_was_meant_for_something_else_in_online_boutique_is_mended(shared: Path) -> None:
    network = built(load([shared / "cases" / "external" / "clusters" / "online-boutique"]))
    faults = sampled(network, random.Random(11), 4)
    assert hold(network, faults, open_pairs(network), 11) > 30


def test_what_was_meant_for_something_else_in_the_sample_is_mended() -> None:
    network = built(load([sample_path()]))
    assert hold(network, sampled(network, random.Random(3), 3), open_pairs(network), 3) > 10


def test_a_rule_narrowed_to_one_request_gets_the_other_one_and_no_more(shared: Path) -> None:
    folder = shared / "cases" / "external" / "clusters" / "online-boutique"
    network = built(load([folder / "kubernetes-manifests.yaml"]))
    found = draft(network, least_privilege(network).intent)
    text = (folder / "kubernetes-manifests.yaml").read_text(encoding="utf-8")
    network = built(load_text(f"{text}\n---\n{found.text}", name="boutique.yaml"))
    pairs = open_pairs(network)
    count = 0
    for document in network.cluster.policies:
        for fault in misplaced(network.cluster, document):
            if not fault.name.endswith("for one request"):
                continue
            broken = faulted(network, fault)
            asked = [
                (pair, http)
                for pair in pairs
                for http in REQUESTS
                if passes(network, pair, http) and not passes(broken, pair, http)
            ]
            for pair, http in asked[:1]:
                count += 1
                done = mend(broken, *ends(pair), port=pair.port, http=http)
                held(broken, done, pair, f"{fault.name}, {pair}")
                assert done.at_fault == (document.key,)
                mended = applied(broken, done.edits)
                assert passes(mended, pair, http)
                assert not passes(mended, pair, parse_http("DELETE /something/else"))
    assert count > 8


def test_where_a_rule_is_of_many_workloads_only_the_one_that_was_asked_about_is_opened() -> None:
    network = built(load([sample_path()]))
    (document,) = [one for one in network.cluster.policies if one.name == "metrics"]
    (fault,) = [
        one for one in misplaced(network.cluster, document) if one.name.endswith("one request")
    ]
    broken = faulted(network, fault)
    (pair,) = [
        one
        for one in open_pairs(network)
        if (one.source.name, one.destination.name, one.port.number)
        == ("prometheus", "checkout", 9102)
    ]
    http = parse_http("GET /metrics")
    assert not passes(broken, pair, http)
    held(broken, mend(broken, *ends(pair), port=pair.port, http=http), pair, fault.name)


BOOKINFO = """\
apiVersion: v1
kind: Namespace
metadata: {name: default, labels: {istio-injection: enabled}}
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: details, namespace: default}
spec:
  selector: {matchLabels: {app: details}}
  rules:
  - from: [{source: {principals: [cluster.local/ns/default/sa/bookinfo-productpage]}}]
    to: [{operation: {methods: [GET], paths: ["/*"]}}]
"""


def test_other_callers_requests_and_denials_in_a_mesh_are_mended(shared: Path) -> None:
    folder = shared / "cases" / "external" / "clusters" / "bookinfo"
    text = (folder / "bookinfo.yaml").read_text(encoding="utf-8")
    network = built(load_text(f"{text}\n---\n{BOOKINFO}", name="bookinfo.yaml"))
    (document,) = network.cluster.policies
    (pair,) = [
        one
        for one in open_pairs(network)
        if (one.source.name, one.destination.name) == ("productpage-v1", "details-v1")
    ]
    http = parse_http("GET /details/0")
    names = []
    for fault in misplaced(network.cluster, document):
        broken = faulted(network, fault)
        assert not passes(broken, pair, http), fault.name
        done = mend(broken, *ends(pair), port=pair.port, http=http)
        assert done.verified, (fault.name, [one.detail for one in done.checks if not one.ok])
        mended = applied(broken, done.edits)
        assert passes(mended, pair, http)
        assert not passes(mended, pair, parse_http("DELETE /details/0")), fault.name
        names.append(fault.name.partition(": ")[2].split(" ")[0])
    assert names == ["spec.rules.0.from.0.source", "spec.rules[0]", "denied"]

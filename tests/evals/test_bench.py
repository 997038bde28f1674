"""The benchmark: its loads are what it says they are, and a run answers everything it should."""

from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from evals.bench import SIZES, Size, make_objects, write
from evals.bench.allocating import measure_book
from evals.bench.files import yaml_lines
from evals.bench.flow_load import flow_lines
from evals.bench.measures import Measure, spread_of
from evals.bench.peer import compare
from evals.bench.profiles import hot_spots, profile_parts
from evals.bench.questions import draw_questions, more_policies
from evals.command import main
from evals.suites.bench import run
from topology.flows.parsing import parse_flow
from topology.load import load
from topology.policy.engine import PolicyEngine
from topology.policy.istio import MeshPolicies

SMALL = SIZES[100]


def test_the_reference_load_is_that_of_the_issue() -> None:
    assert SIZES[20_000] == Size(
        nodes=1000, namespaces=100, backends=4000, services=800, replicas=20, policies=1000
    )
    assert SIZES[100_000].policies == 5000
    assert SIZES[100_000].pods == 100_000


@pytest.mark.parametrize("pods", [100, 1000])
def test_a_load_holds_as_many_objects_as_it_says(pods: int) -> None:
    size = SIZES[pods]
    objects = make_objects(size)
    assert {name: len(found) for name, found in objects.items()} == {
        "namespaces": size.namespaces,
        "nodes": size.nodes,
        "deployments": size.services + 1,
        "pods": pods,
        "services": size.services + 1,
        "endpointslices": size.services + 1 + (size.backends - 1) // 100,
        "policies": size.policies,
    }


def test_one_service_has_the_stated_backends_and_all_others_have_fewer() -> None:
    backends = Counter[str]()
    for one in make_objects(SIZES[1000])["endpointslices"]:
        backends[one["metadata"]["labels"]["kubernetes.io/service-name"]] += len(one["endpoints"])
    assert sorted(backends.values()) == [20] * 40 + [200]


def test_equal_seeds_give_equal_objects_and_others_do_not() -> None:
    first, again, other = (make_objects(SMALL, seed=seed) for seed in (1, 1, 2))
    assert orjson.dumps(first) == orjson.dumps(again)
    assert first["policies"] != other["policies"]


def test_policies_of_every_kind_and_feature_are_drawn() -> None:
    text = orjson.dumps(make_objects(SIZES[1000])["policies"]).decode()
    for word in (
        "NetworkPolicy",
        "CiliumNetworkPolicy",
        "CiliumClusterwideNetworkPolicy",
        "AuthorizationPolicy",
        "ingressDeny",
        "egressDeny",
        "endPort",
        "CIDRSet",
        "except",
        "toFQDNs",
        "Entities",
        '"http"',
        '"dns"',
        "NotIn",
        "namespaceSelector",
        '"port":"metrics"',
    ):
        assert word in text, word


def test_the_load_of_the_peer_holds_what_the_peer_can_read() -> None:
    kinds = {one["kind"] for one in make_objects(SMALL, flavor="kubernetes")["policies"]}
    assert kinds == {"NetworkPolicy"}


@pytest.mark.parametrize("form", ["json", "yaml"])
@pytest.mark.parametrize("full", [False, True])
def test_what_is_written_loads_without_problems(tmp_path: Path, form: Any, full: bool) -> None:
    size = SIZES[1000]
    write(make_objects(size, full=full), tmp_path, form)
    cluster = load([tmp_path])
    assert cluster.problems == ()
    assert len(cluster.pods) == 1000
    assert len(cluster.nodes) == size.nodes
    assert len(cluster.policies) == size.policies
    assert max(len(one.endpoints or ()) for one in cluster.services) == size.backends
    assert {pod.workload_kind for pod in cluster.pods} == {"Deployment"}
    assert PolicyEngine.build(cluster).problems == ()
    assert MeshPolicies.build(cluster).problems == ()


def test_both_forms_hold_the_same_objects(tmp_path: Path) -> None:
    objects = make_objects(SMALL)
    for name, items in objects.items():
        [as_json] = write({name: items}, tmp_path, "json")
        [as_yaml] = write({name: items}, tmp_path, "yaml")
        assert yaml.load(as_yaml.read_text(), yaml.CSafeLoader) == orjson.loads(
            as_json.read_bytes()
        )


def test_text_that_yaml_would_read_as_something_else_is_quoted() -> None:
    values = ["yes", "8080", "1.10", "null", "", "a: b", "x:", "- y", "10.0.0.0/8", "a b", "~", "é"]
    assert yaml.safe_load("\n".join(yaml_lines({"a": values}))) == {"a": values}


def test_equal_seeds_give_equal_flows_of_every_kind() -> None:
    lines = list(flow_lines(200, seed=3))
    assert lines == list(flow_lines(200, seed=3))
    assert lines != list(flow_lines(200, seed=4))
    flows = [parse_flow(orjson.loads(line)["flow"]) for line in lines]
    assert len({flow.uuid for flow in flows}) == 200
    assert {"FORWARDED", "DROPPED"} == {flow.verdict for flow in flows}
    assert any(flow.http for flow in flows)
    assert any(flow.dns for flow in flows)
    assert any(flow.destination_names for flow in flows)
    assert any(flow.is_reply for flow in flows)


def test_questions_are_of_different_workloads_or_ports(tmp_path: Path) -> None:
    write(make_objects(SMALL, full=False), tmp_path, "json")
    cluster = load([tmp_path])
    questions = draw_questions(cluster, 200)
    asked = {(src.pod.workload, dst.pod.workload, port) for src, dst, port, _ in questions}
    assert len(asked) == len(questions) == 200


def test_policies_to_add_are_not_in_the_cluster_yet() -> None:
    names = {one["metadata"]["name"] for one in make_objects(SMALL)["policies"]}
    added = more_policies(100, 5)
    assert len(added) == 5
    assert names.isdisjoint(one.name for one in added)


def test_percentiles_count_every_call() -> None:
    calls: list[int] = []
    taken = spread_of(lambda: calls.append(1) for _ in range(7))
    assert len(calls) == taken.count == 7
    assert 0 <= taken.best <= taken.p50 <= taken.p99


@pytest.mark.parametrize(
    ("value", "target", "met"), [(1.0, 1.0, True), (1.1, 1.0, False), (None, 1.0, False)]
)
def test_a_target_is_met_up_to_its_value(
    value: float | None, target: float | None, met: bool | None
) -> None:
    assert Measure(name="x", value=value, unit="s", target=target).met is met


def test_a_measure_without_target_is_neither_met_nor_missed() -> None:
    assert Measure(name="x", value=1.0, unit="s").met is None


def test_the_parts_of_a_call_are_those_in_other_modules(tmp_path: Path) -> None:
    write(make_objects(SMALL, full=False), tmp_path, "json")
    cluster = load([tmp_path])
    parts = dict(profile_parts(lambda: load([tmp_path]), taken=1.0, least=0.0))
    assert "reading.load" in parts
    spots = hot_spots(lambda: PolicyEngine.build(cluster), count=3)
    assert len(spots) == 3
    assert spots[0].own >= spots[1].own >= spots[2].own


class TestARun:
    """One run at the smallest size, as the command does it."""

    @pytest.fixture(scope="class")
    @staticmethod
    def document() -> dict[str, Any]:
        return orjson.loads(orjson.dumps(run(sizes=(100,), box=5.0, flows=2000).to_dict()))

    def test_names_the_machine_and_the_date(self, document: dict[str, Any]) -> None:
        assert document["suite"] == "bench"
        assert document["machine"].keys() >= {"cores", "date", "python", "load_average"}

    def test_measures_everything_that_the_issue_asks_for(self, document: dict[str, Any]) -> None:
        [size] = document["sizes"]
        names = {one["name"] for one in size["measures"]}
        assert names >= {
            "build",
            "engine_memory",
            "explained_p50",
            "explained_p99",
            "load_json",
            "load_yaml",
            "matrix",
            "objects_memory",
            "peak_memory",
            "reopen_json",
            "verdict_p50",
            "verdict_p99",
            "what_if_p50",
            "what_if_p99",
        }
        assert all(one["value"] is not None for one in size["measures"])

    def test_measures_flows_beside_plain_python(self, document: dict[str, Any]) -> None:
        values = {one["name"]: one["value"] for one in document["flows"]}
        assert values["flows_ratio"] > 0
        assert values["flows_memory"] > 0

    def test_states_no_target_where_the_issue_states_none(self, document: dict[str, Any]) -> None:
        assert document["targets"] == document["met"] == 0

    def test_says_that_the_peer_did_not_run(self, document: dict[str, Any]) -> None:
        assert document["peer"]["rows"] == []
        assert document["peer"]["note"]


def test_a_peer_that_fails_gets_no_ratio(tmp_path: Path) -> None:
    row = compare(Path("false"), 100, SMALL.policies, tmp_path, box=5.0)
    assert row.peer is row.ratio is None
    assert row.ours > 0
    assert row.note.startswith("failed")


def test_a_peer_that_takes_too_long_gives_a_lower_bound(tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    row = compare(slow, 100, SMALL.policies, tmp_path, box=0.1)
    assert row.peer is None
    assert row.ratio is not None
    assert row.note.startswith("stopped")


def test_a_size_that_has_no_load_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--sizes", "123"]) == 2
    assert "choose from 100, 1000" in capsys.readouterr().err


def test_the_book_is_measured_beside_its_peer_and_loses_nothing() -> None:
    found = {
        one.name: one
        for one in measure_book(existing=300, calls=3, prefixes=16, peer_calls=1, postgres=False)
    }
    assert found.keys() >= {"book_import", "book_allocate_p50", "peer_anew_p50", "peer_kept_p50"}
    assert all(one.value is not None and one.value > 0 for one in found.values())
    assert "16 held, 0 lost, 0 doubled" in found["rush_sqlite"].note

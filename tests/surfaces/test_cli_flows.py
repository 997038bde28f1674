"""`netassist flows` as a person or a pipeline runs it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from evals.bench.flow_objects import envelope, make_flow

POLICY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec: {podSelector: {matchLabels: {app: db}}, policyTypes: [Ingress]}
"""
OBJECTS = """
{kind: Pod, apiVersion: v1, metadata: {name: web-0, namespace: shop, labels: {app: web}}}
---
{kind: Pod, apiVersion: v1, metadata: {name: db-0, namespace: shop, labels: {app: db}}}
---
"""
PROGRAM = "from assistant.cli.app import main; main()"


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        input=stdin, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def lines() -> str:
    drop = {"verdict": "DROPPED", "drop_reason_desc": "POLICY_DENIED", "is_reply": None}
    flows = [make_flow("shop/web-0", "shop/db-0", flags=["SYN"], **drop), make_flow()]
    return "".join(envelope(flow) + "\n" for flow in flows)


@pytest.fixture
def cluster(tmp_path: Path) -> str:
    path = tmp_path / "cluster.yaml"
    path.write_text(OBJECTS + POLICY)
    return str(path)


def test_flows_from_a_pipe_are_explained_by_policies_from_a_file(cluster: str, lines: str) -> None:
    done = run("flows", "drops", "-w", cluster, "-w", "-", "--json", stdin=lines)
    document = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert document["schema_version"] == 1
    assert document["drops"][0]["policy"] == "NetworkPolicy/shop/db"
    assert document["window"]["flows"] == 2


def test_filters_stand_on_the_command_line_as_with_hubble(
    cluster: str, lines: str, tmp_path: Path
) -> None:
    flows = tmp_path / "flows.jsonl"
    flows.write_text(lines)
    words = ["-n", "shop", "--not", "--verdict", "FORWARDED", "--to-port=5432", "-t", "trace"]
    done = run("flows", "explain", "-w", cluster, "-w", str(flows), "--json", *words)
    assert done.returncode == 0, done.stderr
    assert [row["seen"] for row in json.loads(done.stdout)["connections"]] == ["dropped"]


@pytest.mark.parametrize("command", ["drops", "dns", "top", "imbalance", "explain"])
def test_every_command_answers_in_words_and_as_json(command: str, lines: str) -> None:
    done = run("flows", command, "-w", "-", stdin=lines)
    assert done.returncode == 0, done.stderr
    assert "Looked at 2 flows" in done.stdout
    document = json.loads(run("flows", command, "-w", "-", "--json", stdin=lines).stdout)
    assert document["summary"]
    assert "Examples:" in run("flows", command, "--help").stdout


def test_a_wrong_filter_is_wrong_usage_and_a_missing_file_is_bad_input(cluster: str) -> None:
    done = run("flows", "drops", "-w", cluster, "--verdict", "lost")
    assert done.returncode == 2
    assert "`lost` is no verdict" in done.stderr
    assert run("flows", "drops", "-w", "none.jsonl").returncode == 5


def test_a_change_is_tried_on_the_flows_of_the_workspace(tmp_path: Path, lines: str) -> None:
    (tmp_path / "objects.yaml").write_text(OBJECTS)
    passed = make_flow("shop/web-0", "shop/db-0")
    (tmp_path / "flows.jsonl").write_text(envelope(passed) + "\n")
    policy = tmp_path / "policy.yml.txt"
    policy.write_text(POLICY)
    done = run("policy", "simulate", "-w", str(tmp_path), "--add", str(policy), "--json")
    [row] = json.loads(done.stdout)["flows_now_dropped"]
    assert (row["source"], row["destination"], row["port"]) == (
        "shop/web-0",
        "shop/db-0",
        "5432/TCP",
    )


def test_that_nothing_was_dropped_is_not_said_where_nothing_could_be_read(tmp_path: Path) -> None:
    objects, flows = tmp_path / "objects.yaml", tmp_path / "flows.jsonl"
    objects.write_text(OBJECTS + POLICY)
    flows.write_text('{"flow": {"time": "x"}\n{"flow":')
    done = run("flows", "drops", "-w", str(objects), "-w", str(flows))
    assert (done.returncode, done.stdout) == (5, "")
    assert "No flow could be read" in done.stderr
    assert "flows.jsonl:1" in done.stderr


def test_a_time_of_day_is_one_of_the_flows_own_day(cluster: str, tmp_path: Path) -> None:
    flows = tmp_path / "flows.jsonl"
    made = [make_flow(second=1), make_flow(second=40), make_flow(second=50)]
    flows.write_text("".join(envelope(flow) + "\n" for flow in made))
    files = ("-w", cluster, "-w", str(flows), "--json")
    since = run("flows", "top", "--since", "10:00:40", *files)
    assert json.loads(since.stdout)["window"]["flows"] == 2, since.stderr
    until = run("flows", "top", "--until", "10:00:40", *files)
    assert json.loads(until.stdout)["window"]["flows"] == 2, until.stderr
    wrong = run("flows", "top", "--since", "25:61", *files)
    assert wrong.returncode == 2
    assert "`25:61` is no time of day" in wrong.stderr

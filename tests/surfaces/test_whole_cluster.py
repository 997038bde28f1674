"""`netassist matrix` and `netassist policy simulate`, as a script uses them."""

import csv
import io
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from assistant.cli.app import app

SAMPLE = "sample.yaml"
PODS = """
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: a, labels: {app: web}}
spec: {containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: 'we"b', namespace: a, labels: {app: other}}
spec: {containers: [{name: c, image: i}]}
"""
POLICY = """
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: web, namespace: a}
spec:
  endpointSelector: {matchLabels: {app: web}}
  ingress: [{fromEntities: [world], toPorts: [{ports: [{port: "80", protocol: TCP}]}]}]
"""


@pytest.fixture
def pods(tmp_path: Path) -> Path:
    path = tmp_path / SAMPLE
    path.write_text(PODS, encoding="utf-8")
    return path


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy.yaml"
    path.write_text(POLICY, encoding="utf-8")
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


def test_the_matrix_is_one_json_document(pods: Path, policy: Path) -> None:
    done = run("matrix", "-w", pods, "-w", policy, "--format", "json")
    document = json.loads(done.stdout)
    assert (done.exit_code, document["schema_version"], document["by"]) == (0, 1, "workload")
    cells = {(cell["source"], cell["destination"]): cell for cell in document["cells"]}
    assert cells["world", "a/web"]["allowed"] == ["80/TCP"]
    assert cells['a/we"b', "a/web"]["verdict"] == "deny"


def test_the_matrix_as_csv_has_a_line_per_pair(pods: Path) -> None:
    rows = [*csv.DictReader(io.StringIO(run("matrix", "-w", pods, "--format", "csv").stdout))]
    assert len(rows) == 6
    first = next(row for row in rows if (row["source"], row["destination"]) == ("world", "a/web"))
    assert (first["verdict"], first["allowed"]) == ("allow", "80/TCP")


def test_the_matrix_as_a_graph_quotes_names(pods: Path, policy: Path) -> None:
    text = run("matrix", "-w", pods, "-w", policy, "--format", "dot").stdout
    assert text.startswith("digraph network {")
    assert '"a/we\\"b" -> "world"' in text
    assert '"world" -> "a/web" [style=solid, color="#1a7f37", label="80/TCP"];' in text
    assert '"a/we\\"b" -> "a/web"' not in text


def test_a_simulation_has_the_fields_of_the_contract(pods: Path, policy: Path) -> None:
    done = run("policy", "simulate", "-w", pods, "--add", policy, "--json")
    document = json.loads(done.stdout)
    assert done.exit_code == 0
    assert document["flows_now_dropped"] == []
    assert isinstance(document["unchanged"], int)
    assert document["opened"] == []
    closed = {(row["source"], row["destination"]): row["ports"] for row in document["closed"]}
    assert closed['a/we"b', "a/web"] == "every port"
    assert closed["world", "a/web"].startswith("0-79/TCP, 81-65535/TCP, ")


def test_a_simulation_removes_what_was_added(pods: Path, policy: Path) -> None:
    key = "CiliumNetworkPolicy/a/web"
    done = run("policy", "simulate", "-w", pods, "-w", policy, "--remove", key)
    assert done.exit_code == 0
    assert f"removes `{key}`" in done.stdout
    assert "Opened:" in done.stdout


def test_a_policy_that_is_not_valid_makes_the_answer_no(pods: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(POLICY.replace("endpointSelector", "endpointSelctor"), encoding="utf-8")
    done = run("policy", "simulate", "-w", pods, "--add", bad)
    assert done.exit_code == 1
    assert "Not in force" in done.stdout

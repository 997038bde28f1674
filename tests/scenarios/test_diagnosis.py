"""The diagnosis as a tool and as commands, on snapshots with one thing wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from assistant.cli.app import app
from assistant.cli.diagnose import plain_read
from evals.bench.flow_objects import envelope, make_flow
from tools.diagnosis import collect_commands, diagnose
from tools.diagnosis_results import DiagnosisResult
from tools.workspace import Workspace

from . import exports as e
from .exports import Cast, Snapshot
from .root_causes import policy

CAST = Cast("shop", "checkout", "payments", 80, 8080)


def ask(snapshot: Snapshot, folder: Path, symptom: str, **arguments: str) -> DiagnosisResult:
    workspace = Workspace.load(snapshot.write(folder))
    result = diagnose.call(workspace, {"symptom": symptom, **arguments})
    assert isinstance(result, DiagnosisResult)
    return result


def root(result: DiagnosisResult) -> str:
    assert result.root_cause is not None, result.summary
    return result.root_cause.summary


def blocked() -> Snapshot:
    snapshot = e.healthy(CAST)
    policy(snapshot, CAST)
    return snapshot


def test_a_blocked_connection_comes_with_a_fix_that_is_proven(tmp_path: Path) -> None:
    result = ask(blocked(), tmp_path, "checkout times out calling payments")
    assert "CiliumNetworkPolicy/shop/payments-guard" in root(result)
    assert result.fix is not None
    assert result.fix.outcome == "mended"
    assert result.fix.verified
    assert "fromEndpoints" in result.fix.diff
    assert result.verdict == "deny"
    assert any(row.location for row in result.root_cause.evidence)  # type: ignore[union-attr]
    assert [step.check for step in result.steps][:2] == ["Pods", "Services"]


def test_only_flows_since_the_time_that_is_told_count(tmp_path: Path) -> None:
    snapshot = e.healthy(CAST)
    snapshot.flows += e.drop(CAST, direction="INGRESS", reason="CT_MAP_INSERTION_FAILED")
    early = ask(snapshot, tmp_path, "payments drops packets since 10:00:20")
    assert "CT_MAP_INSERTION_FAILED" in root(early)
    assert early.since == "2026-11-28T10:00:20.000Z"
    late = ask(snapshot, tmp_path, "payments drops packets since 10:00:24.5")
    assert late.outcome == "cause-found"
    after = ask(snapshot, tmp_path, "payments drops packets since 10:00:31")
    assert any("does not cut" in note for note in after.not_verified)


@pytest.mark.parametrize(
    "line",
    [
        "Nov 28 10:40:01.123: {0}:43210 (ID:12) -> {1}:8080 (ID:9) policy-verdict:none INGRESS "
        "DENIED (TCP Flags: SYN)",
        "{0}:43210 (ID:12) -> {1}:8080 (ID:9) Policy denied DROPPED (TCP Flags: SYN)",
        "{1}:8080 (ID:9) <- {0}:43210 (ID:12) Policy denied DROPPED (TCP Flags: SYN)",
    ],
)
def test_a_pasted_line_of_hubble_is_explained(tmp_path: Path, line: str) -> None:
    result = ask(blocked(), tmp_path, line.format(*e.ends(CAST)))
    assert "payments-guard" in root(result)


def test_a_pasted_flow_is_explained(tmp_path: Path) -> None:
    snapshot = blocked()
    assert "payments-guard" in root(ask(snapshot, tmp_path, envelope(snapshot.flows[-1])))


def test_an_uneven_load_is_measured_and_its_cause_named(tmp_path: Path) -> None:
    snapshot = e.healthy(CAST)
    snapshot.add(e.service("shop", "payments", selector=e.server_labels(CAST), port=80,
                           target=8080, sessionAffinity="ClientIP"))  # fmt: skip
    one, other = e.ends(CAST, 0)[1], e.ends(CAST, 1)[1]
    snapshot.flows = [
        make_flow(e.ends(CAST)[0], one if number % 20 else other, ports=(40000 + number, 8080),
                  second=number % 59, flags=["SYN"], addresses=("10.244.0.20", "10.244.0.30"))
        for number in range(60)
    ]  # fmt: skip
    result = ask(snapshot, tmp_path, "one pod of payments gets all the traffic")
    assert "95% of the 60 connections" in root(result)
    assert "sessionAffinity: ClientIP" in root(result)


def network_config(**status: Any) -> dict[str, Any]:
    body = {"networkContainers": [{"subnetName": "pods", "subnetAddressSpace": "10.1.0.0/24"}]}
    return e.thing("NodeNetworkConfig", "kube-system", CAST.node, "acn.azure.com/v1alpha",
                   spec={"requestedIPCount": 48}, status=body | status)  # fmt: skip


def test_a_subnet_that_is_full_is_named(tmp_path: Path) -> None:
    told = "pods stuck ContainerCreating: not enough IPs"
    full = e.healthy(CAST).add(network_config(assignedIPCount=32, status="SubnetFull"))
    assert "of subnet `pods` (10.1.0.0/24) and was given 32" in root(
        ask(full, tmp_path / "a", told)
    )
    fine = e.healthy(CAST).add(network_config(assignedIPCount=48))
    assert ask(fine, tmp_path / "b", told).outcome == "no-issue"


def test_a_node_whose_range_is_full_is_named(tmp_path: Path) -> None:
    snapshot = e.healthy(CAST)
    node = snapshot.objects[f"Node//{CAST.node}"]
    node["spec"] = {"podCIDR": "10.244.0.0/29", "podCIDRs": ["10.244.0.0/29"]}
    for number in range(2, 5):
        snapshot.add(e.pod("shop", "payments", number, labels=e.server_labels(CAST),
                           node=CAST.node, address=f"10.244.0.{number}"))  # fmt: skip
    assert "5 usable addresses" in root(ask(snapshot, tmp_path, "new pods never start"))


def test_loss_that_nothing_measures_is_not_answered_with_a_clean_bill(tmp_path: Path) -> None:
    snapshot = e.healthy(CAST)
    snapshot.flows, snapshot.files = [], {}
    result = ask(snapshot, tmp_path, "payments is slow")
    assert result.outcome == "not-measured"
    assert result.declined
    assert "No issue found" not in result.summary
    assert {"hubble", "for"} <= {row.command.split()[0] for row in result.missing}


def test_counters_of_one_sample_are_said_to_be_since_the_start(tmp_path: Path) -> None:
    snapshot = e.healthy(CAST)
    snapshot.files["hosts.txt"] = e.counters(CAST.node, steps=({"missed": 17},))
    found = ask(snapshot, tmp_path, f"packets get lost on {CAST.node}")
    assert "is 17 since start" in root(found)


def test_broken_input_is_said_and_the_rest_is_looked_at(tmp_path: Path) -> None:
    snapshot = blocked()
    paths = snapshot.write(tmp_path)
    with (tmp_path / "flows.jsonl").open("a") as stream:
        stream.write("{oops\n")
    with (tmp_path / "hosts.txt").open("a") as stream:
        stream.write("what is this\n")
    (tmp_path / "zz-coredns.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: coredns, namespace: kube-system}\n"
        "data: {Corefile: '.:53 {'}\n"
    )
    result = diagnose.call(Workspace.load(paths), {"symptom": "names do not resolve"})
    assert isinstance(result, DiagnosisResult)
    assert "cannot load `Corefile`" in root(result)
    assert any("oops" in note for note in result.not_verified)
    assert any("what is this" in note for note in result.not_verified)


def test_ends_that_are_given_count_before_those_of_the_words(tmp_path: Path) -> None:
    result = ask(blocked(), tmp_path, "it times out", source="checkout", destination="payments")
    assert "payments-guard" in root(result)
    assert result.verdict is None


def test_the_command_prints_one_document_and_exits_with_findings(tmp_path: Path) -> None:
    (folder,) = blocked().write(tmp_path)
    told = "checkout times out calling payments"
    done = CliRunner().invoke(app, ["diagnose", told, "-w", folder, "--json"])
    assert done.exit_code == 1
    document = json.loads(done.stdout)
    assert document["schema_version"]
    assert document["root_cause"]["code"] == "policy-blocks-ingress"
    (folder,) = e.healthy(CAST).write(tmp_path / "well")
    done = CliRunner().invoke(app, ["diagnose", told, "-w", folder])
    assert done.exit_code == 0
    assert "No issue found in what was given." in done.stdout


def test_collect_lists_commands_that_only_read(tmp_path: Path) -> None:
    snapshot = e.healthy(CAST)
    snapshot.flows, snapshot.files = [], {}
    result = collect_commands(Workspace.load(snapshot.write(tmp_path)))
    commands = [row.command for row in result.missing]
    assert any(command.startswith("hubble observe") for command in commands)
    plain = [one for one in commands if not one.startswith("for ")]
    assert all(plain_read(one, "prod") for one in plain), plain
    assert not any(word in one for one in commands for word in (" delete", " apply", " patch"))


@pytest.mark.parametrize(
    "command",
    [
        "kubectl delete pods -A > pods.yaml",
        "kubectl get pods -A > pods.yaml; rm -rf x",
        "kubectl get pods -A > ../pods.yaml",
        "kubectl -n x exec get -- sh > y.txt",
        "az vm delete > y.txt",
        "rm get > y.txt",
    ],
)
def test_nothing_but_a_plain_read_is_run(command: str) -> None:
    assert plain_read(command, "prod") is None


def test_what_keeps_a_caller_from_someone_else_explains_nothing(tmp_path: Path) -> None:
    snapshot = e.healthy(CAST)
    variables = {"BACKEND_URL": "http://payments.shop:80", "SEARCH_ADDR": "paymentz.shop:80"}
    snapshot.add(e.deployment("shop", "checkout", labels={"app": "checkout"}, env=variables))
    snapshot.flows += e.drop(CAST, direction="EGRESS", destination=e.outside(),
                             ports=(44000, 443), reason="UNSUPPORTED_L3_PROTOCOL")  # fmt: skip
    result = ask(snapshot, tmp_path, "checkout times out calling kube-dns")
    assert result.outcome == "no-issue", result.summary
    assert "wrong-service-name" in [one.code for one in result.besides]
    found = ask(snapshot, tmp_path, "checkout cannot find its backend")
    assert "paymentz" in root(found)

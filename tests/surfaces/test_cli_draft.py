"""`netassist policy draft` and `policy test` as a person or a pipeline runs them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from evals.bench.flow_objects import envelope, make_flow

PROGRAM = "from assistant.cli.app import main; main()"
CLUSTER = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: i, env: [{name: DB_ADDR, value: "db:5432"}]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: db, namespace: shop}
spec:
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: c, image: i, ports: [{containerPort: 5432}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {selector: {app: db}, ports: [{port: 5432}]}
"""


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, "policy", *arguments],
        input=stdin, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def cluster(tmp_path: Path) -> str:
    path = tmp_path / "cluster.yaml"
    path.write_text(CLUSTER, encoding="utf-8")
    return str(path)


def test_least_privilege_is_written_with_its_contract_and_holds_when_applied(
    cluster: str, tmp_path: Path
) -> None:
    out = tmp_path / "policies"
    done = run("draft", "--from-services", "-w", cluster, "--out", str(out), "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["verified"]
    assert {one["check"] for one in document["checks"]} >= {"validation", "contract", "opened"}
    assert document["contract"]["must_allow"][0]["src"] == "shop/web"
    assert {path.name for path in out.iterdir()} == {
        "contract.yaml", "shop-db-cnp.yaml", "shop-web-cnp.yaml"
    }  # fmt: skip
    before = run("test", str(out / "contract.yaml"), "-w", cluster)
    assert before.returncode == 1
    assert "must be denied and is allowed" in before.stdout
    after = run("test", str(out), "-w", cluster, "-w", str(out))
    assert after.returncode == 0, after.stdout
    assert after.stdout.startswith("The contract is met")
    assert not after.stderr


def test_a_contract_can_be_piped_and_its_faults_are_told_with_the_line(cluster: str) -> None:
    text = "must_allow:\n- {src: shop/web, dst: shop/db, port: 5432}\n"
    done = run("test", "-", "-w", cluster, "--json", stdin=text)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outcomes"][0]["found"] == "allow"
    wrong = run("test", "-", "-w", cluster, stdin=text.replace("port: 5432", "port: 99999"))
    assert wrong.returncode == 5
    assert "-:2" in wrong.stderr
    assert "99999" in wrong.stderr


def test_a_name_that_nothing_has_fails_the_test_with_the_nearest(cluster: str) -> None:
    done = run("test", "-", "-w", cluster, stdin="must_deny: [{src: shop/wbe, dst: shop/db}]\n")
    assert done.returncode == 1
    assert "`shop/web`" in done.stdout


def test_wrong_use_is_refused_with_what_to_do(cluster: str) -> None:
    neither = run("draft", "-w", cluster)
    assert neither.returncode == 2
    assert "--from-services" in neither.stderr
    kind = run("draft", "--from-services", "--kind", "Polcy", "-w", cluster)
    assert kind.returncode == 2
    assert "`Polcy` is no kind of policy" in kind.stderr
    mesh = run("draft", "--from-services", "--kind", "PeerAuthentication", "-w", cluster)
    assert "cannot restrict who calls whom" in mesh.stderr


def test_what_policies_in_force_allow_stays_beside_least_privilege(
    cluster: str, tmp_path: Path
) -> None:
    policy = tmp_path / "deny.yaml"
    policy.write_text(
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n"
        "metadata: {name: db, namespace: shop}\n"
        "spec:\n  endpointSelector: {matchLabels: {app: db}}\n"
        "  ingress: [{fromEntities: [world]}]\n",
        encoding="utf-8",
    )
    out = tmp_path / "out"
    arguments = ("draft", "--from-services", "-w", cluster, "-w", str(policy), "--out", str(out))
    done = run(*arguments, "--show-attempts")
    assert done.returncode == 0
    assert "Verified" in done.stdout


def test_the_exit_code_says_whether_a_draft_is_verified(cluster: str) -> None:
    """Verified 0; asked back, declined and not verified 1: a pipeline must not go on."""
    met = run("draft", "only web may call db on 5432", "-w", cluster)
    assert (met.returncode, "Verified" in met.stdout) == (0, True), met.stdout + met.stderr
    back = run("draft", "only web may call payments", "-w", cluster, "--json")
    assert back.returncode == 1, back.stdout + back.stderr
    assert json.loads(back.stdout)["question"]
    against = run("draft", "web may call db on 5432 but web must not call db", "-w", cluster)
    assert against.returncode == 1, against.stdout + against.stderr
    assert "contradicts itself" in against.stdout
    void = run("draft", "good morning", "-w", cluster, "--json")
    assert (void.returncode, json.loads(void.stdout)["artifacts"]) == (1, [])
    failing = run("draft", "allow pods with label app=ghost to call db on 5432", "-w", cluster)
    assert failing.returncode == 1, failing.stdout + failing.stderr
    assert "Not verified" in failing.stdout
    assert "What fails: parties:" in failing.stdout


def test_a_draft_says_first_how_its_request_was_understood(cluster: str) -> None:
    request = "only web may call db on 5432"
    text = run("draft", request, "-w", cluster)
    assert text.stdout.lstrip().startswith("Understood: ")
    heard = json.loads(run("draft", request, "-w", cluster, "--json").stdout)["heard"]
    assert "web" in heard
    assert "5432" in heard


def flows(tmp_path: Path, *, verdict: str = "FORWARDED") -> str:
    path = tmp_path / "flows.jsonl"
    lines = [
        make_flow("shop/web-5d8f7c9b6d-x2k4p", "shop/db-7c9b6d5f88-q9w8z", ports=(40000, 5432)),
        make_flow("shop/db-7c9b6d5f88-q9w8z", "shop/web-5d8f7c9b6d-x2k4p", ports=(40001, 8080),
                  second=9.0),
    ]  # fmt: skip
    path.write_text("".join(f"{envelope({**one, 'verdict': verdict})}\n" for one in lines))
    return str(path)


def test_least_privilege_from_flows_states_its_window_and_what_it_opens(
    cluster: str, tmp_path: Path
) -> None:
    done = run("draft", "--from-flows", "-w", cluster, "-w", flows(tmp_path), "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    document = json.loads(done.stdout)
    assert {one["check"] for one in document["checks"]} >= {"flows"}
    allowed = {(one["src"], one["dst"]) for one in document["contract"]["must_allow"]}
    assert {("shop/web", "shop/db"), ("shop/db", "shop/web")} <= allowed
    assert "2026-11-28T10:00:01.000Z to 2026-11-28T10:00:09.000Z, 8 s, 2 flows" in done.stdout
    assert "ratio 1.00" in done.stdout


def test_least_privilege_from_flows_needs_flows_that_passed(cluster: str, tmp_path: Path) -> None:
    missing = run("draft", "--from-flows", "-w", cluster)
    assert missing.returncode == 2
    assert "flows.jsonl" in missing.stderr
    dropped = run("draft", "--from-flows", "-w", cluster, "-w", flows(tmp_path, verdict="DROPPED"))
    assert dropped.returncode == 2
    assert "Dropped connections are not learned (2)." in dropped.stderr


def test_a_draft_that_would_stop_what_was_seen_is_not_verified(
    cluster: str, tmp_path: Path
) -> None:
    arguments = ("deny all ingress to web", "-w", cluster)
    assert run("draft", *arguments).returncode == 0
    done = run("draft", *arguments, "-w", flows(tmp_path), "--json")
    assert done.returncode == 1
    failing = [one for one in json.loads(done.stdout)["checks"] if not one["ok"]]
    assert [one["check"] for one in failing] == ["flows"]
    assert "shop/db -> shop/web 8080/TCP" in failing[0]["detail"]

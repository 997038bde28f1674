"""`netassist policy draft` and `policy test` as a person or a pipeline runs them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

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
    assert "cannot restrict what workloads call" in mesh.stderr


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

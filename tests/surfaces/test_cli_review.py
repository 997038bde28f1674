"""`netassist review` as a person or a pipeline runs it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = "from assistant.cli.app import main; main()"
CLEAN = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: [{name: c, image: i}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: shop}
spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
"""
DEAD = """\
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: typo, namespace: shop}
spec: {podSelector: {matchLabels: {app: wbe}}}
"""
BITS = """\
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: bits, namespace: shop}
spec: {podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.0.2.7/24}}]}]}
"""
ASIDE = """\
suppressions:
- code: selects-nothing
  object: NetworkPolicy/shop/typo
  reason: the workload comes next week
"""


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, "review", *arguments],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture
def cluster(tmp_path: Path) -> Path:
    path = tmp_path / "cluster.yaml"
    path.write_text(CLEAN + DEAD, encoding="utf-8")
    return path


def test_a_clean_cluster_exits_with_0(tmp_path: Path) -> None:
    path = tmp_path / "clean.yaml"
    path.write_text(CLEAN, encoding="utf-8")
    done = run("-w", str(path), "--fail-on", "info")
    assert done.returncode == 0
    assert "nothing found" in done.stdout


def test_the_exit_code_follows_the_severity_that_fails(cluster: Path) -> None:
    assert run("-w", str(cluster)).returncode == 1
    assert run("-w", str(cluster), "--fail-on", "error").returncode == 0
    assert run("-w", str(cluster), "--fail-on", "never").returncode == 0
    with cluster.open("a", encoding="utf-8") as file:
        file.write(BITS)
    quiet = ("--ignore", "selects-nothing")
    assert run("-w", str(cluster), *quiet).returncode == 0
    assert run("-w", str(cluster), *quiet, "--fail-on", "info").returncode == 1


def test_each_finding_stands_with_its_line_reason_and_fix(cluster: Path) -> None:
    lines = run("-w", str(cluster)).stdout.splitlines()
    start = next(n for n, line in enumerate(lines) if "selects-nothing" in line)
    assert lines[start].startswith(f"{cluster}:14: warning selects-nothing")
    assert "spec.podSelector of NetworkPolicy/shop/typo" in lines[start + 1]
    assert "Write `app: web`" in lines[start + 4]
    assert "Simulated. No pair of ends changes." in lines[start + 5]
    assert lines[-1].endswith("0 errors, 1 warning, 0 info.")


def test_json_is_one_document_with_every_field_of_the_contract(cluster: Path) -> None:
    document = json.loads(run("-w", str(cluster), "--json").stdout)
    assert document["schema_version"] == 1
    (row,) = document["findings"]
    wanted = {"code", "severity", "object", "location", "why", "fix", "fix_verified"}
    assert wanted <= set(row)
    assert document["skipped"]


def test_sarif_is_one_document_on_stdout(cluster: Path) -> None:
    done = run("-w", str(cluster), "--format", "sarif")
    log = json.loads(done.stdout)
    assert (log["version"], done.returncode) == ("2.1.0", 1)
    assert log["runs"][0]["results"][0]["level"] == "warning"


def test_a_file_sets_findings_aside_which_are_counted(cluster: Path, tmp_path: Path) -> None:
    aside = tmp_path / "aside.yaml"
    aside.write_text(ASIDE, encoding="utf-8")
    done = run("-w", str(cluster), "--suppressions", str(aside))
    assert done.returncode == 0
    assert "1 finding set aside" in done.stdout
    assert "selects-nothing" not in done.stdout
    shown = run("-w", str(cluster), "--suppressions", str(aside), "--show-suppressed").stdout
    assert "aside: the workload comes next week" in shown


def test_a_baseline_leaves_only_what_is_new(cluster: Path, tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.json"
    baseline.write_text(run("-w", str(cluster), "--json").stdout, encoding="utf-8")
    assert run("-w", str(cluster), "--baseline", str(baseline)).returncode == 0
    with cluster.open("a", encoding="utf-8") as file:
        file.write(DEAD.replace("typo", "other").replace("wbe", "wob"))
    again = run("-w", str(cluster), "--baseline", str(baseline))
    assert again.returncode == 1
    assert "NetworkPolicy/shop/other" in again.stdout
    assert "NetworkPolicy/shop/typo" not in again.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--select", "selects-nothin"), 2, "Did you mean `selects-nothing`"),
        (("--namespace", "shopp"), 2, "There is no namespace `shopp`"),
        (("--baseline", "none.json"), 5, "`none.json` cannot be read"),
        (("--suppressions", "none.yaml"), 5, "`none.yaml` cannot be read"),
        (("-w", "none.yaml"), 5, "none.yaml"),
    ],
)
def test_bad_arguments_say_what_to_do(
    cluster: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    given = arguments if "-w" in arguments else ("-w", str(cluster), *arguments)
    done = run(*given)
    assert done.returncode == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr

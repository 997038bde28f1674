"""`netassist policy fix` and its neighbours as a person or a pipeline runs them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

PROGRAM = "from assistant.cli.app import main; main()"
POLICY = """\
# Who may call the database.
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  # the shop front
  - from: [{podSelector: {matchLabels: {app: web}}}]
"""


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, "policy", *arguments],
        input=stdin, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "db.yaml"
    path.write_text(POLICY, encoding="utf-8")
    return path


def test_a_proven_fix_exits_with_zero_and_is_written_where_it_was_asked(tmp_path: Path) -> None:
    out = tmp_path / "fixed.yaml"
    done = run("fix", "shop/web", "shop/payments", "--port", "8443", "--out", str(out), "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["schema_version"] == 1
    assert document["verified"]
    assert yaml.safe_load(out.read_text(encoding="utf-8"))["metadata"]["name"] == "payments"


def test_what_policies_cannot_mend_exits_with_one() -> None:
    done = run("fix", "shop/web", "billing/invoices", "--http", "GET /invoices")
    assert done.returncode == 1
    assert "sidecar" in done.stdout


def test_an_unknown_name_exits_with_two() -> None:
    done = run("fix", "shop/nobody", "shop/db")
    assert done.returncode == 2
    assert "`nobody`" in done.stderr


def test_a_file_is_converted_and_read_from_stdin_too(file: Path) -> None:
    done = run("convert", str(file), "--to", "ciliumnetworkpolicy", "--json")
    assert done.returncode == 0, done.stderr
    (artifact,) = json.loads(done.stdout)["artifacts"]
    assert artifact["verified"]
    assert artifact["kind"] == "CiliumNetworkPolicy"
    piped = run("convert", "-", "--to", "ciliumnetworkpolicy", "--json", stdin=POLICY)
    assert json.loads(piped.stdout)["artifacts"] == [artifact]


def test_a_file_that_is_not_there_exits_with_five() -> None:
    done = run("convert", "nosuch.yaml", "--to", "networkpolicy")
    assert done.returncode == 5
    assert "`nosuch.yaml`" in done.stderr


def test_a_refusal_exits_with_one_and_names_the_field(tmp_path: Path) -> None:
    path = tmp_path / "deny.yaml"
    path.write_text(
        "apiVersion: cilium.io/v2\nkind: CiliumNetworkPolicy\n"
        "metadata: {name: deny, namespace: shop}\n"
        "spec: {endpointSelector: {}, ingressDeny: [{fromEntities: [world]}]}\n",
        encoding="utf-8",
    )
    done = run("convert", str(path), "--to", "networkpolicy")
    assert done.returncode == 1
    assert "`spec.ingressDeny`" in done.stdout


@pytest.mark.parametrize(
    "arguments", [("merge",), ("split", "cart"), ("migrate", "default-deny-ingress")]
)
def test_where_nothing_is_to_do_it_exits_with_zero(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 0, done.stderr
    assert "Nothing has to be" in done.stdout


def test_tightening_lists_what_closes() -> None:
    done = run("tighten", "NetworkPolicy/shop/db", "--used", "shop/cart -> shop/db 5432")
    assert done.returncode == 0, done.stdout
    assert "Closes:" in done.stdout
    assert "`shop/orders` -> `shop/db` on 5432/TCP" in done.stdout

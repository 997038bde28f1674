"""`netassist policy validate` as a person or a pipeline runs it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

GOOD = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: good, namespace: shop}
spec: {podSelector: {}}
"""
BAD = """\
apiVersion: cilium.io/v2
kind: CiliumNetworkPolicy
metadata: {name: bad, namespace: shop}
spec:
  endpointSelector: {}
  egress:
  - toCIDRSet:
    - cidr: 1.2.3.4
  egressDeny:
  - toFQDNs: [{matchName: a.com}]
"""
PROGRAM = "from assistant.cli.app import main; main()"


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, "policy", "validate", *arguments],
        input=stdin, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "good.yaml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "bad.yaml").write_text(BAD, encoding="utf-8")
    return tmp_path


def test_the_exit_code_tells_valid_from_invalid_and_unreadable(folder: Path) -> None:
    assert run(str(folder / "good.yaml")).returncode == 0
    assert run(str(folder)).returncode == 1
    assert run(str(folder / "none.yaml")).returncode == 5
    assert run(str(folder), "--profile", "0.9").returncode == 2


def test_each_finding_stands_with_its_line_and_cure_and_a_count_ends_it(folder: Path) -> None:
    done = run(str(folder))
    lines = done.stdout.splitlines()
    place = f"{folder / 'bad.yaml'}:8: error cidr: Unable to parse CIDR `1.2.3.4`"
    start = next(number for number, line in enumerate(lines) if line.startswith(place))
    assert "spec.egress[0].toCIDRSet[0].cidr of CiliumNetworkPolicy/shop/bad" in lines[start + 1]
    assert lines[start + 2].split() == ["fix:", "Write", "`1.2.3.4/32`."]
    assert any("warning unknown-field" in line and "denies nothing" in line for line in lines)
    assert lines[-1] == "2 policies in 2 files: 1 not valid; 1 error, 1 warning (profile 1.18)."
    assert done.stderr == ""


def test_what_cannot_be_read_is_not_counted_as_valid(folder: Path) -> None:
    (folder / "bad.yaml").write_text("kind: [", encoding="utf-8")
    done = run(str(folder))
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1] == (
        "1 policy in 1 file: all valid, and 1 document that cannot be read; 1 error, 0 warnings "
        "(profile 1.18)."
    )


def test_json_on_stdout_has_the_form_that_is_promised(folder: Path) -> None:
    done = run("-", "--json", stdin=BAD)
    document = json.loads(done.stdout)
    assert document["schema_version"] == 1
    (file,) = document["files"]
    (policy,) = file["documents"]
    assert (file["path"], policy["kind"], policy["name"]) == ("-", "CiliumNetworkPolicy", "bad")
    assert policy["valid"] is False
    (error,) = policy["errors"]
    assert error.keys() >= {"code", "path", "line", "message", "fix"}
    assert (error["code"], error["line"]) == ("cidr", 8)
    assert [one["code"] for one in policy["warnings"]] == ["unknown-field"]


def test_a_cluster_tells_which_cidrs_cover_its_pods(folder: Path) -> None:
    node = 'apiVersion: v1\nkind: Node\nmetadata: {name: n}\nspec: {podCIDR: "1.2.3.0/24"}\n'
    (folder / "cluster.yaml").write_text(node, encoding="utf-8")
    (folder / "bad.yaml").write_text(BAD.replace("1.2.3.4", "1.2.0.0/16"), encoding="utf-8")
    alone = run(str(folder / "bad.yaml"))
    assert "cidr-pods" not in alone.stdout
    beside = run(str(folder / "bad.yaml"), "-w", str(folder / "cluster.yaml"))
    assert "warning cidr-pods" in beside.stdout


def test_it_starts_without_heavy_packages(folder: Path) -> None:
    code = (
        f"import sys\nsys.argv = ['netassist', 'policy', 'validate', {str(folder)!r}]\n"
        "from assistant.cli.app import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print('LOADED', *sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    heavy = {"chromadb", "langchain", "langchain_core", "networkx", "numpy", "openai", "textual"}
    assert not loaded & heavy

"""`netassist ipam` as a person and a script use it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

NETASSIST = str(Path(sys.executable).parent / "netassist")
NETWORK = """\
spaces: [{cidr: 10.60.0.0/16, region: weu}, {cidr: 10.61.0.0/16, region: neu}]
on_premises: [192.168.0.0/16]
vnets:
  - {name: hub, region: weu, components: [firewall, bastion], peers: [shop]}
clusters:
  - {name: shop, region: weu, nodes: 60, surge: 33%, components: [agc]}
  - {name: data, region: neu, mode: pod subnet, nodes: 20, max_pods: 60}
"""


def run(*arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    source = {"input": stdin} if stdin is not None else {"stdin": subprocess.DEVNULL}
    return subprocess.run(
        [NETASSIST, "ipam", *arguments], capture_output=True, text=True, check=False, **source
    )


@pytest.fixture
def network(tmp_path: Path) -> Path:
    path = tmp_path / "network.yaml"
    path.write_text(NETWORK)
    return path


def test_a_plan_from_flags_fits_and_carries_exact_ranges() -> None:
    done = run("plan", "--space", "10.60.0.0/20", "--nodes", "60", "--with", "agc", "--json")
    assert done.returncode == 0
    document = json.loads(done.stdout)
    assert document["schema_version"] == 1
    assert document["fits"] is True
    ranges = [row["cidr"] for row in document["plan"]["vnets"][0]["subnets"]]
    assert ranges == ["10.60.0.0/24", "10.60.1.0/25"]


def test_a_plan_from_a_file_and_from_stdin_are_the_same(network: Path) -> None:
    done = run("plan", str(network), "--json")
    assert done.returncode == 0
    document = json.loads(done.stdout)
    assert [vnet["name"] for vnet in document["plan"]["vnets"]] == ["hub", "shop", "data"]
    again = run("plan", "-", "--json", stdin=NETWORK)
    assert json.loads(again.stdout)["plan"] == document["plan"]


def test_what_does_not_fit_exits_with_1() -> None:
    done = run("plan", "--space", "10.9.0.0/24", "--nodes", "30", "--mode", "node-subnet")
    assert done.returncode == 1
    assert done.stdout.startswith("**It does not fit:**")


def test_a_what_if_shows_the_difference(network: Path) -> None:
    done = run("plan", str(network), "--what-if", "add 3 pools of 50", "--change-cluster", "shop")
    assert done.returncode == 0
    assert "| what | before | after |" in done.stdout


def test_a_file_with_a_fault_exits_with_5_and_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "network.yaml"
    path.write_text("spaces:\n  - 10.0.0.1/16\n")
    for command in ("plan", "check"):
        done = run(command, str(path))
        assert done.returncode == 5
        assert f"{path}:2" in done.stderr
        assert done.stdout == ""
    assert run("plan", str(tmp_path / "gone.yaml")).returncode == 5


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan",),
        ("check",),
        ("plan", "--space", "10.0.0.0/16"),
        ("plan", "--space", "10.0.0.0/16", "--nodes", "-3"),
        ("migrate", "overlay", "overlay"),
        ("compare", "--need", "warp"),
    ],
)
def test_what_cannot_be_asked_exits_with_2(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_and_flags_together_are_refused(network: Path) -> None:
    done = run("plan", str(network), "--nodes", "3")
    assert done.returncode == 2


def test_a_check_exits_by_what_it_finds(tmp_path: Path) -> None:
    assert run("check", "--pod-cidr", "10.244.0.0/16", "--vnet", "10.1.0.0/16").returncode == 0
    done = run("check", "--pod-cidr", "10.244.0.0/16", "--on-prem", "10.244.8.5", "--json")
    assert done.returncode == 1
    document = json.loads(done.stdout)
    assert document["ok"] is False
    assert document["findings"][0]["code"] == "pod-connected"
    path = tmp_path / "network.yaml"
    path.write_text(
        "vnets: [{name: a, cidr: 10.0.0.0/16, subnets: [{name: s, cidr: 10.1.0.0/24}]}]"
    )
    assert run("check", str(path)).returncode == 1


def test_modes_are_compared_and_migrations_planned() -> None:
    compared = run("compare", "--nodes", "200", "--need", "pod-ips-beyond-vnet", "--json")
    assert compared.returncode == 0
    assert json.loads(compared.stdout)["recommended"] == "pod_subnet_dynamic"
    assert run("compare", "--need", "windows", "--need", "cilium").returncode == 1
    moved = run("migrate", "kubenet", "overlay", "--addon", "calico", "--cilium")
    assert moved.returncode == 0
    assert "--network-plugin-mode overlay" in moved.stdout
    assert run("migrate", "pod-subnet", "overlay").returncode == 1


def test_help_shows_the_file_and_examples() -> None:
    done = run("plan", "--help")
    assert "netassist ipam plan network.yaml --json" in done.stdout
    assert "spaces: [{cidr: 10.60.0.0/16, region: westeurope}]" in done.stdout

from itertools import permutations

import pytest

from topology.errors import InvalidQuery
from topology.ipam import MODES
from topology.ipam.migration import plan_migration
from topology.ipam.modes import Mode

PAIRS = list(permutations(MODES, 2))


@pytest.mark.parametrize(("start", "goal"), PAIRS)
def test_every_way_has_steps_a_point_of_no_return_and_sources(start: Mode, goal: Mode) -> None:
    found = plan_migration(start, goal)
    assert found.steps
    assert any(step.irreversible for step in found.steps)
    assert found.sources
    assert found.in_place == (goal == "overlay" and start in ("kubenet", "node_subnet"))
    assert found.in_place or found.reason


def commands(start: Mode, goal: Mode, **more: object) -> list[str]:
    found = plan_migration(start, goal, **more)  # type: ignore[arg-type]
    return [command for step in found.steps for command in step.commands]


def test_node_subnet_must_name_a_pod_cidr_and_kubenet_keeps_its_own() -> None:
    wanted = "--network-plugin-mode overlay --pod-cidr 10.244.0.0/16"
    assert any(
        wanted in one for one in commands("node_subnet", "overlay", pod_cidr="10.244.0.0/16")
    )
    assert not any("--pod-cidr" in one for one in commands("kubenet", "overlay"))


def test_the_policy_engine_goes_first_and_cilium_comes_last() -> None:
    rows = commands("kubenet", "overlay", dataplane="cilium", addons=("calico", "agic"))
    order = [
        next(number for number, row in enumerate(rows) if part in row)
        for part in (
            "--network-policy none",
            "--assign-identity",
            "--route-table",
            "--network-plugin-mode overlay",
            "--network-dataplane cilium",
            "kubectl apply",
        )
    ]
    assert order == sorted(order)


def test_a_change_of_dataplane_alone_keeps_the_mode() -> None:
    rows = commands("overlay", "overlay", dataplane="cilium")
    assert any("--network-dataplane cilium" in row for row in rows)
    assert not any("--network-plugin-mode" in row for row in rows)


def test_allocation_changes_by_a_new_pool() -> None:
    rows = commands("pod_subnet_dynamic", "pod_subnet_static")
    assert any("--pod-ip-allocation-mode StaticBlock" in row for row in rows)
    assert not any("az aks create" in row for row in rows)


def test_names_are_put_into_the_commands() -> None:
    rows = commands("kubenet", "overlay", cluster="shop", group="rg")
    assert any("-n shop -g rg" in row for row in rows)


def test_what_stands_in_the_way_is_said() -> None:
    found = plan_migration(
        "kubenet", "overlay", dataplane="cilium", addons=("windows", "dual-stack")
    )
    text = " ".join(found.cautions)
    assert "Windows" in text
    assert "IPv6" in text


@pytest.mark.parametrize(
    ("start", "goal", "more", "said"),
    [
        ("overlay", "overlay", {}, "uses `overlay` already"),
        ("kubenet", "kubenet", {"dataplane": "cilium"}, "no Cilium dataplane"),
        ("kubenet", "overlay", {"addons": ("warp",)}, "`warp`"),
    ],
)
def test_what_is_no_migration_is_refused(
    start: Mode, goal: Mode, more: dict[str, object], said: str
) -> None:
    with pytest.raises(InvalidQuery, match=said):
        plan_migration(start, goal, **more)  # type: ignore[arg-type]

from typing import Any

import pytest

from tools.errors import ToolError
from tools.modes import (
    MaxPodsResult,
    MigrationResult,
    ModesResult,
    compare_max_pods,
    compare_modes,
    plan_mode_change,
)
from tools.workspace import Workspace
from topology.model import Cluster

EMPTY = Workspace(cluster=Cluster())


def compared(**arguments: Any) -> ModesResult:
    result = compare_modes.call(EMPTY, arguments)
    assert isinstance(result, ModesResult)
    return result


def test_a_mode_is_recommended_with_reasons_and_what_speaks_against_the_others() -> None:
    result = compared(features=["cilium"], nodes=100)
    assert result.recommended == "overlay"
    assert result.summary.startswith("**Take Azure CNI Overlay.**")
    assert "kubenet (legacy): no Azure CNI Powered by Cilium" in result.summary


def test_a_feature_of_one_mode_is_answered_for_it() -> None:
    result = compared(features=["virtual-nodes"], modes=["overlay"])
    assert result.summary.startswith("**No.**")
    assert "Modes with it: Azure CNI Pod Subnet, dynamic allocation" in result.summary
    assert result.recommended is None
    yes = compared(features=["cilium"], modes=["overlay"])
    assert yes.summary.startswith("**Yes.**")


def test_what_excludes_each_other_is_not_supported_in_any_mode() -> None:
    result = compared(features=["windows", "cilium"])
    assert result.summary.startswith("**Not supported:")
    assert "2026-09-30" in result.summary
    assert result.clashes


def test_modes_alone_are_described() -> None:
    result = compared(modes=["overlay", "pod subnet"])
    assert "one /24 per node" in result.summary
    assert "in batches of 16" in result.summary


def test_a_migration_names_its_point_of_no_return() -> None:
    result = plan_mode_change.call(EMPTY, {"start": "kubenet", "goal": "overlay"})
    assert isinstance(result, MigrationResult)
    assert result.in_place
    assert "**Point of no return.**" in result.summary
    assert any(step.irreversible for step in result.steps)


def test_a_way_that_is_none_says_what_to_do_instead() -> None:
    result = plan_mode_change.call(EMPTY, {"start": "pod subnet", "goal": "overlay"})
    assert isinstance(result, MigrationResult)
    assert not result.in_place
    assert "no, not in place" in result.summary
    assert "new cluster" in result.summary


def test_max_pods_cost_what_the_mode_makes_them_cost() -> None:
    static = compare_max_pods.call(EMPTY, {"mode": "static", "max_pods": [31, 32]})
    assert isinstance(static, MaxPodsResult)
    assert static.addresses_per_node == {"31": 32, "32": 48}
    overlay = compare_max_pods.call(EMPTY, {"mode": "overlay"})
    assert "saves no addresses" in overlay.summary
    counted = compare_max_pods.call(EMPTY, {"mode": "legacy", "max_pods": [30], "nodes": 10})
    assert "10 nodes x 31 = 310" in counted.summary
    dynamic = compare_max_pods.call(EMPTY, {"mode": "dynamic", "max_pods": [60]})
    assert "only caps" in dynamic.summary


@pytest.mark.parametrize(
    ("spec", "arguments", "said"),
    [
        (compare_modes, {"features": ["warp"]}, "`warp`"),
        (compare_modes, {"nodes": 3, "pools": ["3"]}, "Both"),
        (plan_mode_change, {"start": "overlay"}, "uses `overlay` already"),
        (plan_mode_change, {"start": "nothing"}, "`nothing` is no address mode"),
        (compare_max_pods, {"mode": "overlay", "max_pods": [5]}, "outside 10 to 250"),
    ],
)
def test_what_cannot_be_answered_says_why(spec: Any, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ToolError) as caught:
        spec.call(EMPTY, arguments)
    assert said in str(caught.value)

from typing import Any

import pytest

from tools.errors import ToolError
from tools.planning import PlanResult, plan_addresses
from tools.workspace import Workspace
from topology.model import Cluster

EMPTY = Workspace(cluster=Cluster())
ONE = {"spaces": ["10.60.0.0/20"], "nodes": 60, "surge": "33%", "services": ["agc", "bastion"]}


def planned(**arguments: Any) -> PlanResult:
    result = plan_addresses.call(EMPTY, arguments)
    assert isinstance(result, PlanResult)
    return result


def test_the_answer_comes_first_and_every_range_has_its_formula() -> None:
    result = planned(**ONE)
    assert result.fits
    assert result.summary.startswith("**It fits:** 1 VNet with 3 subnets in 10.60.0.0/22.")
    assert "`10.60.1.0/25`" in result.summary
    for row in result.plan.vnets[0].subnets:
        assert row.formula in result.summary
        assert any(f"{row.cidr}: {row.formula}" in entry.claim for entry in result.evidence)


def test_other_modes_are_offered_with_what_speaks_for_and_against_them() -> None:
    result = planned(**ONE)
    modes = [row.mode for row in result.alternatives]
    assert modes == ["pod_subnet_dynamic", "pod_subnet_static", "node_subnet"]
    assert all(row.gains and row.costs for row in result.alternatives)
    assert "The same in another mode" in result.summary


def test_a_plan_that_does_not_fit_says_why_and_what_does() -> None:
    result = planned(spaces=["10.9.0.0/24"], mode="node-subnet", nodes=30)
    assert not result.fits
    assert result.plan.reason in result.summary
    assert result.plan.nearest
    assert "961" in result.summary


def test_a_what_if_is_a_table_of_what_differs() -> None:
    result = planned(**ONE, change="add 3 pools of 50")
    assert result.summary.startswith("**add 3 pools of 50 nodes:** it still fits.")
    rows = {row.subject: (row.before, row.after) for row in result.differences}
    assert rows["cluster: nodes"] == ("60 + 20 surge", "210 + 71 surge")
    assert result.before is not None


def test_clusters_of_regions_stand_behind_hubs() -> None:
    result = planned(
        spaces=["weu=10.1.0.0/16", "neu=10.2.0.0/16"],
        clusters=["a,nodes=50,region=weu", "b,mode=pod subnet,nodes=20,region=neu,max_pods=30"],
        hub=["firewall"],
    )
    vnets = {vnet.name: vnet for vnet in result.plan.vnets}
    assert set(vnets) == {"hub-weu", "hub-neu", "a", "b"}
    assert vnets["b"].prefixes[0].startswith("10.2.")
    assert set(vnets["hub-weu"].peers) == {"hub-neu", "a"}
    assert result.fits


def test_a_hub_alone_can_be_planned() -> None:
    result = planned(spaces=["10.1.0.0/22"], hub=["firewall", "bastion", "vpn-gateway"])
    assert [vnet.name for vnet in result.plan.vnets] == ["hub"]
    assert result.fits


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"spaces": [], "nodes": 3}, "No space is given"),
        ({"spaces": ["10.60.0.1/20"], "nodes": 3}, "bits set beyond its prefix"),
        ({"spaces": ["fd00::/48"], "nodes": 3}, "is no IPv4 space"),
        ({"spaces": ["10.60.0.0"], "nodes": 3}, "has no prefix length"),
        ({"spaces": ["10.0.0.0/16", "10.0.1.0/24"], "nodes": 3}, "overlap"),
        ({"spaces": ["10.0.0.0/16"], "nodes": 0}, "`0` nodes"),
        ({"spaces": ["10.0.0.0/16"], "nodes": -4}, "`-4` nodes"),
        ({"spaces": ["10.0.0.0/16"], "nodes": 3, "pools": ["3"]}, "Both"),
        ({"spaces": ["10.0.0.0/16"], "nodes": 3, "clusters": ["a,nodes=3"]}, "Both"),
        ({"spaces": ["10.0.0.0/16"], "clusters": ["a,knots=3"]}, "`knots=3`"),
        ({"spaces": ["10.0.0.0/16"], "clusters": ["a,nodes=x"]}, "`nodes=x` is no whole number"),
        ({"spaces": ["10.0.0.0/16"], "clusters": ["nodes=3"]}, "name of a cluster"),
        ({"spaces": ["10.0.0.0/16"], "clusters": ["a,nodes=3", "a,nodes=3"]}, "two clusters `a`"),
        ({"spaces": ["10.0.0.0/16"], "nodes": 3, "change": "paint it"}, "no change"),
        ({"spaces": ["10.0.0.0/16"], "nodes": 3, "pod_spaces": ["fd00::/48"]}, "no IPv4 range"),
        ({"spaces": ["10.0.0.0/16"], "nodes": 3, "dual_stack": True}, "IPv6 space"),
    ],
)
def test_what_cannot_be_planned_says_why(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ToolError) as caught:
        plan_addresses.call(EMPTY, arguments)
    assert said in str(caught.value)


def test_a_billion_nodes_are_answered_not_refused() -> None:
    result = planned(spaces=["10.0.0.0/8"], nodes=10**9)
    assert not result.fits
    assert "exceed the 5,000" in result.summary


def test_a_result_survives_json_and_is_the_same_twice() -> None:
    result = planned(**ONE)
    assert PlanResult.model_validate_json(result.model_dump_json()) == result
    assert planned(**ONE) == result

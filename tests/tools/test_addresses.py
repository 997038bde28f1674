from typing import Any

import pytest

from tools.addresses import (
    OutboundResult,
    PrefixResult,
    SubnetsResult,
    describe_prefix,
    size_outbound,
    size_subnets,
)
from tools.errors import ToolError
from tools.workspace import Workspace
from topology.model import Cluster

EMPTY = Workspace(cluster=Cluster())


def sized(**arguments: Any) -> SubnetsResult:
    result = size_subnets.call(EMPTY, arguments)
    assert isinstance(result, SubnetsResult)
    return result


def test_the_answer_comes_first_then_the_formula_with_its_numbers_and_the_source() -> None:
    lines = sized(mode="node_subnet", nodes=50).summary.splitlines()
    assert lines[0] == (
        "**Azure CNI Node Subnet (legacy)**, 50 nodes: a `/21` node subnet "
        "(1,581 of 2,043 usable addresses)."
    )
    assert lines[2] == (
        "- Node subnet: (50 nodes + 1 surge) x (1 + 30 max pods) = 1,581 addresses -> `/21` with "
        "2,043 usable, 462 left; `/22` has only 1,019. Without surge it is 1,550. "
        "Source: AKS docs, concepts-network-ip-address-planning (2026-08-21)."
    )


def test_a_legacy_mode_is_compared_with_overlay() -> None:
    text = sized(mode="classic azure cni", nodes=50).summary
    assert "Azure CNI Overlay would need only 51 addresses of the VNet" in text
    assert "`/26`" in text


def test_dynamic_allocation_shows_base_and_surge() -> None:
    text = sized(mode="pod subnet", nodes=60, max_pods=110, pods_per_node=40).summary
    for number in ("48", "2,880", "2,928", "`/20`", "`/25`", "has only 59"):
        assert number in text


def test_without_a_mode_all_are_compared() -> None:
    result = sized(nodes=100)
    assert [plan.mode for plan in result.plans] == [
        "overlay", "pod_subnet_dynamic", "pod_subnet_static", "node_subnet", "kubenet",
    ]  # fmt: skip
    assert "Azure CNI Overlay takes the fewest addresses of the VNet." in result.summary
    assert "2028-03-31" in result.summary
    assert sized(mode="", nodes=100) == sized(mode="all", nodes=100) == result


def test_an_existing_subnet_is_held_against_the_upgrade() -> None:
    result = sized(mode="node_subnet", nodes=12, max_pods=40, surge="33%", subnet="10.1.0.0/23")
    assert result.subnet_fits is False
    assert "the nodes fit (492)" in result.summary
    assert "needs 656 and fails" in result.summary
    assert "maxUnavailable" in result.summary
    assert "no room for a single surge node" in result.summary
    assert sized(mode="overlay", nodes=12, surge="33%", subnet="/23").subnet_fits is True
    assert sized(mode="overlay", nodes=12, subnet="/29").subnet_fits is False


def test_services_bring_their_own_subnets() -> None:
    result = sized(mode="overlay", nodes=60, surge="33%", extra_ips=10, services=["agc", "bastion"])
    assert [(row.service, row.prefix) for row in result.services] == [
        ("Application Gateway for Containers", "/24"),
        ("Azure Bastion", "/26"),
    ]
    assert "= 90 addresses -> `/25`" in result.summary
    alone = sized(services=["api-server:2"])
    assert not alone.plans
    assert "`/27`" in alone.summary


def test_pools_are_sized_one_by_one() -> None:
    result = sized(mode="node_subnet", pools=["10:30:1", "5:50:1"])
    assert result.plans[0].needs[0].addresses == 11 * 31 + 6 * 51


def test_a_cluster_too_large_for_one_pool_is_split() -> None:
    result = sized(mode="overlay", nodes=3000)
    assert result.plans[0].fits
    assert result.plans[0].surge == 4


def test_a_billion_nodes_are_answered_not_refused() -> None:
    result = sized(mode="overlay", nodes=10**9)
    assert not result.plans[0].fits
    assert "does not fit any Azure subnet" in result.summary


def test_every_number_has_its_formula_and_source_as_evidence() -> None:
    result = sized(nodes=40)
    for plan in result.plans:
        for need in plan.needs:
            claim = f"{plan.title}, {need.role}: {need.formula}"
            assert any(entry.claim == claim and entry.source for entry in result.evidence)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "`0` nodes"),
        ({"nodes": -3}, "`-3` nodes"),
        ({"mode": "overlai", "nodes": 3}, "Did you mean `overlay`?"),
        ({"mode": "overlay", "nodes": 3, "max_pods": 500}, "`500`"),
        ({"mode": "overlay", "nodes": 3, "surge": "lots"}, "`lots` is no surge"),
        ({"nodes": 3, "subnet": "/24"}, "several modes"),
        ({"mode": "overlay", "nodes": 3, "subnet": "10.0.0.1/24"}, "bits set"),
        ({"mode": "overlay", "nodes": 3, "pools": ["3"]}, "Both"),
        ({"services": ["bastoin"]}, "Did you mean `bastion`?"),
        ({"services": ["api-server:many"]}, "how many"),
        ({"mode": "pod_subnet_dynamic", "nodes": 3, "max_pods": 30, "pods_per_node": 40}, "`40`"),
        ({"mode": "overlay", "nodes": 3, "extra_ips": -1}, "`-1`"),
    ],
)
def test_what_cannot_be_planned_says_why(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ToolError) as caught:
        size_subnets.call(EMPTY, arguments)
    assert said in str(caught.value)


def test_several_prefixes_are_answered_in_a_line_each() -> None:
    result = describe_prefix.call(EMPTY, {"prefix": "/29, /28 and /26"})
    assert isinstance(result, PrefixResult)
    assert result.usable == {"/29": 3, "/28": 11, "/26": 59}
    assert len(result.summary.split("\n\n")) == 3


def test_the_default_pod_cidr_serves_256_nodes() -> None:
    text = describe_prefix.call(EMPTY, {"prefix": "10.244.0.0/16"}).summary
    assert "256 nodes, surge included" in text


@pytest.mark.parametrize("prefix", ["", "/33", "ten"])
def test_what_is_no_prefix_is_refused(prefix: str) -> None:
    with pytest.raises(ToolError):
        describe_prefix.call(EMPTY, {"prefix": prefix})


def test_outbound_ports_name_the_addresses_that_suffice() -> None:
    arguments = {"nodes": 120, "ports_per_node": 1000, "surge": "33%"}
    result = size_outbound.call(EMPTY, arguments)
    assert isinstance(result, OutboundResult)
    assert (result.nodes, result.public_addresses, result.needed_ports) == (160, 3, 160_000)
    assert "192,000" in result.summary
    assert "2 public addresses would serve only 128 nodes" in result.summary
    short = size_outbound.call(EMPTY, {**arguments, "public_ips": 2})
    assert short.summary.startswith("**2 public addresses are too few**")


@pytest.mark.parametrize(
    "arguments",
    [{"nodes": 0}, {"nodes": 5, "ports_per_node": 7}, {"nodes": 5, "public_ips": -1}],
)
def test_outbound_numbers_out_of_range_are_refused(arguments: dict[str, int]) -> None:
    with pytest.raises(ToolError):
        size_outbound.call(EMPTY, arguments)


@pytest.mark.parametrize(
    ("spec", "arguments"),
    [
        (size_subnets, {"nodes": 100}),
        (describe_prefix, {"prefix": "/20"}),
        (size_outbound, {"nodes": 100}),
    ],
)
def test_results_survive_json_and_are_the_same_twice(spec: Any, arguments: dict[str, Any]) -> None:
    result = spec.call(EMPTY, arguments)
    assert spec.result.model_validate_json(result.model_dump_json()) == result
    assert spec.call(EMPTY, arguments) == result

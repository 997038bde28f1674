from typing import Any

import pytest

from tools.address_ranges import RangesResult, check_ranges
from tools.errors import ToolError
from tools.workspace import Workspace
from topology.model import Cluster

EMPTY = Workspace(cluster=Cluster())


def checked(**arguments: Any) -> RangesResult:
    result = check_ranges.call(EMPTY, arguments)
    assert isinstance(result, RangesResult)
    return result


def test_ranges_that_go_together_are_named() -> None:
    result = checked(pod_cidrs=["10.244.0.0/16"], vnets=["10.1.0.0/16"], peered=["10.2.0.0/16"])
    assert result.ok
    assert result.summary == (
        "Yes: nothing is wrong with pod CIDR 10.244.0.0/16, VNet vnet 10.1.0.0/16 and VNet peer-1 "
        "10.2.0.0/16."
    )


def test_a_host_on_premises_inside_the_pod_cidr_is_lost_to_pods() -> None:
    result = checked(pod_cidrs=["10.244.0.0/16"], on_premises=["10.244.8.5"])
    assert not result.ok
    assert result.summary.startswith("No: this does not go together (1 fault).")
    assert "cannot be reached from pods" in result.summary


def test_one_pod_cidr_for_two_clusters_is_a_warning() -> None:
    result = checked(pod_cidrs=["10.244.0.0/16", "10.244.0.0/16"])
    assert result.ok
    assert "Fleet" in result.summary
    fleet = checked(pod_cidrs=["10.244.0.0/16"] * 2, features=["fleet", "cilium"])
    assert not fleet.ok


def test_a_pod_cidr_grows_to_what_holds_it() -> None:
    grown = checked(pod_cidrs=["10.244.0.0/18"], grow_pod_cidr_to="10.244.0.0/16")
    assert grown.ok
    assert "from 64 to 256 nodes" in grown.summary
    moved = checked(pod_cidrs=["10.244.0.0/16"], grow_pod_cidr_to="10.245.0.0/16")
    assert not moved.ok
    assert "does not hold the whole of" in moved.summary


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"pod_cidrs": ["10.244.0.0"]}, "has no prefix length"),
        ({"pod_cidrs": ["10.244.0.1/16"]}, "bits set"),
        ({"service_cidrs": ["ten/16"]}, "is no address range"),
        ({"service_cidrs": ["10.0.0.0/16"], "dns_service_ip": "ten"}, "`ten` is no address"),
        ({}, "No range is given"),
        ({"vnets": ["10.1.0.0/16"], "grow_pod_cidr_to": "10.244.0.0/16"}, "from 0 pod CIDRs"),
        ({"pod_cidrs": ["10.0.0.0/16"], "mode": "warp"}, "`warp` is no address mode"),
    ],
)
def test_what_is_no_range_says_why(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ToolError) as caught:
        check_ranges.call(EMPTY, arguments)
    assert said in str(caught.value)

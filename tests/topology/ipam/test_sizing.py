import pytest
from hypothesis import given
from hypothesis import strategies as st

from topology.errors import InvalidQuery
from topology.ipam import MODES, Mode, NodePool, Plan, nodes_in_subnet, parse_surge, size_cluster
from topology.ipam.prefixes import size, usable

MODE = st.sampled_from(sorted(MODES))
NODES = st.integers(1, 6000)
MAX_PODS = st.integers(10, 250)
SURGE = st.sampled_from(["0", "1", "5", "10%", "33%", "100%"])


def pool(nodes: int, max_pods: int | None = None, surge: str = "") -> NodePool:
    return NodePool(nodes=nodes, max_pods=max_pods, surge=parse_surge(surge) if surge else None)


def prefixes(plan: Plan) -> dict[str, int | None]:
    return {need.role: need.prefix for need in plan.needs}


def test_fifty_nodes_of_the_classic_mode_need_a_21() -> None:
    plan = size_cluster("node_subnet", [pool(50)])
    (need,) = plan.needs
    assert (need.addresses, need.prefix, need.usable, need.headroom) == (1581, 21, 2043, 462)
    assert need.formula == "(50 nodes + 1 surge) x (1 + 30 max pods) = 1,581"
    assert plan.assumptions == (
        "max pods 30 (the default of Azure CNI Node Subnet (legacy))",
        "1 surge node per pool",
    )


def test_dynamic_allocation_counts_the_addresses_that_a_node_holds() -> None:
    plan = size_cluster("pod_subnet_dynamic", [pool(60, 110)], pods_per_node=40)
    nodes, pods = plan.needs
    assert (nodes.addresses, nodes.prefix, nodes.usable_smaller) == (61, 25, 59)
    assert (pods.without_surge, pods.addresses, pods.prefix) == (2880, 2928, 20)


def test_overlay_counts_further_addresses_in_the_node_subnet_only() -> None:
    plan = size_cluster("overlay", [pool(60, None, "33%")], extra=10)
    assert [need.addresses for need in plan.needs] == [90, 80 * 256]
    assert prefixes(plan) == {"node subnet": 25, "pod CIDR": 17}


def test_an_upgrade_needs_more_than_the_subnet_that_holds_the_nodes() -> None:
    (need,) = size_cluster("node_subnet", [pool(12, 40, "33%")]).needs
    assert (need.without_surge, need.addresses) == (492, 656)
    assert need.without_surge <= usable(23) < need.addresses


def test_surge_is_counted_for_each_pool() -> None:
    plan = size_cluster("overlay", [pool(4, None, "50%")] * 5)
    assert (plan.nodes, plan.surge) == (20, 10)


def test_pools_with_different_max_pods_are_added_up() -> None:
    (need,) = size_cluster("node_subnet", [pool(10, 30, "1"), pool(5, 50, "1")]).needs
    assert need.addresses == 11 * 31 + 6 * 51
    assert need.formula.count(" + 1 surge") == 2


def test_static_blocks_take_the_safe_reading_and_say_so() -> None:
    plan = size_cluster("pod_subnet_static", [pool(127, 31, "1")])
    need = plan.needs[1]
    assert (need.addresses, need.prefix) == (4096, 19)
    assert any("/20 would do" in str(conflict) for conflict in plan.conflicts)


def test_a_block_that_is_not_filled_is_pointed_out() -> None:
    plan = size_cluster("pod_subnet_static", [pool(10, 32, "1")])
    assert any("leaves 15 addresses" in text and "31 or 47" in text for text in plan.warnings)
    assert not any(
        "leaves" in text for text in size_cluster("pod_subnet_static", [pool(10, 31)]).warnings
    )


def test_dynamic_allocation_without_max_pods_takes_the_larger_default_and_says_so() -> None:
    plan = size_cluster("pod_subnet_dynamic", [pool(10)])
    assert plan.pools[0].max_pods == 250
    assert any("Computed with 250" in conflict.reading for conflict in plan.conflicts)
    given_plan = size_cluster("pod_subnet_dynamic", [pool(10, 110)])
    assert not any("max pods" in conflict.topic for conflict in given_plan.conflicts)


@pytest.mark.parametrize("mode", sorted(MODES))
def test_a_billion_nodes_fit_no_subnet(mode: Mode) -> None:
    plan = size_cluster(mode, [pool(10**9)])
    assert not plan.fits
    assert all(need.prefix is None for need in plan.needs)
    assert any("does not fit any Azure subnet" in text for text in plan.problems)
    assert any("5,000 of one AKS cluster" in text for text in plan.problems)


def test_kubenet_ends_at_its_routes_and_in_2028() -> None:
    assert size_cluster("kubenet", [pool(399, 30, "1")]).fits
    plan = size_cluster("kubenet", [pool(400, 30, "1")])
    assert any("400" in text for text in plan.problems)
    assert any("2028-03-31" in text for text in plan.warnings)


def test_a_pool_with_its_surge_stays_within_a_scale_set() -> None:
    assert size_cluster("overlay", [pool(950, None, "50")]).fits
    plan = size_cluster("overlay", [pool(950, None, "10%")])
    assert any("1,045" in text for text in plan.problems)


def test_ten_pods_per_node_ask_for_three_nodes() -> None:
    assert size_cluster("overlay", [pool(3, 10)]).fits
    assert not size_cluster("overlay", [pool(2, 10)]).fits


@pytest.mark.parametrize(
    ("pools", "options", "offending"),
    [
        ([], {}, "node pool"),
        ([pool(-1)], {}, "`-1`"),
        ([pool(0)], {}, "`0`"),
        ([pool(3, 9)], {}, "`9`"),
        ([pool(3, 251)], {}, "`251`"),
        ([pool(3)], {"extra": -5}, "`-5`"),
        ([pool(3)], {"pods_per_node": -1}, "`-1`"),
        ([pool(3, 30)], {"pods_per_node": 31}, "`31`"),
    ],
)
def test_numbers_out_of_range_are_refused(
    pools: list[NodePool], options: dict[str, int], offending: str
) -> None:
    with pytest.raises(InvalidQuery, match=offending):
        size_cluster("overlay", pools, **options)


@given(MODE, NODES, MAX_PODS, SURGE)
def test_the_prefix_fits_and_the_next_smaller_does_not(
    mode: Mode, nodes: int, max_pods: int, surge: str
) -> None:
    for need in size_cluster(mode, [pool(nodes, max_pods, surge)]).needs:
        assert need.prefix is not None
        assert need.addresses <= need.usable <= size(need.prefix)
        smallest = need.prefix == (29 if need.role == "node subnet" else 28)
        assert smallest or need.usable_smaller < need.addresses


@given(MODE, NODES, MAX_PODS, SURGE, st.integers(1, 500))
def test_more_nodes_never_need_less(
    mode: Mode, nodes: int, max_pods: int, surge: str, more: int
) -> None:
    fewer = size_cluster(mode, [pool(nodes, max_pods, surge)])
    larger = size_cluster(mode, [pool(nodes + more, max_pods, surge)])
    for before, after in zip(fewer.needs, larger.needs, strict=True):
        assert before.addresses < after.addresses
        assert before.prefix is not None
        assert after.prefix is not None
        assert before.prefix >= after.prefix


@given(st.integers(16, 29), MAX_PODS)
def test_as_many_nodes_as_fit_and_not_one_more(prefix: int, max_pods: int) -> None:
    fit = nodes_in_subnet("node_subnet", prefix, max_pods=max_pods).nodes
    assert fit * (1 + max_pods) <= usable(prefix) < (fit + 1) * (1 + max_pods)


def test_a_24_holds_eight_nodes_of_the_classic_mode() -> None:
    fit = nodes_in_subnet("node_subnet", 24)
    assert (fit.nodes, fit.pods) == (8, 240)
    assert fit.formula == "251 usable addresses of /24 / (1 + 30 max pods) = 8 nodes"


def test_kubenet_subnets_stop_at_the_routes() -> None:
    assert nodes_in_subnet("kubenet", 24).nodes == 251
    assert nodes_in_subnet("kubenet", 16).nodes == 400

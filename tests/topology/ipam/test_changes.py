from ipaddress import IPv4Network

import pytest

from topology.errors import InvalidQuery
from topology.ipam import NodePool
from topology.ipam.changes import apply_change, compare_plans, parse_change
from topology.ipam.estate import Cluster, Estate, Space, Vnet
from topology.ipam.layout import plan_estate

ONE = Cluster(name="a", vnet="a", mode="node_subnet", pools=(NodePool(nodes=20, max_pods=30),))
ESTATE = Estate(
    spaces=(Space(network=IPv4Network("10.60.0.0/16")),),
    vnets=(Vnet(name="a"),),
    clusters=(ONE,),
)


def after(text: str) -> Cluster:
    return parse_change(text).apply(ONE)


def test_pools_are_added() -> None:
    assert [pool.nodes for pool in after("add 3 pools of 50").pools] == [20, 50, 50, 50]
    assert [pool.nodes for pool in after("one more pool with 5 nodes").pools] == [20, 5]
    assert [pool.nodes for pool in after("add 2 pools of 10 and 30").pools] == [20, 10, 30]


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("move to overlay", "overlay"),
        ("what if we switch it to Azure CNI overlay?", "overlay"),
        ("go to pod subnet", "pod_subnet_dynamic"),
        ("use static block", "pod_subnet_static"),
        ("overlay", "overlay"),
    ],
)
def test_the_mode_is_changed(text: str, mode: str) -> None:
    assert after(text).mode == mode


@pytest.mark.parametrize(
    "text", ["max pods 110 instead of 30", "maxPods=110", "110 pods per node", "max pods of 110"]
)
def test_max_pods_are_changed(text: str) -> None:
    assert [pool.max_pods for pool in after(text).pools] == [110]


@pytest.mark.parametrize(
    ("text", "nodes"), [("100 nodes", 100), ("add 15 nodes", 35), ("5 more nodes", 25)]
)
def test_nodes_are_set_or_added(text: str, nodes: int) -> None:
    assert sum(pool.nodes for pool in after(text).pools) == nodes


def test_surge_and_services_are_changed() -> None:
    assert after("surge 50%").pools[0].surge_nodes == 10
    assert after("add bastion").components == (("bastion", 0),)
    assert after("with 2 private endpoints").components == (("private-endpoints", 2),)
    with_it = parse_change("add bastion").apply(ONE)
    assert parse_change("without bastion").apply(with_it).components == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("paint it blue", "no change that can be computed"),
        ("max pods 500", "outside 10 to 250"),
        ("add 900 pools of 3", "cannot be added"),
        ("add 3 pools of 10 and 30", "names 3 pools and 2 sizes"),
        ("0 nodes", "`0` nodes"),
        ("surge 150%", "more than the whole pool"),
    ],
)
def test_what_is_no_change_is_refused(text: str, said: str) -> None:
    with pytest.raises(InvalidQuery, match=said):
        parse_change(text)


def test_a_change_of_one_cluster_leaves_the_others() -> None:
    two = Estate(clusters=(ONE, Cluster(name="b", vnet="b", mode="overlay", pools=ONE.pools)))
    changed = apply_change(two, parse_change("max pods 60"), "b")
    assert changed.clusters[0] == ONE
    assert changed.clusters[1].pools[0].max_pods == 60
    with pytest.raises(InvalidQuery, match="no cluster `c`"):
        apply_change(two, parse_change("max pods 60"), "c")


def test_only_what_differs_is_told() -> None:
    before = plan_estate(ESTATE)
    changed = plan_estate(apply_change(ESTATE, parse_change("move to overlay")), keep=before)
    rows = {row.subject: (row.before, row.after) for row in compare_plans(before, changed)}
    assert rows["a: mode"][1] == "Azure CNI Overlay"
    assert rows["a: pod CIDR"][0].startswith("none")
    assert "fits" not in rows
    assert compare_plans(before, before) == ()

from dataclasses import replace
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from topology.errors import InvalidQuery
from topology.ipam import NodePool, parse_surge
from topology.ipam.address_plan import AddressPlan
from topology.ipam.estate import Cluster, Connected, Estate, Space, Subnet, Vnet
from topology.ipam.layout import plan_estate
from topology.ipam.nearest import plan_or_nearest
from topology.ipam.proof import prove

SPACE = IPv4Network("10.60.0.0/26")
START = int(SPACE[0])
OVERLAY = Cluster(
    name="shop",
    vnet="shop",
    mode="overlay",
    pools=(NodePool(nodes=60, surge=parse_surge("33%")),),
    internal_load_balancers=10,
    components=(("app-gateway-for-containers", 0), ("api-server", 0), ("private-endpoints", 0)),
)


def estate(*clusters: Cluster, space: str = "10.60.0.0/20", **further: object) -> Estate:
    return replace(
        Estate(
            spaces=(Space(network=IPv4Network(space)),),
            vnets=tuple(Vnet(name=cluster.vnet) for cluster in clusters),
            clusters=clusters,
        ),
        **further,  # type: ignore[arg-type]
    )


def subnets(plan: AddressPlan) -> dict[str, str]:
    return {one.wish.key: str(one.network) for vnet in plan.vnets for one in vnet.subnets}


def hold(plan: AddressPlan) -> None:
    """Assert what every plan promises."""
    spaces = [space.network for space in plan.estate.spaces]
    rows = [one for vnet in plan.vnets for one in vnet.subnets]
    taken = [*plan.estate.used]
    for vnet in plan.vnets:
        for row in vnet.subnets:
            assert row.network.prefixlen == row.wish.prefix
            assert row.usable >= row.wish.addresses or row.wish.purpose == "pod-subnet"
            assert any(row.network.subnet_of(prefix) for prefix in vnet.prefixes)
            assert any(row.network.subnet_of(space) for space in spaces)
            assert not any(row.network.overlaps(other) for other in taken)
            if row.reserve is not None:
                assert row.network.supernet() == row.reserve.supernet()
                others = [one.network for one in rows if one is not row]
                assert not any(row.reserve.overlaps(other) for other in others)
    for index, row in enumerate(rows):
        assert not any(row.network.overlaps(other.network) for other in rows[:index])
    for free in plan.free:
        assert not any(free.overlaps(net) for vnet in plan.vnets for net in vnet.prefixes)


def test_the_worked_example_has_a_place_for_everything() -> None:
    plan = plan_estate(estate(OVERLAY))
    hold(plan)
    assert subnets(plan) == {
        "shop/app-gateway-for-containers": "10.60.0.0/24",
        "shop/nodes": "10.60.1.0/25",
        "shop/private-endpoints": "10.60.2.0/26",
        "shop/api-server": "10.60.2.64/28",
    }
    (cluster,) = plan.clusters
    assert str(cluster.pod_cidr) == "10.244.0.0/17"
    assert str(cluster.pod_reserve) == "10.244.128.0/17"
    assert sum(block.num_addresses for block in plan.free) > 2048
    assert not prove(plan)


USED = st.lists(
    st.integers(28, 30).flatmap(
        lambda prefix: st.integers(0, 2 ** (prefix - 26) - 1).map(
            lambda number: IPv4Network((START + number * 2 ** (32 - prefix), prefix))
        )
    ),
    max_size=3,
)
WANTED = st.lists(st.lists(st.integers(27, 29), min_size=1, max_size=3), min_size=1, max_size=3)


@given(WANTED, USED)
@settings(max_examples=30)
def test_a_plan_is_found_whenever_an_exhaustive_search_finds_one(
    wanted: list[list[int]], used: list[IPv4Network]
) -> None:
    vnets = tuple(
        Vnet(
            name=f"v{number}",
            subnets=tuple(
                Subnet(name=f"s{index}", prefix=prefix) for index, prefix in enumerate(prefixes)
            ),
        )
        for number, prefixes in enumerate(wanted)
    )
    plan = plan_estate(Estate(spaces=(Space(network=SPACE),), used=tuple(used), vnets=vnets))
    assert plan.fits == exists([prefix for row in wanted for prefix in row], used)
    hold(plan)


def exists(prefixes: list[int], used: list[IPv4Network]) -> bool:
    def bits(net: IPv4Network) -> int:
        return ((1 << net.num_addresses) - 1) << (int(net[0]) - START)

    taken = 0
    for net in used:
        taken |= bits(net)

    @cache
    def search(index: int, taken: int) -> bool:
        return index == len(prefixes) or any(
            search(index + 1, taken | bits(net))
            for net in SPACE.subnets(new_prefix=prefixes[index])
            if not taken & bits(net)
        )

    return search(0, taken)


MODES = ["overlay", "pod_subnet_dynamic", "pod_subnet_static", "node_subnet"]


@given(
    st.lists(
        st.tuples(st.sampled_from(MODES), st.integers(1, 120), st.integers(10, 110)),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=30)
def test_whatever_is_planned_is_sound(rows: list[tuple[str, int, int]]) -> None:
    clusters = [
        Cluster(
            name=f"c{number}",
            vnet=f"c{number}",
            mode=mode,  # type: ignore[arg-type]
            pools=(NodePool(nodes=nodes + 3, max_pods=limit),),
            components=(("private-endpoints", 5),),
        )
        for number, (mode, nodes, limit) in enumerate(rows)
    ]
    plan = plan_estate(estate(*clusters, space="10.64.0.0/14"))
    assert plan.fits
    hold(plan)
    assert not [one for one in prove(plan) if one.severity == "error"]


def test_neighbours_are_given_up_before_the_plan_is() -> None:
    plan = plan_estate(estate(OVERLAY, space="10.60.0.0/23"))
    hold(plan)
    assert plan.fits
    assert not any(row.reserve for vnet in plan.vnets for row in vnet.subnets)
    assert any("no room to keep neighbours free" in note for note in plan.notes)


def test_a_fragmented_space_gives_a_vnet_several_prefixes() -> None:
    used = (ip_network("10.60.0.64/26"), ip_network("10.60.0.128/26"))
    vnet = Vnet(name="v", subnets=(Subnet(name="a", prefix=26), Subnet(name="b", prefix=26)))
    plan = plan_estate(
        Estate(spaces=(Space(network=IPv4Network("10.60.0.0/24")),), used=used, vnets=(vnet,))
    )
    hold(plan)
    assert plan.vnets[0].prefixes == (IPv4Network("10.60.0.0/26"), IPv4Network("10.60.0.192/26"))
    assert any("several address prefixes" in note for note in plan.notes)


def test_regions_keep_to_their_spaces_and_peers_are_told_on_both_sides() -> None:
    plan = plan_estate(
        Estate(
            spaces=(
                Space(network=IPv4Network("10.1.0.0/16"), region="weu"),
                Space(network=IPv4Network("10.2.0.0/16"), region="neu"),
            ),
            vnets=(
                Vnet(
                    name="hub",
                    region="weu",
                    peers=("spoke",),
                    subnets=(Subnet(name="firewall", component="firewall"),),
                ),
                Vnet(name="spoke", region="neu"),
            ),
            clusters=(replace(OVERLAY, vnet="spoke"),),
        )
    )
    hub, spoke = plan.vnets
    assert str(hub.prefixes[0]).startswith("10.1.")
    assert str(spoke.prefixes[0]).startswith("10.2.")
    assert spoke.peers == ("hub",)
    assert [row.name for row in hub.subnets] == [
        "AzureFirewallManagementSubnet",
        "AzureFirewallSubnet",
    ]


def test_the_resolver_keeps_out_of_what_it_reserves() -> None:
    vnet = Vnet(name="v", subnets=(Subnet(name="dns-resolver", component="dns-resolver"),))
    plan = plan_estate(Estate(spaces=(Space(network=IPv4Network("10.0.0.0/19")),), vnets=(vnet,)))
    assert plan.fits
    for row in plan.vnets[0].subnets:
        assert int(row.network[-1]) < int(IPv4Network("10.0.1.0/24")[0]) or int(
            row.network[0]
        ) > int(IPv4Network("10.0.16.0/24")[-1])


def test_pod_and_service_ranges_keep_clear_of_everything_connected() -> None:
    connected = (Connected(network=IPv4Network("10.0.0.0/8"), name="dc"),)
    plan = plan_estate(estate(OVERLAY, space="172.20.0.0/16", connected=connected))
    (cluster,) = plan.clusters
    assert cluster.pod_cidr is not None
    for taken in (IPv4Network("10.0.0.0/8"), IPv4Network("172.20.0.0/16")):
        assert not cluster.pod_cidr.overlaps(taken)
        assert not cluster.service_cidr.overlaps(taken)
    assert not cluster.pod_cidr.overlaps(cluster.service_cidr)
    assert not prove(plan)


def test_clusters_get_pod_cidrs_of_their_own() -> None:
    clusters = [replace(OVERLAY, name=name, vnet=name, components=()) for name in "abc"]
    plan = plan_estate(estate(*clusters))
    pods = [one.pod_cidr for one in plan.clusters]
    assert len(set(pods)) == 3
    shared = plan_estate(replace(plan.estate, distinct_pod_cidrs=False))
    assert len({one.pod_cidr for one in shared.clusters}) == 1
    assert any("share one pod CIDR" in note for note in shared.notes)


def test_dual_stack_gives_every_subnet_a_64() -> None:
    cluster = replace(OVERLAY, dual_stack=True)
    plan = plan_estate(estate(cluster, ipv6_spaces=(IPv6Network("fd00:10::/48"),)))
    rows = plan.vnets[0].subnets
    assert all(row.network_v6 and row.network_v6.prefixlen == 64 for row in rows)
    assert len({row.network_v6 for row in rows}) == len(rows)
    assert plan.clusters[0].pod_cidr_v6 is not None
    assert not prove(plan)
    with pytest.raises(InvalidQuery, match="IPv6 space"):
        plan_estate(estate(cluster))


def test_why_it_does_not_fit_comes_with_the_nearest_that_does() -> None:
    cluster = replace(OVERLAY, mode="node_subnet")
    plan = plan_or_nearest(estate(cluster))
    assert plan.failure is not None
    assert "4,096 are free" in plan.failure.reason
    text = " ".join(plan.failure.nearest)
    assert "/19" in text
    assert "With Azure CNI Overlay" in text
    most = 24
    assert f"at most {most} pods per node" in text
    for limit, fits in ((most, True), (most + 1, False)):
        pools = (NodePool(nodes=60, max_pods=limit, surge=parse_surge("33%")),)
        assert plan_estate(estate(replace(cluster, pools=pools))).fits is fits


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"spaces": ()}, "No space is given"),
        ({"vnets": (), "clusters": ()}, "Nothing is to be planned"),
        (
            {"spaces": (Space(network=SPACE), Space(network=IPv4Network("10.60.0.0/24")))},
            "overlap",
        ),
        ({"vnets": (Vnet(name="shop", region="mars"),)}, None),
    ],
)
def test_what_cannot_be_planned_anywhere_says_why(changed: dict[str, object], said: str) -> None:
    asked = estate(OVERLAY)
    if said is None:
        asked = replace(asked, spaces=(Space(network=SPACE, region="weu"),))
        said = "No space suits the VNet `shop`"
    with pytest.raises(InvalidQuery, match=said):
        plan_estate(replace(asked, **changed))  # type: ignore[arg-type]


def test_limits_of_aks_are_told_whatever_the_space() -> None:
    huge = replace(OVERLAY, pools=(NodePool(nodes=10**9),))
    plan = plan_estate(estate(huge))
    assert not plan.fits
    assert any("exceed the 5,000" in text for text in plan.errors)


def test_a_change_leaves_what_there_is_in_place() -> None:
    before = plan_estate(estate(OVERLAY))
    grown = replace(OVERLAY, pools=(NodePool(nodes=120, surge=parse_surge("33%")),))
    after = plan_estate(estate(grown), keep=before)
    hold(after)
    old, new = subnets(before), subnets(after)
    assert new.pop("shop/nodes") == "10.60.1.0/24"
    assert old.pop("shop/nodes") == "10.60.1.0/25"
    assert old == new
    assert str(after.clusters[0].pod_cidr) == "10.244.0.0/16"

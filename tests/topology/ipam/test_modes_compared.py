import pytest

from topology.errors import InvalidQuery
from topology.ipam import MODES, NodePool
from topology.ipam.capacity import capacity_of
from topology.ipam.features import FEATURES, find_features, parse_feature
from topology.ipam.pod_limits import node_share
from topology.ipam.pools import parse_surge
from topology.ipam.recommend import recommend


@pytest.mark.parametrize("key", sorted(FEATURES))
def test_every_feature_speaks_of_every_mode_and_names_its_source(key: str) -> None:
    feature = FEATURES[key]
    assert set(feature.modes) == set(MODES)
    assert str(feature.source)
    assert all(other in FEATURES for other in (*feature.needs,))
    assert bool(feature.excludes) == bool(feature.clash)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("Windows plus Cilium?", {"windows", "cilium"}),
        ("on-prem must reach pods directly", {"pod-ips-beyond-vnet"}),
        ("the firewall has to see pod IPs", {"pod-ips-beyond-vnet"}),
        ("VMs in the same VNet connect to pods", {"pod-ips-in-vnet"}),
        ("we use AGIC and virtual nodes", {"agic", "virtual-nodes"}),
        ("Application Gateway for Containers", {"app-gateway-for-containers"}),
        ("dual-stack", {"dual-stack"}),
        ("how many nodes fit", set()),
    ],
)
def test_features_are_found_by_what_people_call_them(text: str, keys: set[str]) -> None:
    assert keys <= set(find_features(text))
    assert keys or not find_features(text)


def test_an_unknown_feature_is_refused() -> None:
    assert parse_feature("Virtual nodes") == "virtual-nodes"
    with pytest.raises(InvalidQuery, match="`warp drive`"):
        parse_feature("warp drive")


def test_overlay_is_taken_unless_something_speaks_against_it() -> None:
    best = recommend([], pools=[NodePool(nodes=100)]).best
    assert best is not None
    assert best.mode == "overlay"


def test_pods_that_are_reached_from_outside_need_addresses_of_the_vnet() -> None:
    found = recommend(["pod-ips-beyond-vnet"], pools=[NodePool(nodes=100, max_pods=30)])
    assert found.best is not None
    assert found.best.mode == "pod_subnet_dynamic"
    overlay = next(one for one in found.candidates if one.mode == "overlay")
    assert not overlay.suits


def test_very_many_pods_of_the_vnet_need_static_blocks() -> None:
    found = recommend(["pod-ips-beyond-vnet"], pools=[NodePool(nodes=900, max_pods=110)])
    assert found.best is not None
    assert found.best.mode == "pod_subnet_static"


def test_what_excludes_each_other_is_said_instead_of_a_mode() -> None:
    found = recommend(["windows", "l7-policy"])
    assert found.best is None
    assert any("Linux" in clash.why for clash in found.clashes)


def test_no_mode_is_named_when_every_one_is_ruled_out() -> None:
    found = recommend(["virtual-nodes", "node-auto-provisioning", "pod-ips-beyond-vnet"])
    assert found.best is None


@pytest.mark.parametrize(
    ("role", "prefix", "mode", "more", "nodes"),
    [
        ("pod-cidr", 16, "overlay", {}, 256),
        ("node-subnet", 24, "node_subnet", {"max_pods": 30}, 8),
        ("node-subnet", 24, "kubenet", {}, 251),
        ("pod-subnet", 23, "pod_subnet_dynamic", {"pods_per_node": 25}, 10),
        ("pod-subnet", 20, "pod_subnet_static", {"max_pods": 31}, 127),
        ("api-server", 26, "overlay", {}, 6),
        ("pod-cidr", 16, "overlay", {"surge": parse_surge("33%")}, 192),
    ],
)
def test_a_range_serves_so_many_nodes(
    role: str, prefix: int, mode: str, more: dict[str, int], nodes: int
) -> None:
    assert capacity_of(role, prefix, mode, **more).nodes == nodes  # type: ignore[arg-type]


@pytest.mark.parametrize(("role", "mode"), [("pod-cidr", "node_subnet"), ("pod-subnet", "overlay")])
def test_a_mode_without_such_a_range_says_so(role: str, mode: str) -> None:
    with pytest.raises(InvalidQuery, match=f"`{mode}` has no"):
        capacity_of(role, 20, mode)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("mode", "max_pods", "addresses", "unused"),
    [
        ("overlay", 30, 256, 226),
        ("kubenet", 110, 256, 146),
        ("node_subnet", 30, 31, 0),
        ("pod_subnet_static", 31, 32, 0),
        ("pod_subnet_static", 32, 48, 15),
        ("pod_subnet_dynamic", 110, 110, 0),
    ],
)
def test_a_node_takes_so_many_addresses(
    mode: str, max_pods: int, addresses: int, unused: int
) -> None:
    share = node_share(mode, max_pods)  # type: ignore[arg-type]
    assert (share.addresses, share.unused) == (addresses, unused)


@pytest.mark.parametrize("max_pods", [9, 251])
def test_max_pods_beyond_the_limits_are_refused(max_pods: int) -> None:
    with pytest.raises(InvalidQuery, match="outside 10 to 250"):
        node_share("overlay", max_pods)

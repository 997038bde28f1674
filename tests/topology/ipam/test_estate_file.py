import json
from ipaddress import ip_address, ip_network

import pytest

from topology.errors import UnreadableInput
from topology.ipam.estate import Estate
from topology.ipam.estate_file import read_estate

WHOLE = """\
spaces:
  - {cidr: 10.60.0.0/16, region: westeurope, name: weu}
used: [10.60.4.0/22]
on_premises:
  - {cidr: 192.168.0.0/16, name: frankfurt}
growth: false
vnets:
  - name: hub
    region: westeurope
    peers: [shop]
    components: [firewall, "dns-resolver:1"]
    subnets:
      - {name: jump, addresses: 20}
      - {name: old, cidr: 10.60.0.0/26, delegation: ""}
clusters:
  - name: shop
    mode: pod subnet
    max_pods: 60
    surge: 33%
    pools:
      - {name: system, nodes: 3}
      - "20:30:2"
    components: [agc, "private-endpoints:20"]
    internal_load_balancers: 4
    service_cidr: 10.0.0.0/16
    dns_service_ip: 10.0.0.10
    dataplane: cilium
    features: [windows]
"""


def read(text: str) -> Estate:
    return read_estate(text, "net.yaml")


def test_everything_that_is_written_is_read() -> None:
    estate = read(WHOLE)
    assert [space.region for space in estate.spaces] == ["westeurope"]
    assert estate.used == (ip_network("10.60.4.0/22"),)
    assert estate.connected[0].name == "frankfurt"
    assert not estate.growth
    hub = estate.vnets[0]
    assert [subnet.component for subnet in hub.subnets] == ["", "", "firewall", "dns-resolver"]
    assert hub.subnets[1].delegation == ""
    (cluster,) = estate.clusters
    assert (cluster.mode, cluster.vnet) == ("pod_subnet_dynamic", "shop")
    assert [(pool.nodes, pool.max_pods, pool.surge_nodes) for pool in cluster.pools] == [
        (3, 60, 1),
        (20, 30, 2),
    ]
    assert cluster.components == (("app-gateway-for-containers", 0), ("private-endpoints", 20))
    assert cluster.dns_service_ip == ip_address("10.0.0.10")
    assert cluster.features == {"windows"}


def test_a_vnet_that_only_a_cluster_names_is_made() -> None:
    estate = read("spaces: [10.0.0.0/16]\nclusters: [{name: a, nodes: 3, region: weu}]\n")
    assert [(vnet.name, vnet.region) for vnet in estate.vnets] == [("a", "weu")]


def test_json_is_read_too() -> None:
    estate = read(json.dumps({"spaces": ["10.0.0.0/16"], "clusters": [{"name": "a", "nodes": 3}]}))
    assert estate.clusters[0].pools[0].nodes == 3


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("spaces: [10.0.0.1/16]\n", 1, "bits set beyond its prefix"),
        ("spaces:\n  - fd00::/48\n", 2, "is no IPv4 range"),
        ("spaces: [10.0.0.0]\n", 1, "has no prefix length"),
        ("spaces: [10.0.0.0/16]\nclusterz: []\n", 2, "unknown key `clusterz`"),
        ("clusters:\n  - name: a\n    nodes: -5\n", 3, "`-5` is no number of nodes"),
        ("clusters:\n  - name: a\n    nodes: 0\n", 3, "`0` is no number of nodes"),
        ("clusters:\n  - name: a\n    nodes: many\n", 3, "`many` is no whole number"),
        ("clusters:\n  - name: a\n    mode: overlai\n", 3, "`overlai` is no address mode"),
        ("clusters:\n  - nodes: 3\n", 2, "has no `name`"),
        ("clusters:\n  - name: a\n    nodes: 3\n    pools: [3]\n", 2, "both `nodes` and `pools`"),
        ("clusters:\n  - name: a\n    surge: lots\n", 3, "`lots` is no surge"),
        ("clusters:\n  - name: a\n    components: [agcc]\n", 3, "`agcc` is no Azure service"),
        ("clusters:\n  - name: a\n    features: [warp]\n", 3, "`warp` is no feature"),
        ("clusters:\n  - name: a\n    dataplane: bpf\n", 3, "`bpf` is no dataplane"),
        ("clusters:\n  - name: a\n    dns_service_ip: ten\n", 3, "`ten` is no address"),
        ("clusters:\n  - name: a\n  - name: a\n", 3, "two clusters `a`"),
        ("vnets:\n  - name: a\n    peers: [b]\n", 2, "cannot be peered with `b`"),
        ("vnets:\n  - {name: a, name: b}\n", 2, "has `name` twice"),
        ("vnets:\n  - name: a\n    cidr: {x: 1}\n", 3, "unknown|is no text"),
        ("growth: maybe\n", 1, "neither true nor false"),
        ("spaces: [\n", 2, "is no valid YAML"),
        ("- a\n", 1, "is no mapping"),
        ("", 0, "is empty"),
    ],
)
def test_a_fault_names_file_and_line(text: str, line: int, said: str) -> None:
    with pytest.raises(UnreadableInput, match=said) as caught:
        read(text)
    assert caught.value.hint
    if line:
        assert str(caught.value.location) == f"net.yaml:{line}"


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(UnreadableInput, match="nested too deep"):
        read("vnets: " + "[" * 60 + "]" * 60)

import pytest

from topology.ipam.audit import check_estate
from topology.ipam.estate_file import read_estate
from topology.ipam.findings import Finding

SOUND = """\
on_premises: [192.168.0.0/16]
vnets:
  - name: hub
    cidr: 10.1.0.0/24
    peers: [shop]
    subnets:
      - {name: AzureBastionSubnet, cidr: 10.1.0.0/26}
  - name: shop
    cidr: 10.2.0.0/16
    subnets:
      - {name: nodes, cidr: 10.2.0.0/24, delegation: ""}
      - {name: agc, component: agc, cidr: 10.2.1.0/24,
         delegation: Microsoft.ServiceNetworking/trafficControllers}
clusters:
  - {name: shop, vnet: shop, mode: overlay, nodes: 60, surge: 33%, node_subnet: nodes,
     pod_cidr: 10.244.0.0/16, service_cidr: 10.0.0.0/16, dns_service_ip: 10.0.0.10}
"""


def findings(text: str) -> tuple[Finding, ...]:
    return check_estate(read_estate(text, "net.yaml"))


def codes(text: str) -> set[str]:
    return {one.code for one in findings(text)}


def test_a_sound_network_has_no_findings() -> None:
    assert findings(SOUND) == ()


@pytest.mark.parametrize(
    ("old", "new", "code", "severity"),
    [
        ("pod_cidr: 10.244.0.0/16", "pod_cidr: 10.2.0.0/17", "pod-subnet", "error"),
        ("pod_cidr: 10.244.0.0/16", "pod_cidr: 10.2.128.0/17", "pod-vnet", "warning"),
        ("pod_cidr: 10.244.0.0/16", "pod_cidr: 10.1.0.0/16", "pod-subnet", "error"),
        ("pod_cidr: 10.244.0.0/16", "pod_cidr: 192.168.0.0/17", "pod-connected", "error"),
        ("pod_cidr: 10.244.0.0/16", "pod_cidr: 10.0.0.0/17", "pod-service", "error"),
        ("pod_cidr: 10.244.0.0/16", "pod_cidr: 172.30.0.0/16", "refused-range", "error"),
        ("pod_cidr: 10.244.0.0/16", "pod_cidr: 11.0.0.0/16", "public-pod-range", "warning"),
        ("pod_cidr: 10.244.0.0/16", "pod_cidr: 10.244.0.0/18", "pod-cidr-size", "error"),
        ("service_cidr: 10.0.0.0/16", "service_cidr: 10.2.0.0/20", "service-subnet", "error"),
        ("service_cidr: 10.0.0.0/16", "service_cidr: 10.0.0.0/27", "service-small", "warning"),
        ("dns_service_ip: 10.0.0.10", "dns_service_ip: 10.0.0.1", "service-range", "error"),
        ("dns_service_ip: 10.0.0.10", "dns_service_ip: 10.9.0.1", "service-range", "error"),
        ("cidr: 10.1.0.0/24", "cidr: 10.2.8.0/24", "peering-overlap", "error"),
        ("cidr: 10.2.0.0/16", "cidr: 172.31.0.0/16", "refused-range", "error"),
        ("cidr: 10.2.0.0/16", "cidr: 224.0.0.0/8", "vnet-range", "error"),
        ("cidr: 10.2.0.0/16", "cidr: 10.3.0.0/16", "subnet-outside", "error"),
        ("cidr: 10.2.0.0/16", "cidr: 10.2.0.0/15", "vnet-addresses", "warning"),
        ("10.2.1.0/24", "10.2.0.0/23", "subnet-overlap", "error"),
        ("10.2.1.0/24", "10.2.2.0/23", "component-exact", "error"),
        ("10.1.0.0/26", "10.1.0.0/27", "component-size", "error"),
        ("trafficControllers", "nothing", "delegation", "error"),
        ('delegation: ""', "delegation: Microsoft.Sql/servers", "node-delegation", "error"),
        ("nodes: 60", "nodes: 200", "subnet-surge", "error"),
        ("cidr: 10.2.0.0/24", "cidr: 10.2.0.0/27", "subnet-size", "error"),
        ("cidr: 10.2.0.0/24", "cidr: 10.2.0.0/30", "subnet-size", "error"),
        ("node_subnet: nodes", "node_subnet: gone", "no-subnet", "error"),
        ("node_subnet: nodes", "pod_subnet: nodes", "pod-subnet-unused", "error"),
        ("mode: overlay", "mode: node subnet", "pod-cidr-unused", "warning"),
        ("mode: overlay", "mode: overlay, features: [virtual-nodes]", "excluded-feature", "error"),
        (
            "mode: overlay",
            "mode: overlay, dataplane: cilium, features: [windows]",
            "features-clash",
            "error",
        ),
        ("mode: overlay", "mode: overlay, features: [l7-policy]", "feature-needs", "error"),
        ("nodes: 60", "nodes: 6000", "limit", "error"),
        ("nodes: 60", "nodes: 60, max_pods: 300", "numbers", "error"),
    ],
)
def test_each_rule_is_told_with_its_line(old: str, new: str, code: str, severity: str) -> None:
    assert old in SOUND
    found = [one for one in findings(SOUND.replace(old, new)) if one.code == code]
    assert found
    assert {one.severity for one in found} == {severity}
    for one in found:
        assert one.message.endswith(".")
        assert one.fix
        assert one.source
        assert str(one.location).startswith("net.yaml:")


def test_errors_come_before_warnings() -> None:
    text = SOUND.replace("10.244.0.0/16", "11.0.0.0/18")
    assert [one.severity for one in findings(text)] == ["error", "warning"]


def test_two_spokes_of_a_hub_may_not_overlap_and_strangers_may() -> None:
    rows = "vnets:\n  - {name: a, cidr: 10.1.0.0/16}\n  - {name: b, cidr: 10.1.0.0/16}\n"
    assert findings(rows) == ()
    assert codes(f"{rows}  - {{name: hub, cidr: 10.0.0.0/24, peers: [a, b]}}\n") == {
        "spoke-overlap"
    }


TWO = """\
vnets: [{name: v, cidr: 10.1.0.0/16, subnets: [{name: n, cidr: 10.1.0.0/26}]}]
clusters:
  - {name: a, vnet: v, mode: overlay, nodes: 40, pod_cidr: 10.244.0.0/16, node_subnet: n}
  - {name: b, vnet: v, mode: overlay, nodes: 10, pod_cidr: 10.244.0.0/16, node_subnet: n}
"""


def test_overlay_clusters_may_share_a_pod_cidr_unless_a_fleet_joins_them() -> None:
    (warning,) = findings(TWO)
    assert (warning.code, warning.severity) == ("pod-cidr-shared", "warning")
    fleet = TWO.replace("nodes: 10", "nodes: 10, dataplane: cilium, features: [fleet-networking]")
    assert {one.severity for one in findings(fleet) if one.code == "pod-cidr-shared"} == {"error"}


def test_a_shared_subnet_must_hold_all_of_its_clusters() -> None:
    assert "subnet-shared-size" in codes(TWO.replace("nodes: 10", "nodes: 30"))


def test_kubenet_shares_no_subnet() -> None:
    assert "kubenet-shared" in codes(TWO.replace("mode: overlay", "mode: kubenet"))


def test_one_pod_subnet_serves_one_kind_of_allocation() -> None:
    text = """\
vnets: [{name: v, cidr: 10.1.0.0/16, subnets: [{name: p, cidr: 10.1.128.0/17}]}]
clusters:
  - {name: a, vnet: v, mode: static block, pod_subnet: p}
  - {name: b, vnet: v, mode: dynamic, pod_subnet: p}
"""
    assert "pod-subnet-mixed" in codes(text)


def test_the_dns_resolver_keeps_out_of_its_own_range() -> None:
    text = """\
vnets:
  - name: v
    cidr: 10.0.0.0/16
    subnets: [{name: r, component: dns-resolver, cidr: 10.0.5.0/28}]
"""
    assert codes(text) == {"dns-resolver"}


def test_an_ipv6_subnet_is_a_64() -> None:
    text = "vnets: [{name: v, cidr: 'fd00::/48', subnets: [{name: s, cidr: 'fd00::/60'}]}]\n"
    assert codes(text) == {"ipv6-size"}


def test_a_static_subnet_that_is_only_just_enough_is_a_warning() -> None:
    text = """\
vnets: [{name: v, cidr: 10.1.0.0/16, subnets: [{name: p, cidr: 10.1.128.0/20}]}]
clusters: [{name: a, vnet: v, mode: static block, nodes: 127, max_pods: 31, pod_subnet: p}]
"""
    assert codes(text) == {"static-reserved"}

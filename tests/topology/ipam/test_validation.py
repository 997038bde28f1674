from ipaddress import ip_address, ip_network

import pytest

from topology.ipam.validation import (
    ClusterRanges,
    expansion_faults,
    range_faults,
    range_warnings,
)


@pytest.mark.parametrize(
    ("ranges", "said"),
    [
        (ClusterRanges(pod_cidrs=(ip_network("172.16.0.0/12"),)), "172.30.0.0/16"),
        (ClusterRanges(service_cidrs=(ip_network("10.0.0.0/12"),)), "smaller than /12"),
        (
            ClusterRanges(
                service_cidrs=(ip_network("10.0.0.0/16"),), dns_service_ip=ip_address("10.0.0.1")
            ),
            "first address",
        ),
        (
            ClusterRanges(
                service_cidrs=(ip_network("10.0.0.0/16"),), dns_service_ip=ip_address("10.1.0.10")
            ),
            "outside the service CIDR",
        ),
        (
            ClusterRanges(
                pod_cidrs=(ip_network("10.244.0.0/16"),),
                service_cidrs=(ip_network("10.244.1.0/24"),),
            ),
            "overlaps the service CIDR",
        ),
        (
            ClusterRanges(
                pod_cidrs=(ip_network("10.244.0.0/16"),), connected=(ip_network("10.0.0.0/8"),)
            ),
            "connected range",
        ),
    ],
)
def test_ranges_that_aks_refuses(ranges: ClusterRanges, said: str) -> None:
    assert any(said in fault for fault in range_faults(ranges))


def test_a_pod_cidr_in_the_vnet_is_accepted_with_a_warning() -> None:
    ranges = ClusterRanges(
        pod_cidrs=(ip_network("10.240.100.0/24"),), vnets=(ip_network("10.240.0.0/16"),)
    )
    assert not range_faults(ranges)
    assert any("lies in the VNet" in text for text in range_warnings(ranges))


def test_a_public_pod_cidr_is_pointed_out() -> None:
    ranges = ClusterRanges(pod_cidrs=(ip_network("8.0.0.0/16"),))
    assert any("public range" in text for text in range_warnings(ranges))


@pytest.mark.parametrize(
    ("old", "new", "grows"),
    [
        ("10.244.0.0/18", "10.244.0.0/16", True),
        ("10.244.0.0/16", "10.244.0.0/16", False),
        ("10.244.0.0/16", "10.245.0.0/16", False),
        ("172.29.0.0/16", "172.28.0.0/14", False),
        ("fd00::/64", "fd00::/60", False),
    ],
)
def test_a_pod_cidr_grows_to_a_superset_only(old: str, new: str, grows: bool) -> None:
    assert (not expansion_faults(ip_network(old), ip_network(new))) == grows

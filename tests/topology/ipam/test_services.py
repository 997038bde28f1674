from ipaddress import IPv4Network

import pytest

from topology.errors import InvalidQuery
from topology.ipam.services import (
    SERVICES,
    agc_overlay_fault,
    dns_resolver_fault,
    service_subnet,
    static_egress_nodes,
)


@pytest.mark.parametrize(
    ("name", "count", "prefix"),
    [
        ("bastion", 1, 26),
        ("Azure Firewall", 1, 26),
        ("GatewaySubnet", 1, 27),
        ("api server", 1, 28),
        ("api-server", 2, 27),
        ("AGC", 1, 24),
        ("agc", 3, 22),
        ("application gateway", 27, 26),
        ("static egress gateway", 3, 30),
    ],
)
def test_each_service_has_its_subnet(name: str, count: int, prefix: int) -> None:
    assert service_subnet(name, count).prefix == prefix


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_each_rule_names_its_source(name: str) -> None:
    subnet = service_subnet(name)
    assert subnet.rule
    assert str(subnet.source)


def test_an_unknown_service_names_the_nearest() -> None:
    with pytest.raises(InvalidQuery, match="`bastoin`") as caught:
        service_subnet("bastoin")
    assert "Did you mean `bastion`?" in caught.value.hint


def test_a_gateway_for_containers_takes_exactly_a_24_with_overlay() -> None:
    assert not agc_overlay_fault(24)
    assert agc_overlay_fault(22)
    assert agc_overlay_fault(25)


def test_the_resolver_keeps_out_of_its_own_range() -> None:
    assert not dns_resolver_fault(IPv4Network("10.0.17.0/28"))
    assert dns_resolver_fault(IPv4Network("10.0.16.0/28"))
    assert dns_resolver_fault(IPv4Network("10.0.1.0/24"))


@pytest.mark.parametrize("prefix", [27, 32])
def test_static_egress_prefixes_end_at_28_and_31(prefix: int) -> None:
    with pytest.raises(InvalidQuery):
        static_egress_nodes(prefix)

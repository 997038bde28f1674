import pytest

from topology.errors import InvalidQuery
from topology.ipam.components import (
    COMPONENTS,
    parse_component,
    service_subnet,
    service_subnets,
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


@pytest.mark.parametrize("name", sorted(COMPONENTS))
def test_each_rule_names_its_source(name: str) -> None:
    subnet = service_subnet(name)
    assert subnet.rule
    assert str(subnet.source)


def test_an_unknown_service_names_the_nearest() -> None:
    with pytest.raises(InvalidQuery, match="`bastoin`") as caught:
        service_subnet("bastoin")
    assert "Did you mean `bastion`?" in caught.value.hint


def test_a_gateway_for_containers_has_a_subnet_of_its_own_with_overlay() -> None:
    rows = service_subnets("agc", 3, "overlay")
    assert [(row.prefix, row.exact) for row in rows] == [(24, True)] * 3
    assert len({row.subnet for row in rows}) == 3
    assert [row.prefix for row in service_subnets("agc", 3, "pod_subnet_dynamic")] == [22]


def test_the_firewall_brings_its_management_subnet() -> None:
    names = [row.subnet for row in service_subnets("firewall")]
    assert names == ["AzureFirewallSubnet", "AzureFirewallManagementSubnet"]


def test_each_endpoint_of_the_resolver_has_its_subnet() -> None:
    assert len(service_subnets("dns-resolver")) == 2
    assert len(service_subnets("dns-resolver", 1)) == 1


def test_private_endpoints_that_nobody_counted_are_assumed_and_said_to_be() -> None:
    (row,) = service_subnets("private-endpoints")
    assert row.prefix == 26
    assert "assumed" in row.rule
    (counted,) = service_subnets("private-endpoints", 60)
    assert counted.prefix == 25
    assert "assumed" not in counted.rule


def test_a_static_egress_prefix_is_public() -> None:
    (row,) = service_subnets("static-egress-gateway", 5)
    assert (row.prefix, row.public) == (29, True)
    with pytest.raises(InvalidQuery, match="`17` nodes"):
        service_subnets("static-egress-gateway", 17)


def test_a_component_is_read_with_its_count() -> None:
    assert parse_component("AGC:2") == ("app-gateway-for-containers", 2)
    assert parse_component("private endpoints") == ("private-endpoints", 0)


@pytest.mark.parametrize("text", ["agc:", "agc:0", "agc:-1", "agc:many", "agc:999999999999"])
def test_a_count_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidQuery, match="how many"):
        parse_component(text)

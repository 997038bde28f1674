from ipaddress import IPv4Network

import pytest

from topology.errors import InvalidQuery
from topology.ipam.services import (
    agc_overlay_fault,
    app_gateway_addresses,
    dns_resolver_fault,
    private_link_addresses,
    static_egress_nodes,
)


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


@pytest.mark.parametrize(("generation", "most"), [(1, 32), (2, 125)])
def test_an_application_gateway_has_as_many_instances_as_its_generation(
    generation: int, most: int
) -> None:
    full = app_gateway_addresses(most, private_frontend=True, generation=generation)
    assert full == most + 6
    with pytest.raises(InvalidQuery):
        app_gateway_addresses(most + 1, generation=generation)


@pytest.mark.parametrize("addresses", [0, 9])
def test_a_private_link_service_has_one_to_eight_addresses(addresses: int) -> None:
    assert private_link_addresses(8) == 8
    with pytest.raises(InvalidQuery):
        private_link_addresses(addresses)

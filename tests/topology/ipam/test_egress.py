import pytest

from topology.errors import InvalidQuery
from topology.ipam.egress import (
    default_ports,
    nat_gateway_ports,
    snat_addresses,
    snat_max_nodes,
)


def test_a_hundred_and_sixty_nodes_with_a_thousand_ports_need_three_addresses() -> None:
    assert snat_max_nodes(2, 1000) == 128
    assert snat_addresses(160, 1000) == 3


@pytest.mark.parametrize(
    ("nodes", "ports"), [(1, 1024), (50, 1024), (51, 512), (400, 128), (801, 32), (5000, 32)]
)
def test_default_ports_halve_as_the_cluster_grows(nodes: int, ports: int) -> None:
    assert default_ports(nodes) == ports


@pytest.mark.parametrize("ports", [0, 7, 1001, 64_008, -8])
def test_ports_come_in_eights(ports: int) -> None:
    with pytest.raises(InvalidQuery, match="ports per node"):
        snat_max_nodes(1, ports)


def test_a_nat_gateway_has_sixteen_addresses() -> None:
    assert nat_gateway_ports(16) == 1_032_192
    with pytest.raises(InvalidQuery, match="`17`"):
        nat_gateway_ports(17)

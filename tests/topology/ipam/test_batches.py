from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topology.errors import InvalidQuery
from topology.ipam.batches import node_range, static_blocks, static_nodes_in, target


@given(st.integers(0, 1000))
def test_a_node_holds_at_least_eight_spare_addresses(pods: int) -> None:
    assert 8 <= target(pods) - pods < 24


@given(st.integers(0, 300), st.integers(10, 250))
def test_a_node_never_holds_more_than_its_maximum(pods: int, maximum: int) -> None:
    assert target(pods, maximum=maximum) <= maximum


@given(st.integers(10, 250))
def test_blocks_hold_every_pod_and_one_address_more(max_pods: int) -> None:
    assert 0 <= static_blocks(max_pods) * 16 - max_pods - 1 < 16


def test_the_safe_reading_never_promises_more() -> None:
    fit = static_nodes_in(24, 30)
    assert (fit.blocks, fit.optimistic, fit.conservative) == (16, 8, 7)


def test_nodes_take_their_ranges_in_turn_until_the_pod_cidr_is_full() -> None:
    pods = IPv4Network("10.244.0.0/16")
    assert str(node_range(pods, 255)) == "10.244.255.0/24"
    with pytest.raises(InvalidQuery, match="node number 256"):
        node_range(pods, 256)

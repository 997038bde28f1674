import pytest
from hypothesis import given
from hypothesis import strategies as st

from topology.errors import InvalidQuery
from topology.ipam.prefixes import (
    parse_network,
    parse_prefix,
    prefix_for,
    size,
    subnet_prefix_for,
    usable,
)


@pytest.mark.parametrize(("prefix", "free"), [(29, 3), (28, 11), (26, 59), (24, 251), (31, 0)])
def test_azure_keeps_five_addresses(prefix: int, free: int) -> None:
    assert usable(prefix) == free


@given(st.integers(1, 2**24 - 5))
def test_the_subnet_fits_and_the_next_smaller_does_not(addresses: int) -> None:
    prefix = subnet_prefix_for(addresses)
    assert prefix is not None
    assert addresses <= usable(prefix)
    assert prefix == 29 or usable(prefix + 1) < addresses


def test_nothing_holds_more_than_the_largest_private_range() -> None:
    assert subnet_prefix_for(2**24 - 5) == 8
    assert subnet_prefix_for(2**24 - 4) is None


@given(st.integers(1, 2**32))
def test_a_plain_prefix_fits_exactly(addresses: int) -> None:
    prefix = prefix_for(addresses)
    assert prefix is not None
    assert size(prefix) >= addresses
    assert prefix == 32 or size(prefix + 1) < addresses


@pytest.mark.parametrize("text", ["/24", "24", "10.0.0.0/24", " /24 "])
def test_a_prefix_may_be_written_with_or_without_its_network(text: str) -> None:
    assert parse_prefix(text) == 24


@pytest.mark.parametrize("text", ["/33", "", "x", "10.0.0.0", "2001:db8::/64", "10.0.0.0/40", "/²"])
def test_other_prefixes_are_refused(text: str) -> None:
    with pytest.raises(InvalidQuery):
        parse_prefix(text)


def test_host_bits_are_refused_with_the_range_that_was_meant() -> None:
    with pytest.raises(InvalidQuery, match=r"`10\.0\.0\.1/24`") as caught:
        parse_network("10.0.0.1/24")
    assert "`10.0.0.0/24`" in caught.value.hint

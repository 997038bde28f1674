from ipaddress import IPv4Network, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topology.errors import InvalidQuery
from topology.ipam.space import allocate, carve, free_prefixes, take, utilisation

PARENT = IPv4Network("10.0.0.0/24")
CHILD = st.integers(24, 30).flatmap(
    lambda prefix: st.integers(0, 2 ** (prefix - 24) - 1).map(
        lambda number: IPv4Network((int(PARENT[0]) + number * 2 ** (32 - prefix), prefix))
    )
)


def addresses(networks: object) -> set[int]:
    return {int(address) for network in networks for address in network}  # type: ignore[attr-defined]


@given(st.lists(CHILD, max_size=8))
def test_free_and_used_make_up_the_whole(used: list[IPv4Network]) -> None:
    free = free_prefixes(PARENT, used)
    assert addresses(free) == addresses([PARENT]) - addresses(used)
    assert sum(block.num_addresses for block in free) == len(addresses(free))


@given(
    st.lists(CHILD, max_size=6),
    st.lists(st.integers(24, 30), max_size=10),
    st.sampled_from(["first", "best", "last"]),
)
def test_allocations_never_overlap(used: list[IPv4Network], wanted: list[int], how: str) -> None:
    got = [block for block in allocate(PARENT, used, wanted, strategy=how) if block]  # type: ignore[arg-type]
    assert len(addresses(got)) == sum(block.num_addresses for block in got)
    assert not addresses(got) & addresses(used)
    assert addresses(got) <= addresses([PARENT])


@given(st.lists(CHILD, max_size=6), st.integers(24, 30))
def test_a_block_is_found_whenever_one_is_free(used: list[IPv4Network], prefix: int) -> None:
    free = addresses(free_prefixes(PARENT, used))
    exists = any(addresses([subnet]) <= free for subnet in PARENT.subnets(new_prefix=prefix))
    assert (take(PARENT, used, prefix) is not None) == exists


def test_the_largest_free_block_is_kept_whole() -> None:
    used = [ip_network("10.0.0.0/26"), ip_network("10.0.0.128/27")]
    assert str(take(PARENT, used, 27)) == "10.0.0.160/27"
    assert str(take(PARENT, used, 27, strategy="first")) == "10.0.0.64/27"
    assert str(take(PARENT, used, 27, strategy="last")) == "10.0.0.224/27"


def test_a_full_base_cannot_be_cut_further() -> None:
    with pytest.raises(InvalidQuery, match="no room left"):
        carve(PARENT, [1, 1, 1])


def test_overlapping_children_count_once() -> None:
    children = [ip_network("10.0.0.0/25"), ip_network("10.0.0.0/26"), ip_network("10.9.0.0/16")]
    assert utilisation(PARENT, children) * 2 == 1

from ipaddress import IPv4Address, IPv4Network

from hypothesis import given
from hypothesis import strategies as st

from topology.ipam.hosts import free_addresses

NETWORK = IPv4Network("192.0.2.0/28")
ADDRESS = st.integers(int(NETWORK[0]) - 4, int(NETWORK[-1]) + 4).map(IPv4Address)
RANGE = st.tuples(ADDRESS, ADDRESS).map(lambda pair: (min(pair), max(pair)))


@given(st.lists(ADDRESS, max_size=6), st.lists(RANGE, max_size=3), st.booleans())
def test_free_addresses_agree_with_counting_them(
    used: list[IPv4Address], ranges: list[tuple[IPv4Address, IPv4Address]], pool: bool
) -> None:
    taken = set(used) | {
        IPv4Address(value) for start, end in ranges for value in range(int(start), int(end) + 1)
    }
    candidates = list(NETWORK) if pool else list(NETWORK.hosts())
    left = [address for address in candidates if address not in taken]
    free = free_addresses(NETWORK, used, ranges=ranges, pool=pool)
    assert (free.count, free.first) == (len(left), left[0] if left else None)

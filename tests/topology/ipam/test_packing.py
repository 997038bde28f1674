from functools import cache
from ipaddress import IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from topology.errors import InvalidQuery
from topology.ipam.packing import Request, Room, pack
from topology.ipam.space import free_prefixes

SPACE = IPv4Network("10.0.0.0/26")
START = int(SPACE[0])


def block(prefix: int, number: int) -> IPv4Network:
    return IPv4Network((START + number * 2 ** (32 - prefix), prefix))


USED = st.lists(
    st.integers(28, 30).flatmap(
        lambda prefix: st.integers(0, 2 ** (prefix - 26) - 1).map(
            lambda number: block(prefix, number)
        )
    ),
    max_size=4,
)
SPAN = st.tuples(st.integers(0, 63), st.integers(0, 63)).map(
    lambda pair: (START + min(pair), START + max(pair))
)


@st.composite
def requests(draw: st.DrawFn, *, choosy: bool) -> list[Request]:
    found = []
    for number in range(draw(st.integers(0, 5))):
        avoid = (draw(SPAN),) if choosy and draw(st.booleans()) else ()
        growth = draw(st.booleans())
        prefix = draw(st.integers(27, 30))
        found.append(Request(name=str(number), prefix=prefix, avoid=avoid, growth=growth))
    return found


def places(request: Request) -> list[IPv4Network]:
    """Return every aligned block that a request may take, the neighbour included."""
    held = request.prefix - request.growth
    return [
        net
        for net in SPACE.subnets(new_prefix=held)
        if not any(int(net[0]) <= last and first <= int(net[-1]) for first, last in request.avoid)
    ]


def exists(wanted: list[Request], used: list[IPv4Network]) -> bool:
    """Say by trying everything whether all requests can be placed."""
    taken = 0
    for net in used:
        taken |= bits(net)

    @cache
    def search(index: int, taken: int) -> bool:
        if index == len(wanted):
            return True
        return any(
            search(index + 1, taken | bits(net))
            for net in places(wanted[index])
            if not taken & bits(net)
        )

    return search(0, taken)


def bits(net: IPv4Network) -> int:
    return ((1 << net.num_addresses) - 1) << (int(net[0]) - START)


def check(placed: dict[str, IPv4Network], wanted: list[Request], used: list[IPv4Network]) -> None:
    blocks = [placed[item.name] for item in wanted]
    held = [placed[item.name].supernet() if item.growth else placed[item.name] for item in wanted]
    for item, net in zip(wanted, blocks, strict=True):
        assert net.prefixlen == item.prefix
        assert net.subnet_of(SPACE)
        assert not any(int(net[0]) <= last and first <= int(net[-1]) for first, last in item.avoid)
    for index, net in enumerate(held):
        assert not any(net.overlaps(other) for other in (*used, *held[:index]))


@given(requests(choosy=False), USED)
def test_a_place_is_found_whenever_an_exhaustive_search_finds_one(
    wanted: list[Request], used: list[IPv4Network]
) -> None:
    placed = pack([Room(name="one", network=SPACE, used=tuple(used))], wanted)
    assert (placed is not None) == exists(wanted, used)
    if placed is not None:
        check(placed, wanted, used)  # type: ignore[arg-type]


@given(requests(choosy=True), USED)
def test_ranges_to_keep_out_of_are_kept_out_of_and_still_nothing_is_missed(
    wanted: list[Request], used: list[IPv4Network]
) -> None:
    placed = pack([Room(name="one", network=SPACE, used=tuple(used))], wanted)
    assert (placed is not None) == exists(wanted, used)
    if placed is not None:
        check(placed, wanted, used)  # type: ignore[arg-type]


def test_a_request_stays_in_the_rooms_that_will_do() -> None:
    rooms = [
        Room(name="a", network=IPv4Network("10.0.0.0/25")),
        Room(name="b", network=IPv4Network("10.1.0.0/25")),
    ]
    wanted = [
        Request(name="free", prefix=25),
        Request(name="tied", prefix=25, rooms=frozenset({"a"})),
    ]
    placed = pack(rooms, wanted)
    assert placed is not None
    assert {name: str(net) for name, net in placed.items()} == {
        "free": "10.1.0.0/25",
        "tied": "10.0.0.0/25",
    }
    assert pack(rooms[1:], wanted[1:]) is None


def test_the_smallest_block_that_will_do_is_taken() -> None:
    room = Room(name="", network=IPv4Network("10.0.0.0/24"), used=(IPv4Network("10.0.0.192/27"),))
    placed = pack([room], [Request(name="small", prefix=27)])
    assert placed == {"small": IPv4Network("10.0.0.224/27")}


def test_a_neighbour_that_is_kept_free_follows_the_range() -> None:
    room = Room(name="", network=IPv4Network("10.0.0.0/24"))
    placed = pack(
        [room], [Request(name="grows", prefix=26, growth=True), Request(name="x", prefix=26)]
    )
    assert placed is not None
    left = free_prefixes(room.network, placed.values())
    assert IPv4Network(str(placed["grows"].supernet())).subnet_of(room.network)
    assert any(net.overlaps(placed["grows"].supernet()) for net in left)


def test_nothing_asked_needs_no_room_and_no_room_holds_nothing() -> None:
    assert pack([], []) == {}
    assert pack([], [Request(name="a", prefix=24)]) is None


def test_a_prefix_that_no_address_has_is_refused() -> None:
    room = Room(name="", network=IPv4Network("10.0.0.0/24"))
    with pytest.raises(InvalidQuery, match="`/33`"):
        pack([room], [Request(name="a", prefix=33)])
    with pytest.raises(InvalidQuery, match="`a` is asked for twice"):
        pack([room], [Request(name="a", prefix=30), Request(name="a", prefix=30)])

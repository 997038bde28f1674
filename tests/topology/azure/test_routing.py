"""Route choice against a look at every single address."""

from ipaddress import ip_address, ip_network
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from topology.azure.routing import SubnetRoutes, choose
from topology.azure.rules import Route
from topology.model import Address

BASE = ip_network("10.0.0.0/26")
HOPS = (("internet", None), ("none", None), ("virtual-appliance", "10.9.0.4"), ("vnet-local", None))
ORDER = ("user", "gateway", "system")


@st.composite
def prefixes(draw: st.DrawFn) -> Any:
    length = draw(st.integers(26, 32))
    number = draw(st.integers(0, 2 ** (length - 26) - 1))
    return ip_network((int(BASE.network_address) + number * 2 ** (32 - length), length))


@st.composite
def tables(draw: st.DrawFn) -> list[Route]:
    found: dict[tuple[Any, str], Route] = {}
    for number in range(draw(st.integers(0, 8))):
        hop, address = draw(st.sampled_from(HOPS))
        source = draw(st.sampled_from(ORDER))
        prefix = draw(prefixes())
        # One source never holds two routes for one prefix.
        found[prefix, source] = Route(
            name=f"r{number}",
            prefix=prefix,
            hop=hop,  # type: ignore[arg-type]
            hop_address=ip_address(address) if address else None,
            source=source,  # type: ignore[arg-type]
        )
    return list(found.values())


def plain_choice(routes: list[Route], address: Address) -> Route | None:
    """Return the route of one address, by the words of the documentation."""
    best: Route | None = None
    for route in routes:
        if route.prefix is None or address not in route.prefix:
            continue
        if best is None or best.prefix is None or route.prefix.prefixlen > best.prefix.prefixlen:
            best = route
        elif route.prefix.prefixlen == best.prefix.prefixlen:
            best = min(best, route, key=lambda one: ORDER.index(one.source))
    return best


@settings(max_examples=400, deadline=None)
@given(tables(), st.sampled_from([*BASE]))
def test_one_address_takes_the_longest_prefix_and_a_user_route_before_others(
    routes: list[Route], address: Address
) -> None:
    found = choose(SubnetRoutes(routes=tuple(routes)), ip_network(address))
    expected = plain_choice(routes, address)
    assert found.route == expected
    assert found.known == (expected is not None)


@settings(max_examples=400, deadline=None)
@given(tables(), prefixes())
def test_a_range_that_is_known_goes_one_way_for_each_of_its_addresses(
    routes: list[Route], destination: Any
) -> None:
    found = choose(SubnetRoutes(routes=tuple(routes)), destination)
    ways = {
        (one.hop, one.hop_address) if one else None
        for one in (plain_choice(routes, address) for address in destination)
    }
    if found.known:
        assert found.route is not None
        assert ways == {(found.route.hop, found.route.hop_address)}


def test_a_gateway_may_know_a_way_that_the_system_does_not() -> None:
    nowhere = Route(name="private", prefix=ip_network("10.0.0.0/8"), hop="none", source="system")
    target = ip_network("10.200.0.1/32")
    assert choose(SubnetRoutes(routes=(nowhere,)), target).known
    assert not choose(SubnetRoutes(routes=(nowhere,), gateway=True), target).known
    assert choose(SubnetRoutes(routes=(nowhere,), gateway=True, exact=True), target).known

"""Security groups against a judge that looks at single packets, one rule after the other."""

from ipaddress import IPv4Network, ip_address, ip_network

from hypothesis import given, settings
from hypothesis import strategies as st

from topology.azure.judging import INTERNET, Ends, Traffic, judge
from topology.azure.rules import EVERY_PORT, RuleEnd, SecurityGroup, SecurityRule
from topology.azure.tags import Tags
from topology.model import Address

VNET = ip_network("10.0.0.0/24")
"""The whole world of these tests is 10.0.0.0/24 and 20.0.0.0/30."""
OUTSIDE = ip_network("20.0.0.0/30")
TAGS = Tags(inside=(VNET,), complete=True)
PORTS = (1, 22, 80, 443, 65535)
GROUPS = ("asg-a", "asg-b")


def networks(inside: IPv4Network) -> st.SearchStrategy[IPv4Network]:
    longest = 32
    return st.integers(inside.prefixlen, longest).flatmap(
        lambda length: st.integers(0, 2 ** (length - inside.prefixlen) - 1).map(
            lambda number: ip_network(
                (int(inside.network_address) + number * 2 ** (longest - length), length)
            )
        )
    )


RANGES = st.one_of(networks(VNET), networks(OUTSIDE))
SPANS = st.tuples(st.sampled_from(PORTS), st.sampled_from(PORTS)).map(
    lambda pair: (min(pair), max(pair))
)


@st.composite
def rule_ends(draw: st.DrawFn) -> RuleEnd:
    ports = draw(st.one_of(st.just(EVERY_PORT), st.lists(SPANS, min_size=1, max_size=2)))
    kind = draw(st.sampled_from(("any", "networks", "tags", "group")))
    if kind == "any":
        return RuleEnd(anything=True, ports=tuple(ports))
    if kind == "tags":
        tags = draw(st.sets(st.sampled_from(("VirtualNetwork", "Internet")), min_size=1))
        return RuleEnd(tags=tuple(sorted(tags)), ports=tuple(ports))
    if kind == "group":
        return RuleEnd(groups=(draw(st.sampled_from(GROUPS)),), ports=tuple(ports))
    found = draw(st.lists(RANGES, min_size=1, max_size=3))
    return RuleEnd(networks=tuple(found), ports=tuple(ports))


@st.composite
def rules(draw: st.DrawFn, number: int) -> SecurityRule:
    source = draw(rule_ends())
    return SecurityRule(
        name=f"rule-{number}",
        priority=100 + number,
        direction=draw(st.sampled_from(("inbound", "outbound"))),
        access=draw(st.sampled_from(("allow", "deny"))),
        protocol=draw(st.sampled_from(("*", "TCP", "UDP"))),
        source=RuleEnd(
            anything=source.anything, networks=source.networks, tags=source.tags,
            groups=source.groups,
        ),
        destination=draw(rule_ends()),
    )  # fmt: skip


@st.composite
def security_groups(draw: st.DrawFn) -> SecurityGroup:
    found = [draw(rules(number)) for number in range(draw(st.integers(0, 5)))]
    last = SecurityRule(
        name="last",
        priority=65500,
        direction="inbound",
        access=draw(st.sampled_from(("allow", "deny"))),
        protocol="*",
        source=RuleEnd(anything=True),
        destination=RuleEnd(anything=True),
    )
    return SecurityGroup(id="nsg", name="nsg", rules=(*found, last))


def holds(end: RuleEnd, address: Address, groups: frozenset[str], port: int | None) -> bool:
    """Say plainly whether one address, with its groups, is on a side of a rule."""
    if port is not None and not any(first <= port <= last for first, last in end.ports):
        return False
    if end.anything:
        return True
    tags = {"VirtualNetwork": address in VNET, "Internet": address not in VNET}
    return (
        any(address in network for network in end.networks)
        or any(tags[tag] for tag in end.tags)
        or bool(groups & set(end.groups))
    )


def plain_verdict(
    group: SecurityGroup, ends: tuple[Address, Address], traffic: Traffic, port: int
) -> str:
    """Say what happens to one packet: the first rule by priority that matches it."""
    for rule in sorted(group.rules, key=lambda one: one.priority):
        if rule.direction != "inbound" or rule.protocol not in ("*", traffic.protocol):
            continue
        if holds(rule.source, ends[0], traffic.source.groups, None) and holds(
            rule.destination, ends[1], traffic.destination.groups, port
        ):
            return rule.access
    raise AssertionError


@st.composite
def ends(draw: st.DrawFn) -> Ends:
    small = networks(ip_network("10.0.0.0/29")) | networks(OUTSIDE)
    found = draw(st.lists(small, min_size=1, max_size=2))
    return Ends(networks=tuple(found), groups=frozenset(draw(st.sets(st.sampled_from(GROUPS)))))


def traffics() -> st.SearchStrategy[Traffic]:
    return st.builds(
        Traffic,
        source=ends(),
        destination=ends(),
        protocol=st.sampled_from(("TCP", "UDP")),
        port=st.one_of(st.none(), st.sampled_from(PORTS)),
    )


@settings(max_examples=400, deadline=None)
@given(security_groups(), traffics())
def test_a_verdict_holds_for_every_single_packet(group: SecurityGroup, traffic: Traffic) -> None:
    found = judge(group, "inbound", traffic, TAGS)
    ports = PORTS if traffic.port is None else (traffic.port,)
    each = {
        plain_verdict(group, (one, other), traffic, port)
        for source in traffic.source.networks
        for one in source
        for destination in traffic.destination.networks
        for other in destination
        for port in ports
    }
    if found.verdict != "unknown":
        assert each == {found.verdict}


@settings(max_examples=400, deadline=None)
@given(
    security_groups(),
    st.sampled_from([*[*VNET][:9], *OUTSIDE]),
    st.sampled_from([*[*VNET][:9], *OUTSIDE]),
    st.sampled_from(PORTS),
    st.sets(st.sampled_from(GROUPS)),
)
def test_one_packet_is_always_decided_and_by_the_rule_that_matches_first(
    group: SecurityGroup, one: Address, other: Address, port: int, own: set[str]
) -> None:
    traffic = Traffic(
        source=Ends(networks=(ip_network(one),), groups=frozenset(own)),
        destination=Ends(networks=(ip_network(other),)),
        protocol="TCP",
        port=port,
    )
    found = judge(group, "inbound", traffic, TAGS)
    assert found.verdict == plain_verdict(group, (one, other), traffic, port)
    assert found.rule is not None
    assert found.rule.access == found.verdict


def allowing(end: RuleEnd, *, access: str = "allow", priority: int = 100) -> SecurityRule:
    return SecurityRule(
        name=f"{access}-{priority}",
        priority=priority,
        direction="inbound",
        access="allow" if access == "allow" else "deny",
        protocol="*",
        source=end,
        destination=RuleEnd(anything=True),
    )


def world(port: int | None = 443) -> Traffic:
    home = Ends(networks=(ip_network("10.0.0.4/32"),))
    return Traffic(source=INTERNET, destination=home, protocol="TCP", port=port)


def group_of(*given_rules: SecurityRule) -> SecurityGroup:
    return SecurityGroup(id="nsg", name="nsg", rules=given_rules)


def test_a_rule_for_an_office_lets_in_the_office_and_not_the_internet() -> None:
    office = RuleEnd(networks=(ip_network("203.0.113.0/24"),))
    found = judge(
        group_of(
            allowing(office),
            allowing(RuleEnd(anything=True), access="deny", priority=65500),
        ),
        "inbound", world(), TAGS,
    )  # fmt: skip
    assert found.verdict == "deny"
    assert [rule.name for rule in found.exceptions] == ["allow-100"]


def test_a_tag_whose_addresses_no_export_tells_leaves_an_address_undecided() -> None:
    storage = allowing(RuleEnd(tags=("Storage.WestEurope",)), access="deny")
    rest = allowing(RuleEnd(anything=True), priority=200)
    asked = Traffic(
        source=Ends(networks=(ip_network(ip_address("20.60.1.1")),)),
        destination=Ends(networks=(ip_network("10.0.0.4/32"),)),
        protocol="TCP",
        port=443,
    )
    found = judge(group_of(storage, rest), "inbound", asked, TAGS)
    assert found.verdict == "unknown"
    assert found.rule is storage


def test_a_default_route_makes_the_tag_of_the_vnet_hold_the_internet_perhaps() -> None:
    rules_of_azure = (
        allowing(RuleEnd(tags=("VirtualNetwork",)), priority=65000),
        allowing(RuleEnd(anything=True), access="deny", priority=65500),
    )
    routed = Tags(inside=(VNET,), complete=True, default_route=True)
    assert judge(group_of(*rules_of_azure), "inbound", world(), TAGS).verdict == "deny"
    assert judge(group_of(*rules_of_azure), "inbound", world(), routed).verdict == "unknown"

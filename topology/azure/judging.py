"""What a network security group says of traffic: the first rule by priority that matches it all.

Traffic may stand for many addresses and ports at once. A rule that matches only a part of it, or of
which the input does not tell what it matches, decides nothing by itself: the answer is then only
known where the rule that matches everything says the same.

Source: Azure docs, "How network security groups filter network traffic": rules are processed in
priority order, lower numbers first, and processing stops at the first match; connections are
tracked, so that only who opens one is looked at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Literal

from topology.azure.rules import (
    EVERY_PORT,
    PortSpan,
    RuleDirection,
    RuleEnd,
    SecurityGroup,
    SecurityRule,
)
from topology.azure.tags import Tags, covers
from topology.model import Network
from topology.public import is_public

__all__ = ["INTERNET", "Ends", "Judgement", "Traffic", "judge", "plain"]

Match = Literal["all", "some", "none"]
_SHOWN = 2
_EVERYWHERE = (ip_network("0.0.0.0/0"), ip_network("::/0"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """The addresses at one end of traffic."""

    networks: tuple[Network, ...] = ()
    internet: bool = False
    """Any public address that no rule names in particular; `networks` does not count then."""
    groups: frozenset[str] = frozenset()
    """Application security groups that it is in, by id in lower case."""
    groups_known: bool = True

    def __str__(self) -> str:
        if self.internet:
            return "the Internet"
        shown = ", ".join(plain(one) for one in self.networks[:_SHOWN])
        more = f" and {len(self.networks) - _SHOWN} more" if len(self.networks) > _SHOWN else ""
        return f"{shown}{more}" or "unknown addresses"


def plain(network: Network) -> str:
    """Return a range, or the address where it holds only one."""
    return str(network.network_address if network.num_addresses == 1 else network)


INTERNET = Ends(internet=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Connections that a group is asked about."""

    source: Ends
    destination: Ends
    protocol: str
    """`TCP`, `UDP`, `SCTP`, `ICMP` or `ICMPv6`."""
    port: int | None
    """Of the destination; None for every port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a group says, and which rule says it."""

    verdict: Literal["allow", "deny", "unknown"]
    group: SecurityGroup
    rule: SecurityRule | None = None
    """The one that decides; for `unknown` the first that makes a difference for a part."""
    exceptions: tuple[SecurityRule, ...] = ()
    """Rules for some public addresses that say otherwise, where the Internet is asked about."""


def judge(
    group: SecurityGroup, direction: RuleDirection, traffic: Traffic, tags: Tags
) -> Judgement:
    """Return what a group says of traffic in one direction.

    Args:
        group: With its default rules.
        direction: As seen from the subnet or interface that the group guards.
        traffic: What is asked about.
        tags: What service tags mean there.
    """
    partly: list[SecurityRule] = []
    special: list[SecurityRule] = []
    for rule in group.rules:
        if rule.direction != direction:
            continue
        if _is_special(rule, traffic, tags):
            special.append(rule)
            continue
        match = _match(rule, traffic, tags)
        if match == "some":
            partly.append(rule)
        elif match == "all":
            contrary = [one for one in partly if one.access != rule.access]
            return Judgement(
                verdict="unknown" if contrary else rule.access,
                group=group,
                rule=contrary[0] if contrary else rule,
                exceptions=tuple(one for one in special if one.access != rule.access),
            )
    return Judgement(verdict="unknown", group=group, rule=partly[0] if partly else None)


def _is_special(rule: SecurityRule, traffic: Traffic, tags: Tags) -> bool:
    """Return whether a rule is for some public addresses, and any one of them is asked about."""
    for end, asked in ((rule.source, traffic.source), (rule.destination, traffic.destination)):
        if asked.internet and not end.anything and _names_public(end):
            return _public_match(end, tags) != "all" and _ports_match(rule, traffic) != "none"
    return False


def _match(rule: SecurityRule, traffic: Traffic, tags: Tags) -> Match:
    """Return how much of the traffic a rule matches."""
    return _least(
        _protocol_match(rule.protocol, traffic.protocol),
        _ports_match(rule, traffic),
        _end_match(rule.source, traffic.source, tags),
        _end_match(rule.destination, traffic.destination, tags),
    )


def _least(*found: Match) -> Match:
    if "none" in found:
        return "none"
    return "some" if "some" in found else "all"


def _protocol_match(wanted: str, asked: str) -> Match:
    if wanted == "*" or wanted == asked.upper():
        return "all"
    return "none"


def _ports_match(rule: SecurityRule, traffic: Traffic) -> Match:
    """Return how much of the ports a rule matches; callers' own ports may be any."""
    if traffic.protocol.upper().startswith("ICMP"):
        return "all"
    of_caller: Match = "all" if _holds_every(rule.source.ports) else "some"
    spans = rule.destination.ports
    if traffic.port is None:
        return _least(of_caller, "all" if _holds_every(spans) else "some")
    inside = any(first <= traffic.port <= last for first, last in spans)
    return _least(of_caller, "all" if inside else "none")


def _holds_every(spans: Sequence[PortSpan]) -> bool:
    """Return whether spans hold every port from 1 on."""
    reached = 0
    for first, last in sorted(spans):
        if first > reached + 1:
            return False
        reached = max(reached, last)
    return reached >= EVERY_PORT[0][1]


def _end_match(end: RuleEnd, asked: Ends, tags: Tags) -> Match:
    if end.anything:
        return "all"
    if asked.internet:
        return _public_match(end, tags)
    if end.groups:
        return _groups_match(end, asked)
    if not asked.networks:
        # Its addresses are not known.
        return "some"
    found = {_network_match(end, one, tags) for one in asked.networks}
    if found == {"none"}:
        return "none"
    return "all" if found == {"all"} else "some"


def _groups_match(end: RuleEnd, asked: Ends) -> Match:
    if not asked.groups_known:
        return "some"
    return "all" if asked.groups & set(end.groups) else "none"


def _network_match(end: RuleEnd, network: Network, tags: Tags) -> Match:
    held = [covers(end.networks, network), *(tags.covers(tag, network) for tag in end.tags)]
    if True in held:
        return "all"
    return "some" if None in held else "none"


def _public_match(end: RuleEnd, tags: Tags) -> Match:
    """Return how much of the Internet one side of a rule matches."""
    named = {tag.lower() for tag in end.tags}
    if "internet" in named or any(covers(end.networks, one) for one in _EVERYWHERE):
        return "all"
    if "virtualnetwork" in named and tags.default_route:
        return "some"
    return "some" if _names_public(end) else "none"


def _names_public(end: RuleEnd) -> bool:
    """Return whether one side of a rule is for particular public addresses."""
    others = [tag for tag in end.tags if tag.lower() not in _NOT_PUBLIC]
    return bool(others) or any(is_public(one) for one in end.networks)


_NOT_PUBLIC = frozenset(
    {"azureloadbalancer", "azureplatformdns", "azureplatformimds", "virtualnetwork"}
)

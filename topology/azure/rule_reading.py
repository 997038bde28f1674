"""Security groups and routes, as written and as `az` says they take effect."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from topology.azure.items import Item
from topology.azure.rules import (
    EVERY_PORT,
    EffectiveRoutes,
    HopType,
    PortSpan,
    Route,
    RouteTable,
    RuleEnd,
    SecurityGroup,
    SecurityRule,
)
from topology.model import Problem

__all__ = [
    "empty_group",
    "read_effective_groups",
    "read_effective_routes",
    "read_route_table",
    "read_security_group",
    "with_routes",
    "with_rules",
]

_HOPS: Final[dict[str, HopType]] = {
    "virtualappliance": "virtual-appliance",
    "none": "none",
    "internet": "internet",
    "vnetlocal": "vnet-local",
    "vnetpeering": "peering",
    "virtualnetworkgateway": "gateway",
}
_PROTOCOLS: Final = {"*": "*", "ALL": "*", "ANY": "*", "": "*"}
_LAST: Final = 65535
_SPAN: Final = re.compile(r"(\d+)(?:-(\d+))?")
_DEFAULTS: Final = (
    ("AllowVnetInBound", 65000, "inbound", "allow", "VirtualNetwork", "VirtualNetwork"),
    ("AllowAzureLoadBalancerInBound", 65001, "inbound", "allow", "AzureLoadBalancer", "*"),
    ("DenyAllInBound", 65500, "inbound", "deny", "*", "*"),
    ("AllowVnetOutBound", 65000, "outbound", "allow", "VirtualNetwork", "VirtualNetwork"),
    ("AllowInternetOutBound", 65001, "outbound", "allow", "*", "Internet"),
    ("DenyAllOutBound", 65500, "outbound", "deny", "*", "*"),
)
"""The default rules, which some exports leave out.

Source: Azure docs, "Network security groups", default security rules.
"""


def read_security_group(item: Item) -> SecurityGroup:
    """Return a security group with its rules by priority, the default ones included."""
    own = [rule for one in item.parts("securityRules") for rule in _rules(one)]
    given = [rule for one in item.parts("defaultSecurityRules") for rule in _rules(one)]
    names = {rule.name.lower() for rule in given}
    added = [rule for rule in _default_rules() if rule.name.lower() not in names]
    return SecurityGroup(
        id=item.id,
        name=item.name,
        resource_group=item.text("resourceGroup"),
        rules=_ordered([*own, *given, *added]),
        subnets=item.references("subnets"),
        nics=item.references("networkInterfaces"),
        location=item.location,
    )


def read_effective_groups(item: Item) -> Iterator[SecurityGroup]:
    """Yield the groups of `az network nic list-effective-nsg`, with what they are bound to."""
    for one in item.parts("value"):
        group = one.part("networkSecurityGroup")
        bound = one.part("association")
        rules = [rule for entry in one.parts("effectiveSecurityRules") for rule in _rules(entry)]
        subnet, nic = bound.reference("subnet"), bound.reference("networkInterface")
        yield SecurityGroup(
            id=group.id,
            name=group.name,
            rules=_ordered(rules),
            subnets=(subnet,) if subnet else (),
            nics=(nic,) if nic else (),
            effective=True,
            location=one.location,
        )


def with_rules(group: SecurityGroup, items: Iterable[Item]) -> SecurityGroup:
    """Return a group with rules that were listed by themselves, in place of those so named."""
    listed = [rule for item in items for rule in _rules(item)]
    names = {rule.name.lower() for rule in listed}
    kept = [rule for rule in group.rules if rule.name.lower() not in names]
    return replace(group, rules=_ordered([*kept, *listed]))


def empty_group(identity: str, item: Item) -> SecurityGroup:
    """Return a group of which only rules were exported, with the default ones."""
    return SecurityGroup(
        id=identity,
        name=identity.rpartition("/")[2],
        rules=_ordered(list(_default_rules())),
        location=item.location,
    )


def with_routes(table: RouteTable, items: Iterable[Item]) -> RouteTable:
    """Return a route table with routes that were listed by themselves."""
    listed = [route for item in items for route in _routes(item, "user")]
    names = {route.name.lower() for route in listed}
    kept = [route for route in table.routes if route.name.lower() not in names]
    return replace(table, routes=(*kept, *listed))


def _ordered(rules: list[SecurityRule]) -> tuple[SecurityRule, ...]:
    return tuple(sorted(rules, key=lambda rule: (rule.direction, rule.priority, rule.name)))


def _rules(item: Item) -> Iterator[SecurityRule]:
    """Yield a rule, or nothing where it cannot be told what it does."""
    access = item.text("access").lower()
    direction = item.text("direction").lower()
    priority = item.number("priority")
    if access not in ("allow", "deny") or direction not in ("inbound", "outbound"):
        _set_aside(item, f"`{item.text('access')}` `{item.text('direction')}`".replace("``", ""))
        return
    if priority is None:
        _set_aside(item, "no `priority`")
        return
    protocol = item.text("protocol").upper()
    yield SecurityRule(
        # Effective rules are named `securityRules/NAME` and `defaultSecurityRules/NAME`.
        name=item.name.rpartition("/")[2],
        priority=priority,
        direction="inbound" if direction == "inbound" else "outbound",
        access="allow" if access == "allow" else "deny",
        protocol=_PROTOCOLS.get(protocol, protocol),
        source=_end(item, "source"),
        destination=_end(item, "destination"),
        location=item.location,
    )


def _set_aside(item: Item, what: str) -> None:
    item.problems.append(
        Problem(
            severity="warning",
            code="azure-rule",
            message=f"The rule `{item.name}` has {what or 'no `access` or `direction`'}; it is "
            "left out.",
            hint="A rule needs `access`, `direction` and `priority`; export it again.",
            location=item.location,
        )
    )


def _end(item: Item, side: str) -> RuleEnd:
    """Return one side of a rule: prefixes, tags and groups, singular and plural fields together."""
    title = side.capitalize()
    expanded = item.networks(f"expanded{title}AddressPrefix")
    networks, tags, anything = list(expanded), [], False
    for text, path in item.texts(f"{side}AddressPrefix", f"{side}AddressPrefixes"):
        if text == "*":
            anything = True
        elif text[0].isdigit() or ":" in text:
            found = item.network(text, path)
            networks += [found] if found else []
        elif not expanded:
            tags.append(text)
    anything = anything or any(one.prefixlen == 0 and one.version == 4 for one in expanded)
    return RuleEnd(
        anything=anything,
        networks=tuple(dict.fromkeys(networks)),
        tags=tuple(dict.fromkeys(tags)),
        groups=item.references(f"{side}ApplicationSecurityGroups"),
        ports=_ports(item, side),
    )


def _ports(item: Item, side: str) -> tuple[PortSpan, ...]:
    spans: list[PortSpan] = []
    for text, _ in item.texts(f"{side}PortRange", f"{side}PortRanges"):
        if text == "*":
            return EVERY_PORT
        for piece in text.split(","):
            found = _SPAN.fullmatch(piece.strip())
            first = int(found[1]) if found else _LAST + 1
            last = int(found[2] or found[1]) if found else 0
            if not found or first > last or last > _LAST:
                _set_aside_port(item, text)
                continue
            spans.append((first, last))
    return tuple(dict.fromkeys(spans)) or EVERY_PORT


def _set_aside_port(item: Item, text: str) -> None:
    item.problems.append(
        Problem(
            severity="warning",
            code="azure-rule",
            message=f"The rule `{item.name}` has the port range `{text}`, which is none.",
            hint="Write `443`, `8000-8100` or `*`.",
            location=item.location,
        )
    )


def _default_rules() -> Iterator[SecurityRule]:
    for name, priority, direction, access, source, destination in _DEFAULTS:
        yield SecurityRule(
            name=name,
            priority=priority,
            direction="inbound" if direction == "inbound" else "outbound",
            access="allow" if access == "allow" else "deny",
            protocol="*",
            source=_tagged(source),
            destination=_tagged(destination),
        )


def _tagged(text: str) -> RuleEnd:
    return RuleEnd(anything=True) if text == "*" else RuleEnd(tags=(text,))


def read_route_table(item: Item) -> RouteTable:
    """Return a route table."""
    return RouteTable(
        id=item.id,
        name=item.name,
        routes=tuple(route for one in item.parts("routes") for route in _routes(one, "user")),
        subnets=item.references("subnets"),
        propagates=item.flag("disableBgpRoutePropagation") is not True,
        location=item.location,
    )


def read_effective_routes(item: Item) -> EffectiveRoutes:
    """Return the active routes of `az network nic show-effective-route-table`."""
    found: list[Route] = []
    for one in item.parts("value"):
        if one.text("state").lower() in ("", "active"):
            source = one.text("source").lower()
            kind = {"user": "user", "virtualnetworkgateway": "gateway"}.get(source, "system")
            found += _routes(one, kind)
    return EffectiveRoutes(routes=tuple(found), location=item.location)


def _routes(item: Item, source: str) -> Iterator[Route]:
    """Yield a route for each of its prefixes."""
    hop = _HOPS.get(item.text("nextHopType").lower().replace(" ", ""), "other")
    addresses = item.texts("nextHopIpAddress")
    address = None
    if addresses:
        first = item.network(*addresses[0])
        address = first.network_address if first else None
    for text, path in item.texts("addressPrefix"):
        is_tag = not (text[0].isdigit() or ":" in text)
        prefix = None if is_tag else item.network(text, path)
        if prefix is None and not is_tag:
            continue
        yield Route(
            name=item.name,
            prefix=prefix,
            tag=text if is_tag else "",
            hop=hop,
            hop_address=address,
            source="user" if source == "user" else "gateway" if source == "gateway" else "system",
            location=item.location,
        )

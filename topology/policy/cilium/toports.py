"""Ports, ICMP types and their L7 rules in Cilium's policies."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from topology.model import Protocol
from topology.policy.cilium.icmp import icmp_type
from topology.policy.cilium.layer7 import read_l7
from topology.policy.fields import Rejected, listing, mapping, text
from topology.policy.l7 import L7Rules
from topology.policy.profile import Profile
from topology.policy.rules import PortEntry

__all__ = ["PortItem", "read_port_items"]

_MOST = 40
_SERVICE_NAME = re.compile(r"(?=[-a-zA-Z0-9]{1,15}$)(?=.*[a-zA-Z])[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*")
_NUMBER = re.compile(r"0|[1-9][0-9]*|0[oO]?[0-7]+")
_PROTOCOLS: dict[str, tuple[Protocol, ...]] = {
    "ANY": ("TCP", "UDP", "SCTP"),
    "SCTP": ("SCTP",),
    "TCP": ("TCP",),
    "UDP": ("UDP",),
}


@dataclass(frozen=True, slots=True)
class PortItem:
    """One item of toPorts or icmps."""

    path: str
    ports: tuple[PortEntry, ...]
    l7: L7Rules | None = None


def read_port_items(
    rule: Mapping[str, Any], path: str, *, ingress: bool, deny: bool, profile: Profile
) -> list[PortItem]:
    """Read toPorts and icmps of one rule; none at all means every port of every protocol."""
    ports = listing(rule.get("toPorts"), f"{path}.toPorts") or []
    icmps = listing(rule.get("icmps"), f"{path}.icmps") or []
    if ports and icmps:
        raise Rejected(
            "icmps-and-ports",
            "The ICMPs block may only be present without ToPorts.",
            "Define a separate rule for the ports.",
            f"{path}.icmps",
        )
    items = []
    for number, item in enumerate(ports):
        where = f"{path}.toPorts[{number}]"
        items.append(_port_item(mapping(item, where), where, ingress, deny, profile))
    for number, item in enumerate(icmps):
        items.append(
            _icmp_item(mapping(item, f"{path}.icmps[{number}]"), f"{path}.icmps[{number}]")
        )
    return items


def _port_item(
    item: Mapping[str, Any], path: str, ingress: bool, deny: bool, profile: Profile
) -> PortItem:
    written = listing(item.get("ports"), f"{path}.ports") or []
    if len(written) > _MOST:
        message = f"{len(written)} are too many ports, the max is {_MOST}."
        raise Rejected("too-many-ports", message, "Make two items of it.", f"{path}.ports")
    entries = [
        _entry(mapping(port, f"{path}.ports[{n}]"), f"{path}.ports[{n}]")
        for n, port in enumerate(written)
    ]
    if deny:
        return PortItem(path, tuple(entries))
    l7 = read_l7(item, tuple(entries), path, ingress=ingress, profile=profile)
    return PortItem(path, tuple(entries), l7)


def _entry(port: Mapping[str, Any], path: str) -> PortEntry:
    value = text(port.get("port"), f"{path}.port")
    if not value:
        raise Rejected("port", "Port must be specified.", 'Write a port: "8080".', path)
    protocol = (text(port.get("protocol"), f"{path}.protocol") or "ANY").upper()
    if protocol not in _PROTOCOLS:
        raise Rejected(
            "protocol",
            f"Invalid protocol `{port['protocol']}`, must be TCP, UDP, SCTP or ANY.",
            "Use `icmps` for ICMP.",
            f"{path}.protocol",
        )
    if _SERVICE_NAME.fullmatch(value) and not value.isdigit():
        return PortEntry(_PROTOCOLS[protocol], 0, 0, value.lower())
    first = _number(value, f"{path}.port")
    end = port.get("endPort") or 0
    if not isinstance(end, int) or isinstance(end, bool) or not 0 <= end <= 65535:
        raise Rejected("port", f"`{end}` is no port.", "Write a number.", f"{path}.endPort")
    if first == 0:
        return PortEntry(_PROTOCOLS[protocol], 0, 65535)
    return PortEntry(_PROTOCOLS[protocol], first, max(first, end))


def _number(value: str, path: str) -> int:
    number = -1
    if _NUMBER.fullmatch(value):
        octal = value.startswith("0") and value != "0"
        number = int(value.lower().replace("o", ""), 8) if octal else int(value)
    if not 0 <= number <= 65535:
        raise Rejected(
            "port",
            f"Unable to parse port `{value}`.",
            "Write a number up to 65535, or a port name of at most 15 letters, digits and `-`.",
            path,
        )
    return number


def _icmp_item(item: Mapping[str, Any], path: str) -> PortItem:
    fields = listing(item.get("fields"), f"{path}.fields") or []
    if len(fields) > _MOST:
        message = f"{len(fields)} are too many types, the max is {_MOST}."
        raise Rejected("too-many-types", message, "Make two items of it.", f"{path}.fields")
    entries = []
    for number, field in enumerate(fields):
        where = f"{path}.fields[{number}]"
        protocol, code = icmp_type(mapping(field, where), where)
        entries.append(PortEntry((protocol,), code, code))
    return PortItem(path, tuple(entries))

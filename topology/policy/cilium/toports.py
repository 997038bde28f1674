"""Ports, ICMP types and their L7 rules in Cilium's policies."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from topology.model import Protocol
from topology.policy.cilium.icmp import icmp_type
from topology.policy.cilium.layer7 import Place, read_l7
from topology.policy.fields import Faults, Rejected, listing, mapping, quoted, text
from topology.policy.l7 import L7Rules
from topology.policy.profile import Profile
from topology.policy.rules import PortEntry

__all__ = ["PortItem", "read_port_items"]

_MOST = 40
_SPAN = re.compile(r"([0-9]{1,5})\s*[-:]\s*([0-9]{1,5})")
_LIST = re.compile(r"[0-9]{1,5}(\s*,\s*[0-9]{1,5})+")
_SERVICE_NAME = re.compile(r"(?=[-a-zA-Z0-9]{1,15}$)(?=.*[a-zA-Z])[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*")
_NUMBER = re.compile(r"0|[1-9](_?[0-9])*|0(_?[0-7])+")
"""As Go reads a number whose base it may choose, apart from what is a name (`0x50`)."""
_PROTOCOLS: dict[str, tuple[Protocol, ...]] = {
    "ANY": ("TCP", "UDP", "SCTP"),
    "SCTP": ("SCTP",),
    "TCP": ("TCP",),
    "UDP": ("UDP",),
}
_EXTENDED = ("IGMP", "VRRP")
"""Protocols without ports, which Cilium 1.19 knows; no connection here is one of them."""


@dataclass(frozen=True, slots=True)
class PortItem:
    """One item of toPorts or icmps."""

    path: str
    ports: tuple[PortEntry, ...]
    l7: L7Rules | None = None


def read_port_items(
    rule: Mapping[str, Any], path: str, *, ingress: bool, deny: bool, host: bool, profile: Profile
) -> list[PortItem]:
    """Read toPorts and icmps of one rule; none at all means every port of every protocol."""
    faults = Faults()
    ports, icmps = list[Any](), list[Any]()
    if "toPorts" in rule:
        with faults:
            ports = listing(rule["toPorts"], f"{path}.toPorts") or []
    if "icmps" in rule:
        with faults:
            icmps = listing(rule["icmps"], f"{path}.icmps") or []
    if ports and icmps:
        with faults:
            raise Rejected(
                "icmps-and-ports",
                "The ICMPs block may only be present without ToPorts.",
                "Define a separate rule for the ports.",
                f"{path}.icmps",
            )
    place = Place(ingress=ingress, host=host)
    items = []
    for number, item in enumerate(ports):
        where = f"{path}.toPorts[{number}]"
        with faults:
            items.append(_port_item(mapping(item, where), where, place, deny, profile))
    for number, item in enumerate(icmps):
        where = f"{path}.icmps[{number}]"
        with faults:
            items.append(_icmp_item(mapping(item, where), where))
    faults.settle()
    return items


def _port_item(
    item: Mapping[str, Any], path: str, place: Place, deny: bool, profile: Profile
) -> PortItem:
    faults = Faults()
    written = listing(item.get("ports"), f"{path}.ports") or []
    if len(written) > _MOST:
        message = f"{len(written)} are too many ports, the max is {_MOST}."
        with faults:
            raise Rejected("too-many-ports", message, "Make two items of it.", f"{path}.ports")
    entries: list[PortEntry] = []
    for number, port in enumerate(written):
        where = f"{path}.ports[{number}]"
        with faults:
            entries.append(_entry(mapping(port, where), where, profile))
    l7 = None
    if not deny:
        # Without all of its ports it cannot be said whether they suit the rules.
        known = tuple(entries) if len(entries) == len(written) else None
        with faults:
            l7 = read_l7(item, known, path, place=place, profile=profile)
    faults.settle()
    return PortItem(path, tuple(entries), l7)


def _entry(port: Mapping[str, Any], path: str, profile: Profile) -> PortEntry:
    faults = Faults()
    protocols: tuple[Protocol, ...] = ()
    first, name = 0, ""
    with faults:
        protocols = _protocols(port, path, profile)
    with faults:
        first, name = _number_or_name(port, path)
    if first and not protocols and not faults.found:
        with faults:
            raise Rejected(
                "port",
                f"Port must be empty or 0, as {port['protocol']} has none.",
                'Write `port: "0"`.',
                f"{path}.port",
            )
    faults.settle()
    if name:
        return PortEntry(protocols, 0, 0, name)
    end = port.get("endPort") or 0
    # Cilium takes the lower 16 bits; the schema does not let larger numbers pass.
    last = end & 0xFFFF if isinstance(end, int) else 0
    if first == 0:
        return PortEntry(protocols, 0, last or 65535)
    return PortEntry(protocols, first, max(first, last))


def _protocols(port: Mapping[str, Any], path: str, profile: Profile) -> tuple[Protocol, ...]:
    written = text(port.get("protocol"), f"{path}.protocol") or "ANY"
    protocol = written.upper()
    if protocol in _PROTOCOLS:
        return _PROTOCOLS[protocol]
    if protocol in _EXTENDED and profile.name == "1.19":
        return ()
    fix = "Write TCP, UDP, SCTP or ANY."
    if protocol.startswith("ICMP"):
        fix = "Use `icmps` beside `toPorts`, in a rule of its own."
    elif protocol in ("HTTP", "HTTPS", "GRPC", "TLS"):
        fix = "Write TCP; what is inside the connection goes to `rules`."
    elif protocol == "DNS":
        fix = "Write UDP or ANY; names go to `rules.dns`."
    message = f"Invalid protocol {quoted(written)}, must be TCP, UDP, SCTP or ANY."
    raise Rejected("protocol", message, fix, f"{path}.protocol")


def _number_or_name(port: Mapping[str, Any], path: str) -> tuple[int, str]:
    value = text(port.get("port"), f"{path}.port")
    if not value:
        raise Rejected("port", "Port must be specified.", 'Write a port: "8080".', path)
    if _SERVICE_NAME.fullmatch(value):
        return 0, value.lower()
    number = -1
    if len(value) < 20 and _NUMBER.fullmatch(value):
        digits = value.replace("_", "")
        number = int(digits, 8) if digits.startswith("0") else int(digits)
    if 0 <= number <= 65535:
        return number, ""
    raise Rejected(
        "port", f"Unable to parse port {quoted(value)}.", _port_fix(value), f"{path}.port"
    )


def _port_fix(value: str) -> str:
    if span := _SPAN.fullmatch(value):
        return f'Write `port: "{span[1]}"` and `endPort: {span[2]}`.'
    if _LIST.fullmatch(value):
        return "Make one item of `ports` for each port."
    if value.isdigit():
        return "Write a number up to 65535."
    return (
        "Write a number up to 65535, or the name of a container port: at most 15 letters, digits "
        "and single `-`."
    )


def _icmp_item(item: Mapping[str, Any], path: str) -> PortItem:
    faults = Faults()
    fields = listing(item.get("fields"), f"{path}.fields") or []
    if len(fields) > _MOST:
        message = f"{len(fields)} are too many types, the max is {_MOST}."
        with faults:
            raise Rejected("too-many-types", message, "Make two items of it.", f"{path}.fields")
    entries = []
    for number, field in enumerate(fields):
        where = f"{path}.fields[{number}]"
        with faults:
            protocol, code = icmp_type(mapping(field, where), where)
            if code is not None:
                entries.append(PortEntry((protocol,), code, code))
    faults.settle()
    return PortItem(path, tuple(entries))

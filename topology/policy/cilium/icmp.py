"""ICMP types by name (pkg/policy/api/icmp.go)."""

import re
from collections.abc import Mapping
from typing import Any

from topology.model import Protocol
from topology.policy.fields import Rejected

__all__ = ["icmp_type"]

_IPV4 = {
    "EchoReply": 0, "DestinationUnreachable": 3, "Redirect": 5, "Echo": 8, "EchoRequest": 8,
    "RouterAdvertisement": 9, "RouterSelection": 10, "TimeExceeded": 11, "ParameterProblem": 12,
    "Timestamp": 13, "TimestampReply": 14, "Photuris": 40, "ExtendedEcho Request": 42,
    "ExtendedEchoRequest": 42, "ExtendedEcho Reply": 43, "ExtendedEchoReply": 43,
}  # fmt: skip
_IPV6 = {
    "DestinationUnreachable": 1, "PacketTooBig": 2, "TimeExceeded": 3, "ParameterProblem": 4,
    "EchoRequest": 128, "EchoReply": 129, "MulticastListenerQuery": 130,
    "MulticastListenerReport": 131, "MulticastListenerDone": 132, "RouterSolicitation": 133,
    "RouterAdvertisement": 134, "NeighborSolicitation": 135, "NeighborAdvertisement": 136,
    "RedirectMessage": 137, "RouterRenumbering": 138, "ICMPNodeInformationQuery": 139,
    "ICMPNodeInformationResponse": 140, "InverseNeighborDiscoverySolicitation": 141,
    "InverseNeighborDiscoveryAdvertisement": 142, "HomeAgentAddressDiscoveryRequest": 144,
    "HomeAgentAddressDiscoveryReply": 145, "MobilePrefixSolicitation": 146,
    "MobilePrefixAdvertisement": 147, "DuplicateAddressRequestCodeSuffix": 157,
    "DuplicateAddressConfirmationCodeSuffix": 158, "ExtendedEchoRequest": 160,
    "ExtendedEchoReply": 161,
}  # fmt: skip


_NUMBER = re.compile(r"[-+]?[0-9]{1,9}")


def icmp_type(field: Mapping[str, Any], path: str) -> tuple[Protocol, int | None]:
    """Read one field of an `icmps` item.

    The type is None where it is a number that no message has; Cilium takes it all the same.
    """
    family = field.get("family") or "IPv4"
    if family not in ("IPv4", "IPv6"):
        raise Rejected(
            "icmp-family", f"Wrong family: `{family}`.", "Write IPv4 or IPv6.", f"{path}.family"
        )
    value = field.get("type")
    names = _IPV4 if family == "IPv4" else _IPV6
    code = _number(value)
    # Cilium takes text that is no number, or 0 in other words than `0`, for a name.
    if code is None or (code == 0 and str(value) != "0"):
        code = names.get(value) if isinstance(value, str) else None
    if code is None:
        raise Rejected(
            "icmp-type",
            f"ICMP type `{value}` not found in {family}.",
            "Write a number from 0 to 255 or a name such as EchoRequest.",
            f"{path}.type",
        )
    return ("ICMP" if family == "IPv4" else "ICMPv6"), code if 0 <= code <= 255 else None


def _number(value: Any) -> int | None:
    if isinstance(value, int):
        return None if isinstance(value, bool) else value
    return int(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else None

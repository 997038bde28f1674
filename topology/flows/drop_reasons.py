"""Why Cilium drops a packet: number, name, what it means and what to look at first.

Source: enum DropReason of `flow.proto` in Cilium 1.19, and pkg/monitor/api/drop.go, whose text for
136 and 161 changed meaning between versions.
"""

import re
from typing import Final

__all__ = ["NUMBERS", "POLICY", "meaning_of", "name_of", "number_in_text", "number_of"]

_FIRST: Final = 130
_NAMES: Final = """
INVALID_SOURCE_MAC INVALID_DESTINATION_MAC INVALID_SOURCE_IP POLICY_DENIED INVALID_PACKET_DROPPED
CT_TRUNCATED_OR_INVALID_HEADER CT_MISSING_TCP_ACK_FLAG CT_UNKNOWN_L4_PROTOCOL
CT_CANNOT_CREATE_ENTRY_FROM_PACKET UNSUPPORTED_L3_PROTOCOL MISSED_TAIL_CALL ERROR_WRITING_TO_PACKET
UNKNOWN_L4_PROTOCOL UNKNOWN_ICMPV4_CODE UNKNOWN_ICMPV4_TYPE UNKNOWN_ICMPV6_CODE UNKNOWN_ICMPV6_TYPE
ERROR_RETRIEVING_TUNNEL_KEY ERROR_RETRIEVING_TUNNEL_OPTIONS INVALID_GENEVE_OPTION
UNKNOWN_L3_TARGET_ADDRESS STALE_OR_UNROUTABLE_IP NO_MATCHING_LOCAL_CONTAINER_FOUND
ERROR_WHILE_CORRECTING_L3_CHECKSUM ERROR_WHILE_CORRECTING_L4_CHECKSUM CT_MAP_INSERTION_FAILED
INVALID_IPV6_EXTENSION_HEADER IP_FRAGMENTATION_NOT_SUPPORTED SERVICE_BACKEND_NOT_FOUND -
NO_TUNNEL_OR_ENCAPSULATION_ENDPOINT FAILED_TO_INSERT_INTO_PROXYMAP
REACHED_EDT_RATE_LIMITING_DROP_HORIZON UNKNOWN_CONNECTION_TRACKING_STATE LOCAL_HOST_IS_UNREACHABLE
NO_CONFIGURATION_AVAILABLE_TO_PERFORM_POLICY_DECISION UNSUPPORTED_L2_PROTOCOL
NO_MAPPING_FOR_NAT_MASQUERADE UNSUPPORTED_PROTOCOL_FOR_NAT_MASQUERADE FIB_LOOKUP_FAILED
ENCAPSULATION_TRAFFIC_IS_PROHIBITED INVALID_IDENTITY UNKNOWN_SENDER NAT_NOT_NEEDED IS_A_CLUSTERIP
FIRST_LOGICAL_DATAGRAM_FRAGMENT_NOT_FOUND FORBIDDEN_ICMPV6_MESSAGE DENIED_BY_LB_SRC_RANGE_CHECK
SOCKET_LOOKUP_FAILED SOCKET_ASSIGN_FAILED PROXY_REDIRECTION_NOT_SUPPORTED_FOR_PROTOCOL POLICY_DENY
VLAN_FILTERED INVALID_VNI INVALID_TC_BUFFER NO_SID MISSING_SRV6_STATE NAT46 NAT64 AUTH_REQUIRED
CT_NO_MAP_FOUND SNAT_NO_MAP_FOUND INVALID_CLUSTER_ID UNSUPPORTED_PROTOCOL_FOR_DSR_ENCAP
NO_EGRESS_GATEWAY UNENCRYPTED_TRAFFIC TTL_EXCEEDED NO_NODE_ID DROP_RATE_LIMITED IGMP_HANDLED
IGMP_SUBSCRIBED MULTICAST_HANDLED DROP_HOST_NOT_READY DROP_EP_NOT_READY DROP_NO_EGRESS_IP
DROP_PUNT_PROXY
""".split()  # noqa: SIM905  (a list of seventy strings would fill two screens)

NUMBERS: Final = {
    "DROP_REASON_UNKNOWN": 0,
    **{name: _FIRST + place for place, name in enumerate(_NAMES) if name != "-"},
}
_BY_NUMBER: Final = {number: name for name, number in NUMBERS.items()}

_TEXTS: Final = {
    "Fragmentation needed": 136,
    "Can't create entry from packet": 138,
    "NAT 46/64 not enabled": 161,
    "Policy denied by denylist": 181,
    "VLAN traffic disallowed by VLAN filter": 182,
    "Incorrect VNI from VTEP": 183,
    "Failed to update or lookup TC buffer": 184,
    "No SID was found for the IP address": 185,
    "SRv6 state was removed during tail call": 186,
    "L3 translation from IPv4 to IPv6 failed": 187,
    "L3 translation from IPv6 to IPv4 failed": 188,
    "Authentication required": 189,
    "No conntrack map found": 190,
    "No nat map found": 191,
    "Unsupported packet protocol for DSR encapsulation": 193,
    "No egress gateway found": 194,
    "Traffic is unencrypted": 195,
    "No node ID found": 197,
    "Rate limited": 198,
    "Host datapath not ready": 202,
    "Endpoint policy program not available": 203,
    "No Egress IP configured": 204,
    "Punt to proxy": 205,
}
"""What the monitor and `hubble observe` print where it is not the name with spaces."""

POLICY: Final = frozenset({133, 181})
"""Denied for lack of an allow, or by a deny rule."""

_ENCAPSULATION = "A packet between nodes was refused: clusters, identities or tunnels do not agree."
_TABLE = "A table of tracked connections or translations is full or missing on the node."
_ROUTE = "The node knew no way to the address: its pod or node has just gone, or routes are wrong."
_RESTART = "The programs of the pod or node were being replaced, as in an agent restart."
_PACKET = "The packet is malformed or of a kind that Cilium does not handle."
_FRAGMENTS = "A fragmented packet: look at the MTU along the way."
_EGRESS = "Masquerading or an egress gateway could not be applied to the packet."

_MEANINGS: Final[dict[int, str]] = {
    132: "The packet left a pod with an address that is not the pod's own; for link-local IPv6 "
    "router solicitations that is normal.",
    133: "No policy rule allows it where policies deny by default.",
    181: "A deny rule of a policy matches it.",
    189: "Mutual authentication of the pair was not done yet; the first packets are expected to "
    "drop.",
    136: "An invalid TCP packet; agents since 1.14 report fragmentation needed (MTU) by this "
    "number.",
    158: "The Service has no ready backend.",
    161: "The proxy could not take the connection; recent agents report by this number that NAT46 "
    "and NAT64 are not enabled.",
    162: "The bandwidth limit of the pod was exceeded.",
    198: "A rate limit of the agent was exceeded.",
    177: "The Service's `loadBalancerSourceRanges` do not hold the client.",
    182: "A VLAN that Cilium does not let pass.",
    195: "Encryption is strict and the packet was not encrypted.",
    196: "The packet went round in circles: look for a routing loop.",
    **dict.fromkeys((134, 135, 137, 138, 142, 139, 166, 143, 144, 145, 146, 156), _PACKET),
    **dict.fromkeys((140, 165, 202, 203), _RESTART),
    **dict.fromkeys((150, 151, 152, 160, 164, 169, 197), _ROUTE),
    **dict.fromkeys((155, 163, 190, 191), _TABLE),
    **dict.fromkeys((157, 175), _FRAGMENTS),
    **dict.fromkeys((167, 168, 194, 204), _EGRESS),
    **dict.fromkeys((170, 171, 172, 192), _ENCAPSULATION),
}


def name_of(number: int) -> str:
    """Return the name of a drop reason; the number itself where it is not known.

    >>> name_of(133), name_of(250)
    ('POLICY_DENIED', '250')
    """
    return _BY_NUMBER.get(number, str(number))


def number_of(reason: object) -> int:
    """Return the number of a drop reason that is given by name or number; 0 if unknown."""
    if isinstance(reason, int):
        return reason
    if isinstance(reason, str):
        return NUMBERS.get(reason, int(reason) if reason.isdecimal() else 0)
    return 0


def number_in_text(text: str) -> int:
    """Return the number of the drop reason that a printed line tells; 0 where it tells none.

    >>> number_in_text("CT: Map insertion failed DROPPED (TCP Flags: SYN)")
    155
    """
    flat = _flat(text)
    found = [known for known in _BY_TEXT if f" {known} " in f" {flat} "]
    return _BY_TEXT[max(found, key=len)] if found else 0


def _flat(text: str) -> str:
    """Return the words of a text, lower case, with one space between two."""
    return " ".join(re.findall(r"[a-z0-9]+", text.lower().replace("'", "")))


_BY_TEXT: Final = {_flat(text): number for text, number in (*NUMBERS.items(), *_TEXTS.items())}


def meaning_of(number: int) -> str:
    """Return one sentence that says what a drop reason means; empty where nothing is known."""
    return _MEANINGS.get(number, "")

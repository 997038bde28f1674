"""The values of CEL expressions on flows: fields, enums as numbers, and what is absent."""

from collections.abc import Mapping
from typing import Any, Final

from topology.flows.drop_reasons import NUMBERS
from topology.flows.words import VERDICTS

__all__ = ["ABSENT", "ENUMS", "FIELDS", "field_of"]

ENUMS: Final[Mapping[str, Mapping[str, int]]] = {
    "Verdict": {name: number for number, name in enumerate(VERDICTS)},
    "FlowType": {"UNKNOWN_TYPE": 0, "L3_L4": 1, "L7": 2, "SOCK": 3},
    "TrafficDirection": {"TRAFFIC_DIRECTION_UNKNOWN": 0, "INGRESS": 1, "EGRESS": 2},
    "L7FlowType": {"UNKNOWN_L7_TYPE": 0, "REQUEST": 1, "RESPONSE": 2, "SAMPLE": 3},
    "IPVersion": {"IP_NOT_USED": 0, "IPv4": 1, "IPv6": 2},
    "DropReason": NUMBERS,
}
_ENUM_OF: Final = {
    "verdict": "Verdict",
    "Type": "FlowType",
    "traffic_direction": "TrafficDirection",
    "drop_reason_desc": "DropReason",
    "type": "L7FlowType",
    "ipVersion": "IPVersion",
}
_NUMBERS: Final = frozenset({"latency_ns", "socket_cookie", "cgroup_id"})
"""64-bit numbers, which JSON holds as text."""
FIELDS: Final = frozenset(
    """time uuid emitter verdict drop_reason auth_type ethernet IP l4 tunnel source destination Type
    node_name node_labels source_names destination_names l7 reply event_type source_service
    destination_service traffic_direction policy_match_type trace_observation_point trace_reason
    file drop_reason_desc is_reply debug_capture_point interface proxy_port trace_context
    sock_xlate_point socket_cookie cgroup_id egress_allowed_by ingress_allowed_by egress_denied_by
    ingress_denied_by policy_log aggregate ip_trace_id Summary""".split()  # noqa: SIM905  (forty quoted names would take more lines than they say)
)


class _Absent:
    """A field that a flow does not have: the zero of whatever it is compared with."""

    def __eq__(self, other: object) -> bool:
        return other is self or not other

    def __hash__(self) -> int:
        return 0

    def __lt__(self, other: Any) -> bool:
        return bool(type(other)() < other)

    def __gt__(self, other: Any) -> bool:
        return bool(type(other)() > other)

    def __le__(self, other: Any) -> bool:
        return not self > other

    def __ge__(self, other: Any) -> bool:
        return not self < other

    def __bool__(self) -> bool:
        return False


ABSENT: Final = _Absent()


def field_of(value: Any, name: str) -> Any:
    """Return a field of a message."""
    if value is ABSENT:
        return ABSENT
    found = value.get(name, ABSENT)
    if isinstance(found, str):
        enum = _ENUM_OF.get(name)
        if enum and found in ENUMS[enum]:
            return ENUMS[enum][found]
        if name in _NUMBERS:
            return int(found)
    return found

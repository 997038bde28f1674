"""Each filter of `hubble observe`: the field that it fills, and how its value is read.

Source: hubble/cmd/observe/flows_filter.go; pkg/monitor/api/types.go; pkg/identity, reserved names.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from topology.errors import InvalidQuery
from topology.flows.drop_reasons import NUMBERS

__all__ = [
    "CONFLICTS",
    "EITHER",
    "EVENT_TYPES",
    "IDENTITIES",
    "NAMESPACES",
    "ONE",
    "TCP_FLAGS",
    "VERDICTS",
    "read_value",
]

EITHER: Final = {
    "fqdn": ("source_fqdn", "destination_fqdn"),
    "pod": ("source_pod", "destination_pod"),
    "ip": ("source_ip", "destination_ip"),
    "label": ("source_label", "destination_label"),
    "service": ("source_service", "destination_service"),
    "port": ("source_port", "destination_port"),
    "workload": ("source_workload", "destination_workload"),
    "identity": ("source_identity", "destination_identity"),
    "cluster": ("source_cluster_name", "destination_cluster_name"),
}
"""Flags that mean either end."""

ONE: Final = {
    **{f"from-{name}": source for name, (source, _) in EITHER.items()},
    **{f"to-{name}": destination for name, (_, destination) in EITHER.items()},
    "uuid": "uuid",
    "snat-ip": "source_ip_xlated",
    "ipv4": "ip_version",
    "ipv6": "ip_version",
    "ip-version": "ip_version",
    "trace-id": "trace_id",
    "ip-trace-id": "ip_trace_id",
    "verdict": "verdict",
    "drop-reason-desc": "drop_reason_desc",
    "http-status": "http_status_code",
    "http-method": "http_method",
    "http-path": "http_path",
    "http-url": "http_url",
    "http-header": "http_header",
    "type": "event_type",
    "protocol": "protocol",
    "node-name": "node_name",
    "node-label": "node_labels",
    "tcp-flags": "tcp_flags",
    "traffic-direction": "traffic_direction",
    "cel-expression": "cel_expression",
    "interface": "interface",
    "encrypted": "encrypted",
    "unencrypted": "encrypted",
}
"""Flags that fill one field."""

NAMESPACES: Final = {
    "namespace": "either",
    "from-namespace": "source",
    "to-namespace": "destination",
    "all-namespaces": "either",
    "from-all-namespaces": "source",
    "to-all-namespaces": "destination",
}
"""Flags that narrow the names of pods and Services, with the end that they apply to."""

CONFLICTS: Final = (
    ("from-fqdn", "from-ip", "ip", "fqdn", "from-namespace", "namespace", "from-all-namespaces",
     "all-namespaces"),
    ("from-fqdn", "from-ip", "ip", "fqdn", "from-pod", "pod"),
    ("to-fqdn", "to-ip", "ip", "fqdn", "to-namespace", "namespace", "to-all-namespaces",
     "all-namespaces"),
    ("to-fqdn", "to-ip", "ip", "fqdn", "to-pod", "pod"),
    ("to-pod", "namespace", "all-namespaces"),
    ("from-pod", "namespace", "all-namespaces"),
    ("to-service", "namespace", "all-namespaces"),
    ("from-service", "namespace", "all-namespaces"),
    ("label", "from-label"),
    ("label", "to-label"),
    ("service", "from-service"),
    ("service", "to-service"),
    ("port", "to-port"),
    ("port", "from-port"),
    ("identity", "to-identity"),
    ("identity", "from-identity"),
    ("workload", "to-workload"),
    ("workload", "from-workload"),
    ("encrypted", "unencrypted"),
)  # fmt: skip
"""Flags of which only one may stand in a list."""

VERDICTS: Final = ("VERDICT_UNKNOWN", "FORWARDED", "DROPPED", "ERROR", "AUDIT", "REDIRECTED",
                   "TRACED", "TRANSLATED")  # fmt: skip
TCP_FLAGS: Final = frozenset({"SYN", "FIN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "NS"})
EVENT_TYPES: Final = {
    "drop": 1,
    "debug": 2,
    "capture": 3,
    "trace": 4,
    "policy-verdict": 5,
    "recorder": 6,
    "trace-sock": 7,
    "l7": 129,
    "agent": 130,
}
IDENTITIES: Final = {
    "host": 1,
    "world": 2,
    "unmanaged": 3,
    "health": 4,
    "init": 5,
    "remote-node": 6,
    "kube-apiserver": 7,
    "ingress": 8,
    "world-ipv4": 9,
    "world-ipv6": 10,
    "overlay-to-encrypt": 11,
}
_TRACE: Final = 4
_POINTS: Final = ("to-endpoint", "to-proxy", "to-host", "to-stack", "to-overlay", "from-endpoint",
                  "from-proxy", "from-host", "from-stack", "from-overlay", "from-network",
                  "to-network", "from-crypto", "to-crypto")  # fmt: skip
_LARGEST: Final = 2**32 - 1
_NUMBER: Final = re.compile(r"0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|[0-9]+")


def read_value(flag: str, text: str) -> Any:
    """Return the value of a flag in the form that its field has.

    Raises:
        InvalidQuery: Hubble takes no such value.
    """
    for prefix in ("from-", "to-"):
        flag = flag.removeprefix(prefix)
    reader = _READERS.get(flag)
    return reader(text) if reader else text


def _one_of(what: str, values: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in values:
            message = f"`{text}` is no {what}."
            raise InvalidQuery(message, hint=f"Choose from {', '.join(values)}.")
        return text

    return read


def _drop_reason(text: str) -> str:
    if text not in NUMBERS:
        message = f"`{text}` is no drop reason."
        raise InvalidQuery(message, hint="Write it as flows do, such as `POLICY_DENIED`.")
    return text


def _event_type(text: str) -> tuple[int, int | None]:
    """Return type and sub-type of `TYPE[:SUBTYPE]`, each a name or a number."""
    name, colon, part = text.partition(":")
    kind = EVENT_TYPES.get(name)
    if kind is None and not name.isdecimal():
        message = f"`{text}` is no event type."
        hint = f"Choose from {', '.join(EVENT_TYPES)}, such as `trace:to-endpoint`."
        raise InvalidQuery(message, hint=hint)
    if not colon:
        return kind if kind is not None else int(name), None
    if kind == _TRACE and part in _POINTS:
        return kind, _POINTS.index(part)
    if not part.isdecimal():
        message = f"`{part}` in `{text}` is no sub-type."
        raise InvalidQuery(message, hint=f"Of `trace` there are {', '.join(_POINTS)}.")
    return kind if kind is not None else int(name), int(part)


def _ip_version(text: str) -> str:
    lower = text.lower()
    if lower in ("4", "v4", "ipv4", "ip4"):
        return "IPv4"
    return "IPv6" if lower in ("6", "v6", "ipv6", "ip6") else "IP_NOT_USED"


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        message = f"`{text}` is no header."
        raise InvalidQuery(message, hint="Write it as `name:value`.")
    return name, value


def _workload(text: str) -> tuple[str, str]:
    """Return kind and name of `[Kind/]name`; either may be empty, which matches any."""
    kind, slash, name = text.partition("/")
    return (kind, name) if slash else ("", text)


def _identity(text: str) -> int:
    if text in IDENTITIES:
        return IDENTITIES[text]
    if not _NUMBER.fullmatch(text):
        message = f"`{text}` is no security identity."
        raise InvalidQuery(message, hint=f"Write a number or one of {', '.join(IDENTITIES)}.")
    # A leading zero means octal in Go, which Python writes `0o`.
    number = int(text, 8) if re.fullmatch(r"0[0-7]+", text) else int(text, 0)
    if number > _LARGEST:
        message = f"`{text}` is no security identity."
        raise InvalidQuery(message, hint="They have 32 bits.")
    return number


def _tcp_flags(text: str) -> frozenset[str]:
    found = frozenset(text.upper().split(","))
    if not found <= TCP_FLAGS:
        message = f"`{text}` holds something that is no TCP flag."
        raise InvalidQuery(message, hint="Write them like `SYN,ACK`.")
    return found


def _direction(text: str) -> str:
    if text.lower() not in ("ingress", "egress"):
        message = f"`{text}` is no direction of traffic."
        raise InvalidQuery(message, hint="Write `ingress` or `egress`.")
    return text.upper()


def _ip_trace(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        message = f"`{text}` is no IP trace identifier."
        raise InvalidQuery(message, hint="Write a number greater than 0.")
    return int(text)


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "verdict": _one_of("verdict", VERDICTS),
    "drop-reason-desc": _drop_reason,
    "type": _event_type,
    "ipv4": lambda _: "IPv4",
    "ipv6": lambda _: "IPv6",
    "ip-version": _ip_version,
    "http-header": _header,
    "workload": _workload,
    "identity": _identity,
    "tcp-flags": _tcp_flags,
    "traffic-direction": _direction,
    "ip-trace-id": _ip_trace,
    "interface": lambda text: (text, 0),
    "encrypted": lambda _: True,
    "unencrypted": lambda _: False,
}

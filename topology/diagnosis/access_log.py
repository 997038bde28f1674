"""A line of Envoy's access log, as sidecars and gateways of Istio and Cilium write it.

Source: Envoy docs, "Access logging" (default format and response flags); Istio docs, "Envoy Access
Logs" (its default text format).
"""

import re
from typing import Final

__all__ = ["told_by_access_log"]

_LINE: Final = re.compile(
    r'"(?P<method>[A-Z]+) (?P<path>\S+) HTTP/[\d.]+" (?P<code>\d{3}) (?P<flags>[A-Z,]+|-)'
    r"(?P<rest>.*)",
    re.S,
)
_CLUSTER: Final = re.compile(
    r"\b(?P<way>inbound|outbound)(?:_\.)?\|(?P<port>\d+)\|[^|]*\|(?P<host>[^\s\"]*)"
)
_ENDS: Final = re.compile(r"(?<![\w.])((?:\d{1,3}\.){3}\d{1,3}|\[[0-9a-fA-F:]+\]):(\d+)(?![\w.])")
_FLAGS: Final = {
    "UH": "no healthy upstream, no endpoints",
    "UF": "upstream connection failed, connection refused or timed out",
    "UC": "upstream connection reset",
    "UR": "upstream connection reset",
    "UT": "upstream request timeout",
    "UO": "upstream overload, circuit breaker open",
    "NR": "no route",
    "NC": "no such upstream cluster",
    "URX": "upstream connection failed after retries",
    "UAEX": "access denied by the external authorizer",
    "DC": "connection of the caller was reset",
    "LH": "failed health check, no healthy upstream",
}


def told_by_access_log(text: str) -> str:
    """Return what a line of an access log tells, in plain words; empty for any other text.

    >>> line = '"GET /a HTTP/1.1" 503 UH no_healthy_upstream - "-" 0 19 0 - "-" "-" "-" "-" "-"'
    >>> told_by_access_log(line + " outbound|80||web.shop.svc.cluster.local - 10.0.0.9:80 -")
    'call to web.shop.svc.cluster.local:80 fails: "GET /a" 503, no healthy upstream, no endpoints'
    """
    found = _LINE.search(text)
    if found is None:
        return ""
    codes = found["flags"].split(",") if found["flags"] != "-" else []
    said = [_FLAGS[one] for one in codes if one in _FLAGS]
    if "rbac" in found["rest"].lower() or found["code"] == "403":
        said.append("access denied")
    what = ", ".join([f'"{found["method"]} {found["path"]}" {found["code"]}', *said])
    return f"{_ends(found['rest'])} fails: {what}".strip()


def _ends(rest: str) -> str:
    """Return `A -> B` of a line, or the end that is known.

    Behind the cluster stand the address to the upstream, the one that was called, and the caller.
    """
    cluster = _CLUSTER.search(rest)
    if cluster is None:
        authority = re.search(
            r'"([a-z0-9][\w.-]*\.[\w.-]*[a-z][\w-]*(?::\d+)?)" *(?:"|$|\S+$)', rest
        )
        return f"call to {authority[1]}" if authority else "call"
    behind = _ENDS.findall(rest[cluster.end() :])
    caller = behind[-1][0] if behind else ""
    called = f"{cluster['host']}:{cluster['port']}"
    if cluster["way"] == "inbound":
        if len(behind) < 2:
            return "call"
        called = ":".join(behind[-2])
    return f"{caller} -> {called}" if len(behind) > 1 else f"call to {called}"

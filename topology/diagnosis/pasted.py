"""One flow that a person pasted: JSON, or the compact line that `hubble observe` prints."""

import re
from collections.abc import Mapping
from typing import Any, Final

import orjson

from topology.flows.drop_reasons import name_of, number_in_text
from topology.flows.parsing import parse_flow
from topology.flows.recognition import flow_of

__all__ = ["flow_in"]

_END: Final = r"(?P<{0}>[\w.-]+/[\w.-]+|[\d.]+|\[[0-9a-fA-F:]+\]|[a-z-]+):(?P<{0}_port>\d+)"
_IDENTITY: Final = r"(?:\s+\((?P<{0}>[^)]*)\))?"
_COMPACT: Final = re.compile(
    _END.format("source") + _IDENTITY.format("source_id")
    + r"\s+(?P<arrow>->|<-|<>)\s+"
    + _END.format("destination") + _IDENTITY.format("destination_id")
    + r"\s+(?P<rest>.*)", re.I | re.S,
)  # fmt: skip
_VERDICTS: Final = {"DENIED": "DROPPED", "ALLOWED": "FORWARDED"}
_VERDICT: Final = re.compile(r"\b(FORWARDED|DROPPED|DENIED|ALLOWED|AUDIT|ERROR|REDIRECTED)\b")
_FLAGS: Final = re.compile(r"TCP Flags?:\s*([A-Z, ]+)")
_MONITOR: Final = re.compile(r"\bdrop \((?P<reason>[^)]+)\)")
"""How the agent's own monitor begins the line of a drop."""
_IN_JSON: Final = re.compile(r"\{.*\}", re.S)


def flow_in(text: str) -> Mapping[str, Any] | None:
    """Return the flow that a text is, as Hubble's JSON has it; None where it is none.

    >>> line = "shop/web-0:40000 (ID:1) -> shop/db-0:5432 (ID:2) Policy denied DROPPED (TCP)"
    >>> flow_in(line)["verdict"], flow_in("checkout is slow")
    ('DROPPED', None)
    """
    found = _IN_JSON.search(text)
    if found:
        try:
            flow = flow_of(orjson.loads(found[0]))
            if flow is not None:
                parse_flow(flow)
                return flow
        except (orjson.JSONDecodeError, ValueError):
            pass
    match = _COMPACT.search(text)
    monitor = _MONITOR.search(text)
    if match and monitor and monitor.start() < match.start():
        return _from_line(match, f"{monitor['reason']} DROPPED {match['rest']}")
    return _from_line(match, match["rest"]) if match and _VERDICT.search(match["rest"]) else None


def _from_line(match: re.Match[str], rest: str) -> Mapping[str, Any]:
    """Return the flow of a compact line, with what it says and nothing else."""
    verdict = _VERDICT.findall(rest)[-1]
    verdict = _VERDICTS.get(verdict, verdict)
    ends = [("source", "source_port"), ("destination", "destination_port")]
    if match["arrow"] == "<-":
        ends.reverse()
    (one, one_port), (other, other_port) = ends
    protocol = next(
        (name for name in ("UDP", "SCTP") if re.search(rf"\b{name}\b", rest, re.I)), "TCP"
    )
    l4: dict[str, Any] = {"source_port": int(match[one_port]),
                          "destination_port": int(match[other_port])}  # fmt: skip
    flags = _FLAGS.search(rest)
    if flags:
        l4["flags"] = {name.strip(): True for name in flags[1].split(",") if name.strip()}
    flow: dict[str, Any] = {
        "verdict": verdict,
        "Type": "L3_L4",
        "l4": {protocol: l4},
        "source": _end(match[one], match[f"{one}_id"]),
        "destination": _end(match[other], match[f"{other}_id"]),
        "IP": {"source": _address(match[one]), "destination": _address(match[other])},
        "is_reply": match["arrow"] == "<-",
    }
    for word in ("INGRESS", "EGRESS"):
        if re.search(rf"\b{word}\b", rest):
            flow["traffic_direction"] = word
    if verdict == "DROPPED":
        flow["drop_reason_desc"] = _reason(rest)
    return flow


def _reason(rest: str) -> str:
    """Return the drop reason that a line tells; one that is not known is not taken for another."""
    if re.search(r"policy-verdict:(?:none|L3|L4|all)\S*", rest, re.I):
        return "POLICY_DENIED"
    return name_of(number_in_text(rest)) if number_in_text(rest) else "DROP_REASON_UNKNOWN"


def _end(text: str, identity: str | None) -> dict[str, Any]:
    """Return an endpoint: of a pod by its name, or of an entity by its reserved label."""
    value: dict[str, Any] = {}
    number = re.search(r"\d+", identity or "")
    if number:
        value["identity"] = int(number[0])
    if "/" in text:
        value["namespace"], value["pod_name"] = text.split("/", 1)
    elif re.fullmatch(r"[a-z-]+", text):
        value["labels"] = [f"reserved:{text}"]
    elif identity and re.fullmatch(r"[a-z-]+", identity):
        value["labels"] = [f"reserved:{identity}"]
    return value


def _address(text: str) -> str:
    bare = text.strip("[]")
    return bare if re.fullmatch(r"[\d.]+|[0-9a-fA-F:]+", bare) and not bare.isalpha() else ""

"""Flows as Hubble's JSON has them, made up for loads and for tests."""

import json
from typing import Any

__all__ = ["DB", "WEB", "envelope", "make_end", "make_flow"]

WEB = "shop/web-5d8f7c9b6d-x2k4p"
DB = "shop/db-7c9b6d5f88-q9w8z"


def make_end(name: str = "", *labels: str, identity: int = 0) -> dict[str, Any]:
    """Return an endpoint: of a pod by `namespace/name`, or of labels alone."""
    value: dict[str, Any] = {"labels": list(labels)} if labels else {}
    if name:
        namespace, pod = name.split("/")
        value |= {"namespace": namespace, "pod_name": pod}
    return value | ({"identity": identity} if identity else {})


def make_flow(
    source: dict[str, Any] | str = WEB,
    destination: dict[str, Any] | str = DB,
    *,
    ports: tuple[int, int] = (40000, 5432),
    protocol: str = "TCP",
    addresses: tuple[str, str] = ("10.2.0.7", "10.2.0.8"),
    second: float = 1.0,
    **fields: Any,
) -> dict[str, Any]:
    """Return a flow: a forwarded packet of a request, unless fields say otherwise.

    Args:
        source: An endpoint, or `namespace/pod`.
        destination: Likewise.
        ports: Of source and destination; for ICMP the second is the type.
        protocol: Key of `l4`.
        addresses: Of source and destination.
        second: Of the minute in which it was observed, below 60.
        fields: To add or replace; None leaves a field out. `flags` lists TCP flags.
    """
    l4: dict[str, Any] = {"source_port": ports[0], "destination_port": ports[1]}
    if protocol.startswith("ICMP"):
        l4 = {"type": ports[1]}
    if "flags" in fields:
        l4["flags"] = dict.fromkeys(fields.pop("flags"), True)
    whole, _, part = f"{second:.9f}".partition(".")
    flow = {
        "time": f"2026-11-28T10:00:{int(whole):02d}.{part}Z",
        "verdict": "FORWARDED",
        "IP": {"source": addresses[0], "destination": addresses[1], "ipVersion": "IPv4"},
        "l4": {protocol: l4},
        "source": make_end(source) if isinstance(source, str) else source,
        "destination": make_end(destination) if isinstance(destination, str) else destination,
        "Type": "L3_L4",
        "node_name": "n1",
        "event_type": {"type": 4},
        "traffic_direction": "EGRESS",
        "is_reply": False,
    }
    flow |= fields
    return {key: value for key, value in flow.items() if value is not None}


def envelope(flow: dict[str, Any]) -> str:
    """Return a line of `hubble observe -o jsonpb`."""
    return json.dumps({"flow": flow, "node_name": "n1", "time": flow.get("time", "")})

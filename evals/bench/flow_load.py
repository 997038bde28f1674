"""A seeded file of flows such as a cluster of some hundred workloads prints them."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson

from evals.bench.flow_objects import make_end, make_flow

__all__ = ["flow_lines", "write_flows"]

_WORKLOADS: Final = 200
_REPLICAS: Final = 3
_MADE_UP: Final = "bcdfghjklmnpqrstvwxz2456789"
_NODES: Final = 50
_PER_SECOND: Final = 500
_NAMES: Final = ("api.github.com", "login.microsoftonline.com", "example.blob.core.windows.net")
_PADDING: Final = {
    "ethernet": {"source": "46:e5:ea:1f:95:ff", "destination": "d6:ec:b0:4a:ff:46"},
    "interface": {"index": 25, "name": "lxc25aced2f4021"},
}


def write_flows(path: Path, count: int, *, seed: int = 7) -> None:
    """Write flows as `hubble observe -o jsonpb` does, some 1,500 bytes each.

    Args:
        path: The file to write.
        count: How many.
        seed: Of the random numbers; equal seeds give equal files.
    """
    with path.open("wb", buffering=2**20) as stream:
        stream.writelines(flow_lines(count, seed=seed))


def flow_lines(count: int, *, seed: int = 7) -> Iterator[bytes]:
    """Yield the lines of such a file."""
    rng = random.Random(seed)
    pods = [
        _pod(rng, number, replica) for number in range(_WORKLOADS) for replica in range(_REPLICAS)
    ]
    for number in range(count):
        second = number // _PER_SECOND
        time = f"2026-11-28T{second // 3600 % 24:02d}:{second // 60 % 60:02d}:{second % 60:02d}."
        time += f"{number % _PER_SECOND * 2_000_000:09d}Z"
        flow = _flow(rng, pods, number) | _PADDING | {"time": time, "uuid": _uuid(rng)}
        node = flow["node_name"]
        yield orjson.dumps({"flow": flow, "node_name": node, "time": time}) + b"\n"


_Pod = tuple[dict[str, Any], str, str, int]


def _pod(rng: random.Random, number: int, replica: int) -> _Pod:
    """Return endpoint, address, node and port of a pod."""
    namespace = f"team-{number % 20:02d}"
    suffix = "".join(rng.choices(_MADE_UP, k=5))
    name = f"service-{number:03d}"
    labels = [
        f"k8s:app={name}",
        f"k8s:app.kubernetes.io/name={name}",
        f"k8s:io.cilium.k8s.namespace.labels.kubernetes.io/metadata.name={namespace}",
        "k8s:io.cilium.k8s.policy.cluster=default",
        f"k8s:io.cilium.k8s.policy.serviceaccount={name}",
        f"k8s:io.kubernetes.pod.namespace={namespace}",
        "k8s:version=v1",
    ]
    end = make_end(f"{namespace}/{name}-7c9b6d5f88-{suffix}", *labels, identity=10_000 + number)
    end |= {"ID": 100 + replica, "cluster_name": "default",
            "workloads": [{"name": name, "kind": "Deployment"}]}  # fmt: skip
    address = f"10.{2 + replica}.{number // 250}.{number % 250 + 1}"
    return end, address, f"aks-node-{rng.randrange(_NODES):03d}", 8000 + number % 5


def _flow(rng: random.Random, pods: list[_Pod], number: int) -> dict[str, Any]:
    """Return one flow: L7, DNS, a drop, a way out of the cluster, or a packet of a connection."""
    source, address, node, _ = pods[rng.randrange(len(pods))]
    # Workloads call a few others each, and not all replicas alike.
    called = (source["identity"] * 31 + rng.randrange(6) * 17) % _WORKLOADS
    destination, other, _, port = pods[called * _REPLICAS + min(rng.randrange(4), 2)]
    ends: dict[str, Any] = {
        "addresses": (address, other),
        "ports": (rng.randrange(32768, 61000), port),
    }
    kind = number % 20
    fields: dict[str, Any] = {"node_name": node, "flags": ["ACK", "PSH"]}
    if kind < 4:
        return make_flow(source, destination, **ends, node_name=node, **_http(rng, kind))
    if kind < 6:
        fields = {"node_name": node, **_dns(rng, kind)}
        return make_flow(source, destination, **ends | {"protocol": "UDP"}, **fields)
    if kind == 6:
        fields |= {"verdict": "DROPPED", "is_reply": None, "drop_reason_desc": "POLICY_DENIED",
                   "drop_reason": 133, "flags": ["SYN"]}  # fmt: skip
    elif kind == 7:
        name = _NAMES[rng.randrange(len(_NAMES))]
        fields |= {"destination_names": [name], "addresses": (address, "20.60.1.9")}
        outside = make_end("", "reserved:world", identity=2)
        return make_flow(source, outside, ports=(ends["ports"][0], 443), **fields)
    elif kind % 2:
        fields |= {"is_reply": True, "reply": True}
        source, destination = destination, source
        ends = {"addresses": (other, address), "ports": (port, ends["ports"][0])}
    return make_flow(source, destination, **ends, **fields)


def _http(rng: random.Random, kind: int) -> dict[str, Any]:
    """Return the L7 part of a request or response."""
    http: dict[str, Any] = {
        "method": "GET",
        "url": f"http://service:8080/items/{rng.randrange(50)}",
        "protocol": "HTTP/1.1",
        "headers": [{"key": "User-Agent", "value": "load"}, {"key": "X-Request-Id", "value": "1"}],
    }
    l7: dict[str, Any] = {"type": "REQUEST", "http": http}
    if kind % 2:
        http["code"] = rng.choices((200, 404, 503), (95, 3, 2))[0]
        l7 |= {"type": "RESPONSE", "latency_ns": str(rng.randrange(10**5, 10**9))}
    return {"Type": "L7", "l7": l7, "is_reply": bool(kind % 2), "event_type": {"type": 129}}


def _dns(rng: random.Random, kind: int) -> dict[str, Any]:
    """Return the L7 part of a DNS query or response."""
    dns: dict[str, Any] = {"query": f"{rng.choice(_NAMES)}.", "qtypes": ["A"]}
    l7: dict[str, Any] = {"type": "REQUEST", "dns": dns}
    if kind % 2:
        dns |= {"rcode": 3} if rng.random() < 0.1 else {"ips": ["20.60.1.9"], "ttl": 30}
        l7 = {"type": "RESPONSE", "dns": dns}
    return {"Type": "L7", "l7": l7, "is_reply": bool(kind % 2), "event_type": {"type": 129}}


def _uuid(rng: random.Random) -> str:
    text = f"{rng.getrandbits(128):032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))

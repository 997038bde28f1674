"""Write docs/examples/flows.jsonl: twenty made-up minutes of the bundled shop.

The pages of docs/how-to ask about them. Nothing in it was observed anywhere.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

TARGET = Path(__file__).with_name("examples") / "flows.jsonl"
START = datetime(2026, 11, 28, 10, 30, tzinfo=UTC)
PODS = {
    "cart": ("shop", "cart-57d8f6c9bb-qm5t8", "10.244.1.12"),
    "catalog": ("shop", "catalog-7b5dd4c6f9-n2v6h", "10.244.0.13"),
    "checkout": ("shop", "checkout-5f7c8b9d66-w8j4d", "10.244.0.14"),
    "coredns": ("kube-system", "coredns-6f776c8fb5-m8t4w", "10.244.0.2"),
    "db": ("shop", "db-0", "10.244.0.20"),
    "orders": ("shop", "orders-6b8f95d7cc-t5x2m", "10.244.1.16"),
    "payments": ("shop", "payments-84d6b7f5c8-hk6r3", "10.244.1.15"),
    "staging": ("staging", "web-75c4d8f6b9-r9b7f", "10.244.1.30"),
    "web": ("shop", "web-6c9f7d5b84-4xk2p", "10.244.0.11"),
}
Line = tuple[float, dict[str, Any]]


def end(name: str) -> dict[str, Any]:
    if name not in PODS:
        return {"labels": ["reserved:world"]}
    namespace, pod, _ = PODS[name]
    return {"namespace": namespace, "pod_name": pod}


def flow(second: float, source: str, target: str, port: int, **fields: Any) -> Line:
    """Return a flow between two pods, or a pod and an address, and when it was."""
    addresses = [PODS[name][2] if name in PODS else name for name in (source, target)]
    made = {
        "time": (START + timedelta(seconds=second)).isoformat().replace("+00:00", "Z"),
        "verdict": "FORWARDED",
        "IP": {"source": addresses[0], "destination": addresses[1], "ipVersion": "IPv4"},
        "l4": {"TCP": {"source_port": 40_000 + int(second) % 9_000, "destination_port": port,
                       "flags": {"SYN": True}}},
        "source": end(source),
        "destination": end(target),
        "Type": "L3_L4",
        "is_reply": False,
        "traffic_direction": "EGRESS",
    }  # fmt: skip
    return second, made | fields


def dropped(second: float, source: str, target: str, port: int, reason: str, side: str) -> Line:
    return flow(second, source, target, port, verdict="DROPPED", drop_reason_desc=reason,
                traffic_direction=side, is_reply=None)  # fmt: skip


def lookup(second: float, source: str, name: str, code: int, *addresses: str) -> Iterator[Line]:
    """Yield a DNS query and its response."""
    port = 50_000 + int(second * 7) % 9_000
    query = {"query": f"{name}.", "qtypes": ["A"]}
    there = {"UDP": {"source_port": port, "destination_port": 53}}
    back = {"UDP": {"source_port": 53, "destination_port": port}}
    yield flow(second, source, "coredns", 53, l4=there, Type="L7",
               l7={"type": "REQUEST", "dns": query})  # fmt: skip
    answer = query | ({"rcode": code} if code else {}) | ({"ips": addresses} if addresses else {})
    yield flow(second + 0.004, "coredns", source, port, l4=back, Type="L7", is_reply=True,
               l7={"type": "RESPONSE", "dns": answer})  # fmt: skip


def story() -> Iterator[Line]:
    """Yield what happened: the shop works, until checkout is restricted at 10:40."""
    calls = (("web", "cart", 8080), ("web", "catalog", 8080), ("cart", "db", 5432),
             ("orders", "db", 5432))  # fmt: skip
    for minute in range(20):
        for number, (source, target, port) in enumerate(calls):
            yield flow(60 * minute + 7 * number + 1, source, target, port)
        if minute < 10:
            yield flow(60 * minute + 30, "checkout", "payments", 8443)
        else:
            for number in range(1 + minute % 4):
                yield dropped(60 * minute + 30 + number, "checkout", "payments", 8443,
                              "POLICY_DENIED", "EGRESS")  # fmt: skip
    for minute in (3, 9, 15):
        yield dropped(60 * minute + 12, "staging", "db", 5432, "POLICY_DENY", "INGRESS")
    for number in range(3):
        yield dropped(320 + number, "cart", "10.244.1.99", 8080, "STALE_OR_UNROUTABLE_IP", "EGRESS")
    for minute in (2, 8, 14):
        second = 60.0 * minute + 40
        name = "api.cards.example"
        yield from lookup(second, "payments", f"{name}.shop.svc.cluster.local", 3)
        yield from lookup(second + 0.01, "payments", f"{name}.svc.cluster.local", 3)
        yield from lookup(second + 0.02, "payments", name, 0, "198.51.100.20")
        yield flow(second + 1, "payments", "198.51.100.20", 443, destination_names=[name])
    for minute in (11, 13, 17):
        yield from lookup(60.0 * minute + 44, "payments", "rates.cards.example", 2)
    for minute in (4, 12):
        yield from lookup(60.0 * minute + 50, "orders", "legder.shop.svc.cluster.local", 3)


def main() -> None:
    """Write the file."""
    TARGET.parent.mkdir(exist_ok=True)
    lines = [json.dumps({"flow": made}) for _, made in sorted(story(), key=lambda one: one[0])]
    TARGET.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

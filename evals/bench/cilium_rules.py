"""Single rules of Cilium policies, one function per kind of peer."""

import random
from collections.abc import Callable
from typing import Any

from evals.bench.apps import App

__all__ = ["ALLOWS", "DENIES", "dns_rule", "http_rule"]

Object = dict[str, Any]

_NAMESPACE = "k8s:io.kubernetes.pod.namespace"
_NAMESPACE_LABEL = "k8s:io.cilium.k8s.namespace.labels."


def _near_endpoints(_: random.Random, side: str, friend: App) -> Object:
    return {f"{side}Endpoints": [{"matchLabels": {"tier": friend.labels["tier"]}}]}


def _far_endpoints(_: random.Random, side: str, friend: App) -> Object:
    labels = {"app": friend.name, _NAMESPACE: friend.namespace}
    return {f"{side}Endpoints": [{"matchLabels": labels}]}


def _department(draw: random.Random, side: str, _: App) -> Object:
    labels = {f"{_NAMESPACE_LABEL}department": f"d{draw.randrange(10)}"}
    version = {"key": "version", "operator": "In", "values": ["v1"]}
    return {f"{side}Endpoints": [{"matchLabels": labels, "matchExpressions": [version]}]}


def _entities(draw: random.Random, side: str, _: App) -> Object:
    known = ("cluster", "host", "kube-apiserver", "remote-node", "world")
    return {f"{side}Entities": sorted(draw.sample(known, 2))}


def _blocks(draw: random.Random, side: str, _: App) -> Object:
    second, third = draw.randrange(8), draw.randrange(60)
    return {
        f"{side}CIDRSet": [
            {"cidr": f"198.{16 + second}.0.0/16", "except": [f"198.{16 + second}.{third}.0/24"]},
            {"cidr": f"192.0.{third}.0/24"},
        ]
    }


def _block(draw: random.Random, side: str, _: App) -> Object:
    return {f"{side}CIDR": [f"203.0.{draw.randrange(60)}.0/26"]}


def dns_rule() -> Object:
    """Return the rule that lets Cilium see the answers of the DNS server."""
    labels = {_NAMESPACE: "kube-system", "k8s:k8s-app": "kube-dns"}
    return {
        "toEndpoints": [{"matchLabels": labels}],
        "toPorts": [
            {
                "ports": [{"port": "53", "protocol": "ANY"}],
                "rules": {"dns": [{"matchPattern": "*"}]},
            }
        ],
    }


def http_rule(app: App, friend: App) -> Object:
    """Return a rule on requests to the HTTP port of a workload."""
    return {
        **_far_endpoints(random.Random(), "from", friend),
        "toPorts": [
            {
                "ports": [{"port": str(app.ports[0][1]), "protocol": "TCP"}],
                "rules": {
                    "http": [
                        {"method": "GET", "path": "/v1/.*"},
                        {"method": "POST", "path": "/v1/orders"},
                    ]
                },
            }
        ],
    }


ALLOWS: tuple[Callable[[random.Random, str, App], Object], ...] = (
    _near_endpoints,
    _near_endpoints,
    _far_endpoints,
    _far_endpoints,
    _department,
    _entities,
    _blocks,
    _block,
)
DENIES = (_far_endpoints, _far_endpoints, _department, _blocks, _block)

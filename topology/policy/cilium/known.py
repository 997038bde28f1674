"""The fields that the API server keeps; others are pruned with a warning only."""

from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["unknown_fields"]

Shape = Mapping[str, Any]

_EXPRESSION: Shape = {"key": None, "operator": None, "values": None}
_SELECTOR: Shape = {"matchExpressions": _EXPRESSION, "matchLabels": None}
_CIDR_SET: Shape = {
    "cidr": None,
    "cidrGroupRef": None,
    "cidrGroupSelector": _SELECTOR,
    "except": None,
}
_GROUPS: Shape = {"aws": None}
_ICMPS: Shape = {"fields": {"family": None, "type": None}}
_PORTS: Shape = {"endPort": None, "port": None, "protocol": None}
_NAME: Shape = {"matchName": None, "matchPattern": None}
_HTTP: Shape = {
    "headerMatches": {"mismatch": None, "name": None, "secret": None, "value": None},
    "headers": None,
    "host": None,
    "method": None,
    "path": None,
}
_KAFKA: Shape = {"apiKey": None, "apiVersion": None, "clientID": None, "role": None, "topic": None}
_L7: Shape = {"dns": _NAME, "http": _HTTP, "kafka": _KAFKA, "l7": None, "l7proto": None}
_TO_PORTS: Shape = {
    "listener": None,
    "originatingTLS": None,
    "ports": _PORTS,
    "rules": _L7,
    "serverNames": None,
    "terminatingTLS": None,
}
_FROM: Shape = {
    "fromCIDR": None,
    "fromCIDRSet": _CIDR_SET,
    "fromEndpoints": _SELECTOR,
    "fromEntities": None,
    "fromGroups": _GROUPS,
    "fromNodes": _SELECTOR,
    "fromRequires": None,
    "icmps": _ICMPS,
}
_TO: Shape = {
    "icmps": _ICMPS,
    "toCIDR": None,
    "toCIDRSet": _CIDR_SET,
    "toEndpoints": _SELECTOR,
    "toEntities": None,
    "toGroups": _GROUPS,
    "toNodes": _SELECTOR,
    "toRequires": None,
    "toServices": {
        "k8sService": {"namespace": None, "serviceName": None},
        "k8sServiceSelector": {"namespace": None, "selector": _SELECTOR},
    },
}
_ALLOW: Shape = {"authentication": {"mode": None}, "toPorts": _TO_PORTS}
_DENY: Shape = {"toPorts": {"ports": _PORTS}}
_SPEC: Shape = {
    "description": None,
    "egress": {**_TO, **_ALLOW, "toFQDNs": _NAME},
    "egressDeny": {**_TO, **_DENY},
    "enableDefaultDeny": {"egress": None, "ingress": None},
    "endpointSelector": _SELECTOR,
    "ingress": {**_FROM, **_ALLOW},
    "ingressDeny": {**_FROM, **_DENY},
    "labels": None,
    "log": {"value": None},
    "nodeSelector": _SELECTOR,
}
_POLICY: Shape = {
    "apiVersion": None,
    "kind": None,
    "metadata": None,
    "spec": _SPEC,
    "specs": _SPEC,
    "status": None,
}


def unknown_fields(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield the path of every field that Cilium's schema does not have."""
    yield from _walk(body, _POLICY, "")


def _walk(value: Any, shape: Shape | None, path: str) -> Iterator[str]:
    if shape is None:
        return
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from _walk(item, shape, f"{path}[{number}]")
    elif isinstance(value, Mapping):
        for name, item in value.items():
            inner = f"{path}.{name}" if path else str(name)
            if name in shape:
                yield from _walk(item, shape[name], inner)
            else:
                yield inner

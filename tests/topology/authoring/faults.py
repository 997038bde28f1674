"""Slips that people make in policies: each one as a policy with that one fault in it."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from topology.model import Cluster, Document
from topology.paths import Network
from topology.policy.engine import PolicyEngine
from topology.policy.istio import MeshPolicies

Body = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """One policy with one fault; `after` is None for a policy that is gone."""

    name: str
    before: Document
    after: Document | None


def faults(document: Document) -> Iterator[Fault]:
    """Yield every fault that this generator knows for a policy."""
    yield Fault(f"{document.key}: gone", document, None)
    for name, path in _lists(document.body.get("spec") or {}, ("spec",)):
        for number in range(len(_at(document.body, path))):
            if name in _SECTIONS or name in _PEERS or name in _REQUESTS or name == "ports":

                def drop(body: Body, path: Any = path, number: int = number) -> None:
                    _at(body, path).pop(number)

                yield _fault(document, f"without {_shown(path)}[{number}]", drop)
    for path, value in _scalars(document.body.get("spec") or {}, ("spec",)):
        for what, wrong in _wrong(path, value):

            def put(body: Body, path: Any = path, wrong: Any = wrong) -> None:
                _at(body, path[:-1])[path[-1]] = wrong

            yield _fault(document, f"{_shown(path)} {what}", put)


_SECTIONS = ("ingress", "egress", "rules")
_PEERS = ("from", "to", "fromEndpoints", "toEndpoints", "fromEntities", "toEntities")
_REQUESTS = ("http", "methods", "paths", "principals", "namespaces", "toPorts")


def _wrong(path: tuple[Any, ...], value: Any) -> Iterator[tuple[str, Any]]:
    last = path[-1]
    if last == "port":
        yield "off by one", value + 1 if isinstance(value, int) else _next(value)
    elif last == "protocol" and value == "TCP":
        yield "as UDP", "UDP"
    elif "matchLabels" in path and isinstance(value, str) and len(value) > 3:
        yield "with a letter missing", value[:2] + value[3:]
        yield "with a letter twice", value + value[-1]
    elif any(one in path for one in ("principals", "namespaces")) and isinstance(value, str):
        yield "with a letter missing", value[:-2] + value[-1]
    elif "methods" in path or last == "method":
        yield "as another method", "OPTIONS"
    elif ("paths" in path and value != "*") or last == "path":
        yield "as another path", "/elsewhere"


def _next(value: str) -> str:
    return str(int(value) + 1) if value.isdecimal() else f"{value}x"


def _fault(document: Document, name: str, change: Any) -> Fault:
    body = copy.deepcopy(dict(document.body))
    change(body)
    return Fault(f"{document.key}: {name}", document, replace(document, body=body))


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def _shown(path: tuple[Any, ...]) -> str:
    return ".".join(map(str, path))


def _lists(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        if isinstance(item, list):
            yield str(key), (*path, key)
        if isinstance(item, (dict, list)):
            yield from _lists(item, (*path, key))


def _scalars(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        if isinstance(item, (dict, list)):
            yield from _scalars(item, (*path, key))
        elif key != "k8s:io.kubernetes.pod.namespace" or isinstance(item, str):
            yield (*path, key), item


def faulted(network: Network, fault: Fault) -> Network:
    """Return a network in which a policy has a fault."""
    kept = [one for one in network.cluster.policies if one.key != fault.before.key]
    policies = (*kept, *([fault.after] if fault.after else []))
    return built(
        replace(network.cluster, policies=tuple(sorted(policies, key=lambda one: one.key)))
    )


def built(cluster: Cluster) -> Network:
    """Return the engines of a cluster."""
    return Network(cluster, PolicyEngine.build(cluster), MeshPolicies.build(cluster))

"""Slips that people make in policies: each one as a policy with that one fault in it."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from topology.model import Cluster, Document, Workload
from topology.paths import Network, PortQuery
from topology.policy.engine import PolicyEngine
from topology.policy.istio import MeshPolicies
from topology.targets import WorkloadTarget

__all__ = [
    "Fault",
    "Pair",
    "built",
    "changed",
    "faulted",
    "faults",
    "open_pairs",
    "pair_is_open",
    "pairs",
]

Body = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One policy with one fault."""

    name: str
    before: Document | None
    """None for a policy that is new."""
    after: Document | None
    """None for a policy that is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A connection between two workloads that somebody may need."""

    source: Workload
    destination: Workload
    port: PortQuery

    def __str__(self) -> str:
        return f"{self.source.full_name} -> {self.destination.full_name} {self.port}"


def faults(document: Document) -> Iterator[Fault]:
    """Yield every fault that this generator knows for a policy."""
    yield Fault(name=f"{document.key}: gone", before=document, after=None)
    for name, path in _lists(document.body.get("spec") or {}, ("spec",)):
        for number in range(len(_at(document.body, path))):
            if name in _SECTIONS or name in _PEERS or name in _REQUESTS or name == "ports":

                def drop(body: Body, path: Any = path, number: int = number) -> None:
                    _at(body, path).pop(number)

                yield changed(document, f"without {_shown(path)}[{number}]", drop)
    for path, value in _scalars(document.body.get("spec") or {}, ("spec",)):
        for what, wrong in _wrong(path, value):

            def put(body: Body, path: Any = path, wrong: Any = wrong) -> None:
                _at(body, path[:-1])[path[-1]] = wrong

            yield changed(document, f"{_shown(path)} {what}", put)


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


def changed(document: Document, name: str, change: Any) -> Fault:
    """Return the fault that a change of a policy's body makes."""
    body = copy.deepcopy(dict(document.body))
    change(body)
    return Fault(
        name=f"{document.key}: {name}", before=document, after=replace(document, body=body)
    )


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
    gone = fault.before.key if fault.before else ""
    kept = [one for one in network.cluster.policies if one.key != gone]
    policies = (*kept, *([fault.after] if fault.after else []))
    return built(
        replace(network.cluster, policies=tuple(sorted(policies, key=lambda one: one.key)))
    )


def built(cluster: Cluster) -> Network:
    """Return the engines of a cluster."""
    return Network(cluster, PolicyEngine.build(cluster), MeshPolicies.build(cluster))


def pairs(cluster: Cluster) -> tuple[Pair, ...]:
    """Return every ordered pair of workloads with each port that the second declares."""
    own = [one for one in cluster.workloads if not one.pods[0].host_network]
    return tuple(
        Pair(
            source=source,
            destination=destination,
            port=PortQuery(number=number, protocol=protocol),
        )
        for source in own
        for destination in own
        if source is not destination
        for number, protocol in sorted(
            {(port.number, port.protocol) for pod in destination.pods for port in pod.ports}
        )
    )


def pair_is_open(network: Network, pair: Pair) -> bool:
    """Return whether every layer lets a connection through."""
    return network.reach(
        WorkloadTarget(pair.source), WorkloadTarget(pair.destination), port=pair.port
    ).allowed


def open_pairs(network: Network) -> tuple[Pair, ...]:
    """Return the pairs between which a connection is allowed."""
    return tuple(pair for pair in pairs(network.cluster) if pair_is_open(network, pair))

"""A small cluster made for some policies: it has what hits and what misses each of their parts."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from itertools import combinations, count, islice, product
from typing import Any

from topology.authoring.intent import LabelTest
from topology.model import (
    Cluster,
    ContainerPort,
    Document,
    Namespace,
    Node,
    Pod,
    Service,
    ServicePort,
    Workload,
)
from topology.policy.labels import (
    CLUSTER,
    NAMESPACE,
    NAMESPACE_LABELS,
    NAMESPACE_NAME,
    SERVICE_ACCOUNT,
)

__all__ = ["Stage", "build_stage"]

_ELSEWHERE = "elsewhere"
_OTHER = "other"
_MOST_TEMPLATES = 200
_MOST_CHOICES = 16
_NODE_SELECTORS = ("nodeSelector", "fromNodes", "toNodes")
_PRINCIPAL = 5
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
Labels = dict[str, str]


@dataclass(frozen=True, slots=True)
class Stage:
    """The cluster, and the pods that belong to another cluster of the mesh."""

    cluster: Cluster
    clusters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Template:
    """What a pod is like, apart from its namespace."""

    labels: tuple[tuple[str, str], ...] = ()
    account: str = "default"


@dataclass(slots=True)
class _Parts:
    """What policies name."""

    pods: list[tuple[LabelTest, ...]] = field(default_factory=list)
    spaces: list[tuple[LabelTest, ...]] = field(default_factory=list)
    nodes: list[tuple[LabelTest, ...]] = field(default_factory=list)
    services: list[tuple[str, str, tuple[LabelTest, ...]]] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    accounts: set[tuple[str, str]] = field(default_factory=set)
    ports: set[tuple[str, str]] = field(default_factory=set)
    clusters: set[str] = field(default_factory=set)


def build_stage(policies: Iterable[Document], *, plain: bool = False) -> Stage:
    """Return a cluster with pods, namespaces, nodes and Services for some policies.

    Args:
        policies: What to stage.
        plain: Only what they select, once each, where they select it: the cluster that a reader of
            the policies has in mind.

    For each selector there are pods that it selects, and for each of its conditions one that
    misses only that; so are namespaces and nodes. Pods are also made for pairs of selectors, as
    the subject of a rule may be its peer.
    """
    parts = _Parts()
    for policy in policies:
        parts.names.add(policy.namespace or "default")
        _collect(parts, policy.body, "")
    return _assemble(parts, plain=plain)


def _collect(parts: _Parts, value: Any, key: str) -> None:
    if isinstance(value, Mapping):
        if "matchLabels" in value or "matchExpressions" in value:
            _selector(parts, value, key)
        if key == "k8sService":
            parts.services.append((str(value.get("namespace")), str(value.get("serviceName")), ()))
        if key == "k8sServiceSelector":
            chosen = tuple(_tests(value.get("selector") or {}))
            parts.services.append((str(value.get("namespace") or _ELSEWHERE), "", chosen))
            parts.names.add(str(value.get("namespace") or _ELSEWHERE))
            return
        _port(parts, value)
        for name, inner in value.items():
            _collect(parts, inner, str(name))
    elif isinstance(value, list | tuple):
        for inner in value:
            _collect(parts, inner, key)
            _identity(parts, inner, key)


def _port(parts: _Parts, value: Mapping[str, Any]) -> None:
    port = value.get("port")
    if isinstance(port, str) and not port.isdecimal():
        parts.ports.add((port, str(value.get("protocol") or "TCP").upper()))


def _identity(parts: _Parts, value: Any, key: str) -> None:
    """Take the callers that the mesh's policies name."""
    if not isinstance(value, str):
        return
    if key in ("principals", "notPrincipals"):
        pieces = value.split("/")
        if len(pieces) == _PRINCIPAL and "*" not in value:
            parts.accounts.add((pieces[2], pieces[4]))
    elif key in ("namespaces", "notNamespaces"):
        parts.names.add(value.strip("*") or _ELSEWHERE)
    elif key in ("serviceAccounts", "notServiceAccounts"):
        space, _, name = value.rpartition("/")
        parts.accounts.add((space or "default", name))


def _selector(parts: _Parts, value: Mapping[str, Any], key: str) -> None:
    tests = tuple(_tests(value))
    if key == "namespaceSelector":
        parts.spaces.append(tests)
        parts.names |= {one for test in tests if test.key == NAMESPACE_NAME for one in test.values}
    elif key in _NODE_SELECTORS:
        parts.nodes.append(tests)
    else:
        _pod_selector(parts, tests)


def _pod_selector(parts: _Parts, tests: tuple[LabelTest, ...]) -> None:
    """Take a selector of pods apart: namespaces and clusters stand in it as labels, too."""
    own: list[LabelTest] = []
    spaces: list[LabelTest] = []
    for test in tests:
        if test.key == NAMESPACE:
            parts.names |= set(test.values)
        elif test.key == CLUSTER:
            parts.clusters |= set(test.values)
        elif test.key.startswith(NAMESPACE_LABELS):
            key = test.key.removeprefix(NAMESPACE_LABELS)
            spaces.append(LabelTest(key, test.operator, test.values))
        else:
            own.append(test)
    if spaces:
        parts.spaces.append(tuple(spaces))
    parts.pods.append(tuple(own))


def _tests(selector: Mapping[str, Any]) -> Iterator[LabelTest]:
    labels = selector.get("matchLabels")
    for key, value in (labels if isinstance(labels, Mapping) else {}).items():
        yield LabelTest(_bare(key), "In", (str(value),))
    for item in selector.get("matchExpressions") or ():
        if isinstance(item, Mapping):
            values = tuple(str(one) for one in item.get("values") or ())
            yield LabelTest(_bare(item.get("key", "")), item.get("operator", "Exists"), values)


def _bare(key: object) -> str:
    return str(key).removeprefix("k8s:").removeprefix("any:")


def _hits(tests: Sequence[LabelTest]) -> Iterator[Labels]:
    """Yield labels that meet all conditions, once for each choice of the values that are named.

    Of many choices only the first: which values go together matters to those who split a policy.
    """
    wanted = [test for test in tests if test.operator == "In" and test.values]
    there = {test.key: _OTHER for test in tests if test.operator == "Exists"}
    for chosen in islice(product(*(test.values for test in wanted)), _MOST_CHOICES):
        keys = (test.key for test in wanted)
        yield {**there, **dict(zip(keys, chosen, strict=True))}


def _misses(tests: Sequence[LabelTest]) -> Iterator[Labels]:
    """Yield labels that miss a single condition, in each way in which it can be missed."""
    for missed in tests:
        for hit in _hits(tests):
            without = {key: value for key, value in hit.items() if key != missed.key}
            if missed.operator in ("In", "Exists"):
                yield without
            if missed.operator == "In":
                yield {**without, missed.key: _OTHER}
            if missed.operator in ("NotIn", "DoesNotExist"):
                yield from ({**without, missed.key: value} for value in missed.values or (_OTHER,))


def _label_sets(selectors: Sequence[tuple[LabelTest, ...]], *, plain: bool) -> list[Labels]:
    """Return labels for every selector, for every pair of them, and none at all."""
    distinct = list(dict.fromkeys(selectors))
    if plain:
        return [next(_hits(tests)) for tests in distinct if tests] or [{}]
    found: list[Labels] = [{}]
    found += [labels for tests in distinct for labels in _hits(tests)]
    found += [labels for tests in distinct for labels in _misses(tests)]
    for one, other in combinations(distinct, 2):
        first, second = next(_hits(one)), next(_hits(other))
        if all(first.get(key, value) == value for key, value in second.items()):
            found.append(first | second)
    unique = {tuple(sorted(one.items())): one for one in found}
    return list(unique.values())[:_MOST_TEMPLATES]


def _assemble(parts: _Parts, *, plain: bool) -> Stage:
    spaces = _spaces(parts)
    if plain:
        spaces.pop(_ELSEWHERE, None)
    templates = [
        _Template(
            tuple((k, v) for k, v in sorted(one.items()) if k != SERVICE_ACCOUNT and ":" not in k),
            one.get(SERVICE_ACCOUNT, "default"),
        )
        for one in _label_sets(parts.pods, plain=plain)
    ]
    accounts = sorted({name for _, name in parts.accounts} | {_OTHER} if parts.accounts else set())
    templates += [_Template(account=name) for name in accounts]
    numbers = count(1)
    workloads: list[Workload] = []
    clusters: dict[str, str] = {}
    # Pods that give a port's name to one number, to another, and that know it not.
    firsts = (9000, 9500, 0) if parts.ports and not plain else (9000,)
    others = ("", *sorted(parts.clusters))
    for space, template, other, first in product(spaces, dict.fromkeys(templates), others, firsts):
        pod = _pod(space, template, next(numbers), parts.ports, first)
        workloads.append(_workload(pod))
        if other:
            clusters[pod.full_name] = other
    services, behind = _services(parts, numbers)
    cluster = Cluster(
        namespaces=spaces,
        nodes=tuple(_nodes(parts)),
        workloads=(*workloads, *behind),
        services=services,
    )
    return Stage(cluster, clusters)


def _spaces(parts: _Parts) -> dict[str, Namespace]:
    names = {*parts.names, *(space for space, _ in parts.accounts), _ELSEWHERE} - {"", "*"}
    found = {name: Namespace(name=name) for name in sorted(names)}
    numbers = count(1)
    for tests in dict.fromkeys(parts.spaces):
        for labels in (*_hits(tests), *_misses(tests)):
            name = f"space-{next(numbers)}"
            found[name] = Namespace(name=name, labels=labels)
    return found


def _pod(
    space: str,
    template: _Template,
    number: int,
    ports: Iterable[tuple[str, str]] = (),
    first: int = 0,
) -> Pod:
    values = [value.lower() for _, value in template.labels if _NAME.fullmatch(value.lower())]
    name = f"{values[0] if values else 'pod'}-{number}"
    declared = tuple(
        ContainerPort(first + place, protocol if protocol in ("UDP", "SCTP") else "TCP", port)  # type: ignore[arg-type]
        for place, (port, protocol) in enumerate(sorted(ports) if first else ())
    )
    return Pod(
        namespace=space,
        name=name,
        labels=dict(template.labels),
        addresses=(ip_address((10 << 24) + (244 << 16) + number),),
        node="node-1",
        service_account=template.account,
        ports=declared,
        containers=("app", "istio-proxy"),
        workload=name,
    )


def _workload(pod: Pod) -> Workload:
    return Workload(
        kind="Deployment", namespace=pod.namespace, name=pod.name, labels=pod.labels, pods=(pod,)
    )


def _services(parts: _Parts, numbers: Iterator[int]) -> tuple[tuple[Service, ...], list[Workload]]:
    """Return the Services that are named, each with a pod behind it, and some besides."""
    services: list[Service] = []
    behind: list[Workload] = []
    wanted = [(space, name, next(_hits(tests))) for space, name, tests in parts.services]
    wanted += [
        (space, "", labels) for space, _, tests in parts.services for labels in _misses(tests)
    ]
    unique = {(space, name, tuple(sorted(labels.items()))) for space, name, labels in wanted}
    for place, (space, name, labels) in enumerate(sorted(unique), 1):
        number = next(numbers)
        selector = {"backend": f"b{place}"}
        pod = _pod(space, _Template((("backend", f"b{place}"),)), number)
        behind.append(_workload(pod))
        services.append(
            Service(
                namespace=space,
                name=name or f"service-{place}",
                labels=dict(labels),
                selector=selector,
                ports=(ServicePort(port=80, target=80),),
            )
        )
    return tuple(services), behind


def _nodes(parts: _Parts) -> Iterator[Node]:
    sets = [labels for tests in parts.nodes for labels in (*_hits(tests), *_misses(tests))]
    for number, labels in enumerate([{}, *sets], 1):
        yield Node(
            name=f"node-{number}",
            labels=labels,
            addresses=(ip_address((192 << 24) + (168 << 16) + (77 << 8) + number),),
        )

"""A cluster made for some policies: pods that each selector hits, and pods that it just misses.

Two policies that do the same on today's pods may differ on tomorrow's. On a cluster with a pod
for every way in which a condition can hold or fail they cannot, as far as selectors go.
"""

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_address
from itertools import product

from topology.model import Cluster, ContainerPort, Namespace, Node, Pod, Workload
from topology.policy.labels import (
    CLUSTER,
    NAMESPACE,
    NAMESPACE_LABELS,
    NAMESPACE_NAME,
    SERVICE_ACCOUNT,
)
from topology.policy.peers import SelectorPeer
from topology.policy.rules import Rule
from topology.policy.selectors import Requirement, Selector

__all__ = ["witness_cluster"]

_OTHER = "another-value"
_ELSEWHERE = "elsewhere"
_MOST_PODS = 1_500
Labels = dict[str, str]


def witness_cluster(rules: Iterable[Rule]) -> Cluster:
    """Return a cluster that tells apart whatever some rules tell apart.

    Args:
        rules: Of every policy that is compared.
    """
    rules = tuple(rules)
    selectors = list(dict.fromkeys(_selectors(rules)))
    spaces = _namespaces(selectors)
    variants = list(dict.fromkeys(_variants(selectors)))
    ports = _ports(rules)
    workloads = []
    for number, ((name, _), (labels, account)) in enumerate(product(spaces.items(), variants)):
        if number >= _MOST_PODS:
            break
        workloads.append(_workload(number, name, dict(labels), account, ports))
    return Cluster(
        namespaces={
            name: Namespace(name=name, labels={**labels, NAMESPACE_NAME: name})
            for name, labels in spaces.items()
        },
        nodes=(Node(name="node-0", addresses=(ip_address("192.0.2.1"),)),),
        workloads=tuple(workloads),
    )


def _selectors(rules: Iterable[Rule]) -> Iterator[Selector]:
    for rule in rules:
        yield rule.subject
        for peer in rule.peers or ():
            if isinstance(peer, SelectorPeer):
                yield peer.selector
        yield from rule.requires


_Variant = tuple[tuple[tuple[str, str], ...], str]


def _variants(selectors: Iterable[Selector]) -> Iterator[_Variant]:
    """Yield labels that each selector selects, and such that fail one condition each."""
    yield (), "default"
    for selector in selectors:
        wanted = [one for one in selector.requirements if _is_label(one)]
        wanted.sort(key=str)
        holding: list[Labels] = [{}]
        for one in wanted:
            holding = [{**base, **more} for base in holding for more in _holding(one)][:_MOST_PODS]
        for base in holding:
            yield _frozen(base)
        for one in wanted:
            for failing in _failing(one):
                for base in holding[:4]:
                    kept = {key: value for key, value in base.items() if key != one.key}
                    yield _frozen({**kept, **failing})


def _frozen(labels: Labels) -> _Variant:
    account = labels.get(SERVICE_ACCOUNT, "default")
    own = {key: value for key, value in labels.items() if key != SERVICE_ACCOUNT}
    return tuple(sorted(own.items())), account


def _is_label(one: Requirement) -> bool:
    reserved = one.source == "reserved" or one.key in (NAMESPACE, CLUSTER)
    return not reserved and not one.key.startswith(NAMESPACE_LABELS)


def _holding(one: Requirement) -> list[Labels]:
    match one.operator:
        case "In":
            return [{one.key: value} for value in sorted(one.values)]
        case "NotIn":
            return [{}, {one.key: _OTHER}]
        case "Exists":
            return [{one.key: _OTHER}]
        case _:
            return [{}]


def _failing(one: Requirement) -> list[Labels]:
    match one.operator:
        case "In":
            return [{}, {one.key: _OTHER}]
        case "NotIn":
            return [{one.key: value} for value in sorted(one.values)]
        case "Exists":
            return [{}]
        case _:
            return [{one.key: _OTHER}]


def _namespaces(selectors: Iterable[Selector]) -> dict[str, Labels]:
    """Return namespaces that are named, one that is not, and some for each condition on labels."""
    found: dict[str, Labels] = {_ELSEWHERE: {}}
    number = 0
    for selector in selectors:
        spaces = [
            Requirement(
                one.source, one.key.removeprefix(NAMESPACE_LABELS), one.operator, one.values
            )
            for one in selector.requirements
            if one.key.startswith(NAMESPACE_LABELS)
        ]
        for one in selector.requirements:
            if one.key == NAMESPACE:
                found.update({value: found.get(value, {}) for value in sorted(one.values)})
        for one in sorted(spaces, key=str):
            if one.key == NAMESPACE_NAME:
                found.update({value: found.get(value, {}) for value in sorted(one.values)})
                continue
            for labels in (*_together(spaces), *_failing(one)):
                if labels not in found.values():
                    found[f"space-{number}"] = labels
                    number += 1
    return found


def _together(requirements: Iterable[Requirement]) -> list[Labels]:
    holding: list[Labels] = [{}]
    for one in requirements:
        if one.key != NAMESPACE_NAME:
            holding = [{**base, **more} for base in holding for more in _holding(one)][:16]
    return holding


def _ports(rules: Iterable[Rule]) -> tuple[ContainerPort, ...]:
    names = sorted({entry.name for rule in rules for entry in rule.ports or () if entry.name})
    return tuple(
        ContainerPort(20_000 + number, protocol, name)
        for number, name in enumerate(names)
        for protocol in ("TCP",)
    )


def _workload(
    number: int, namespace: str, labels: Mapping[str, str], account: str,
    ports: tuple[ContainerPort, ...],
) -> Workload:  # fmt: skip
    name = f"pod-{number}"
    # Every third pod knows no port by name, every third gives the names to other numbers.
    declared = (
        ports,
        (),
        tuple(ContainerPort(one.number + 1_000, one.protocol, one.name) for one in ports),
    )[number % 3]
    pod = Pod(
        namespace=namespace,
        name=name,
        labels=labels,
        addresses=(ip_address("10.250.0.0") + number,),
        node="node-0",
        service_account=account,
        ports=declared,
        workload=name,
    )
    return Workload(kind="Pod", namespace=namespace, name=name, labels=labels, pods=(pod,))

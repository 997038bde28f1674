"""Policies of the mesh compared by requests: from every caller, to every workload."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from ipaddress import ip_address
from types import MappingProxyType
from typing import Any

from topology.authoring.probes import http_probes
from topology.authoring.staging import Stage
from topology.model import Document, Pod, Source
from topology.policy.istio import MeshPolicies
from topology.policy.verdict import HttpRequest
from topology.targets import AddressTarget, PodTarget

__all__ = ["MESH_KINDS", "mesh_differences"]

MESH_KINDS = ("AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication")
_PLAIN_PORT = 7070
_ROOT = "istio-system"
_LABELS = MappingProxyType({"app": "nothing-selects-this"})


def mesh_differences(
    stage: Stage, reference: Sequence[Document], candidate: Sequence[Document]
) -> Iterator[str]:
    """Yield the requests that fare otherwise under one set of policies than under the other."""
    sets = [tuple(one for one in each if one.kind in MESH_KINDS) for each in (reference, candidate)]
    if not any(sets):
        return
    both = (*sets[0], *sets[1])
    stage = _with_outsiders(stage)
    requests = http_probes(both)
    context = _checked(both)
    for extra in ((), (context,)) if context else ((),):
        first, second = (
            MeshPolicies.build(stage.cluster, policies=(*each, *extra)) for each in sets
        )
        yield from _compared(stage, first, second, (both, requests))


def _compared(
    stage: Stage,
    first: MeshPolicies,
    second: MeshPolicies,
    asked: tuple[Sequence[Document], Sequence[HttpRequest]],
) -> Iterator[str]:
    policies, requests = asked
    sources: list[PodTarget | AddressTarget] = [*_callers(stage, first, second)]
    sources += _addresses(policies)
    for pod in _distinct(stage, first, second):
        for port in sorted(_ports(policies)):
            for source in sources:
                for http in (None, *requests):
                    before, after = (
                        each.decide(pod, port=port, source=source, http=http)
                        for each in (first, second)
                    )
                    if _essence(before) != _essence(after):
                        what = f" with {http}" if http else ""
                        yield (
                            f"{source} -> {pod.full_name} {dict(pod.labels)} on {port}{what}: "
                            f"{before.verdict}, then {after.verdict}"
                        )
                        break


def _essence(decision: Any) -> tuple[Any, ...]:
    return (decision.verdict, decision.l7 if decision.l7 in ("deny",) else None)


def _distinct(stage: Stage, *meshes: MeshPolicies) -> Iterator[Pod]:
    """Yield one pod of each class that both sets of policies treat alike."""
    seen = set()
    for pod in stage.cluster.pods:
        key = tuple(each.class_of(pod) for each in meshes)
        if key not in seen:
            seen.add(key)
            yield pod


def _callers(stage: Stage, *meshes: MeshPolicies) -> Iterator[PodTarget]:
    seen = set()
    for pod in stage.cluster.pods:
        key = (pod.namespace, pod.service_account, "istio-proxy" in pod.containers)
        if key not in seen:
            seen.add(key)
            yield PodTarget(pod)


def _with_outsiders(stage: Stage) -> Stage:
    """Return the stage with a pod outside the mesh in each namespace."""
    workloads = list(stage.cluster.workloads)
    seen = set()
    for workload in stage.cluster.workloads:
        if workload.namespace in seen:
            continue
        seen.add(workload.namespace)
        pod = replace(
            workload.pods[0],
            name="outsider",
            workload="outsider",
            labels=_LABELS,
            containers=("app",),
            addresses=(ip_address((10 << 24) + (245 << 16) + len(seen)),),
        )
        workloads.append(replace(workload, name="outsider", labels=_LABELS, pods=(pod,)))
    return replace(stage, cluster=replace(stage.cluster, workloads=tuple(workloads)))


def _addresses(policies: Iterable[Document]) -> Iterator[AddressTarget]:
    """Yield addresses that hit and miss the blocks that policies name."""
    from ipaddress import ip_network

    yield AddressTarget(ip_address("203.0.113.7"))
    for text in _values(policies, ("ipBlocks", "notIpBlocks")):
        yield AddressTarget(ip_network(text, strict=False).network_address)


def _ports(policies: Iterable[Document]) -> set[int]:
    found = {int(one) for one in _values(policies, ("ports", "notPorts")) if one.isdecimal()}
    for policy in policies:
        spec = policy.body.get("spec")
        modes = spec.get("portLevelMtls") if isinstance(spec, dict) else None
        found |= {int(one) for one in modes or () if str(one).isdecimal()}
    return {*found, _PLAIN_PORT}


def _values(policies: Iterable[Document], keys: tuple[str, ...]) -> Iterator[str]:
    waiting: list[Any] = [policy.body for policy in policies]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            for key, value in one.items():
                if key in keys and isinstance(value, list):
                    yield from map(str, value)
                else:
                    waiting.append(value)
        elif isinstance(one, list):
            waiting.extend(one)


def _checked(policies: Sequence[Document]) -> Document | None:
    """Return a RequestAuthentication that accepts every issuer that is named, if any is.

    Without one no token counts, and rules about tokens could not be told apart.
    """
    issuers: dict[str, None] = {}
    for request in http_probes(policies):
        if request.claims:
            import json

            issuers[str(json.loads(request.claims).get("iss", "issuer"))] = None
    if not issuers:
        return None
    rules = [{"issuer": one, "jwksUri": "https://keys.example/jwks"} for one in issuers]
    body = {
        "apiVersion": "security.istio.io/v1",
        "kind": "RequestAuthentication",
        "metadata": {"name": "every-issuer", "namespace": _ROOT},
        "spec": {"jwtRules": rules},
    }
    return Document(
        kind="RequestAuthentication",
        api_version="security.istio.io/v1",
        namespace=_ROOT,
        name="every-issuer",
        body=body,
        source=Source(file="made-up"),
    )

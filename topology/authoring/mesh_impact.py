"""What a change of mesh policies lets through or stops, on every request that they tell apart."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import NamedTuple

from topology.authoring.edits import Edit
from topology.model import Document, Pod
from topology.paths import Network
from topology.policy.istio.sidecars import PROXY_CONTAINER
from topology.policy.ports import PortSet
from topology.policy.verdict import HttpRequest
from topology.targets import EntityTarget, PodTarget

__all__ = ["MeshChange", "MeshChanges", "mesh_changes"]

_MOST = 60_000
"""Questions above which not all are asked; each takes some tenth of a millisecond."""
_OTHER_PATH = "/a-path-that-no-rule-names"
_METHODS = ("GET", "POST", "PUT", "DELETE")
_PLACEHOLDER = re.compile(r"\{\*+\}|\*+")


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshChange:
    """One request that fares otherwise than before."""

    source: str
    destination: str
    port: int | None
    request: str
    """Empty for a connection without one."""
    opens: bool
    is_asked: bool

    def __str__(self) -> str:
        verb = "opens" if self.opens else "closes"
        port = f" on {self.port}/TCP" if self.port is not None else ""
        request = f" `{self.request}`" if self.request else ""
        return f"{verb} `{self.source}` -> `{self.destination}`{port}{request}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeshChanges:
    """Everything that fares otherwise, and whether all was asked."""

    rows: tuple[MeshChange, ...]
    incomplete: str = ""


def mesh_changes(
    before: Network,
    after: Network,
    edits: Sequence[Edit],
    *,
    asked: HttpRequest | None = None,
    ports: PortSet = PortSet.EMPTY,
) -> MeshChanges:
    """Compare what two networks' meshes say, where edits can make a difference.

    Every caller that they tell apart is asked about with every method, path and host that a rule
    names, one beside them, and every port that a destination offers.

    Args:
        before: As it is.
        after: With the edits in force.
        edits: Of AuthorizationPolicies and PeerAuthentications.
        asked: The request that is meant to pass.
        ports: On which it is, beside those that pods declare.
    """
    documents = [one for edit in edits for one in (edit.before, edit.after) if one is not None]
    meshed = [one for one in documents if one.kind not in _NETWORK_KINDS]
    callers = list(_callers(before, after))
    found: list[MeshChange] = []
    count = 0
    for pod in _destinations(before, after, meshed):
        requests = list(_requests(before, after, pod, asked))
        for port, caller in product(_ports(pod, ports), callers):
            count += len(requests)
            if count > _MOST:
                return MeshChanges(
                    rows=tuple(found),
                    incomplete=f"The mesh policies tell more than {_MOST:,} requests apart.",
                )
            found += _compared(before, after, caller, pod, port, requests, asked)
    return MeshChanges(rows=tuple(found))


_NETWORK_KINDS = frozenset(
    {"CiliumClusterwideNetworkPolicy", "CiliumNetworkPolicy", "NetworkPolicy"}
)


class _Caller(NamedTuple):
    """Who sends a request: to people, to the mesh, and to network policies."""

    name: str
    meshed: PodTarget | EntityTarget
    plain: PodTarget | EntityTarget


def _compared(
    before: Network,
    after: Network,
    caller: _Caller,
    pod: Pod,
    port: int | None,
    requests: Iterable[HttpRequest | None],
    asked: HttpRequest | None,
) -> Iterator[MeshChange]:
    name, source, plain = caller
    end = PodTarget(pod)
    if port is not None and after.policies.verdict(plain, end, port=port) == "deny":
        return
    for request in requests:
        old = before.mesh.decide(pod, port=port, source=source, http=request)
        new = after.mesh.decide(pod, port=port, source=source, http=request)
        was, now = _rank(old.verdict), _rank(new.verdict)
        if was != now:
            yield MeshChange(
                source=name,
                destination=f"{pod.namespace}/{pod.workload or pod.name}",
                port=port,
                request=f"{request.method} {request.path}" if request else "",
                opens=now > was,
                is_asked=request is not None and request == asked,
            )


def _rank(verdict: str) -> int:
    return ("deny", "unknown", "allow").index(verdict)


def _destinations(before: Network, after: Network, documents: Sequence[Document]) -> Iterator[Pod]:
    """Yield a pod of each kind that one of the policies is about."""
    seen = set()
    for pod in before.cluster.pods:
        if not pod.running:
            continue
        chosen = any(
            network.mesh.index.is_selected(document, pod)
            for network in (before, after)
            for document in documents
        )
        key = (pod.namespace, pod.workload, before.mesh.class_of(pod), after.mesh.class_of(pod))
        if chosen and key not in seen:
            seen.add(key)
            yield pod


def _callers(before: Network, after: Network) -> Iterator[_Caller]:
    """Yield a pod of each workload that the mesh tells apart, and the outside.

    A pod of which it is not known whether it carries a sidecar is asked about in both forms.
    """
    seen = set()
    for pod in before.cluster.pods:
        key = (pod.namespace, pod.workload, after.mesh.class_of(pod))
        if not pod.running or key in seen:
            continue
        seen.add(key)
        name = f"{pod.namespace}/{pod.workload or pod.name}"
        state = before.mesh.index.state(pod)
        forms = [pod]
        if state.present is None and not state.ambient:
            proxied = (*pod.containers, PROXY_CONTAINER)
            forms = [
                replace(pod, name=f"{pod.name}-with-sidecar", containers=proxied),
                replace(pod, name=f"{pod.name}-without", containers=("app",), planned=False),
            ]
        for form in forms:
            yield _Caller(name, PodTarget(form), PodTarget(pod))
    world = EntityTarget("world")
    yield _Caller("world", world, world)


def _ports(pod: Pod, asked: PortSet) -> Sequence[int | None]:
    offered = {port.number for port in pod.ports if port.protocol == "TCP"}
    offered |= {first for first, last in asked.spans("TCP") if first == last}
    return sorted(offered) or [None]


def _requests(
    before: Network, after: Network, pod: Pod, asked: HttpRequest | None
) -> Iterator[HttpRequest | None]:
    """Yield one request of each sort that the policies of a pod tell apart.

    And a connection without any, unless one request is all that is asked about.
    """
    named: dict[str, dict[str, None]] = {"request.method": {}, "request.path": {}}
    hosts: dict[str, None] = {}
    for network in (before, after):
        for policy in network.mesh.index.authorization_policies(pod):
            for test in (test for rule in policy.rules for test in rule.tests):
                if test.attribute in named:
                    named[test.attribute].update(dict.fromkeys(test.values))
                elif test.attribute == "request.host":
                    hosts.update(dict.fromkeys(test.values))
    if asked is None:
        yield None
    methods = [one for one in named["request.method"] if "*" not in one]
    methods += [one for one in _METHODS if one not in methods][:1] or ["PATCH"]
    paths = [path for value in named["request.path"] for path in _examples(value)]
    if asked is not None:
        methods, paths = [asked.method, *methods], [asked.path, *paths]
        yield asked
    paths.append(_OTHER_PATH)
    examples = [one.replace("*", "a") for one in hosts]
    for method, path, host in product(
        dict.fromkeys(methods), dict.fromkeys(paths), dict.fromkeys([*examples, ""])
    ):
        request = HttpRequest(method=method, path=path, host=host)
        if request != asked:
            yield request


def _examples(value: str) -> Iterator[str]:
    """Yield a path that a pattern matches, and one that lies deeper."""
    filled = _PLACEHOLDER.sub("a", value)
    yield filled if filled.startswith("/") else f"/{filled}"
    if value.endswith("*"):
        yield f"{filled.rstrip('/')}/b" if filled.startswith("/") else f"/{filled}/b"

"""What a reader should know of an answer besides its verdict."""

from collections.abc import Iterator, Sequence

from topology.model import Cluster
from topology.paths.parties import Party
from topology.paths.results import PortVerdict
from topology.paths.routing import Ask
from topology.policy.verdict import HttpRequest
from topology.service_path.entries import entries_of
from topology.targets import (
    EntityTarget,
    NamespaceTarget,
    PodTarget,
    ServiceTarget,
    Target,
    WorkloadTarget,
)

__all__ = ["notes_on"]

_SHOWN = 3


def notes_on(
    cluster: Cluster,
    source: Target,
    destination: Target,
    sources: Sequence[Party],
    asks: Sequence[Ask],
    ports: Sequence[PortVerdict],
    http: HttpRequest | None,
) -> Iterator[str]:
    """Yield one sentence for each thing worth knowing."""
    for port in ports:
        if port.groups:
            yield _disagreement(port)
    if isinstance(source, (WorkloadTarget, PodTarget)) and str(source) == str(destination):
        yield (
            f"Both ends are `{source}`: this is about two of its pods. Traffic within one pod "
            "meets no policy."
        )
    if http and http.method != http.method.upper():
        upper = http.method.upper()
        yield f"Methods are compared as written, and `{http.method}` is not `{upper}`."
    ends = {party.name: party for party in sources}
    for ask in asks:
        ends |= {party.name: party for party, _ in ask.ends}
    for party in ends.values():
        yield from _oddities(party)
    yield from _undeclared(asks, ports)
    yield from _entries(cluster, source, destination)
    for end in (source,) if source == destination else (source, destination):
        if isinstance(end, NamespaceTarget):
            yield f"`{end}` stands for every workload in it."


def _entries(cluster: Cluster, source: Target, destination: Target) -> Iterator[str]:
    """Yield how a Service inside is reached from outside, if at all."""
    if not (isinstance(destination, ServiceTarget) and source == EntityTarget("world")):
        return
    service = destination.service
    if service.type != "ClusterIP" or service.external_addresses:
        return
    names = dict.fromkeys(
        f"`{entry.key}`" for entry in entries_of(cluster) if entry.full_name == service.full_name
    )
    if names:
        yield (
            f"Service `{service.full_name}` has an address inside the cluster only; from outside "
            f"it is reached through {', '.join(names)}: `netassist service path "
            f"{service.full_name}` shows that way."
        )
        return
    yield (
        f"Service `{service.full_name}` is of type {service.type}, and nothing in the input opens "
        "it to the outside: no Ingress, no route and no load balancer. This is about policies "
        "alone."
    )


def _undeclared(asks: Sequence[Ask], ports: Sequence[PortVerdict]) -> Iterator[str]:
    """Yield the workloads that declare ports, and not the one that they are reached on."""
    reached = [ask for ask, port in zip(asks, ports, strict=True) if port.verdict.verdict != "deny"]
    for party, number in (end for ask in reached for end in ask.ends):
        declared = sorted({port.number for pod in party.pods for port in pod.ports})
        named = [f"{one}" for one in declared[:_SHOWN]]
        if number and named and number not in declared:
            yield (
                f"`{party.name}` declares {' and '.join(named)}, not {number}: it may well be that "
                "nothing listens there."
            )


def _oddities(party: Party) -> Iterator[str]:
    """Yield what is unusual about the pods of a party."""
    if not party.pods:
        return
    if party.pods[0].host_network:
        yield (
            f"`{party.name}` uses the network of its node, so it counts as that node, and policies "
            "that select pods do not apply to it."
        )
    if not party.pods[0].running:
        yield f"`{party.name}` has finished; the answer is for a pod like it that runs."


def _disagreement(port: PortVerdict) -> str:
    """Say which pods get which answer."""
    parts = [
        f"{group.verdict.verdict} from {_listed(group.sources)} to {_listed(group.destinations)}"
        for group in port.groups
    ]
    return f"On {port} the pods do not agree: {'; '.join(parts)}."


def _listed(names: Sequence[str]) -> str:
    text = ", ".join(f"`{name}`" for name in names[:_SHOWN])
    return text if len(names) <= _SHOWN else f"{text} and {len(names) - _SHOWN} more"

"""An intent in terms of a cluster: namespaces written out, workloads by label, ports of pods."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from topology.authoring.intent import (
    Anyone,
    Clause,
    Intent,
    LabelTest,
    Nodes,
    Party,
    Pods,
    PortSpan,
    ServiceParty,
)
from topology.authoring.membership import members, services_meant
from topology.authoring.sides import side_of
from topology.authoring.stable_labels import labels_of, pods_of_workload
from topology.model import Cluster, Pod, Service
from topology.services import service_backends, service_workloads, services_of

__all__ = ["Grounded", "ground"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounded:
    """An intent whose parties name namespaces, labels and ports as pods have them."""

    intent: Intent
    notes: tuple[str, ...] = ()
    """What was taken otherwise than it was written, one sentence each."""


def ground(cluster: Cluster, intent: Intent) -> Grounded:
    """Write out what an intent leaves to the cluster.

    Args:
        cluster: Whose workloads, Services and ports are meant.
        intent: As it was understood.
    """
    home = intent.namespace or _home(cluster, intent)
    notes: dict[str, None] = {}
    if intent.exact:
        # Said in terms of labels, ports of pods and Services already: nothing is to be looked up.
        clauses = tuple(_as_said(one, home) for one in intent.clauses)
    else:
        clauses = tuple(_clause(cluster, one, home, notes) for one in intent.clauses)
        if not (intent.namespace or intent.kinds):
            clauses = tuple(map(_for_everyone, clauses))
    return Grounded(
        intent=replace(
            intent,
            clauses=clauses,
            isolate=tuple((_subject(cluster, one, home), side) for one, side in intent.isolate),
            mutual_tls=tuple(
                (_pods(cluster, one, home), mode, ports) for one, mode, ports in intent.mutual_tls
            ),
            issuers=tuple((_pods(cluster, one, home), names) for one, names in intent.issuers),
            namespace=home,
        ),
        notes=tuple(notes),
    )


def _home(cluster: Cluster, intent: Intent) -> str:
    """Return the namespace that a policy goes to where the request names none.

    It is that of the subjects where these all have one, else `default`.
    """
    subjects: list[Party] = [one for one, _ in intent.isolate]
    subjects += [one for one, _, _ in intent.mutual_tls]
    subjects += [one for one, _ in intent.issuers]
    for clause in intent.clauses:
        side = clause.side or ("egress" if clause.destinations == (Anyone(),) else "ingress")
        subjects += clause.destinations if side == "ingress" else clause.sources
    for parties in (subjects, [one for each in intent.clauses for one in _ends(each)]):
        found = {space for one in parties for space in _spaces(one)}
        if len(found) == 1:
            return found.pop()
        if found:
            break
    return "default"


def _ends(clause: Clause) -> Iterable[Party]:
    return (*clause.destinations, *clause.sources)


def _spaces(party: Party) -> tuple[str, ...]:
    if isinstance(party, Pods):
        return party.namespaces or ((party.workload.partition("/")[0],) if party.workload else ())
    if isinstance(party, ServiceParty) and party.namespace:
        return (party.namespace,)
    return ()


def _clause(cluster: Cluster, clause: Clause, home: str, notes: dict[str, None]) -> Clause:
    ports = clause.traffic.ports
    destinations: list[Party] = []
    for party in clause.destinations:
        services: tuple[Service, ...] = ()
        if isinstance(party, ServiceParty):
            services = services_meant(cluster, _placed(party, home))
        meant = _party(cluster, party, home)
        destinations.append(meant)
        pods = members(cluster, meant)
        ports = _translated(cluster, ports, pods, services, notes)
    grounded = replace(
        clause,
        sources=tuple(_party(cluster, one, home) for one in clause.sources),
        destinations=tuple(destinations),
        traffic=replace(clause.traffic, ports=ports),
    )
    return replace(grounded, side=side_of(grounded))


def _for_everyone(clause: Clause) -> Clause:
    """Return a denial that nobody is named for as one for every pod of the cluster.

    A policy of one namespace would leave it open everywhere else.
    """
    everyone = (Pods(namespaces=None),)
    if clause.effect != "deny":
        return clause
    if clause.side == "egress" and clause.sources == (Anyone(),):
        return replace(clause, sources=everyone)
    if clause.side == "ingress" and clause.destinations == (Anyone(),):
        return replace(clause, destinations=everyone)
    return clause


def _as_said(clause: Clause, home: str) -> Clause:
    def placed(party: Party) -> Party:
        bare = isinstance(party, Pods) and party.namespaces == () and not party.namespace_labels
        return replace(party, namespaces=(home,)) if bare else party  # type: ignore[arg-type]

    sources, destinations = map(placed, clause.sources), map(placed, clause.destinations)
    said = replace(clause, sources=tuple(sources), destinations=tuple(destinations))
    return replace(said, side=side_of(said))


def _subject(cluster: Cluster, subject: Pods | Nodes, home: str) -> Pods | Nodes:
    return subject if isinstance(subject, Nodes) else _pods(cluster, subject, home)


def _party(cluster: Cluster, party: Party, home: str) -> Party:
    if isinstance(party, Pods):
        return _pods(cluster, party, home)
    if isinstance(party, ServiceParty):
        return _service(cluster, _placed(party, home))
    return party


def _placed(party: ServiceParty, home: str) -> ServiceParty:
    return replace(party, namespace=party.namespace or home) if party.name else party


def _pods(cluster: Cluster, party: Pods, home: str) -> Pods:
    if party.workload:
        for workload in cluster.workloads:
            if workload.full_name == party.workload:
                return replace(pods_of_workload(cluster, workload), cluster=party.cluster)
    if party.namespaces == () and not party.namespace_labels:
        return replace(party, namespaces=(home,))
    return replace(party, namespaces=None) if party.namespace_labels else party


def _service(cluster: Cluster, party: ServiceParty) -> Party:
    """Return the pods behind a Service that selects pods, else the Service itself."""
    found = services_meant(cluster, party)
    if len(found) != 1 or not found[0].selector or not party.name:
        return party
    service = found[0]
    behind = service_workloads(cluster, service)
    if len(behind) == 1 and labels_of(cluster, behind[0]):
        return pods_of_workload(cluster, behind[0])
    labels = tuple(LabelTest(key, "In", (value,)) for key, value in service.selector.items())
    return Pods(labels=labels, namespaces=(service.namespace,))


def _translated(
    cluster: Cluster,
    spans: tuple[PortSpan, ...],
    pods: tuple[Pod, ...],
    services: tuple[Service, ...],
    notes: dict[str, None],
) -> tuple[PortSpan, ...]:
    """Return ports as pods have them, where a Service's were named: policies see those of pods."""
    declared = {(port.number, port.protocol) for pod in pods for port in pod.ports}
    found: dict[PortSpan, None] = {}
    for span in spans:
        is_one = span.first and span.last in (0, span.first)
        protocols = ("TCP", "UDP", "SCTP") if span.protocol == "ANY" else (span.protocol,)
        is_declared = any((span.first, one) in declared for one in protocols)
        if not is_one or not pods or (is_declared and not services):
            found[span] = None
            continue
        targets = _targets(cluster, span.first, protocols, services or services_of(cluster, pods))
        for number, where in targets.items():
            if number != span.first:
                notes[
                    f"Port {span.first} is that of Service `{where}`; policies see the pods' own "
                    f"port, {number}."
                ] = None
            found[replace(span, first=number, last=number)] = None
        if not targets:
            found[span] = None
    return tuple(found)


def _targets(
    cluster: Cluster, port: int, protocols: Iterable[str], services: Iterable[Service]
) -> dict[int, str]:
    return {
        backend.port: service.full_name
        for service in services
        for protocol in protocols
        for route in service_backends(cluster, service, port=port, protocol=protocol)
        for backend in route.backends
        if backend.port
    }

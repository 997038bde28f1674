"""Whether two sets of policies give equal verdicts, by the engines, on a cluster made for it.

Network policies are compared exactly, over every pair of ends and every port; where both let only
some requests through, requests are tried that the rules of either tell apart. Policies of the mesh
are compared by requests derived from their fields.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from topology.authoring.mesh_equality import MESH_KINDS, mesh_differences
from topology.authoring.probes import dns_probes, http_probes, kafka_probes
from topology.authoring.staging import Stage, build_stage
from topology.errors import InvalidQuery
from topology.model import Document
from topology.policy.axis import Place
from topology.policy.difference import Change, Difference
from topology.policy.engine import PolicyEngine
from topology.policy.profile import PROFILES, Profile
from topology.targets import AddressTarget, DnsTarget, EntityTarget, PodTarget, Target

__all__ = ["Comparison", "compare"]

_SHOWN = 20
_MOST_CONDITIONAL = 400
_WIDE = {
    # Host policies and what a pod's own node sends are to be seen, too.
    name: replace(PROFILES[name], host_firewall=True, allow_localhost="policy")
    for name in ("1.18", "1.19")
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What two sets of policies do otherwise."""

    differences: tuple[str, ...] = ()
    """One line each, some of them at most."""
    refused: tuple[str, ...] = ()
    """Policies of either set that the engine refuses: they are not in force."""
    vacuous: bool = False
    """Whether all policies of both sets are refused, so that nothing was compared."""

    @property
    def equal(self) -> bool:
        """Return whether the verdicts are equal, and there were any to compare."""
        return not self.differences and not self.vacuous


def compare(
    reference: Sequence[Document], candidate: Sequence[Document], *, profile: str = "1.18"
) -> Comparison:
    """Compare two sets of policies on a cluster that has what both of them select.

    Args:
        reference: The one set.
        candidate: The other; its policies may have the names of the first.
        profile: Whose semantics of network policies, `1.18` or `1.19`.
    """
    own = tuple(replace(one, name=f"candidate-{one.name}") for one in candidate)
    stage = build_stage((*reference, *own))
    differences = list(_network_differences(stage, reference, own, _WIDE[profile]))
    refused = _refused(stage, (*reference, *own), _WIDE[profile])
    network = [one for one in (*reference, *own) if one.kind not in MESH_KINDS]
    vacuous = bool(network) and len(refused) == len(network)
    differences += islice(mesh_differences(stage, reference, own), _SHOWN)
    return Comparison(
        differences=tuple(differences[:_SHOWN]), refused=tuple(refused), vacuous=vacuous
    )


def _refused(stage: Stage, policies: Iterable[Document], profile: Profile) -> list[str]:
    network = [one for one in policies if one.kind not in MESH_KINDS]
    found = []
    for policy in network:
        engine = PolicyEngine.build(stage.cluster, profile=profile, policies=[policy])
        if any(problem.severity == "error" for problem in engine.problems):
            found.append(policy.key)
    return found


def _network_differences(
    stage: Stage, reference: Sequence[Document], candidate: Sequence[Document], profile: Profile
) -> Iterator[str]:
    """Yield what network policies do otherwise."""
    first = [one for one in reference if one.kind not in MESH_KINDS]
    second = [one for one in candidate if one.kind not in MESH_KINDS]
    if not first and not second:
        return
    engine = PolicyEngine.build(
        stage.cluster, profile=profile, policies=first, clusters=stage.clusters
    )
    difference = engine.what_if(add=second, remove=[one.key for one in first])
    if not difference:
        return
    other = PolicyEngine.build(
        stage.cluster, profile=profile, policies=second, clusters=stage.clusters
    )
    conditional = 0
    for change in difference.changes(difference.axis.ends):
        if change.before != change.after:
            yield (
                f"{change.source.name} -> {change.destination.name} on {change.ports}: "
                f"{change.before}, then {change.after}"
            )
        elif conditional < _MOST_CONDITIONAL:
            conditional += 1
            yield from _other_requests(difference, change, (engine, other), (*first, *second))


def _other_requests(
    difference: Difference,
    change: Change,
    engines: tuple[PolicyEngine, PolicyEngine],
    policies: Sequence[Document],
) -> Iterator[str]:
    """Yield the requests between two ends that fare otherwise."""
    source, destination = (_target(difference, one) for one in (change.source, change.destination))
    span = next(iter(change.ports.spans("TCP")), None) or next(
        iter(change.ports.spans("UDP")), None
    )
    if span is None:
        return
    port = span[0]
    protocol = "TCP" if change.ports.contains("TCP", port) else "UDP"
    ways: list[dict[str, Any]] = []
    if protocol == "TCP":
        ways += [{"http": one} for one in http_probes(policies)]
        ways += [{"kafka": one} for one in kafka_probes(policies)]
    ways += [{"dns": one} for one in dns_probes(policies)]
    for way in ways:
        try:
            before, after = (
                one.decide(source, destination, port=port, protocol=protocol, **way).verdict  # type: ignore[arg-type]
                for one in engines
            )
        except InvalidQuery:
            continue
        if before != after:
            yield (
                f"{change.source.name} -> {change.destination.name} on {port}/{protocol} with "
                f"{way}: {before}, then {after}"
            )
            return


def _target(difference: Difference, place: Place) -> Target:
    match place.kind:
        case "pods":
            return PodTarget(difference.axis.classes[place.identity.number][0])
        case "network":
            from ipaddress import ip_network

            return AddressTarget(ip_network(place.name).network_address)
        case "name":
            return DnsTarget(next(iter(place.identity.names), place.name))
        case _:
            return EntityTarget(place.name.removesuffix("-external").removesuffix("-node"))

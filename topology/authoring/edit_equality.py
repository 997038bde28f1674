"""Whether two sets of policies do the same: on the cluster, and on any that could be."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from topology.authoring.checks import Check
from topology.authoring.edits import Edit
from topology.authoring.impact import applied, refusals
from topology.authoring.mesh_impact import mesh_changes
from topology.authoring.staging import Stage, build_stage
from topology.model import Document
from topology.paths import Network
from topology.policy.difference import Difference
from topology.policy.engine import PolicyEngine
from topology.policy.profile import Profile
from topology.policy.reading import KINDS

__all__ = ["Equality", "compare"]

_SHOWN = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Equality:
    """What was compared, and where the two differ."""

    checks: tuple[Check, ...]
    differences: tuple[str, ...] = ()
    """A clause each; the first few."""

    @property
    def holds(self) -> bool:
        """Return whether everything that was compared is equal."""
        return all(check.ok for check in self.checks)


def compare(network: Network, edits: Sequence[Edit]) -> Equality:
    """Compare policies with what is written in their place.

    The policies stand alone in it, so that no other policy can hide a difference between them.

    Args:
        network: The cluster, with the policies in force.
        edits: That take the one set away and put the other in its place.
    """
    old = [one.before for one in edits if one.before is not None]
    new = [one.after for one in edits if one.after is not None]
    profile = network.policies.profile
    checks = [_valid(new, profile)]
    found: list[str] = []
    if any(one.kind in KINDS for one in (*old, *new)):
        for name, stage, what in (
            ("equal-on-cluster", Stage(network.cluster, {}), "On this cluster"),
            ("equal-on-any-cluster", _made_for(network, old, new), "On pods made to tell apart"),
        ):
            differing = _differing(stage, old, new, profile)
            found += [f"{what.lower()}: {one}" for one in differing]
            detail = f"{what}, the policies let through exactly the same, over all ports."
            if differing:
                detail = f"{what}, they differ: {'; '.join(differing[:3])}."
            checks.append(Check(check=name, ok=not differing, detail=detail))
    if any(one.kind not in KINDS for one in (*old, *new)):
        changes = mesh_changes(network, applied(network, edits), edits)
        told = [str(row) for row in changes.rows[:_SHOWN]]
        found += told
        detail = "On every request that the mesh policies tell apart, the verdict is the same."
        if told or changes.incomplete:
            detail = changes.incomplete or f"They differ: {'; '.join(told[:3])}."
        ok = not told and not changes.incomplete
        checks.append(Check(check="equal-requests", ok=ok, detail=detail))
    return Equality(checks=tuple(checks), differences=tuple(found))


def _valid(documents: Iterable[Document], profile: Profile) -> Check:
    faults = refusals(documents, profile)
    return Check(
        check="validation",
        ok=not faults,
        detail=" ".join(faults)
        or "Nothing in them would be refused by the API server, Cilium or Istio.",
    )


def _made_for(network: Network, old: Sequence[Document], new: Sequence[Document]) -> Stage:
    """Return a cluster made for the policies, with the Services and groups of CIDRs that exist."""
    stage = build_stage((*old, *new))
    cluster = replace(
        stage.cluster, services=network.cluster.services, documents=network.cluster.documents
    )
    return replace(stage, cluster=cluster)


def _differing(
    stage: Stage, old: Sequence[Document], new: Sequence[Document], profile: Profile
) -> list[str]:
    """Return where two sets of network policies differ, each of them alone in force."""
    before = [one for one in old if one.kind in KINDS]
    after = [one for one in new if one.kind in KINDS]
    engine = PolicyEngine.build(
        stage.cluster, profile=profile, policies=before, clusters=stage.clusters
    )
    known = {one.key for one in engine.documents}
    gone = sorted(known - {one.key for one in after})
    difference = engine.what_if(add=after, remove=gone)
    return _told(difference)


def _told(difference: Difference) -> list[str]:
    if not difference:
        return []
    found = []
    for change in difference.changes(difference.axis.ends):
        found.append(
            f"`{change.source.name}` -> `{change.destination.name}` on {change.ports}: "
            f"{change.before} before, {change.after} after"
        )
        if len(found) >= _SHOWN:
            break
    return found

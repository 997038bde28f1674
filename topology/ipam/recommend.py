"""Which address mode suits a set of requirements, and why the others do less well."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from topology.ipam.features import FEATURES, Support
from topology.ipam.modes import MODES, Mode
from topology.ipam.plan import Plan
from topology.ipam.pools import NodePool
from topology.ipam.sizing import size_cluster

__all__ = ["Candidate", "Clash", "Recommendation", "recommend"]

_PREFERENCE: tuple[Mode, ...] = (
    "overlay", "pod_subnet_dynamic", "pod_subnet_static", "node_subnet", "kubenet",
)  # fmt: skip
_STATIC_PODS = 50_000
"""Pods beyond which the large-scale guide plans no dynamic pod subnet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One mode, held against the requirements."""

    mode: Mode
    blockers: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    plan: Plan | None = None
    """Sizes, when the number of nodes is known."""

    @property
    def suits(self) -> bool:
        """Return whether nothing rules the mode out."""
        return not self.blockers


@dataclass(frozen=True, slots=True)
class Clash:
    """Two requirements that no mode can meet together."""

    one: str
    other: str
    why: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """The candidates, the best first, and what no mode can help."""

    candidates: tuple[Candidate, ...]
    clashes: tuple[Clash, ...] = ()
    reasons: tuple[str, ...] = ()
    """Why the first is first; empty when none suits."""

    @property
    def best(self) -> Candidate | None:
        """Return the mode to take; None when the requirements rule out every mode."""
        first = self.candidates[0]
        return first if first.suits and not self.clashes else None


def recommend(
    features: Sequence[str],
    *,
    pools: Sequence[NodePool] = (),
    pods_per_node: int | None = None,
    scarce: bool = False,
) -> Recommendation:
    """Rank the modes by what they support and by the addresses of the VNet that they take.

    Args:
        features: Keys of FEATURES that are required.
        pools: Node pools, when the scale is known.
        pods_per_node: Pods that usually run on a node.
        scarce: Whether addresses of the VNet are few.
    """
    wanted = list(dict.fromkeys(features))
    for key in tuple(wanted):
        wanted += [need for need in FEATURES[key].needs if need not in wanted]
    candidates = [_candidate(mode, wanted, pools, pods_per_node) for mode in _PREFERENCE]
    many = any(
        candidate.mode == "pod_subnet_dynamic"
        and candidate.plan
        and candidate.plan.pods > _STATIC_PODS
        for candidate in candidates
    )
    ordered = sorted(candidates, key=lambda one: _rank(one, many=many))
    clashes = _clashes(wanted)
    result = Recommendation(candidates=tuple(ordered), clashes=clashes)
    return replace(result, reasons=_reasons(result, wanted, scarce=scarce))


def _candidate(
    mode: Mode, wanted: Sequence[str], pools: Sequence[NodePool], pods: int | None
) -> Candidate:
    blockers, limits = [], []
    for key in wanted:
        feature = FEATURES[key]
        support = feature.modes[mode]
        if support.verdict == "no":
            blockers.append(_tell(f"no {feature.title}", support, str(feature.source)))
        elif support.note:
            limits.append(_tell(feature.title, support, str(feature.source)))
    plan = None
    if pools:
        dynamic = pods if mode == "pod_subnet_dynamic" else None
        plan = size_cluster(mode, pools, pods_per_node=dynamic)
        blockers += plan.problems
    return Candidate(mode=mode, blockers=tuple(blockers), limits=tuple(limits), plan=plan)


def _tell(subject: str, support: Support, source: str) -> str:
    note = f": {support.note}" if support.note else ""
    return f"{subject}{note}. Source: {source}."


def _rank(candidate: Candidate, *, many: bool) -> tuple[bool, bool, bool, int]:
    """Order: nothing against it, not on its way out, static blocks where pods are very many."""
    static_first = many and candidate.mode == "pod_subnet_dynamic"
    return (
        not candidate.suits,
        bool(MODES[candidate.mode].status),
        static_first,
        _PREFERENCE.index(candidate.mode),
    )


def _clashes(wanted: Sequence[str]) -> tuple[Clash, ...]:
    return tuple(
        Clash(key, other, FEATURES[key].clash, str(FEATURES[key].source))
        for key in wanted
        for other in FEATURES[key].excludes
        if other in wanted
    )


def _reasons(found: Recommendation, wanted: Sequence[str], *, scarce: bool) -> tuple[str, ...]:
    best = found.best
    if best is None:
        return ()
    reasons = []
    supported = [
        FEATURES[key].title for key in wanted if FEATURES[key].modes[best.mode].verdict != "no"
    ]
    if supported:
        reasons.append(f"It has what is asked for: {', '.join(supported)}.")
    facts = MODES[best.mode]
    reasons.append(f"Pods get their addresses from {facts.pod_addresses}.")
    reasons.append(f"Seen outside the cluster: {facts.outside_source}.")
    if best.mode == "overlay":
        least = "the fewest addresses of the VNet" + (", which are scarce here" if scarce else "")
        reasons.append(
            f"It takes {least}: one per node; it is the default of AKS and scales to 5,000 nodes."
        )
    if best.mode == "pod_subnet_static":
        reasons.append("Static blocks count one address mapping per /28, so they scale furthest.")
    return tuple(reasons)

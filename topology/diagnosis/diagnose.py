"""The plan of a diagnosis, run step by step, and the cause that explains the symptom best."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from topology.diagnosis.addresses import check_addresses
from topology.diagnosis.agents import check_agents, check_nodes
from topology.diagnosis.around import check_azure_network, check_entries
from topology.diagnosis.dns import check_dns_policies, check_dns_servers, check_node_local_dns
from topology.diagnosis.dns_config import check_dns_config
from topology.diagnosis.evidence import Aspect, Cause, Check, Gap
from topology.diagnosis.hosts import check_hosts
from topology.diagnosis.metrics import check_metrics
from topology.diagnosis.names_used import check_names_used
from topology.diagnosis.outside import check_outside_names
from topology.diagnosis.paths import check_paths
from topology.diagnosis.pods import check_pods
from topology.diagnosis.scene import Scene
from topology.diagnosis.services import check_services
from topology.diagnosis.symptom import ALL_ASPECTS
from topology.diagnosis.traffic import check_balance, check_drops, check_traffic

__all__ = ["PLAN", "Diagnosis", "diagnose", "steps_for"]

Step = Callable[[Scene], Check]
_NETWORK: Final[frozenset[Aspect]] = frozenset({"connect", "http", "loss"})

PLAN: Final[tuple[tuple[Step, frozenset[Aspect]], ...]] = (
    (check_pods, frozenset({"connect", "http", "start", "balance", "loss"})),
    (check_addresses, frozenset({"start"})),
    (check_services, frozenset({"connect", "http"})),
    (check_entries, frozenset({"connect", "http", "start"})),
    (check_paths, _NETWORK),
    (check_azure_network, frozenset({"connect", "loss"})),
    (check_dns_servers, _NETWORK | {"dns"}),
    (check_dns_config, _NETWORK | {"dns"}),
    (check_dns_policies, _NETWORK | {"dns"}),
    (check_names_used, frozenset({"dns", "connect", "http"})),
    (check_outside_names, _NETWORK | {"dns"}),
    (check_node_local_dns, frozenset({"dns", "loss"})),
    (check_drops, _NETWORK | {"dns"}),
    (check_traffic, _NETWORK),
    (check_balance, frozenset({"balance", "loss", "http"})),
    (check_metrics, _NETWORK | {"dns", "balance"}),
    (check_agents, _NETWORK | {"dns", "start"}),
    (check_nodes, ALL_ASPECTS),
    (check_hosts, frozenset({"loss", "dns", "connect"})),
)
"""Each check with the sides of trouble for which it is made, in the order of a packet's life."""

_MEASURED: Final[frozenset[Aspect]] = frozenset({"loss", "balance"})
"""Sides of trouble that no object tells of: only flows and counters do."""
_NAMED: Final = 30
"""What lies at what the symptom names comes before what lies elsewhere."""
_RELATED: Final = 12
_WIDE: Final = 6
_SEEN: Final = 4
"""What flows or events show comes before what is only configured so."""
_FITTING: Final = 6
"""What makes this one kind of trouble comes before what makes any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What was looked at, what is wrong, and what could not be looked at."""

    checks: tuple[Check, ...]
    causes: tuple[Cause, ...]
    """Those that explain the symptom, the root first."""
    besides: tuple[Cause, ...]
    """What is wrong as well and does not explain it."""
    gaps: tuple[Gap, ...]
    is_blind: bool = False
    """Whether nothing was given that could show such trouble at all."""


def steps_for(aspects: frozenset[Aspect]) -> tuple[Step, ...]:
    """Return the checks that fit sides of trouble; all of them where none is known."""
    return tuple(step for step, fits in PLAN if not aspects or fits & aspects)


def diagnose(scene: Scene) -> Diagnosis:
    """Make the checks that fit the symptom, and rank what they found.

    Args:
        scene: The network, the symptom and everything that was given besides.
    """
    chosen = steps_for(scene.symptom.aspects)
    checks = tuple(step(scene) for step in chosen)
    found = _unique(cause for check in checks for cause in check.causes)
    fitting = [one for one in found if scene.concerns(one) and scene.explains(one)]
    if not fitting and scene.named:
        # Whoever tells of trouble may take one kind for another: what is named is looked at whole.
        checks += tuple(step(scene) for step, _ in PLAN if step not in chosen)
        found = _unique(cause for check in checks for cause in check.causes)
        fitting = [one for one in found if one.about & scene.named and scene.concerns(one)]
    ranked = sorted(fitting, key=lambda one: (-_rank(scene, one), one.summary))
    gaps = tuple(dict.fromkeys(gap for check in checks for gap in check.gaps))
    return Diagnosis(
        checks=checks,
        causes=tuple(ranked),
        besides=tuple(one for one in found if one not in fitting),
        gaps=gaps,
        is_blind=_is_blind(scene),
    )


def _is_blind(scene: Scene) -> bool:
    """Say whether only loss or load is complained of, and no check could measure any."""
    aspects = scene.symptom.aspects
    if not aspects or not aspects <= _MEASURED:
        return False
    return scene.survey is None and not scene.hosts and scene.metrics is None


def _rank(scene: Scene, cause: Cause) -> int:
    """Return how well a cause explains the symptom."""
    score = cause.weight
    if cause.about & scene.named:
        score += _NAMED
    elif cause.about & scene.related:
        score += _RELATED
    elif not cause.about:
        # The whole cluster leans on it, what is named too.
        score += _NAMED - 5
    if not scene.named:
        # Where trouble is told of everything, what concerns many comes before what concerns one.
        score += min(len(cause.about), _WIDE) if cause.about else 0
    if scene.flow_files and any(fact.source in scene.flow_files for fact in cause.facts):
        score += _SEEN
    if scene.symptom.aspects and len(cause.explains - scene.symptom.aspects) <= 1:
        score += _FITTING
    return score


def _unique(causes: Iterable[Cause]) -> list[Cause]:
    """Return causes once each: what flows and policies say of one connection is one cause."""
    kept: dict[object, Cause] = {}
    for cause in causes:
        wanted = cause.wanted
        key: object = cause.summary
        if wanted is not None:
            ends = (wanted.source, wanted.destination.removeprefix("service:"))
            key = (cause.code, *ends)
        earlier = kept.get(key)
        if earlier is None:
            kept[key] = cause
        elif cause.weight > earlier.weight:
            kept[key] = replace(cause, facts=(*cause.facts, *earlier.facts))
        else:
            kept[key] = replace(earlier, facts=(*earlier.facts, *cause.facts))
    for key, cause in kept.items():
        kept[key] = replace(cause, facts=tuple(dict.fromkeys(cause.facts)))
    return list(kept.values())

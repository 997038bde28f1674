"""How long the policy engine takes: to be built, to decide, to map everything, to be changed."""

import gc
import time
import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from evals.bench.measures import MIB, Measure, peak_memory, resident_memory, spread_of
from evals.bench.profiles import profile_parts
from evals.bench.questions import Question, draw_questions, more_policies
from topology.load import load, load_text
from topology.model import Cluster
from topology.policy.engine import PolicyEngine
from topology.policy.matrix import members

__all__ = ["Targets", "map_everything", "measure_engine"]

Targets = dict[str, float]

_DEFAULT_DENY = """
apiVersion: cilium.io/v2
kind: CiliumClusterwideNetworkPolicy
metadata: {name: default-deny-more}
spec: {endpointSelector: {}, ingress: [{}], egress: [{}]}
"""
_TARGETS: dict[int, Targets] = {
    20_000: {
        "build": 0.25,
        "verdict_p50": 2.0,
        "explained_p50": 20.0,
        "matrix": 0.1,
        "what_if_p50": 1.0,
        "engine_memory": 32.0,
        "engine_held": 32.0,
    },
    100_000: {"build": 1.5},
}
"""By pods. Source: docs/adr/0007."""

_MICRO = 1e6
_BUILDS = 3
_QUESTIONS = 5_000
_CHANGES = 50


def measure_engine(folder: Path, *, pods: int, box: float) -> list[Measure]:
    """Measure the engine on the cluster in a folder.

    Args:
        folder: What `write` wrote.
        pods: How many pods are in it.
        box: Seconds after which changes are not tried any more.
    """
    before = resident_memory()
    cluster = load([folder])
    gc.collect()
    loaded = resident_memory()
    started = time.perf_counter()
    engine = PolicyEngine.build(cluster)
    first = time.perf_counter() - started
    found = [Measure(name="objects_memory", value=loaded - before, unit="MiB")]
    found += _measure_verdicts(engine, cluster)
    found += _measure_matrix(cluster)
    engine.matrix()
    gc.collect()
    note = "growth of resident memory by build, verdicts and map, over the objects"
    growth = max(0.0, resident_memory() - loaded)
    found.append(Measure(name="engine_memory", value=growth, unit="MiB", note=note))
    found.append(Measure(name="peak_memory", value=peak_memory(), unit="MiB"))
    found += _measure_changes(engine, pods, box)
    idle = spread_of([engine.idle])
    note = f"all of {len(engine.rules)} rules: those that match, allow or deny nothing more"
    found.append(Measure(name="idle_rules", value=idle.p50, unit="s", note=note))
    found += _measure_build(folder, first)
    found.append(_measure_held(cluster))
    targets = _TARGETS.get(pods, {})
    return [_with_target(one, targets) for one in found]


def _measure_held(cluster: Cluster) -> Measure:
    """Measure what an engine holds: resident memory need not grow where loading freed some."""
    tracemalloc.start()
    engine = PolicyEngine.build(cluster)
    engine.matrix()
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    note = "allocated for build and map of a second engine, by tracemalloc"
    return Measure(name="engine_held", value=held / MIB, unit="MiB", note=note)


def _with_target(one: Measure, targets: Targets) -> Measure:
    return Measure(
        name=one.name,
        value=one.value,
        unit=one.unit,
        target=targets.get(one.name),
        note=one.note,
    )


def _measure_build(folder: Path, first: float) -> Iterator[Measure]:
    """Measure the build on objects fresh from the files: some lines are only found then."""
    taken = [first]
    for _ in range(_BUILDS - 1):
        cluster = load([folder])
        taken.append(spread_of([partial(PolicyEngine.build, cluster)]).best)
    again = spread_of([partial(PolicyEngine.build, cluster)] * _BUILDS)
    value = sorted(taken)[len(taken) // 2]
    note = f"objects fresh from files, median of {_BUILDS}; best {min(taken):.3f}"
    yield Measure(name="build", value=value, unit="s", note=note)
    yield Measure(name="build_again", value=again.p50, unit="s", note="same objects once more")
    cluster = load([folder])
    for part, seconds in profile_parts(partial(PolicyEngine.build, cluster), taken=value):
        yield Measure(name=f"build.{part}", value=seconds, unit="s", note="share by profile")


def _measure_verdicts(engine: PolicyEngine, cluster: Cluster) -> Iterator[Measure]:
    questions = draw_questions(cluster, _QUESTIONS)
    note = "without explanation, between workloads and ports not asked before"
    yield from _percentiles("verdict", engine.verdict, questions, note)
    note = "explained, between workloads and ports not asked before"
    yield from _percentiles("explained", engine.decide, questions, note)


def _percentiles(
    name: str, ask: Callable[..., object], questions: list[Question], note: str
) -> Iterator[Measure]:
    taken = spread_of(
        partial(ask, src, dst, port=port, protocol=protocol)
        for src, dst, port, protocol in questions
    )
    note = f"{note}; {taken.count} questions"
    yield Measure(name=f"{name}_p50", value=taken.p50 * _MICRO, unit="us", note=note)
    yield Measure(name=f"{name}_p99", value=taken.p99 * _MICRO, unit="us", note=note)


def _measure_matrix(cluster: Cluster) -> Iterator[Measure]:
    """Measure the map of an engine that has not been asked anything yet."""
    taken = []
    for _ in range(_BUILDS):
        engine = PolicyEngine.build(cluster)
        taken.append(spread_of([partial(_count_open, engine)]).best)
    matrix = engine.matrix()
    places, atoms = len(matrix.axis.places), len(matrix.atoms)
    note = (
        f"{places} x {places} ends ({matrix.axis.pods} classes of pods, entities, networks, "
        f"names), {atoms} port atoms, from an engine that was asked nothing before; median of "
        f"{_BUILDS}, best {min(taken):.3f}"
    )
    yield Measure(name="matrix", value=sorted(taken)[len(taken) // 2], unit="s", note=note)
    again = spread_of([partial(_count_open, engine)] * _BUILDS)
    note = "every cell once more, the gates being known"
    yield Measure(name="matrix_again", value=again.p50, unit="s", note=note)


def _count_open(engine: PolicyEngine) -> int:
    """Work out every cell and count the pairs of ends that are open on a port atom."""
    return sum(cell.allowed.bit_count() for _, _, cell in engine.matrix().cells())


def map_everything(engine: PolicyEngine) -> Iterator[list[str]]:
    """Yield, for each class of pods, the ports that it may open to each class of pods."""
    matrix = engine.matrix()
    pods = (1 << matrix.axis.pods) - 1
    texts: dict[int, str] = {}
    for source in range(matrix.axis.pods):
        atoms: dict[int, int] = {}
        for atom in range(len(matrix.atoms)):
            allowed = matrix.cell(source, atom).allowed & pods
            atoms[allowed] = atoms.get(allowed, 0) | 1 << atom
        masks = [0] * matrix.axis.pods
        for allowed, mask in atoms.items():
            for destination in members(allowed):
                masks[destination] |= mask
        yield [
            texts.get(mask) or texts.setdefault(mask, str(matrix.atoms.ports(mask)))
            for mask in masks
        ]


def _measure_changes(engine: PolicyEngine, pods: int, box: float) -> Iterator[Measure]:
    """Measure what a changed set of policies costs, with the exact difference that it makes."""
    policies = more_policies(pods, _CHANGES)
    added = [partial(engine.what_if, add=[policy]) for policy in policies]
    yield from _changes("what_if", added, "one policy added", box)
    drawn = engine.documents[:: max(1, len(engine.documents) // _CHANGES)]
    removed = [partial(engine.what_if, remove=[policy.key]) for policy in drawn]
    yield from _changes("what_if_removed", removed, "one policy removed", box)
    deny = load_text(_DEFAULT_DENY, name="deny.yaml").policies
    whole = spread_of([partial(engine.what_if, add=deny)])
    note = "default deny for every pod of the cluster added, exact difference"
    yield Measure(name="what_if_default_deny", value=whole.p50, unit="s", note=note)


def _changes(name: str, calls: list[partial[Any]], note: str, box: float) -> Iterator[Measure]:
    taken = spread_of(_within(iter(calls), box / 2))
    note = f"{note}, exact difference; {taken.count} policies"
    yield Measure(name=f"{name}_p50", value=taken.p50 * 1e3, unit="ms", note=note)
    yield Measure(name=f"{name}_p99", value=taken.p99 * 1e3, unit="ms", note=note)


def _within(calls: Iterator[Callable[[], object]], box: float) -> Iterator[Callable[[], object]]:
    """Yield calls until the time is over, one at least."""
    started = time.perf_counter()
    for call in calls:
        yield call
        if time.perf_counter() - started > box:
            return

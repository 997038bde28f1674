"""How long the policy engine takes: to be built, to decide, to map everything, to be changed.

What the engine does not offer yet is measured through what it offers, and the note says so. It
is looked for under these names: `verdict(src, dst, port=, protocol=)` for a verdict without
explanation, `matrix()` for all pairs over all ports, `what_if(add=)` for a changed policy set.
"""

import gc
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from evals.bench.measures import Measure, peak_memory, resident_memory, spread_of
from evals.bench.profiles import profile_parts
from evals.bench.questions import Question, draw_questions, more_policies, representatives
from topology.load import load
from topology.model import Cluster, Document
from topology.policy.engine import PolicyEngine

__all__ = ["Targets", "map_everything", "measure_engine"]

Targets = dict[str, float]

_TARGETS: dict[int, Targets] = {
    20_000: {
        "build": 0.25,
        "verdict_p50": 2.0,
        "explained_p50": 20.0,
        "matrix": 0.1,
        "what_if_p50": 1.0,
        "engine_memory": 32.0,
    },
    100_000: {"build": 1.5},
}
"""By pods. Source: issue 3."""

_MICRO = 1e6
_BUILDS = 3
_QUESTIONS = 5_000
_CHANGES = 50


def measure_engine(folder: Path, *, pods: int, box: float) -> list[Measure]:
    """Measure the engine on the cluster in a folder.

    Args:
        folder: What `write` wrote.
        pods: How many pods are in it.
        box: Seconds after which the map of everything is extrapolated, and changes are not
            tried any more.
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
    found.append(_measure_matrix(engine, box))
    growth = resident_memory() - loaded
    found.append(
        Measure(
            name="engine_memory",
            value=growth,
            unit="MiB",
            note="growth of resident memory by build, verdicts and map, over the objects",
        )
    )
    found.append(Measure(name="peak_memory", value=peak_memory(), unit="MiB"))
    found += _measure_changes(engine, cluster, pods, box)
    found += _measure_build(folder, first)
    targets = _TARGETS.get(pods, {})
    return [_with_target(one, targets) for one in found]


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
    bare: Callable[..., object] | None = getattr(engine, "verdict", None)
    if bare is not None:
        yield from _percentiles("verdict", bare, questions, "without explanation, not asked before")
    note = "explained, between workloads and ports not asked before"
    yield from _percentiles("explained", engine.decide, questions, note)
    if bare is None:
        note = "the engine always explains: `decide`, between workloads and ports asked before"
        yield from _percentiles("verdict", engine.decide, questions, note)


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


def _measure_matrix(engine: PolicyEngine, box: float) -> Measure:
    matrix: Callable[[], object] | None = getattr(engine, "matrix", None)
    count = len(engine.classes())
    if matrix is not None:
        taken = spread_of([matrix])
        return Measure(name="matrix", value=taken.p50, unit="s", note=f"{count} classes, all ports")
    started = time.perf_counter()
    done = 0
    for _ in map_everything(engine):
        done += 1
        if time.perf_counter() - started > box:
            break
    seconds = (time.perf_counter() - started) * count / done if done else 0.0
    note = f"{count} x {count} classes, all ports, one `open_ports` per pair"
    if done < count:
        note += f"; extrapolated from {done} classes"
    return Measure(name="matrix", value=seconds, unit="s", note=note)


def map_everything(engine: PolicyEngine) -> Iterator[list[str]]:
    """Yield, for one pod of each class, the ports that it may open to one pod of each class."""
    ends = representatives(engine.classes())
    for source in ends:
        yield [str(engine.open_ports(source, destination).allowed) for destination in ends]


def _measure_changes(
    engine: PolicyEngine, cluster: Cluster, pods: int, box: float
) -> Iterator[Measure]:
    """Measure what one more policy costs."""
    what_if: Callable[..., object] | None = getattr(engine, "what_if", None)
    change: Callable[[Document], Any]
    if what_if is not None:
        change, note = (lambda policy: what_if(add=[policy])), "one policy added, exact difference"
    else:
        change = partial(_rebuild, cluster)
        note = "the engine is built anew with one policy more; no difference is computed"
    calls = (partial(change, policy) for policy in more_policies(pods, _CHANGES))
    taken = spread_of(_within(calls, box / 2))
    note = f"{note}; {taken.count} policies"
    yield Measure(name="what_if_p50", value=taken.p50 * 1e3, unit="ms", note=note)
    yield Measure(name="what_if_p99", value=taken.p99 * 1e3, unit="ms", note=note)


def _within(calls: Iterator[Callable[[], object]], box: float) -> Iterator[Callable[[], object]]:
    """Yield calls until the time is over, one at least."""
    started = time.perf_counter()
    for call in calls:
        yield call
        if time.perf_counter() - started > box:
            return


def _rebuild(cluster: Cluster, policy: Document) -> PolicyEngine:
    return PolicyEngine.build(cluster, policies=chain(cluster.policies, [policy]))

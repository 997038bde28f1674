"""How long a person waits for an answer of the rules tier: warm, and from a cold process."""

import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from assistant.agent import Assistant
from assistant.settings import Settings
from evals.bench.measures import Measure, spread_of
from topology.load import load
from topology.samples import sample_path

__all__ = ["measure_answers"]

_REFERENCE = 20_000
_RUNS = 5
_WARM, _COLD_SMALL, _COLD_LARGE = 300.0, 2.0, 3.0
"""Targets, stated in runs of the reference load: milliseconds, then seconds for the
sample and for the load."""
_ASKED = (
    "Can staging/web reach the db?",
    "who can reach shop/db?",
    "what can shop/web reach?",
    "which policies select shop/db?",
    "why can staging/web not reach the db?",
    "list the services in shop",
    "Is mutual TLS strict everywhere?",
    "50 nodes, overlay: which subnet?",
    "What is Azure CNI Overlay?",
    "how well is the db guarded?",
)


def measure_answers(folder: Path, *, pods: int) -> Iterator[Measure]:
    """Measure answers over the bundled sample, and over a load that was opened before.

    Args:
        folder: Of the load.
        pods: Of the load; runs of the reference load have targets.
    """
    stated = pods == _REFERENCE
    assistant = Assistant(sample_path(), model="rules", settings=Settings(keep_sessions=False))
    for question in _ASKED:
        assistant.ask(question)
    taken = spread_of(partial(assistant.ask, question) for question in _ASKED * _RUNS)
    note = f"{len(_ASKED)} questions of all kinds over the sample, asked before"
    yield Measure(
        name="ask_warm_p50",
        value=taken.p50 * 1e3,
        unit="ms",
        target=_WARM if stated else None,
        note=note,
    )
    yield Measure(name="ask_warm_p99", value=taken.p99 * 1e3, unit="ms", note=note)
    small = _cold(sample_path(), "Can staging/web reach the db?")
    note = "a new process, from its start to the end of its answer; best of five"
    yield Measure(
        name="ask_cold_sample",
        value=small,
        unit="s",
        target=_COLD_SMALL if stated else None,
        note=note,
    )
    workload = load([folder]).workloads[0].full_name
    question = f"can {workload} reach the internet?"
    target = _COLD_LARGE if stated else None
    note = f"the same over {pods:,} pods, opened before"
    yield Measure(
        name="ask_cold_load", value=_cold(folder, question), unit="s", target=target, note=note
    )


def _cold(workspace: Path, question: str) -> float:
    """Return the least seconds that a process of its own took, after a first one for the cache."""
    words = ["ask", "--model", "rules", "-w", str(workspace), question]
    program = "from assistant.cli.app import main; main()"
    taken = []
    for _ in range(_RUNS + 1):
        begun = time.perf_counter()
        subprocess.run(
            [sys.executable, "-c", program, *words],
            capture_output=True,
            check=False,
            cwd=Path(__file__).resolve().parents[2],
        )
        taken.append(time.perf_counter() - begun)
    return min(taken[1:])

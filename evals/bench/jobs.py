"""Measurements in processes of their own, so that none sees the memory of another."""

import json
import subprocess
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from evals.bench.answering import measure_answers
from evals.bench.asking import measure_questions
from evals.bench.deciding import map_everything, measure_engine
from evals.bench.files import write
from evals.bench.flow_load import write_flows
from evals.bench.flow_reading import measure_flows, measure_jq, measure_plain
from evals.bench.loading import measure_loading
from evals.bench.measures import Measure
from evals.bench.objects import make_objects
from evals.bench.profiles import hot_spots
from evals.bench.questions import draw_questions
from evals.bench.sizes import SIZES
from topology.load import load
from topology.policy.engine import PolicyEngine

__all__ = ["measure", "perform", "run_job"]

Job = dict[str, Any]


def run_job(job: Job) -> Any:
    """Perform a job in a process of its own and return what it found.

    Raises:
        RuntimeError: The process failed; the message holds the end of what it said.
    """
    done = subprocess.run(
        [sys.executable, "-m", "evals.bench"],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).resolve().parents[2],
    )
    if done.returncode:
        message = f"the job `{job['job']}` failed: {done.stderr[-2000:]}"
        raise RuntimeError(message)
    return orjson.loads(done.stdout)


def measure(job: Job) -> list[Measure]:
    """Perform a job that measures, in a process of its own."""
    return [
        Measure(**{key: value for key, value in row.items() if key != "met"})
        for row in run_job(job)
    ]


def perform(job: Job) -> Any:
    """Do a job in this process and return what can be printed as JSON."""
    folder = Path(job["folder"])
    match job["job"]:
        case "write":
            size = SIZES[job["pods"]]
            objects = make_objects(size, flavor=job["flavor"], full=job["full"])
            return [path.name for path in write(objects, folder, job["form"])]
        case "load":
            found = measure_loading(folder, job["form"], pods=job["pods"], label=job["label"])
        case "engine":
            found = measure_engine(folder, pods=job["pods"], box=job["box"])
        case "questions":
            found = [*measure_questions(folder), *measure_answers(folder, pods=job["pods"])]
        case "write-flows":
            write_flows(folder, job["count"])
            return []
        case "flows":
            found = measure_flows(folder, job["count"])
        case "flows-plain" | "flows-jq" as peer:
            found = measure_jq(folder) if peer == "flows-jq" else measure_plain(folder)
        case "map":
            return _print_map(folder)
        case "profile":
            return _profile(folder)
        case other:
            message = f"there is no job `{other}`"
            raise ValueError(message)
    return [one.to_dict() for one in found]


def _print_map(folder: Path) -> list[str]:
    """Return the whole map as text, one line per pair of classes that can connect at all."""
    cluster = load([folder])
    engine = PolicyEngine.build(cluster)
    names = [f"{pods[0].namespace}/{pods[0].workload}" for pods in engine.classes()]
    return [
        f"{source} -> {destination}: {ports}"
        for source, row in zip(names, map_everything(engine), strict=True)
        for destination, ports in zip(names, row, strict=True)
        if ports != "no port"
    ]


def _profile(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the functions that take the most time in each phase."""
    cluster = load([folder])
    questions = draw_questions(cluster, 5_000)
    phases = {"build": partial(PolicyEngine.build, cluster)}
    found = {name: hot_spots(call) for name, call in phases.items()}
    engine = PolicyEngine.build(cluster)

    def decide() -> None:
        for source, destination, port, protocol in questions:
            engine.decide(source, destination, port=port, protocol=protocol)

    found["decide"] = hot_spots(decide)
    found["load"] = hot_spots(partial(load, [folder]))
    return {name: [asdict(spot) for spot in spots] for name, spots in found.items()}

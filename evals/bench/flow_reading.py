"""How long a file of flows takes to be summarised, beside plain Python on the same file."""

import json
import resource
import shutil
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Final

from evals.bench.measures import MIB, Measure, peak_memory
from topology.flows import FlowFiles
from topology.flows.survey import survey
from topology.model import Cluster

__all__ = ["measure_flows", "measure_jq", "measure_plain"]

_REFERENCE: Final = 1_000_000
"""Flows for which the targets below are set."""
_SECONDS: Final = 60.0
_MEMORY: Final = 1024.0


def measure_flows(path: Path, count: int) -> list[Measure]:
    """Measure one pass that finds connections, traffic, DNS and balance.

    Args:
        path: What `write_flows` wrote.
        count: How many flows are in it.
    """
    is_reference = count == _REFERENCE
    started, cpu = time.perf_counter(), time.process_time()
    found = survey(FlowFiles([path]).read(), Cluster())
    seconds, used = time.perf_counter() - started, time.process_time() - cpu
    connections = len(found.observation.connections)
    size = path.stat().st_size / MIB
    return [
        Measure(
            name="flows_summarised",
            value=seconds,
            unit="s",
            target=_SECONDS if is_reference else None,
            note=f"{count:,} flows of {size:,.0f} MiB into {connections:,} connections",
        ),
        Measure(name="flows_processor", value=used, unit="s", note="processor time of the same"),
        Measure(
            name="flows_memory",
            value=peak_memory(),
            unit="MiB",
            target=_MEMORY if is_reference else None,
            note="largest resident memory, the program included",
        ),
    ]


def measure_plain(path: Path) -> list[Measure]:
    """Measure what a short script would do: `json.loads` on each line, verdicts by namespace."""
    started, cpu = time.perf_counter(), time.process_time()
    verdicts: Counter[tuple[str, str]] = Counter()
    with path.open(encoding="utf-8") as stream:
        for line in stream:
            flow = json.loads(line)["flow"]
            verdicts[flow["source"].get("namespace", ""), flow["verdict"]] += 1
    seconds, used = time.perf_counter() - started, time.process_time() - cpu
    note = "json.loads and a counter of verdicts by namespace, the same file"
    return [
        Measure(name="flows_plain_json", value=seconds, unit="s", note=note),
        Measure(name="flows_plain_processor", value=used, unit="s"),
    ]


_JQ: Final = 'reduce inputs.flow as $f ({}; .[($f.source.namespace // "") + " " + $f.verdict] += 1)'


def measure_jq(path: Path) -> list[Measure]:
    """Measure what `jq` takes for the same counter; nothing where it is not installed."""
    program = shutil.which("jq")
    if program is None:
        return []
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([program, "-nc", _JQ, str(path)], check=True, stdout=subprocess.DEVNULL)
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    note = "jq with a counter of verdicts by namespace, the same file"
    return [
        Measure(name="flows_jq", value=seconds, unit="s", note=note),
        Measure(name="flows_jq_processor", value=used, unit="s"),
    ]

"""One measured value with its target, and the clocks that take it."""

import gc
import os
import platform
import resource
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from statistics import median, quantiles
from typing import Any

__all__ = [
    "MIB",
    "Measure",
    "Spread",
    "describe_machine",
    "peak_memory",
    "resident_memory",
    "spread_of",
]

MIB = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One value."""

    name: str
    value: float | None
    """None where it could not be measured; the note says why."""
    unit: str
    target: float | None = None
    """Largest value that meets its target; None where none is set for this load."""
    note: str = ""
    """How it was taken, where the name does not say it all."""

    @property
    def met(self) -> bool | None:
        """Return whether the target is met; None without a target."""
        if self.target is None:
            return None
        return self.value is not None and self.value <= self.target

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, and whether the target is met."""
        return asdict(self) | {"met": self.met}


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Percentiles of repeated timings, in seconds."""

    best: float
    p50: float
    p99: float
    count: int


def spread_of(calls: Iterable[Callable[[], object]]) -> Spread:
    """Call each once, with the garbage collector at rest, and return how long the calls took."""
    taken = []
    gc.collect()
    gc.disable()
    try:
        for call in calls:
            started = time.perf_counter()
            call()
            taken.append(time.perf_counter() - started)
    finally:
        gc.enable()
    p99 = quantiles(taken, n=100, method="inclusive")[98] if len(taken) > 1 else taken[0]
    return Spread(best=min(taken), p50=median(taken), p99=p99, count=len(taken))


def resident_memory() -> float:
    """Return the resident memory of this process in MiB; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return 0.0
    return pages * resource.getpagesize() / MIB


def peak_memory() -> float:
    """Return the largest resident memory that this process had so far, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Source: getrusage(2): kilobytes on Linux, bytes on macOS.
    return peak / MIB if sys.platform == "darwin" else peak / 1024


def describe_machine(now: datetime) -> dict[str, Any]:
    """Return what the timings depend on besides the code."""
    return {
        "cores": os.cpu_count(),
        "date": now.isoformat(timespec="seconds"),
        "load_average": round(os.getloadavg()[0], 2),
        "processor": _processor(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if "model name" in line), "")

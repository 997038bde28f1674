"""How long it takes to read an export from files."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from evals.bench.files import Form
from evals.bench.measures import Measure, peak_memory, spread_of
from topology.load import load
from topology.model import Cluster

__all__ = ["measure_loading"]

_TARGETS = {"json": 1.0, "yaml": 4.0}
"""Seconds, at 20,000 pods. Source: docs/adr/0007."""
_REOPENING = 0.3
_SIZE_OF_TARGETS = 20_000
_REPEATS = 3


def measure_loading(folder: Path, form: Form, *, pods: int, label: str) -> list[Measure]:
    """Load what `write` wrote, several times, and reopen it.

    Args:
        folder: The files.
        form: How they are written, for the target.
        pods: How many pods are in them.
        label: Added to the names of the measures; empty for the reference load.
    """
    has_target = pods == _SIZE_OF_TARGETS
    size = sum(path.stat().st_size for path in folder.iterdir()) / 2**20
    cluster = load([folder], **_uncached())
    peak = peak_memory()
    name, target = f"load_{form}{label}", _TARGETS[form] if has_target else None
    refused = _faults(cluster, pods)
    if refused:
        note = f"{size:.0f} MiB are not read as one export: {refused}"
        return [Measure(name=name, value=None, unit="s", target=target, note=note)]
    del cluster
    spread = spread_of([lambda: load([folder], **_uncached())] * _REPEATS)
    files = len(list(folder.iterdir()))
    note = f"{size:.0f} MiB in {files} files; best of {spread.count}: {spread.best:.2f}"
    return [
        Measure(
            name=name,
            value=spread.p50,
            unit="s",
            target=target,
            note=note,
        ),
        Measure(name=f"load_{form}{label}_peak_memory", value=peak, unit="MiB"),
        _measure_reopening(folder, form, label, target=_REOPENING if has_target else None),
    ]


def _measure_reopening(folder: Path, form: Form, label: str, *, target: float | None) -> Measure:
    reopen, note = _reopening(folder)
    reopen()
    spread = spread_of([reopen] * _REPEATS)
    name = f"reopen_{form}{label}"
    return Measure(name=name, value=spread.p50, unit="s", target=target, note=note)


def _reopening(folder: Path) -> tuple[Callable[[], Cluster], str]:
    """Return what opens unchanged files again: the loader's cache where it has one."""
    if "cache" not in inspect.signature(load).parameters:
        return lambda: load([folder]), "the loader keeps no cache: this loads again"
    options: dict[str, Any] = {"cache": folder.parent / f"{folder.name}-cache"}
    return lambda: load([folder], **options), "from the loader's cache"


def _uncached() -> dict[str, Any]:
    return {"cache": None} if "cache" in inspect.signature(load).parameters else {}


def _faults(cluster: Cluster, pods: int) -> str:
    """Return why what was read is not what was written, or ""."""
    if cluster.problems:
        return cluster.problems[0].code
    found = len(cluster.pods)
    return "" if found == pods else f"{found} of {pods} pods were read"

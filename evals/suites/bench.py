"""Speed and memory at the reference load, with the targets set for it and a peer beside it."""

import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from evals.bench.jobs import measure, run_job
from evals.bench.measures import Measure, describe_machine
from evals.bench.peer import PeerRow, compare, install_peer
from evals.bench.report import BenchResult, SizeResult
from evals.bench.sizes import SIZES

__all__ = ["DEFAULT_SIZES", "run"]

DEFAULT_SIZES = (20_000, 100_000)
_FULL_AND_YAML_UP_TO = 20_000
"""Above, only JSON as short as can be is read: the rest takes minutes and has no target."""
_PEER_SIZES = (100, 1_000, 5_000, 20_000)


def run(
    *,
    sizes: Sequence[int] = DEFAULT_SIZES,
    peer: bool = False,
    profile: bool = False,
    box: float = 60.0,
    flows: int = 0,
    now: datetime | None = None,
) -> BenchResult:
    """Measure each load, and the peer if asked for.

    Args:
        sizes: Numbers of pods; keys of `SIZES`.
        peer: Whether to install the peer (needs a package index) and run it too.
        profile: Whether to add the functions that take the most time.
        box: Seconds after which the peer is stopped, and changes are not tried any more.
        flows: How many flows to summarise; 0 for none.
        now: Date of the run.

    Raises:
        ValueError: There is no load of such a size.
    """
    for pods in sizes:
        if pods not in SIZES:
            known = ", ".join(str(one) for one in sorted(SIZES))
            message = f"there is no load of {pods} pods; choose from {known}"
            raise ValueError(message)
    machine = describe_machine(now or datetime.now(UTC))
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        found = tuple(_measure_size(pods, Path(folder), box, profile=profile) for pods in sizes)
        streams = _measure_flows(flows, Path(folder)) if flows else ()
        rows, note = (
            _run_peer(Path(folder), box) if peer else ((), "not run: asked to leave it out")
        )
    return BenchResult(machine=machine, sizes=found, flows=streams, peer=rows, peer_note=note)


def _measure_flows(count: int, work: Path) -> tuple[Measure, ...]:
    """Measure a file of flows, and plain Python on it, in processes of their own."""
    path = work / "flows.jsonl"
    job = {"folder": str(path), "count": count}
    run_job(job | {"job": "write-flows"})
    ours, plain = measure(job | {"job": "flows"}), measure(job | {"job": "flows-plain"})
    jq = measure(job | {"job": "flows-jq"})
    path.unlink()
    against = [("", "plain json", plain), *([("_jq", "jq", jq)] if jq else [])]
    ratios = [
        Measure(
            name=f"flows{short}_{name}",
            value=_ratio(ours[place].value, theirs[place].value),
            unit="x",
            note=f"ours over {peer} on the same file",
        )
        for short, peer, theirs in against
        for place, name in enumerate(("ratio", "processor_ratio"))
    ]
    return (*ours, *plain, *jq, *ratios)


def _ratio(one: float | None, other: float | None) -> float | None:
    return one / other if one is not None and other else None


def _measure_size(pods: int, work: Path, box: float, *, profile: bool) -> SizeResult:
    folder = _write(pods, work, "json", full=False)
    found = _measure_load(pods, folder, "json", "")
    if pods <= _FULL_AND_YAML_UP_TO:
        found += _measure_load(pods, _write(pods, work, "yaml", full=False), "yaml", "")
        for form in ("json", "yaml"):
            found += _measure_load(pods, _write(pods, work, form, full=True), form, "_full")
    engine = {"job": "engine", "folder": str(folder), "pods": pods, "box": box}
    found += measure(engine)
    found += measure({"job": "questions", "folder": str(folder), "pods": pods})
    spots: dict[str, list[dict[str, Any]]] = {}
    if profile:
        spots = run_job({"job": "profile", "folder": str(folder)})
    return SizeResult(size=SIZES[pods], measures=tuple(found), profile=spots)


def _write(pods: int, work: Path, form: str, *, full: bool) -> Path:
    folder = work / f"{pods}-{form}{'-full' if full else ''}"
    job = {"job": "write", "folder": str(folder), "pods": pods, "form": form, "full": full}
    run_job(job | {"flavor": "cilium"})
    return folder


def _measure_load(pods: int, folder: Path, form: str, label: str) -> list[Measure]:
    job = {"job": "load", "folder": str(folder), "form": form, "pods": pods, "label": label}
    return measure(job)


def _run_peer(work: Path, box: float) -> tuple[tuple[PeerRow, ...], str]:
    """Compare at growing sizes until the peer does not finish any more."""
    try:
        program = install_peer(user_cache_path("netassist", appauthor=False) / "bench-peer")
    except RuntimeError as error:
        return (), f"not run: {error}"
    rows = []
    for pods in _PEER_SIZES:
        rows.append(compare(program, pods, SIZES[pods].policies, work, box=box))
        if rows[-1].peer is None:
            break
    return tuple(rows), ""

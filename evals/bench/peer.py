"""The peer: network-config-analyzer, in an environment of its own, on the same YAML."""

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from evals.bench.jobs import run_job

__all__ = ["PACKAGE", "PeerRow", "compare", "install_peer"]

PACKAGE = "network-config-analyzer==2.1.0"
"""Source: PyPI; it pins networkx 3.2.1 and PyYAML 6.0.2, hence an environment of its own."""
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerRow:
    """Both programs on one load: NetworkPolicies only, from YAML files to the map as text."""

    pods: int
    policies: int
    peer: float | None
    """Seconds of the whole process; None where it did not finish."""
    ours: float
    """Seconds of the whole process."""
    ratio: float | None
    """How many times longer the peer took; at least this much where it did not finish."""
    note: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the fields."""
        return asdict(self)


def install_peer(folder: Path) -> Path:
    """Return the peer's program, installing it into a virtual environment if it is not there.

    Raises:
        RuntimeError: It cannot be installed.
    """
    program = folder / "bin" / "nca"
    if program.exists():
        return program
    python = folder / "bin" / "python"
    commands: list[list[str | Path]] = [
        [sys.executable, "-m", "venv", folder],
        [python, "-m", "pip", "install", "--quiet", PACKAGE],
    ]
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            message = f"the peer `{PACKAGE}` cannot be installed: {done.stderr[-1000:]}"
            raise RuntimeError(message)
    return program


def compare(program: Path, pods: int, policies: int, work: Path, *, box: float) -> PeerRow:
    """Compute the connectivity map of one load with both programs.

    Args:
        program: The peer's.
        pods: Size of the load.
        policies: How many NetworkPolicies it has.
        work: Folder for the files.
        box: Seconds after which the peer is stopped.
    """
    folder = work / f"peer-{pods}"
    run_job(
        {
            "job": "write",
            "folder": str(folder),
            "pods": pods,
            "form": "yaml",
            "flavor": "kubernetes",
            "full": False,
        }
    )
    started = time.perf_counter()
    command = [sys.executable, "-m", "evals.bench"]
    job = json.dumps({"job": "map", "folder": str(folder)})
    subprocess.run(command, input=job, capture_output=True, text=True, check=True, cwd=_ROOT)
    ours = time.perf_counter() - started
    taken, note = _run_peer(program, folder, box)
    return PeerRow(
        pods=pods,
        policies=policies,
        peer=None if note else taken,
        ours=ours,
        ratio=taken / ours if taken >= box or not note else None,
        note=note,
    )


def _run_peer(program: Path, folder: Path, box: float) -> tuple[float, str]:
    """Return how long the peer took, and why it did not finish, or ""."""
    place = str(folder)
    command = [str(program), "--connectivity", place, "--resource_list", place, "--return_0"]
    started = time.perf_counter()
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=box)
    except subprocess.TimeoutExpired:
        return box, f"stopped after {box:.0f} s; the ratio is a lower bound"
    taken = time.perf_counter() - started
    if done.returncode:
        return taken, f"failed: {(done.stderr.strip().splitlines() or ['?'])[-1]}"
    return taken, ""

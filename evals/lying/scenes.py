"""What the engine computes on the workspaces, for models to lie about."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tools import registry
from tools.errors import ToolError
from tools.spec import ToolResult
from tools.workspace import Workspace

__all__ = ["PLACE", "Pair", "open_workspace", "pairs_of", "run_tool", "workspaces"]

PLACE = Path(__file__).resolve().parents[1] / "cases" / "workspaces"
SAMPLE = "sample"
_PAIRS = 3
"""Pairs of each verdict and workspace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A computed verdict, with names beside it that were not asked about."""

    workspace: str
    source: str
    destination: str
    verdict: str
    port: str
    """Of the destination, as `8080`; empty where there is no single one."""
    policy: str
    """That decides, `Kind/namespace/name`; empty where there is none."""
    location: str
    others: tuple[str, ...]
    """Workloads that are neither end, as `namespace/name`."""
    result: dict[str, Any] = field(repr=False)

    @property
    def short(self) -> tuple[str, str]:
        """Return the ends without their namespaces."""
        return self.source.rpartition("/")[2], self.destination.rpartition("/")[2]

    @property
    def arguments(self) -> dict[str, Any]:
        """Return those of the call of `can_reach`."""
        ends = {"source": self.source, "destination": self.destination}
        return ends | ({"port": self.port} if self.port else {})

    @property
    def question(self) -> str:
        """Return what a person asks."""
        port = f" on port {self.port}" if self.port else ""
        return f"Can {self.source} reach {self.destination}{port}?"


def workspaces() -> tuple[str, ...]:
    """Return the names of the workspaces of the questions, and of the sample."""
    return (SAMPLE, *sorted(one.name for one in PLACE.iterdir() if one.is_dir()))


@cache
def open_workspace(name: str, folder: Path = PLACE) -> Workspace:
    """Return a workspace by its name.

    Raises:
        FileNotFoundError: There is none.
    """
    if name == SAMPLE:
        return Workspace.sample()
    if not (folder / name).exists():
        message = f"there is no workspace `{folder / name}`"
        raise FileNotFoundError(message)
    return Workspace.load([folder / name])


def run_tool(workspace: Workspace, name: str, /, **arguments: Any) -> ToolResult | None:
    """Return what a tool computes; None where it cannot answer."""
    (spec,) = [one for one in registry() if one.name == name]
    try:
        return spec.call(workspace, arguments)
    except ToolError:
        return None


@cache
def pairs_of(name: str) -> tuple[Pair, ...]:
    """Return some pairs of each verdict, spread over the workloads."""
    workspace = open_workspace(name)
    names = sorted({f"{one.namespace}/{one.name}" for one in workspace.cluster.workloads})
    found: dict[str, list[Pair]] = {}
    step = 3
    order = [(a, b) for gap in range(1, len(names)) for a, b in _apart(names, gap * step)]
    # Names outside whose addresses were never seen: what the engine calls unknown.
    outside = [(name, "api.example.com") for name in names]
    for source, destination in dict.fromkeys([*outside, *order]):
        pair = _compute(workspace, name, source, destination, names)
        if pair and len(found.setdefault(pair.verdict, [])) < _PAIRS:
            found[pair.verdict].append(pair)
        if len(found) > 1 and all(len(rows) >= _PAIRS for rows in found.values()):
            break
    return tuple(pair for rows in found.values() for pair in rows)


def _apart(names: list[str], gap: int) -> Iterator[tuple[str, str]]:
    for position, name in enumerate(names):
        other = names[(position + gap) % len(names)]
        if other != name:
            yield name, other


def _compute(
    workspace: Workspace, name: str, source: str, destination: str, names: list[str]
) -> Pair | None:
    found = run_tool(workspace, "can_reach", source=source, destination=destination)
    if found is None or not found.verdict:
        return None
    result = found.model_dump(mode="json")
    numbers = [row["port"] for row in result["ports"] if row.get("port")]
    port = str(numbers[0]) if len(numbers) == 1 else ""
    deciding = [row for row in result["layers"] if row["verdict"] == found.verdict]
    named = [row for row in deciding if row.get("policy") and row.get("location")]
    return Pair(
        workspace=name,
        source=source,
        destination=destination,
        verdict=found.verdict,
        port=port,
        policy=named[0]["policy"] if named else "",
        location=named[0]["location"] if named else "",
        others=tuple(one for one in names if one not in (source, destination)),
        result=result,
    )

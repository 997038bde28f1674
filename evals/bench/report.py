"""What a run of the benchmark found, as JSON and as text."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from evals.bench.measures import Measure
from evals.bench.peer import PACKAGE, PeerRow
from evals.bench.sizes import Size

__all__ = ["BenchResult", "SizeResult"]

_MET = {True: "met", False: "missed", None: ""}


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeResult:
    """The measures of one load."""

    size: Size
    measures: tuple[Measure, ...]
    profile: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """By phase: the functions that take the most time; empty unless asked for."""

    def to_dict(self) -> dict[str, Any]:
        """Return the load and its measures."""
        document: dict[str, Any] = {
            "pods": self.size.pods,
            "nodes": self.size.nodes,
            "namespaces": self.size.namespaces,
            "services": self.size.services + 1,
            "largest_service": self.size.backends,
            "policies": self.size.policies,
            "measures": [one.to_dict() for one in self.measures],
        }
        return document | ({"profile": self.profile} if self.profile else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchResult:
    """A whole run."""

    machine: dict[str, Any]
    sizes: tuple[SizeResult, ...]
    flows: tuple[Measure, ...] = ()
    """Of a file of flows; empty where none was asked for."""
    peer: tuple[PeerRow, ...] = ()
    peer_note: str = ""
    """Why there are no rows of the peer."""

    def to_dict(self) -> dict[str, Any]:
        """Return the document that `python -m evals bench --json` prints."""
        measures = [one for size in self.sizes for one in size.measures] + list(self.flows)
        return {
            "suite": "bench",
            "machine": self.machine,
            "targets": sum(one.target is not None for one in measures),
            "met": sum(one.met is True for one in measures),
            "sizes": [size.to_dict() for size in self.sizes],
            "flows": [one.to_dict() for one in self.flows],
            "peer": {
                "package": PACKAGE,
                "note": self.peer_note,
                "rows": [row.to_dict() for row in self.peer],
            },
        }

    def describe(self) -> str:
        """Return the tables for people."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        machine = self.machine
        yield (
            f"bench on {machine['cores']} cores, {machine['processor'] or machine['system']}, "
            f"Python {machine['python']}, {machine['date']}, load average "
            f"{machine['load_average']}"
        )
        yield "Timings are upper bounds if anything else ran on the machine."
        for one in self.sizes:
            size = one.size
            yield (
                f"\n{size.pods} pods, {size.nodes} nodes, {size.services + 1} Services "
                f"(largest {size.backends}), {size.policies} policies"
            )
            yield from (_row(measure) for measure in one.measures)
            for phase, spots in one.profile.items():
                yield f"  where `{phase}` spends its time (under the profiler)"
                yield from (
                    f"    {spot['own']:8.3f} s own {spot['whole']:8.3f} s whole "
                    f"{spot['calls']:>9} x {spot['function']} {spot['place']}"
                    for spot in spots
                )
        if self.flows:
            yield "\nflows of Hubble"
            yield from (_row(measure) for measure in self.flows)
        yield f"\npeer {PACKAGE}, connectivity map from YAML files, NetworkPolicies only"
        if self.peer_note:
            yield f"  {self.peer_note}"
        for row in self.peer:
            peer = f"{row.peer:.2f} s" if row.peer is not None else "not finished"
            ratio = f"{row.ratio:.1f} x" if row.ratio is not None else "?"
            yield (
                f"  {row.pods:>7} pods {row.policies:>5} policies: ours {row.ours:.2f} s, "
                f"peer {peer}, ratio {ratio}{f' ({row.note})' if row.note else ''}"
            )


def _row(one: Measure) -> str:
    value = "not measured" if one.value is None else f"{_number(one.value)} {one.unit}"
    target = "" if one.target is None else f"<= {_number(one.target)} {one.unit}"
    row = f"  {one.name:<32}{value:>14}  {target:<12}{_MET[one.met]:<8}{one.note}"
    return row.rstrip()


def _number(value: float) -> str:
    return f"{value:.3f}" if value < 10 else f"{value:,.0f}"

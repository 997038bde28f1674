"""The benchmark of the terminal chat and the Slack bot: `python -m evals bench --faces`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from evals.bench.chat_sizes import measure_chat
from evals.bench.measures import Measure, describe_machine
from evals.bench.slack_threads import measure_threads

__all__ = ["FaceBenchResult", "run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceBenchResult:
    """A whole run."""

    machine: dict[str, Any]
    measures: Sequence[Measure]

    def to_dict(self) -> dict[str, Any]:
        """Return the document that `--json` prints."""
        return {
            "suite": "bench",
            "machine": self.machine,
            "faces": [one.to_dict() for one in self.measures],
        }

    def describe(self) -> str:
        """Return the table for people."""
        machine = self.machine
        lines = [
            f"bench of chat and Slack bot on {machine['cores']} cores, "
            f"{machine['processor'] or machine['system']}, Python {machine['python']}, "
            f"{machine['date']}, load average {machine['load_average']}",
            "Timings are upper bounds if anything else ran on the machine.",
        ]
        for one in self.measures:
            value = "not measured" if one.value is None else f"{one.value:,.3f} {one.unit}"
            lines.append(f"  {one.name:<28}{value:>14}  {one.note}".rstrip())
        return "\n".join(lines) + "\n"


def run(*, threads: int = 200, turns: int = 500, lines: int = 10_000) -> FaceBenchResult:
    """Measure both."""
    machine = describe_machine(datetime.now(UTC))
    found = [*measure_threads(threads), *measure_chat(turns, lines)]
    return FaceBenchResult(machine=machine, measures=found)

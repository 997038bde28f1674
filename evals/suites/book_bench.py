"""The benchmark of the address book: `python -m evals bench --book`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from evals.bench.allocating import measure_book
from evals.bench.measures import Measure, describe_machine

__all__ = ["BookBenchResult", "run"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BookBenchResult:
    """A whole run."""

    machine: dict[str, Any]
    measures: Sequence[Measure]

    def to_dict(self) -> dict[str, Any]:
        """Return the document that `--json` prints."""
        return {
            "suite": "bench",
            "machine": self.machine,
            "book": [one.to_dict() for one in self.measures],
        }

    def describe(self) -> str:
        """Return the table for people."""
        machine = self.machine
        lines = [
            f"bench of the address book on {machine['cores']} cores, "
            f"{machine['processor'] or machine['system']}, Python {machine['python']}, "
            f"{machine['date']}, load average {machine['load_average']}",
            "Timings are upper bounds if anything else ran on the machine.",
        ]
        for one in self.measures:
            value = "not measured" if one.value is None else f"{one.value:,.2f} {one.unit}"
            lines.append(f"  {one.name:<26}{value:>16}  {one.note}".rstrip())
        return "\n".join(lines) + "\n"


def run(*, existing: int = 100_000, prefixes: int = 2_000, calls: int = 200) -> BookBenchResult:
    """Measure the book, the peer, and many processes at once."""
    machine = describe_machine(datetime.now(UTC))
    found = list(measure_book(existing=existing, prefixes=prefixes, calls=calls))
    return BookBenchResult(machine=machine, measures=found)

"""Facts about a workspace, read from its policies by a person: who reaches whom, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FACTS", "Fact", "read_facts"]

FACTS = Path(__file__).resolve().parents[1] / "cases" / "facts.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line: a connection and its verdict, or a list of who gets in or out."""

    workspace: str
    split: str
    kind: str
    """`reach`, `who` or `what`."""
    source: str = ""
    """`namespace/workload`; empty for `who`."""
    destination: str = ""
    """`namespace/workload`; empty for `what`."""
    via: str = ""
    """A port (`8080`, `514/UDP`), a request (`GET /kegs`), or nothing."""
    verdict: str = ""
    decided_by: str = ""
    """Pattern of the policies that a right answer names; empty where none decides."""
    yes: tuple[str, ...] = ()
    """Workloads of the list that get through."""
    no: tuple[str, ...] = ()

    @property
    def http(self) -> str:
        """Return the request, if it is one of HTTP."""
        return self.via if " " in self.via else ""

    @property
    def port(self) -> str:
        """Return the port, if one is named."""
        return "" if " " in self.via else self.via


def read_facts(path: Path = FACTS) -> Iterator[Fact]:
    """Yield the facts of a file.

    Raises:
        ValueError: A line has another form; names it.
    """
    workspace = split = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        if text.startswith("["):
            workspace, _, split = text.strip("[").partition("] ")
            continue
        try:
            yield _read(text, workspace, split)
        except ValueError as error:
            message = f"{path.name}:{number} is no fact: `{text}`. {error}"
            raise ValueError(message) from error


def _read(text: str, workspace: str, split: str) -> Fact:
    # Policies in the last field are alternatives, which the same bar separates.
    cells = [cell.strip() for cell in text.split("|", 4)]
    if cells[0] in ("who", "what"):
        kind, end, yes, no = cells
        ends = {"destination" if kind == "who" else "source": end}
        lists = {"yes": _names(yes), "no": _names(no)}
        return Fact(workspace=workspace, split=split, kind=kind, **ends, **lists)  # type: ignore[arg-type]
    source, destination, via, verdict, decided_by = cells
    return Fact(
        workspace=workspace,
        split=split,
        kind="reach",
        source=source,
        destination=destination,
        via=via,
        verdict=verdict,
        decided_by=decided_by,
    )


def _names(cell: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in cell.split(",") if name.strip())

"""A diagnosis in words: the cause first, then every step with its evidence."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tools.wording import bullets

if TYPE_CHECKING:
    from tools.diagnosis_results import CauseRow, DiagnosisResult, FactRow, MissingRow

__all__ = ["NOT_MEASURED", "describe", "describe_collect"]

_SIGNS = {"ok": "ok", "fault": "FAULT", "unknown": "not checked"}
NOT_MEASURED = (
    "That cannot be told from what was given: nothing in it measures loss, speed or load (no "
    "flows, no counters of nodes)."
)
_SHOWN = 3
_CELL = 300


def describe(result: "DiagnosisResult") -> str:
    """Return the diagnosis as Markdown."""
    return "\n\n".join(part for part in _parts(result) if part)


def _parts(result: "DiagnosisResult") -> Iterator[str]:
    root = result.root_cause
    if result.declined:
        yield f"{result.declined} Nothing else was found wrong."
    elif root is None:
        yield "No issue found in what was given."
    else:
        yield f"**Root cause:** {root.summary}"
        yield _titled("Evidence", [_told(one) for one in root.evidence])
    if result.since:
        yield f"Flows were looked at since {result.since}."
    yield _table(result)
    if root is not None:
        yield from _remedy(result, root)
    yield _titled("Also found", [one.summary for one in result.other_causes[:_SHOWN]])
    yield _titled(
        "Wrong as well, though it does not explain this",
        [one.summary for one in result.besides[:_SHOWN]],
    )
    missing = [f"{one.what}: `{one.command}`" for one in result.missing]
    yield _titled("Not checked for lack of data; these commands read it", missing)


def _remedy(result: "DiagnosisResult", root: "CauseRow") -> Iterator[str]:
    if result.fix is not None and result.fix.outcome == "mended":
        yield f"**Smallest fix:** {result.fix.text}"
        yield f"```diff\n{result.fix.diff.rstrip()}\n```" if result.fix.diff else ""
        yield _titled("Proof", [one.detail for one in result.fix.checks])
    elif root.fix:
        commands = "".join(f"\n\n    {one}" for one in root.commands)
        proof = f" {root.proof}" if root.proof else ""
        yield f"**Smallest fix:** {root.fix}{proof}{commands}"
    yield _titled("To verify it", [f"`{one}`" for one in root.verify])


def _table(result: "DiagnosisResult") -> str:
    rows = ["| check | state | result | source |", "|---|---|---|---|"]
    for number, step in enumerate(result.steps, start=1):
        places = [one.location or one.source for one in step.evidence]
        shown = ", ".join(f"`{one}`" for one in dict.fromkeys(places) if one)
        rows.append(
            f"| {number}. {step.check} | {_SIGNS[step.state]} | {_cell(step.result)} "
            f"| {_cell(shown)} |"
        )
    return "\n".join(rows)


def _cell(text: str) -> str:
    """Return a text that fits into one cell of a table."""
    flat = " ".join(text.split()).replace("|", "\\|")
    return flat if len(flat) <= _CELL else f"{flat[:_CELL].rstrip()} ..."


def _told(one: "FactRow") -> str:
    place = one.location or one.source
    return f"{one.text.rstrip('.')}" + (f" (`{place}`)" if place else "") + "."


def _titled(title: str, lines: Sequence[str]) -> str:
    return f"{title}:\n\n{bullets(lines)}" if lines else ""


def describe_collect(rows: "Sequence[MissingRow]") -> str:
    """Return the commands that would collect what is missing."""
    if not rows:
        return "Nothing is missing that a check would use."
    lines = [f"{one.what}:\n\n      {one.command}\n" for one in rows]
    return "These commands only read, and each writes a file to add with `-w`:\n\n" + bullets(lines)

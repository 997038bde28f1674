"""A change of policies in words: what it opens, what it closes, and what stays."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from tools.wording import bullets, count, join, quote, shorten

if TYPE_CHECKING:
    from tools.simulate import ChangeRow, SimulationResult

__all__ = ["describe"]

_MOST_LINES = 40
_SHOWN = 8
_STATES = {
    "allow": "allowed",
    "conditional": "allowed for some requests",
    "unknown": "not known",
    "deny": "denied",
}


def describe(result: "SimulationResult") -> str:
    """Return the answer, complete and true on its own."""
    parts = [
        _headline(result),
        _section("Opened", result.opened),
        _section("Closed", result.closed),
        _section("Open to other requests than before", result.changed),
        bullets(f"Not in force: {fault}" for fault in result.refused),
    ]
    return "\n\n".join(part for part in parts if part)


def _headline(result: "SimulationResult") -> str:
    acts = [
        f"{verb} {shorten([quote(key) for key in keys], _SHOWN)}"
        for verb, keys in (
            ("adds", result.added),
            ("replaces", result.replaced),
            ("removes", result.removed),
        )
        if keys
    ]
    text = f"The change {join(acts)}."
    if not (result.opened or result.closed or result.changed):
        return f"{text} It opens nothing and closes nothing."
    effects = [
        f"{verb} {count(len({(row.source, row.destination) for row in rows}), 'connection')}"
        for verb, rows in (("opens", result.opened), ("closes", result.closed))
        if rows
    ]
    effect = f"It {join(effects)}; " if effects else ""
    same = f"{count(result.unchanged, 'pair')} of ends" if result.unchanged != 1 else "1 pair"
    stay = "stays" if result.unchanged == 1 else "stay"
    tail = f"{same} {stay} as {'it is' if result.unchanged == 1 else 'they are'}."
    return f"{text} {effect}{tail}"


def _section(title: str, rows: Sequence["ChangeRow"]) -> str:
    lines = [*_lines(rows)]
    more = len(lines) - _MOST_LINES
    if more > 0:
        lines = [*lines[:_MOST_LINES], f"... and {more:,} more."]
    return f"{title}:\n\n{bullets(lines)}" if lines else ""


def _lines(rows: Iterable["ChangeRow"]) -> Iterator[str]:
    """Yield the changes, those that differ in one end only on a line together."""
    rows = list(rows)
    by_destination = _grouped(rows, "destination")
    by_source = _grouped(rows, "source")
    inward = len(by_destination) <= len(by_source)
    for group in by_destination if inward else by_source:
        first = group[0]
        names = {row.source if inward else row.destination for row in group}
        # The world first: that is what a reader must not miss where the list is cut.
        ordered = sorted(names, key=lambda name: (name != "world", name))
        others = shorten([quote(name) for name in ordered], _SHOWN)
        ends = (others, quote(first.destination)) if inward else (quote(first.source), others)
        was = f"was {_STATES[first.before]}, then {_STATES[first.after]}"
        if first.layer == "mesh":
            was += ", by the mesh"
        yield f"{ends[0]} to {ends[1]}: {first.ports} ({was})."


def _grouped(rows: Iterable["ChangeRow"], end: str) -> list[list["ChangeRow"]]:
    found: dict[tuple[str, ...], list[ChangeRow]] = {}
    for row in rows:
        key = (getattr(row, end), row.ports, row.before, row.after, row.layer)
        found.setdefault(key, []).append(row)
    return list(found.values())

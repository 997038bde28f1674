"""The whole network in words: a grid, who opens what, and what is restricted."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tools.reach_text import request_text
from tools.wording import bullets, count, join, quote, shorten

if TYPE_CHECKING:
    from tools.matrix import IsolationRow, MatrixCell
    from topology.policy.verdict import HttpRequest

__all__ = ["SIGNS", "describe", "draw_grid"]

SIGNS = {"allow": "+", "some": "~", "conditional": "*", "unknown": "?", "deny": "."}
WORLD = "world"
_MEANINGS = {
    "+": "every port that the destination offers",
    "~": "some",
    "*": "only some HTTP or DNS requests",
    "?": "not known",
    ".": "none",
}
_OPEN = ("allow", "conditional", "some")
_MOST_ROWS = 40
"""A grid wider than this no terminal shows."""
_MOST_LINES = 60
_SHOWN = 10


def describe(
    by: str,
    ends: Sequence[str],
    cells: Sequence["MatrixCell"],
    isolation: Sequence["IsolationRow"],
    *,
    http: "HttpRequest | None" = None,
) -> str:
    """Return the answer, complete and true on its own."""
    shown = _short_names(ends)
    inside = [cell for cell in cells if WORLD not in (cell.source, cell.destination)]
    parts = [
        _headline(by, inside, isolation, request_text(http)),
        _fenced(draw_grid(ends, cells, shown)),
        bullets(_cut(_openings(ends, cells, shown))),
        bullets(_exceptions(cells, shown)),
        bullets(_isolation_lines(isolation, shown)),
    ]
    return "\n\n".join(part for part in parts if part)


def draw_grid(
    ends: Sequence[str], cells: Iterable["MatrixCell"], shown: dict[str, str]
) -> list[str]:
    """Return the grid, rows from and columns to, with its legend; nothing where it is too wide."""
    if not 1 < len(ends) <= _MOST_ROWS:
        return []
    signs = {(cell.source, cell.destination): SIGNS[cell.verdict] for cell in cells}
    names = [shown[end] for end in ends]
    width = max(map(len, names))
    number_width = len(str(len(ends)))
    heads = [f"{number:>{number_width}}" for number in range(1, len(ends) + 1)]
    lines = [" " * (number_width + 1 + width) + "  to " + " ".join(heads)]
    for number, end in enumerate(ends, 1):
        row = [f"{signs.get((end, other), ' '):>{number_width}}" for other in ends]
        lines.append(f"{number:>{number_width}} {shown[end]:<{width}}     {' '.join(row)}".rstrip())
    used = set(signs.values())
    legend = "; ".join(f"{sign} {text}" for sign, text in _MEANINGS.items() if sign in used)
    return [*lines, "", f"Rows open, columns are opened: {legend}."]


def _short_names(ends: Sequence[str]) -> dict[str, str]:
    """Return names without their namespace where all have the same."""
    spaces = {end.partition("/")[0] for end in ends if "/" in end}
    if len(spaces) != 1:
        return {end: end for end in ends}
    return {end: end.partition("/")[2] or end for end in ends}


def _headline(
    by: str, cells: Sequence["MatrixCell"], isolation: Sequence["IsolationRow"], request: str
) -> str:
    workloads = count(len(isolation), "workload")
    if not cells:
        return f"There are no two ends to compare among {workloads}."
    units = "workloads" if by == "workload" else "namespaces"
    opened = [cell for cell in cells if cell.verdict in _OPEN]
    whole = sum(cell.verdict == "allow" for cell in cells)
    unknown = sum(cell.verdict == "unknown" for cell in cells)
    pairs = f"{len(cells):,} ordered pairs of {units}"
    text = f"{workloads}: of {pairs}, {len(opened):,} can connect{request}"
    if whole < len(opened):
        text += f", {whole:,} of them on every port"
    return text + (f"; {unknown:,} are not known." if unknown else ".")


def _openings(
    ends: Sequence[str], cells: Sequence["MatrixCell"], shown: dict[str, str]
) -> Iterable[str]:
    """Yield, for each destination, who may open which of its ports."""
    into: dict[str, dict[str, list[str]]] = {end: {} for end in ends}
    others: dict[str, set[str]] = {end: set() for end in ends}
    for cell in cells:
        others[cell.destination].add(cell.source)
        if cell.verdict in (*_OPEN, "unknown"):
            into[cell.destination].setdefault(_ports(cell), []).append(cell.source)
    for end, found in into.items():
        for ports, sources in sorted(found.items()):
            yield f"{quote(shown[end])} {ports}: from {_who(sources, others[end], shown)}."
    closed = [quote(shown[end]) for end, found in into.items() if not found]
    if closed:
        yield f"Nobody may open anything to {shorten(closed, _SHOWN)}."


def _ports(cell: "MatrixCell") -> str:
    if cell.pairs:
        total = sum(cell.pairs.values())
        whole = cell.pairs.get("allow", 0)
        part = sum(cell.pairs.get(verdict, 0) for verdict in ("some", "conditional"))
        texts = [f"{whole:,} open"] if whole else []
        texts += [f"{part:,} open in part"] if part else []
        texts += [f"{cell.pairs['unknown']:,} not known"] if "unknown" in cell.pairs else []
        return f"({join(texts)} of {count(total, 'pair')})"
    parts = [", ".join(cell.allowed)] if cell.allowed else []
    if cell.conditional:
        parts.append(f"{', '.join(cell.conditional)} for some requests only")
    if cell.unknown:
        parts.append(f"{', '.join(cell.unknown)} not known")
    return " and ".join(parts) + (", not its other ports" if cell.denied else "")


def _who(sources: Sequence[str], others: set[str], shown: dict[str, str]) -> str:
    if len(sources) > 1 and set(sources) == others:
        return "everyone, the world included" if WORLD in sources else "every workload"
    if len(sources) > _SHOWN and set(sources) == others - {WORLD}:
        return "every workload, but not the world"
    return shorten([quote(shown[source]) for source in sources], _SHOWN)


def _exceptions(cells: Iterable["MatrixCell"], shown: dict[str, str]) -> Iterable[str]:
    """Yield the networks and names that fare otherwise than the world at large."""
    groups: dict[tuple[bool, tuple[str, ...]], list[str]] = {}
    for cell in cells:
        if cell.exceptions:
            outgoing = cell.destination == WORLD
            inside = cell.source if outgoing else cell.destination
            groups.setdefault((outgoing, cell.exceptions), []).append(quote(shown[inside]))
    for (outgoing, exceptions), names in groups.items():
        way = "To" if outgoing else "From"
        verb = "from" if outgoing else "to"
        listed = shorten([quote(one) for one in exceptions], 6)
        yield f"{way} parts of the world it is otherwise, {verb} {shorten(names, 6)}: {listed}."


_STATES = {
    "default-deny": "Only what rules allow {verb}",
    "no-default-deny": "What no policy denies {verb}",
    "open": "Everything {verb}, as no policy selects them",
    "unknown": "Not known whether policies select them",
    "node-network": "On the network of their node, where no policy for pods applies",
}


def _isolation_lines(isolation: Sequence["IsolationRow"], shown: dict[str, str]) -> Iterable[str]:
    for way, verb in (("ingress", "is let in"), ("egress", "is let out")):
        groups: dict[str, list[str]] = {}
        for row in isolation:
            name = shown.get(row.workload, row.workload)
            groups.setdefault(getattr(row, way), []).append(name)
        for state, names in sorted(groups.items()):
            text = _STATES[state].format(verb=verb)
            yield f"{way.capitalize()}: {text}: {_all_or(names, len(isolation))}."


def _all_or(names: Sequence[str], total: int) -> str:
    if len(names) == total and total > 1:
        return f"all {total:,} workloads"
    return shorten([quote(name) for name in names], _SHOWN)


def _fenced(lines: Sequence[str]) -> str:
    return "\n".join(["```text", *lines, "```"]) if lines else ""


def _cut(lines: Iterable[str]) -> list[str]:
    found = list(lines)
    more = len(found) - _MOST_LINES
    return found if more <= 0 else [*found[:_MOST_LINES], f"... and {more:,} more."]

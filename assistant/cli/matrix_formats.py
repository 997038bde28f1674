"""The matrix for other programs: CSV, Graphviz, and one page of HTML."""

import csv
import io
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

from tools.matrix_text import SIGNS

if TYPE_CHECKING:
    from tools.matrix import MatrixCell, MatrixResult

__all__ = ["FORMATS", "to_csv", "to_dot", "to_html"]

_EDGES = {
    "allow": "solid",
    "some": "solid",
    "conditional": "dashed",
    "unknown": "dotted",
}
_STYLE = """
body { font: 14px/1.4 system-ui, sans-serif; margin: 2em; color: #1a1a1a; }
table { border-collapse: collapse; }
th { font-weight: 500; text-align: left; padding: 2px 6px; white-space: nowrap; }
thead th { vertical-align: bottom; height: 12em; }
thead span { writing-mode: vertical-rl; transform: rotate(180deg); }
td { width: 1.6em; height: 1.6em; text-align: center; border: 1px solid #ddd; }
.allow { background: #cdeac0; } .some, .conditional { background: #fff0b3; }
.unknown { background: #e0e0e0; } .deny { background: #f9d0cb; }
""".strip()


def to_csv(result: "MatrixResult") -> str:
    """Return one line per pair; several ports in a field stand behind each other with `;`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    fields = ("allowed", "conditional", "unknown", "denied", "exceptions")
    writer.writerow(["source", "destination", "verdict", *fields, "pairs"])
    for cell in result.cells:
        lists = ["; ".join(getattr(cell, field)) for field in fields]
        pairs = "; ".join(f"{number} {verdict}" for verdict, number in cell.pairs.items())
        writer.writerow([cell.source, cell.destination, cell.verdict, *lists, pairs])
    return out.getvalue()


def to_dot(result: "MatrixResult") -> str:
    """Return a directed graph for Graphviz, with an edge wherever something may be opened."""
    lines = ["digraph network {", "  rankdir=LR;", "  node [shape=box];"]
    lines += [f"  {_quoted(end)};" for end in result.ends]
    for cell in result.cells:
        if cell.verdict in _EDGES:
            style = _EDGES[cell.verdict]
            label = _quoted(_ports(cell).replace("; ", "\n"))
            ends = f"{_quoted(cell.source)} -> {_quoted(cell.destination)}"
            lines.append(f"  {ends} [style={style}, label={label}];")
    return "\n".join([*lines, "}"])


def to_html(result: "MatrixResult") -> str:
    """Return one page that needs nothing else; the ports show where the pointer rests."""
    cells = {(cell.source, cell.destination): cell for cell in result.cells}
    heads = "".join(f"<th><span>{escape(end)}</span></th>" for end in result.ends)
    rows = "\n".join(
        f"<tr><th>{escape(source)}</th>"
        + "".join(_table_cell(cells.get((source, end))) for end in result.ends)
        + "</tr>"
        for source in result.ends
    )
    isolation = "\n".join(
        f"<tr><th>{escape(row.workload)}</th><th>{row.ingress}</th><th>{row.egress}</th>"
        f"<th>{escape(', '.join(row.policies))}</th></tr>"
        for row in result.isolation
    )
    legend = ", ".join(f"{sign} {verdict}" for verdict, sign in SIGNS.items())
    notes = "".join(f"<p>{escape(fault)}</p>" for fault in result.not_verified)
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Who may open what to whom</title>
<style>
{_STYLE}
</style></head>
<body>
<h1>Who may open what to whom</h1>
<p>Rows open, columns are opened, on the ports that the destination offers: {legend}.</p>
{notes}
<table><thead><tr><th></th>{heads}</tr></thead>
<tbody>
{rows}
</tbody></table>
<h2>What is restricted</h2>
<table><thead><tr><th>workload</th><th>ingress</th><th>egress</th><th>policies</th></tr></thead>
<tbody>
{isolation}
</tbody></table>
</body></html>"""


def _table_cell(cell: "MatrixCell | None") -> str:
    if cell is None:
        return "<td></td>"
    title = escape(f"{cell.source} to {cell.destination}: {_ports(cell) or 'nothing'}", quote=True)
    return f'<td class="{cell.verdict}" title="{title}">{SIGNS[cell.verdict]}</td>'


def _ports(cell: "MatrixCell") -> str:
    """Return what is open in a few words."""
    parts = [*cell.allowed, *(f"{port} (some requests)" for port in cell.conditional)]
    parts += [f"{port} (not known)" for port in cell.unknown]
    parts += [f"{number} {verdict}" for verdict, number in cell.pairs.items()]
    return "; ".join([*parts, *cell.exceptions])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


FORMATS: dict[str, Callable[["MatrixResult"], str]] = {
    "csv": to_csv,
    "dot": to_dot,
    "html": to_html,
}

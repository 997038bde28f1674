"""The matrix for other programs: CSV, Mermaid, Graphviz, SVG, and one interactive page."""

import csv
import io
from collections.abc import Callable
from typing import TYPE_CHECKING

from tools.pictures import draw_heat_map, draw_matrix, to_dot, to_mermaid, write_page

if TYPE_CHECKING:
    from tools.matrix import MatrixResult
    from tools.workspace import Workspace

__all__ = ["FORMATS", "to_csv"]


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


FORMATS: dict[str, Callable[["MatrixResult", "Workspace"], str]] = {
    "csv": lambda result, workspace: to_csv(result),
    "mermaid": lambda result, workspace: to_mermaid(draw_matrix(result)),
    "dot": lambda result, workspace: to_dot(draw_matrix(result)),
    "svg": lambda result, workspace: draw_heat_map(result),
    "html": write_page,
}

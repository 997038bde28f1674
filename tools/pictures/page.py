"""One interactive page about who may open what to whom; it needs no network and no other file."""

import json
from array import array
from base64 import b64encode
from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tools.matrix import MatrixCell, MatrixResult
    from tools.workspace import Workspace

__all__ = ["MOST_PATHS", "write_page"]

MOST_PATHS = 1_600
"""Pairs whose every layer is computed and put into the page; of more, the policies of both ends."""
_MARK = '"@@DATA@@"'


def write_page(result: "MatrixResult", workspace: "Workspace | None" = None) -> str:
    """Return the page as HTML.

    Args:
        result: The matrix, by workload or by namespace.
        workspace: With it, a click on a pair of a small network shows each layer with rule, file
            and line; without it, or on a large one, the ports and the policies of both ends.
    """
    template = files("tools.pictures").joinpath("page.html").read_text(encoding="utf-8")
    data = _data(result) | {"paths": _paths(result, workspace) if workspace else None}
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    # Inside a script element nothing but these can end it or begin a comment.
    safe = text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return template.replace(_MARK, safe)


def _data(result: "MatrixResult") -> dict[str, Any]:
    """Return ends, the distinct contents of cells, and for each pair the number of its content."""
    place = {end: number for number, end in enumerate(result.ends)}
    contents: dict[tuple[str, str], int] = {("", ""): 0}
    cells = array("H", bytes(2 * len(place) ** 2))
    for cell in result.cells:
        number = contents.setdefault((cell.verdict, _told(cell)), len(contents))
        cells[place[cell.source] * len(place) + place[cell.destination]] = number
    policies: dict[str, int] = {}
    isolation = {row.workload: row for row in result.isolation}
    ends = []
    for end in result.ends:
        row = isolation.get(end)
        numbers = [policies.setdefault(one, len(policies)) for one in row.policies] if row else []
        states = [row.ingress, row.egress] if row else ["", ""]
        ends.append([end, end.partition("/")[0] if "/" in end else "", *states, numbers])
    return {
        "by": result.by,
        "http": result.http,
        "ends": ends,
        "policies": list(policies),
        "contents": list(contents),
        "cells": b64encode(cells.tobytes()).decode(),
        "notes": list(result.not_verified),
    }


def _told(cell: "MatrixCell") -> str:
    parts = [*cell.allowed, *(f"{port} (some requests)" for port in cell.conditional)]
    parts += [f"{port} (not known)" for port in cell.unknown]
    parts += [f"{number} {verdict}" for verdict, number in cell.pairs.items()]
    return "; ".join([*parts, *cell.exceptions])


def _paths(result: "MatrixResult", workspace: "Workspace") -> dict[str, Any] | None:
    """Return the layers of every pair, each distinct layer once."""
    if result.by != "workload" or len(result.ends) ** 2 > MOST_PATHS:
        return None
    from tools.errors import ToolError
    from tools.reach import can_reach

    layers: dict[tuple[str, ...], int] = {}
    paths: dict[str, Sequence[int]] = {}
    for row, source in enumerate(result.ends):
        for column, destination in enumerate(result.ends):
            asked = {"source": source, "destination": destination, "http": result.http or ""}
            try:
                found = can_reach.call(workspace, asked)
            except ToolError:
                # Two kinds of workload may share a name, which is no name to ask by.
                continue
            paths[f"{row},{column}"] = [
                layers.setdefault(_layer(one), len(layers)) for one in getattr(found, "layers", ())
            ]
    return {"layers": list(layers), "pairs": paths}


def _layer(one: Any) -> tuple[str, ...]:
    rule = " ".join(part for part in (one.policy, one.rule) if part)
    return one.layer, one.verdict, rule, one.location or "", one.reason

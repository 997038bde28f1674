"""The matrix as a still picture: a square for each pair, with a sign beside the colour."""

from html import escape
from typing import TYPE_CHECKING, cast

from tools.pictures.picture import SIGNS, Verdict

if TYPE_CHECKING:
    from tools.matrix import MatrixResult

__all__ = ["draw_heat_map"]

_FILLS: dict[str, str] = {
    "allow": "#4ac26b", "some": "#d4a72c", "conditional": "#d4a72c", "unknown": "#afb8c1",
    "deny": "#ffcecb",
}  # fmt: skip
_CELL = 22
_LETTER = 6.6
_MARGIN = 16
_TOP = 52
_LEGEND = "Rows open, columns are opened: + every port, ~ some, ? not known, x none."


def draw_heat_map(result: "MatrixResult") -> str:
    """Return the matrix as one SVG document; a tooltip on each square names pair and ports."""
    label = max((len(end) for end in result.ends), default=0) * _LETTER + 10
    place = {end: number for number, end in enumerate(result.ends)}
    left, top = _MARGIN + label, _TOP + label
    width = max(left + len(place) * _CELL + _MARGIN, len(_LEGEND) * _LETTER + 2 * _MARGIN)
    height = top + len(place) * _CELL + _MARGIN
    parts = [
        f'<text class="title" x="{_MARGIN}" y="26">Who may open what to whom</text>',
        f'<text class="small" x="{_MARGIN}" y="44">{_LEGEND}</text>',
    ]
    for end, number in place.items():
        middle = number * _CELL + _CELL / 2 + 4
        x, name = left + middle, escape(end)
        parts.append(f'<text x="{left - 6:.0f}" y="{top + middle:.0f}" class="row">{name}</text>')
        parts.append(
            f'<text transform="translate({x:.0f} {top - 6:.0f}) rotate(-90)">{name}</text>'
        )
    for cell in result.cells:
        x = left + place[cell.destination] * _CELL
        y = top + place[cell.source] * _CELL
        ports = ", ".join((*cell.allowed, *cell.conditional)) or cell.verdict
        tip = escape(f"{cell.source} -> {cell.destination}: {ports}")
        sign = SIGNS[cast("Verdict", cell.verdict)]
        parts.append(
            f'<g><title>{tip}</title><rect x="{x:.0f}" y="{y:.0f}" width="{_CELL - 2}" '
            f'height="{_CELL - 2}" rx="3" fill="{_FILLS.get(cell.verdict, "#eaeef2")}"/>'
            f'<text class="sign" x="{x + 10:.0f}" y="{y + 14:.0f}">{sign}</text></g>'
        )
    style = (
        "text{font:12px system-ui,sans-serif;fill:#1f2328}.row,.sign{text-anchor:middle}"
        ".row{text-anchor:end}.sign{fill:#1f2328;opacity:.75}.small{fill:#57606a}"
        ".title{font-size:16px;font-weight:600}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="Who may open what to whom">'
        f'<style>{style}</style><rect width="100%" height="100%" fill="#fff"/>'
        f"{''.join(parts)}</svg>"
    )

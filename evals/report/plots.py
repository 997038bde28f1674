"""Plots as inline SVG: shares with error bars, and how answers ended."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

__all__ = ["COLOURS", "bar_chart", "outcome_bar"]

COLOURS = {
    "right": "#2c7a4b",
    "incomplete": "#9a8f2c",
    "asked back": "#3b6ea5",
    "declined": "#8a8a8a",
    "confidently wrong": "#b3261e",
}
_LABEL, _BAR, _ROW = 130, 420, 24
"""Widths and height in pixels."""
_AIM = 0.95


def bar_chart(rows: Sequence[Mapping[str, Any]], *, aim: float = _AIM) -> str:
    """Return horizontal bars of `mean`, 0 to 1, with whiskers of one `standard_error`."""
    height = _ROW * len(rows) + 30
    parts = [
        f'<svg viewBox="0 0 {_LABEL + _BAR + 150} {height}" role="img" '
        f'aria-label="Share of right answers by family, with standard errors">'
    ]
    goal = _x(aim)
    parts.append(f'<line class="aim" x1="{goal}" x2="{goal}" y1="4" y2="{height - 26}"/>')
    for number, row in enumerate(rows):
        parts += _bar(row, 8 + number * _ROW)
    for tick in (0, 0.25, 0.5, 0.75, 1):
        parts.append(
            f'<text class="tick" x="{_x(tick)}" y="{height - 8}" text-anchor="middle">'
            f"{tick:.0%}</text>"
        )
    return "".join([*parts, "</svg>"])


def outcome_bar(outcomes: Mapping[str, int]) -> str:
    """Return one stacked bar of how answers ended, with a legend of counts."""
    total = sum(outcomes.values()) or 1
    width = _LABEL + _BAR
    parts = [f'<svg viewBox="0 0 {width} 34" role="img" aria-label="How answers ended">']
    start = 0.0
    for name, count in outcomes.items():
        size = width * count / total
        parts.append(
            f'<rect x="{start:.1f}" y="4" width="{size:.1f}" height="26" '
            f'fill="{COLOURS.get(name, "#555")}"><title>{escape(name)}: {count}</title></rect>'
        )
        start += size
    legend = "".join(
        f'<li><span class="dot" style="background:{COLOURS.get(name, "#555")}"></span>'
        f"{escape(name)}: <b>{count}</b> ({count / total:.1%})</li>"
        for name, count in outcomes.items()
    )
    return "".join([*parts, f'</svg><ul class="legend">{legend}</ul>'])


def _bar(row: Mapping[str, Any], top: int) -> list[str]:
    mean, error = float(row["mean"]), float(row["standard_error"])
    low, high = max(0.0, mean - error), min(1.0, mean + error)
    middle = top + 8
    wrong = int(row["confidently_wrong"])
    said = f"{mean:.0%} of {row['cases']}" + (f", {wrong} wrong" if wrong else "")
    return [
        f'<text x="{_LABEL - 8}" y="{middle + 4}" text-anchor="end">{escape(row["family"])}</text>',
        f'<rect x="{_LABEL}" y="{top}" width="{_x(mean) - _LABEL:.1f}" height="16" '
        f'class="{"bad" if wrong else "good"}"/>',
        f'<line class="err" x1="{_x(low)}" x2="{_x(high)}" y1="{middle}" y2="{middle}"/>',
        *(
            f'<line class="err" x1="{_x(end)}" x2="{_x(end)}" y1="{middle - 4}" y2="{middle + 4}"/>'
            for end in (low, high)
        ),
        f'<text x="{_LABEL + _BAR + 8}" y="{middle + 4}">{said}</text>',
    ]


def _x(share: float) -> float:
    return round(_LABEL + _BAR * share, 1)

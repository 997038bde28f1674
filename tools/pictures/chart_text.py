"""Charts as Mermaid, for Markdown, and as one page with the numbers in a table."""

from html import escape

from tools.pictures.chart import Chart
from tools.pictures.chart_svg import to_chart_svg

__all__ = ["to_chart_mermaid", "to_chart_page"]

_SAFE = " -_./:,()+~?>"
_COLUMNS = 10
"""Labels of times that have room beside each other."""
_THEME = '%%{init: {"themeVariables": {"xyChart": {"plotColorPalette": "#0969da"}}}}%%'
_CSS = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:1000px;margin:24px auto;padding:0 16px;"
    "color:#1f2328;background:#fff}svg{max-width:100%;height:auto}"
    "table{border-collapse:collapse;margin-top:16px}caption{text-align:left;font-weight:600}"
    "th,td{padding:3px 12px;border-bottom:1px solid #d0d7de;text-align:right}"
    "th:first-child,td:first-child{text-align:left}"
    "@media (prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}"
    "th,td{border-color:#3d444d}}"
)


def to_chart_mermaid(chart: Chart) -> str:
    """Return a bar chart of the sums; Mermaid stacks none, so the series stand in comments."""
    labels, totals = _condensed(chart)
    axis = ", ".join(f'"{_safe(label)}"' for label in labels)
    lines = [
        _THEME,
        f"xychart-beta{' horizontal' if chart.across else ''}",
        f'  title "{_safe(chart.title)}"',
        f"  x-axis [{axis}]",
        f'  y-axis "{_safe(chart.unit)}" 0 --> {max((*totals, 1))}',
        f"  bar [{', '.join(map(str, totals))}]",
    ]
    told = (chart.told, *(f"{one.name}: {one.total}" for one in chart.series), *chart.notes)
    return "\n".join([*lines, *(f"  %% {' '.join(text.split())}" for text in told)])


def _condensed(chart: Chart) -> tuple[list[str], list[int]]:
    """Return labels and sums; of columns over time as many as have room for their labels."""
    if not chart.labels:
        return ["none"], [0]
    every = 1 if chart.across else -(-len(chart.labels) // _COLUMNS)
    starts = range(0, len(chart.labels), every)
    return (
        [chart.labels[start] for start in starts],
        [sum(chart.totals[start : start + every]) for start in starts],
    )


def _safe(text: str) -> str:
    """Leave out of a quoted text what could end it: these charts know no escapes."""
    return "".join(letter if letter.isalnum() or letter in _SAFE else "_" for letter in text)


def _first_large(text: str) -> str:
    return text[:1].upper() + text[1:]


def to_chart_page(chart: Chart) -> str:
    """Return one HTML page with the picture and its numbers; it needs no other file."""
    heads = "".join(f"<th>{escape(one.name)}</th>" for one in chart.series)
    rows = "".join(
        f"<tr><td>{escape(label)}</td>"
        + "".join(f"<td>{one.values[place]:,}</td>" for one in chart.series)
        + "</tr>"
        for place, (label, total) in enumerate(zip(chart.labels, chart.totals, strict=True))
        if total
    )
    table = (
        f"<table><caption>{escape(_first_large(chart.unit))}</caption><thead><tr>"
        f"<th>{escape(_first_large(chart.axis))}</th>{heads}</tr></thead><tbody>{rows}</tbody>"
        "</table>"
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(chart.title)}</title><style>{_CSS}</style></head><body>"
        f"{to_chart_svg(chart)}{table if any(chart.totals) else ''}</body></html>\n"
    )

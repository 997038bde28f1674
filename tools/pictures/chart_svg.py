"""Charts as SVG: columns over time, or bars by name; numbers stand beside colours."""

from collections.abc import Iterator
from html import escape
from textwrap import wrap

from tools.pictures.chart import Chart

__all__ = ["to_chart_svg"]

_WIDTH = 980
_MARGIN = 28
_LETTER = 7.6
_LINE = 17
_PLOT = 260
_ROW = 26
_LONGEST = 54
"""Letters of a label beside a bar; the whole of a longer one is its tooltip."""
_ENDS = 190
"""Pixels right of the bars, for their numbers."""
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1f2328}.small{font-size:11px;fill:#57606a}"
    ".title{font-size:16px;font-weight:600}.end{text-anchor:end}.middle{text-anchor:middle}"
    ".on{font-size:10px;fill:#fff;text-anchor:middle}.back{fill:#fff}"
    ".grid{stroke:#d0d7de;stroke-width:1}"
    "@media (prefers-color-scheme:dark){text{fill:#e6edf3}.small{fill:#9198a1}.on{fill:#fff}"
    ".back{fill:#0d1117}.grid{stroke:#3d444d}}"
)


def to_chart_svg(chart: Chart) -> str:
    """Return the chart as one SVG document; notes stand below it."""
    y = float(_MARGIN + 10)
    body = [f'<text class="title" x="{_MARGIN}" y="{y:.0f}">{escape(chart.title)}</text>']
    for line in wrap(chart.told, 140):
        y += _LINE
        body.append(f'<text class="small" x="{_MARGIN}" y="{y:.0f}">{escape(line)}</text>')
    y += 12
    if any(chart.totals):
        legend, y = _legend(chart, y)
        body += legend
        drawn, y = _bars(chart, y) if chart.across else _columns(chart, y)
        body += drawn
    for line in (line for note in chart.notes for line in wrap(note, 140)):
        y += _LINE
        body.append(f'<text class="small" x="{_MARGIN}" y="{y:.0f}">{escape(line)}</text>')
    height = y + _MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height:.0f}" '
        f'viewBox="0 0 {_WIDTH} {height:.0f}" role="img" aria-label="{escape(chart.title)}">'
        f"<title>{escape(chart.title)}</title><style>{_STYLE}</style>"
        f'<rect class="back" width="100%" height="100%"/>{"".join(body)}</svg>'
    )


def _letter(number: int) -> str:
    return chr(ord("A") + number)


def _legend(chart: Chart, y: float) -> tuple[list[str], float]:
    """Return what each colour and letter stands for, with its sum, and where to go on."""
    parts, x = [], float(_MARGIN)
    for number, one in enumerate(chart.series):
        text = f"{one.name}: {one.total:,}"
        width = 26 + len(text) * _LETTER + 14
        if x + width > _WIDTH - _MARGIN and x > _MARGIN:
            x, y = float(_MARGIN), y + 22
        parts.append(
            f'<rect x="{x:.0f}" y="{y:.0f}" width="16" height="16" rx="3" fill="{one.fill}"/>'
            f'<text class="on" x="{x + 8:.0f}" y="{y + 12:.0f}">{_letter(number)}</text>'
            f'<text x="{x + 22:.0f}" y="{y + 13:.0f}">{escape(text)}</text>'
        )
        x += width
    return parts, y + 34


def _columns(chart: Chart, top: float) -> tuple[list[str], float]:
    """Return stacked columns with both axes, and where they end."""
    step = _nice_step(max(chart.totals))
    highest = step * -(-max(chart.totals) // step)
    left = _MARGIN + max(len(f"{highest:,}") * _LETTER + 10, 34)
    bottom = top + _PLOT
    pitch = (_WIDTH - _MARGIN - left) / len(chart.labels)
    scale = _PLOT / highest
    parts = list(_grid(step, highest, left, bottom, scale))
    for place, label in enumerate(chart.labels):
        x, y = left + place * pitch, bottom
        for number, one in enumerate(chart.series):
            value = one.values[place]
            if not value:
                continue
            height = max(value * scale, 1.5)
            y -= height
            tip = f"{label}: {value:,} {chart.unit}, {one.name}"
            box = (x + pitch * 0.08, y, max(pitch * 0.84, 1.0), height)
            parts += _part(box, one.fill, tip, _letter(number))
    every = max(1, -(-int(max(map(len, chart.labels)) * _LETTER + 14) // max(1, int(pitch))))
    for place in range(0, len(chart.labels), every):
        x = left + (place + 0.5) * pitch
        parts.append(
            f'<text class="small middle" x="{x:.0f}" y="{bottom + 16:.0f}">'
            f"{escape(chart.labels[place])}</text>"
        )
    axis = f"{chart.unit} by {chart.axis}"
    parts.append(f'<text class="small" x="{left:.0f}" y="{bottom + 34:.0f}">{escape(axis)}</text>')
    return parts, bottom + 44


def _grid(step: int, highest: int, left: float, bottom: float, scale: float) -> Iterator[str]:
    for value in range(0, highest + 1, step):
        y = bottom - value * scale
        yield f'<path class="grid" d="M{left:.0f} {y:.1f}H{_WIDTH - _MARGIN}"/>'
        yield f'<text class="small end" x="{left - 6:.0f}" y="{y + 4:.0f}">{value:,}</text>'


def _bars(chart: Chart, top: float) -> tuple[list[str], float]:
    """Return stacked bars, each with its label and its numbers, and where they end."""
    shown = [label if len(label) <= _LONGEST else f"{label[:_LONGEST - 1]}…"
             for label in chart.labels]  # fmt: skip
    left = _MARGIN + max(map(len, shown)) * _LETTER + 12
    scale = (_WIDTH - _ENDS - left) / max(chart.totals)
    parts, y = [], top
    for place, label in enumerate(chart.labels):
        x = left
        parts.append(
            f'<text class="end" x="{left - 8:.0f}" y="{y + 16:.0f}">'
            f"<title>{escape(label)}</title>{escape(shown[place])}</text>"
        )
        told = []
        for number, one in enumerate(chart.series):
            value = one.values[place]
            if not value:
                continue
            width = max(value * scale, 2.0)
            tip = f"{label}: {value:,} {chart.unit}, {one.name}"
            parts += _part((x, y + 2, width, _ROW - 6.0), one.fill, tip, _letter(number))
            told.append(f"{_letter(number)} {value:,}")
            x += width
        parts.append(
            f'<text class="small" x="{x + 8:.0f}" y="{y + 16:.0f}">{", ".join(told)}</text>'
        )
        y += _ROW
    return parts, y


def _part(
    box: tuple[float, float, float, float], fill: str, tip: str, letter: str
) -> Iterator[str]:
    """Yield one part of a bar, with its letter where that has room."""
    x, y, width, height = box
    yield (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
        f'fill="{fill}"><title>{escape(tip)}</title></rect>'
    )
    if width >= 11 and height >= 12:
        yield (
            f'<text class="on" x="{x + width / 2:.1f}" y="{y + height / 2 + 3.5:.1f}">'
            f"{letter}</text>"
        )


def _nice_step(most: int) -> int:
    """Return the distance of lines that people can read: 1, 2 or 5 times a power of ten.

    >>> [_nice_step(n) for n in (1, 9, 42, 1_234)]
    [1, 2, 10, 500]
    """
    power = 1
    while True:
        for factor in (1, 2, 5):
            if factor * power * 5 >= most:
                return factor * power
        power *= 10

"""Pictures as SVG, laid out here so that nothing needs to be installed to see one."""

from dataclasses import dataclass
from html import escape
from textwrap import wrap

from tools.pictures.columns import arrange
from tools.pictures.picture import COLOURS, SIGNS, Edge, Node, Picture

__all__ = ["to_svg"]

_LETTER = 6.7
_LINE = 16
_PAD = 12
_GAP = 26
_WIDEST = 58
"""Letters of a line in a box; longer texts are wrapped."""
_MARGIN = 24
_TITLE = 34
_DASHES = {"conditional": "6 4", "unknown": "2 4", "deny": "6 4"}
_STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#1f2328}"
    ".small{font-size:11px;fill:#57606a}.title{font-size:16px;font-weight:600}"
    ".box{fill:#fff;stroke:#57606a;stroke-width:1.2}"
    "path{fill:none;stroke-width:1.4}"
    "@media (prefers-color-scheme:dark){text{fill:#e6edf3}.small{fill:#9198a1}"
    ".box{fill:#0d1117}svg{background:#010409}}"
)


@dataclass(frozen=True, slots=True)
class _Box:
    """Where something lies, in pixels from the upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2


def to_svg(picture: Picture) -> str:
    """Return the picture as one SVG document; notes stand below it."""
    boxes = _lay_out(picture)
    parts = [_arrow(edge, boxes) for edge in picture.edges]
    parts += [_draw(node, boxes[node.name]) for node in picture.nodes]
    width = max((box.x + box.width for box in boxes.values()), default=200.0)
    width = max(width, len(picture.title) * 9 + _MARGIN) + _MARGIN
    bottom = max((box.y + box.height for box in boxes.values()), default=60.0) + _MARGIN
    lines = [line for note in picture.notes for line in wrap(note, max(40, int(width / 6.4)))]
    for number, line in enumerate(lines):
        y = bottom + number * _LINE
        parts.append(f'<text class="small" x="{_MARGIN}" y="{y:.0f}">{escape(line)}</text>')
    height = bottom + len(lines) * _LINE + _MARGIN / 2
    marks = "".join(_mark(colour) for colour in sorted(set(COLOURS.values())))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{escape(picture.title)}">'
        f"<title>{escape(picture.title)}</title><style>{_STYLE}</style><defs>{marks}</defs>"
        f'<text class="title" x="{_MARGIN}" y="{_TITLE}">{escape(picture.title)}</text>'
        + "".join(parts)
        + "</svg>"
    )


def _lay_out(picture: Picture) -> dict[str, _Box]:
    """Return where each box lies: below each other, or in columns from callers to called."""
    top = _TITLE + _MARGIN
    if picture.downwards:
        return _stack(picture.nodes, _MARGIN, top)[0]
    boxes: dict[str, _Box] = {}
    x = float(_MARGIN)
    for column in arrange(picture):
        stack, (width, _) = _stack(column, x, top)
        boxes |= stack
        x += width + 4 * _GAP
    return boxes


def _stack(
    nodes: tuple[Node, ...], x: float, y: float
) -> tuple[dict[str, _Box], tuple[float, float]]:
    """Put boxes of one width below each other."""
    sizes = [_size(node) for node in nodes]
    width = max(size[0] for size in sizes)
    found: dict[str, _Box] = {}
    for node, (_, height) in zip(nodes, sizes, strict=True):
        found[node.name] = _Box(x, y, width, height)
        y += height + _GAP
    return found, (width, y - _GAP)


def _lines(node: Node) -> list[str]:
    sign = SIGNS[node.verdict]
    text = f"{sign} {node.label}" if sign else node.label
    if node.group:
        text += f"\n{node.group}"
    return [part for line in text.split("\n") for part in (wrap(line, _WIDEST) or [""])]


def _size(node: Node) -> tuple[float, float]:
    lines = _lines(node)
    return max(map(len, lines)) * _LETTER + 2 * _PAD, len(lines) * _LINE + _PAD


def _draw(node: Node, box: _Box) -> str:
    colour = f' style="stroke:{COLOURS[node.verdict]};stroke-width:2"' if node.verdict else ""
    texts = "".join(
        f"<text{' class=' + chr(34) + 'small' + chr(34) if number else ''} "
        f'x="{box.x + _PAD:.0f}" y="{box.y + _LINE * (number + 1):.0f}">{escape(line)}</text>'
        for number, line in enumerate(_lines(node))
    )
    return (
        f'<rect class="box"{colour} x="{box.x:.0f}" y="{box.y:.0f}" width="{box.width:.0f}" '
        f'height="{box.height:.0f}" rx="6"/>{texts}'
    )


def _arrow(edge: Edge, boxes: dict[str, _Box]) -> str:
    """Return a curve between the sides that face each other, with what it says as a tooltip."""
    start, end = boxes[edge.source], boxes[edge.target]
    colour = COLOURS[edge.verdict]
    (x1, y1), (x2, y2) = start.middle, end.middle
    if abs(x1 - x2) < (start.width + end.width) / 2:
        down = y2 >= y1
        y1 = start.y + (start.height if down else 0)
        y2 = end.y + (0 if down else end.height)
        near = abs(y2 - y1) <= _GAP + 1
        bend = 0.0 if near else (start.width / 2 + _GAP) * (1 if down else -1)
        curve = f"M{x1:.0f} {y1:.0f}C{x1 + bend:.0f} {y1:.0f} {x2 + bend:.0f} {y2:.0f} "
    else:
        right = x2 > x1
        x1 = start.x + (start.width if right else 0)
        x2 = end.x + (0 if right else end.width)
        bend = (x2 - x1) / 2
        curve = f"M{x1:.0f} {y1:.0f}C{x1 + bend:.0f} {y1:.0f} {x2 - bend:.0f} {y2:.0f} "
    dash = f' stroke-dasharray="{_DASHES[edge.verdict]}"' if edge.verdict in _DASHES else ""
    tip = f"<title>{escape(f'{edge.source} -> {edge.target}: {edge.label}')}</title>"
    return (
        f'<path d="{curve}{x2:.0f} {y2:.0f}" stroke="{colour}"{dash} '
        f'marker-end="url(#a{colour[1:]})">{tip}</path>'
    )


def _mark(colour: str) -> str:
    return (
        f'<marker id="a{colour[1:]}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        f'markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" style="fill:{colour}"/></marker>'
    )

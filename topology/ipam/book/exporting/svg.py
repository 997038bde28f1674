"""The picture of a space as SVG: a card for each block, on it a map of its addresses."""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from topology.ipam.book.entries import Entry
from topology.ipam.book.exporting.colours import FREE, colours_of, use_of_entry
from topology.ipam.book.exporting.layout import Band, Part, bands, row_bits
from topology.ipam.book.ranges import Span
from topology.ipam.book.usage import Usage, percent

__all__ = ["write_svg"]

_WIDTH: Final = 1000
_MARGIN: Final = 28
_LABELS: Final = 128
"""Width of the addresses to the left of a map."""
_ROW: Final = 34
_HEAD: Final = 62
_GAP: Final = 22
_MAP: Final = _WIDTH - 2 * _MARGIN - _LABELS - 20
_CHARACTER: Final = 6.3
"""Width of a letter at 11 px, roughly; a label is left out rather than cut badly."""
_NARROW: Final = 5.4
"""The same at 9 px."""
_MOST_ENTRIES: Final = 3_000
"""On one map; of more, neighbours of one use are drawn as one."""
_STYLE: Final = """
text { font-family: Inter, 'Segoe UI', 'Helvetica Neue', 'DejaVu Sans', sans-serif; }
text { fill: #24303c; }
.mono { font-family: 'JetBrains Mono', 'DejaVu Sans Mono', Menlo, Consolas, monospace; }
.title { font-size: 22px; font-weight: 600; }
.head { font-size: 15px; font-weight: 600; }
.small { font-size: 11px; fill: #5d6b79; }
.on { font-size: 11px; font-weight: 600; fill: #ffffff; }
.tight { font-size: 9px; }
.sub { font-size: 10px; fill: #ffffff; fill-opacity: 0.85; }
.off { font-size: 11px; fill: #8995a1; }
""".strip()


def write_svg(space: str, usages: Sequence[Usage], entries: Sequence[Entry]) -> str:
    """Return the picture of a space.

    Args:
        space: Its name.
        usages: Of every block, in the order of the cards.
        entries: Everything in the space.
    """
    children: dict[int, list[Entry]] = {}
    for entry in entries:
        children.setdefault(entry.parent, []).append(entry)
    loose = [entry for entry in children.get(0, ()) if entry.role != "block"]
    colours = colours_of(entry for entry in entries if entry.parent or entry in loose)
    y = _MARGIN + 30.0
    body = [f'<text class="title" x="{_MARGIN}" y="{y}">Address space {escape(space)}</text>']
    body.append(f'<text class="small" x="{_MARGIN}" y="{y + 20}">{_count(usages, entries)}</text>')
    y += 44
    body += _legend(colours, y)
    y += 24 * (1 + _legend_rows(colours)) - 8
    for usage in usages:
        card, height = _card(usage, children.get(usage.block.id, []), colours, y)
        body += card
        y += height + _GAP
    for entry in loose:
        body += _loose(entry, colours, y)
        y += 40
    y += _MARGIN - _GAP
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{y:g}" '
        f'viewBox="0 0 {_WIDTH} {y:g}" role="img" aria-label="Address space {escape(space)}">'
    )
    return "\n".join(
        [head, f"<style>{_STYLE}</style>", _patterns(colours),
         f'<rect width="{_WIDTH}" height="{y}" fill="#ffffff"/>', *body, "</svg>"]
    ) + "\n"  # fmt: skip


def _count(usages: Sequence[Usage], entries: Sequence[Entry]) -> str:
    blocks = len(usages)
    others = len(entries) - blocks
    return (
        f"{blocks:,} block{'' if blocks == 1 else 's'}, {others:,} "
        f"range{'' if others == 1 else 's'} in them"
    )


def _patterns(colours: dict[str, str]) -> str:
    """Return the hatching of what is kept for growth, one for each colour."""
    found = ["<defs>"]
    for number, colour in enumerate(colours.values()):
        found.append(
            f'<pattern id="kept{number}" width="7" height="7" patternUnits="userSpaceOnUse" '
            f'patternTransform="rotate(45)"><rect width="7" height="7" fill="{colour}" '
            f'fill-opacity="0.12"/><rect width="2.4" height="7" fill="{colour}" '
            'fill-opacity="0.45"/></pattern>'
        )
    return "".join([*found, "</defs>"])


def _legend_items(colours: dict[str, str]) -> list[tuple[str, str, float]]:
    items = [*colours.items(), ("kept for growth", "url(#kept0)"), ("free", FREE)]
    return [(use, fill, 36 + len(use) * 6.0) for use, fill in items]


def _legend_rows(colours: dict[str, str]) -> int:
    rows, x = 1, 0.0
    for _, _, width in _legend_items(colours):
        if x + width > _WIDTH - 2 * _MARGIN:
            rows, x = rows + 1, 0.0
        x += width
    return rows


def _legend(colours: dict[str, str], y: float) -> Iterator[str]:
    x = 0.0
    for use, fill, width in _legend_items(colours):
        if x + width > _WIDTH - 2 * _MARGIN:
            x, y = 0.0, y + 24
        left = _MARGIN + x
        edge = ' stroke="#cfd6dd"' if use == "free" else ""
        yield f'<rect x="{left:g}" y="{y}" width="13" height="13" rx="3" fill="{fill}"{edge}/>'
        yield f'<text class="small" x="{left + 19:g}" y="{y + 10.5:g}">{escape(use)}</text>'
        x += width


def _card(
    usage: Usage, children: Sequence[Entry], colours: dict[str, str], y: float
) -> tuple[list[str], float]:
    """Return one block's card and its height."""
    block = Span.of(usage.block.network)
    bits = row_bits(block, children, finest=4)
    rows = bands(block, _thinned(children), bits)
    height = _HEAD + len(rows) * _ROW + 14
    left = _MARGIN + _LABELS
    body = [
        f'<rect x="{_MARGIN}" y="{y}" width="{_WIDTH - 2 * _MARGIN}" height="{height}" rx="10" '
        'fill="#ffffff" stroke="#dfe4e9"/>',
        *_head(usage, y),
    ]
    top = y + _HEAD
    for number, band in enumerate(rows):
        row_y = top + number * _ROW
        body.append(
            f'<text class="mono small" x="{left - 10}" y="{row_y + 20}" '
            f'text-anchor="end">{_address(block.family, band.low)}</text>'
        )
        for part in band.parts:
            body += _part(part, band, bits, colours, left, row_y)
    return body, height


def _head(usage: Usage, y: float) -> Iterator[str]:
    block = usage.block
    name = escape(block.name or str(block.network))
    kind = escape(block.kind)
    x = _MARGIN + 16
    yield (
        f'<text x="{x}" y="{y + 26}"><tspan class="head">{name}</tspan>'
        f'<tspan class="mono small" dx="10">{block.network if block.name else ""}</tspan>'
        f'<tspan class="small" dx="10">{kind}</tspan></text>'
    )
    largest = f"largest free /{usage.largest.prefixlen}" if usage.largest else "full"
    kept = f" · {_number(usage.kept)} kept" if usage.kept else ""
    right = _WIDTH - _MARGIN - 16
    yield (
        f'<text class="small" x="{right}" y="{y + 26}" text-anchor="end">'
        f"{percent(float(usage.taken))} taken{kept} · {_number(usage.free)} free · {largest}</text>"
    )
    width = right - x
    used = width * usage.used / usage.size
    kept_width = width * usage.kept / usage.size
    yield f'<rect x="{x}" y="{y + 38}" width="{width}" height="6" rx="3" fill="#e9edf1"/>'
    if used + kept_width > 0:
        whole = max(used + kept_width, 3)
        yield f'<rect x="{x}" y="{y + 38}" width="{whole:.1f}" height="6" rx="3" fill="#aebccb"/>'
        if used > 0:
            yield (
                f'<rect x="{x}" y="{y + 38}" width="{max(used, 3):.1f}" height="6" rx="3" '
                'fill="#4a6078"/>'
            )


def _part(
    part: Part, band: Band, bits: int, colours: dict[str, str], left: float, y: float
) -> Iterator[str]:
    row = 1 << bits
    x = left + _MAP * ((part.span.low - band.low) % row) / row
    width = _MAP * min(part.span.size, row) / row
    inner = max(width - 2, 0.8)
    entry = part.entry
    tip = f"{part.span.network} free"
    fill, edge, label, below = FREE, ' stroke="#d9dfe5" stroke-dasharray="3 3"', "", ""
    if entry is None:
        end = band.low + (band.rows << bits) - 1
        shown = f"{part.span.network} free"
        if band.rows > 1:
            tip = shown = f"free to {_address(part.span.family, end)}, {band.rows} rows"
        label = shown if width > len(shown) * _CHARACTER + 16 else ""
        if not label and width > 40:
            label = f"/{part.span.network.prefixlen}" if band.rows == 1 else ""
    else:
        use = use_of_entry(entry)
        tip = f"{entry.network} {entry.name} ({use})".replace("  ", " ")
        edge = ""
        fill = colours.get(use, "#888888")
        if part.state == "kept":
            fill = f"url(#kept{list(colours).index(use)})" if use in colours else FREE
            tip = f"{part.span.network} kept for {entry.name or entry.network}"
        else:
            label = _fit(entry.name or str(entry.network), width)
            below = f"/{entry.network.prefixlen}"
            if width > (len(str(entry.network)) + 2) * 6.1 and entry.name:
                below = str(entry.network)
            if band.rows > 1:
                below += f", {band.rows} rows"
    yield (
        f'<rect x="{x + 1:.1f}" y="{y + 2}" width="{inner:.1f}" height="{_ROW - 4}" rx="4" '
        f'fill="{fill}"{edge}><title>{escape(tip)}</title></rect>'
    )
    middle = x + width / 2
    if label and entry is None:
        yield (
            f'<text class="off" x="{middle:.1f}" y="{y + 21}" text-anchor="middle">'
            f"{escape(label)}</text>"
        )
    elif label:
        size = " tight" if _is_tight(label, width) else ""
        yield (
            f'<text class="on{size}" x="{middle:.1f}" y="{y + 15.5:g}" text-anchor="middle">'
            f"{escape(label)}</text>"
            f'<text class="mono sub" x="{middle:.1f}" y="{y + 27.5:g}" text-anchor="middle">'
            f"{escape(below)}</text>"
        )


def _fit(text: str, width: float) -> str:
    """Return as much of a label as there is room for; nothing if that says nothing."""
    room = int((width - 10) / _CHARACTER)
    if len(text) <= room or _is_tight(text, width):
        return text
    return text[: room - 1] + "…" if room >= 5 else ""


def _is_tight(text: str, width: float) -> bool:
    """Return whether a label fits in small letters only."""
    return len(text) * _CHARACTER > width - 10 and len(text) * _NARROW <= width - 6


def _thinned(children: Sequence[Entry]) -> Sequence[Entry]:
    """Return no more entries than can be drawn: the largest ones."""
    if len(children) <= _MOST_ENTRIES:
        return children
    largest = sorted(children, key=lambda one: (one.slot.prefixlen, one.slot))[:_MOST_ENTRIES]
    return sorted(largest, key=lambda one: (one.slot.version, one.slot))


def _loose(entry: Entry, colours: dict[str, str], y: float) -> Iterator[str]:
    """Yield a range that lies in no block."""
    fill = colours.get(use_of_entry(entry), "#888888")
    text = f"{entry.name} " if entry.name else ""
    yield f'<rect x="{_MARGIN}" y="{y}" width="13" height="13" rx="3" fill="{fill}"/>'
    yield (
        f'<text x="{_MARGIN + 22}" y="{y + 11}"><tspan class="head">{escape(text)}</tspan>'
        f'<tspan class="mono small">{entry.network}</tspan>'
        f'<tspan class="small" dx="10">{escape(use_of_entry(entry))}, in no block</tspan></text>'
    )


def _address(family: int, address: int) -> str:
    network = Span(family, address, 0).network
    return str(network.network_address)


def _number(count: int) -> str:
    """Return a number that can be read: IPv6 has too many addresses to count."""
    if count < 10**9:
        return f"{count:,}"
    return f"2^{count.bit_length() - 1}" if count & (count - 1) == 0 else f"{count:.2g}"

"""The picture of a space in letters, which colour only adds to."""

from collections.abc import Iterator, Sequence
from typing import Final

from topology.ipam.book.entries import Entry
from topology.ipam.book.exporting.colours import colours_of, use_of_entry
from topology.ipam.book.exporting.layout import Band, bands, row_bits
from topology.ipam.book.ranges import Span
from topology.ipam.book.usage import Usage, percent

__all__ = ["Piece", "draw"]

Piece = tuple[str, str]
"""A text and the colour of its background, `#rrggbb`; empty for none."""

_COLUMNS: Final = 64
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_MANY: Final = "#"
"""Entries beyond the letters, and places where several lie in one column."""
_LISTED: Final = 60


def draw(usages: Sequence[Usage], entries: Sequence[Entry]) -> list[list[Piece]]:
    """Return the lines of the picture, each as pieces."""
    children: dict[int, list[Entry]] = {}
    for entry in entries:
        children.setdefault(entry.parent, []).append(entry)
    colours = colours_of(entries)
    lines: list[list[Piece]] = []
    for usage in usages:
        lines += _block(usage, children.get(usage.block.id, []), colours)
        lines.append([("", "")])
    loose = [entry for entry in children.get(0, ()) if entry.role != "block"]
    for entry in loose:
        lines.append([("  ", colours[use_of_entry(entry)]), (f" {_told(entry)}, in no block", "")])
    return lines[:-1] if lines and lines[-1] == [("", "")] else lines


def _block(
    usage: Usage, children: Sequence[Entry], colours: dict[str, str]
) -> Iterator[list[Piece]]:
    block = usage.block
    span = Span.of(block.network)
    kind = f" ({block.kind})" if block.kind else ""
    largest = f", largest free {usage.largest}" if usage.largest else ", full"
    kept = f", {usage.kept:,} kept for growth" if usage.kept else ""
    name = f"{block.name}  " if block.name else ""
    yield [(f"{name}{block.network}{kind}", "")]
    yield [
        (f"  {percent(float(usage.taken))} taken{kept}, {_number(usage.free)} free{largest}", "")
    ]
    letters = {
        child.id: _LETTERS[n] if n < len(_LETTERS) else _MANY for n, child in enumerate(children)
    }
    bits = row_bits(span, children, finest=6)
    width = max(len(_address(span.family, span.high)), 11)
    for band in bands(span, children, bits):
        start = _address(span.family, band.low)
        yield [(f"  {start:>{width}}  ", ""), *_row(band, bits, letters, colours)]
    for child in children[:_LISTED]:
        used = colours[use_of_entry(child)]
        yield [("  ", ""), (f" {letters[child.id]} ", used), (f" {_told(child)}", "")]
    if len(children) > _LISTED:
        yield [(f"  and {len(children) - _LISTED:,} more: netassist ipam show {block.network}", "")]


def _row(band: Band, bits: int, letters: dict[int, str], colours: dict[str, str]) -> list[Piece]:
    """Return a row as runs of one letter."""
    columns = min(_COLUMNS, 1 << bits)
    cells: list[Piece] = [("·", "")] * columns
    taken = [False] * columns
    for part in band.parts:
        if part.entry is None:
            continue
        offset = (part.span.low - band.low) % (1 << bits)
        first = offset * columns >> bits
        last = (offset + min(part.span.size, 1 << bits) - 1) * columns >> bits
        colour = colours[use_of_entry(part.entry)]
        letter = letters[part.entry.id]
        cell = (letter, colour) if part.state == "used" else ("~", "")
        for column in range(first, last + 1):
            shared = taken[column] and cells[column][0] != cell[0]
            cells[column] = (_MANY, colour) if shared else cell
            taken[column] = True
    runs: list[Piece] = []
    for text, colour in cells:
        if runs and runs[-1][1] == colour and runs[-1][0][0] == text:
            runs[-1] = (runs[-1][0] + text, colour)
        else:
            runs.append((text, colour))
    if band.rows > 1:
        runs.append((f"  x {band.rows} rows", ""))
    return runs


def _told(entry: Entry) -> str:
    kept = f", keeps {entry.slot}" if entry.headroom else ""
    until = f" until {entry.expires:%Y-%m-%d %H:%M} UTC" if entry.expires else ""
    name = f"  {entry.name}" if entry.name else ""
    return f"{entry.network}{name}  {use_of_entry(entry)}{until}{kept}"


def _address(family: int, address: int) -> str:
    return str(Span(family, address, 0).network.network_address)


def _number(count: int) -> str:
    return f"{count:,}" if count < 10**12 else f"about {count:.1e}"

"""The entries of a space as CSV, which can be imported again, and as Markdown."""

import csv
import io
from collections.abc import Iterator, Sequence

from topology.ipam.book.entries import Entry
from topology.ipam.book.usage import Usage, percent

__all__ = ["write_csv", "write_markdown"]

_COLUMNS = ("prefix", "type", "kind", "name", "space", "within", "kept", "tags", "notes", "expires")


def write_csv(entries: Sequence[Entry]) -> str:
    """Return a table with a row for each entry; `within` and `kept` are for readers only."""
    known = {entry.id: entry for entry in entries}
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for entry in entries:
        parent = known.get(entry.parent)
        writer.writerow(
            [
                entry.network,
                entry.role,
                entry.kind,
                entry.name,
                entry.space,
                parent.network if parent else "",
                entry.slot if entry.headroom else "",
                "; ".join(f"{name}={text}" for name, text in sorted(entry.tags.items())),
                entry.notes,
                entry.expires.isoformat() if entry.expires else "",
            ]
        )
    return out.getvalue()


def write_markdown(usages: Sequence[Usage], entries: Sequence[Entry]) -> str:
    """Return a section for each block: how full it is, and what lies in it."""
    lines: list[str] = []
    for usage in usages:
        inside = [entry for entry in entries if entry.parent == usage.block.id]
        lines += [*_section(usage, inside), ""]
    loose = [entry for entry in entries if not entry.parent and entry.role != "block"]
    if loose:
        lines += ["## In no block", "", *_rows(loose), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def _section(usage: Usage, inside: Sequence[Entry]) -> Iterator[str]:
    block = usage.block
    yield f"## {_cell(block.name) or block.network}"
    yield ""
    kept = f", {usage.kept:,} kept for growth" if usage.kept else ""
    largest = f"; the largest free range is {usage.largest}" if usage.largest else ""
    yield (
        f"`{block.network}`, {usage.size:,} addresses: {usage.used:,} allocated"
        f"{kept}, {usage.free:,} free ({percent(float(1 - usage.taken))}){largest}."
    )
    if inside:
        yield ""
        yield from _rows(inside)


def _rows(entries: Sequence[Entry]) -> Iterator[str]:
    yield "| Range | Name | Use | Addresses | Kept | Tags | Notes |"
    yield "|---|---|---|--:|---|---|---|"
    for entry in entries:
        tags = ", ".join(f"{k}={v}" for k, v in sorted(entry.tags.items()) if k != "id")
        until = f" until {entry.expires:%Y-%m-%d}" if entry.expires else ""
        use = entry.kind or entry.role
        use = f"reserved{until}" if entry.role == "reservation" else use
        cells = (
            f"`{entry.network}`", entry.name, use, f"{entry.network.num_addresses:,}",
            f"`{entry.slot}`" if entry.headroom else "", tags, entry.notes,
        )  # fmt: skip
        yield "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())

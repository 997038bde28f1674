"""Who reaches whom in words: the count, the list, the outside, and what decides."""

from collections.abc import Sequence

from tools.reach_text import request_text
from tools.wording import bullets, count, join, quote, shorten
from topology.paths import PeerRow, Peers

__all__ = ["describe", "names_of"]

MOST_ROWS = 50
_SHOWN = 12


def names_of(names: Sequence[str]) -> str:
    """Return names as code, cut with the number left out."""
    return shorten([quote(name) for name in dict.fromkeys(names)], _SHOWN)


def describe(peers: Peers, guess: str) -> str:
    """Return the answer, complete and true on its own."""
    allowed = [row for row in peers.rows if row.verdict == "allow"]
    unknown = [row for row in peers.rows if row.verdict == "unknown"]
    denied = [row for row in peers.rows if row.verdict == "deny"]
    lines = [_allowed_line(peers, row) for row in allowed[:MOST_ROWS]]
    if len(allowed) > MOST_ROWS:
        lines.append(f"... and {len(allowed) - MOST_ROWS:,} more.")
    parts = [
        _headline(peers, allowed),
        bullets(lines),
        bullets(f"Not decided for {quote(row.name)}: {row.reason}" for row in unknown[:MOST_ROWS]),
        bullets(_denied_lines(peers, denied)),
        bullets(_outside_lines(peers)),
        bullets(peers.notes),
        guess,
    ]
    return "\n\n".join(part for part in parts if part)


def _headline(peers: Peers, allowed: Sequence[PeerRow]) -> str:
    subject, total = quote(peers.of), len(peers.rows)
    port = f" on {peers.asked}" if peers.asked else ""
    request = request_text(peers.http)
    every = total > 1 and len(allowed) == total
    number = f"All {total:,}" if every else f"{len(allowed):,} of {total:,}" if allowed else "None"
    if peers.direction == "who-can-reach":
        whom = number if allowed else f"None of {total:,}"
        text = f"{whom} {'workload' if total == 1 else 'workloads'} can reach {subject}"
    else:
        whom = f"{number.lower()} " if allowed else f"none of {total:,} "
        text = f"{subject} can reach {whom}{'workload' if total == 1 else 'workloads'}"
    outside = [quote(row.name) for row in peers.outside if row.verdict == "allow"]
    beyond = f"; outside: {join(outside)}" if outside else "; nothing outside"
    return f"{text}{port}{request}{beyond if peers.outside else ''}."


def _allowed_line(peers: Peers, row: PeerRow) -> str:
    text = f"{_pair(peers, row)}{_ports(row)}"
    if row.l7 == "conditional":
        text += ", only some requests"
    return f"{text}: {_decided(row)}"


def _pair(peers: Peers, row: PeerRow) -> str:
    """Return the row's name, with the end asked about where that was a whole namespace."""
    if row.target in ("", peers.of):
        return quote(row.name)
    ends = (row.name, row.target) if peers.direction == "who-can-reach" else (row.target, row.name)
    return f"{quote(ends[0])} -> {quote(ends[1])}"


def _ports(row: PeerRow) -> str:
    text = f" on {', '.join(row.ports)}" if row.ports else ""
    if row.unknown_ports:
        text += f" (not decided: {', '.join(row.unknown_ports)})"
    return text


def _decided(row: PeerRow) -> str:
    return row.reason + (f" ({row.location})" if row.location else "")


def _denied_lines(peers: Peers, rows: Sequence[PeerRow]) -> list[str]:
    """Return the denied workloads by the sentence that tells why."""
    groups: dict[str, list[str]] = {}
    for row in rows:
        groups.setdefault(_decided(row), []).append(_pair(peers, row))
    return [
        f"Denied, {count(len(names), 'workload')}: {shorten(names, _SHOWN)}: {reason}"
        for reason, names in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    ]


def _outside_lines(peers: Peers) -> list[str]:
    words = {"allow": "allowed", "deny": "denied", "unknown": "not decided"}
    lines = [
        f"Outside, {quote(row.name)}: {words[row.verdict]}{_ports(row)}. {_decided(row)}"
        for row in peers.outside
    ]
    return lines + list(peers.exposure)

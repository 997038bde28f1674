"""Lists of peers that a question narrows to one namespace: "who in staging can reach db"."""

from collections.abc import Collection, Sequence

from tools.reach_results import PeerRow, PeersResult
from tools.spec import ToolResult
from tools.wording import bullets, count, join, quote

__all__ = ["describe_within"]


def describe_within(result: ToolResult, namespaces: Collection[str]) -> str:
    """Return the rows of some namespaces alone; empty where the result is no list of peers.

    Args:
        result: Of `who_can_reach` or `what_can_reach`.
        namespaces: Whose rows are told.
    """
    if not isinstance(result, PeersResult):
        return ""
    rows = [row for row in result.peers if row.namespace in namespaces]
    spaces = join([quote(name) for name in namespaces])
    if not rows and result.left_out:
        return ""
    places = f"namespace{'s' if len(namespaces) > 1 else ''} {spaces}"
    parts = [
        _headline(result, rows, places),
        bullets([_line(row, result) for row in rows if row.verdict == "allow"]),
        bullets([f"Not decided: {_line(row, result)}" for row in rows if row.verdict == "unknown"]),
        bullets([f"Denied: {_line(row, result)}" for row in rows if row.verdict == "deny"]),
        bullets(result.notes),
    ]
    if result.left_out:
        parts.append(f"{result.left_out:,} more workloads of the cluster are not listed.")
    return "\n\n".join(part for part in parts if part)


def _headline(result: PeersResult, rows: Sequence[PeerRow], places: str) -> str:
    open_rows = [row for row in rows if row.verdict == "allow"]
    inward = result.direction == "who-can-reach"
    if any(_is_pair(row, result) for row in rows):
        # Both ends vary, because a whole namespace was asked about.
        way = f"from {places} into" if inward else f"into {places} out of"
        connections = f"{len(open_rows) or 'None'} of {count(len(rows), 'connection')}"
        return f"{connections} between workloads {way} {quote(result.of)} are allowed."
    which = f"{len(open_rows) or 'none'} of {count(len(rows), 'workload')} in {places}"
    if inward:
        return f"{which[0].upper()}{which[1:]} can reach {quote(result.of)}."
    return f"{quote(result.of)} can reach {which}."


def _is_pair(row: PeerRow, result: PeersResult) -> bool:
    return row.target not in ("", result.of)


def _line(row: PeerRow, result: PeersResult) -> str:
    name = quote(f"{row.namespace}/{row.name}")
    if _is_pair(row, result):
        ends = (name, quote(row.target))
        inward = result.direction == "who-can-reach"
        name = " -> ".join(ends if inward else reversed(ends))
    ports = f" on {', '.join(row.ports)}" if row.ports else ""
    some = ", only some requests" if row.l7 == "conditional" else ""
    some += ", its pods do not agree" if row.mixed else ""
    place = f" ({row.location})" if row.location else ""
    return f"{name}{ports}{some}: {row.reason}{place}"

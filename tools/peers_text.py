"""Who reaches whom in words: the count, the list, the outside, and what decides."""

from collections.abc import Sequence

from tools.reach_text import request_text
from tools.wording import bullets, count, join, quote, shorten, with_places
from topology.paths import PeerRow, Peers

__all__ = ["describe", "full_name", "names_of"]

MOST_ROWS = 50
_SHOWN = 12
_ENTITIES = frozenset({"world", "kube-apiserver", "host", "remote-node"})
_GROUPED = 4
"""From so many workloads with the same rule on, they share a line."""


def names_of(names: Sequence[str]) -> str:
    """Return names as code, cut with the number left out."""
    return shorten([quote(name) for name in dict.fromkeys(names)], _SHOWN)


def describe(peers: Peers, guess: str, faults: Sequence[str] = ()) -> str:
    """Return the answer, complete and true on its own."""
    allowed = [row for row in peers.rows if row.verdict == "allow"]
    unknown = [row for row in peers.rows if row.verdict == "unknown"]
    denied = [row for row in peers.rows if row.verdict == "deny"]
    parts = [
        _headline(peers, allowed, unknown),
        bullets(_cut(_allowed_lines(peers, allowed))),
        bullets(_cut(_reason_lines(peers, unknown, "Not decided"))),
        bullets(_cut(_reason_lines(peers, denied, "Denied"))),
        bullets([*_outside_lines(peers), *peers.exposure]),
        bullets(peers.notes),
        bullets(faults),
        guess,
    ]
    return "\n\n".join(part for part in parts if part)


def full_name(row: PeerRow) -> str:
    """Return `namespace/name`, or the name alone outside namespaces."""
    return f"{row.namespace}/{row.name}" if row.namespace else row.name


def _cut(lines: list[str]) -> list[str]:
    more = len(lines) - MOST_ROWS
    return lines if more <= 0 else [*lines[:MOST_ROWS], f"... and {more:,} more."]


def _headline(peers: Peers, allowed: Sequence[PeerRow], unknown: Sequence[PeerRow]) -> str:
    subject, total, number = quote(peers.of), len(peers.rows), len(allowed)
    asked = (f" on {peers.asked}" if peers.asked else "") + request_text(peers.http)
    if number == total and total > 1:
        which = f"all {total:,} workloads"
    elif number:
        which = f"{number:,} of {count(total, 'workload')}"
    else:
        which = f"none of {count(total, 'workload')}"
    if _is_pairs(peers):
        way = "into" if peers.direction == "who-can-reach" else "out of"
        connections = f"{number:,} of {count(total, 'connection')}"
        text = f"{connections} between workloads {way} {subject}{asked} are allowed"
    elif peers.direction == "who-can-reach":
        text = f"{which[0].upper()}{which[1:]} can reach {subject}{asked}"
    else:
        text = f"{subject} can reach {which}{asked}"
    if unknown:
        text += f", {len(unknown):,} not decided"
    return f"{text}{_world(peers)}."


def _is_pairs(peers: Peers) -> bool:
    """Return whether both ends vary, because a whole namespace was asked about."""
    return any(row.target not in ("", peers.of) for row in peers.rows)


def _world(peers: Peers) -> str:
    """Return what holds for the world outside, as the end of a sentence."""
    verdicts = {row.verdict for row in peers.outside if row.name == "world"}
    if not verdicts or peers.of in _ENTITIES:
        return ""
    inbound = peers.direction == "who-can-reach"
    if "allow" in verdicts and not any(row.verdict == "allow" for row in peers.rows):
        return "; but the world outside can" if inbound else "; but the world outside"
    if "allow" in verdicts:
        return "; the world outside can, too" if inbound else "; the world outside, too"
    if "unknown" in verdicts:
        return "; for the world outside it is not decided"
    parts = [row for row in peers.outside if row.name not in _ENTITIES]
    if any(row.verdict != "deny" for row in parts):
        names = [quote(row.name) for row in parts if row.verdict != "deny"]
        return f"; of the world outside only {shorten(list(dict.fromkeys(names)), 4)}"
    return "; the world outside cannot" if inbound else "; not the world outside"


def _allowed_lines(peers: Peers, rows: Sequence[PeerRow]) -> list[str]:
    """Return the allowed rows; those with the same ports and the same rule together."""
    groups: dict[str, list[str]] = {}
    for row in rows:
        text = _ports(row) + (", only some requests" if row.l7 == "conditional" else "")
        groups.setdefault(f"{text}: {_decided(row)}", []).append(_pair(peers, row))
    lines: list[str] = []
    for text, names in groups.items():
        if len(names) < _GROUPED:
            lines += [f"{name}{text}" for name in names]
        else:
            noun = "connection" if _is_pairs(peers) else "workload"
            lines.append(f"{count(len(names), noun)}{text} {shorten(names, MOST_ROWS)}")
    return lines


def _pair(peers: Peers, row: PeerRow) -> str:
    """Return the row's name, with the end asked about where that was a whole namespace."""
    name = full_name(row)
    if row.mixed:
        return f"{quote(name)} (its pods do not agree)"
    if row.target in ("", peers.of):
        return quote(name)
    ends = (name, row.target) if peers.direction == "who-can-reach" else (row.target, name)
    return f"{quote(ends[0])} -> {quote(ends[1])}"


def _ports(row: PeerRow) -> str:
    text = f" on {', '.join(row.ports)}" if row.ports else ""
    undecided = [port for port in row.unknown_ports if "/" in port]
    if undecided and row.verdict != "unknown":
        text += f" (not decided: {', '.join(undecided)})"
    return text


def _decided(row: PeerRow) -> str:
    if row.causes:
        return with_places(row.reason, row.causes)
    return row.reason + (f" ({row.location})" if row.location else "")


def _reason_lines(peers: Peers, rows: Sequence[PeerRow], word: str) -> list[str]:
    """Return rows by what decided, the largest group first; all default denies of a side share."""
    groups: dict[str, list[PeerRow]] = {}
    for row in rows:
        # What a rule decided is told rule by rule; a default deny only says that no rule allows.
        decided = _decided(row) if row.rule or not row.causes else row.reason.partition(";")[0]
        groups.setdefault(decided, []).append(row)
    ordered = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return [
        f"{word}: {shorten([_pair(peers, row) for row in group], _SHOWN)}. {_reason(group)}"
        for _, group in ordered
    ]


def _reason(rows: Sequence[PeerRow]) -> str:
    """Return why rows that share a line got their verdict."""
    sentences = dict.fromkeys(_decided(row) for row in rows)
    if len(sentences) == 1:
        return next(iter(sentences))
    shared = [cause for cause in rows[0].causes if all(cause in row.causes for row in rows)]
    places = [f"{quote(name)} ({place})" for name, place in shared]
    sources = join([*places, "policies of their own"])
    return f"{rows[0].reason.partition(';')[0]}; default deny comes from {sources}."


def _outside_lines(peers: Peers) -> list[str]:
    """Return the parts of the outside that get the same answer together."""
    words = {"allow": "allowed", "deny": "denied", "unknown": "not decided"}
    if peers.of in _ENTITIES:
        return []
    groups: dict[str, list[str]] = {}
    for row in peers.outside:
        text = f"{words[row.verdict]}{_ports(row)}. {_decided(row)}"
        groups.setdefault(text, []).append(_pair(peers, row))
    return [f"Outside, {shorten(names, 6)}: {text}" for text, names in groups.items()]

"""What flows show, in words."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from tools.wording import bullets, count, join, quote, shorten

if TYPE_CHECKING:
    from tools.flow_results import (
        BalanceResult,
        BalanceRow,
        DnsResult,
        DnsRow,
        DropsResult,
        ExplainedResult,
        FlowWindow,
        TopResult,
        WorldRow,
    )

__all__ = [
    "describe_balance",
    "describe_dns",
    "describe_drops",
    "describe_explained",
    "describe_top",
    "describe_window",
]

_ROWS = 12
_FEW = 5


def describe_window(window: "FlowWindow") -> str:
    """Return one sentence or two that say what was looked at, and what was set aside."""
    text = f"Looked at {count(window.flows, 'flow')}"
    if window.first:
        text += f" from {window.first} to {window.last}"
    aside = [
        f"{count(number, noun)}"
        for number, noun in (
            (window.duplicates, "duplicate"),
            (window.malformed, "malformed line"),
            (window.lost_events, "event lost by Hubble"),
        )
        if number
    ]
    undecided = window.skipped.get("undecided", 0)
    if undecided:
        aside.append(f"{count(undecided, 'flow')} of which nothing tells the direction")
    return f"{text}." + (f" Set aside: {', '.join(aside)}." if aside else "")


def _parts(window: "FlowWindow", parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in (*parts, describe_window(window)) if part)


def _list(title: str, lines: Sequence[str], shown: int = _ROWS) -> str:
    """Return a titled list, cut with the number left out; empty for no lines."""
    if not lines:
        return ""
    more = [f"... and {len(lines) - shown:,} more."] if len(lines) > shown else []
    return f"{title}:\n\n{bullets([*lines[:shown], *more])}"


def describe_drops(result: "DropsResult") -> str:
    """Return the drops by cause."""
    others = [
        f"`{row.reason}`: {count(row.flows, 'flow')}. {row.meaning}".strip()
        for row in result.others
    ]
    rest = _list("Packets that open no connection", others)
    if not result.drops:
        head = "No connection was dropped." if others else "No flow was dropped."
        return _parts(result.window, [head, rest])
    causes = {row.cause: 0 for row in result.drops}
    for row in result.drops:
        causes[row.cause] += row.flows
    told = join([f"{number:,} {_CAUSES[cause]}" for cause, number in causes.items()])
    lines = []
    for row in result.drops:
        side = f" ({row.direction})" if row.direction else ""
        asked = f" ({shorten([quote(one) for one in row.requests], _FEW)})" if row.requests else ""
        place = f" ({row.location})" if row.location else ""
        lines.append(
            f"{quote(row.source)} to {quote(row.destination)} {row.port}{asked}: "
            f"{count(row.flows, 'flow')}, `{row.reason}`{side}. {row.why}{place} {row.fix}".strip()
        )
    number = sum(causes.values())
    head = f"{count(number, 'flow')} {'was' if number == 1 else 'were'} dropped: {told}."
    return _parts(result.window, [head, _list("By connection", lines), rest])


_CAUSES = {
    "rule-missing": "for lack of an allow rule",
    "rule-denies": "by a deny rule",
    "requests-refused": "by an L7 rule",
    "differs": "that the policies of the snapshot explain otherwise or not",
    "open": "by policy, left open by what was read",
    "datapath": "for other reasons than policy",
}


def describe_dns(result: "DnsResult") -> str:
    """Return what flows show of DNS."""
    if not (result.queries or result.responses or result.dropped or result.uncovered):
        text = (
            "The flows hold no DNS messages. Cilium shows them only where a DNS rule of a policy "
            "sends queries through its proxy."
        )
        return _parts(result.window, [text])
    outcomes = join([f"{number:,} {name}" for name, number in result.outcomes.items()])
    head = f"{count(result.queries, 'DNS query')} and {count(result.responses, 'response')}"
    head += f": {outcomes}." if outcomes else "."
    if result.dropped:
        head += f" {count(result.dropped, 'packet')} to port 53 were dropped."
    trouble = [row for row in result.clients if row.failed or row.expansions]
    if not trouble and not result.dropped:
        head += " No lookup failed."
    denied = [
        f"{quote(row.source)}: {row.why} {row.fix}".strip()
        + (f" It asked for {shorten([quote(n) for n in row.requests], _FEW)}." if row.requests
           else "")
        for row in result.uncovered
    ]  # fmt: skip
    return _parts(
        result.window,
        [
            head,
            _list("By client", [text for row in trouble for text in _dns_lines(row)]),
            _list("DNS that was dropped", denied),
        ],
    )


def _dns_lines(row: "DnsRow") -> Iterator[str]:
    if row.failures:
        shown = [f"`{one['name']}` {one['outcome']} ({one['count']})" for one in row.failures]
        yield f"{quote(row.client)}: {count(row.failed, 'lookup')} failed: {shorten(shown, _FEW)}."
    if row.expansions:
        shown = [f"`{one['name']}` ({one['count']})" for one in row.wasted]
        share = row.expansions / max(row.queries, row.responses, 1)
        text = (
            f"{quote(row.client)}: {share:.0%} of its queries ({row.expansions:,}) only walk the "
            f"search path (NXDOMAIN before the right name): {shorten(shown, _FEW)}."
        )
        if row.is_storm:
            text += " Ask for names with a trailing dot, or set `dnsConfig.options: ndots: 2`."
        yield text


def _about(milliseconds: float) -> str:
    """Return a latency in two figures: the histogram tells it to some 9 %.

    >>> _about(3938.5), _about(0.413)
    ('about 3.9 s', 'about 0.41 ms')
    """
    if milliseconds >= 1000:
        return f"about {milliseconds / 1000:.2g} s"
    return f"about {milliseconds:.2g} ms" if milliseconds < 100 else f"about {milliseconds:.0f} ms"


def describe_top(result: "TopResult") -> str:
    """Return who talks most to whom, with errors."""
    talkers = [
        f"{quote(row.source)} to {quote(row.destination)}: {count(row.flows, 'flow')}"
        for row in result.talkers
    ]
    trouble = []
    for row in result.trouble:
        said = [f"{count(row.resets, 'reset')}"] if row.resets else []
        if row.unanswered:
            said.append(f"{count(row.unanswered, 'connection')} without answer to its SYN")
        trouble.append(f"{quote(row.source)} to {quote(row.destination)}: {join(said)}")
    http = [
        f"{quote(row.source)} to {quote(row.destination)}: {count(row.requests, 'request')}, "
        + (
            f"{row.errors:,} of {row.responses:,} responses 5xx ({row.error_rate:.1%}), latency "
            f"p50 {_about(row.p50_ms)}, p95 {_about(row.p95_ms)}, p99 {_about(row.p99_ms)}"
            if row.responses
            else "no response"
        )
        for row in result.http
    ]
    return _parts(
        result.window,
        [
            _list("Most flows", talkers) or "No flow has both ends and a protocol.",
            _list("Resets and unanswered connections", trouble),
            _list("HTTP", http),
            _list("Out of the cluster", [_world_line(row) for row in result.world]),
            _list("New since the earlier window", [_world_line(row) for row in result.new]),
        ],
    )


def _world_line(row: "WorldRow") -> str:
    return (
        f"{quote(row.source)} to {quote(row.destination)} {row.port}: {row.verdict}, "
        f"{count(row.count, 'socket')}"
    )


def describe_balance(result: "BalanceResult") -> str:
    """Return how evenly pods are used."""
    if not result.workloads:
        return _parts(result.window, ["No workload with several pods got a connection."])
    uneven = [row for row in result.workloads if row.uneven]
    head = (
        f"{count(len(uneven), 'workload')} of {len(result.workloads)} with several pods "
        f"{'is' if len(uneven) == 1 else 'are'} used unevenly."
        if uneven
        else f"No issue found: {count(len(result.workloads), 'workload')} with several pods, none "
        "of which is used more unevenly than chance and 1.5 times the even share explain."
    )
    lines = [text for row in uneven for text in _balance_lines(row)]
    small = [quote(row.workload) for row in result.workloads if row.p is None]
    note = f"Too little traffic to judge: {shorten(small)}." if small else ""
    return _parts(result.window, [head, bullets(lines), note])


def _balance_lines(row: "BalanceRow") -> Iterator[str]:
    first = row.pods[0]
    chance = "< 0.0001" if row.p is not None and row.p < 0.0001 else f"{row.p or 0:.4f}"
    idle = f", {count(row.idle, 'pod')} idle" if row.idle else ""
    text = (
        f"{quote(row.workload)}: {quote(first.pod)} got {first.share:.0%} of "
        f"{row.total:,} {row.measure}, {row.largest:g} times the even share{idle} (chi-square "
        f"p {chance})."
    )
    causes = row.causes or ("Nothing in the input shows a cause.",)
    yield f"{text} {' '.join(causes)} {row.note}".strip()


def describe_explained(result: "ExplainedResult") -> str:
    """Return observed connections beside what the policies say of them."""
    if not result.connections:
        return _parts(result.window, ["No flow makes a connection."])
    lines = []
    for row in result.connections:
        reasons = f" ({', '.join(row.reasons)})" if row.reasons else ""
        agrees = "" if row.agrees else " **Snapshot and flows differ.**"
        place = f" ({row.location})" if row.location else ""
        lines.append(
            f"{quote(row.source)} to {quote(row.destination)} {row.port}: {row.seen}{reasons}, "
            f"{count(row.flows, 'flow')}; the policies say {_SAID[row.engine]}. {row.why}{place}"
            f"{agrees} {row.fix}".rstrip()
        )
    differing = sum(not row.agrees for row in result.connections)
    head = f"{count(len(result.connections) + result.left_out, 'connection')}"
    head += f", {differing} of which fare otherwise than the policies say." if differing else "."
    return _parts(result.window, [head, _list("Connections", lines, shown=40)])


_SAID = {"allow": "allowed", "deny": "denied", "unknown": "not known"}

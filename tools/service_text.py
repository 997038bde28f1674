"""Ways and findings in words."""

from collections.abc import Iterator, Sequence

from tools.service_rows import ServiceFindingRow, WayRow
from tools.wording import bullets, count, quote, shorten

__all__ = ["describe_findings", "describe_ways", "finding_lines", "headline_of", "hop_lines"]

_SIGNS = {"allow": "ok", "deny": "STOP", "unknown": "?"}
_WORDED = 12
_PODS = 5


def describe_ways(
    target: str, ways: Sequence[WayRow], findings: Sequence[ServiceFindingRow], guess: str
) -> str:
    """Return the answer: what becomes of the request, each way hop by hop, and the faults."""
    parts = [headline_of(target, ways)]
    parts += [f"{_title(way)}\n\n{bullets(hop_lines(way))}" for way in ways]
    notable = [one for one in findings if one.severity != "info"] or list(findings)
    if notable:
        parts.append(bullets(_sentence(one) for one in notable[:_WORDED]))
    parts.append(guess)
    return "\n\n".join(part for part in parts if part)


def headline_of(target: str, ways: Sequence[WayRow]) -> str:
    """Return in one or two sentences whether requests arrive, and what stops them."""
    arriving = [way for way in ways if way.verdict == "allow"]
    stopped = [way for way in ways if way.verdict == "deny"]
    source = ways[0].source
    if arriving:
        pods = list(dict.fromkeys(pod for way in arriving for pod in way.ready))
        start = "Partly" if stopped else "Yes"
        text = f"{start}: {quote(source)} reaches {quote(target)}"
        text += f"; {count(len(pods), 'pod')} serve it: {shorten([quote(p) for p in pods], _PODS)}."
        if stopped:
            text += f" {_causes(stopped, len(ways) > 1)}"
        return text.replace("1 pod serve", "1 pod serves")
    if stopped and len(stopped) == len(ways):
        return (
            f"No: {quote(source)} does not reach {quote(target)}. {_causes(stopped, len(ways) > 1)}"
        )
    open_way = next(way for way in ways if way.verdict == "unknown")
    cause = next(hop for hop in open_way.hops if hop.verdict == "unknown")
    return f"Not decided: whether {quote(source)} reaches {quote(target)} is not known. " + (
        cause.reason
    )


def _causes(ways: Sequence[WayRow], several: bool) -> str:
    """Return what stops each way, each cause once."""
    found: dict[str, None] = {}
    for way in ways:
        hop = next(hop for hop in way.hops if hop.verdict == "deny")
        where = f" ({hop.location})" if hop.location else ""
        through = f"Through {quote(way.entry)}: " if way.entry and several else ""
        found[f"{through}{hop.reason}{where}"] = None
    return " ".join(found)


def _title(way: WayRow) -> str:
    start = f"{quote(way.host + (way.path if way.path != '/' else ''))}" if way.host else "Direct"
    entry = f" by {quote(way.entry)}" if way.entry else ""
    port = f" {way.port}" if way.port else ""
    end = f" -> {quote(way.service)}{port}" if way.service else ""
    pods = f", {count(len(way.ready), 'ready pod')}"
    pods += f" ({shorten([quote(one) for one in way.ready], _PODS)})" if way.ready else ""
    pods += f", {len(way.waiting)} not ready" if way.waiting else ""
    return f"{start}{entry}{end}{pods}:"


def hop_lines(way: WayRow) -> Iterator[str]:
    """Yield a line for each hop: its verdict, what it is about, why, and where that stands."""
    for hop in way.hops:
        place = f" ({hop.location})" if hop.location else ""
        yield f"{_SIGNS[hop.verdict]}: {hop.kind} {quote(hop.object)}: {hop.reason}{place}"


def describe_findings(
    checked: str,
    findings: Sequence[ServiceFindingRow],
    facts: Sequence[str] = (),
    *,
    lacking: bool = False,
) -> str:
    """Return findings in words, the worst first.

    Args:
        checked: What was looked at.
        findings: The worst first.
        facts: What is so.
        lacking: Whether something could not be looked at.
    """
    numbers = {
        name: sum(one.severity == name for one in findings) for name in ("error", "warning", "info")
    }
    if not findings:
        head = f"{checked}: no issue found{' in what was given' if lacking else ''}."
    else:
        head = (
            f"{checked}: {count(numbers['error'], 'error')}, "
            f"{count(numbers['warning'], 'warning')}, {numbers['info']:,} info."
        )
    parts = [head, bullets(_sentence(one) for one in findings[:_WORDED])]
    if len(findings) > _WORDED:
        parts.append(f"{count(len(findings) - _WORDED, 'further finding')} left out here.")
    parts.append(bullets(facts))
    return "\n\n".join(part for part in parts if part)


def _sentence(row: ServiceFindingRow) -> str:
    place = f" ({row.location})" if row.location else ""
    fix = f" Fix: {row.fix}" if row.fix else ""
    return f"{row.severity.capitalize()} {quote(row.code)}, {quote(row.object)}{place}: " + (
        f"{row.why}{fix}"
    )


def finding_lines(row: ServiceFindingRow) -> Iterator[str]:
    """Yield the lines that tell a person everything about a finding."""
    place = f"{row.location}: " if row.location else ""
    yield f"{place}{row.severity} {row.code}: {row.object}"
    yield f"    why: {row.why}"
    if row.fix:
        yield f"    fix: {row.fix}"
    yield ""

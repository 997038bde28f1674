"""The address book in sentences: for tools, and for the commands that show the same."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from tools.wording import bullets, count, join, quote, shorten
from topology.ipam.book.entries import Change, Entry, Shortage
from topology.ipam.book.forecast import STATISTIC, Forecast
from topology.ipam.book.ranges import Span
from topology.ipam.book.renumbering import Move, Renumbering
from topology.ipam.book.usage import Usage, percent
from topology.model import Problem

if TYPE_CHECKING:
    from topology.ipam.book.book import Outcome
    from topology.ipam.book.importing.applying import ImportResult

__all__ = [
    "describe_change",
    "describe_entry",
    "describe_forecast",
    "describe_free",
    "describe_import",
    "describe_outcome",
    "describe_problem",
    "describe_renumbering",
    "describe_shortage",
    "describe_usage",
]

_FREE_SHOWN = 12


def describe_entry(entry: Entry) -> str:
    """Return one entry in a line."""
    kind = entry.kind or ("" if entry.role == "allocation" else entry.role)
    parts = [quote(entry.network)]
    if entry.name:
        parts.append(f"`{entry.name}`")
    notes = [kind] if kind else []
    if entry.headroom:
        notes.append(f"{entry.slot} is kept for its growth")
    if entry.expires:
        notes.append(f"until {entry.expires:%Y-%m-%d %H:%M} UTC")
    return " ".join(parts) + (f" ({'; '.join(notes)})" if notes else "")


def describe_usage(usage: Usage) -> str:
    """Return how full a block is, in a sentence or two."""
    block = usage.block
    kept = f" and {count_addresses(usage.kept)} kept for growth" if usage.kept else ""
    text = (
        f"{_block(block)} is {percent(float(usage.taken))} taken: "
        f"{count_addresses(usage.used)} in {count(usage.children, 'range')}{kept}, "
        f"{_number(usage.free)} free"
    )
    if usage.largest is None:
        return text + "."
    text += f", the largest free range is `{usage.largest}`"
    if usage.pieces > 1:
        scattered = percent(float(usage.fragmentation))
        text += f"; {scattered} of what is free lies outside it, in {usage.pieces - 1} more pieces"
    return text + "."


def describe_free(found: Sequence[tuple[Entry, Sequence[Span]]], prefix: int | None) -> str:
    """Return the free ranges of blocks, or those from which a prefix could be cut."""
    lines = []
    for block, spans in found:
        length = block.network.max_prefixlen
        fitting = [span for span in spans if prefix is None or span.bits >= length - prefix]
        size = "" if prefix is None else f" for a /{prefix}"
        if not fitting:
            total = sum(span.size for span in spans)
            rest = f"; {count_addresses(total)} are free in smaller pieces" if total else ""
            lines.append(f"{_block(block)} has no room{size}{rest}.")
            continue
        ranges = [str(span.network) for span in fitting]
        places = ""
        if prefix is not None:
            places = f", {sum(1 << (span.bits - length + prefix) for span in fitting):,} in all"
        lines.append(f"{_block(block)} has room{size} in {shorten(ranges, _FREE_SHOWN)}{places}.")
    return "\n".join(lines)


def describe_shortage(shortage: Shortage) -> str:
    """Return why a request cannot be met, and what could be."""
    request = shortage.request
    kept = f" that may double {count(request.headroom, 'time')}" if request.headroom else ""
    if not shortage.where:
        return (
            f"No block of IPv{request.family} is there to take a /{request.prefix} from; add one "
            "with `netassist ipam add-block`."
        )
    text = f"There is no room for a /{request.prefix}{kept} in {shortage.where}"
    if shortage.largest is None:
        text += ", which is full."
    else:
        text += (
            f": {count_addresses(shortage.free)} are free, the largest free range is "
            f"`{shortage.largest}`."
        )
    if shortage.elsewhere:
        text += f" Elsewhere in the space there is {join([quote(n) for n in shortage.elsewhere])}."
    if shortage.held:
        names = [entry.label for entry in shortage.held]
        text += f" {shorten(names, 3)} could give up what is kept for growth (edit --headroom 0)."
    if shortage.largest is not None and shortage.free >= 1 << _bits(shortage):
        text += " Moving ranges would make room: see `netassist ipam renumber`."
    return text


def describe_outcome(outcome: "Outcome", verb: str, *, applied: bool) -> str:
    """Return what was done, or would be, to each entry."""
    lead = verb if applied else f"Would be {verb.lower()}"
    if outcome.repeated:
        lead = "There before, by the same key"
    lines = [describe_entry(entry) for entry in outcome.entries]
    if len(lines) == 1:
        return f"{lead}: {lines[0]}."
    return f"{lead}:\n{bullets(lines)}"


def describe_change(change: Change) -> str:
    """Return one change in a line."""
    undone = f" (undone by {change.undone_by})" if change.undone_by else ""
    when = f"{change.at:%Y-%m-%d %H:%M}"
    space = "" if change.space == "default" else f" [{change.space}]"
    return f"{change.id:>5}  {when}  {change.actor}{space}: {change.summary}{undone}"


def describe_forecast(found: Sequence[Forecast]) -> str:
    """Return when blocks will be full, with the uncertainty, and how that was computed."""
    lines = []
    for one in found:
        seen = f"{count(one.steps, 'change')} in {one.days:.0f} days"
        if one.full is not None:
            latest = f"{one.latest:%Y-%m-%d}" if one.latest else "perhaps never"
            lines.append(
                f"{_block(one.usage.block)} is full around {one.full:%Y-%m-%d} (90 %: from "
                f"{one.earliest:%Y-%m-%d} to {latest}): {count_addresses(one.usage.free)} are "
                f"free and {one.per_day:,.1f} a day were taken "
                f"({one.slow:,.1f} to {one.fast:,.1f}; {seen})."
            )
            continue
        lines.append(f"{_block(one.usage.block)}: no date. {one.reason}")
        if one.earliest is not None:
            lines[-1] += f" With 90 % it is not full before {one.earliest:%Y-%m-%d} ({seen})."
    return "\n".join([*lines, "", f"Statistic: {STATISTIC}."])


def describe_import(result: "ImportResult") -> str:
    """Return what an import did, or would do; problems are told apart."""
    would = "" if result.applied else "would be "
    errors = sum(one.severity == "error" for one in result.problems)
    files = [f"{file} ({form})" for file, form in result.forms.items()]
    head = f"From {shorten(files, 4)}: " if files else ""
    parts = [
        f"{count(len(result.added), 'range')} {would}added",
        f"{len(result.updated):,} updated",
        f"{result.unchanged:,} unchanged",
    ]
    if errors:
        parts.append(f"{errors:,} refused")
    return head + ", ".join(parts) + "."


def describe_problem(problem: Problem) -> str:
    """Return one problem with its place."""
    place = f"{problem.location}: " if problem.location else ""
    return f"{place}{problem.severity}: {problem.message} {problem.hint}".rstrip()


def describe_renumbering(found: Sequence[tuple[Entry | None, Renumbering]]) -> str:
    """Return plans, move by move in their order."""
    lines: list[str] = []
    for block, plan in found:
        where = f"{_block(block)}: " if block else ""
        if not plan.moves:
            lines.append(f"{where}{plan.reason}")
            continue
        gain = f", after which `{plan.gain}` is free in one piece" if plan.gain else ""
        lines.append(
            f"{where}{count(len(plan.moves), 'move')} of {count_addresses(plan.addresses)}{gain}. "
            "Every new range is free now, so old and new can stand side by side."
        )
        lines += _moves(plan.moves)
    return "\n".join(lines)


def _moves(moves: Iterable[Move]) -> list[str]:
    lines = []
    for number, move in enumerate(moves, 1):
        name = f" `{move.entry.name}`" if move.entry.name else ""
        lines.append(f"{number}. `{move.old}` -> `{move.new}`{name}")
        lines += [f"   - {step}" for step in move.steps]
    return lines


def count_addresses(number: int) -> str:
    """Return a number of addresses in words."""
    return f"{_number(number)} address{'' if number == 1 else 'es'}"


def _number(number: int) -> str:
    return f"{number:,}" if number < 10**12 else f"about {number:.1e}"


def _block(block: Entry) -> str:
    return f"`{block.name}` ({block.network})" if block.name else f"`{block.network}`"


def _bits(shortage: Shortage) -> int:
    request = shortage.request
    return (32 if request.family == 4 else 128) - request.prefix + request.headroom

"""What is mended, in words: what stops it, what to change, what that does, what else would do."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tools.reach_text import LABELS
from tools.wording import bullets, count, join, quote, shorten

if TYPE_CHECKING:
    from tools.mend import AlternativeRow, MendResult
    from tools.rewritten import EditRow

__all__ = ["describe", "describe_edits"]

_SHOWN = 4


def describe(result: "MendResult") -> str:
    """Return the answer, complete and true on its own."""
    parts = [
        result.instead,
        _headline(result),
        bullets((*_stops(result), *(one.said for one in result.observed_drops))),
        bullets(_obstacles(result)),
        describe_edits(result.edits),
        bullets(_proof(result)),
        _alternatives(result),
        bullets(result.notes),
    ]
    return "\n\n".join(part for part in parts if part)


def _headline(result: "MendResult") -> str:
    ends = f"{quote(result.source)} {{}} {quote(result.destination)} on {join(result.ports)}"
    match result.outcome:
        case "open":
            return f"Nothing to mend: {ends.format('can already reach')}."
        case "mended":
            added = sum(row.action == "add" for row in result.edits)
            changes = f"A change of {count(len(result.edits), 'policy')}"
            if added == len(result.edits):
                changes = "A new policy" if added == 1 else f"{added} new policies"
            verb = "let" if added == len(result.edits) > 1 else "lets"
            how = "opens exactly that" if result.verified else "does more than that, see below"
            sure = all(layer["verdict"] == "deny" for layer in result.stopped_by)
            now = ends.format("cannot reach" if sure else "cannot be said to reach")
            return f"{now} today. {changes} {verb} it through and {how}. {_fault(result)}"
        case "not-policy" if result.verdict == "allow":
            return f"Policies let it through, so something else is amiss: {ends.format('->')}."
        case "not-policy" | "no-fix" if result.verdict == "unknown":
            return (
                f"It is not known whether {ends.format('can reach')} today, and no change of "
                "policies settles that."
            )
        case "not-policy":
            return (
                f"{ends.format('cannot reach')} today, and no change of policies alone mends that."
            )
        case _:
            return f"{ends.format('cannot reach')} today, and no change that mends it was found."


def _fault(result: "MendResult") -> str:
    named = shorten([quote(key) for key in result.at_fault], _SHOWN)
    if all(row.action == "add" for row in result.edits):
        return f"No policy allows it, against the default deny of {named}."
    return f"At fault is {named}." if len(result.at_fault) == 1 else f"At fault are {named}."


def _stops(result: "MendResult") -> Iterator[str]:
    if result.outcome == "open":
        return
    for layer in result.stopped_by:
        place = f" ({layer['location']})" if layer["location"] else ""
        near = f" {layer['nearest']}" if layer["nearest"] else ""
        yield f"Stopped by {LABELS[layer['layer']].lower()}: {layer['reason']}{place}{near}"


def _obstacles(result: "MendResult") -> Iterator[str]:
    for one in result.obstacles:
        place = f" ({one.location})" if one.location else ""
        yield f"{one.what}{place} {one.advice}"


def describe_edits(edits: "tuple[EditRow, ...]") -> str:
    """Return what is done to each policy, each with its diff."""
    parts = []
    for row in edits:
        weakens = f" It gives up protection: {row.weakens}" if row.weakens else ""
        verb = {"add": "New", "remove": "Taken away is", "change": "In"}[row.action]
        parts.append(f"{verb} {quote(row.policy)}: {'; '.join(row.what)}.{weakens}")
        parts.append(f"```diff\n{row.diff.rstrip()}\n```")
    return "\n\n".join(parts)


def _proof(result: "MendResult") -> Iterator[str]:
    for check in result.checks:
        yield f"{'Proven' if check.ok else 'Not so'}: {check.detail}"


def _alternatives(result: "MendResult") -> str:
    lines = [_alternative(one) for one in result.alternatives]
    return f"Other changes that were tried:\n\n{bullets(lines)}" if lines else ""


def _alternative(one: "AlternativeRow") -> str:
    effects = []
    if one.opens:
        effects.append(f"also {shorten(list(one.opens), _SHOWN)}")
    if one.closes:
        effects.append(shorten(list(one.closes), _SHOWN))
    if one.weakens:
        effects.append(f"gives up protection: {one.weakens.rstrip('.')}")
    effect = "; ".join(effects) or "opens nothing else today"
    verb = "New" if one.is_new else "In"
    return f"{verb} {quote(one.policy)}: {'; '.join(one.what)} ({effect})."

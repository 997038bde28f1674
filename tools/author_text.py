"""Drafts and contracts in words: what was written, what it is held to, and what was computed."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tools.wording import bullets, count, quote, shorten

if TYPE_CHECKING:
    from tools.draft_results import ContractRow, ContractTest, DraftResult

__all__ = [
    "describe_contract",
    "describe_draft",
    "describe_heard",
    "describe_least_privilege",
    "describe_refusal",
]

_MOST_DEMANDS = 6
_MOST_EVIDENCE = 30
_LONGEST = 100


def describe_draft(result: "DraftResult") -> str:
    """Return the policies with what was computed about them, complete and true on its own."""
    parts = [
        _headline(result),
        f"```yaml\n{result.yaml}```",
        _contract(result.contract),
        _checks(result),
        _cut(result),
        bullets(f"Needs: {need}" for need in result.requirements),
        bullets(result.notes),
    ]
    return "\n\n".join(part for part in parts if part)


def describe_heard(heard: str, asides: Sequence[str] = ()) -> str:
    """Return the lines that say how a request was understood, and what was left out of it."""
    text = f"Understood: {' '.join(heard.split()).rstrip('.')}."
    if not asides:
        return text
    shown = [f"`{one[:_LONGEST].rstrip()}{'...' if one[_LONGEST:] else ''}`" for one in asides]
    return f"{text}\n\nTaken as explanation, not as part of the request: {shorten(shown)}."


def describe_least_privilege(
    result: "DraftResult", evidence: Sequence[str], window: str, limits: Sequence[str] = ()
) -> str:
    """Return what least privilege rests on and does not know, then the policies."""
    basis = "what environment variables name and what Services open"
    if window:
        basis += f", and connections observed in {window}"
    shown = [*evidence[:_MOST_EVIDENCE]]
    if len(evidence) > _MOST_EVIDENCE:
        shown.append(f"... and {len(evidence) - _MOST_EVIDENCE} more.")
    missing = ""
    if not window:
        missing = (
            "Calls that neither names are closed: compare with observed flows before applying."
        )
    missing = "\n\n".join(part for part in (missing, bullets(limits)) if part)
    return f"Least privilege from {basis}:\n\n{bullets(shown)}\n\n{missing}\n\n{result.summary}"


def describe_refusal(question: str, declined: str) -> str:
    """Return why nothing was written."""
    return question or f"No policy was written. {declined}"


def describe_contract(result: "ContractTest") -> str:
    """Return what a contract asks for and what the network does."""
    failed = [row for row in result.outcomes if not row.met]
    total = count(len(result.outcomes), "demand")
    if not failed:
        return f"The contract is met: {total}."
    lines = [
        f"{demand_of(row)} must be {_word(row.expected)} and is {_word(row.found)}. {row.reason}"
        f"{f' ({row.location})' if row.location else ''}"
        for row in failed
    ]
    verb = "is" if len(failed) == 1 else "are"
    return f"The contract is not met: {len(failed)} of {total} {verb} not.\n\n{bullets(lines)}"


def demand_of(row: "ContractRow") -> str:
    """Return a demand as one line."""
    port = f"{row.port}/{row.proto}" if row.port is not None else f"every {row.proto} port"
    return f"{quote(row.src)} to {quote(row.dst)} on {port}{f' {row.http}' if row.http else ''}"


def _word(state: str) -> str:
    words = {
        "allow": "allowed",
        "conditional": "allowed for some requests",
        "deny": "denied",
        "error": "not answerable",
        "unknown": "not known",
    }
    return words[state]


def _headline(result: "DraftResult") -> str:
    files = [one for one in result.artifacts if one.kind != "contract"]
    kinds = shorten(sorted({one.kind for one in files}))
    what = f"{count(len(files), 'policy')} ({kinds})"
    if result.declined:
        return (
            f"**Cannot be met.** {result.declined} What follows would not do what was asked for "
            "and is not verified."
        )
    if result.verified:
        return f"**Verified** by simulation on this network: {what}."
    failing = "; ".join(f"{one.check}: {one.detail}" for one in result.checks if not one.ok)
    return f"**Not verified**: {what}. What fails: {failing}"


def _contract(contract: dict[str, Any]) -> str:
    lines = [*_demands("Must be allowed", contract.get("must_allow", []))]
    lines += _demands("Must be denied", contract.get("must_deny", []))
    return f"Contract:\n\n{bullets(lines)}" if lines else ""


def _demands(title: str, demands: list[dict[str, Any]]) -> Iterator[str]:
    if not demands:
        return
    shown = "; ".join(_demand(one) for one in demands[:_MOST_DEMANDS])
    more = len(demands) - _MOST_DEMANDS
    yield f"{title}: {shown}{f'; and {more} more' if more > 0 else ''}."


def _demand(demand: dict[str, Any]) -> str:
    port = f"{demand['port']}/" if "port" in demand else "every "
    asked = f" {demand['http']}" if "http" in demand else ""
    asked += f" Kafka {demand['kafka']}" if "kafka" in demand else ""
    asked += f" asking for {demand['dns']}" if "dns" in demand else ""
    return f"{quote(demand['src'])} to {quote(demand['dst'])} {port}{demand['proto']}{asked}"


def _cut(result: "DraftResult") -> str:
    calls = result.announced_calls_closed
    if not calls:
        return ""
    shown = "; ".join(calls[:_MOST_DEMANDS])
    more = f"; and {len(calls) - _MOST_DEMANDS} more" if len(calls) > _MOST_DEMANDS else ""
    return f"**Mind**: this closes calls that workloads are set up to make: {shown}{more}."


def _checks(result: "DraftResult") -> str:
    lines = [f"{'ok' if one.ok else 'FAILS'}, {one.check}: {one.detail}" for one in result.checks]
    return f"Checks:\n\n{bullets(lines)}" if lines else ""

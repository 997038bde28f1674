"""The answer, put together from a finished turn: its text is checked, the rest is computed."""

import re
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakKeyDictionary

from assistant.answer import Answer, Artifact, Check, Citation
from assistant.claims import Checked, check
from assistant.deeds import tell_deeds
from assistant.masking import mask
from assistant.neutral import neutral_markdown
from tools.spec import Evidence, ToolResult
from tools.wording import quote

if TYPE_CHECKING:
    from assistant.turn import Turn
    from tools.workspace import Workspace
    from topology.model import Cluster

__all__ = ["check_turn", "compose", "decide"]

_PLAIN_PLACE = re.compile(r"[\w./:+@~\\-]+")
_SHOWN = 8
"""Rules named below an answer; all of them are in its evidence."""


def check_turn(turn: "Turn", question: str, workspace: "Workspace") -> Checked:
    """Hold the turn's text against what its tools computed."""
    return check(
        turn.text,
        question=question,
        calls=tuple(item.call for item in turn.computed),
        artifacts=tuple(item.content for item in _artifacts(turn.results)),
        names=_names(workspace),
        composed=turn.rung.composes,
        asks=bool(turn.needs),
        declines=turn.declined,
    )


def compose(
    turn: "Turn",
    question: str,
    *,
    workspace: "Workspace",
    session: str,
    falls: Iterable[str],
    begun: float,
) -> Answer:
    """Return the answer; `falls` says which models were tried before, and why they failed."""
    checked = check_turn(turn, question, workspace)
    text = checked.text
    needs = turn.needs
    if needs and not turn.rung.composes:
        needs = (text,)
    if not turn.rung.composes and not needs and not turn.declined:
        text += _tell_proof(text, turn)
        text += _point_to_rules(text, turn.results)
        text += _show_artifacts(text, turn.results)
    text = tell_deeds(text, turn.results, composed=turn.rung.composes)
    for fall in falls:
        text += f"\n\n_{fall}; `{turn.rung.model}` answered instead._"
    results = turn.results
    citations = tuple(_citations(results))
    known = [one.url for one in citations if one.url]
    return Answer(
        question=question,
        text=neutral_markdown(mask(text), known),
        tier=turn.rung.tier,
        model=turn.rung.model,
        session=session,
        verdict=decide(turn),
        tools=tuple(item.call for item in turn.computed),
        artifacts=tuple(_artifacts(results)),
        evidence=_evidence(results),
        citations=citations,
        needs=tuple(neutral_markdown(mask(one), known) for one in needs),
        declined=turn.declined,
        usage=_usage(turn),
        seconds=time.perf_counter() - begun,
    )


def _usage(turn: "Turn") -> dict[str, float]:
    """Return the tokens of a turn, and their cost where the model has a price."""
    price = turn.budget.price
    return {**turn.usage, "cost": price.of(turn.usage)} if price and turn.usage else {**turn.usage}


def _tell_proof(text: str, turn: "Turn") -> str:
    """Return what was computed of a policy that the model wrote, or why it is not shown."""
    told = [
        item.call.result["summary"]
        for item in turn.computed
        if item.call.name == "prove_policy" and item.call.result["summary"] not in text
    ]
    if turn.unproven:
        told.append(f"The model's own policy is not shown, as it failed:\n\n{turn.unproven}")
    return "".join(f"\n\n{one}" for one in told)


def _point_to_rules(text: str, results: Iterable[ToolResult]) -> str:
    """Return the rules, files and lines of a verdict for a text that names none of them."""
    rows = [item for result in results if result.verdict for item in result.evidence]
    places = [item for item in rows if item.location]
    if not places or any(item.location.rsplit("/", 1)[-1] in text for item in places):
        return ""
    shown = dict.fromkeys(f"- {quote(item.source)} ({_place(item.location)})" for item in places)
    return "\n\nComputed from:\n" + "\n".join(list(shown)[:_SHOWN])


def _place(location: str) -> str:
    """Return a place as it is, or as code where a file has a name that could be read as text."""
    return location if _PLAIN_PLACE.fullmatch(location) else quote(location)


def _show_artifacts(text: str, results: Iterable[ToolResult]) -> str:
    """Return the policies that were made last and that a model's text leaves out or rewrote."""
    made = [tuple(_artifacts((result,))) for result in results]
    last = next((row for row in reversed(made) if row), ())
    shown = ""
    for one in last:
        if one.kind == "contract" or one.content.strip() in text:
            continue
        faults = [f"{item.check}: {item.detail}" for item in one.checks if not item.ok]
        state = "**Verified**: every check of it passed." if one.verified else "**Not verified**."
        state += f" What fails: {'; '.join(faults)}" if faults else ""
        shown += f"\n\n`{one.name}` ({one.kind}). {state}\n\n```yaml\n{one.content.rstrip()}\n```"
    return shown


def decide(turn: "Turn") -> Literal["allow", "deny"] | None:
    """Return the one verdict of the turn, or None if there is none or there are several.

    A call repeated with other arguments for the same pair (a port corrected, say) replaces the
    earlier one; calls about different pairs that differ in verdict have no common answer.
    """
    latest: dict[tuple[str, ...], str] = {}
    for item in turn.computed:
        if isinstance(item.result, ToolResult) and item.result.verdict:
            latest[_subject(item.call.name, item.call.result)] = item.result.verdict
    verdicts = set(latest.values())
    if verdicts == {"allow"}:
        return "allow"
    return "deny" if verdicts == {"deny"} else None


def _subject(name: str, result: Mapping[str, Any]) -> tuple[str, ...]:
    return (name, str(result.get("source", "")), str(result.get("destination", "")))


def _evidence(results: Iterable[ToolResult]) -> tuple[Evidence, ...]:
    items = [item for result in results for item in result.evidence]
    return tuple({(item.claim, item.source, item.location): item for item in items}.values())


def _citations(results: Iterable[ToolResult]) -> Iterable[Citation]:
    """Yield the documents among the results: whatever has passages with a title and a source."""
    seen = set()
    for result in results:
        for passage in getattr(result, "passages", ()):
            citation = Citation(
                title=str(getattr(passage, "title", "")),
                source=str(getattr(passage, "source", "")),
                url=str(getattr(passage, "url", "") or ""),
                date=str(getattr(passage, "date", "") or ""),
            )
            if citation not in seen:
                seen.add(citation)
                yield citation


def _artifacts(results: Iterable[ToolResult]) -> Iterable[Artifact]:
    """Yield what tools made; it counts as verified only if every check of it passed."""
    for result in results:
        for made in getattr(result, "artifacts", ()):
            checks = tuple(
                Check(check=item.check, ok=item.ok, detail=item.detail) for item in made.checks
            )
            yield Artifact(
                kind=made.kind,
                name=made.name,
                content=made.content,
                verified=bool(checks) and all(item.ok for item in checks),
                checks=checks,
            )


_NAMES: "WeakKeyDictionary[Workspace, frozenset[str]]" = WeakKeyDictionary()


def _names(workspace: "Workspace") -> frozenset[str]:
    """Return the names of workloads, pods, services and namespaces, so that none is mistaken."""
    if workspace not in _NAMES:
        _NAMES[workspace] = _read_names(workspace.cluster)
    return _NAMES[workspace]


def _read_names(cluster: "Cluster") -> frozenset[str]:
    groups = (cluster.workloads, cluster.pods, cluster.services)
    named = frozenset(item.name.casefold() for group in groups for item in group)
    return named | frozenset(name.casefold() for name in cluster.namespaces)

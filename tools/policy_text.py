"""A policy in plain sentences, each with the field that it tells of."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tools.explaining import recover
from tools.explaining.told import Recovered, Told
from tools.intents.phrases import say_ends
from tools.intents.sentences import write_intent
from tools.selector_text import mapping
from topology.authoring import Intent, Party
from topology.model import Document, Location

__all__ = ["Clause", "describe_policy"]

_DRY_RUN = (
    "It is in dry run (`istio.io/dry-run`): it enforces nothing, and proxies only log what it "
    "would decide."
)
_FALLBACK = "It says nothing that decides any traffic."


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """One sentence about a policy, with the field that it tells of."""

    text: str
    path: str
    location: Location


def describe_policy(document: Document, *, root_namespace: str = "") -> tuple[Clause, ...]:
    """Return what a policy says, rule by rule; nothing for a kind that is not known.

    The first sentence says whom it is about, unless one sentence says all.

    Args:
        document: A policy.
        root_namespace: Of the mesh; empty for `istio-system`.
    """
    found = recover(document, root_namespace=root_namespace)
    if found is None:
        return ()
    return tuple(
        Clause(text=text, path=path, location=document.source.at(path))
        for text, path in _sentences(document, found)
    )


def _sentences(document: Document, found: Recovered) -> Iterator[tuple[str, str]]:
    whole = replace(found.intent, kinds=(), name="", exact=False, dry_run=False)
    if found.dry_run:
        yield _DRY_RUN, "metadata.annotations"
    rules = [one for one in found.told if one.intent.clauses]
    if len(rules) <= 1 and len(found.told) <= 2:
        path = (rules or found.told)[0].path if found.told else "spec"
        if found.told or not found.gaps:
            yield write_intent(whole) or _FALLBACK, path
    else:
        yield f"It is about {say_ends(_subjects(whole))}.", _place(document)
        for one in found.told:
            yield _alone(one, rules), one.path
    for gap in found.gaps:
        yield gap.text, gap.path


def _alone(told: Told, rules: Sequence[Told]) -> str:
    """Return the sentence of one part; the default deny is about what no rule lets through."""
    text = write_intent(told.intent)
    subjects = [subject for subject, _ in told.intent.isolate]
    if subjects and any(_is_about(one.intent, told.intent) for one in rules):
        text = text.replace("Nothing may", "Nothing else may").replace(
            "may reach nothing", "may reach nothing else"
        )
    return text


def _is_about(rule: Intent, isolation: Intent) -> bool:
    """Say whether a rule opens what an isolation closes."""
    closed = {(subject, side) for subject, side in isolation.isolate}
    return any(
        (subject, clause.side) in closed
        for clause in rule.clauses
        if clause.effect == "allow"
        for subject in (clause.destinations if clause.side == "ingress" else clause.sources)
    )


def _subjects(intent: Intent) -> tuple[Party, ...]:
    found: dict[Party, None] = {}
    for clause in intent.clauses:
        found.update(
            dict.fromkeys(clause.destinations if clause.side == "ingress" else clause.sources)
        )
    found.update(dict.fromkeys(subject for subject, _ in intent.isolate))
    return tuple(found)


def _place(document: Document) -> str:
    """Return the field that says whom a policy selects."""
    spec = mapping(document.body.get("spec"))
    for field in ("endpointSelector", "nodeSelector", "podSelector", "selector"):
        if field in spec:
            return f"spec.{field}"
    return "spec" if "spec" in document.body else "specs[0]"

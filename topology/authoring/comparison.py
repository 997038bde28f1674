"""Readings of one request against each other: what would differ, as a question back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from topology.authoring.drafting import Draft, draft
from topology.authoring.intent import Intent
from topology.authoring.phrases import say_clause, say_party
from topology.simulation import EndChange, simulate_network

if TYPE_CHECKING:
    from topology.paths import Network

__all__ = ["Comparison", "compare_readings"]

_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What the first reading and each other one do differently."""

    drafts: tuple[Draft, ...]
    """One for each reading, in their order."""
    differences: tuple[EndChange, ...] = ()
    """From the first reading to the first that differs from it: `before` is what it does."""
    question: str = ""
    """The difference as a question; empty where all readings do the same."""

    @property
    def same(self) -> bool:
        """Return whether it makes no difference which reading is meant."""
        return not self.question


def compare_readings(network: "Network", intents: Sequence[Intent]) -> Comparison:
    """Draft and simulate each reading of a request, and say what would differ.

    Args:
        network: The cluster with the policies in force.
        intents: The readings, the likeliest first.
    """
    drafts = tuple(draft(network, one) for one in intents)
    if not drafts:
        return Comparison(drafts=())
    first = drafts[0]
    for other in drafts[1:]:
        if first.declined or other.declined:
            if bool(first.declined) != bool(other.declined):
                return Comparison(drafts=drafts, question=_ask_declined(first, other))
            continue
        differences = _differences(network, first, other)
        if differences:
            question = _ask(first, other, differences)
            return Comparison(drafts=drafts, differences=differences, question=question)
    return Comparison(drafts=drafts)


def _differences(network: "Network", first: Draft, other: Draft) -> tuple[EndChange, ...]:
    """Return what changes when the policies of one draft are put in place of the other's."""
    base = network.changed(add=[one.document for one in first.documents])
    known = {one.key for one in network.cluster.policies}
    # A policy that both change is replaced, not taken away.
    gone = [one.key for one in first.documents if one.key not in known]
    kept = {one.key for one in other.documents}
    found = simulate_network(
        base,
        add=[one.document for one in other.documents],
        remove=[key for key in gone if key not in kept],
    )
    return (*found.closed, *found.opened, *found.other_requests)


def _ask(first: Draft, other: Draft, differences: Sequence[EndChange]) -> str:
    one, two = _say(first.intent), _say(other.intent)
    shown = "; ".join(_row(row) for row in differences[:_SHOWN])
    more = f"; and {len(differences) - _SHOWN} more" if len(differences) > _SHOWN else ""
    return f"This may mean (1) {one}, or (2) {two}. The difference: {shown}{more}. Which is meant?"


def _row(row: EndChange) -> str:
    words = {
        "allow": "open",
        "conditional": "open to some requests",
        "unknown": "not known",
        "deny": "closed",
    }
    first, second = words[row.before], words[row.after]
    if first == second:
        second = "open to others"
    return f"{row.source} -> {row.destination} on {row.ports} is {first} in (1), {second} in (2)"


def _ask_declined(first: Draft, other: Draft) -> str:
    meant, refused = (other, first) if first.declined else (first, other)
    return (
        f"This may mean that {_say(meant.intent)}, which can be done, or that "
        f"{_say(refused.intent)}, which cannot: {refused.declined} Which is meant?"
    )


def _say(intent: Intent) -> str:
    parts = [say_clause(one) for one in intent.clauses]
    parts += [f"{say_party(one)} is closed for {side}" for one, side in intent.isolate]
    parts += [f"mutual TLS of {say_party(one)} is {mode}" for one, mode, _ in intent.mutual_tls]
    return "; ".join(parts) or "nothing"

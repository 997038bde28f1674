"""Requests that no policy can meet, because one part of them takes back all of another."""

from typing import TYPE_CHECKING

from topology.authoring.allowances import allowances
from topology.authoring.demands import demands_of
from topology.authoring.intent import Intent
from topology.authoring.phrases import say_clause

if TYPE_CHECKING:
    from topology.paths import Network

__all__ = ["contradiction"]


def contradiction(network: "Network", intent: Intent) -> str:
    """Return why an intent cannot be met whatever is in force; empty if it can.

    A denial that takes away a part of what is allowed is an exception; one that takes away all of
    it is a contradiction.

    Args:
        network: Whose workloads are meant.
        intent: Grounded.
    """
    denials = [one for one in intent.clauses if one.effect == "deny"]
    for clause in intent.clauses if denials else ():
        if clause.effect != "allow":
            continue
        for denial in denials:
            same = (denial.sources, denial.destinations) == (clause.sources, clause.destinations)
            if same and denial.traffic == clause.traffic:
                return _say(say_clause(clause), say_clause(denial))
        if _is_swallowed(network, intent, clause_number=intent.clauses.index(clause)):
            return _say(say_clause(clause), "; ".join(map(say_clause, denials)))
    return ""


def _is_swallowed(network: "Network", intent: Intent, *, clause_number: int) -> bool:
    """Return whether denials cover every connection that a clause allows."""
    every = allowances(intent)
    wanted = list(demands_of(network.cluster, every[clause_number]))
    denied = {
        (one.source, one.destination, one.port, one.protocol, one.http)
        for allowance in every
        if allowance.deny
        for one in demands_of(network.cluster, allowance)
    }
    return bool(wanted) and all(
        (one.source, one.destination, one.port, one.protocol, one.http) in denied
        or (one.source, one.destination, one.port, one.protocol, None) in denied
        for one in wanted
    )


def _say(allowed: str, denied: str) -> str:
    return f"The request contradicts itself: it allows that {allowed}, and denies it: {denied}."

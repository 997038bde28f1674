"""Requests that contradict themselves: no policy can do what they ask for."""

from collections.abc import Sequence
from itertools import combinations

from tools.intents.meanings import Meaning
from tools.intents.phrases import say_ends, say_party
from topology.authoring import Clause, Intent, Party, Pods

__all__ = ["find_conflict"]


def find_conflict(intent: Intent, meaning: Meaning) -> str:
    """Return why an intent cannot be met, in one sentence; empty where it can be."""
    for clause in intent.clauses:
        reason = _within(clause)
        if reason:
            return reason
    return (
        _between_clauses(intent)
        or _only_and_others(intent, meaning)
        or _closed_and_open(intent, meaning)
        or _modes(intent)
    )


def _within(clause: Clause) -> str:
    """Return what is impossible in one clause."""
    traffic = clause.traffic
    udp = [one for one in traffic.ports if one.protocol == "UDP"]
    if traffic.requests and udp and len(udp) == len(traffic.ports):
        return "HTTP requests travel over TCP, so a rule for them on a UDP port never matches."
    return ""


def _between_clauses(intent: Intent) -> str:
    for one, other in combinations(intent.clauses, 2):
        if one.effect == other.effect:
            continue
        same = (one.sources, one.destinations) == (other.sources, other.destinations)
        if same and one.traffic == other.traffic:
            ends = f"{say_ends(one.sources)} may reach {say_ends(one.destinations)}"
            return f"It asks that {ends}, and that this is denied."
    return ""


def _only_and_others(intent: Intent, meaning: Meaning) -> str:
    """Return where `only` of one sentence is gainsaid by another."""
    for one, other in combinations(intent.clauses, 2):
        for first, second in ((one, other), (other, one)):
            if not first.only or second.effect == "deny":
                continue
            reason = _gainsaid(first, second)
            if reason and not _same_breath(first, second, meaning):
                return reason
    return ""


def _gainsaid(first: Clause, second: Clause) -> str:
    """Return how a further clause takes back the `only` of a first one; empty if it does not."""
    shared = set(first.destinations) & set(second.destinations)
    others = not all(_is_among(one, first.sources) for one in second.sources)
    if first.side == "ingress" and shared and others:
        return (
            f"It asks that only {say_ends(first.sources)} may reach "
            f"{say_ends(first.destinations)}, and that {say_ends(second.sources)} may, too."
        )
    shared = set(first.sources) & set(second.sources)
    others = not all(_is_among(one, first.destinations) for one in second.destinations)
    if first.side == "egress" and shared and others and second.side != "ingress":
        return (
            f"It asks that {say_ends(first.sources)} may reach only "
            f"{say_ends(first.destinations)}, and {say_ends(second.destinations)}, too."
        )
    return ""


def _is_among(party: Party, parties: Sequence[Party]) -> bool:
    """Say whether an end is one of several, or lives in a namespace that is."""
    spaces = {
        space
        for one in parties
        if isinstance(one, Pods) and not (one.workload or one.labels or one.namespace_labels)
        for space in one.namespaces or ()
    }
    inside = isinstance(party, Pods) and party.namespaces and set(party.namespaces) <= spaces
    return party in parties or bool(inside)


def _same_breath(first: Clause, second: Clause, meaning: Meaning) -> bool:
    """Say whether both come of one stretch, such as `only a on 1 and b on 2`."""
    said = [one.said for one in meaning.statements if one.only]
    return first.only and second.only and len(said) > len(set(said))


def _closed_and_open(intent: Intent, meaning: Meaning) -> str:
    """Return what is to be closed to everyone, without exception, and open all the same."""
    if meaning.rest or intent.exact:
        return ""
    absolute = [
        (party, side)
        for one in meaning.isolations
        if one.absolute
        for option in one.end.options
        for party in option
        for side in one.sides
    ]
    for subject, side in absolute:
        for clause in intent.clauses:
            ends = clause.destinations if side == "ingress" else clause.sources
            if clause.effect == "allow" and subject in ends:
                may = "no one may reach" if side == "ingress" else "nothing may be reached from"
                return f"It asks that {may} {say_party(subject)}, and that {_shown(clause)}."
    return ""


def _shown(clause: Clause) -> str:
    return f"{say_ends(clause.sources)} may reach {say_ends(clause.destinations)}"


def _modes(intent: Intent) -> str:
    modes: dict[Pods, str] = {}
    for subject, mode, _ in intent.mutual_tls:
        if modes.setdefault(subject, mode) != mode:
            return (
                f"It asks for mutual TLS in mode {modes[subject]} and in mode {mode} on "
                f"{say_party(subject)}."
            )
    return ""

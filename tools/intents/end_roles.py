"""Which groups of a clause connect and which are connected to, by its verb and prepositions."""

from collections.abc import Sequence
from dataclasses import replace

from tools.intents.clauses import Where
from tools.intents.frames import Group, Statement
from tools.intents.grouping import Sorted

__all__ = ["Ends", "ends_in", "with_context"]

Ends = tuple[list[Group], list[Group]]
_VERBS = ("REACHED", "RECEIVE", "REACH", "NEED", "EXPOSE")
"""Main verbs, the one that says most of who connects first."""


def ends_in(found: Sorted) -> tuple[list[Group], list[Group], Where | str]:
    """Return the groups of sources and of destinations, and which of them it is about."""
    verb = next((one for one in _VERBS if one in found.verbs), "")
    subject, objects = found.of("subject"), found.of("object")
    others = {role: found.of(role) for role in ("from", "to", "by", "for", "in")}
    if found.of("between"):
        return _between(found)
    if verb in ("REACHED", "RECEIVE"):
        return _passive(found, verb)
    if verb == "EXPOSE" and found.side:
        return _nominal(found, subject, objects, others)
    if verb == "EXPOSE":
        wide = others["to"] or others["for"] or others["from"]
        return wide, [*subject, *objects], "destination"
    if verb in ("REACH", "NEED"):
        return _active(found, subject, objects, others)
    return _nominal(found, subject, objects, others)


def _between(found: Sorted) -> tuple[list[Group], list[Group], str]:
    group = found.of("between")[0]
    first, rest = group.ends[:1], group.ends[1:]
    if not rest:
        return [replace(group, ends=first)], [replace(group, ends=first)], ""
    return [replace(group, role="from", ends=first)], [replace(group, role="to", ends=rest)], ""


def _passive(found: Sorted, verb: str) -> tuple[list[Group], list[Group], str]:
    """Read `db is reachable from web` and `db accepts connections from web`."""
    senders = found.of("from", "by")
    if not senders:
        senders = found.of("to", "for")
    receivers = found.of("subject")
    objects = found.of("object")
    if not receivers:
        receivers, objects = objects[:1], objects[1:]
    return senders or objects, receivers, "destination"


def _active(
    found: Sorted, subject: list[Group], objects: list[Group], others: dict[str, list[Group]]
) -> tuple[list[Group], list[Group], str]:
    """Read `web may reach db`, `let web talk to db`, `stop web from calling db`."""
    if subject and found.enters and objects:
        # `basket: let storefront in`
        return objects, subject, "destination"
    if subject:
        senders, receivers = subject, [*objects, *others["to"], *others["in"]]
    else:
        # The object of `let` or `block` stands before the verb, and is who acts.
        senders = [one for one in objects if one.after not in ("REACH", "NEED")]
        behind = [one for one in objects if one not in senders]
        receivers = [*behind, *others["to"], *others["in"]]
    blocked = found.effect == "deny" and others["from"]
    if blocked and not receivers:
        receivers = others["from"]
    elif others["from"] and not senders:
        senders = others["from"]
    elif others["from"] and not receivers:
        receivers = others["from"]
    if others["for"] and not senders:
        senders = others["for"]
    elif others["for"] and not receivers:
        receivers = others["for"]
    # Who is let do something is not who the sentence is about: `nothing else` may mean either end.
    return senders, receivers, "source" if subject or found.effect == "deny" else ""


def _nominal(
    found: Sorted, subject: list[Group], objects: list[Group], others: dict[str, list[Group]]
) -> tuple[list[Group], list[Group], str]:
    """Read `allow traffic from web to db`, `block web from db`, `egress of web to db`."""
    senders = [*others["from"], *others["by"]]
    receivers = list(others["to"])
    named = [*subject, *objects]
    around = [*others["for"], *others["in"]]
    if others["for"] and others["in"] and _is_everyone(others["for"]) and not senders:
        # `block POST on x for everyone`
        senders, around = others["for"], others["in"]
    if named and not (senders and receivers):
        paired = _paired(found, named, (senders, receivers), others["for"])
        if paired:
            return paired
    if found.side == "ingress":
        return senders, receivers or named or around, "destination"
    if found.side == "egress" and senders and named and not receivers:
        return senders, named, "source"
    if found.side == "egress":
        return senders or named or around, receivers, "source"
    if not senders and around and receivers:
        senders = around
    elif not receivers and around and senders:
        receivers = around
    elif not senders and not receivers:
        receivers = named or around
    return senders, receivers, ""


def _is_everyone(groups: list[Group]) -> bool:
    return all(end.everyone for group in groups for end in group.ends)


def _paired(
    found: Sorted, named: list[Group], said: Ends, beneficiaries: list[Group]
) -> tuple[list[Group], list[Group], str] | None:
    """Return the roles of ends that stand without a preposition, beside one that has one."""
    senders, receivers = said
    bare = found.side is None and not found.traffic_noun
    if beneficiaries and not senders and not receivers:
        if found.passive:
            return beneficiaries, named, "destination"
        if found.effect == "allow" and bare:
            # `whitelist a for b`
            return named, beneficiaries, "destination"
    if receivers and not senders:
        return named, receivers, "source"
    if senders and not receivers:
        if found.effect == "deny" and bare:
            return named, senders, "source"
        return senders, named, "destination"
    return None


def with_context(
    found: Sorted, sources: list[Group], destinations: list[Group], before: Sequence[Statement]
) -> Ends:
    """Return the groups with what a pronoun or an omission takes from the statement before."""
    if not before or (sources and destinations) or found.rest:
        return sources, destinations
    last = before[-1]
    for fill in (_by_pronoun, _by_effect, _by_omission):
        filled = fill(found, (sources, destinations), last)
        if filled:
            return filled
    return sources, destinations


def _by_pronoun(found: Sorted, ends: Ends, last: Statement) -> Ends | None:
    """Fill in what `it` stands for, or the subject that is not said again."""
    sources, destinations = ends
    about = last.sources if last.topic != "destination" else last.destinations
    if not about:
        return None
    if found.pronoun in ("to", "object", "in", "for") and not destinations:
        return sources, [Group("to", ends=list(last.destinations or about))]
    if found.pronoun is None and (found.effect or not found.verbs):
        return None
    passive = {"REACHED", "RECEIVE"} & set(found.verbs)
    if not sources and (destinations or found.loose) and not passive:
        return [Group("subject", ends=list(about))], destinations
    if not destinations and sources:
        return sources, [Group("object", ends=list(about))]
    return None


def _by_effect(found: Sorted, ends: Ends, last: Statement) -> Ends | None:
    """Fill in the other end of `allow from a, deny from b`."""
    sources, destinations = ends
    if not found.effect or found.verbs or found.of("subject", "object", "for", "in"):
        return None
    if found.of("from", "by") and not destinations and last.destinations:
        return sources, [Group("to", ends=list(last.destinations))]
    if found.of("to") and not sources and last.sources:
        return [Group("from", ends=list(last.sources))], destinations
    return None


def _by_omission(found: Sorted, ends: Ends, last: Statement) -> Ends | None:
    """Fill in the other end of `..., and from b` and of `but not on port 22`."""
    sources, destinations = ends
    if not found.verbs and not found.effect and not found.side:
        if found.of("from", "by") and not destinations:
            return sources, [Group("to", ends=list(last.destinations))]
        if destinations and not sources:
            return [Group("from", ends=list(last.sources))], destinations
    if found.negated and not found.verbs and found.loose and not sources and not destinations:
        return [Group("from", ends=list(last.sources))], [Group("to", ends=list(last.destinations))]
    return None

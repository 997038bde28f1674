"""What a clause says, once its signs are sorted: who may or may not open what to whom."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from tools.intents.clauses import Parsed, cross, ends_of, is_scope
from tools.intents.closings import except_everyone, isolation, limit, nobody, swapped
from tools.intents.end_roles import Ends, ends_in, with_context
from tools.intents.frames import Group, Sign, Statement
from tools.intents.grouping import Sorted
from tools.intents.limits import except_ends, except_traffic, limit_traffic
from tools.intents.parties import End, is_outside
from topology.authoring import Pods

__all__ = ["assign", "settle"]


def assign(found: Sorted, before: Sequence[Statement], signs: Sequence[Sign]) -> Parsed:
    """Return what the sorted signs say, with their ends as sources and destinations."""
    _narrow(found)
    return (
        _special(found, before) or _elliptic(found, signs, before) or _roles(found, before, signs)
    )


def _special(found: Sorted, before: Sequence[Statement]) -> Parsed | None:
    """Return what clauses of a form of their own say."""
    verbs = set(found.verbs)
    ends = tuple(end for group in found.groups for end in group.ends)
    if "COMPLAINT" in verbs or ("APPLY" in verbs and not found.effect):
        return Parsed(about=ends)
    if "NOTONE" in verbs:
        return Parsed(excludes=ends)
    if {"ISOLATE", "LOCK", "DEFAULTDENY"} & verbs:
        return isolation(found)
    if found.rest_traffic and not (found.of("from", "to", "object") and found.effect == "allow"):
        return Parsed(rest_traffic=tuple(found.rest_traffic))
    if _refines(found, before):
        return Parsed(refines=tuple(found.loose))
    if found.rest == "NELSE" and found.of("in") and not (found.verbs or found.effect):
        # `nobody else in x` is about the pods of x alone.
        return Parsed(words=("nobody else",))
    if found.rest and not _has_ends(found) and not found.loose:
        return Parsed(rest=True)
    if found.other_spaces and _effect(found) == "deny" and ends:
        # What is denied to other namespaces stays open inside its own.
        sides = (found.side or found.other_spaces,)
        return Parsed(
            statements=tuple(Statement(sources=(one,), destinations=(one,)) for one in ends),
            isolate=tuple((one, sides) for one in ends),
        )
    if "LIMIT" in verbs and not {"REACH", "REACHED", "RECEIVE"} & verbs:
        return limit(found)
    return None


def _narrow(found: Sorted) -> None:
    """Take `..., in the south only` as the namespace of names that several namespaces have."""
    places = [one for one in found.of("in") if is_scope(one) and one.ends]
    others = [one for one in found.groups if one not in places]
    unsure = [end for group in others for end in group.ends if len(end.options) > 1]
    if not places or not unsure:
        return
    spaces = {space for one in places for end in one.ends for space in _spaces(end)}
    for group in others:
        group.ends = [_within(end, spaces) for end in group.ends]
    found.groups = others
    found.narrowed = [end for one in places for end in one.ends]


def _spaces(end: End) -> set[str]:
    return {
        space
        for option in end.options
        for party in option
        if isinstance(party, Pods)
        for space in party.namespaces or ()
    }


def _within(end: End, spaces: set[str]) -> End:
    """Return an end with the readings in some namespaces, if it has any there."""
    kept = [
        number
        for number in range(len(end.options))
        if _spaces(replace(end, options=(end.options[number],))) & spaces
    ]
    if len(end.options) < 2 or not kept:
        return end
    return replace(
        end,
        options=tuple(end.options[number] for number in kept),
        labels=tuple(end.labels[number] for number in kept if number < len(end.labels)),
    )


def _refines(found: Sorted, before: Sequence[Statement]) -> bool:
    """Say whether a clause only says on which ports: `but they must use TCP 80`."""
    said = found.pronoun == "subject" and not found.groups and found.loose and not found.negated
    return bool(said and before and before[-1].effect == "allow" and not before[-1].passing)


def _roles(found: Sorted, before: Sequence[Statement], signs: Sequence[Sign]) -> Parsed:
    """Return what a clause with a source, a destination or both says."""
    sources, destinations, topic = ends_in(found)
    sources, destinations = with_context(found, sources, destinations, before)
    effect = _effect(found)
    if found.pronoun in ("to", "from", "by") and not found.groups and before and _is_only(signs):
        return Parsed(restricts=("destination" if found.pronoun == "to" else "source",))
    if not before and _is_bare(found, signs):
        # It is not said what is asked of it.
        return Parsed(words=tuple(end.said for group in found.groups for end in group.ends))
    if acting := _acting(found, destinations):
        sources, effect = acting, "deny"
        destinations = [one for one in destinations if not any(one is each for each in acting)]
    return settle(found, (sources, destinations), (effect, topic), before)


def settle(
    found: Sorted,
    ends: Ends,
    about: tuple[str, str],
    before: Sequence[Statement],
) -> Parsed:
    """Return what a clause says, once it is known who connects to whom.

    Args:
        found: What else the clause says.
        ends: The groups of sources, and those of destinations.
        about: Its effect, `allow` or `deny`, and which end it is about.
        before: The statements before it.
    """
    sources, destinations = ends
    effect, topic = about
    if found.mutual and sources and not destinations:
        return Parsed(statements=tuple(_each_other(found, sources, effect)))
    if any(one.nobody for one in (*sources, *destinations)):
        return nobody(found, (sources, destinations), topic, before)
    if any(one.nobody and not one.excepted for one in found.groups):
        # `no traffic between a and b`
        effect = "deny"
    if found.rest == "PELSE" and found.pronoun:
        return Parsed(words=("everything else",))
    if found.rest == "PELSE" and effect == "deny" and not (sources and destinations):
        return _closed_rest(sources, destinations)
    _limit_peers(found, sources, destinations, topic)
    if effect == "deny":
        excepted = except_everyone(found, sources, destinations, topic)
        if excepted:
            return excepted
    return _statements(found, (sources, destinations), (effect, topic), before)


def _is_bare(found: Sorted, signs: Sequence[Sign]) -> bool:
    """Say whether there is a name, and nothing that says what about it."""
    directed = found.of("from", "to", "by", "between") or found.effect or found.verbs or found.side
    keeps = any(one.symbol in ("KEEP", "STILL", "BUT", "EXCEPT") for one in signs)
    return not directed and not keeps


def _effect(found: Sorted) -> str:
    effect = found.effect or "allow"
    return _opposite(effect) if found.negated else effect


def _acting(found: Sorted, destinations: Sequence[Group]) -> list[Group]:
    """Return whom `nothing from a may reach b` and `no one in a may` are about."""
    nameless = any(one.nobody and not one.excepted for one in found.of("subject"))
    if not nameless or not destinations:
        return []
    return found.of("from") or [one for one in found.of("in") if is_scope(one)]


def _closed_rest(sources: Sequence[Group], destinations: Sequence[Group]) -> Parsed:
    """Read `everything else to b is denied`."""
    named = [end for group in (*sources, *destinations) for end in group.ends]
    if not named:
        return Parsed(rest=True)
    side = "egress" if sources else "ingress"
    return Parsed(isolate=tuple((end, (side,)) for end in named))


def _limit_peers(
    found: Sorted, sources: Sequence[Group], destinations: Sequence[Group], topic: str
) -> None:
    """Take `limits x to reach y` as `x may reach only y`."""
    if "LIMIT" not in found.verbs:
        return
    peers = sources if topic == "destination" else destinations
    if not any(one.only for one in (*sources, *destinations)):
        for group in peers:
            group.only = True
    if not peers:
        found.only_traffic = True


def _statements(
    found: Sorted,
    ends: tuple[list[Group], list[Group]],
    about: tuple[str, str],
    before: Sequence[Statement],
) -> Parsed:
    sources, destinations = ends
    effect, topic = about
    is_tail = not (found.effect or found.verbs or found.traffic_noun or found.side)
    if is_tail and before:
        effect = _opposite(before[-1].effect) if found.negated else before[-1].effect
    statements = tuple(cross(found, sources, destinations, effect=effect, topic=topic))
    limited = limit_traffic(found, statements, topic)
    if found.but_traffic:
        limited = except_traffic(found, statements)
    if any(one.but_sources or one.but_destinations for one in limited.statements):
        left_out = except_ends(limited.statements)
        limited = replace(limited, statements=left_out.statements, words=left_out.words)
    statements = limited.statements
    if found.mutual or found.of("between"):
        statements += tuple(swapped(one) for one in statements)
    if not sources and not destinations:
        return Parsed(words=("this part",) if found.loose or found.verbs else ())
    return _unclear(found, sources, destinations) or replace(limited, statements=statements)


def _is_only(signs: Sequence[Sign]) -> bool:
    return any(one.symbol == "ONLY" for one in signs)


def _each_other(found: Sorted, groups: Sequence[Group], effect: str) -> Iterator[Statement]:
    """Yield a statement from each of some ends to the others."""
    ends = [one for group in groups for end in group.ends for one in _by_space(end)]
    for end in ends:
        others = [one for one in ends if one is not end] or [end]
        pair = [Group("from", ends=[end])], [Group("to", ends=others)]
        yield from cross(found, *pair, effect=effect)


def _by_space(end: End) -> list[End]:
    """Return `namespaces a and b` as the two that they are."""
    if len(end.options) != 1 or len(end.options[0]) != 1:
        return [end]
    party = end.options[0][0]
    if not isinstance(party, Pods) or party.workload or len(party.namespaces or ()) < 2:
        return [end]
    spaces = party.namespaces or ()
    return [replace(end, options=((replace(party, namespaces=(one,)),),)) for one in spaces]


def _elliptic(found: Sorted, signs: Sequence[Sign], before: Sequence[Statement]) -> Parsed | None:
    """Read `..., and b may, too` and `..., but b may not`: what was said before, of another end."""
    bare = not (found.verbs or found.effect or found.side or found.rest or found.loose)
    subjects = found.of("subject")
    may = any(one.symbol == "MAY" for one in signs)
    if not (bare and may and before and subjects) or len(subjects) != len(found.groups):
        return None
    last, ends = before[-1], tuple(end for group in subjects for end in group.ends)
    if last.only or last.beside or not ends or last.topic != "source":
        # Behind `a may be called by b` it is open which of the two the further one is like.
        return Parsed(words=tuple(end.said for end in ends))
    effect: Literal["allow", "deny"] = last.effect
    if found.negated:
        effect = "deny" if effect == "allow" else "allow"
    return Parsed(statements=(replace(last, effect=effect, sources=ends),))


def _opposite(effect: str) -> str:
    return "deny" if effect == "allow" else "allow"


def _has_ends(found: Sorted) -> bool:
    return any(group.ends for group in found.groups) or found.pronoun is not None


def _unclear(found: Sorted, sources: list[Group], destinations: list[Group]) -> Parsed | None:
    """Return both readings of a clause that names one end and no direction."""
    if found.side or found.verbs or (sources and destinations) or found.of("from", "to", "by"):
        return None
    requests = [t for one in found.loose for t in one.options if t.requests or t.tokens]
    if (found.traffic_noun or requests) and found.loose and found.of("in"):
        # Requests on a workload arrive there.
        return None
    groups = sources or destinations
    ends = tuple(end for group in groups for end in ends_of(group))
    if not ends or not found.effect:
        return None
    effect = _opposite(found.effect) if found.negated else found.effect
    one = tuple(cross(found, [], groups, effect=effect, topic="destination"))
    two = tuple(cross(found, groups, [], effect=effect, topic="source"))
    outside = all(is_outside(p) for end in ends for option in end.options for p in option)
    first, second = (two, one) if not outside else (one, two)
    return Parsed(statements=second, alternatives=(first,), question="direction")

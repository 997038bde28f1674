"""Clauses that close: `no one but a`, `nothing may reach b`, lockdowns, limits."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from tools.intents.clauses import ANYONE, EVERY_POD, Parsed, cross, is_scope
from tools.intents.frames import Group, Statement
from tools.intents.grouping import Sorted
from tools.intents.parties import End, is_outside
from tools.intents.traffic import Passing
from topology.authoring import Entities

__all__ = ["except_everyone", "isolation", "limit", "nobody", "swapped"]

Where = Literal["source", "destination"]


def nobody(
    found: Sorted,
    groups: tuple[list[Group], list[Group]],
    topic: str,
    before: Sequence[Statement],
) -> Parsed:
    """Read `no one but web may reach db`, `nothing may reach db`, `web may reach nothing`."""
    sources, destinations = groups
    statements: list[Statement] = []
    isolate: list[tuple[End, tuple[str, ...]]] = []
    for group, others, side in (
        *((one, destinations, "ingress") for one in sources if one.nobody),
        *((one, sources, "egress") for one in destinations if one.nobody),
    ):
        if group.excepted:
            kept = Group(group.role, ends=group.excepted, passing=group.passing, only=True)
            pair = ([kept], others) if side == "ingress" else (others, [kept])
            statements += cross(replace(found, side=None), *pair, effect="allow", topic=topic)
            continue
        passing = [*found.loose, *(one for each in (group, *others) for one in each.passing)]
        if passing:
            pair = ([group], others) if side == "ingress" else (others, [group])
            statements += cross(found, *pair, effect="deny", topic=topic)
        else:
            for end in (one for other in others for one in other.ends):
                if all(is_outside(party) for option in end.options for party in option):
                    statements.append(_for_nobody(end, side))
                else:
                    isolate.append((end, (side,)))
    if not statements and not isolate and before:
        about = before[-1].destinations if before[-1].topic == "destination" else ()
        isolate += [(end, ("ingress",)) for end in about]
    return Parsed(statements=tuple(statements), isolate=tuple(isolate))


def _for_nobody(end: End, side: str) -> Statement:
    """Return what closes an end that no policy can select: it is denied to everyone else."""
    if side == "ingress":
        return Statement(effect="deny", sources=(EVERY_POD,), destinations=(end,))
    return Statement(effect="deny", sources=(end,), destinations=(EVERY_POD,))


def except_everyone(
    found: Sorted, sources: list[Group], destinations: list[Group], topic: str
) -> Parsed | None:
    """Read `block everything to db except from web`: only web may."""
    for groups, others, where in (
        (sources, destinations, "source"),
        (destinations, sources, "destination"),
    ):
        for group in groups:
            wide = not group.ends or all(end.everyone for end in group.ends)
            limited = found.loose or any(one.passing for one in others)
            if group.excepted and wide and others and limited:
                return _denied_to_others(found, group, others, where, topic)
            if group.excepted and wide and others:
                kept = Group(group.role, ends=group.excepted, passing=group.passing, only=True)
                pair = ([kept], others) if where == "source" else (others, [kept])
                return Parsed(statements=tuple(cross(found, *pair, effect="allow", topic=topic)))
            if group.excepted and not others and not wide:
                kept = Group("from", ends=group.excepted, only=True)
                side = found.side or ("ingress" if where == "destination" else "egress")
                pair = ([kept], [replace(group, excepted=[])])
                if side == "egress":
                    pair = (pair[1], pair[0])
                return Parsed(statements=tuple(cross(found, *pair, effect="allow", topic=topic)))
    if (sources or destinations) and not (sources and destinations):
        one = (sources or destinations)[0]
        is_wide = not one.passing and not found.loose and not one.excepted
        outside = all(
            is_outside(party) for end in one.ends for option in end.options for party in option
        )
        if is_wide and not outside:
            directed = found.of("from", "to", "by") or found.verbs or found.side
            sides = _sides(found, "egress" if sources else "ingress")
            sides = sides if directed else ("ingress", "egress")
            return Parsed(isolate=tuple((end, sides) for end in one.ends))
    return None


def _denied_to_others(
    found: Sorted, group: Group, others: list[Group], where: str, topic: str
) -> Parsed:
    """Read `block 22 to db for everyone but ops`: it says nothing of what else passes."""
    # Labels tell pods apart; who stands outside is denied by a clause of its own.
    wide = replace(group, ends=[EVERY_POD])
    outside = Group(group.role, ends=[_WORLD], passing=group.passing)
    statements: list[Statement] = []
    for one in (wide, outside):
        pair = ([one], others) if where == "source" else (others, [one])
        statements += cross(found, *pair, effect="deny", topic=topic)
    return Parsed(statements=tuple(statements))


_WORLD = End(options=((Entities(("world",)),),), said="the outside")


def _sides(found: Sorted, otherwise: str) -> tuple[str, ...]:
    if found.both_sides:
        return ("ingress", "egress")
    return (found.side or otherwise,)


def isolation(found: Sorted) -> Parsed:
    """Read `lock down namespace x`, `isolate a from b`, `default deny for x`."""
    others = found.of("from")
    subjects = [*found.of("object"), *found.of("subject")]
    aimed = [*found.of("for"), *found.of("in"), *found.of("to")]
    if (
        subjects
        and found.of("for", "to")
        and all(end.everyone for one in found.of("for", "to") for end in one.ends)
    ):
        # `closed for everyone`: nobody may come in.
        found.side = found.side or "ingress"
        aimed = found.of("in")
    for group in (*found.of("for", "to"), *others):
        # `close x to everyone but y`
        if group.excepted and group not in aimed and subjects:
            subjects[0].excepted += group.excepted
    subjects += aimed
    if not subjects:
        subjects, others = others, []
    sides = _sides(found, "") if found.side or found.both_sides else ("ingress", "egress")
    ends = [end for group in subjects for end in group.ends]
    from_elsewhere = others and not all(end.everyone for one in others for end in one.ends)
    if from_elsewhere and found.rest != "PELSE":
        pairs = tuple(cross(replace(found, side=None), subjects, others, effect="deny"))
        return Parsed(statements=(*pairs, *map(swapped, pairs)))
    statements: list[Statement] = []
    inside = found.rest == "PELSE" or (found.of("from") and all(is_scope(one) for one in subjects))
    if inside:
        statements += [Statement(sources=(end,), destinations=(end,)) for end in ends]
    for group in subjects:
        statements += [
            Statement(sources=(end,), destinations=tuple(group.ends), topic="destination")
            for end in group.excepted
        ]
    if not ends and not found.of("subject"):
        ends = [replace(ANYONE)]
    isolate = tuple((end, sides) for end in ends)
    said_isolate = "ISOLATE" in found.verbs and not inside and not found.wholly
    spaces = all(is_scope(one) for one in subjects) and bool(subjects)
    unsure = said_isolate and spaces and not found.side and not found.topics
    return Parsed(
        statements=tuple(statements),
        isolate=isolate,
        alternatives=(tuple(Statement(sources=(end,), destinations=(end,)) for end in ends),)
        if unsure
        else (),
        question="isolate" if unsure else "",
    )


def limit(found: Sorted) -> Parsed:
    """Read `restrict access to db to web`, `limit egress of web to db`."""
    to = found.of("to")
    senders = found.of("from", "by")
    subject = [*found.of("object"), *found.of("subject"), *found.of("for"), *found.of("in")]
    if found.side == "egress":
        sources, destinations, where = subject or senders, to, "destination"
        if not subject and not senders and len(to) > 1:
            sources, destinations = to[:1], to[1:]
    elif found.side == "ingress" or found.traffic_noun:
        destinations = subject or to[:1]
        sources = senders or (to if subject else to[1:])
        where = "source"
    elif senders:
        sources, destinations, where = senders, subject or to, "source"
    else:
        return _limit_unclear(found, subject, to)
    for group in sources if where == "source" else destinations:
        group.only = True
    topic = "destination" if where == "source" else "source"
    only = (where,)
    statements = tuple(
        one.restricted(*only) for one in cross(found, sources, destinations, topic=topic)
    )
    return Parsed(statements=statements)


def _limit_unclear(found: Sorted, subject: list[Group], to: list[Group]) -> Parsed:
    """Read `limit a to b`, in which either may be the one that connects."""
    if not to:
        passing: list[Passing] = [*found.loose, *(one for each in subject for one in each.passing)]
        if not passing:
            return Parsed(words=("restrict",))
        statements = tuple(
            one.restricted("source") for one in cross(found, [], subject, topic="destination")
        )
        return Parsed(statements=statements)
    incoming = tuple(
        one.restricted("source") for one in cross(found, to, subject, topic="destination")
    )
    outgoing = tuple(
        one.restricted("destination") for one in cross(found, subject, to, topic="source")
    )
    if all(is_outside(p) for g in to for end in g.ends for option in end.options for p in option):
        return Parsed(statements=outgoing, alternatives=(incoming,), question="direction")
    return Parsed(statements=incoming, alternatives=(outgoing,), question="direction")


def swapped(one: Statement) -> Statement:
    """Return a statement about the other direction."""
    return replace(one, sources=one.destinations, destinations=one.sources)

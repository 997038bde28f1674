"""Who opens the connection and who accepts it, by the verb and the prepositions of a clause."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tools.intents.clauses import ANYONE, EVERY_POD, Parsed, Where, cross, ends_of, is_scope
from tools.intents.frames import Group, Sign, Statement
from tools.intents.grouping import Sorted
from tools.intents.parties import End, is_outside
from tools.intents.traffic import Passing

__all__ = ["assign"]

_VERBS = ("REACHED", "RECEIVE", "REACH", "NEED", "EXPOSE")
"""Main verbs, the one that says most of who connects first."""


def assign(found: Sorted, before: Sequence[Statement], signs: Sequence[Sign]) -> Parsed:
    """Return what the sorted signs say, with their ends as sources and destinations."""
    verbs = found.verbs
    if "APPLY" in verbs and not found.effect:
        return Parsed(about=tuple(end for group in found.groups for end in group.ends))
    if "COMPLAINT" in verbs:
        return Parsed(about=tuple(end for group in found.groups for end in group.ends))
    if "NOTONE" in verbs:
        return Parsed(excludes=tuple(end for group in found.groups for end in group.ends))
    if {"ISOLATE", "LOCK", "DEFAULTDENY"} & set(verbs):
        return _isolation(found)
    if found.rest_traffic and not (found.of("from", "to", "object") and found.effect == "allow"):
        return Parsed(rest_traffic=tuple(found.rest_traffic))
    if (
        found.pronoun == "subject"
        and not found.groups
        and found.loose
        and before
        and not found.negated
    ):
        if before[-1].effect == "allow" and not before[-1].passing:
            return Parsed(refines=tuple(found.loose))
    if found.rest and not _has_ends(found) and not found.loose:
        return _rest(found, before)
    if "LIMIT" in verbs and not {"REACH", "REACHED", "RECEIVE"} & set(verbs):
        return _limit(found)
    sources, destinations, topic = _ends(found)
    sources, destinations = _with_context(found, sources, destinations, before)
    effect = found.effect or "allow"
    if found.negated:
        effect = "deny" if effect == "allow" else "allow"
    if found.pronoun in ("to", "from", "by") and not found.groups and before and _is_only(signs):
        return Parsed(restricts=("destination" if found.pronoun == "to" else "source",))
    if found.of("from", "in") and any(
        one.nobody and not one.excepted for one in found.of("subject")
    ):
        # `nothing from a may reach b` is about a.
        acting = found.of("from") or [one for one in found.of("in") if is_scope(one)]
        if acting and destinations:
            sources, effect = acting, "deny"
    if found.mutual and sources and not destinations:
        return Parsed(statements=tuple(_each_other(found, sources)))
    nobody = [one for one in (*sources, *destinations) if one.nobody]
    if not nobody and any(one.nobody and not one.excepted for one in found.groups):
        # `no traffic between a and b`
        effect = "deny"
    if nobody:
        return _nobody(found, (sources, destinations), topic, before)
    if found.rest == "PELSE" and effect == "deny" and not (sources and destinations):
        named = [end for group in (*sources, *destinations) for end in group.ends]
        if named and not before:
            side = "egress" if sources else "ingress"
            return Parsed(isolate=tuple((end, (side,)) for end in named))
        if named:
            side = "egress" if sources else "ingress"
            return Parsed(isolate=tuple((end, (side,)) for end in named))
        return _rest(found, before)
    if "LIMIT" in verbs:
        peers = sources if topic == "destination" else destinations
        if not any(one.only for one in (*sources, *destinations)):
            for group in peers:
                group.only = True
        if not peers:
            found.only_traffic = True
    if effect == "deny":
        excepted = _except_everyone(found, sources, destinations, topic)
        if excepted:
            return excepted
    if found.effect == "" and not verbs and not found.traffic_noun and not found.side and before:
        effect = before[-1].effect if not found.negated else _opposite(before[-1].effect)
    statements = tuple(cross(found, sources, destinations, effect=effect, topic=topic))
    statements = _only_of_traffic(found, statements, topic)
    if found.mutual or found.of("between"):
        statements += tuple(_swapped(one) for one in statements)
    if not sources and not destinations:
        return Parsed(words=("this part",) if found.loose or found.verbs else ())
    return _unclear(found, sources, destinations) or Parsed(statements=statements)


def _is_only(signs: Sequence[Sign]) -> bool:
    return any(one.symbol == "ONLY" for one in signs)


def _each_other(found: Sorted, groups: Sequence[Group]) -> Iterator[Statement]:
    """Yield a statement from each of some ends to the others."""
    ends = [end for group in groups for end in group.ends]
    for end in ends:
        others = [one for one in ends if one is not end] or [end]
        yield from cross(found, [Group("from", ends=[end])], [Group("to", ends=others)])


def _opposite(effect: str) -> str:
    return "deny" if effect == "allow" else "allow"


def _has_ends(found: Sorted) -> bool:
    return any(group.ends for group in found.groups) or found.pronoun is not None


def _ends(found: Sorted) -> tuple[list[Group], list[Group], Where | str]:
    """Return the groups of sources and of destinations, and which of them it is about."""
    verb = next((one for one in _VERBS if one in found.verbs), "")
    subject, objects = found.of("subject"), found.of("object")
    others = {role: found.of(role) for role in ("from", "to", "by", "for", "in")}  # type: ignore[arg-type]
    if found.of("between"):
        return _between(found)
    if verb in ("REACHED", "RECEIVE"):
        return _passive(found, verb)
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
    if found.passive and named and others["for"] and not senders and not receivers:
        return others["for"], named, "destination"
    around = [*others["for"], *others["in"]]
    if named and found.side is None and not receivers and senders and not found.traffic_noun:
        if found.effect == "deny":
            return named, senders, "source"
        return senders, named, "destination"
    if named and others["for"] and found.effect == "allow" and not (senders or receivers):
        if found.side is None and not found.traffic_noun:
            # `whitelist a for b`
            return named, others["for"], "destination"
    if named and receivers and not senders:
        return named, receivers, "source"
    if named and senders and not receivers:
        return senders, named, "destination"
    if found.side == "ingress":
        return senders, receivers or named or around, "destination"
    if found.side == "egress":
        return senders or named or around, receivers, "source"
    if not senders and around and receivers:
        senders = around
    elif not receivers and around and senders:
        receivers = around
    elif not senders and not receivers:
        receivers = named or around
    return senders, receivers, ""


def _with_context(
    found: Sorted, sources: list[Group], destinations: list[Group], before: Sequence[Statement]
) -> tuple[list[Group], list[Group]]:
    """Return the groups with what a pronoun or an omission takes from the statement before."""
    if not before or (sources and destinations) or found.rest:
        return sources, destinations
    last = before[-1]
    about = last.sources if last.topic != "destination" else last.destinations
    if found.pronoun in ("to", "object", "in", "for") and about and not destinations:
        ends = before[-1].destinations or about
        return sources, [Group("to", ends=list(ends))]
    if found.pronoun is not None or (found.verbs and not found.effect):
        if not sources and (destinations or found.loose) and about:
            passive = "REACHED" in found.verbs or "RECEIVE" in found.verbs
            if not passive:
                return [Group("subject", ends=list(about))], destinations
        if not destinations and sources and about:
            return sources, [Group("object", ends=list(about))]
    if found.effect and not found.verbs and not found.of("subject", "object", "for", "in"):
        # `allow from a, deny from b`: of the same end.
        if found.of("from", "by") and not destinations and last.destinations:
            return sources, [Group("to", ends=list(last.destinations))]
        if found.of("to") and not sources and last.sources:
            return [Group("from", ends=list(last.sources))], destinations
    if not found.verbs and not found.effect and not found.side:
        if found.of("from", "by") and not destinations:
            return sources, [Group("to", ends=list(last.destinations))]
        if destinations and not sources:
            return [Group("from", ends=list(last.sources))], destinations
    if found.negated and not found.verbs and found.loose and not sources and not destinations:
        return [Group("from", ends=list(last.sources))], [Group("to", ends=list(last.destinations))]
    return sources, destinations


def _nobody(
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


def _except_everyone(
    found: Sorted, sources: list[Group], destinations: list[Group], topic: str
) -> Parsed | None:
    """Read `block everything to db except from web`: only web may."""
    for groups, others, where in (
        (sources, destinations, "source"),
        (destinations, sources, "destination"),
    ):
        for group in groups:
            wide = not group.ends or all(end.everyone for end in group.ends)
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


def _sides(found: Sorted, otherwise: str) -> tuple[str, ...]:
    if found.both_sides:
        return ("ingress", "egress")
    return (found.side or otherwise,)


def _only_of_traffic(
    found: Sorted, statements: tuple[Statement, ...], topic: str
) -> tuple[Statement, ...]:
    """Return statements whose `only` was said of ports: the end it is about gets no more."""
    if not found.only_traffic or any(one.only for one in statements):
        return statements
    where = "source" if topic == "source" and not _closed_end(statements) else "destination"
    if found.side:
        where = "destination" if found.side == "egress" else "source"
        return tuple(one.restricted(where) for one in statements)
    if topic == "source" and not any(one.destinations for one in statements):
        return tuple(one.restricted("destination") for one in statements)
    return (
        tuple(one.restricted("source") for one in statements)
        if where == "destination"
        else tuple(one.restricted("destination") for one in statements)
    )


def _closed_end(statements: Sequence[Statement]) -> bool:
    """Say whether some destination can be selected, so that it can be closed."""
    return any(
        not is_outside(party)
        for one in statements
        for end in one.destinations
        for option in end.options
        for party in option
    )


def _swapped(one: Statement) -> Statement:
    return replace(one, sources=one.destinations, destinations=one.sources)


def _rest(found: Sorted, before: Sequence[Statement]) -> Parsed:
    return Parsed(rest=True)


def _isolation(found: Sorted) -> Parsed:
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
    subjects += aimed
    if not subjects:
        subjects, others = others, []
    sides = _sides(found, "") if found.side or found.both_sides else ("ingress", "egress")
    ends = [end for group in subjects for end in group.ends]
    from_elsewhere = others and not all(end.everyone for one in others for end in one.ends)
    if from_elsewhere and found.rest != "PELSE":
        pairs = tuple(cross(replace(found, side=None), subjects, others, effect="deny"))
        return Parsed(statements=(*pairs, *map(_swapped, pairs)))
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


def _limit(found: Sorted) -> Parsed:
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

"""What the strict reader makes of `nothing else`, and of what leans on the clause before."""

import re
from collections.abc import Sequence
from dataclasses import replace
from ipaddress import ip_network

from tools.intents.clause_context import (
    REST,
    Reader,
    context,
    has_names,
    is_outside_end,
    is_wide,
    is_world,
    meant,
    said_of,
)
from tools.intents.clause_values import Refine, Rest, Tail, Who
from tools.intents.frames import Statement
from tools.intents.grouping import Sorted
from tools.intents.limits import limit_traffic, limited_pairs
from tools.intents.meanings import Isolation, Meaning
from tools.intents.parties import End
from tools.intents.rests import close_rest, close_traffic
from topology.authoring import Entities, Networks, Pods

__all__ = ["lean", "refine", "rest"]


def rest(reader: Reader, item: Rest) -> bool:
    """Read `nothing else`, and say whether it is clear what that closes."""
    meaning = reader.meaning
    if item.traffic:
        return _rest_of_traffic(reader, item)
    if item.toward is not None:
        return _rest_toward(reader, item)
    if item.within is not None:
        return _rest_within(reader, item)
    allowed = [one for one in meaning.statements if one.effect == "allow"]
    if not allowed:
        return False
    meaning.rest = True
    if any(one.only for one in allowed) and not (item.subject or item.side):
        return True
    if item.subject or item.side:
        where = "source" if item.subject or item.side == "ingress" else "destination"
        return _close(meaning, where)
    where = _of_bodies(reader, item, allowed)
    if where == "source":
        return _close(meaning, "source")
    if where:
        meaning.rest_unclear = True
        return True
    if not item.joined and not _listed(allowed):
        meaning.rest_unclear = True
        return True
    close_rest(meaning)
    meaning.statements = [
        replace(one, said=REST) if one.only else one for one in meaning.statements
    ]
    return True


def _is_plural(one: Statement) -> bool:
    """Say whether the sources are pods of a kind rather than one workload."""
    parties = [party for end in one.sources for option in end.options for party in option]
    return bool(parties) and all(isinstance(p, Pods) and not p.workload for p in parties)


def _of_bodies(reader: Reader, item: Rest, allowed: Sequence[Statement]) -> str:
    """Return whether `nobody else` is about who connects, `?` where that is open."""
    if not re.search(r"\b(?:nobody|no[\s-]?one)\b", item.said, re.I):
        return ""
    meaning = reader.meaning
    locked = said_of([one.end for one in meaning.isolations]) | said_of(meaning.about)
    if locked and all(said_of(one.destinations) <= locked for one in allowed):
        # What is spoken of is who is reached: `x is locked down: a may call it, nobody else`.
        return "source"
    listed = {end.said for one in allowed for end in one.sources}
    reached = {said for one in allowed for said in said_of(one.destinations)}
    if (len(listed) > 1 or all(map(_is_plural, allowed))) and len(reached) == 1:
        # Behind a list of those who may, `nobody else` speaks of those.
        return "source"
    return "" if all(one.topic == "destination" for one in allowed) else "?"


def _rest_of_traffic(reader: Reader, item: Rest) -> bool:
    meaning = reader.meaning
    requests = any(x.requests for one in meaning.statements for p in one.passing for x in p.options)
    pairs = any(one.topic == "source" and not one.only for one in meaning.statements)
    if not meaning.statements or (requests and pairs):
        return False
    close_traffic(meaning, reader.shape, item.said)
    return True


def _rest_within(reader: Reader, item: Rest) -> bool:
    """Read `a may reach b and nothing else in x`: of x, a may reach no more."""
    known = [one for one in reader.meaning.statements if one.effect == "allow"]
    who = item.within
    if not known or who is None or any(one.only for one in known):
        return False
    if item.side == "ingress":
        return _others_within(reader, known, who)
    sources, destinations = known[0].sources, tuple(x for one in known for x in one.destinations)
    if not sources or any(said_of(one.sources) != said_of(sources) for one in known):
        return False
    reader.meaning.rest = True
    if all(map(is_world, who.ends)):
        if has_names(destinations):
            # To learn addresses by name, DNS has to pass a proxy, which then limits it.
            return False
        if outer := _rest_of_world(destinations):
            limited: Sequence[Statement] = (
                limited_pairs(known) if any(one.passing for one in known) else ()
            )
            if limited or not any(one.passing for one in known):
                others = Statement(
                    effect="deny", sources=sources, destinations=(outer,), topic="source"
                )
                kept = [one for one in reader.meaning.statements if one not in known]
                beside = limited or tuple(replace(one, beside=True) for one in known)
                reader.meaning.statements = [*kept, *beside, others]
                return True
        # Rules that deny know no names: the cluster stays open, and nothing but that.
        inside = End(options=((Entities(("cluster",)),),), said="the cluster")
        wide = Statement(sources=sources, destinations=(inside,), topic="source")
        kept = [one for one in reader.meaning.statements if one not in known]
        limited = [one.restricted("destination") for one in (*known, wide)]
        reader.meaning.statements = [*kept, *limited]
        return True
    if not is_wide(who):
        return False
    denied = Statement(
        effect="deny",
        sources=sources,
        destinations=who.ends,
        but_destinations=destinations,
        topic="source",
    )
    kept = [
        one if one not in known else replace(one, beside=True) for one in reader.meaning.statements
    ]
    reader.meaning.statements = [*kept, denied]
    return True


def _rest_of_world(ends: Sequence[End]) -> End | None:
    """Return every address outside the cluster but those of some networks."""
    parties = [party for end in ends for option in end.options for party in option]
    networks = [one.network for one in parties if isinstance(one, Networks) and not one.exceptions]
    if not networks or len(networks) != len(parties):
        return None
    wide = tuple(
        Networks(
            ip_network(every),
            tuple(one for one in networks if one.version == ip_network(every).version),
        )
        for every in ("0.0.0.0/0", "::/0")
    )
    return End(options=(wide,), said="everything else outside the cluster")


def _others_within(reader: Reader, known: Sequence[Statement], who: Who) -> bool:
    """Read `a may reach b, nobody else in x`: of x, no other may."""
    destinations, sources = known[0].destinations, tuple(x for one in known for x in one.sources)
    same = all(said_of(one.destinations) == said_of(destinations) for one in known)
    if not (destinations and sources and same and is_wide(who)):
        return False
    reader.meaning.rest = True
    denied = Statement(
        effect="deny", sources=who.ends, but_sources=sources, destinations=destinations
    )
    reader.meaning.statements = [
        *(replace(one, beside=True) if one in known else one for one in reader.meaning.statements),
        denied,
    ]
    return True


def refine(reader: Reader, item: Refine) -> bool:
    """Read `..., and only on 80`: it limits what was said before, and closes nothing by itself."""
    fresh = reader.fresh or [
        one for one in reader.meaning.statements if one.said == reader.meaning.statements[-1].said
    ]
    if not fresh or any(one.effect == "deny" for one in fresh):
        return False
    if item.passing and any(one.passing for one in fresh):
        return False
    changed = [replace(one, passing=item.passing or one.passing) for one in fresh]
    if not all(one.passing for one in changed):
        return False
    if not any(one.only for one in changed):
        found = Sorted(only_traffic=True, only_late=True, verbs=["REACH"])
        parsed = limit_traffic(found, tuple(changed), changed[0].topic)
        if parsed.alternatives or parsed.words:
            return False
        changed = list(parsed.statements)
    kept = [one for one in reader.meaning.statements if one not in fresh]
    reader.meaning.statements = [*kept, *changed]
    reader.fresh = changed
    return True


def _listed(allowed: Sequence[Statement]) -> bool:
    """Say whether one end stays the same, and several others were listed for it."""
    sources = {end.said for one in allowed for end in one.sources}
    destinations = {end.said for one in allowed for end in one.destinations}
    ends = [one for one in allowed if not (one.sources and one.destinations)]
    return (
        bool(ends)
        or len(sources) == 1 < len(destinations)
        or all(one.topic == "destination" for one in allowed)
    )


def _close(meaning: Meaning, where: str) -> bool:
    for place, one in enumerate(meaning.statements):
        if one.effect != "allow":
            continue
        ends = one.destinations if where == "source" else one.sources
        if not ends or all(is_outside_end(end) or end.everyone for end in ends):
            return False
        meaning.statements[place] = replace(one.restricted(where), beside=False, said=REST)
    return True


def _rest_toward(reader: Reader, item: Rest) -> bool:
    """Read `everything else into x is denied`: x is closed but for what was said."""
    who = item.toward
    assert who is not None
    ends = who.ends
    before = context(reader)
    if who.pronoun:
        role = "source" if item.side == "egress" else "destination"
        ends = meant(role, before, None)
    if who.pronoun and before and item.side == "ingress" and not before[-1].topic:
        # `allow a to reach b. Nobody else gets in`: others than a, so it is b that they get into.
        ends = before[-1].destinations or ends
    if not ends or who.excepted or who.passing or who.only or who.nobody or who.each:
        return False
    if all(is_outside_end(end) for end in ends):
        return False
    side = item.side or ("ingress" if item.subject else "egress")
    known = [one for one in reader.meaning.statements if one.effect == "allow"]
    if not known:
        return False
    reader.meaning.rest = True
    same = "destinations" if side == "ingress" else "sources"
    if all(said_of(getattr(one, same)) == said_of(ends) for one in known):
        return _close(reader.meaning, "source" if side == "ingress" else "destination")
    for end in ends:
        reader.meaning.isolations.append(Isolation(end=end, sides=(side,)))
    return True


def lean(reader: Reader, item: Tail) -> bool:
    """Read what leans on the clause before: of it, one end is another now."""
    if item.bare and item.role == "subject":
        reader.meaning.about = list(item.who.ends)
        return True
    if reader.closed:
        # `deny ingress to x from a`: what leans on a denial is denied, and not let in.
        return False
    before = reader.fresh or reader.meaning.statements[-1:]
    who = item.who
    if who.pronoun and who.only and before and item.role in ("source", "destination"):
        kept = [one for one in reader.meaning.statements if one not in before]
        reader.meaning.statements = [*kept, *(one.restricted(item.role) for one in before)]
        return True
    if not before or who.pronoun or who.rest or who.nobody or who.excepted:
        return False
    if item.role == "source" and not item.negative and any(one.effect == "deny" for one in before):
        # `no traffic to x but 80, from y`: it is open what y may do.
        return False
    found: list[Statement] = []
    for last in before:
        changed = _other(last, item)
        if changed is None:
            return False
        found.append(changed)
    if all(_is_open(last, item) for last in before):
        # `accepts GET, and only from a`: it completes what was said.
        kept = [one for one in reader.meaning.statements if one not in before]
        reader.meaning.statements = kept
    reader.meaning.statements += dict.fromkeys(found)
    reader.fresh = found
    return True


def _is_open(last: Statement, item: Tail) -> bool:
    """Say whether a clause has no end yet where what leans on it names one."""
    if item.negative or item.role not in ("source", "destination"):
        return False
    return not (last.sources if item.role == "source" else last.destinations)


def _other(last: Statement, item: Tail) -> Statement | None:
    where = item.role
    if where == "subject":
        if last.topic != "source" or last.only or last.beside:
            return None
        where = "source"
    elif where == "object":
        where = "destination" if last.topic == "source" else "source"
        if not last.topic:
            where = "destination"
    effect = last.effect
    if item.negative:
        effect = "deny" if effect == "allow" else "allow"
    only: tuple[str, ...] = () if item.negative else last.only
    if item.who.only:
        only = (*only, where)
    passing = item.passing or last.passing
    ends = {"sources" if where == "source" else "destinations": item.who.ends}
    return replace(last, effect=effect, only=only, passing=passing, **ends)  # type: ignore[arg-type]

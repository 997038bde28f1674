"""The strict reader: a sentence is read only where each of its words has a place in the grammar.

It shares the literals, the names and the meaning of clauses with the reader of `meanings`, but not
how a clause is found: what both of them read in the same way is hardly misread.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tools.intents.clause_syntax import parse_sentence
from tools.intents.clause_values import Again, Closing, Event, Exempt, Keep, Refine, Rest, Tail, Who
from tools.intents.clause_words import WORDS
from tools.intents.clauses import ANYONE, Parsed
from tools.intents.closings import isolation, limit
from tools.intents.frames import Group, Sign, Statement
from tools.intents.grouping import Sorted
from tools.intents.locations import take_location
from tools.intents.limits import limit_traffic
from tools.intents.meanings import (
    Choice,
    Isolation,
    Meaning,
    close_rest,
    close_traffic,
    is_watcher,
    told_apart,
)
from tools.intents.parties import End, is_outside
from tools.intents.roles import settle
from tools.intents.shapes import MARK, Shape
from topology.authoring import DnsNames, Entities, Networks, Pods

__all__ = ["read_clauses", "row_of"]

import re

_TOKEN = re.compile(r"<[A-Z]+\d+>|[^\W_][\w'./-]*|`[^`]*`|(?<=>)'s|\S")
_POSSESSIVE = re.compile(r"(?<=>)\s*'s?(?!\w)")


_REST = "nothing else"
"""Said of all that one `nothing else` closes: it is of one breath."""


@dataclass(slots=True)
class _Reader:
    shape: Shape
    meaning: Meaning
    fresh: list[Statement] = field(default_factory=list)
    """The statements of the item before."""
    about: tuple[End, ...] = ()
    """What the sentence before was about."""


def read_clauses(shape: Shape, sentence: str, meaning: Meaning) -> bool:
    """Read a sentence into a meaning, and say whether it could be read whole."""
    signs = row_of(shape, sentence)
    if any(one.symbol == "LAYERED" for one in signs):
        meaning.layered = True
        signs = _trimmed([one for one in signs if one.symbol != "LAYERED"])
    signs, spaces, doubtful = _located(signs)
    if doubtful:
        return False
    meaning.scope = spaces or meaning.scope
    if not signs:
        return True
    items = parse_sentence(signs)
    if items is None:
        return False
    reader = _Reader(shape, meaning)
    first = len(meaning.statements)
    said = " ".join(shape.plain(sentence).split())
    for item in items:
        if not _take(reader, item):
            # It is a sentence, but what it asks for is not clear.
            meaning.words.append(said)
            break
    meaning.statements[first:] = [
        one if one.said else replace(one, said=said) for one in meaning.statements[first:]
    ]
    return True


def _located(signs: list[Sign]) -> tuple[list[Sign], tuple[str, ...], tuple[str, ...]]:
    """Return a sentence without the namespace that it begins with: `in x, a may reach b`."""
    if not signs or signs[0].symbol not in ("IN", "ON", "FOR"):
        return signs, (), ()
    lead = Sign("ON", None, signs[0].said)
    found, spaces, doubtful = take_location([lead, *signs[1:]])
    return (found if spaces else signs), spaces, doubtful


def row_of(shape: Shape, sentence: str) -> list[Sign]:
    """Return a sentence as the row of signs that the strict reader sees."""
    part = Shape(_POSSESSIVE.sub(" <POSS> ", sentence), shape.values, shape.words)
    part.text = part.text.replace("<POSS>", part.add("POSS", None, "'s"))
    for symbol, pattern in WORDS:
        part.take(pattern, symbol, lambda found: found[0])
    return _trimmed(list(_tokens(part)))


def _trimmed(signs: list[Sign]) -> list[Sign]:
    """Return signs without what stands between nothing: marks left of what was taken out."""
    if signs and signs[0].symbol == "AG":
        # `The following example shows how to use a simple rule to ...`
        told = next((at for at, one in enumerate(signs) if one.symbol in _ORDERS), 0)
        lead = {one.symbol for one in signs[:told]}
        if told and lead <= {"AG", "W", "ING", "EG", "ART"}:
            signs = signs[told:]
    signs = [one for one in signs if one.symbol != "AG"]
    while signs and (signs[-1].symbol in (",", ":", "WITH", "AND") or signs[-1].said == "?"):
        signs.pop()
    while signs and signs[0].symbol in (",", ":", "AND", "BUT", "FILL"):
        signs.pop(0)
    return signs


_ORDERS = ("ALLOW", "DENY", "LIMIT", "EXPOSE", "ISO", "NEED")


def _tokens(part: Shape) -> Iterator[Sign]:
    for found in _TOKEN.finditer(part.text):
        mark = MARK.fullmatch(found[0])
        if mark and mark[1] == "AG":
            yield Sign("AG", None, "")
            continue
        if mark:
            number = int(mark[2])
            if mark[1] == "T" and re.search(r"\bonly\b", part.words[number], re.I):
                yield Sign("ONLY", None, "only")
            yield Sign(mark[1], part.values[number], part.words[number])
        elif found[0] in ",:()":
            yield Sign(found[0], None, found[0])
        else:
            yield Sign("W", None, found[0])


def _take(reader: _Reader, item: Any) -> bool:
    match item:
        case Event():
            return _event(reader, item)
        case Closing():
            return _closing(reader, item)
        case Rest():
            return _rest(reader, item)
        case Keep(topics=topics):
            reader.meaning.keep |= set(topics)
            reader.meaning.isolations = _softened(reader.meaning)
            return True
        case Exempt(events=events):
            return _exempt(reader, events)
        case Tail():
            return _tail(reader, item)
        case Refine():
            return _refine(reader, item)
        case Again():
            return bool(reader.fresh) and all(one.effect == "deny" for one in reader.fresh)
    return False


def _group(
    who: Who | None, role: str, other: Who | None, before: Sequence[Statement]
) -> Group | None:
    if who is None:
        return None
    ends = list(who.ends)
    if who.pronoun:
        ends = list(_meant(role, before, other))
        if who.plural and len(before) > 1:
            ends = list(dict.fromkeys(end for one in before for end in _meant(role, [one], other)))
        if not ends:
            return None
    return Group(
        "from" if role == "source" else "to",
        ends=ends,
        only=who.only,
        excepted=list(who.excepted),
        nobody=who.nobody,
        passing=list(who.passing),
    )


def _meant(role: str, before: Sequence[Statement], other: Who | None) -> tuple[End, ...]:
    """Return what a pronoun stands for: what the clause before is about, or its other end."""
    if not before:
        return ()
    last = before[-1]
    about = last.destinations if last.topic == "destination" else last.sources
    if role == "destination":
        if last.topic == "source" and not (other and _same(other, last.sources)):
            return last.destinations or about
        return about or last.destinations
    return about


def _same(who: Who, ends: Sequence[End]) -> bool:
    return {one.said for one in who.ends} == {one.said for one in ends}


def _context(reader: _Reader) -> list[Statement]:
    if reader.fresh:
        return reader.fresh
    if reader.meaning.statements:
        return reader.meaning.statements
    about = reader.meaning.about or [one.end for one in reader.meaning.isolations[-1:]]
    return [Statement(destinations=tuple(about), topic="destination")] if about else []


def _event(reader: _Reader, event: Event) -> bool:
    before = _context(reader)
    event = _about(reader, _without_nobody(event))
    sources, destinations = _placed(event.sources, event.destinations)
    destinations, sources = _placed(destinations, sources)
    event = replace(event, sources=sources, destinations=destinations)
    if any(_is_odd(one) for one in (event.sources, event.destinations)):
        return False
    source = _group(event.sources, "source", event.destinations, before)
    destination = _group(event.destinations, "destination", event.sources, before)
    said = (event.sources, event.destinations)
    if any(
        who and who.pronoun and group is None
        for who, group in zip(said, (source, destination), strict=True)
    ):
        return False
    if event.destinations and event.destinations.each:
        destination = None
    if source and destination and not event.mutual and _said(source.ends) & _said(destination.ends):
        # `only a and b may reach c, a on 80 and b on 90`: no list of what they reach.
        pronouns = any(who and who.pronoun for who in said)
        if not pronouns:
            return False
    found = Sorted(
        groups=[one for one in (source, destination) if one],
        effect=event.effect,
        side=event.side,
        loose=list(event.passing),
        but_traffic=list(event.but_traffic),
        only_traffic=event.only_traffic,
        only_late=event.only_late or event.exposed,
        mutual=event.mutual,
        verbs=["EXPOSE"] if event.exposed else ["REACH"],
    )
    sources, destinations = ([one] if one else [] for one in (source, destination))
    if event.sources and event.sources.outside or event.destinations and event.destinations.outside:
        return _outside_of(reader, event, found)
    parsed = settle(found, (sources, destinations), (event.effect, event.topic), before)
    if event.beside:
        parsed = replace(
            parsed, statements=tuple(replace(one, beside=True) for one in parsed.statements)
        )
    return _add(reader, parsed, absolute=_is_absolute(event))


def _about(reader: _Reader, event: Event) -> Event:
    """Return `allow egress to x` with what the sentence says that it is about."""
    about = tuple(reader.meaning.about)
    if about and event.side == "egress" and event.sources is None:
        return replace(event, sources=Who(ends=about))
    if about and event.side == "ingress" and event.destinations is None:
        return replace(event, destinations=Who(ends=about))
    return event


def _without_nobody(event: Event) -> Event:
    """Return `no pod in x may` as what it denies to the pods of x."""
    for name in ("sources", "destinations"):
        who = getattr(event, name)
        if who and who.nobody and who.ends and event.effect == "allow":
            plain = replace(who, nobody=False)
            return replace(event, effect="deny", **{name: plain})  # type: ignore[arg-type]
    return event


def _placed(network_side: Who | None, other: Who | None) -> tuple[Who | None, Who | None]:
    """Return both ends with what is left out at the end that it is a part of."""
    if network_side is None or other is None or not network_side.excepted or other.excepted:
        return network_side, other
    if _holds(network_side) or not _holds(other, network_side.excepted):
        return network_side, other
    moved = replace(other, excepted=network_side.excepted, passing=network_side.passing)
    return replace(network_side, excepted=(), passing=()), moved


def _holds(who: Who, ends: Sequence[End] | None = None) -> bool:
    """Say whether ends are wide enough for some others to be left out of them."""
    if who.nobody or all(end.everyone for end in who.ends):
        return True
    left_out = _spaces(who.excepted if ends is None else ends)
    return _is_wide(who) and (not left_out or left_out <= _spaces(who.ends)) or _is_ranged(who)


def _is_ranged(who: Who) -> bool:
    parties = [party for end in who.ends for option in end.options for party in option]
    return all(isinstance(one, Networks | Entities) for one in parties)


def _is_wide(who: Who) -> bool:
    """Say whether ends are whole namespaces, of which something can be left out."""
    parties = [party for end in who.ends for option in end.options for party in option]
    return all(isinstance(one, Pods) and not one.workload for one in parties)


def _spaces(ends: Sequence[End]) -> set[str]:
    return {
        space
        for end in ends
        for option in end.options
        for party in option
        for space in getattr(party, "namespaces", None) or ()
    }


def _is_odd(who: Who | None) -> bool:
    if who is None:
        return False
    misplaced = bool(who.excepted) and not _holds(who)
    limited = bool(who.passing) and not (who.nobody or all(end.everyone for end in who.ends))
    return bool(who.rest) or bool(who.excepted and who.only) or misplaced or limited


def _is_absolute(event: Event) -> bool:
    return any(
        one.nobody and not one.excepted for one in (event.sources, event.destinations) if one
    )


def _outside_of(reader: _Reader, event: Event, found: Sorted) -> bool:
    """Read `nothing outside x may reach y` and `x may not reach anything outside y`."""
    inward = bool(event.sources and event.sources.outside)
    who, other = (
        (event.sources, event.destinations) if inward else (event.destinations, event.sources)
    )
    if event.effect != "deny" or who is None or other is None or event.passing or other.pronoun:
        return False
    kept = Group("from" if inward else "to", ends=list(who.ends), only=True)
    subject = Group("to" if inward else "from", ends=list(other.ends))
    pair = ([kept], [subject]) if inward else ([subject], [kept])
    parsed = settle(replace(found, effect="allow"), pair, ("allow", event.topic), ())
    return _add(reader, parsed)


def _add(reader: _Reader, parsed: Parsed, *, absolute: bool = False) -> bool:
    if parsed.words:
        return False
    meaning = reader.meaning
    meaning.statements += parsed.statements
    meaning.isolations = told_apart(meaning.isolations, list(parsed.statements))
    for end, sides in parsed.isolate:
        meaning.isolations.append(Isolation(end=end, sides=sides, absolute=absolute))
    meaning.choices += [
        Choice(question=parsed.question, instead_of=parsed.statements, other=other)
        for other in parsed.alternatives
    ]
    if parsed.statements:
        reader.fresh = list(parsed.statements)
    elif parsed.isolate:
        ends = tuple(end for end, _ in parsed.isolate)
        reader.fresh = [Statement(destinations=ends, topic="destination")]
    return bool(parsed.statements or parsed.isolate)


def _closing(reader: _Reader, item: Closing) -> bool:
    subject = item.subject
    if any(one and one.passing for one in (subject, item.others, item.toward)):
        return False
    ends = list(subject.ends)
    if subject.pronoun:
        ends = list(_meant("destination", _context(reader), None))
    if not ends or item.others and item.others.pronoun:
        return False
    groups = [Group("object", ends=ends, excepted=list(subject.excepted))]
    if item.others:
        groups.append(
            Group("from", ends=list(item.others.ends), excepted=list(item.others.excepted))
        )
    if item.toward:
        groups.append(Group("to", ends=list(item.toward.ends)))
    if any(
        one and (one.nobody or one.rest or one.pronoun or one.each)
        for one in (item.others, item.toward)
    ):
        return False
    found = Sorted(
        groups=groups, verbs=[item.verb], side=item.side, wholly=item.wholly,
        loose=list(item.passing), traffic_noun=item.noun,
    )  # fmt: skip
    return _add(reader, limit(found) if item.verb == "LIMIT" else isolation(found))


def _softened(meaning: Meaning) -> list[Isolation]:
    return [replace(one, absolute=False) for one in meaning.isolations]


def _exempt(reader: _Reader, events: Sequence[Any]) -> bool:
    """Read what stays open behind what closes."""
    meaning = reader.meaning
    if not meaning.isolations:
        return False
    locked = Who(ends=tuple(one.end for one in meaning.isolations))
    meaning.choices = [one for one in meaning.choices if one.question != "isolate"]
    for one in events:
        if isinstance(one, Tail):
            sides = {side for each in meaning.isolations for side in each.sides}
            if one.role == "object" and len(sides) == 1:
                # `egress lockdown for x: a, b`
                one = replace(one, role="source" if sides == {"ingress"} else "destination")
            watches = all(map(is_watcher, one.who.ends)) and not one.passing
            outside = all(map(_is_outside_end, one.who.ends))
            if one.role == "object" and not (watches or outside):
                return False
            inward = one.role == "source" or (one.role == "object" and watches)
            pair = (one.who, locked) if inward else (locked, one.who)
            one = Event(sources=pair[0], destinations=pair[1], passing=one.passing,
                        topic="destination" if inward else "source")  # fmt: skip
        if isinstance(one, Event) and one.effect == "deny" or isinstance(one, Rest | Closing):
            return False
        if not _take(reader, one):
            return False
    meaning.isolations = _softened(meaning)
    return True


def _is_outside_end(end: End) -> bool:
    return all(is_outside(party) for option in end.options for party in option)


def _rest(reader: _Reader, item: Rest) -> bool:
    meaning = reader.meaning
    if item.traffic:
        requests = any(
            x.requests for one in meaning.statements for p in one.passing for x in p.options
        )
        pairs = any(one.topic == "source" and not one.only for one in meaning.statements)
        if not meaning.statements or (requests and pairs):
            return False
        close_traffic(meaning, reader.shape, item.said)
        return True
    if item.toward is not None:
        return _rest_toward(reader, item)
    if item.within is not None:
        return _rest_within(reader, item)
    allowed = [one for one in meaning.statements if one.effect == "allow"]
    if not allowed:
        return False
    meaning.rest = True
    if any(one.only for one in allowed):
        return True
    if item.subject or item.side:
        where = "source" if item.subject or item.side == "ingress" else "destination"
        return _close(meaning, where)
    bodies = re.search(r"\b(?:nobody|no[\s-]?one)\b", item.said, re.I)
    if bodies and not all(one.topic == "destination" for one in allowed):
        meaning.rest_unclear = True
        return True
    if not item.joined and not _listed(allowed):
        meaning.rest_unclear = True
        return True
    close_rest(meaning)
    meaning.statements = [
        replace(one, said=_REST) if one.only else one for one in meaning.statements
    ]
    return True


def _rest_within(reader: _Reader, item: Rest) -> bool:
    """Read `a may reach b and nothing else in x`: of x, a may reach no more."""
    known = [one for one in reader.meaning.statements if one.effect == "allow"]
    who = item.within
    if not known or who is None or any(one.only for one in known):
        return False
    if item.side == "ingress":
        return _others_within(reader, known, who)
    sources, destinations = known[0].sources, tuple(x for one in known for x in one.destinations)
    if not sources or any(_said(one.sources) != _said(sources) for one in known):
        return False
    reader.meaning.rest = True
    if all(map(_is_world, who.ends)):
        if _has_names(destinations):
            # To learn addresses by name, DNS has to pass a proxy, which then limits it.
            return False
        # Rules that deny know no names: the cluster stays open, and nothing but that.
        inside = End(options=((Entities(("cluster",)),),), said="the cluster")
        wide = Statement(sources=sources, destinations=(inside,), topic="source")
        kept = [one for one in reader.meaning.statements if one not in known]
        limited = [one.restricted("destination") for one in (*known, wide)]
        reader.meaning.statements = [*kept, *limited]
        return True
    if not _is_wide(who):
        return False
    denied = Statement(
        effect="deny", sources=sources, destinations=who.ends, but_destinations=destinations,
        topic="source",
    )  # fmt: skip
    kept = [
        one if one not in known else replace(one, beside=True) for one in reader.meaning.statements
    ]
    reader.meaning.statements = [*kept, denied]
    return True


def _others_within(reader: _Reader, known: Sequence[Statement], who: Who) -> bool:
    """Read `a may reach b, nobody else in x`: of x, no other may."""
    destinations, sources = known[0].destinations, tuple(x for one in known for x in one.sources)
    same = all(_said(one.destinations) == _said(destinations) for one in known)
    if not (destinations and sources and same and _is_wide(who)):
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


def _is_world(end: End) -> bool:
    parties = [party for option in end.options for party in option]
    return all(isinstance(one, Entities) and one.names == ("world",) for one in parties)


def _has_names(ends: Sequence[End]) -> bool:
    parties = [party for end in ends for option in end.options for party in option]
    return any(isinstance(one, DnsNames) for one in parties)


def _refine(reader: _Reader, item: Refine) -> bool:
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
        if not ends or all(_is_outside_end(end) or end.everyone for end in ends):
            return False
        meaning.statements[place] = replace(one.restricted(where), beside=False, said=_REST)
    return True


def _rest_toward(reader: _Reader, item: Rest) -> bool:
    """Read `everything else into x is denied`: x is closed but for what was said."""
    who = item.toward
    assert who is not None
    ends = who.ends
    if who.pronoun:
        ends = _meant("destination", _context(reader), None)
    if not ends or who.excepted or who.passing or who.only or who.nobody or who.each:
        return False
    if all(_is_outside_end(end) for end in ends):
        return False
    side = item.side or ("ingress" if item.subject else "egress")
    known = [one for one in reader.meaning.statements if one.effect == "allow"]
    if not known:
        return False
    reader.meaning.rest = True
    same = "destinations" if side == "ingress" else "sources"
    if all(_said(getattr(one, same)) == _said(ends) for one in known):
        return _close(reader.meaning, "source" if side == "ingress" else "destination")
    for end in ends:
        reader.meaning.isolations.append(Isolation(end=end, sides=(side,)))
    return True


def _said(ends: Sequence[End]) -> set[str]:
    return {end.said for end in ends}


def _tail(reader: _Reader, item: Tail) -> bool:
    """Read what leans on the clause before: of it, one end is another now."""
    if item.bare and item.role == "subject":
        reader.meaning.about = list(item.who.ends)
        return True
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

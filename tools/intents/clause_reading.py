"""The strict reader: a sentence is read only where each of its words has a place in the grammar.

It shares the literals, the names and the meaning of clauses with the reader of `meanings`, but not
how a clause is found: what both of them read in the same way is hardly misread.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tools.intents.clause_context import (
    Reader,
    about,
    context,
    group,
    is_odd,
    is_outside_end,
    meant,
    placed,
    said_of,
    without_nobody,
)
from tools.intents.clause_rest_meaning import lean, refine, rest
from tools.intents.clause_syntax import parse_sentence
from tools.intents.clause_tokens import located, row_of, trimmed
from tools.intents.clause_values import Again, Closing, Event, Exempt, Keep, Refine, Rest, Tail, Who
from tools.intents.clauses import Parsed
from tools.intents.closings import isolation, limit
from tools.intents.frames import Group, Sign, Statement
from tools.intents.grouping import Sorted
from tools.intents.meanings import Choice, Isolation, Meaning, is_watcher, told_apart
from tools.intents.roles import settle
from tools.intents.shapes import Shape

__all__ = ["read_clauses"]


def read_clauses(shape: Shape, sentence: str, meaning: Meaning) -> bool:
    """Read a sentence into a meaning, and say whether it could be read whole."""
    signs = row_of(shape, sentence)
    if any(one.symbol == "LAYERED" for one in signs):
        meaning.layered = True
        signs = trimmed([one for one in signs if one.symbol != "LAYERED"])
    signs, spaces, doubtful = located(signs)
    if doubtful:
        return False
    meaning.scope = spaces or meaning.scope
    if not signs:
        return True
    items = parse_sentence(signs)
    if items is None:
        return False
    limits = any(map(_limits, signs))
    reader = Reader(shape, meaning)
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
    return bool(meaning.words) or not limits or _closes(meaning)


def _limits(one: Sign) -> bool:
    """Say whether a word denies or limits, so that something has to be closed for it."""
    if one.symbol in (
        "ONLY",
        "MAYNOT",
        "NOT",
        "DENY",
        "DENIED",
        "UNALLOWED",
        "NONE",
        "NELSE",
        "NO",
    ):
        return one.said.lower() != "just"
    return one.symbol == "MAY" and bool(
        re.search(r"\b(?:only|solely|exclusively)\b", one.said, re.I)
    )


def _closes(meaning: Meaning) -> bool:
    """Say whether anything is closed or denied; what goes on as before counts as heeded."""
    return bool(meaning.isolations or meaning.rest or meaning.rest_unclear or meaning.keep) or any(
        one.effect == "deny"
        or one.only
        or one.only_traffic
        or one.but_sources
        or one.but_destinations
        for one in meaning.statements
    )


def _take(reader: Reader, item: Any) -> bool:
    match item:
        case Event():
            return _event(reader, item)
        case Closing():
            return _closing(reader, item)
        case Rest():
            return rest(reader, item)
        case Keep(topics=topics):
            reader.meaning.keep |= set(topics)
            reader.meaning.isolations = _softened(reader.meaning)
            return True
        case Exempt(events=events):
            return _exempt(reader, events)
        case Tail():
            return lean(reader, item)
        case Refine():
            return refine(reader, item)
        case Again():
            return bool(reader.fresh) and all(one.effect == "deny" for one in reader.fresh)
    return False


def _overlap(one: Group, other: Group) -> bool:
    """Say whether some ends stand on both sides; where all do, a namespace talks to itself."""
    mine, theirs = said_of(one.ends), said_of(other.ends)
    return bool(mine & theirs) and mine != theirs


def _event(reader: Reader, event: Event) -> bool:
    before = context(reader)
    event = about(reader, without_nobody(event))
    first, second = placed(event.sources, event.destinations)
    second, first = placed(second, first)
    event = replace(event, sources=first, destinations=second)
    if any(is_odd(one) for one in (event.sources, event.destinations)):
        return False
    source = group(event.sources, "source", event.destinations, before)
    destination = group(event.destinations, "destination", event.sources, before)
    said = (event.sources, event.destinations)
    if any(
        who and who.pronoun and group is None
        for who, group in zip(said, (source, destination), strict=True)
    ):
        return False
    if event.destinations and event.destinations.each:
        destination = None
    if source and destination and not event.mutual and _overlap(source, destination):
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
    if (event.sources and event.sources.outside) or (
        event.destinations and event.destinations.outside
    ):
        return _outside_of(reader, event, found)
    parsed = settle(found, (sources, destinations), (event.effect, event.topic), before)
    if event.destinations and event.destinations.each and event.destinations.only:
        # `may only talk to each other`: nobody else with either of them.
        mutual = tuple(one.restricted("source", "destination") for one in parsed.statements)
        parsed = replace(parsed, statements=mutual)
    if event.beside:
        parsed = replace(
            parsed, statements=tuple(replace(one, beside=True) for one in parsed.statements)
        )
    return _add(reader, parsed, absolute=_is_absolute(event))


def _is_absolute(event: Event) -> bool:
    return any(
        one.nobody and not one.excepted for one in (event.sources, event.destinations) if one
    )


def _outside_of(reader: Reader, event: Event, found: Sorted) -> bool:
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


def _add(reader: Reader, parsed: Parsed, *, absolute: bool = False) -> bool:
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
    reader.closed = bool(parsed.isolate) and not parsed.statements
    if parsed.statements:
        reader.fresh = list(parsed.statements)
    elif parsed.isolate:
        ends = tuple(end for end, _ in parsed.isolate)
        reader.fresh = [Statement(destinations=ends, topic="destination")]
    return bool(parsed.statements or parsed.isolate)


def _closing(reader: Reader, item: Closing) -> bool:
    subject = item.subject
    if any(one and one.passing for one in (subject, item.others, item.toward)):
        return False
    ends = list(subject.ends)
    if subject.pronoun:
        ends = list(meant("destination", context(reader), None))
    if not ends or (item.others and item.others.pronoun):
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
        groups=groups,
        verbs=[item.verb],
        side=item.side,
        wholly=item.wholly,
        loose=list(item.passing),
        traffic_noun=item.noun,
    )
    return _add(reader, limit(found) if item.verb == "LIMIT" else isolation(found))


def _softened(meaning: Meaning) -> list[Isolation]:
    return [replace(one, absolute=False) for one in meaning.isolations]


def _exempt(reader: Reader, events: Sequence[Any]) -> bool:
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
            outside = all(map(is_outside_end, one.who.ends))
            if one.role == "object" and not (watches or outside):
                return False
            inward = one.role == "source" or (one.role == "object" and watches)
            pair = (one.who, locked) if inward else (locked, one.who)
            one = Event(
                sources=pair[0],
                destinations=pair[1],
                passing=one.passing,
                topic="destination" if inward else "source",
            )
        if (isinstance(one, Event) and one.effect == "deny") or isinstance(one, Rest | Closing):
            return False
        if not _take(reader, one):
            return False
    meaning.isolations = _softened(meaning)
    return True

"""What pronouns and omissions stand for, and where an exception belongs, for the strict reader."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tools.intents.clause_values import Event, Who
from tools.intents.frames import Group, Statement
from tools.intents.meanings import Meaning
from tools.intents.parties import End, is_outside
from tools.intents.shapes import Shape
from topology.authoring import DnsNames, Entities, Networks, Pods

__all__ = [
    "REST",
    "Reader",
    "about",
    "context",
    "group",
    "has_names",
    "is_odd",
    "is_outside_end",
    "is_wide",
    "is_world",
    "meant",
    "placed",
    "said_of",
    "without_nobody",
]

REST = "nothing else"
"""Said of all that one `nothing else` closes: it is of one breath."""


@dataclass(slots=True)
class Reader:
    """What is known in the course of a sentence."""

    shape: Shape
    meaning: Meaning
    fresh: list[Statement] = field(default_factory=list)
    """The statements of the item before."""
    about: tuple[End, ...] = ()
    """What the sentence before was about."""
    closed: bool = False
    """Whether the item before closed something, so that nothing opens it but an exception."""


def group(
    who: Who | None, role: str, other: Who | None, before: Sequence[Statement]
) -> Group | None:
    """Return who is meant in one place of a clause; None where a pronoun stands for nothing."""
    if who is None:
        return None
    ends = list(who.ends)
    if who.pronoun:
        ends = list(meant(role, before, other))
        if who.plural and len(before) > 1:
            ends = list(dict.fromkeys(end for one in before for end in meant(role, [one], other)))
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


def meant(role: str, before: Sequence[Statement], other: Who | None) -> tuple[End, ...]:
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


def context(reader: Reader) -> list[Statement]:
    """Return the statements that a clause may lean on."""
    if reader.fresh:
        return reader.fresh
    if reader.meaning.statements:
        return reader.meaning.statements
    about = reader.meaning.about or [one.end for one in reader.meaning.isolations[-1:]]
    return [Statement(destinations=tuple(about), topic="destination")] if about else []


def about(reader: Reader, event: Event) -> Event:
    """Return `allow egress to x` with what the sentence says that it is about."""
    about = tuple(reader.meaning.about)
    if about and event.side == "egress" and event.sources is None:
        return replace(event, sources=Who(ends=about))
    if about and event.side == "ingress" and event.destinations is None:
        return replace(event, destinations=Who(ends=about))
    return event


def without_nobody(event: Event) -> Event:
    """Return `no pod in x may` as what it denies to the pods of x."""
    for name in ("sources", "destinations"):
        who = getattr(event, name)
        if who and who.nobody and who.ends and event.effect == "allow":
            plain = replace(who, nobody=False)
            return replace(event, effect="deny", **{name: plain})
    return event


def placed(network_side: Who | None, other: Who | None) -> tuple[Who | None, Who | None]:
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
    return (is_wide(who) and (not left_out or left_out <= _spaces(who.ends))) or (
        _is_ranged(who) and not left_out
    )


def _is_ranged(who: Who) -> bool:
    parties = [party for end in who.ends for option in end.options for party in option]
    return all(isinstance(one, Networks | Entities) for one in parties)


def is_wide(who: Who) -> bool:
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


def is_odd(who: Who | None) -> bool:
    """Say whether ends hold something that no place was found for."""
    if who is None:
        return False
    misplaced = bool(who.excepted) and not _holds(who)
    limited = bool(who.passing) and not (who.nobody or all(end.everyone for end in who.ends))
    return bool(who.rest) or bool(who.excepted and who.only) or misplaced or limited


def is_outside_end(end: End) -> bool:
    """Say whether an end is outside the cluster."""
    return all(is_outside(party) for option in end.options for party in option)


def is_world(end: End) -> bool:
    """Say whether an end is the world outside."""
    parties = [party for option in end.options for party in option]
    return all(isinstance(one, Entities) and one.names == ("world",) for one in parties)


def has_names(ends: Sequence[End]) -> bool:
    """Say whether some of several ends are DNS names."""
    parties = [party for end in ends for option in end.options for party in option]
    return any(isinstance(one, DnsNames) for one in parties)


def said_of(ends: Sequence[End]) -> set[str]:
    """Return ends as they were said."""
    return {end.said for end in ends}

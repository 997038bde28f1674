"""Statements of what was said: who to whom, over what, for each pair of groups."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tools.intents.frames import Group, Statement
from tools.intents.grouping import Sorted
from tools.intents.parties import End
from tools.intents.traffic import Passing
from topology.authoring import Anyone, Pods, Traffic

__all__ = ["ANYONE", "EVERY_POD", "Parsed", "Where", "combine", "cross", "ends_of", "is_scope"]

ANYONE = End(options=((Anyone(),),), said="anyone", everyone=True)
EVERY_POD = End(options=((Pods(namespaces=None),),), said="every pod", everyone=True)
Where = Literal["source", "destination"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What one stretch says."""

    statements: tuple[Statement, ...] = ()
    alternatives: tuple[tuple[Statement, ...], ...] = ()
    """Other readings of the same words."""
    question: str = ""
    """What has to be said to choose among the readings."""
    isolate: tuple[tuple[End, tuple[str, ...]], ...] = ()
    keep: tuple[str, ...] = ()
    about: tuple[End, ...] = ()
    """What a policy is said to apply to."""
    rest: bool = False
    """Whether it only says that nothing else may."""
    rest_traffic: tuple[str, ...] = ()
    """Other ports and requests of which it says that they may not."""
    narrowed: tuple[End, ...] = ()
    """Namespaces that only said which of several things a name means."""
    excludes: tuple[End, ...] = ()
    """Ends that do not belong to the sources of the statement before it."""
    restricts: tuple[str, ...] = ()
    """Ends of the statement before it, on which nothing else may."""
    refines: tuple[Passing, ...] = ()
    """Traffic to which what was said before is limited."""
    words: tuple[str, ...] = ()


def cross(
    found: Sorted, sources: Sequence[Group], destinations: Sequence[Group], **fields: object
) -> Iterator[Statement]:
    """Yield a statement for each group of sources and each of destinations."""
    nobody = [Group("from")]
    for source in sources or nobody:
        for destination in destinations or nobody:
            only = [
                where
                for where, group in (("source", source), ("destination", destination))
                if group.only
            ]
            yield Statement(
                sources=ends_of(source),
                destinations=ends_of(destination),
                passing=combine(found.loose, source.passing, destination.passing),
                but_sources=tuple(source.excepted),
                but_destinations=tuple(destination.excepted),
                only=tuple(only),
                only_traffic=found.only_traffic,
                side=found.side,
                **fields,  # type: ignore[arg-type]
            )


def ends_of(group: Group) -> tuple[End, ...]:
    """Return the ends of a group, Anyone for a group that says no one."""
    return tuple(group.ends) or ((ANYONE,) if group.nobody else ())


def combine(*parts: Sequence[Passing]) -> tuple[Passing, ...]:
    """Return traffic that was said in several places of a clause, as one."""
    said = [one for part in parts for one in part]
    if len(said) <= 1:
        return tuple(said)
    options = list(said[0].options)
    for one in said[1:]:
        options = [_both(left, right) for left in options for right in one.options]
    return (
        Passing(
            options=tuple(options),
            said=" ".join(one.said for one in said),
            without_token=any(one.without_token for one in said),
        ),
    )


def _both(left: Traffic, right: Traffic) -> Traffic:
    """Return traffic that is limited in both ways."""
    return replace(
        left,
        ports=(*left.ports, *right.ports),
        requests=(*left.requests, *right.requests),
        kafka=(*left.kafka, *right.kafka),
        dns=(*left.dns, *right.dns),
        server_names=(*left.server_names, *right.server_names),
        tokens=(*left.tokens, *right.tokens),
    )


def is_scope(group: Group) -> bool:
    """Say whether a group only says where something holds: a namespace, or everyone."""
    return all(
        isinstance(party, Pods) and not party.workload
        for end in group.ends
        for option in end.options
        for party in option
    )

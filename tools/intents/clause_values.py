"""What the parts of a sentence mean to the strict reader, before they become statements."""

from dataclasses import dataclass, replace
from typing import Any, Literal

from tools.intents.parties import End
from tools.intents.traffic import Passing

__all__ = [
    "Action",
    "Again",
    "Closing",
    "Deal",
    "Effect",
    "Event",
    "Exempt",
    "Keep",
    "Part",
    "Refine",
    "Rest",
    "Tail",
    "Who",
    "merged",
    "spread",
]

Side = Literal["ingress", "egress"]
Effect = Literal["allow", "deny"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Ends in one place of a clause."""

    ends: tuple[End, ...] = ()
    excepted: tuple[End, ...] = ()
    only: bool = False
    nobody: bool = False
    """Whether it says `nobody` or `nothing`; with ends, none of those."""
    pronoun: bool = False
    plural: bool = False
    """Whether the pronoun is about several: `them`."""
    rest: str = ""
    """`nobody else`, `others`: as it was said."""
    each: bool = False
    passing: tuple[Passing, ...] = ()
    """What passes for those that are left out: `anything but db on 5432`."""
    outside: bool = False
    """Whether everyone but these ends is meant: `anything outside stage`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """Someone at the other end, and what passes."""

    who: Who | None = None
    passing: tuple[Passing, ...] = ()
    only_traffic: bool = False
    but_traffic: tuple[Passing, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What a verb with its objects says of a subject."""

    out: bool
    """Whether the subject is who connects."""
    deals: tuple[Deal, ...] = ()
    only: bool = False
    """Whether `only` was said of the whole."""
    side: Side | None = None
    negative: bool = False
    """Whether the words deny by themselves: `is unreachable`."""
    mutual: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Who may or may not open what to whom."""

    effect: Effect = "allow"
    sources: Who | None = None
    destinations: Who | None = None
    passing: tuple[Passing, ...] = ()
    only_traffic: bool = False
    only_late: bool = False
    but_traffic: tuple[Passing, ...] = ()
    side: Side | None = None
    topic: Literal["source", "destination", ""] = ""
    mutual: bool = False
    exposed: bool = False
    """Whether something was opened for others: it is about what they reach."""
    beside: bool = False
    """Whether it closes nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """Ends that are closed or limited, in the roles that the older clauses give them."""

    verb: Literal["ISOLATE", "LOCK", "DEFAULTDENY", "LIMIT"]
    subject: Who
    others: Who | None = None
    """From whom, or to whom."""
    toward: Who | None = None
    side: Side | None = None
    both: bool = False
    wholly: bool = False
    passing: tuple[Passing, ...] = ()
    noun: bool = False
    exceptions: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Everything else, which may not."""

    said: str
    subject: bool = False
    """Whether it is said to be who may not: `others may not`."""
    traffic: bool = False
    toward: Who | None = None
    """The end that it is limited to: `everything else into x`."""
    side: Side | None = None
    within: Who | None = None
    """Among what: `no other host on the internet`."""
    joined: bool = False
    """Whether it stands behind the objects of a verb, as one of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """What has to go on working: DNS, metrics, probes."""

    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exempt:
    """Something that stays open behind what closes."""

    events: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refine:
    """Traffic to which what was said before is limited; that of it, where none is named."""

    passing: tuple[Passing, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """Words that only say once more what was denied before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """What leans on the clause before: `b may, too`, `but not c`, `and from d`."""

    who: Who
    role: Literal["subject", "object", "source", "destination"]
    negative: bool = False
    passing: tuple[Passing, ...] = ()
    bare: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A prepositional phrase or what passes, in a clause without a verb."""

    role: str
    who: Who | None = None
    passing: tuple[Passing, ...] = ()
    only: bool = False


def merged(*whos: Who | None) -> Who | None:
    """Return ends that were said in several places as one."""
    said = [one for one in whos if one is not None]
    if not said:
        return None
    return replace(
        said[0],
        ends=tuple(end for one in said for end in one.ends),
        excepted=tuple(end for one in said for end in one.excepted),
        only=any(one.only for one in said),
    )


def spread(subject: Who, action: Action, *, deny: bool, only: bool = False) -> tuple[Event, ...]:
    """Return what an action of a subject says, one event for each of its objects."""
    deny = deny != action.negative
    late = action.only or only
    deals = action.deals or (Deal(),)
    named = [one for one in deals if one.who]
    if len(named) > 1 and deals[-1].only_traffic:
        # `a 80 and b 90 only` is said of the whole list.
        deals, late = tuple(replace(one, only_traffic=False) for one in deals), True
    if late and not any(one.who.only for one in named if one.who):
        deals = tuple(_limited(one) for one in deals)
    if any(one.who and one.who.only for one in deals):
        # `only to a on 1 and to b on 2` is said of both.
        deals = tuple(
            replace(one, who=replace(one.who, only=True)) if one.who else one for one in deals
        )
    events = []
    for deal in deals:
        ends = (subject, deal.who) if action.out else (deal.who, subject)
        events.append(
            Event(
                effect="deny" if deny else "allow",
                sources=ends[0],
                destinations=ends[1],
                passing=deal.passing,
                only_traffic=deal.only_traffic,
                only_late=bool(deal.who) and not action.out,
                but_traffic=deal.but_traffic,
                side=action.side,
                topic="source" if action.out else "destination",
                mutual=action.mutual or bool(deal.who and deal.who.each),
            )
        )
    return tuple(events)


def _limited(deal: Deal) -> Deal:
    if deal.who is None or deal.who.nobody:
        return replace(deal, only_traffic=bool(deal.passing))
    return replace(deal, who=replace(deal.who, only=True))

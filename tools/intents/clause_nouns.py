"""Clauses around a noun: `ingress to x from y`, `access of a to b`, `443 from a to b`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tools.intents.clause_values import Closing, Effect, Event, Part, Who, merged
from tools.intents.clauses import combine

_Ends = tuple[Who | None, Who | None]
__all__ = ["connection", "exposure", "limits", "named_pair"]


def connection(
    head: tuple[str | None, bool], parts: Sequence[Part], *, deny: bool, only: bool = False
) -> list[Any] | None:
    """Return what a noun with its phrases says.

    Args:
        head: The direction that it names, if any, and whether there is a noun at all.
        parts: Its phrases.
        deny: Whether it must not be.
        only: Whether `only` was said of the whole.
    """
    if several := _distributed(parts):
        found = [connection(head, one, deny=deny, only=only) for one in several]
        return (
            None if any(one is None for one in found) else [x for one in found for x in one or ()]
        )
    side = _side(head[0], parts)
    if side == "?":
        return None
    if any(one.who and one.who.rest for one in parts):
        return _from_other_spaces(side, parts) if deny else None
    if _is_tangled(parts):
        return None
    said = _Said(parts)
    if said.between is not None:
        return _between(said, deny=deny)
    ends = _owned(said) if side is None and _is_of_port(parts) else _directed(said, side)
    if ends is None or not any(ends):
        return None
    topic = {"ingress": "destination", "egress": "source"}.get(side or "", "")
    limited = _with_only(ends, topic) if only else ends
    if limited is None:
        return None
    return _events(said, limited, (side, head[0] == "both"), topic, deny=deny)


def _is_of_port(parts: Sequence[Part]) -> bool:
    """Say whether a port is said to be of an end: `port 80 of x to y`, which y would use."""
    roles = [one.role for one in parts]
    return "of" in roles[1:] and roles[roles.index("of") - 1] == "t"


def _with_only(ends: _Ends, topic: str) -> _Ends | None:
    """Return ends with `only`, where it is said of the whole."""
    sources, destinations = ends
    if sources and not destinations:
        return None
    if sources and topic != "source":
        sources = replace(sources, only=True)
    if topic == "source" and destinations:
        destinations = replace(destinations, only=True)
    return sources, destinations


def _events(
    said: "_Said", ends: _Ends, about: tuple[str | None, bool], topic: str, *, deny: bool
) -> list[Any] | None:
    sources, destinations = ends
    side, both = about
    one_sided = not (sources and destinations)
    if said.only and not one_sided and not topic:
        topic = "destination"
    if one_sided and not deny and not side and not said.passing:
        return None
    event = Event(
        effect="deny" if deny else "allow",
        sources=sources,
        destinations=destinations,
        passing=said.passing,
        only_traffic=said.only,
        but_traffic=said.but,
        side=side,  # type: ignore[arg-type]
        topic=topic,  # type: ignore[arg-type]
        mutual=said.both,
    )
    if one_sided and both:
        return [replace(event, side="ingress"), replace(event, side="egress")]
    return [event]


def _is_tangled(parts: Sequence[Part]) -> bool:
    """Say whether it is open which end the traffic belongs to: `to a on 80 and to b`."""
    roles = [one.role for one in parts]
    doubled = any(roles.count(role) > 1 for role in ("from", "to", "by", "of", "in", "for"))
    cut = "but" in roles and roles[-1] != "but"
    return cut or (doubled and bool({"t", "but"} & set(roles)))


def _distributed(parts: Sequence[Part]) -> list[list[Part]]:
    """Return `from x to a on 1 and to b on 2` as a row for a and one for b; empty if it is none."""
    roles = [one.role for one in parts]
    for role in ("to", "from"):
        starts = [place for place, one in enumerate(roles) if one == role]
        if len(starts) < 2:
            continue
        cuts = [parts[a:b] for a, b in zip(starts, [*starts[1:], len(parts)], strict=True)]
        if all([one.role for one in cut] == [role, "t"] for cut in cuts):
            return [[*parts[: starts[0]], *cut] for cut in cuts]
    return []


def _from_other_spaces(side: str | None, parts: Sequence[Part]) -> list[Any] | None:
    """Read `deny ingress to x from other namespaces`: what is inside stays open."""
    others = [one for one in parts if one.who and one.who.rest]
    named = [one.who for one in parts if one not in others]
    spaces = all(one.who and "namespace" in one.who.rest.lower() for one in others)
    roles = {"ingress": "from", "egress": "to"}
    if len(named) > 1 or not spaces or any(one.role != roles.get(side or "") for one in others):
        return None
    subject = (named[0] if named else None) or Who(pronoun=True)
    inside = Event(sources=subject, destinations=subject, side=side)  # type: ignore[arg-type]
    return [inside, Closing(verb="DEFAULTDENY", subject=subject, side=side)]  # type: ignore[arg-type]


class _Said:
    """The phrases of a clause by their roles."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self.roles = {
            role: [one.who for one in parts if one.role == role and one.who is not None]
            for role in ("from", "by", "to", "of", "for", "in", "between")
        }
        passing = [one.passing for one in parts if one.role == "t"]
        self.passing = combine(*passing)
        self.only = any(one.only for one in parts if one.role == "t")
        self.but = tuple(x for one in parts if one.role == "but" for x in one.passing)
        self.both = any(one.role == "both" for one in parts)
        self.between = merged(*self.roles["between"])


def _side(said: str | None, parts: Sequence[Part]) -> str | None:
    sides = {one.role for one in parts} & {"ingress", "egress"}
    if said and said != "both":
        sides |= {said}
    if len(sides) > 1:
        return "?"
    return next(iter(sides), None)


def _between(said: _Said, *, deny: bool) -> list[Any] | None:
    who = said.between
    if (
        who is None
        or len(who.ends) != 2
        or any(who_ for role, who_ in said.roles.items() if role != "between" and who_)
    ):
        return None
    first, second = (replace(who, ends=(end,)) for end in who.ends)
    return [
        Event(
            effect="deny" if deny else "allow",
            sources=first,
            destinations=second,
            passing=said.passing,
            but_traffic=said.but,
            mutual=True,
        )
    ]


def _owned(said: _Said) -> tuple[Who | None, Who | None] | None:
    roles = said.roles
    users = [*roles["from"], *roles["by"], *roles["to"], *roles["for"]]
    if len(users) > 1 or roles["in"] or len(roles["of"]) > 1:
        return None
    return merged(*users), merged(*roles["of"])


def _directed(said: _Said, side: str | None) -> tuple[Who | None, Who | None] | None:
    """Return who connects and who is connected to; None where that is not clear."""
    roles = said.roles
    senders = [*roles["from"], *roles["by"]]
    receivers = list(roles["to"])
    around = [*roles["of"], *roles["in"], *roles["for"]]
    if len(roles["of"]) + len(roles["in"]) > 1:
        return None
    if roles["for"] and (roles["of"] or roles["in"]) and not senders:
        if receivers:
            return None
        # `DELETE on x for everyone but y`
        senders, around = list(roles["for"]), [*roles["of"], *roles["in"]]
    if side == "ingress":
        receivers, around = receivers or around, around if receivers else []
    elif side == "egress":
        senders, around = senders or around, around if senders else []
    elif around and receivers and not senders:
        senders, around = around, []
    elif (around and senders and not receivers) or (
        around and said.passing and not senders and not receivers
    ):
        receivers, around = around, []
    if around or (len(roles["from"]) and len(roles["by"])):
        return None
    return merged(*senders), merged(*receivers)


def named_pair(
    who: Who, parts: Sequence[Part], *, deny: bool, passive: bool = False
) -> list[Any] | None:
    """Read `allow a to b`, `allow a from b`, `block a from b`, `let a out`."""
    if who.rest or who.each or who.nobody or (who.pronoun and not parts):
        return None
    if several := _distributed(parts):
        found_all = [named_pair(who, one, deny=deny, passive=passive) for one in several]
        return None if None in found_all else [x for one in found_all for x in one or ()]
    if any(one.who and one.who.rest for one in parts) or _is_tangled(parts):
        return None
    lead = frozenset(one.role for one in parts) & _LEADS
    found = _special_pair(who, _Said(parts), lead, deny=deny, passive=passive)
    if found is not None or (passive and lead == {"from"}):
        return found
    role = _NAMED.get(lead)
    if role is None:
        return None
    return connection((None, True), [Part(role=role, who=who), *parts], deny=deny)


_LEADS = frozenset({"from", "to", "for", "by", "ingress", "egress", "of", "in", "between"})
_NAMED = {
    frozenset({"to"}): "from",
    frozenset({"egress"}): "from",
    frozenset({"egress", "to"}): "from",
    frozenset({"from"}): "to",
    frozenset({"by"}): "to",
    frozenset({"ingress", "from"}): "to",
}
"""The role of an end without a preposition, by the phrases behind it."""


def _special_pair(
    who: Who, said: _Said, lead: frozenset[str], *, deny: bool, passive: bool
) -> list[Any] | None:
    """Return what `block a from b`, `a is off limits for b` and `let a in` say."""
    effect: Effect = "deny" if deny else "allow"
    if lead == {"from"} and deny:
        # `block a from b` keeps a away from b; `a is allowed from b` may be about either end.
        return _kept_away(who, said)
    if lead == {"for"} and deny == passive:
        users = merged(*said.roles["for"])
        sources, destinations = (users, who) if deny else (who, users)
        topic: Any = "destination" if deny else ""
        return [
            Event(
                effect=effect,
                sources=sources,
                destinations=destinations,
                passing=said.passing,
                only_traffic=said.only,
                topic=topic,
            )
        ]
    if lead == {"ingress"} and not passive:
        return [
            Event(
                effect=effect,
                sources=who,
                destinations=Who(pronoun=True),
                passing=said.passing,
                only_traffic=said.only,
                topic="destination",
            )
        ]
    return None


def _kept_away(who: Who, said: _Said) -> list[Any]:
    return [
        Event(
            effect="deny",
            sources=who,
            destinations=merged(*said.roles["from"]),
            passing=said.passing,
            but_traffic=said.but,
            topic="source",
        )
    ]


def exposure(passing: Any, who: Who, parts: Sequence[Part]) -> list[Any] | None:
    """Read `open tank:9200 to vmagent`, `expose web to the internet on 443`."""
    if who.rest or who.nobody or who.each:
        return None
    if _is_tangled(parts):
        return None
    said = _Said(parts)
    users = merged(*said.roles["to"], *said.roles["for"], *said.roles["from"])
    if users is None or said.roles["of"] or said.roles["in"] or said.between is not None:
        return None
    return [
        Event(
            sources=users,
            destinations=who,
            passing=combine(passing, said.passing),
            only_traffic=said.only,
            topic="destination",
            exposed=True,
        )
    ]


def limits(
    head: tuple[str | None, bool], parts: Sequence[Part], who: Who | None
) -> list[Any] | None:
    """Read `restrict access to x to a and b`, `limit egress of x to y`, `restrict x to 80`."""
    side = _side(head[0], parts)
    if side == "?" or (head[0] == "both"):
        return None
    if "t" in [one.role for one in parts[:-1]] or any(one.role == "but" for one in parts):
        return None
    said = _Said(parts)
    to = said.roles["to"]
    around = [*said.roles["of"], *said.roles["in"], *said.roles["for"]]
    subject = who or merged(*around)
    if side != "egress" and subject is None and head[1] and len(to) == 2:
        subject, to = to[0], to[1:]
        side = side or "ingress"
    if subject is None or len(around) > 1 or subject.rest or subject.nobody:
        return None
    others = merged(*said.roles["from"], *said.roles["by"])
    return [
        Closing(
            verb="LIMIT",
            subject=subject,
            others=others,
            toward=merged(*to),
            side=side,  # type: ignore[arg-type]
            passing=said.passing,
            noun=head[1] and not side,
        )
    ]

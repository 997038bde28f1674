"""Sentences of the strict reader: clauses in every form in which people say who may reach whom."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from tools.intents.clause_actions import ACTING, ACTION
from tools.intents.clause_closings import KEPT, NOMINAL, closing_clauses, exempts
from tools.intents.clause_nouns import connection, named_pair
from tools.intents.clause_orders import MODAL, ORDERS, is_wide
from tools.intents.clause_phrases import DEALS, FILL, HEAD, NOUN, PARTS, SENDERS, SEP, TRAFFIC, WHO
from tools.intents.clause_rests import REFINES, RESTS, TAILS, is_person
from tools.intents.clause_values import Action, Deal, Event, Part, Rest, Tail, Who, spread
from tools.intents.clauses import ANYONE
from tools.intents.combinators import Rule, alt, lazy, many, maybe, said, seq, sign
from tools.intents.frames import Sign

__all__ = ["parse_sentence"]

_MOST_STEPS = 20_000
_ONLY = maybe(sign("ONLY"))


_NOT_NEEDED = seq(
    sign("NONEED"),
    alt(seq(HEAD, PARTS, make=lambda head, parts: (head, parts)), DEALS),
    make=lambda _, what: _unneeded(what),
)
_PREDICATE = alt(
    seq(MODAL, FILL, ACTION, FILL, make=lambda m, _, act, _f: (m[0], m[1], act)),
    seq(sign("NOT"), ACTION, FILL, make=lambda _n, act, _f: (True, False, act)),
    seq(FILL, ACTION, FILL, make=lambda _, act, _f: (False, False, act)),
    seq(sign("NOBUSINESS"), ACTING, FILL, make=lambda _n, act, _f: (True, False, act)),
    seq(_NOT_NEEDED, FILL, make=lambda act, _f: (True, False, act)),
    seq(
        maybe(sign("MAY")),
        maybe(sign("BE")),
        sign("DENIED"),
        sign("FROM"),
        ACTING,
        FILL,
        make=lambda _m, _b, _d, _p, act, _f: (True, False, act),
    ),
)
_LATER = seq(
    SEP,
    alt(
        seq(MODAL, FILL, ACTION, FILL, make=lambda m, _, act, _f: (m[0], m[1], act)),
        seq(FILL, ACTION, FILL, make=lambda _, act, _f: (None, False, act)),
        seq(
            sign("NOT"),
            maybe(sign("TO")),
            ACTION,
            FILL,
            make=lambda _n, _t, act, _f: (True, False, act),
        ),
    ),
    make=lambda _, one: one,
)


def _unneeded(what: Any) -> Action | None:
    """Read `has no need for outbound traffic`, `needs no access to x`."""
    if what and isinstance(what[0], Deal):
        return Action(out=True, deals=what)
    head, parts = what
    to = [Deal(who=one.who) for one in parts if one.role in ("to", "from") and one.who]
    if len(to) != len(parts):
        return None
    out = head[0] == "egress" or (bool(to) and all(one.role == "to" for one in parts))
    if not out and head[0] != "ingress":
        return None
    return Action(out=out, deals=tuple(to), side=None if to else head[0])


def _subject(
    who: Who, first: tuple[Any, ...], later: Sequence[tuple[Any, ...]]
) -> list[Any] | None:
    if who.each:
        return None
    events: list[Any] = []
    deny = False
    for negative, only, action in (first, *later):
        deny = deny if negative is None else negative
        if not _fits(who, action, deny=deny):
            if not later:
                return None
            # `may accept traffic, and may not accept it from x`
            continue
        events += _rested(who, spread(who, action, deny=deny, only=only))
    return None if any(one is None for one in events) else events


def _fits(who: Who, action: Action, *, deny: bool) -> bool:
    """Say whether a clause says something: `x may be reached` by itself does not."""
    bare = not action.deals and not action.side
    return bool(deny or action.negative or not bare or who.nobody or who.rest or action.mutual)


def _rested(who: Who, events: Sequence[Event]) -> Iterator[Any]:
    """Yield events, or what they say of everyone else where that is their subject."""
    for one in events:
        if not who.rest:
            yield _at_other_end(one)
            continue
        other = one.destinations if one.topic == "source" else one.sources
        closes = (one.effect == "deny") != who.nobody
        plain = not one.passing and not one.but_traffic and not who.ends
        if closes and plain:
            side = "ingress" if one.topic == "source" else "egress"
            yield Rest(said=who.rest, subject=one.topic == "source", toward=other, side=side)  # type: ignore[arg-type]
        else:
            yield None


def _at_other_end(one: Event) -> Any:
    """Return an event, or what it says of everyone else where that is its object."""
    other = one.destinations if one.topic == "source" else one.sources
    if other is None or not other.rest:
        return one
    closes = (one.effect == "deny") != other.nobody
    if not closes or one.passing or one.but_traffic:
        return None
    side = "egress" if one.topic == "source" else "ingress"
    if other.ends:
        within = replace(other, rest="", nobody=False)
        return Rest(said=other.rest, side=side, within=within)  # type: ignore[arg-type]
    mine = one.sources if one.topic == "source" else one.destinations
    return Rest(said=other.rest, side=side, toward=mine)  # type: ignore[arg-type]


_LEFT_OUT = seq(
    maybe(sign(",")),
    sign("EXCEPT", "BUT"),
    maybe(sign("FROM", "BY", "FOR")),
    WHO,
    maybe(TRAFFIC),
    make=lambda _c, _e, _p, who, t: (who, t[0] if t else ()),
)
_DECLARED = alt(
    seq(
        FILL,
        WHO,
        FILL,
        _PREDICATE,
        _LEFT_OUT,
        make=lambda _f, who, _g, first, out: _but(who, first, out),
    ),
    seq(
        FILL,
        WHO,
        FILL,
        _PREDICATE,
        many(_LATER),
        make=lambda _f, who, _g, first, later: _subject(who, first, later),
    ),
)


def _but(who: Who, first: tuple[Any, ...], out: tuple[Who, Any]) -> list[Any] | None:
    """Read `nobody may reach x except y on 80`, where the exception stands at the end."""
    left_out, passing = out
    wide = (who.nobody and not who.ends) or (who.ends and all(end.everyone for end in who.ends))
    objects = [deal.who for deal in first[2].deals if deal.who]
    if not wide or who.excepted or any(one.excepted or is_wide(one) for one in objects):
        return None
    if left_out.rest or left_out.nobody or left_out.pronoun or left_out.only:
        return None
    return _subject(replace(who, excepted=left_out.ends, passing=passing), first, ())


_RESULT = alt(
    seq(sign("ALLOWED"), make=lambda one: False),
    seq(sign("DENIED", "UNALLOWED"), make=lambda one: True),
    seq(sign("MAY"), FILL, maybe(sign("BE")), sign("DENIED"), make=lambda *_: True),
    seq(sign("MAY"), FILL, maybe(sign("BE")), sign("ALLOWED"), make=lambda *_: False),
    seq(sign("MAYNOT"), FILL, maybe(sign("BE")), sign("ALLOWED"), make=lambda *_: True),
    seq(sign("NOTDENIED"), make=lambda one: False),
)
_TELLING = seq(
    FILL,
    _ONLY,
    NOMINAL,
    FILL,
    _RESULT,
    FILL,
    PARTS,
    make=lambda _f, only, nominal, _g, deny, _h, more: connection(
        nominal[0], [*nominal[1], *more], deny=deny, only=bool(only)
    ),
)
_NONE_PASSES = seq(
    FILL,
    sign("NONE", "NO"),
    NOMINAL,
    maybe(_RESULT),
    PARTS,
    make=lambda _f, _n, nominal, allowed, more: (
        None if allowed else connection(nominal[0], [*nominal[1], *more], deny=True)
    ),
)
_GRANTED = seq(
    FILL,
    WHO,
    FILL,
    _RESULT,
    maybe(NOUN),
    PARTS,
    FILL,
    make=lambda _f, who, _g, deny, noun, parts, _h: _granted(who, parts, deny=deny),
)
_GRANTED_TO = seq(
    FILL,
    WHO,
    FILL,
    sign("ALLOWED"),
    DEALS,
    make=lambda _f, who, _g, _a, deals: (
        None if who.rest else list(spread(who, Action(out=True, deals=deals), deny=False))
    ),
)


def _granted(who: Who, parts: Sequence[Part], *, deny: bool) -> list[Any] | None:
    """Read `a is allowed to b`, `a is denied`, `others are refused`."""
    if who.rest:
        if parts or deny == who.nobody or who.ends:
            return None
        return [Rest(said=who.rest, subject=is_person(who.rest))]
    return named_pair(who, parts, deny=deny, passive=True) if parts else None


_REQUESTED = seq(
    FILL,
    _ONLY,
    TRAFFIC,
    MODAL,
    maybe(sign("BE")),
    maybe(sign("REACHED")),
    sign("TO", "ON"),
    WHO,
    maybe(SENDERS),
    make=lambda _f, only, t, m, _b, _v, _p, who, senders: _requests(t, who, senders, m, bool(only)),
)


def _requests(
    passes: Any, who: Who, senders: Any, modal: tuple[bool, bool], only: bool
) -> list[Any] | None:
    """Read `only GET requests may be made to x by y`."""
    if who.rest or who.nobody:
        return None
    deals = senders or (Deal(who=Who(ends=(ANYONE,))),)
    deals = tuple(replace(one, passing=passes[0], only_traffic=only or passes[1]) for one in deals)
    return list(spread(who, Action(out=False, deals=deals, only=modal[1]), deny=modal[0]))


_LISTED = alt(
    seq(
        said("egress|outbound|outgoing|the egress|its egress", "EG"),
        maybe(NOUN),
        _ONLY,
        DEALS,
        make=lambda _e, _n, only, deals: Action(
            out=True, deals=deals, only=bool(only), side="egress"
        ),
    ),
    seq(
        sign("ING"),
        maybe(NOUN),
        _ONLY,
        maybe(TRAFFIC),
        SENDERS,
        make=lambda _e, _n, only, t, deals: Action(
            out=False,
            side="ingress",
            only=bool(only),
            deals=tuple(replace(one, passing=one.passing or (t[0] if t else ())) for one in deals),
        ),
    ),
)
_WANTS = many(sign("WANT"), least=1)
_WHO_MAY = seq(
    FILL,
    sign("LIMIT"),
    said("who|which|what", "THAT"),
    sign("MAY"),
    ACTION,
    sign(":"),
    WHO,
    maybe(TRAFFIC),
    make=lambda _f, _l, _w, _m, act, _c, who, t: (
        None
        if who.rest or (t and any(one.passing for one in act.deals))
        else list(
            spread(
                replace(who, only=True),
                replace(
                    act,
                    deals=tuple(
                        replace(one, passing=t[0] if t else one.passing) for one in act.deals
                    ),
                ),
                deny=False,
            )
        )
    ),
)
"""`restrict who can connect to x: a and b`"""
_FROM_TO = seq(
    FILL,
    WHO,
    sign(":"),
    _ONLY,
    sign("FROM", "TO"),
    WHO,
    maybe(seq(maybe(sign(",")), TRAFFIC, make=lambda _, t: t)),
    make=lambda _f, who, _c, only, lead, other, t: (
        None
        if who.rest or who.nobody or who.only
        else list(
            spread(
                who,
                Action(
                    out=lead.symbol == "TO",
                    deals=(
                        Deal(
                            who=replace(other, only=other.only or bool(only)),
                            passing=t[0] if t else (),
                        ),
                    ),
                ),
                deny=False,
            )
        )
    ),
)
"""`db: only from a, 5432`"""
_HEADLINE = seq(
    FILL,
    WHO,
    maybe(sign(":")),
    _LISTED,
    many(seq(SEP, _LISTED, make=lambda _, one: one)),
    make=lambda _f, who, _c, first, more: (
        None
        if who.rest or who.nobody or who.only
        else [event for action in (first, *more) for event in spread(who, action, deny=False)]
    ),
)
_ABOUT = seq(
    FILL,
    WHO,
    sign(":"),
    lazy(lambda: _CLAUSE),
    make=lambda _f, who, _c, items: (
        None
        if who.rest or who.nobody or who.only
        else [Tail(who=who, role="subject", bare=True), *items]
    ),
)
"""`db: only a may reach it`"""
_SO = seq(
    FILL,
    sign("LIMIT", "ISO", "KEEP"),
    WHO,
    sign("SO"),
    maybe(sign("THAT")),
    lazy(lambda: _CLAUSE),
    make=lambda _f, _v, who, _s, _t, items: (
        None
        if who.rest or who.nobody or who.only
        else [Tail(who=who, role="subject", bare=True), *items]
    ),
)
"""`restrict db so that only a may reach it`"""
_COMPLAINED = alt(
    seq(
        FILL,
        WHO,
        sign("COMPLAINT", "LISTEN"),
        maybe(TRAFFIC),
        make=lambda _f, who, _c, _t: [Tail(who=who, role="subject", bare=True)],
    ),
    seq(
        FILL,
        WHO,
        sign("BE"),
        FILL,
        sign("ABLE"),
        sign("FROM", "TO", "FOR", "BY"),
        WHO,
        SEP,
        _WANTS,
        lazy(lambda: _CLAUSE),
        make=lambda _f, who, _b, _g, _a, _p, anyone, _s, _w, items: (
            None if not is_wide(anyone) else [Tail(who=who, role="subject", bare=True), *items]
        ),
    ),
)
"""`x is open to everyone, change that so that only y may reach it`"""
_TAKEN = seq(
    FILL,
    sign("RECEIVE"),
    _ONLY,
    maybe(HEAD),
    maybe(sign("FROM")),
    WHO,
    maybe(TRAFFIC),
    make=lambda _f, _v, only, _h, _p, who, t: (
        None
        if who.rest or who.nobody
        else [
            Event(
                sources=replace(who, only=who.only or bool(only)),
                destinations=Who(pronoun=True),
                passing=t[0] if t else (),
                topic="destination",
            )
        ]
    ),
)
"""`accept a on 80`, behind what it is about"""
_BARE_HEADLINE = seq(
    FILL,
    _ONLY,
    HEAD,
    PARTS,
    make=lambda _f, only, head, parts: (
        connection(head, parts, deny=False, only=bool(only))
        if {one.role for one in parts} >= {"from", "to"} or (only and len(parts) > 1)
        else None
    ),
)
_BARE_REQUEST = seq(
    FILL,
    TRAFFIC,
    PARTS,
    make=lambda _f, t, parts: (
        connection((None, True), [Part(role="t", passing=t[0], only=t[1]), *parts], deny=False)
        if {one.role for one in parts} >= {"from", "to"}
        else None
    ),
)
_WHICH = alt(
    seq(maybe(sign("THAT")), MODAL, FILL, ACTION, make=lambda _t, m, _f, act: (m, act)),
    seq(
        maybe(sign("ALLOWED")),
        sign("TO", "WITH", "FOR", "OF"),
        ACTION,
        make=lambda _a, _p, act: ((False, False), act),
    ),
    seq(sign("THAT"), ACTION, make=lambda _, act: ((False, False), act)),
)
_SOLE = alt(
    seq(
        WHO,
        sign("ONLYONE"),
        _WHICH,
        make=lambda who, _o, which: (
            None
            if which[0][0] or who.rest
            else list(spread(replace(who, only=True), which[1], deny=False, only=which[0][1]))
        ),
    ),
    seq(
        WHO,
        sign("ONLYONE"),
        sign("OF", "FOR", "TO"),
        WHO,
        maybe(TRAFFIC),
        make=lambda who, _o, _p, other, t: list(
            spread(
                replace(who, only=True),
                Action(out=True, deals=(Deal(who=other, passing=t[0] if t else ()),)),
                deny=False,
            )
        ),
    ),
)


_PORT_FOR = seq(
    FILL,
    TRAFFIC,
    maybe(seq(sign("ON", "OF"), WHO, make=lambda _, who: who)),
    sign("BE"),
    FILL,
    _ONLY,
    sign("FOR"),
    WHO,
    maybe(seq(maybe(SEP), sign("NELSE"))),
    make=lambda _f, t, who, _b, _g, only, _p, users, rest: _port_for(
        t, who, users, only=bool(only or rest)
    ),
)


def _port_for(passes: Any, subject: Who | None, users: Who, *, only: bool) -> list[Any] | None:
    """Read `9100 is for prometheus only`, which says nothing of other ports."""
    if users.rest or users.nobody or not users.ends:
        return None
    subject = subject or Who(pronoun=True)
    allowed = Event(
        sources=replace(users, only=False),
        destinations=subject,
        passing=passes[0],
        topic="destination",
    )
    if not (only or users.only):
        return [allowed]
    others = Who(ends=(ANYONE,), excepted=users.ends)
    return [replace(allowed, beside=True), replace(allowed, effect="deny", sources=others)]


_CLOSING = closing_clauses(lambda: _CLAUSE)
_EXEMPTS = exempts(lazy(lambda: _CLAUSE))
_CLAUSE: Rule = alt(
    _COMPLAINED,
    _SOLE,
    RESTS,
    KEPT,
    _DECLARED,
    _CLOSING,
    _TELLING,
    _GRANTED,
    _GRANTED_TO,
    _NONE_PASSES,
    _REQUESTED,
    ORDERS,
    _HEADLINE,
    _FROM_TO,
    _WHO_MAY,
    _ABOUT,
    _SO,
    _TAKEN,
    _PORT_FOR,
    _BARE_HEADLINE,
    _BARE_REQUEST,
)
_WANTED = seq(FILL, _WANTS, FILL, maybe(sign("TO")), _CLAUSE, make=lambda *v: v[4])
_WISHED = seq(
    FILL,
    WHO,
    sign("TO"),
    maybe(MODAL),
    ACTION,
    make=lambda _f, who, _t, _m, act: None if who.rest else list(spread(who, act, deny=False)),
)
"""`we want a to call b`"""
_ANY = alt(_CLAUSE, _WANTED)
_WHOLE = seq(
    alt(_ANY, _WISHED, REFINES),
    many(
        alt(
            seq(SEP, maybe(sign("THAT")), alt(_ANY, TAILS), make=lambda _, _t, items: items),
            seq(_EXEMPTS, make=lambda one: [one]),
            seq(FILL, alt(TAILS, RESTS), make=lambda _f, items: items),
        )
    ),
    FILL,
    make=lambda first, more, _: [item for items in (first, *more) for item in items],
)


def parse_sentence(signs: Sequence[Sign]) -> list[Any] | None:
    """Return what a sentence says, item by item; None where a sign of it finds no place."""
    for steps, (end, items) in enumerate(_WHOLE(signs, 0)):
        if end == len(signs):
            return list(items)
        if steps > _MOST_STEPS:
            break
    return None

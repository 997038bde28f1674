"""Sentences of the strict reader: clauses in every form in which people say who may reach whom."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tools.intents.clause_actions import ACTION
from tools.intents.clause_closings import KEPT, closing_clauses, exempts
from tools.intents.clause_nouns import connection
from tools.intents.clause_orders import MODAL, ORDERS, is_wide
from tools.intents.clause_phrases import DEALS, FILL, HEAD, NOUN, PARTS, SENDERS, SEP, TRAFFIC, WHO
from tools.intents.clause_rests import REFINES, RESTS, TAILS
from tools.intents.clause_statements import SOLE, STATEMENTS
from tools.intents.clause_values import Action, Deal, Event, Part, Tail, Who, spread
from tools.intents.clauses import ANYONE
from tools.intents.combinators import Rule, alt, lazy, many, maybe, said, seq, sign
from tools.intents.frames import Sign

__all__ = ["parse_sentence"]

_MOST_STEPS = 20_000
_ONLY = maybe(sign("ONLY"))


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
    maybe(sign(",")),
    alt(said("so that", "WANT"), seq(sign("SO"), maybe(sign("THAT")))),
    lazy(lambda: _CLAUSE),
    make=lambda _f, _v, who, _c, _s, items: (
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
    SOLE,
    RESTS,
    KEPT,
    _CLOSING,
    STATEMENTS,
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

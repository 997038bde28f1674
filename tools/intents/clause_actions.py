"""Verbs of the strict reader: what they say of who connects to whom."""

from dataclasses import replace
from typing import Any

from tools.intents.clause_phrases import (
    DEALS,
    FETCHED,
    FILL,
    NOUN,
    PASSES,
    PAYLOAD,
    SENDERS,
    TO_DEALS,
    TRAFFIC,
    WHO,
)
from tools.intents.clause_values import Action, Deal, Who
from tools.intents.clauses import combine
from tools.intents.combinators import Rule, alt, lazy, many, maybe, said, seq, sign
from tools.intents.frames import Sign

__all__ = ["ACTING", "ACTION", "PASSIVE"]

_HERE = maybe(seq(maybe(sign(",")), sign("BOTHWAYS")))


def _does(only: Any, deals: tuple[Deal, ...], both: Any = None) -> Action:
    return Action(out=True, deals=deals, only=bool(only), mutual=bool(both))


def _sent(only: Any, passes: Any, deals: tuple[Deal, ...], both: Any) -> Action:
    if passes is not None:
        deals = tuple(replace(one, passing=combine(passes[0], one.passing)) for one in deals)
    return _does(only, deals, both)


def _active(reach: Rule, send: Rule, fetch: Rule) -> Rule:
    """Return a rule for verbs of who connects."""
    only = maybe(sign("ONLY"))
    verb = alt(reach, send)
    verb = seq(verb, many(seq(sign("AND"), alt(verb, fetch))), make=lambda one, _: one)
    paid = seq(PAYLOAD, maybe(TRAFFIC), make=lambda _, t: (t,))
    noun = seq(maybe(sign("ING", "EG")), NOUN, make=lambda *_: (None,))
    return alt(
        seq(
            only,
            verb,
            FILL,
            maybe(sign("BY")),
            DEALS,
            _HERE,
            make=lambda o, _v, _f, _b, deals, both: _does(o, deals, both),
        ),
        seq(
            only,
            alt(seq(send, paid, make=lambda _, t: t), seq(verb, noun, make=lambda _, t: t)),
            maybe(sign("ONLY")),
            TO_DEALS,
            _HERE,
            make=lambda o, t, late, deals, both: _sent(o or late, t[0], deals, both),
        ),
        seq(only, fetch, maybe(PAYLOAD), FETCHED, make=lambda o, _v, _p, deals: _does(o, deals)),
        seq(
            only,
            alt(verb, sign("GOOUT")),
            sign("OUT"),
            FILL,
            maybe(PASSES),
            make=lambda _o, _v, _u, _f, t: Action(out=True, side="egress", deals=_one(t)),
        ),
        seq(
            only,
            sign("GOOUT"),
            FILL,
            maybe(PASSES),
            make=lambda _o, _v, _f, t: Action(out=True, side="egress", deals=_one(t)),
        ),
        seq(
            only,
            verb,
            maybe(NOUN),
            maybe(sign("TO", "WITH")),
            sign("EACH"),
            maybe(PASSES),
            make=lambda _o, _v, _n, _p, _e, passes: Action(
                out=True, mutual=True, deals=(_each(passes),)
            ),
        ),
    )


def _one(passes: Any) -> tuple[Deal, ...]:
    return (Deal(passing=passes[0]),) if passes else ()


def _each(passes: Any) -> Deal:
    return Deal(who=Who(each=True), passing=passes[0] if passes else ())


def _passive(
    negative: bool, only: Any, first: Any, senders: tuple[Deal, ...] | None, late: Any
) -> Action | None:
    if first is None and senders is None:
        return Action(out=False, only=bool(only), negative=negative)
    deals = senders or (Deal(),)
    if first is not None and len(deals) > 1 and any(deal.passing for deal in deals):
        # `accepts 80 from a and 90 from b`: what stands first belongs to the first alone.
        return None
    if first is not None:
        deals = tuple(
            replace(
                deal,
                passing=combine(first[0], deal.passing),
                only_traffic=deal.only_traffic or first[1],
                but_traffic=deal.but_traffic or first[2],
            )
            for deal in deals
        )
    return Action(out=False, deals=deals, only=bool(only or late), negative=negative)


def _reached(being: Any, only: Any, verb: Sign) -> tuple[bool, Any] | None:
    """Read `is read by`; `can read from` is about who reads."""
    plain = verb.said.lower().split()[0] in ("read", "hit")
    return None if plain and not being else (False, only)


_BEING = maybe(sign("BE"))
_ONLY = maybe(sign("ONLY"))
_WITHIN = alt(
    seq(_BEING, _ONLY, sign("REACHED"), make=_reached),
    seq(_BEING, _ONLY, sign("ABLE"), make=lambda b, o, v: (False, o)),
    seq(_BEING, sign("UNABLE"), make=lambda b, v: (True, None)),
)
PASSIVE = seq(
    _WITHIN,
    maybe(TRAFFIC),
    maybe(SENDERS),
    make=lambda lead, first, senders: _passive(lead[0], lead[1], first, senders, None),
)
_TAKEN = alt(
    seq(maybe(sign("ING")), NOUN),
    sign("ING"),
    seq(sign("P"), make=lambda one: one if one.value.everyone else None),
    seq(many(sign("W"), least=1), make=lambda words: words if len(words) < 3 else None),
)
_RECEIVING = seq(
    _ONLY,
    sign("RECEIVE", "RECEIVING"),
    _ONLY,
    maybe(_TAKEN),
    maybe(TRAFFIC),
    maybe(_TAKEN),
    maybe(alt(SENDERS, FETCHED)),
    make=lambda o, _v, late, noun, first, noun2, senders: _received(
        o or late, bool(noun or noun2), first, senders
    ),
)
_REQUEST = seq(
    _ONLY,
    TRAFFIC,
    maybe(sign("ONLY")),
    sign("ON", "TO", "FROM", "OF", "IN", "AT"),
    WHO,
    maybe(PASSES),
    make=lambda o, t, late, _p, who, more: _requested(o or late, t, who, more),
)
_REQUEST_IT = seq(
    _ONLY,
    TRAFFIC,
    _ONLY,
    make=lambda o, t, late: (
        _requested(o or late, t, Who(pronoun=True), None)
        if any(option.requests for one in t[0] for option in one.options)
        else None
    ),
)
_NEEDING = seq(
    _ONLY,
    sign("NEED"),
    maybe(seq(sign("EG"), maybe(NOUN))),
    DEALS,
    make=lambda o, _v, _e, deals: Action(out=True, deals=deals, only=bool(o)),
)
_HAVING = seq(
    _ONLY,
    sign("HASACCESS"),
    DEALS,
    make=lambda o, _v, deals: Action(out=True, deals=deals, only=bool(o)),
)


def _requested(only: Any, passes: Any, who: Who, more: Any) -> Action:
    passing = combine(passes[0], more[0]) if more else passes[0]
    deal = Deal(who=who, passing=passing, only_traffic=passes[1] or bool(only))
    return Action(out=True, deals=(deal,))


_REFUSING = seq(
    sign("DENY"),
    maybe(NOUN),
    maybe(sign("FROM")),
    WHO,
    maybe(PASSES),
    make=lambda _d, _n, _p, who, t: (
        None
        if who.rest or who.nobody
        else Action(out=False, negative=True, deals=(Deal(who=who, passing=t[0] if t else ()),))
    ),
)
_REFUSING_REQUESTS = seq(
    sign("DENY"),
    TRAFFIC,
    sign("FROM"),
    WHO,
    make=lambda _d, t, _f, who: (
        None
        if who.rest or who.nobody or t[1] or t[2]
        else Action(out=False, negative=True, deals=(Deal(who=who, passing=t[0]),))
    ),
)
"""`must refuse POST from a`"""
_ENTERING = seq(
    sign("GETIN"),
    maybe(PASSES),
    make=lambda _, t: Action(
        out=True, deals=(Deal(who=Who(pronoun=True), passing=t[0] if t else ()),)
    ),
)
"""`only a gets in on 80`"""
_GIVEN = seq(
    maybe(sign("BE")), sign("GIVEN"), NOUN, DEALS, make=lambda _b, _g, _n, deals: _does(None, deals)
)
_PULLS = said("consume|consumes|poll|polls|scrape|scrapes|query|queries", "REACH")
_REACH = alt(sign("REACH"), said("egress", "EG"))
ACTION: Rule = alt(
    _active(_REACH, sign("SEND"), alt(sign("FETCH"), said("read", "REACHED"), _PULLS)),
    PASSIVE,
    _RECEIVING,
    _HAVING,
    seq(
        sign("EXCHANGE"),
        maybe(PASSES),
        maybe(sign("BOTHWAYS")),
        make=lambda _e, t, _b: Action(out=True, mutual=True, deals=(_each(t),)),
    ),
    seq(
        said("stop|stops|refuse|refuses|cease", "DENY"),
        lazy(lambda: ACTING),
        make=lambda _, act: None if act.negative else replace(act, negative=True),
    ),
    _GIVEN,
    _ENTERING,
    _REQUEST,
    _NEEDING,
    _REQUEST_IT,
    _REFUSING,
    _REFUSING_REQUESTS,
    seq(sign("BE"), lazy(lambda: ACTING), make=lambda _, act: act),
)
"""What follows `may`."""
ACTING: Rule = alt(
    _active(
        sign("REACHING"),
        sign("SENDING"),
        alt(sign("FETCHING"), said("consuming|polling|scraping|querying", "REACHING")),
    ),
    _RECEIVING,
    seq(sign("BE"), PASSIVE, make=lambda _, act: act),
)
"""What follows `from` behind `prevent a`."""


def _received(only: Any, noun: bool, first: Any, senders: tuple[Deal, ...] | None) -> Action | None:
    if not (noun or first or senders):
        return None
    return _passive(False, only, first, senders, None)

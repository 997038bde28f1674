"""Clauses that tell: `a may call b`, `traffic from a to b is denied`, `a is the only one`."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from tools.intents.clause_actions import ACTING, ACTION
from tools.intents.clause_closings import NOMINAL
from tools.intents.clause_nouns import connection, named_pair
from tools.intents.clause_orders import MODAL, is_wide
from tools.intents.clause_phrases import DEALS, FILL, HEAD, NOUN, PARTS, SENDERS, SEP, TRAFFIC, WHO
from tools.intents.clause_rests import is_person
from tools.intents.clause_values import Action, Deal, Event, Part, Rest, Who, spread
from tools.intents.clauses import ANYONE
from tools.intents.combinators import Rule, alt, many, maybe, seq, sign

__all__ = ["SOLE", "STATEMENTS"]

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
        seq(
            FILL,
            maybe(sign("TO")),
            FILL,
            ACTION,
            FILL,
            make=lambda _, _t, _g, act, _f: (None, False, act),
        ),
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
    deny = alone = False
    for negative, only, action in (first, *later):
        deny = deny if negative is None else negative
        # `may only call a and push to b`: the modal is said of both.
        alone = only = alone if negative is None else only
        turned = not first[2].out and action.out and events
        if negative is None and all(map(_is_refinement, action.deals)) and action.deals and events:
            # `may call b, and only with GET`: it limits what was said.
            return None
        unsaid = negative is None and any(one.passing for one in action.deals)
        if turned and (unsaid or any(one.who and one.who.pronoun for one in action.deals)):
            # `accepts a, and only POST`, `is open on 1 from a and on 2 from b`: no verb of its own.
            return None
        if not _fits(who, action, deny=deny):
            if not later:
                return None
            # `may accept traffic, and may not accept it from x`
            continue
        events += _rested(who, spread(who, action, deny=deny, only=only))
    return None if any(one is None for one in events) else events


def _is_refinement(deal: Deal) -> bool:
    return bool(deal.who and deal.who.pronoun and deal.passing and deal.only_traffic)


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


SOLE = alt(
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


STATEMENTS: Rule = alt(_DECLARED, _TELLING, _GRANTED, _GRANTED_TO, _NONE_PASSES, _REQUESTED)
"""Clauses with a verb that is not in the imperative."""

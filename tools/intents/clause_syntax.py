"""Sentences of the strict reader: clauses in every form in which people say who may reach whom."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from tools.intents.clause_nouns import connection, exposure, limits, named_pair
from tools.intents.clause_phrases import (
    ACTING,
    ACTION,
    DEALS,
    FILL,
    NOUN,
    PARTS,
    SEP,
    TRAFFIC,
    WHO,
)
from tools.intents.clause_values import (
    Action,
    Again,
    Closing,
    Deal,
    Event,
    Exempt,
    Keep,
    Part,
    Rest,
    Tail,
    Who,
    spread,
)
from tools.intents.combinators import Rule, alt, lazy, many, maybe, said, seq, sign
from tools.intents.frames import Sign

__all__ = ["parse_sentence"]

_MOST_STEPS = 60_000
_ONLY = maybe(sign("ONLY"))


def _may(found: Sign) -> tuple[bool, bool]:
    """Return whether a modal denies, and whether it holds `only`."""
    low = found.said.lower().split()
    only = any(one in low for one in ("only", "solely", "exclusively", "just"))
    return found.symbol == "MAYNOT", only


_MODAL = seq(sign("MAY", "MAYNOT"), FILL, make=lambda one, _: _may(one))
_PREDICATE = alt(
    seq(_MODAL, FILL, ACTION, FILL, make=lambda m, _, act, _f: (m[0], m[1], act)),
    seq(sign("NOT"), ACTION, FILL, make=lambda _n, act, _f: (True, False, act)),
    seq(FILL, ACTION, FILL, make=lambda _, act, _f: (False, False, act)),
)
_LATER = seq(
    alt(SEP, seq(sign(","), sign("AND", "BUT"))),
    alt(
        seq(_MODAL, FILL, ACTION, FILL, make=lambda m, _, act, _f: (m[0], m[1], act)),
        seq(FILL, ACTION, FILL, make=lambda _, act, _f: (None, False, act)),
    ),
    make=lambda _, one: one,
)


def _subject(who: Who, first: tuple[Any, ...], later: Sequence[tuple[Any, ...]]) -> list[Any] | None:
    if who.each:
        return None
    events: list[Any] = []
    deny = False
    for negative, only, action in (first, *later):
        deny = deny if negative is None else negative
        if not _fits(who, action, deny=deny):
            return None
        events += _rested(who, spread(who, action, deny=deny, only=only))
    return events


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
        plain = not one.passing and not one.but_traffic
        if closes and plain:
            yield Rest(said=who.rest, subject=one.topic == "source", toward=other)
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
    return Rest(said=other.rest, side="egress" if one.topic == "source" else "ingress")


_DECLARED = seq(FILL, WHO, FILL, _PREDICATE, many(_LATER),
                make=lambda _f, who, _g, first, later: _subject(who, first, later))  # fmt: skip

_RESULT = alt(
    seq(sign("ALLOWED"), make=lambda one: False),
    seq(sign("DENIED", "UNALLOWED"), make=lambda one: True),
    seq(sign("MAY"), FILL, sign("DENIED"), make=lambda *_: True),
    seq(sign("MAY"), FILL, sign("ALLOWED"), make=lambda *_: False),
    seq(sign("MAYNOT"), FILL, sign("ALLOWED"), make=lambda *_: True),
    seq(sign("NOTDENIED"), make=lambda one: False),
)
_SIDE = sign("ING", "EG")
_HEAD = alt(
    seq(_SIDE, sign("AND"), _SIDE, maybe(NOUN), make=lambda *_: ("both", True)),
    seq(_SIDE, maybe(NOUN), make=lambda one, _: (_side(one), True)),
    seq(NOUN, _SIDE, make=lambda _, one: (_side(one), True)),
    seq(NOUN, make=lambda one: (None, True)),
)


def _side(found: Sign) -> str:
    return "ingress" if found.symbol == "ING" else "egress"


_OWNED = seq(WHO, sign("POSS"), _HEAD, PARTS, make=lambda who, _, head, parts: (head, [Part(role="of", who=who), *parts]))
_NOMINAL = alt(seq(_HEAD, PARTS, make=lambda head, parts: (head, parts)), _OWNED)
_TELLING = seq(
    FILL, _ONLY, _NOMINAL, FILL, _RESULT, FILL, PARTS,
    make=lambda _f, only, nominal, _g, deny, _h, more: connection(
        nominal[0], [*nominal[1], *more], deny=deny, only=bool(only)),
)  # fmt: skip
_NONE_PASSES = seq(
    FILL, sign("NONE"), _NOMINAL, maybe(_RESULT), PARTS,
    make=lambda _f, _n, nominal, allowed, more: None if allowed else connection(
        nominal[0], [*nominal[1], *more], deny=True),
)  # fmt: skip
_GRANTED = seq(
    FILL, WHO, FILL, _RESULT, maybe(NOUN), PARTS, FILL,
    make=lambda _f, who, _g, deny, noun, parts, _h: _granted(who, deny, noun, parts),
)  # fmt: skip


def _granted(who: Who, deny: bool, noun: Sign | None, parts: Sequence[Part]) -> list[Any] | None:
    """Read `a is allowed to b`, `a is denied`, `others are refused`."""
    if who.rest:
        if parts or deny == who.nobody:
            return None
        return [Rest(said=who.rest, subject=bool(_persons(who.rest)))]
    if not parts:
        return None
    return named_pair(who, parts, deny=deny, passive=True)


def _persons(said: str) -> bool:
    from tools.intents.clause_words import PERSONS

    return bool(PERSONS.search(said))


_HEADLINE = seq(
    FILL, WHO, sign(":"), _HEAD, PARTS,
    make=lambda _f, who, _c, head, parts: connection(
        head, [Part(role="of", who=who), *parts], deny=False, only=False)
    if head[0] and any(one.role in ("from", "to", "by") for one in parts) else None,
)  # fmt: skip
_ABOUT = seq(
    FILL, WHO, sign(":"), lazy(lambda: _CLAUSE),
    make=lambda _f, who, _c, items: None if who.rest or who.nobody or who.only else [
        Tail(who=who, role="subject", bare=True), *items],
)  # fmt: skip
"""`db: only a may reach it`"""
_BARE_HEADLINE = seq(
    FILL, _ONLY, _HEAD, PARTS,
    make=lambda _f, only, head, parts: connection(head, parts, deny=False, only=bool(only))
    if {one.role for one in parts} >= {"from", "to"} or (only and len(parts) > 1) else None,
)  # fmt: skip
_SOLE = alt(
    seq(
        WHO, sign("ONLYONE"), maybe(sign("THAT")), _MODAL, ACTION,
        make=lambda who, _o, _t, m, act: list(spread(replace(who, only=True), act, deny=False, only=m[1]))
        if not m[0] else None,
    ),
    seq(
        WHO, sign("ONLYONE"), alt(sign("TO", "WITH"), sign("OF", "FOR")), ACTION,
        make=lambda who, _o, _t, act: list(spread(replace(who, only=True), act, deny=False)),
    ),
    seq(
        WHO, sign("ONLYONE"), sign("OF", "FOR", "TO"), WHO, maybe(TRAFFIC),
        make=lambda who, _o, _p, other, t: list(spread(
            replace(who, only=True),
            Action(out=True, deals=(Deal(who=other, passing=t[0] if t else ()),)), deny=False)),
    ),
)  # fmt: skip

_VERB = alt(
    seq(sign("ALLOW", "GIVE"), make=lambda _: False), seq(sign("DENY"), make=lambda _: True)
)
_LEAD = seq(FILL, _ONLY, maybe(sign("TO")), make=lambda _f, only, _t: bool(only))


def _let(only: Any, deny: bool, who: Who, late: Any, modal: Any, action: Action) -> list[Any] | None:
    if deny or who.rest or who.each:
        return None
    who = replace(who, only=who.only or bool(only))
    return [replace(one, topic="") if action.out else one
            for one in spread(who, action, deny=False, only=bool(late))]  # fmt: skip


_LET = seq(
    _LEAD, _VERB, WHO, _ONLY, maybe(sign("TO")), _ONLY, FILL, ACTION,
    make=lambda only, deny, who, l1, _t, l2, _f, act: _let(only, deny, who, l1 or l2, None, act),
)  # fmt: skip
_PREVENT = seq(
    FILL, alt(sign("DENY"), sign("CUT")), WHO, maybe(sign("FROM")), FILL, ACTING,
    make=lambda _f, _v, who, _p, _g, act: None if who.rest else list(spread(who, act, deny=True)),
)  # fmt: skip
_ORDER = seq(
    _LEAD, _VERB, _ONLY, _NOMINAL,
    make=lambda only, deny, late, nominal: connection(
        nominal[0], nominal[1], deny=deny, only=bool(only or late)),
)  # fmt: skip
_PASS = seq(
    _LEAD, _VERB, maybe(NOUN), TRAFFIC, PARTS,
    make=lambda only, deny, _n, t, parts: connection(
        (None, False), [Part(role="t", passing=t[0], only=t[1]), *parts], deny=deny, only=bool(only)),
)  # fmt: skip
_PAIR = seq(
    _LEAD, _VERB, _ONLY, WHO, maybe(seq(maybe(sign("POSS")), _HEAD, make=lambda _, head: head)), PARTS,
    make=lambda only, deny, late, who, head, parts: named_pair(
        replace(who, only=who.only or bool(only or late)),
        [*parts, *([Part(role=head[0])] if head and head[0] else [])], deny=deny),
)  # fmt: skip
_GIVE = seq(
    FILL, sign("GIVE"), WHO, NOUN, DEALS,
    make=lambda _f, _v, who, _n, deals: list(spread(who, Action(out=True, deals=deals), deny=False)),
)  # fmt: skip
_AWAY = seq(
    FILL, sign("CUT", "DENY"), WHO, maybe(said("away|out", "BREAKOFF")), sign("FROM"), DEALS,
    make=lambda _f, _v, who, _b, _p, deals: list(spread(who, Action(out=True, deals=deals), deny=True)),
)  # fmt: skip
_OPEN = seq(
    FILL, alt(sign("EXPOSE"), said("open", "ABLE")), maybe(seq(TRAFFIC, sign("ON", "OF", "IN"))), WHO, maybe(sign("ABLE")), PARTS,
    make=lambda _f, _v, t, who, _a, parts: exposure(t[0][0] if t else (), who, parts),
)  # fmt: skip
_LIMITING = alt(
    seq(FILL, sign("LIMIT"), _NOMINAL, make=lambda _f, _v, nominal: limits(nominal[0], nominal[1], None)),
    seq(FILL, _NOMINAL, maybe(sign("BE", "MAY")), maybe(sign("BE")), sign("LIMITED"), PARTS,
        make=lambda _f, nominal, _m, _b, _v, more: limits(nominal[0], [*nominal[1], *more], None)),
    seq(FILL, sign("LIMIT"), WHO, PARTS, make=lambda _f, _v, who, parts: limits((None, False), parts, who)),
)  # fmt: skip

_TOPIC = {"DNS": "dns", "METRICS": "metrics", "PROBES": "probes"}
_TOPICS = seq(
    sign("DNS", "METRICS", "PROBES"),
    many(seq(alt(sign("AND"), seq(sign(","), sign("AND")), sign(",")), sign("DNS", "METRICS", "PROBES"))),
    make=lambda first, more: Keep(
        topics=tuple(_TOPIC[one.symbol] for one in (first, *(m[-1] for m in more)))),
)  # fmt: skip
_KEPT = alt(
    seq(FILL, maybe(sign("KEEP", "ALLOW")), _TOPICS, maybe(sign("KEEPWORK", "ALLOWED")), FILL,
        make=lambda _f, _k, keep, _w, _g: [keep]),
    seq(FILL, _TOPICS, sign("MAY"), maybe(sign("KEEPWORK", "ALLOWED")), make=lambda _f, keep, _m, _w: [keep]),
)  # fmt: skip
_DOING = seq(WHO, ACTING, make=lambda who, act: list(spread(who, act, deny=False)))
_EXEMPT_ONE = alt(
    _KEPT,
    _DOING,
    seq(sign("FROM", "BY"), WHO, maybe(TRAFFIC), make=lambda _, who, t: [
        Tail(who=who, role="source", passing=t[0] if t else ())]),
    seq(sign("TO"), WHO, maybe(TRAFFIC), make=lambda _, who, t: [
        Tail(who=who, role="destination", passing=t[0] if t else ())]),
    lazy(lambda: _CLAUSE),
    seq(WHO, maybe(TRAFFIC), make=lambda who, t: None if who.rest or who.nobody else [
        Tail(who=who, role="object", passing=t[0] if t else (), bare=True)]),
)  # fmt: skip
_EXEMPTS = seq(
    alt(sign("EXCEPT"), seq(maybe(sign(",")), sign("BUT"), maybe(sign("KEEP", "ALLOW", "EXCEPT"))),
        seq(maybe(sign(",", ":")), sign("EXCEPT", "KEEP"))),
    FILL,
    _EXEMPT_ONE,
    many(seq(alt(seq(sign(","), sign("AND")), sign(","), sign("AND")), _EXEMPT_ONE,
             make=lambda _, one: one)),
    make=lambda _e, _f, first, more: Exempt(events=tuple(x for one in (first, *more) for x in one)),
)  # fmt: skip


def _isolated(who: Who, wholly: Any, parts: Sequence[Part], exempt: Exempt | None) -> list[Any] | None:
    if who.rest or who.only or who.nobody:
        return None
    others = next((one.who for one in parts if one.role in ("from", "to")), None)
    if others is not None and (others.rest or others.nobody or others.pronoun or others.only):
        return None
    sides = {one.role for one in parts} & {"ingress", "egress", "both"}
    if len(sides) > 1 or any(one.role not in ("from", "to", "ingress", "egress", "both") for one in parts):
        return None
    side = next(iter(sides - {"both"}), None)
    return [
        Closing(verb="ISOLATE", subject=who, others=others, side=side, wholly=bool(wholly)),  # type: ignore[arg-type]
        *([exempt] if exempt else []),
    ]


def _wholly(found: Sequence[Sign]) -> bool:
    return any(one.said.lower() in ("completely", "entirely", "fully", "totally") for one in found)


_ISOLATING = seq(
    FILL, sign("ISO", "CUT"), FILL, WHO, maybe(sign("BREAKOFF")), FILL, PARTS, maybe(_EXEMPTS),
    make=lambda _f, _v, pre, who, _b, mid, parts, exempt: _isolated(
        who, _wholly(mid) or _wholly(pre), parts, exempt),
)  # fmt: skip
_ISOLATED = seq(
    FILL, WHO, maybe(sign("BE", "MAY")), maybe(sign("BE")), FILL, sign("ISOLATED"), FILL, PARTS, maybe(_EXEMPTS),
    make=lambda _f, who, _m, _b, pre, _v, mid, parts, exempt: _isolated(
        who, _wholly(mid) or _wholly(pre), parts, exempt),
)  # fmt: skip
_DEFAULT = seq(
    FILL, maybe(_VERB), sign("DEFAULTDENY"), maybe(_HEAD), maybe(sign("FOR", "IN", "ON", "TO")), WHO,
    maybe(seq(maybe(sign(",")), _ONLY, _HEAD, _ONLY, make=lambda *v: v[2])), maybe(_EXEMPTS),
    make=lambda _f, _v, _d, head, _p, who, side, exempt: _by_default(who, head or side, exempt),
)  # fmt: skip


def _by_default(who: Who, head: Any, exempt: Exempt | None) -> list[Any] | None:
    if who.rest or who.nobody or who.only:
        return None
    side = head[0] if head and head[0] in ("ingress", "egress") else None
    return [Closing(verb="DEFAULTDENY", subject=who, side=side), *([exempt] if exempt else [])]


_RESTS = alt(
    seq(FILL, sign("NELSE"), FILL, make=lambda _f, one, _g: [Rest(said=one.said, joined=True)]),
    seq(FILL, sign("NELSE"), sign("MAY", "ALLOWED"), FILL, make=lambda _f, one, _m, _g: [
        Rest(said=one.said, subject=True) if _persons(one.said) else Rest(said=one.said)]),
    seq(FILL, sign("PELSE"), sign("MAYNOT"), FILL, make=lambda _f, one, _m, _g: [
        Rest(said=one.said, subject=_persons(one.said))]),
    seq(FILL, sign("PELSE"), FILL, maybe(sign("MAY")), FILL, sign("DENIED", "UNALLOWED"), FILL,
        make=lambda _f, one, _h, _m, _i, _d, _g: [Rest(said=one.said, subject=_persons(one.said))]),
    seq(FILL, sign("PELSE"), FILL, PARTS, FILL, maybe(sign("MAY")), sign("DENIED", "UNALLOWED"), FILL,
        make=lambda _f, one, _h, parts, _i, _m, _d, _g: _rest_toward(one, parts)),
    seq(FILL, sign("DENY"), sign("PELSE"), PARTS, FILL, make=lambda _f, _d, one, parts, _g:
        _rest_toward(one, parts) if parts else [Rest(said=one.said)]),
    seq(FILL, sign("CUT", "KEEP"), sign("PELSE"), sign("OUT"), make=lambda _f, _k, one, _o: [
        Rest(said=one.said, subject=True)]),
    seq(FILL, sign("RESTN"), maybe(sign("ALLOWED")), make=lambda _f, one, _a: [Rest(said=one.said, traffic=True)]),
    seq(FILL, sign("RESTP"), FILL, maybe(sign("MAY")), sign("DENIED", "UNALLOWED"),
        make=lambda _f, one, _g, _m, _d: [Rest(said=one.said, traffic=True)]),
    seq(FILL, sign("DENY"), sign("RESTP"), make=lambda _f, _d, one: [Rest(said=one.said, traffic=True)]),
    seq(FILL, sign("TO", "FROM", "BY"), sign("NELSE"), FILL, make=lambda _f, lead, one, _g: [
        Rest(said=one.said, side="egress" if lead.symbol == "TO" else "ingress")]),
)  # fmt: skip


def _rest_toward(found: Sign, parts: Sequence[Part]) -> list[Any] | None:
    if len(parts) != 1 or parts[0].who is None or parts[0].role not in ("to", "from", "of", "in"):
        return None
    side = "egress" if parts[0].role == "from" else "ingress"
    return [Rest(said=found.said, toward=parts[0].who, side=side)]  # type: ignore[arg-type]


_AGAIN = seq(FILL, sign("DENY"), alt(sign("IT"), said("that", "THAT")), FILL,
             make=lambda _f, _d, _i, _g: [Again()])  # fmt: skip
"""`..., revoke that`: what was denied before is denied."""
_TAILS = alt(
    _AGAIN,
    seq(FILL, WHO, _MODAL, FILL, make=lambda _f, who, m, _g: None if who.rest or m[1] else [
        Tail(who=who, role="subject", negative=m[0])]),
    seq(sign("NOT"), sign("BY", "FROM"), WHO, maybe(TRAFFIC), make=lambda _n, _p, who, t: [
        Tail(who=who, role="source", negative=True, passing=t[0] if t else ())]),
    seq(sign("NOT"), sign("TO"), WHO, maybe(TRAFFIC), make=lambda _n, _p, who, t: [
        Tail(who=who, role="destination", negative=True, passing=t[0] if t else ())]),
    seq(sign("NOT"), WHO, maybe(TRAFFIC), make=lambda _n, who, t: [
        Tail(who=who, role="object", negative=True, passing=t[0] if t else ())]),
    seq(_ONLY, sign("BY", "FROM"), WHO, maybe(TRAFFIC), make=lambda only, _p, who, t: [
        Tail(who=replace(who, only=who.only or bool(only)), role="source", passing=t[0] if t else ())]),
)  # fmt: skip
_PORT_FOR = seq(
    FILL, TRAFFIC, maybe(seq(sign("ON", "OF"), WHO, make=lambda _, who: who)), sign("BE"), FILL,
    _ONLY, sign("FOR"), WHO, maybe(seq(maybe(SEP), sign("NELSE"))),
    make=lambda _f, t, who, _b, _g, only, _p, users, rest: _port_for(t, who, users, bool(only or rest)),
)  # fmt: skip


def _port_for(passes: Any, subject: Who | None, users: Who, only: bool) -> list[Any] | None:
    """Read `9100 is for prometheus only`, which says nothing of other ports."""
    if users.rest or users.nobody or not users.ends:
        return None
    subject = subject or Who(pronoun=True)
    allowed = Event(
        sources=replace(users, only=False), destinations=subject, passing=passes[0], topic="destination"
    )
    if not (only or users.only):
        return [allowed]
    from tools.intents.clauses import ANYONE

    others = Who(ends=(ANYONE,), excepted=users.ends)
    return [replace(allowed, exposed=True), replace(allowed, effect="deny", sources=others)]


_LISTENS = seq(FILL, WHO, sign("LISTEN"), TRAFFIC, make=lambda _f, who, _l, t: [Tail(who=who, role="subject", bare=True)])
_CLAUSE: Rule = alt(
    _SOLE, _RESTS, _KEPT, _DECLARED, _TELLING, _GRANTED, _NONE_PASSES, _PREVENT, _AWAY, _LET, _GIVE,
    _ORDER, _PASS, _PAIR, _OPEN, _LIMITING, _DEFAULT, _ISOLATING, _ISOLATED, _HEADLINE, _ABOUT, _PORT_FOR,
    _LISTENS, _BARE_HEADLINE,
)  # fmt: skip
_WANTED = seq(FILL, sign("WANT"), FILL, maybe(sign("TO")), _CLAUSE, make=lambda *v: v[4])
_WHOLE = seq(
    alt(_CLAUSE, _WANTED),
    many(
        alt(
            seq(SEP, alt(_CLAUSE, _TAILS, _WANTED), make=lambda _, items: items),
            seq(_EXEMPTS, make=lambda one: [one]),
            seq(FILL, _TAILS, make=lambda _f, items: items),
        )
    ),
    FILL,
    make=lambda first, more, _: [item for items in (first, *more) for item in items],
)


def parse_sentence(signs: Sequence[Sign]) -> list[Any] | None:
    """Return what a sentence says, item by item; None where a sign of it finds no place."""
    steps = 0
    for end, items in _WHOLE(signs, 0):
        steps += 1
        if end == len(signs) and all(one is not None for one in items):
            return list(items)
        if steps > _MOST_STEPS:
            break
    return None

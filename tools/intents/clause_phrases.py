"""Phrases of the strict reader: who is meant, what passes, and what a verb says of them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tools.intents.clause_values import Deal, Part, Who, merged
from tools.intents.clauses import ANYONE, combine
from tools.intents.combinators import Rule, alt, at_last, lazy, many, maybe, said, seq, sign
from tools.intents.frames import Sign
from tools.intents.parties import End
from tools.intents.traffic import Passing

__all__ = [
    "DEALS",
    "FETCHED",
    "FILL",
    "HEAD",
    "NOUN",
    "PARTS",
    "PASSES",
    "PAYLOAD",
    "SENDERS",
    "SEP",
    "TO_DEALS",
    "TRAFFIC",
    "WHO",
    "deals_rule",
]

FILL = many(sign("FILL"))
_ART = many(sign("ART"))
NOUN = seq(
    _ART,
    alt(sign("NOUN"), said("access|requests|calls|queries|request|call", "REACH")),
    make=lambda _, one: one,
)
"""What passes, by its noun."""
SEP = seq(
    alt(
        seq(sign(","), sign("SO")),
        seq(sign(","), sign("AND", "BUT", "THAT")),
        seq(sign("AND"), sign("BUT")),
        sign("AND"),
        sign(","),
        sign("BUT"),
        sign(":"),
    ),
    FILL,
)
"""What stands between clauses."""
_LIST = alt(seq(sign(","), sign("AND")), sign("AND"), sign(","))


def _end(found: Sign) -> Who:
    assert isinstance(found.value, End)
    return Who(ends=(found.value,))


def _map(rule: Rule, make: Any) -> Rule:
    return seq(rule, make=make)


_NAME = alt(
    seq(many(sign("ART")), sign("P"), make=lambda _, one: _end(one)),
    _map(
        sign("IT"), lambda one: Who(pronoun=True, plural=one.said.lower() not in ("it", "itself"))
    ),
    seq(sign("OUTSIDE"), sign("P"), make=lambda _, one: replace(_end(one), outside=True)),
)


def _listed(_: Any, first: Who, others: Sequence[list[Any]]) -> Who | None:
    every = [first, *(one[1] for one in others)]
    if len(every) > 1 and any(one.pronoun or one.outside for one in every):
        return None
    return replace(first, ends=tuple(end for one in every for end in one.ends))


_ENDS = seq(FILL, _NAME, many(seq(_LIST, _NAME)), make=_listed)
_OUTSIDERS = seq(maybe(_LIST), sign("EXCEPT"), _ENDS, make=lambda *v: v[2])
_EXCEPTED = seq(
    maybe(sign(",")),
    maybe(sign("AND")),
    _ENDS,
    sign("EXCEPTED"),
    maybe(seq(sign("("), lazy(lambda: TRAFFIC), sign(")"), make=lambda _a, t, _b: t)),
    make=lambda _c, _a, ends, _e, t: replace(ends, passing=t[0]) if t else ends,
)


def _without(ends: Who, left_out: Who | None) -> Who | None:
    if left_out is None:
        return ends
    if left_out.pronoun:
        return None
    return replace(ends, excepted=left_out.ends, passing=left_out.passing)


def _wide(ends: Who) -> Who | None:
    return ends if ends.ends and all(end.everyone for end in ends.ends) else None


_SOME = seq(_ENDS, maybe(alt(_OUTSIDERS, _EXCEPTED)), make=_without)
_EVERY = _map(sign("ALL"), lambda one: Who(ends=(replace(ANYONE, said=one.said),)))
_BUT_SOME = seq(
    alt(_map(_ENDS, _wide), _EVERY),
    sign("BUT", "EXCEPT"),
    maybe(sign("NOT")),
    maybe(sign("FROM", "TO", "BY")),
    _ENDS,
    make=lambda wide, _b, _n, _p, left_out: _without(wide, left_out),
)
_NO_ONE = seq(
    sign("NONE"),
    maybe(
        alt(
            seq(
                alt(sign("EXCEPT"), sign("BUT")),
                maybe(sign("FROM", "TO", "BY")),
                _ENDS,
                make=lambda *v: ("but", v[2]),
            ),
            seq(sign("IN", "FROM", "OF"), _ENDS, make=lambda *v: ("in", v[1])),
            seq(sign("OUTSIDE"), sign("P"), make=lambda _, one: ("outside", _end(one))),
        )
    ),
    make=lambda _, more: _nobody(more),
)
_NO_SUCH = seq(
    alt(sign("NOT"), sign("NO")),
    _ENDS,
    maybe(_OUTSIDERS),
    make=lambda _, ends, out: _none_of(ends, out),
)


def _nobody(more: tuple[str, Who] | None) -> Who | None:
    if more is None:
        return Who(nobody=True)
    how, who = more
    if who.pronoun:
        return None
    if how == "but":
        return Who(nobody=True, excepted=who.ends)
    if how == "outside":
        return Who(ends=who.ends, only=True)
    return replace(who, nobody=True)


def _none_of(ends: Who, left_out: Who | None) -> Who:
    return replace(ends, nobody=True, excepted=left_out.ends if left_out else ())


_REST = seq(
    sign("NELSE", "PELSE"),
    at_last(
        seq(maybe(sign("IN", "ON", "OF")), sign("P"), make=lambda _, one: _end(one)),
    ),
    make=lambda one, within: Who(
        rest=one.said, nobody=one.symbol == "NELSE", ends=within.ends if within else ()
    ),
)
WHO = alt(
    _BUT_SOME,
    seq(
        maybe(sign("ONLY")),
        _SOME,
        at_last(sign("ONLY")),
        make=lambda a, who, b: replace(who, only=bool(a or b)),
    ),
    _NO_ONE,
    _NO_SUCH,
    _REST,
    _map(sign("EACH"), lambda _: Who(each=True)),
)
"""Ends, with `only`, what is left out of them, `nobody`, `others`, `each other`."""

_MARK = seq(
    maybe(sign("ON", "WITH", "FOR", "OF")),
    maybe(seq(_ART, maybe(sign("METRICS")), sign("PORTNOUN"))),
    maybe(sign("(")),
    maybe(sign("ONLY")),
    sign("T"),
    maybe(sign("ONLY")),
    maybe(sign(")")),
    maybe(sign("PORTNOUN")),
    make=lambda _o, port, left, only, one, late, right, _p: (
        (one.value, bool(only or late)) if bool(left) == bool(right) else None
    ),
)
_MARKS = seq(
    maybe(sign("ONLY")),
    _MARK,
    many(
        seq(
            maybe(_LIST),
            maybe(sign("ONLY")),
            _MARK,
            make=lambda j, o, t: (t[0], t[1] or bool(o), j),
        )
    ),
    maybe(sign("ONLY")),
    make=lambda a, first, more, b: _passes(first, more, only=bool(a or b)),
)
_NOT_ON = seq(
    maybe(_LIST),
    alt(sign("EXCEPT"), seq(sign("BUT"), sign("NOT")), sign("NOT")),
    _MARK,
    make=lambda *v: v[2][0],
)


def _passes(
    first: tuple[Passing, bool], more: Sequence[tuple[Any, ...]], *, only: bool
) -> tuple[tuple[Passing, ...], bool]:
    """Return what passes: alternatives where they are joined, both at once where they are not."""
    parts: list[tuple[Passing, ...]] = [(first[0],)]
    for one in more:
        if one[2] is None or _other_kind(parts[-1], one[0]):
            parts[-1] = combine(parts[-1], (one[0],))
        else:
            parts.append((one[0],))
    options = [option for part in parts for option in part[0].options]
    said = " ".join(part[0].said for part in parts)
    passing = Passing(
        options=tuple(options), said=said, without_token=any(p[0].without_token for p in parts)
    )
    return (passing,), only or first[1] or any(one[1] for one in more)


def _other_kind(part: Sequence[Passing], other: Passing) -> bool:
    """Say whether two things that pass are a port and a request: those hold together."""
    mine = {bool(option.ports) for option in part[0].options}
    theirs = {bool(option.ports) for option in other.options}
    return mine != theirs and len(mine) == len(theirs) == 1


TRAFFIC: Rule = alt(
    seq(_MARKS, maybe(_NOT_ON), make=lambda t, but: (t[0], t[1], (but,) if but else ())),
    seq(sign("NONE"), sign("EXCEPT", "BUT"), _MARKS, make=lambda _n, _b, t: (t[0], True, ())),
)
_BUT_TRAFFIC = _map(_NOT_ON, lambda but: ((), False, (but,)))
PASSES = alt(
    TRAFFIC,
    _BUT_TRAFFIC,
    seq(sign(","), TRAFFIC, make=lambda _, t: t),
    seq(sign("("), TRAFFIC, sign(")"), make=lambda _a, t, _b: t),
)
_TO = sign("TO", "WITH")
PAYLOAD = alt(
    seq(maybe(sign("ING", "EG")), alt(NOUN, seq(_ART, sign("METRICS"))), make=lambda *_: True),
    seq(_ART, said("logs|reports|posts|streams|uploads|metrics", "SEND", "METRICS")),
    seq(_ART, many(sign("W"), least=1), make=lambda _, words: True if len(words) < 3 else None),
)
"""What is sent or fetched, which no policy tells apart."""


def _deal(only: Any, who: Who, passes: Any, late: Any = None) -> Deal | None:
    who = replace(who, only=who.only or bool(only))
    if passes is None:
        return Deal(who=who)
    if who.nobody and passes[2]:
        return None
    if who.excepted:
        return Deal(who=replace(who, passing=passes[0]))
    return Deal(who=who, passing=passes[0], only_traffic=passes[1], but_traffic=passes[2])


def _joined(passes: Any, more: Any) -> Any:
    if more is None:
        return passes
    return combine(passes[0], more[0]), passes[1] or more[1], (*passes[2], *more[2])


def deals_rule(prepositions: Rule, *, needed: bool) -> Rule:
    """Return a rule for what stands at the other end, with its prepositions."""
    lead = prepositions if needed else maybe(prepositions)
    plain = seq(
        maybe(sign("ONLY")),
        lead,
        WHO,
        maybe(PASSES),
        make=lambda only, _, who, passes: _deal(only, who, passes),
    )
    turned = seq(
        TRAFFIC,
        maybe(sign("ONLY")),
        sign("OF", "ON", "TO", "IN", "FROM", "FOR", "BY") if not needed else lead,
        WHO,
        maybe(TRAFFIC),
        make=lambda passes, only, _, who, more: _deal(only, who, _joined(passes, more)),
    )
    one = alt(plain, turned)
    return seq(
        one,
        many(seq(_LIST, one, make=lambda _, deal: None if deal.who.rest else deal)),
        make=lambda first, more: (first, *more),
    )


DEALS = deals_rule(_TO, needed=False)
TO_DEALS = deals_rule(_TO, needed=True)
SENDERS = deals_rule(sign("FROM", "BY", "TO", "FOR"), needed=True)
FETCHED = deals_rule(sign("FROM"), needed=False)
_ONLY = maybe(sign("ONLY"))

_ROLES = {
    "FROM": "from",
    "TO": "to",
    "BY": "by",
    "OF": "of",
    "FOR": "for",
    "IN": "in",
    "ON": "in",
    "WITH": "to",
}


def _part(only: Any, lead: Sign, who: Who, passes: Any = None) -> Part | None:
    if passes is not None:
        # `except a on 80`: it is said of what is left out.
        if not who.excepted or passes[1] or passes[2]:
            return None
        who = replace(who, passing=passes[0])
    return Part(role=_ROLES[lead.symbol], who=replace(who, only=who.only or bool(only)))


def _pair(_b: Any, first: Who, more: Any) -> Part:
    return Part(role="between", who=merged(first, *(one[1] for one in more)))


PARTS = many(
    alt(
        seq(
            _ONLY,
            sign("FROM", "TO", "BY", "OF", "FOR", "IN", "ON", "WITH"),
            WHO,
            maybe(TRAFFIC),
            make=_part,
        ),
        seq(sign("BETWEEN"), WHO, many(seq(sign("AND"), WHO)), make=_pair),
        seq(
            alt(sign("AND"), sign(","), sign("BUT")),
            _ONLY,
            sign("FROM", "TO", "BY"),
            WHO,
            make=lambda _, only, lead, who: _part(only, lead, who),
        ),
        seq(
            maybe(sign(",")),
            TRAFFIC,
            make=lambda _, t: Part(role="t", passing=t[0], only=t[1]) if not t[2] else None,
        ),
        _map(_NOT_ON, lambda but: Part(role="but", passing=(but,))),
        seq(maybe(sign(",")), sign("BOTHWAYS"), make=lambda *_: Part(role="both")),
        _map(sign("OUT"), lambda _: Part(role="egress")),
        _map(sign("IN"), lambda _: Part(role="ingress")),
    )
)
"""Prepositional phrases and what passes, in any order."""


def _side(found: Sign) -> str:
    return "ingress" if found.symbol == "ING" else "egress"


_SIDE = sign("ING", "EG")
HEAD = alt(
    seq(_SIDE, sign("AND"), _SIDE, maybe(NOUN), make=lambda *_: ("both", True)),
    seq(_SIDE, maybe(NOUN), FILL, make=lambda one, _n, _f: (_side(one), True)),
    seq(NOUN, _SIDE, FILL, make=lambda _n, one, _f: (_side(one), True)),
    seq(NOUN, FILL, make=lambda one, _f: (None, True)),
)
"""A noun for what passes, and the direction that it names."""

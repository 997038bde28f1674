"""Phrases of the strict reader: who is meant, what passes, and what a verb says of them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tools.intents.clause_values import Action, Deal, Part, Who, merged
from tools.intents.clauses import combine
from tools.intents.combinators import Rule, alt, at_last, many, maybe, said, seq, sign
from tools.intents.frames import Sign
from tools.intents.parties import End
from tools.intents.traffic import Passing

__all__ = ["ACTING", "ACTION", "DEALS", "FILL", "NOUN", "PARTS", "SEP", "TRAFFIC", "WHO"]

FILL = many(sign("FILL"))
_ART = many(sign("ART"))
NOUN = seq(_ART, alt(sign("NOUN"), said("access|requests|calls|queries|request|call", "REACH")),
           make=lambda _, one: one)  # fmt: skip
"""What passes, by its noun."""
SEP = seq(
    alt(
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
    _map(sign("IT"), lambda _: Who(pronoun=True)),
    seq(sign("OUTSIDE"), sign("P"), make=lambda _, one: replace(_end(one), outside=True)),
)


def _listed(_: Any, first: Who, others: Sequence[list[Any]]) -> Who | None:
    every = [first, *(one[1] for one in others)]
    if len(every) > 1 and any(one.pronoun or one.outside for one in every):
        return None
    return replace(first, ends=tuple(end for one in every for end in one.ends))


_ENDS = seq(FILL, _NAME, many(seq(_LIST, _NAME)), make=_listed)
_OUTSIDERS = seq(
    maybe(_LIST), sign("EXCEPT"), maybe(sign("FROM", "TO", "BY")), _ENDS, make=lambda *v: v[3]
)
_EXCEPTED = seq(
    maybe(sign(",")), maybe(sign("AND")), _ENDS, sign("EXCEPTED"), make=lambda *v: v[2]
)


def _without(ends: Who, left_out: Who | None) -> Who | None:
    if left_out is None:
        return ends
    if left_out.pronoun:
        return None
    return replace(ends, excepted=left_out.ends)


def _wide(ends: Who) -> Who | None:
    return ends if ends.ends and all(end.everyone for end in ends.ends) else None


_SOME = seq(_ENDS, maybe(alt(_OUTSIDERS, _EXCEPTED)), make=_without)
_BUT_SOME = seq(
    _map(_ENDS, _wide),
    sign("BUT"),
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
_NO_SUCH = seq(sign("EVER"), _ENDS, maybe(_OUTSIDERS),
               make=lambda _, ends, out: _none_of(ends, out))  # fmt: skip


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


_REST = _map(sign("NELSE", "PELSE"), lambda one: Who(rest=one.said, nobody=one.symbol == "NELSE"))
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
    many(seq(maybe(_LIST), maybe(sign("ONLY")), _MARK, make=lambda j, o, t: (t[0], t[1] or bool(o), j))),
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


TRAFFIC = alt(
    seq(_MARKS, maybe(_NOT_ON), make=lambda t, but: (t[0], t[1], (but,) if but else ())),
    seq(sign("NONE"), sign("EXCEPT", "BUT"), _MARKS, make=lambda _n, _b, t: (t[0], True, ())),
)
_BUT_TRAFFIC = _map(_NOT_ON, lambda but: ((), False, (but,)))
_PASSES = alt(TRAFFIC, _BUT_TRAFFIC)
_TO = sign("TO", "WITH")
_PAYLOAD = alt(
    seq(maybe(sign("ING", "EG")), alt(NOUN, seq(_ART, sign("METRICS"))), make=lambda *_: True),
    seq(_ART, many(sign("W"), least=1), make=lambda _, words: True if len(words) < 3 else None),
)


def _deal(only: Any, who: Who, passes: Any, late: Any = None) -> Deal | None:
    who = replace(who, only=who.only or bool(only))
    if passes is None:
        return Deal(who=who)
    if who.nobody and passes[2]:
        return None
    if who.excepted:
        return Deal(who=replace(who, passing=passes[0]))
    return Deal(who=who, passing=passes[0], only_traffic=passes[1], but_traffic=passes[2])


def _deals_rule(prepositions: Rule, *, needed: bool) -> Rule:
    """Return a rule for what stands at the other end, with its prepositions."""
    lead = prepositions if needed else maybe(prepositions)
    plain = seq(
        maybe(sign("ONLY")), lead, WHO, maybe(_PASSES),
        make=lambda only, _, who, passes: _deal(only, who, passes),
    )  # fmt: skip
    turned = seq(
        TRAFFIC, maybe(sign("ONLY")), sign("OF", "ON", "TO", "IN", "FROM", "FOR", "BY")
        if not needed else lead, WHO,
        make=lambda passes, only, _, who: _deal(only, who, passes),
    )  # fmt: skip
    one = alt(plain, turned)
    return seq(one, many(seq(_LIST, one, make=lambda _, deal: None if deal.who.rest else deal)),
               make=lambda first, more: (first, *more))  # fmt: skip


DEALS = _deals_rule(_TO, needed=False)
_SENDERS = _deals_rule(sign("FROM", "BY", "TO", "FOR"), needed=True)
_FETCHED = _deals_rule(sign("FROM"), needed=False)
_HERE = maybe(sign("BOTHWAYS"))


def _out(only: Any, verb: Sign, late: Any, deals: tuple[Deal, ...], both: Any) -> Action:
    return Action(out=True, deals=deals, only=bool(only or late and False), mutual=bool(both))


def _with_payload(only: Any, _v: Any, _p: Any, deals: tuple[Deal, ...], both: Any) -> Action:
    return Action(out=True, deals=deals, only=bool(only), mutual=bool(both))


def _active(*verbs: str) -> Rule:
    """Return a rule for verbs of who connects."""
    verb = sign(*verbs)
    fetch = sign("FETCHING" if "REACHING" in verbs else "FETCH")
    only = maybe(sign("ONLY"))
    return alt(
        seq(only, verb, maybe(sign("BY")), DEALS, _HERE,
            make=lambda o, _v, _b, deals, both: _with_payload(o, None, None, deals, both)),
        seq(only, verb, _PAYLOAD, maybe(sign("ONLY")), _deals_rule(_TO, needed=True), _HERE,
            make=lambda o, _v, _p, late, deals, both: _with_payload(o or late, None, None, deals, both)),
        seq(only, fetch, maybe(_PAYLOAD), _FETCHED, make=lambda o, _v, _p, deals: (
            Action(out=True, deals=deals, only=bool(o)))),
        seq(only, verb, sign("OUT"), FILL,
            make=lambda *_: Action(out=True, side="egress")),
        seq(only, verb, sign("EACH"), maybe(_PASSES),
            make=lambda _o, _v, _e, passes: Action(out=True, mutual=True,
                                                   deals=(_each(passes),))),
    )  # fmt: skip


def _each(passes: Any) -> Deal:
    return Deal(who=Who(each=True), passing=passes[0] if passes else ())


def _passive(
    negative: bool, only: Any, first: Any, senders: tuple[Deal, ...] | None, late: Any
) -> Action | None:
    if first is None and senders is None:
        return Action(out=False, only=bool(only), negative=negative)
    deals = senders or (Deal(),)
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
_WITHIN = alt(seq(_BEING, _ONLY, sign("REACHED"), make=_reached),
              seq(_BEING, _ONLY, sign("ABLE"), make=lambda b, o, v: (False, o)),
              seq(_BEING, sign("UNABLE"), make=lambda b, v: (True, None)))  # fmt: skip
_PASSIVE = seq(
    _WITHIN, maybe(TRAFFIC), maybe(_SENDERS),
    make=lambda lead, first, senders: _passive(lead[0], lead[1], first, senders, None),
)  # fmt: skip
_TAKEN = alt(seq(maybe(sign("ING")), NOUN), sign("ING"))
_RECEIVING = seq(
    _ONLY, sign("RECEIVE", "RECEIVING"), _ONLY, maybe(_TAKEN), maybe(TRAFFIC), maybe(_TAKEN),
    maybe(alt(_SENDERS, _deals_rule(sign("FROM"), needed=False))),
    make=lambda o, _v, late, noun, first, noun2, senders: (
        _passive(False, o or late, first, senders, None)
        if noun or noun2 or first or senders else None),
)  # fmt: skip
_REQUEST = seq(
    _ONLY, TRAFFIC, maybe(sign("ONLY")), sign("ON", "TO", "FROM", "OF", "IN", "AT"), WHO, maybe(_PASSES),
    make=lambda o, t, late, _p, who, more: _requested(o or late, t, who, more),
)  # fmt: skip
_REQUEST_IT = seq(
    _ONLY, TRAFFIC, _ONLY, make=lambda o, t, late: _requested(o or late, t, Who(pronoun=True), None)
    if any(option.requests for one in t[0] for option in one.options) else None,
)  # fmt: skip
_NEEDING = seq(
    _ONLY, sign("NEED"), DEALS, make=lambda o, _v, deals: Action(out=True, deals=deals, only=bool(o))
)
_HAVING = seq(
    _ONLY, sign("HASACCESS"), DEALS,
    make=lambda o, _v, deals: Action(out=True, deals=deals, only=bool(o)),
)  # fmt: skip


def _requested(only: Any, passes: Any, who: Who, more: Any) -> Action:
    passing = combine(passes[0], more[0]) if more else passes[0]
    deal = Deal(who=who, passing=passing, only_traffic=passes[1] or bool(only))
    return Action(out=True, deals=(deal,))


ACTION = alt(
    _active("REACH"), _PASSIVE, _RECEIVING, _HAVING, _REQUEST, _NEEDING, _REQUEST_IT
)
"""What follows `may`."""
ACTING = alt(_active("REACHING"), _RECEIVING)
"""What follows `from` behind `prevent a`."""

_ROLES = {"FROM": "from", "TO": "to", "BY": "by", "OF": "of", "FOR": "for", "IN": "in", "ON": "in",
          "WITH": "to"}  # fmt: skip


def _part(only: Any, lead: Sign, who: Who) -> Part:
    return Part(role=_ROLES[lead.symbol], who=replace(who, only=who.only or bool(only)))


def _pair(_b: Any, first: Who, more: Any) -> Part:
    return Part(role="between", who=merged(first, *(one[1] for one in more)))


PARTS = many(
    alt(
        seq(_ONLY, sign("FROM", "TO", "BY", "OF", "FOR", "IN", "ON", "WITH"), WHO, make=_part),
        seq(sign("BETWEEN"), WHO, many(seq(sign("AND"), WHO)), make=_pair),
        seq(
            alt(sign("AND"), sign(","), sign("BUT")),
            _ONLY,
            sign("FROM", "TO", "BY"),
            WHO,
            make=lambda _, only, lead, who: _part(only, lead, who),
        ),
        seq(
            maybe(sign(",")), TRAFFIC,
            make=lambda _, t: Part(role="t", passing=t[0], only=t[1]) if not t[2] else None,
        ),
        seq(_map(_NOT_ON, lambda but: Part(role="but", passing=(but,)))),
        _map(sign("BOTHWAYS"), lambda _: Part(role="both")),
        seq(sign("OUT"), make=lambda _: Part(role="egress")),
        seq(sign("IN"), make=lambda _: Part(role="ingress")),
    )
)  # fmt: skip
"""Prepositional phrases and what passes, in any order."""

"""Clauses of the strict reader that close or limit: lockdowns, default deny, `restrict a to b`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tools.intents.clause_actions import ACTING
from tools.intents.clause_nouns import limits
from tools.intents.clause_phrases import FILL, HEAD, NOUN, PARTS, TRAFFIC, WHO
from tools.intents.clause_values import Closing, Event, Exempt, Keep, Part, Tail, Who, spread
from tools.intents.combinators import Rule, alt, lazy, many, maybe, not_before, said, seq, sign
from tools.intents.frames import Sign

__all__ = ["KEPT", "NOMINAL", "closing_clauses", "exempts"]

_ONLY = maybe(sign("ONLY"))
_OWNED = seq(
    WHO,
    maybe(sign("POSS")),
    HEAD,
    PARTS,
    make=lambda who, _, head, parts: (head, [Part(role="of", who=who), *parts]),
)
_OUTER = seq(
    sign("ING", "EG"),
    sign("P"),
    NOUN,
    PARTS,
    make=lambda side, end, _n, parts: (
        ("ingress" if side.symbol == "ING" else "egress", True),
        [Part(role="from" if side.symbol == "ING" else "to", who=Who(ends=(end.value,))), *parts],
    ),
)
NOMINAL = alt(_OUTER, seq(HEAD, PARTS, make=lambda head, parts: (head, parts)), _OWNED)
"""A noun for what passes, with its phrases."""

_LIMITING = alt(
    seq(
        FILL,
        sign("LIMIT"),
        NOMINAL,
        make=lambda _f, _v, nominal: limits(nominal[0], nominal[1], None),
    ),
    seq(
        FILL,
        NOMINAL,
        maybe(sign("BE", "MAY")),
        maybe(sign("BE")),
        sign("LIMITED"),
        PARTS,
        make=lambda _f, nominal, _m, _b, _v, more: limits(nominal[0], [*nominal[1], *more], None),
    ),
    seq(
        FILL,
        sign("LIMIT"),
        WHO,
        PARTS,
        make=lambda _f, _v, who, parts: limits((None, False), parts, who),
    ),
)

_TOPIC = {"DNS": "dns", "METRICS": "metrics", "PROBES": "probes"}
_NAMED = sign(*_TOPIC)
_TOPICS = seq(
    _NAMED,
    many(seq(alt(sign("AND"), seq(sign(","), sign("AND")), sign(",")), _NAMED)),
    make=lambda first, more: Keep(
        topics=tuple(_TOPIC[x.symbol] for x in (first, *(m[-1] for m in more)))
    ),
)
KEPT = alt(
    seq(
        FILL,
        maybe(sign("KEEP", "ALLOW")),
        _TOPICS,
        maybe(sign("KEEPWORK", "ALLOWED")),
        FILL,
        make=lambda _f, _k, keep, _w, _g: [keep],
    ),
    seq(
        FILL,
        _TOPICS,
        sign("MAY"),
        maybe(sign("KEEPWORK", "ALLOWED")),
        make=lambda _f, keep, _m, _w: [keep],
    ),
)
"""What has to go on working."""


def _one_exempt(clause: Rule) -> Rule:
    """Return a rule for one thing that stays open."""
    return alt(
        KEPT,
        seq(WHO, ACTING, make=lambda who, act: list(spread(who, act, deny=False))),
        seq(
            HEAD,
            sign("FROM", "TO"),
            WHO,
            maybe(TRAFFIC),
            make=lambda head, lead, who, t: (
                None
                if head[0] not in (None, "ingress" if lead.symbol == "FROM" else "egress")
                else [
                    Tail(
                        who=who,
                        role="source" if lead.symbol == "FROM" else "destination",
                        passing=t[0] if t else (),
                    )
                ]
            ),
        ),
        seq(
            sign("WHAT"),
            WHO,
            sign("REACH", "FETCH"),
            make=lambda _w, who, _v: [Tail(who=who, role="source")],
        ),
        seq(
            TRAFFIC,
            sign("FROM", "BY"),
            WHO,
            make=lambda t, _, who: [Tail(who=who, role="source", passing=t[0])],
        ),
        seq(
            TRAFFIC,
            sign("TO"),
            WHO,
            make=lambda t, _, who: [Tail(who=who, role="destination", passing=t[0])],
        ),
        seq(
            sign("FROM", "BY"),
            WHO,
            maybe(TRAFFIC),
            make=lambda _, who, t: [Tail(who=who, role="source", passing=t[0] if t else ())],
        ),
        seq(
            sign("TO"),
            WHO,
            maybe(TRAFFIC),
            make=lambda _, who, t: [Tail(who=who, role="destination", passing=t[0] if t else ())],
        ),
        clause,
        seq(WHO, maybe(TRAFFIC), make=_bare),
    )


def _bare(who: Who, passes: Any) -> list[Any] | None:
    if who.rest or who.nobody:
        return None
    return [Tail(who=who, role="object", passing=passes[0] if passes else (), bare=True)]


def exempts(clause: Rule) -> Rule:
    """Return a rule for what stays open behind what closes."""
    one = _one_exempt(clause)
    lead = alt(
        sign("EXCEPT"),
        seq(maybe(sign(",")), sign("BUT"), maybe(sign("KEEP", "ALLOW", "EXCEPT"))),
        seq(maybe(sign(",", ":")), sign("EXCEPT", "KEEP")),
    )
    listed = alt(KEPT, seq(WHO, maybe(TRAFFIC), make=_bare))
    join = alt(seq(sign(","), sign("AND")), sign(","), sign("AND"))
    behind = seq(
        sign(":"),
        listed,
        many(seq(join, listed, make=lambda _, found: found)),
        make=lambda _c, first, more: Exempt(
            events=tuple(x for found in (first, *more) for x in found)
        ),
    )
    kept = seq(
        lead,
        FILL,
        one,
        many(seq(join, one, make=lambda _, found: found)),
        make=lambda _e, _f, first, more: Exempt(
            events=tuple(x for found in (first, *more) for x in found)
        ),
    )
    return alt(kept, behind)


def _isolated(
    who: Who, parts: Sequence[Part], exempt: Exempt | None, *, wholly: bool = False
) -> list[Any] | None:
    if who.rest or who.only or who.nobody:
        return None
    roles = {one.role for one in parts}
    sides = roles & {"ingress", "egress", "both"}
    if len(sides) > 1 or roles - {"from", "to", "for", "ingress", "egress", "both"}:
        return None
    others = next((one.who for one in parts if one.role in ("from", "to", "for") and one.who), None)
    if others is not None and (others.rest or others.nobody or others.only):
        return None
    if others is not None and "from" not in roles:
        # `close x to y`, `closed for everyone but y`
        return [Event(effect="deny", sources=others, destinations=who, topic="destination")]
    if others is not None and others.pronoun:
        return None
    side = next(iter(sides - {"both"}), None)
    return [
        Closing(verb="ISOLATE", subject=who, others=others, side=side, wholly=wholly),  # type: ignore[arg-type]
        *([exempt] if exempt else []),
    ]


def _wholly(*found: Sequence[Sign]) -> bool:
    words = ("completely", "entirely", "fully", "totally")
    return any(one.said.lower() in words for part in found for one in part)


def _by_default(who: Who, head: Any, exempt: Exempt | None) -> list[Any] | None:
    if who.rest or who.nobody or who.only:
        return None
    side = head[0] if head and head[0] in ("ingress", "egress") else None
    closing = Closing(verb="DEFAULTDENY", subject=who, side=side)
    return [closing, *([exempt] if exempt else [])]


_ALL = (" everything", " anything", " all")
"""How `deny x everything` ends."""
_ENDED = {"to", "from", "of", "in", "for"}


def _shut(head: Any, parts: Sequence[Part], exempt: Exempt | None) -> list[Any] | None:
    """Read `deny all ingress to x except from y`, `no egress except to y`."""
    side = head[0]
    if side is None and exempt and len(parts) == 1 and parts[0].role in ("to", "from"):
        # `traffic to x is blocked unless it comes from y`
        side = "ingress" if parts[0].role == "to" else "egress"
    named = [one.who for one in parts if one.who is not None]
    roles = {one.role for one in parts}
    if side not in ("ingress", "egress") or len(named) > 1 or not roles <= _ENDED:
        return None
    if parts and parts[0].role not in (
        ("to", "of", "in", "for") if side == "ingress" else ("from", "of", "in", "for")
    ):
        return None
    subject = named[0] if named else Who(pronoun=True)
    if subject.rest or subject.nobody or subject.each or (subject.only and not exempt):
        return None
    closing = Closing(verb="DEFAULTDENY", subject=replace(subject, only=False), side=side)
    return [closing, *([exempt] if exempt else [])]


def closings(clause: Rule) -> tuple[Rule, ...]:
    """Return the rules for clauses that close, with what they leave open."""
    behind = maybe(exempts(clause))
    shut = seq(
        maybe(alt(sign("MAY"), seq(sign("BE"), sign("TO")))),
        maybe(sign("BE")),
        sign("DENIED", "UNALLOWED"),
    )
    be = (maybe(sign("BE", "MAY")), maybe(sign("BE")))
    lead = maybe(sign("FOR", "IN", "ON", "TO", "OF"))
    later = maybe(seq(maybe(sign(",")), _ONLY, HEAD, _ONLY, make=lambda *v: v[2]))
    return (
        *(_LIMITING,),
        seq(
            FILL,
            maybe(sign("ALLOW", "DENY")),
            sign("DEFAULTDENY"),
            maybe(HEAD),
            lead,
            WHO,
            later,
            behind,
            make=lambda _f, _v, _d, head, _p, who, side, rest: _by_default(who, head or side, rest),
        ),
        seq(
            FILL,
            HEAD,
            sign("ISO"),
            lead,
            WHO,
            behind,
            make=lambda _f, head, _i, _p, who, rest: _by_default(who, head, rest),
        ),
        seq(
            FILL,
            sign("DENY", "ISO", "NO"),
            NOMINAL,
            behind,
            # `deny ingress from a` denies a, and is no exception from a denial.
            not_before("FROM", "TO", "BY"),
            make=lambda _f, _v, nominal, rest, _n: _shut(nominal[0], nominal[1], rest),
        ),
        seq(
            FILL,
            HEAD,
            PARTS,
            FILL,
            shut,
            exempts(clause),
            make=lambda _f, head, parts, _g, _s, rest: _shut(head, parts, rest),
        ),
        seq(
            sign("EXCEPT"),
            sign("FROM", "BY"),
            WHO,
            maybe(TRAFFIC),
            sign(","),
            HEAD,
            PARTS,
            shut,
            make=lambda _e, _p, who, t, _c, head, parts, _s: _shut(
                head,
                parts,
                Exempt(events=(Tail(who=who, role="source", passing=t[0] if t else ()),)),
            ),
        ),
        seq(
            FILL,
            sign("DENY"),
            WHO,
            make=lambda _f, _v, who: (
                _isolated(who, (), None, wholly=True)
                if any(end.said.lower().endswith(_ALL) for end in who.ends)
                else None
            ),
        ),
        seq(
            FILL,
            sign("ISO"),
            FILL,
            WHO,
            maybe(sign("BREAKOFF")),
            FILL,
            PARTS,
            behind,
            make=lambda _f, _v, pre, who, _b, mid, parts, rest: _isolated(
                who, parts, rest, wholly=_wholly(pre, mid)
            ),
        ),
        seq(
            FILL,
            sign("CUT"),
            FILL,
            WHO,
            said("off", "BREAKOFF"),
            FILL,
            PARTS,
            behind,
            make=lambda _f, _v, pre, who, _b, mid, parts, rest: _isolated(
                who, parts, rest, wholly=_wholly(pre, mid)
            ),
        ),
        seq(
            FILL,
            WHO,
            *be,
            FILL,
            sign("ISOLATED"),
            FILL,
            PARTS,
            behind,
            make=lambda _f, who, _m, _b, pre, _v, mid, parts, rest: _isolated(
                who, parts, rest, wholly=_wholly(pre, mid)
            ),
        ),
    )


def closing_clauses(get: Any) -> Rule:
    """Return the rule for clauses that close; clauses within it are looked up when needed."""
    return alt(*closings(lazy(get)))
